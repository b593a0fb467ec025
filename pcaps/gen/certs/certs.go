// Package certs makes the throw-away certificates of the sample captures: a
// root, intermediates, and leaves with every fault that a client may refuse.
//
// The same bytes come out each time: the keys are fixed, the serial numbers
// derive from the names, and the authorities sign with RSA PKCS #1 v1.5, which
// has no randomness.
package certs

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"

	"sniwatch/pcaps/gen/keys"
)

// A Chain is a list of certificates as a server sends it.
type Chain struct {
	DER       [][]byte
	Signature int // bytes of a signature of the leaf's key in a handshake
	ECDSA     bool
}

// Set is every chain and root by name; the name is that of the file without
// ".pem".
type Set struct {
	Chains map[string]Chain
	Roots  map[string][]byte
}

// Chain gives a chain by name; an unknown name is a mistake of the caller.
func (s *Set) Chain(name string) (Chain, error) {
	c, ok := s.Chains[name]
	if !ok {
		return Chain{}, fmt.Errorf("there is no certificate %q", name)
	}
	return c, nil
}

// Files gives the PEM files by name: each chain as the server would serve it,
// and the roots. Private keys are not among them.
func (s *Set) Files() map[string][]byte {
	files := map[string][]byte{}
	for name, chain := range s.Chains {
		files[name+".pem"] = toPEM(chain.DER...)
	}
	for name, der := range s.Roots {
		files[name+".pem"] = toPEM(der)
	}
	return files
}

func toPEM(ders ...[]byte) []byte {
	var b bytes.Buffer
	for _, der := range ders {
		b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	return b.Bytes()
}

// An authority signs certificates.
type authority struct {
	cert *x509.Certificate
	der  []byte
	key  crypto.Signer
}

// serial derives a serial number from what the certificate is called here.
func serial(label string) *big.Int {
	h := sha256.Sum256([]byte("sniwatch sample certificate " + label))
	h[0] &= 0x7f
	return new(big.Int).SetBytes(h[:16])
}

// keyID is the first 20 bytes of a hash of the public key: our own, so that it
// does not change with the version of Go.
func keyID(public crypto.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	h := sha256.Sum256(der)
	return h[:20], err
}

func date(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

// newAuthority makes a CA certificate; a nil parent makes it a root.
func newAuthority(label, keyName, commonName, organization string, from, to time.Time, parent *authority) (*authority, error) {
	key, err := keys.Load(keyName)
	if err != nil {
		return nil, err
	}
	id, err := keyID(key.Public())
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial(label), Subject: pkix.Name{CommonName: commonName, Organization: []string{organization}, Country: []string{"JP"}},
		NotBefore: from, NotAfter: to, SignatureAlgorithm: x509.SHA256WithRSA,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature,
		SubjectKeyId: id,
	}
	issuer, signer := template, key
	if parent != nil {
		issuer, signer = parent.cert, parent.key
		template.IssuingCertificateURL = []string{"http://ca.example.net/root.der"}
	}
	der, err := x509.CreateCertificate(nil, template, issuer, key.Public(), signer)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", label, err)
	}
	cert, err := x509.ParseCertificate(der)
	return &authority{cert, der, key}, err
}

// A leaf says how a server certificate differs from the usual one.
type leaf struct {
	label      string
	commonName string
	dns        []string
	ips        []net.IP
	from, to   time.Time
	key        string
	usage      x509.ExtKeyUsage
	signature  x509.SignatureAlgorithm
}

// sign makes the certificate; a nil authority makes it self-signed.
func (l leaf) sign(by *authority) (der []byte, key crypto.Signer, err error) {
	if key, err = keys.Load(l.key); err != nil {
		return nil, nil, err
	}
	id, err := keyID(key.Public())
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial(l.label), Subject: pkix.Name{CommonName: l.commonName},
		NotBefore: l.from, NotAfter: l.to, SignatureAlgorithm: l.signature,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage: []x509.ExtKeyUsage{l.usage}, SubjectKeyId: id, DNSNames: l.dns, IPAddresses: l.ips,
	}
	if by == nil {
		der, err = x509.CreateCertificate(nil, template, template, key.Public(), key)
		return der, key, err
	}
	template.OCSPServer = []string{"http://ocsp.example.net"}
	template.IssuingCertificateURL = []string{"http://ca.example.net/intermediate.der"}
	der, err = createCertificate(template, by, key.Public())
	return der, key, err
}

// handshakeSignature tells how long a signature with key is. ECDSA's length
// varies by a byte or two; this is the most frequent one.
func handshakeSignature(key crypto.Signer) (length int, ecdsaKey bool) {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		return k.Size(), false
	case *ecdsa.PrivateKey:
		n := (k.Params().BitSize + 7) / 8
		return 2*n + 7, true
	}
	return 64, true // Ed25519
}
