//go:build cgo && linux

package main

import (
	"crypto/tls"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sniwatch/pcaps/netns/netnstest"
)

// TestLiveHostFindsServers watches with no flag but the interface: which server
// runs, its certificate for the name, and the line in its log are found through
// /proc and the configuration that the running server was started with.
func TestLiveHostFindsServers(t *testing.T) {
	for _, server := range []struct {
		name  string
		start func(t *testing.T, n netnstest.Namespace, folder string)
		log   string // class of the line; "": the log is no file
	}{
		{"nginx", startNginx, "peer-reset"},
		{"apache", startApache, "peer-reset"},
		{"haproxy", startHAProxy, ""},
	} {
		t.Run(server.name, func(t *testing.T) {
			origin, edge := wiredNamespaces(t)
			folder := t.TempDir()
			writeCertificates(t, folder)
			server.start(t, origin, folder)
			w := startSniwatch(t, origin, "-i", "wire", "--roots", filepath.Join(folder, "roots.pem"), "--format", "ndjson")
			refuseOnce(t, edge, tls.VersionTLS13)
			c := connectionObject(t, w)
			w.signal(t, syscall.SIGINT)
			if code := w.exitCode(t); code != 0 {
				t.Errorf("exit code %d\n%s", code, w.stderr.rest())
			}
			if c.Diagnosis.Code != "name-not-covered" || filepath.Dir(c.Certificate.Local.File) != folder {
				t.Errorf("%s with the local certificate %q", c.Diagnosis.Code, c.Certificate.Local.File)
			}
			switch {
			case server.log == "" && len(c.Log) == 0:
			case len(c.Log) != 1 || c.Log[0].Class != server.log || c.Log[0].Certainty != "proven" || c.Log[0].File != filepath.Join(folder, "error.log"):
				t.Errorf("lines of the log: %+v", c.Log)
			}
		})
	}
}

// startApache serves the certificate of folder with Apache httpd, and logs to
// folder/error.log.
func startApache(t *testing.T, n netnstest.Namespace, folder string) {
	t.Helper()
	const modules = "/usr/lib/apache2/modules/mod_"
	program := netnstest.Program(t, "apache2")
	if _, err := os.Stat(modules + "ssl.so"); err != nil {
		t.Skip("NOT TESTED: mod_ssl is not installed")
	}
	var b strings.Builder
	for _, m := range []string{"mpm_event", "authz_core", "ssl"} {
		b.WriteString("LoadModule " + m + "_module " + modules + m + ".so\n")
	}
	b.WriteString(`ServerName main.test
		PidFile ` + folder + `/httpd.pid
		DefaultRuntimeDir ` + folder + `
		User daemon
		Group daemon
		SSLSessionCache none
		ErrorLog ` + folder + `/error.log
		LogLevel ssl:info
		Listen 443
		<VirtualHost *:443>
			ServerName www.example.com
			SSLEngine on
			SSLCertificateFile ` + folder + `/fullchain.pem
			SSLCertificateKeyFile ` + folder + `/privkey.pem
		</VirtualHost>
		`)
	file := filepath.Join(folder, "httpd.conf")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	n.Serve(t, originAddress+":443", exec.Command(program, "-f", file, "-DFOREGROUND"))
}

// startHAProxy serves the certificate of folder with HAProxy, whose log goes
// nowhere.
func startHAProxy(t *testing.T, n netnstest.Namespace, folder string) {
	t.Helper()
	program := netnstest.Program(t, "haproxy")
	var bundle []byte
	for _, name := range []string{"fullchain.pem", "privkey.pem"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		bundle = append(bundle, text...)
	}
	if err := os.WriteFile(filepath.Join(folder, "bundle.pem"), bundle, 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "haproxy.cfg")
	if err := os.WriteFile(file, []byte(`
		defaults
			mode http
			timeout client 5s
			timeout connect 5s
			timeout server 5s
		frontend web
			bind :443 ssl crt `+folder+"/bundle.pem\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	n.Serve(t, originAddress+":443", exec.Command(program, "-db", "-f", file))
}
