package redact

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sniwatch/analyze/origin"
)

var (
	notBefore = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	notAfter  = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
)

// An issuer is a certificate of the tests with its key.
type issuer struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func rsaTestKey(t testing.TB, bits int) crypto.Signer {
	return must(rsa.GenerateKey(rand.Reader, bits))(t)
}

func ecdsaTestKey(t testing.TB, curve elliptic.Curve) crypto.Signer {
	return must(ecdsa.GenerateKey(curve, rand.Reader))(t)
}

// newCert signs a certificate; parent nil: with its own key.
func newCert(t testing.TB, template *x509.Certificate, key crypto.Signer, parent *issuer) *issuer {
	t.Helper()
	if template.SerialNumber == nil {
		template.SerialNumber = new(big.Int).SetBytes([]byte("a serial number!"))
	}
	template.NotBefore, template.NotAfter = notBefore, notAfter
	if template.IsCA {
		template.BasicConstraintsValid, template.KeyUsage = true, x509.KeyUsageCertSign
	}
	by := issuer{template, key}
	if parent != nil {
		by = *parent
	}
	der := must(x509.CreateCertificate(rand.Reader, template, by.cert, key.Public(), by.key))(t)
	return &issuer{must(x509.ParseCertificate(der))(t), key}
}

func authority(name string) *x509.Certificate {
	return &x509.Certificate{Subject: pkix.Name{CommonName: name, Organization: []string{"Shop Example Ltd"}, Country: []string{"JP"}}, IsCA: true}
}

// hostCertificate is a template with a name wherever one may stand.
func hostCertificate() *x509.Certificate {
	email := pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}, Value: "doe@shop-example.jp"}
	return &x509.Certificate{
		Subject: pkix.Name{CommonName: wwwName, Organization: []string{"Shop Example Ltd"}, OrganizationalUnit: []string{"Contoso Web"},
			Locality: []string{"Springfield"}, ExtraNames: []pkix.AttributeTypeAndValue{email}},
		DNSNames: []string{wwwName, "*.shop-example.jp"}, EmailAddresses: []string{"doe@shop-example.jp"},
		IPAddresses: []net.IP{{10, 0, 12, 34}, net.ParseIP("2400:db8::77")}, URIs: []*url.URL{{Scheme: "https", Host: wwwName, Path: "/contoso"}},
		OCSPServer: []string{"http://ocsp.contoso.example"}, IssuingCertificateURL: []string{"http://ca.contoso.example/ca.crt"},
		CRLDistributionPoints: []string{"http://crl.contoso.example/ca.crl"}, PolicyIdentifiers: []asn1.ObjectIdentifier{{1, 3, 6, 1, 4, 1, 44947, 1}},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		ExtraExtensions: []pkix.Extension{
			{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1}, Value: append([]byte{30, 30}, "\x00c\x00o\x00n\x00t\x00o\x00s\x00o\x00.\x00e\x00x\x00a\x00m\x00p\x00l\x00e"...)},
			{Id: asn1.ObjectIdentifier{2, 16, 840, 1, 113730, 1, 13}, Value: append([]byte{22, 12}, "contoso note"...)},
		},
	}
}

func chainOf(issuers ...*issuer) *origin.Chain {
	var raw [][]byte
	for _, i := range issuers {
		raw = append(raw, i.cert.Raw)
	}
	return origin.ParseChain(raw)
}

// given away, in any encoding.
var contosoSecrets = func() secrets {
	found := secrets{}
	for _, word := range []string{"shop-example", "contoso", "Springfield", "Shop Example", "a serial number!", "ocsp"} {
		found.name(word)
	}
	found["IPv4"], found["IPv6"] = []byte{10, 0, 12, 34}, net.ParseIP("2400:db8::77")
	return found
}()

// TestCertificatesOfEveryKind issues chains of every kind of key anew: nothing
// of the original is left, lengths, dates and signatures are right.
func TestCertificatesOfEveryKind(t *testing.T) {
	for _, tt := range []struct {
		name      string
		root, mid crypto.Signer
		algorithm x509.SignatureAlgorithm
		leaf      crypto.Signer
	}{
		{"RSA", rsaTestKey(t, 2048), rsaTestKey(t, 2048), x509.SHA384WithRSA, rsaTestKey(t, 1024)},
		{"PSS", rsaTestKey(t, 2048), rsaTestKey(t, 2048), x509.SHA256WithRSAPSS, ecdsaTestKey(t, elliptic.P224())},
		{"P-256", ecdsaTestKey(t, elliptic.P256()), ecdsaTestKey(t, elliptic.P256()), 0, ecdsaTestKey(t, elliptic.P256())},
		{"P-384", ecdsaTestKey(t, elliptic.P384()), ecdsaTestKey(t, elliptic.P521()), 0, ecdsaTestKey(t, elliptic.P384())},
		{"Ed25519", ed25519.NewKeyFromSeed(make([]byte, 32)), ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)), 0, rsaTestKey(t, 2048)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := newCert(t, authority("Contoso Root"), tt.root, nil)
			mid := newCert(t, authority("Contoso Issuing CA"), tt.mid, root)
			template := hostCertificate()
			template.SignatureAlgorithm = tt.algorithm
			leaf := newCert(t, template, tt.leaf, mid)
			r := New(testKey, Options{Roots: origin.NewRoots("test", root.cert)})
			before := chainOf(leaf, mid)
			after := must(r.Certificate(before))(t)
			for i := range before.Raw {
				if len(before.Raw[i]) != len(after.Raw[i]) {
					t.Errorf("certificate %d has %d bytes, and had %d", i, len(after.Raw[i]), len(before.Raw[i]))
				}
				contosoSecrets.search(t, "certificate", after.Raw[i])
				a, b := before.Certs[i], after.Certs[i]
				if !a.NotAfter.Equal(b.NotAfter) || origin.KeyText(a) != origin.KeyText(b) || a.SignatureAlgorithm != b.SignatureAlgorithm ||
					a.IsCA != b.IsCA || len(a.Extensions) != len(b.Extensions) {
					t.Errorf("certificate %d is of another kind", i)
				}
				if bytes.Equal(a.RawSubjectPublicKeyInfo, b.RawSubjectPublicKeyInfo) || bytes.Equal(a.Signature, b.Signature) {
					t.Errorf("certificate %d has the key or the signature of the original", i)
				}
			}
			contosoSecrets.search(t, "roots", decodePEM(t, r.Roots()))
			verifyWithGo(t, r, after)
			verifyWithOpenSSL(t, r, after)
			if got, want := after.Names(), []string{r.Name(wwwName), r.Name("*.shop-example.jp")}; strings.Join(got, " ") != strings.Join(want, " ") {
				t.Errorf("names %v, want %v", got, want)
			}
		})
	}
}

func decodePEM(t *testing.T, text []byte) (der []byte) {
	t.Helper()
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatal("there is no root")
	}
	return block.Bytes
}

// verifyWithGo lets crypto/x509 verify a chain for one of its names.
func verifyWithGo(t *testing.T, r *Redactor, c *origin.Chain) {
	t.Helper()
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AppendCertsFromPEM(r.Roots())
	for _, cert := range c.Certs[1:] {
		between.AddCert(cert)
	}
	_, err := c.Leaf().Verify(x509.VerifyOptions{DNSName: c.Leaf().DNSNames[0], Roots: roots, Intermediates: between, CurrentTime: notBefore})
	if err != nil {
		t.Errorf("crypto/x509: %v", err)
	}
}

// verifyWithOpenSSL lets openssl do the same.
func verifyWithOpenSSL(t *testing.T, r *Redactor, c *origin.Chain) {
	t.Helper()
	program, err := exec.LookPath("openssl")
	if err != nil {
		t.Log("NOT TESTED with openssl: there is none")
		return
	}
	folder := t.TempDir()
	write := func(name string, der ...[]byte) string {
		var text []byte
		for _, d := range der {
			text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: d})...)
		}
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	roots := filepath.Join(folder, "roots.pem")
	if err := os.WriteFile(roots, r.Roots(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, "verify", "-no_check_time", "-auth_level", "0", "-CAfile", roots,
		"-untrusted", write("between.pem", c.Raw[1:]...), write("leaf.pem", c.Raw[0])).CombinedOutput()
	if err != nil {
		t.Errorf("openssl verify: %v\n%s", err, out)
	}
}

// TestIssuerThatComesLater: a leaf without its intermediate is signed by what
// stands for it, also when the intermediate is seen only afterwards.
func TestIssuerThatComesLater(t *testing.T) {
	root := newCert(t, authority("Contoso Root"), ecdsaTestKey(t, elliptic.P256()), nil)
	mid := newCert(t, authority("Contoso Issuing CA"), rsaTestKey(t, 2048), root)
	other := newCert(t, authority("Contoso Issuing CA"), rsaTestKey(t, 2048), root)
	leaf := newCert(t, hostCertificate(), ecdsaTestKey(t, elliptic.P256()), mid)
	r := New(testKey, Options{Roots: origin.NewRoots("test", root.cert)})
	alone := must(r.Certificate(chainOf(leaf)))(t)
	wrong := must(r.Certificate(chainOf(leaf, other)))(t)
	whole := must(r.Certificate(chainOf(leaf, mid)))(t)
	if !bytes.Equal(alone.Raw[0], whole.Raw[0]) || !bytes.Equal(alone.Raw[0], wrong.Raw[0]) {
		t.Error("one certificate became several")
	}
	verifyWithGo(t, r, whole)
	if origin.Signed(wrong.Certs[0], wrong.Certs[1]) {
		t.Error("an authority of the same name has the key of the other")
	}
}

// TestLeafAmongTheRoots: a self-signed certificate that the user trusts is
// trusted afterwards.
func TestLeafAmongTheRoots(t *testing.T) {
	leaf := newCert(t, hostCertificate(), ecdsaTestKey(t, elliptic.P256()), nil)
	r := New(testKey, Options{Roots: origin.NewRoots("test", leaf.cert)})
	after := must(r.Certificate(chainOf(leaf)))(t)
	if !bytes.Equal(decodePEM(t, r.Roots()), after.Raw[0]) {
		t.Error("the root is not the certificate")
	}
}

func TestTooManyCertificates(t *testing.T) {
	r := New(testKey, Options{Roots: origin.NewRoots("none")})
	key := ecdsaTestKey(t, elliptic.P256())
	for i := range maxCertificates + 1 {
		template := hostCertificate()
		template.SerialNumber = big.NewInt(int64(1e15) + int64(i))
		_, err := r.Certificate(chainOf(newCert(t, template, key, nil)))
		if (err != nil) != (i == maxCertificates) {
			t.Fatalf("certificate %d: %v", i, err)
		}
	}
}

// TestBrokenCertificatesStayBroken, in the shape that files of certificates need.
func TestBrokenCertificatesStayBroken(t *testing.T) {
	shaped := []byte{0x30, 0x0d, 0x30, 0x05, 12, 3, 'd', 'o', 'e', 0x30, 0, 3, 2, 0, 7}
	r := New(testKey, Options{})
	after := must(r.Certificate(origin.ParseChain([][]byte{shaped, []byte("contoso.example"), {}})))(t)
	want := []byte{0x30, 0x0d, 0x30, 0x05, 0, 0, 0, 0, 0, 0x30, 0, 3, 2, 0, 0}
	if !bytes.Equal(after.Raw[0], want) || !bytes.Equal(after.Raw[1], make([]byte, 15)) || after.Certs[0] != nil {
		t.Errorf("%x, %q", after.Raw[0], after.Raw[1])
	}
}

// TestNameConstraints keep their relation to the names that they allow.
func TestNameConstraints(t *testing.T) {
	for _, permitted := range []string{"shop-example.jp", "other-example.jp"} {
		template := authority("Contoso Root")
		template.PermittedDNSDomains, template.PermittedDNSDomainsCritical = []string{permitted}, true
		root := newCert(t, template, ecdsaTestKey(t, elliptic.P256()), nil)
		leaf := newCert(t, hostCertificate(), ecdsaTestKey(t, elliptic.P256()), root)
		roots := origin.NewRoots("test", root.cert)
		r := New(testKey, Options{Roots: roots})
		before := chainOf(leaf)
		after := must(r.Certificate(before))(t)
		a, b := before.Inspect(roots, notBefore, nil), after.Inspect(rootsOf(t, r), notBefore, nil)
		if len(a) != len(b) || len(a) > 0 && a[0].Rule != b[0].Rule {
			t.Errorf("%s: %v, and then %v", permitted, a, b)
		}
	}
}
