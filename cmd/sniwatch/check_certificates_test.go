package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A signer signs the certificates of a test.
type signer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// sign makes a certificate; without a parent it signs itself. The dates are
// around that of the tests, see sniwatch.
func sign(t *testing.T, parent *signer, change func(*x509.Certificate), names ...string) *signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), BasicConstraintsValid: true, DNSNames: names,
		NotBefore: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC),
	}
	if len(names) > 0 {
		template.Subject = pkix.Name{CommonName: names[0]}
	}
	if change != nil {
		change(template)
	}
	if parent == nil {
		parent = &signer{template, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent.cert, key.Public(), parent.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &signer{cert, key}
}

func authorityNamed(name string) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.Subject, c.IsCA, c.KeyUsage = pkix.Name{CommonName: name}, true, x509.KeyUsageCertSign
	}
}

// A shop has a root, an intermediate, and certificates in a folder.
type shop struct {
	folder             string
	root, intermediate *signer
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{folder: t.TempDir()}
	s.root = sign(t, nil, authorityNamed("Test Root"))
	s.intermediate = sign(t, s.root, authorityNamed("Test Intermediate"))
	s.write(t, "root.pem", s.root)
	return s
}

func (s *shop) path(name string) string { return filepath.Join(s.folder, name) }

// write writes the certificates of some into a file.
func (s *shop) write(t *testing.T, name string, some ...*signer) string {
	t.Helper()
	var text []byte
	for _, one := range some {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: one.cert.Raw})...)
	}
	if err := os.WriteFile(s.path(name), text, 0o600); err != nil {
		t.Fatal(err)
	}
	return s.path(name)
}

// chain writes a certificate for names with its intermediate.
func (s *shop) chain(t *testing.T, file string, names ...string) string {
	t.Helper()
	return s.write(t, file, sign(t, s.intermediate, nil, names...), s.intermediate)
}
