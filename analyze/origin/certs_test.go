package origin

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/pem"
	"math/big"
	"testing"
	"time"
)

// now is the time at which the tests' connections happen.
var now = time.Date(2024, 5, 7, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// An issued certificate, with the key that a test signs others with.
type issued struct {
	*x509.Certificate
	key crypto.Signer
}

// A change makes a certificate differ from a healthy one.
type change func(*x509.Certificate)

// ecKey makes a key of a number that only counts up: each test binary has the
// same certificates in every run, as fuzzing wants it.
func ecKey(t testing.TB, curve elliptic.Curve) crypto.Signer {
	t.Helper()
	keysMade++
	scalar := make([]byte, (curve.Params().BitSize+7)/8)
	binary.BigEndian.PutUint32(scalar[len(scalar)-4:], keysMade)
	key, err := ecdsa.ParseRawPrivateKey(curve, scalar)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

var keysMade uint32

var serial int64

// issue makes a certificate. by nil: it signs itself. key nil: a new P-256 key.
func issue(t testing.TB, by *issued, key crypto.Signer, template x509.Certificate, changes ...change) *issued {
	t.Helper()
	serial++
	template.SerialNumber = big.NewInt(serial)
	template.NotBefore, template.NotAfter = now.Add(-30*day), now.Add(60*day)
	for _, c := range changes {
		c(&template)
	}
	if key == nil {
		key = ecKey(t, elliptic.P256())
	}
	if by == nil {
		by = &issued{&template, key}
	}
	der, err := x509.CreateCertificate(nil, &template, by.Certificate, key.Public(), by.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &issued{cert, key}
}

// authority makes the certificate of a CA.
func authority(t testing.TB, by *issued, name string, changes ...change) *issued {
	t.Helper()
	return issue(t, by, nil, x509.Certificate{
		Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true, IsCA: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}, append([]change{func(c *x509.Certificate) { c.NotBefore, c.NotAfter = now.Add(-1000*day), now.Add(1000*day) }}, changes...)...)
}

// host makes a healthy leaf for www.example.com.
func host(t testing.TB, by *issued, changes ...change) *issued {
	t.Helper()
	return issue(t, by, nil, hostTemplate(), changes...)
}

func hostTemplate() x509.Certificate {
	return x509.Certificate{
		Subject:  pkix.Name{CommonName: "www.example.com"},
		DNSNames: []string{"www.example.com"}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
}

func names(list ...string) change { return func(c *x509.Certificate) { c.DNSNames = list } }

func valid(from, to time.Duration) change {
	return func(c *x509.Certificate) { c.NotBefore, c.NotAfter = now.Add(from), now.Add(to) }
}

func chainOf(certs ...*issued) *Chain {
	raw := make([][]byte, len(certs))
	for i, c := range certs {
		raw[i] = c.Raw
	}
	return ParseChain(raw)
}

func pemOf(label string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}))
}
