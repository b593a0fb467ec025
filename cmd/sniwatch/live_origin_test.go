//go:build cgo && linux

package main

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"sniwatch/pcaps/netns/netnstest"
)

// fromNow gives a certificate dates around the present: a live capture has the
// present time.
func fromNow(change func(*x509.Certificate)) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(60*24*time.Hour)
		if change != nil {
			change(c)
		}
	}
}

// writeCertificates puts fullchain.pem, privkey.pem and roots.pem into folder:
// a certificate for www.example.com, an intermediate and a root.
func writeCertificates(t *testing.T, folder string) {
	t.Helper()
	root := sign(t, nil, fromNow(authorityNamed("Test Root")))
	intermediate := sign(t, root, fromNow(authorityNamed("Test Intermediate")))
	leaf := sign(t, intermediate, fromNow(nil), wwwName)
	key, err := x509.MarshalPKCS8PrivateKey(leaf.key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, filepath.Join(folder, "fullchain.pem"), "CERTIFICATE", leaf.cert.Raw, intermediate.cert.Raw)
	writePEM(t, filepath.Join(folder, "roots.pem"), "CERTIFICATE", root.cert.Raw)
	writePEM(t, filepath.Join(folder, "privkey.pem"), "PRIVATE KEY", key)
}

func writePEM(t *testing.T, name, kind string, blocks ...[]byte) {
	t.Helper()
	var text []byte
	for _, block := range blocks {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: block})...)
	}
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// startNginx serves the certificate of folder on port 443 of the namespace,
// and logs what it has to say to folder/error.log.
func startNginx(t *testing.T, n netnstest.Namespace, folder string) {
	t.Helper()
	startNginxLogging(t, n, folder, "info")
}

// startNginxLogging is startNginx with another level of the log.
func startNginxLogging(t *testing.T, n netnstest.Namespace, folder, level string) {
	t.Helper()
	program := netnstest.Program(t, "nginx")
	configuration := `
		daemon off;
		user root;
		worker_processes 1;
		pid ` + folder + `/nginx.pid;
		error_log ` + folder + `/error.log ` + level + `;
		events {}
		http {
			access_log off;
			server {
				listen 443 ssl;
				ssl_certificate ` + folder + `/fullchain.pem;
				ssl_certificate_key ` + folder + `/privkey.pem;
				ssl_protocols TLSv1.2 TLSv1.3;
			}
		}`
	file := filepath.Join(folder, "nginx.conf")
	if err := os.WriteFile(file, []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	n.Serve(t, originAddress+":443", exec.Command(program, "-c", file, "-e", filepath.Join(folder, "error.log")))
}
