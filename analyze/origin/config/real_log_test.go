//go:build linux

package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// A failure is a way a client ends a handshake when it has the certificate.
type failure string

const (
	alerts failure = "alert"
	resets failure = "RST"
	closes failure = "FIN"
)

// fail makes a handshake fail.
func fail(t *testing.T, address string, how failure) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		t.Errorf("%s: %v", address, err)
		return
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	refused := errors.New("refused")
	client := tls.Client(conn, &tls.Config{
		ServerName: "www.example.test", InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12,
		VerifyPeerCertificate: func([][]byte, [][]*x509.Certificate) error {
			if how == resets {
				conn.(*net.TCPConn).SetLinger(0)
			}
			if how != alerts {
				conn.Close()
			}
			return refused
		},
	})
	if err := client.Handshake(); !errors.Is(err, refused) {
		t.Errorf("%s: the handshake ended with %v", address, err)
	}
}

// checkHides lets handshakes fail and compares what Hides says with the log. A
// line that comes late is waited for; one that must not come, a little.
func checkHides(t *testing.T, label string, c *Configuration, log, address string, line func(text string) bool, want bool) {
	t.Helper()
	hidden, is := c.Hides(c.Sites[0])
	if is != want || is && hidden.Write == "" {
		t.Errorf("%s: Hides says %v, %+v; want %v", label, is, hidden, want)
	}
	for _, how := range []failure{alerts, resets, closes} {
		before := lines(log, line)
		fail(t, address, how)
		patience := 200 * time.Millisecond
		if !want {
			patience = 5 * time.Second
		}
		shown := false
		for deadline := time.Now().Add(patience); !shown && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
			shown = lines(log, line) > before
		}
		if shown == want {
			t.Errorf("%s: the server logged the %s: %v; hidden should be %v", label, how, shown, want)
		}
	}
}

func lines(log string, is func(string) bool) int {
	text, _ := os.ReadFile(log)
	count := 0
	for line := range strings.Lines(string(text)) {
		if is(line) {
			count++
		}
	}
	return count
}

func holds(part string) func(string) bool {
	return func(line string) bool { return strings.Contains(line, part) }
}

// TestRealLogs compares Hides with what nginx and HAProxy log.
func TestRealLogs(t *testing.T) {
	n, program := alone(t, "nginx")
	h := newHost(t)
	h.certificate(t, "a.pem", "www.example.test")
	h.bundle(t, "both.pem", "www.example.test")
	for i, test := range []struct {
		main, http, server string
		hides              bool
	}{
		{"error_log FOLDER/nginx.log;", "", "", true},
		{"error_log FOLDER/nginx.log info;", "", "", false},
		{"error_log FOLDER/nginx.log warn;", "", "error_log FOLDER/nginx.log info;", false},
		{"error_log FOLDER/nginx.log info;", "error_log FOLDER/nginx.log notice;", "", true},
		{"error_log FOLDER/nginx.log info;", "error_log FOLDER/nginx.log; error_log FOLDER/nginx.log debug;", "", false},
	} {
		os.Remove(h.path("nginx.log"))
		file := h.write(t, "nginx.conf", `daemon off; user root; worker_processes 1; pid FOLDER/nginx.pid; `+test.main+`
			events {} http { access_log off; `+test.http+` server { listen 127.0.0.1:8443 ssl; `+test.server+`
			ssl_certificate a.pem; ssl_certificate_key a.pem.key; } }`)
		stop := n.Serve(t, "127.0.0.1:8443", exec.Command(program, "-c", file, "-p", h.folder, "-e", h.path("start.log")))
		label := "nginx " + string(rune('0'+i))
		checkHides(t, label, ReadNginx(System{}, file, h.folder), h.path("nginx.log"), "127.0.0.1:8443", holds("handshak"), test.hides)
		stop()
	}
}

// TestRealLogsOfHAProxy compares Hides with what HAProxy logs.
func TestRealLogsOfHAProxy(t *testing.T) {
	n, program := alone(t, "haproxy")
	h := newHost(t)
	h.bundle(t, "both.pem", "www.example.test")
	for _, test := range []struct {
		global, defaults, frontend string
		hides                      bool
	}{
		{"log stdout format raw local0", "log global\n option httplog", "", false},
		{"log stdout format raw local0", "log global\n option tcplog", "", false},
		{"log stdout format raw local0", "log global", "log-format %ci", false},
		{"log stdout format raw local0", "log global", "option httpslog", false},
		{"log stdout format raw local0", "log global", "error-log-format %ci", true},
		{"log stdout format raw local0", "log global", "", true},
		{"log stdout format raw local0 info", "log global\n option httplog\n option dontlog-normal", "", false},
		{"log stdout format raw local0 notice", "log global\n option httplog", "", true},
		{"log stdout format raw local0 notice", "log global\n option httplog", "option log-separate-errors", false},
		{"log stdout format raw local0", "option httplog", "", true},
		{"log stdout format raw local0", "log global\n option httplog", "no log", true},
		{"log stdout format raw local0", "log global\n option httplog\n option dontlognull", "", false},
	} {
		file := h.write(t, "haproxy.cfg", "global\n "+test.global+"\ndefaults\n mode http\n timeout client 5s\n timeout connect 5s\n timeout server 5s\n "+test.defaults+
			"\nfrontend web\n bind 127.0.0.1:8443 ssl crt FOLDER/both.pem\n "+test.frontend+"\n")
		log, err := os.Create(h.path("haproxy.log"))
		if err != nil {
			t.Fatal(err)
		}
		server := exec.Command(program, "-db", "-f", file)
		server.Stdout = log
		stop := n.Serve(t, "127.0.0.1:8443", server)
		label := strings.ReplaceAll("haproxy: "+test.global+"; "+test.defaults+"; "+test.frontend, "\n", ";")
		checkHides(t, label, ReadHAProxy(System{}, "/", file), log.Name(), "127.0.0.1:8443", holds("SSL handshake"), test.hides)
		stop()
		log.Close()
	}
}

// TestRealLogsOfApache compares Hides with what mod_ssl logs.
func TestRealLogsOfApache(t *testing.T) {
	n, program := alone(t, "apache2", "httpd")
	h := newHost(t)
	h.certificate(t, "a.pem", "www.example.test")
	loading := apacheModules(t)
	for _, test := range []struct {
		main, virtual string
		hides         bool
	}{
		{"", "", true},
		{"LogLevel info", "", false},
		{"LogLevel warn ssl:info", "", false},
		{"LogLevel info ssl:warn", "", true},
		{"LogLevel ssl:info", "LogLevel warn", true},
		{"LogLevel warn", "LogLevel ssl:info", false},
	} {
		os.Remove(h.path("apache.log"))
		file := h.write(t, "httpd.conf", apacheMain(loading)+`Listen 127.0.0.1:8443
			ErrorLog FOLDER/apache.log
			`+test.main+`
			<VirtualHost *:8443>
			SSLEngine on
			SSLCertificateFile a.pem
			SSLCertificateKeyFile a.pem.key
			`+test.virtual+`
			</VirtualHost>
			`)
		stop := n.Serve(t, "127.0.0.1:8443", exec.Command(program, "-f", file, "-DFOREGROUND"))
		checkHides(t, "apache: "+test.main+"; "+test.virtual, ReadApache(System{}, file, ""), h.path("apache.log"), "127.0.0.1:8443", holds("[client "), test.hides)
		stop()
	}
}
