package config

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A host is a folder with certificates that a test's server serves.
type host struct {
	folder string
	leaves map[string]*x509.Certificate // by file
	rsaKey *rsa.PrivateKey
}

func newHost(t testing.TB) *host {
	t.Helper()
	return &host{folder: t.TempDir(), leaves: map[string]*x509.Certificate{}}
}

// path gives the path of a file on the host.
func (h *host) path(name string) string { return filepath.Join(h.folder, name) }

// write writes a file on the host. FOLDER in the text stands for its folder.
func (h *host) write(t testing.TB, name, text string) string {
	t.Helper()
	file := h.path(name)
	text = strings.ReplaceAll(text, "FOLDER", h.folder)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// certificate makes NAME with a certificate for names and NAME.key with its key.
// One whose name has "rsa" in it has an RSA key.
func (h *host) certificate(t testing.TB, name string, names ...string) {
	t.Helper()
	cert, key := h.issue(t, name, names)
	h.write(t, name, cert)
	h.write(t, name+".key", key)
}

// bundle makes NAME as HAProxy has it: certificate and key in one file.
func (h *host) bundle(t testing.TB, name string, names ...string) {
	t.Helper()
	cert, key := h.issue(t, name, names)
	h.write(t, name, cert+key)
}

func (h *host) issue(t testing.TB, name string, names []string) (cert, key string) {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(int64(len(h.leaves) + 1)), Subject: pkix.Name{CommonName: filepath.Base(name)}, DNSNames: names,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	signer := h.key(t, strings.Contains(name, "rsa"))
	der, err := x509.CreateCertificate(rand.Reader, template, template, signer.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(signer)
	if err != nil {
		t.Fatal(err)
	}
	h.leaves[h.path(name)] = leaf
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
}

func (h *host) key(t testing.TB, rsaKind bool) crypto.Signer {
	t.Helper()
	if !rsaKind {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	if h.rsaKey == nil { // one for all: they are slow to make
		var err error
		if h.rsaKey, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			t.Fatal(err)
		}
	}
	return h.rsaKey
}

// names gives the names in a certificate, as Configuration.CertificateNames
// wants them.
func (h *host) names(file string) []string {
	leaf := h.leaves[file]
	if leaf == nil {
		return nil
	}
	return append([]string{leaf.Subject.CommonName}, leaf.DNSNames...)
}

// fileOf gives the file, within the folder, of a certificate that was served.
func (h *host) fileOf(raw []byte) string {
	for file, leaf := range h.leaves {
		if bytes.Equal(leaf.Raw, raw) {
			return strings.TrimPrefix(file, h.folder+"/")
		}
	}
	return "a certificate of another host"
}
