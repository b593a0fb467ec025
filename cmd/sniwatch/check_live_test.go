//go:build cgo && linux

package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sniwatch/pcaps/netns/netnstest"
)

// A nginxSite is one thing that can be wrong with a server, on a port of its own.
type nginxSite struct {
	name      string
	port      int
	serve     func(*testing.T, *shop) (file string, key *signer) // the certificate
	directive string                                             // beside it; "": none
	code      string                                             // that check must find, as a problem or a warning
	warning   bool
	status    int // what viewers get
}

func served(names ...string) func(*testing.T, *shop) (string, *signer) {
	return func(t *testing.T, s *shop) (string, *signer) {
		leaf := sign(t, s.intermediate, nil, names...)
		return s.write(t, names[0]+".pem", leaf, s.intermediate), leaf
	}
}

// nginxSites are what 'check --connect' must find.
var nginxSites = []nginxSite{
	{name: "healthy", port: 8001, serve: served(originName), status: 200},
	{name: "wrong name", port: 8002, serve: served(wwwName), code: "name-not-covered", status: 502},
	{name: "expired", port: 8003, code: "certificate-expired", status: 502, serve: func(t *testing.T, s *shop) (string, *signer) {
		leaf := sign(t, s.intermediate, func(c *x509.Certificate) { c.NotAfter = c.NotBefore.Add(24 * time.Hour) }, originName)
		return s.write(t, "expired.pem", leaf, s.intermediate), leaf
	}},
	{name: "missing intermediate", port: 8004, code: "intermediate-missing", status: 502, serve: func(t *testing.T, s *shop) (string, *signer) {
		leaf := sign(t, s.intermediate, nil, originName)
		return s.write(t, "alone.pem", leaf), leaf
	}},
	{name: "self-signed", port: 8005, code: "certificate-self-signed", status: 502, serve: func(t *testing.T, s *shop) (string, *signer) {
		leaf := sign(t, nil, nil, originName)
		return s.write(t, "self.pem", leaf), leaf
	}},
	{name: "TLS 1.3 only", port: 8006, serve: served(originName), directive: "ssl_protocols TLSv1.3;", code: "no-shared-version", warning: true, status: 200},
	{name: "name refused", port: 8007, serve: served(originName), directive: "ssl_reject_handshake on;", code: "sni-refused", status: 502},
	{name: "no shared cipher", port: 8008, serve: served(originName), status: 502, code: "no-shared-cipher",
		directive: "ssl_protocols TLSv1.2; ssl_ciphers ECDHE-ECDSA-CHACHA20-POLY1305;"},
}

// TestCheckConnect lets check make its handshakes with a real nginx. Both are in
// a namespace that has no way out.
func TestCheckConnect(t *testing.T) {
	n, s := startSites(t)
	for _, site := range nginxSites {
		t.Run(site.name, func(t *testing.T) {
			c, errs, status := checkIn(t, n, "--connect", fmt.Sprintf("127.0.0.1:%d", site.port), "--roots", s.path("root.pem"), "--exit-code",
				"--origin-domain", originName, "--viewer-domain", wwwName, "--forward-host=no")
			if errs != "" || len(c.Rows) != 1 {
				t.Fatalf("%s; %d rows", errs, len(c.Rows))
			}
			r := c.Rows[0]
			if r.ViewerStatus != site.status || (status == exitFailure) != (site.status != 200) {
				t.Errorf("viewers get %d, want %d; exit code %d", r.ViewerStatus, site.status, status)
			}
			if found := c.warns(site.code); site.warning && !found || !site.warning && r.codes() != site.code {
				t.Errorf("problems %q, warnings %v, want %s", r.codes(), c.Warnings, site.code)
			}
		})
	}
}

// TestCheckConnectNothingThere: what is no TLS server is told apart.
func TestCheckConnectNothingThere(t *testing.T) {
	n, s := startSites(t)
	for address, want := range map[string]struct {
		code   string
		status int
	}{
		"127.0.0.1:8000": {"not-tls", 502},        // nginx without ssl
		"127.0.0.1:9":    {"port-closed", 502},    // nothing
		"192.0.2.1:443":  {"syn-unanswered", 504}, // no way out
	} {
		c, _, _ := checkIn(t, n, "--connect", address, "--roots", s.path("root.pem"), "--origin-domain", originName, "--forward-host=no")
		for _, r := range c.Rows {
			if r.codes() != want.code || r.ViewerStatus != want.status {
				t.Errorf("%s: %d %q, want %d %s", address, r.ViewerStatus, r.codes(), want.status, want.code)
			}
		}
	}
}

// TestCheckConnectNotReloaded: the file is newer than what the server serves.
func TestCheckConnectNotReloaded(t *testing.T) {
	n, s := startSites(t)
	renewed := sign(t, s.intermediate, func(c *x509.Certificate) { c.NotAfter = c.NotAfter.AddDate(0, 2, 0) }, originName)
	base := []string{"--connect", "127.0.0.1:8001", "--roots", s.path("root.pem"), "--origin-domain", originName, "--cert"}
	for file, want := range map[string]string{
		s.write(t, "renewed.pem", renewed, s.intermediate): "server-not-reloaded",
		s.chain(t, "another.pem", "other.example.com"):     "certificate-differs",
		s.path("healthy.pem"):                              "",
	} {
		c, errs, _ := checkIn(t, n, append(base, file)...)
		if errs != "" || want != "" && !c.warns(want) || want == "" && len(c.Warnings) > 0 {
			t.Errorf("%s: %s; warnings %v, want %q", filepath.Base(file), errs, c.Warnings, want)
		}
		for _, r := range c.Rows {
			if r.ViewerStatus != 200 || want == "" && r.Certificate != file {
				t.Errorf("%s: %+v", filepath.Base(file), r)
			}
		}
	}
}

// checkIn runs check in the namespace.
func checkIn(t *testing.T, n netnstest.Namespace, args ...string) (c checked, errs string, status int) {
	t.Helper()
	var out string
	n.Do(func() error {
		out, errs, status = sniwatch(t, append([]string{"check", "--format", "json"}, args...)...)
		return nil
	})
	if out == "" {
		t.Fatalf("exit code %d: %s", status, errs)
	}
	return decodeCheck(t, out), errs, status
}

// startSites starts an nginx with all the sites in a namespace of its own.
func startSites(t *testing.T) (netnstest.Namespace, *shop) {
	t.Helper()
	program := netnstest.Program(t, "nginx")
	n, s := netnstest.New(t), newShop(t)
	var servers strings.Builder
	for _, site := range nginxSites {
		file, leaf := site.serve(t, s)
		key, err := x509.MarshalPKCS8PrivateKey(leaf.key)
		if err != nil {
			t.Fatal(err)
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
		keyFile := s.path(fmt.Sprintf("%d.key", site.port))
		if err := os.WriteFile(keyFile, text, 0o600); err != nil {
			t.Fatal(err)
		}
		// Several sites may share a file's name, and have other keys.
		own := s.path(fmt.Sprintf("%d.pem", site.port))
		chain, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(own, chain, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&servers, "server { listen 127.0.0.1:%d ssl; ssl_certificate %s; ssl_certificate_key %s; %s }\n", site.port, own, keyFile, site.directive)
		if site.name == "healthy" {
			if err := os.WriteFile(s.path("healthy.pem"), chain, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	configuration := fmt.Sprintf("daemon off; user root; worker_processes 1; pid %[1]s/nginx.pid; error_log %[1]s/error.log info;\n"+
		"events {}\nhttp { access_log off;\nserver { listen 127.0.0.1:8000; }\n%[2]s}\n", s.folder, servers.String())
	file := s.path("nginx.conf")
	if err := os.WriteFile(file, []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	n.Serve(t, "127.0.0.1:8000", exec.Command(program, "-c", file, "-e", s.path("error.log")))
	return n, s
}
