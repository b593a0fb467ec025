package certs

import (
	"bytes"
	"crypto/x509"
	"strings"
	"testing"
	"time"
)

var story = time.Date(2024, 1, 16, 3, 41, 10, 0, time.UTC)

func make1(t *testing.T) *Set {
	t.Helper()
	s, err := Make()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The standard library says of each chain what the samples claim of it.
func TestEachChainHasTheFaultOfItsName(t *testing.T) {
	s := make1(t)
	root, err := x509.ParseCertificate(s.Roots["root"])
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"origin-expired": "has expired", "www-expired": "has expired", "origin-not-yet-valid": "not yet valid",
		"origin-self-signed": "unknown authority", "origin-old-intermediate": "has expired", "origin-private": "unknown authority",
		"origin-nochain": "unknown authority", "origin-wrong-intermediate": "unknown authority", "origin-sha1": "SHA1-RSA",
		"origin-client-auth": "incompatible key usage",
	}
	for name := range s.Chains {
		var certs []*x509.Certificate
		for _, der := range s.Chains[name].DER {
			c, err := x509.ParseCertificate(der)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			certs = append(certs, c)
		}
		options := x509.VerifyOptions{Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), CurrentTime: story}
		options.Roots.AddCert(root)
		for _, c := range certs[1:] {
			options.Intermediates.AddCert(c)
		}
		_, err := certs[0].Verify(options)
		switch {
		case want[name] == "" && err != nil:
			t.Errorf("%s: %v, want no fault", name, err)
		case want[name] != "" && (err == nil || !strings.Contains(err.Error(), want[name])):
			t.Errorf("%s: %v, want %q", name, err, want[name])
		}
	}
}

func TestTheSameBytesEachTime(t *testing.T) {
	a, b := make1(t).Files(), make1(t).Files()
	for name := range a {
		if !bytes.Equal(a[name], b[name]) {
			t.Errorf("%s differs", name)
		}
		if bytes.Contains(a[name], []byte("PRIVATE")) {
			t.Errorf("%s holds a private key", name)
		}
	}
}
