package origin

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"strings"
	"testing"
	"time"
)

// TestNamelessIssuer: a certificate whose issuer has no name gives sentences
// without a hole in them.
func TestNamelessIssuer(t *testing.T) {
	var keys [2]*ecdsa.PrivateKey // of the leaf and of its issuer
	for i := range keys {
		var err error
		if keys[i], err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	from := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	issuer := &x509.Certificate{SerialNumber: big.NewInt(1)} // an empty subject
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"}, NotBefore: from, NotAfter: from.AddDate(0, 3, 0)}
	der, err := x509.CreateCertificate(rand.Reader, leaf, issuer, &keys[0].PublicKey, keys[1])
	if err != nil {
		t.Fatal(err)
	}
	said := ""
	for _, p := range ParseChain([][]byte{der}).Inspect(MozillaRoots(), from.AddDate(0, 1, 0), nil) {
		said += p.Says + "\n"
	}
	if !strings.Contains(said, "does not say who signed it") {
		t.Errorf("got %q", said)
	}
	for _, hole := range []string{", ,", "If is", "by ,", "  "} {
		if strings.Contains(said, hole) {
			t.Errorf("%q in %q", hole, said)
		}
	}
}
