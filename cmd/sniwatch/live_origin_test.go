//go:build cgo && linux

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// An authority signs certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// issue makes a certificate, signed by its issuer or, without one, by itself.
func issue(t *testing.T, issuer *authority, template *x509.Certificate) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(60*24*time.Hour)
	template.BasicConstraintsValid = true
	if template.IsCA {
		template.KeyUsage = x509.KeyUsageCertSign
	}
	if issuer == nil {
		issuer = &authority{template, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer.certificate, key.Public(), issuer.key)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{made, key}
}

// writeCertificates puts fullchain.pem, privkey.pem and roots.pem into folder:
// a certificate for www.example.com, an intermediate and a root.
func writeCertificates(t *testing.T, folder string) {
	t.Helper()
	root := issue(t, nil, &x509.Certificate{Subject: pkix.Name{CommonName: "Test Root"}, IsCA: true})
	intermediate := issue(t, root, &x509.Certificate{Subject: pkix.Name{CommonName: "Test Intermediate"}, IsCA: true})
	leaf := issue(t, intermediate, &x509.Certificate{
		Subject:     pkix.Name{CommonName: "www.example.com"},
		DNSNames:    []string{"www.example.com"},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	key, err := x509.MarshalPKCS8PrivateKey(leaf.key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, filepath.Join(folder, "fullchain.pem"), "CERTIFICATE", leaf.certificate.Raw, intermediate.certificate.Raw)
	writePEM(t, filepath.Join(folder, "roots.pem"), "CERTIFICATE", root.certificate.Raw)
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
func startNginx(t *testing.T, n namespace, folder string) {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("NOT TESTED: nginx is not installed")
	}
	configuration := `
		daemon off;
		user root;
		worker_processes 1;
		pid ` + folder + `/nginx.pid;
		error_log ` + folder + `/error.log info;
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
	nginx := exec.Command(program, "-c", file, "-e", filepath.Join(folder, "error.log"))
	nginx.Stderr = os.Stderr
	if err := n.do(nginx.Start); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		nginx.Process.Signal(syscall.SIGTERM)
		nginx.Wait()
	})
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		err = n.do(func() error {
			conn, err := net.Dial("tcp", originAddress+":443")
			if err == nil {
				conn.Close()
			}
			return err
		})
		if err == nil {
			return
		}
	}
	t.Fatalf("nginx does not answer: %v", err)
}
