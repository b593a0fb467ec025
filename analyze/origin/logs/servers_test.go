package logs

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	stdlog "log"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The oracle of these tests are the servers themselves: each is spoken to on
// loopback in known ways, and what it logs must be understood as what was done.

// A deed is one thing that a client does.
type deed struct {
	name string
	do   func(t *testing.T, server string) net.Addr
	want map[Program]Class // "": the server says nothing that counts
	// alert is that of an AlertReceived.
	alert int
}

const asked = "origin.example.com"

var deeds = []deed{
	{"reset at the certificate", func(t *testing.T, server string) net.Addr {
		return handshake(t, server, tls.VersionTLS12, func(c *net.TCPConn) error {
			c.SetLinger(0)
			c.Close()
			return net.ErrClosed
		})
	}, map[Program]Class{Nginx: PeerReset, Apache: PeerReset, HAProxy: HandshakeFailed, Go: PeerReset}, -1},
	{"alert 42, TLS 1.2", func(t *testing.T, server string) net.Addr {
		return handshake(t, server, tls.VersionTLS12, func(*net.TCPConn) error { return fmt.Errorf("refused") })
	}, map[Program]Class{Nginx: AlertReceived, Apache: AlertReceived, HAProxy: HandshakeFailed, Go: AlertReceived}, 42},
	{"alert 42, TLS 1.3", func(t *testing.T, server string) net.Addr {
		return handshake(t, server, tls.VersionTLS13, func(*net.TCPConn) error { return fmt.Errorf("refused") })
	}, map[Program]Class{Nginx: AlertReceived, Apache: AlertReceived, HAProxy: HandshakeFailed, Go: AlertReceived}, 42},
	{"too old a version", func(t *testing.T, server string) net.Addr {
		return handshake(t, server, tls.VersionTLS11, nil)
	}, map[Program]Class{Nginx: UnsupportedVersion, Apache: UnsupportedVersion, HAProxy: HandshakeFailed, Go: UnsupportedVersion}, -1},
	{"plain HTTP", func(t *testing.T, server string) net.Addr {
		return say(t, server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	}, map[Program]Class{Nginx: PlainHTTP, Apache: PlainHTTP, HAProxy: HandshakeFailed, Go: PlainHTTP}, -1},
	{"nothing", func(t *testing.T, server string) net.Addr { return say(t, server, "") },
		map[Program]Class{Nginx: ClosedBeforeHello, Apache: PeerClosed, HAProxy: ClosedBeforeHello, Go: PeerClosed}, -1},
	{"complete, and no request", func(t *testing.T, server string) net.Addr {
		return handshake(t, server, tls.VersionTLS12, func(*net.TCPConn) error { return nil })
	}, map[Program]Class{Nginx: ClosedWaitingForRequest}, -1},
}

// handshake makes one as far as atCertificate lets it.
func handshake(t *testing.T, server string, version uint16, atCertificate func(*net.TCPConn) error) net.Addr {
	t.Helper()
	c, err := net.Dial("tcp", server)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	local := c.LocalAddr()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	config := &tls.Config{ServerName: asked, InsecureSkipVerify: true, MinVersion: version, MaxVersion: version}
	config.VerifyConnection = func(tls.ConnectionState) error { return atCertificate(c.(*net.TCPConn)) }
	session := tls.Client(c, config)
	if session.Handshake() == nil {
		session.Close()
	}
	return local
}

// say sends text in clear, and waits for the server to close.
func say(t *testing.T, server, text string) net.Addr {
	t.Helper()
	c, err := net.Dial("tcp", server)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprint(c, text)
	c.(*net.TCPConn).CloseWrite()
	new(bytes.Buffer).ReadFrom(c)
	return c.LocalAddr()
}

// perform does all deeds, and holds the log that the server leaves against them.
// Where the log has the client's port each entry must be that of its deed.
func perform(t *testing.T, program Program, server string, log func() string, hasPort, hasName bool) {
	var ports []uint16
	want := 0
	for _, d := range deeds {
		ports = append(ports, netip.MustParseAddrPort(d.do(t, server).String()).Port())
		if d.want[program] != "" {
			want++
		}
	}
	var entries []Entry
	for deadline := time.Now().Add(5 * time.Second); len(entries) < want && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		entries, _ = readAll(t, strings.NewReader(log()), Options{Zone: time.Local, Now: time.Now()})
	}
	got := map[uint16]Entry{}
	for i, e := range entries {
		port := e.Client.Port()
		if !hasPort && i < len(ports) {
			port = ports[i]
		}
		got[port] = e
		if age := time.Since(e.Time); age < -time.Minute || age > time.Minute {
			t.Errorf("%v is no time of now: %s", e.Time, e.Text)
		}
	}
	if len(entries) != want {
		t.Errorf("%d entries, want %d", len(entries), want)
	}
	for i, d := range deeds {
		e := got[ports[i]]
		if e.Class != d.want[program] || e.Class == AlertReceived && (e.Alert != d.alert || e.AlertFrom != FromClient) {
			t.Errorf("%s: %s with alert %d, want %s: %s", d.name, e.Class, e.Alert, d.want[program], e.Text)
		}
		if hasName && (e.Class == PeerReset || e.Class == AlertReceived) && e.ServerName != asked {
			t.Errorf("%s: the name asked for is %q", d.name, e.ServerName)
		}
	}
	if t.Failed() {
		t.Logf("the log:\n%s", log())
	}
}

func TestRealNginx(t *testing.T) {
	for _, level := range []string{"info", "debug"} {
		t.Run(level, func(t *testing.T) {
			folder, address := t.TempDir(), freeAddress(t)
			writeKeyPair(t, folder)
			config := fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log %[3]s; events {}
http { access_log off; client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
server { listen %[2]s ssl; ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate %[1]s/cert.pem; ssl_certificate_key %[1]s/key.pem; } }`, folder, address, level)
			startServer(t, folder, address, config, "nginx", "-p", folder, "-c", "CONFIG")
			perform(t, Nginx, address, func() string { return readFile(t, folder+"/error.log") }, level == "debug", level == "debug")
		})
	}
}

func TestRealHAProxy(t *testing.T) {
	folder, address := t.TempDir(), freeAddress(t)
	writeKeyPair(t, folder)
	config := fmt.Sprintf("global\n log stdout format raw local0\ndefaults\n log global\n option httplog\n mode http\n timeout client 9s\n timeout server 9s\n timeout connect 9s\n"+
		"frontend fe\n bind %s ssl crt %s/both.pem ssl-min-ver TLSv1.2\n", address, folder)
	out := startServer(t, folder, address, config, "haproxy", "-db", "-f", "CONFIG")
	perform(t, HAProxy, address, out.String, true, false)
}

func TestRealApache(t *testing.T) {
	const modules = "/usr/lib/apache2/modules"
	if _, err := os.Stat(modules); err != nil {
		t.Skipf("SKIPPED: no Apache: %v", err)
	}
	folder, address := t.TempDir(), freeAddress(t)
	writeKeyPair(t, folder)
	config := fmt.Sprintf(`ServerRoot %[1]s
PidFile %[1]s/pid
Listen %[2]s
ServerName www.example.com
LoadModule mpm_event_module %[3]s/mod_mpm_event.so
LoadModule authz_core_module %[3]s/mod_authz_core.so
LoadModule ssl_module %[3]s/mod_ssl.so
ErrorLog %[1]s/error.log
LogLevel debug
<IfModule !unixd_module>
LoadModule unixd_module %[3]s/mod_unixd.so
</IfModule>
SSLEngine on
SSLProtocol -all +TLSv1.2 +TLSv1.3
SSLCertificateFile %[1]s/cert.pem
SSLCertificateKeyFile %[1]s/key.pem
DocumentRoot %[1]s
`, folder, address, modules)
	startServer(t, folder, address, config, "apache2", "-X", "-f", "CONFIG")
	perform(t, Apache, address, func() string { return readFile(t, folder+"/error.log") }, true, true)
}

func TestRealGo(t *testing.T) {
	folder := t.TempDir()
	writeKeyPair(t, folder)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var out lockedBuffer
	server := &http.Server{ErrorLog: stdlog.New(&out, "", stdlog.LstdFlags|stdlog.Lmicroseconds), TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	go server.ServeTLS(l, folder+"/cert.pem", folder+"/key.pem")
	t.Cleanup(func() { server.Close() })
	perform(t, Go, l.Addr().String(), out.String, true, false)
}

// startServer starts a program with a configuration, and waits until it listens.
// Its standard output and error are returned.
func startServer(t *testing.T, folder, address, config, program string, args ...string) *lockedBuffer {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("SKIPPED: no %s: %v", program, err)
	}
	name := filepath.Join(folder, "server.conf")
	if err := os.WriteFile(name, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "CONFIG", name)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	var out lockedBuffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		cmd.Wait()
	})
	for range 250 {
		// A connection would be logged.
		if listening(address) {
			return &out
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Skipf("SKIPPED: %s does not listen: %s", program, out.String())
	return nil
}

// listening tries to take the address: where that fails, somebody has it.
func listening(address string) bool {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return true
	}
	l.Close()
	return false
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// writeKeyPair puts cert.pem, key.pem and both.pem into folder.
func writeKeyPair(t *testing.T, folder string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "www.example.com"}, DNSNames: []string{"www.example.com"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
	for name, content := range map[string][]byte{"cert.pem": cert, "key.pem": private, "both.pem": append(cert, private...)} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A lockedBuffer is written to by one goroutine and read by another.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
