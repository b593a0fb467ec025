//go:build linux

package main

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"sniwatch/pcaps/gen/keys"
)

// The names of the story.
const (
	originName  = "origin.example.com"
	viewerName  = "www.example.com"
	defaultName = "d111111abcdef8.cloudfront.net"
)

const day = 24 * time.Hour

// A signer is a certificate with its key.
type signer struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// A leaf says how a server's certificate differs from the usual one, who signs it
// and what is sent after it.
type leaf struct {
	name   string // of the files
	names  []string
	change func(*x509.Certificate)
	key    string // "": RSA 2048
	by     string // "": the intermediate; "itself"
	sent   []string
}

// authorities are the lab's certification authorities, in the order in which they
// are made. Only "root" is trusted.
var authorities = []struct {
	name, commonName, key, by string
	from, to                  time.Duration // from now
}{
	{"root", "Lab Root R1", "root", "", -3000 * day, 3000 * day},
	{"intermediate", "Lab Intermediate E1", "intermediate", "root", -1000 * day, 1000 * day},
	{"old", "Lab Intermediate E0", "intermediate", "root", -1000 * day, -day},
	{"other", "Lab Intermediate X9", "other-intermediate", "root", -1000 * day, 1000 * day},
	{"company-root", "Example Corp Internal Root", "private-root", "", -3000 * day, 3000 * day},
	{"company", "Example Corp Internal CA", "private-intermediate", "company-root", -1000 * day, 1000 * day},
}

// whole is the chain as it should be sent.
var whole = []string{"intermediate"}

// leaves are the certificates that servers of the lab serve.
var leaves = []leaf{
	{name: "origin", names: []string{originName}, sent: whole},
	{name: "viewer", names: []string{viewerName}, sent: whole},
	{name: "both", names: []string{originName, viewerName}, sent: whole},
	{name: "wildcard", names: []string{"*.example.com"}, sent: whole},
	{name: "shop", names: []string{"shop.example.net"}, sent: whole},
	{name: "p256", names: []string{originName}, key: "leaf-p256", sent: whole},
	{name: "p521", names: []string{originName}, key: "leaf-p521", sent: whole},
	{name: "ed25519", names: []string{originName}, key: "leaf-ed25519", sent: whole},
	{name: "common-name", change: func(c *x509.Certificate) { c.Subject.CommonName = originName }, sent: whole},
	{name: "out-of-order", names: []string{originName}, sent: []string{"root", "intermediate"}},
	{name: "expired", names: []string{originName}, change: ends(-15 * time.Hour), sent: whole},
	{name: "expired-viewer", names: []string{viewerName}, change: ends(-15 * time.Hour), sent: whole},
	{name: "renewed", names: []string{originName}, change: func(c *x509.Certificate) { c.NotBefore = c.NotBefore.Add(59 * day) }, sent: whole},
	{name: "early", names: []string{originName}, change: func(c *x509.Certificate) { c.NotBefore = time.Now().Add(14 * day) }, sent: whole},
	{name: "long-chain", names: []string{viewerName}, sent: append(slices.Repeat([]string{"other"}, 20), "intermediate")},
	{name: "ends-soon", names: []string{originName}, change: ends(5 * day), sent: whole},
	{name: "with-root", names: []string{originName}, sent: []string{"intermediate", "root"}},
	{name: "self-signed", names: []string{originName}, by: "itself"},
	{name: "company-leaf", names: []string{originName}, by: "company", sent: []string{"company", "company-root"}},
	{name: "alone", names: []string{originName}},
	{name: "wrong-chain", names: []string{originName}, sent: []string{"other"}},
	{name: "old-chain", names: []string{originName}, by: "old", sent: []string{"old"}},
	{name: "for-clients", names: []string{originName}, change: func(c *x509.Certificate) {
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}, sent: whole},
	{name: "address", change: func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.ParseIP(origin4)} }, sent: whole},
}

func ends(fromNow time.Duration) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.NotBefore, c.NotAfter = time.Now().Add(-90*day), time.Now().Add(fromNow) }
}

// A wallet is the folder with the certificates of the lab: NAME.pem as the server
// sends it, NAME.key, NAME.both with the two together, and roots.pem. The dates
// are around the present, for a live capture has the present time.
type wallet struct {
	folder  string
	roots   *x509.CertPool
	signers map[string]signer
}

func (w wallet) chain(name string) string { return filepath.Join(w.folder, name+".pem") }
func (w wallet) key(name string) string   { return filepath.Join(w.folder, name+".key") }
func (w wallet) both(name string) string  { return filepath.Join(w.folder, name+".both") }

// makeCertificates makes the authorities and leaves, and writes them to folder.
func makeCertificates(folder string) (wallet, error) {
	w := wallet{folder: folder, roots: x509.NewCertPool()}
	signers, err := makeAuthorities()
	if err != nil {
		return w, err
	}
	w.signers = signers
	w.roots.AddCert(signers["root"].cert)
	if err := os.WriteFile(w.chain("roots"), toPEM("CERTIFICATE", signers["root"].cert.Raw), 0o644); err != nil {
		return w, err
	}
	return w, w.makeLeaves(leaves)
}

// makeLeaves makes leaves, and writes them.
func (w wallet) makeLeaves(all []leaf) error {
	for _, l := range all {
		if err := w.makeLeaf(l); err != nil {
			return fmt.Errorf("certificate %s: %w", l.name, err)
		}
	}
	return nil
}

func makeAuthorities() (map[string]signer, error) {
	made := map[string]signer{}
	for _, a := range authorities {
		template := &x509.Certificate{
			Subject:   pkix.Name{CommonName: a.commonName, Organization: []string{"sniwatch lab"}},
			NotBefore: time.Now().Add(a.from), NotAfter: time.Now().Add(a.to),
			IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		}
		s, err := sign(template, a.key, made[a.by])
		if err != nil {
			return nil, fmt.Errorf("authority %s: %w", a.name, err)
		}
		made[a.name] = s
	}
	return made, nil
}

// sign makes a certificate; the zero signer makes it self-signed.
func sign(template *x509.Certificate, keyName string, by signer) (signer, error) {
	key, err := keys.Load(keyName)
	if err != nil {
		return signer{}, err
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)); err != nil {
		return signer{}, err
	}
	if by.cert == nil {
		by = signer{template, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.cert, key.Public(), by.key)
	if err != nil {
		return signer{}, err
	}
	cert, err := x509.ParseCertificate(der)
	return signer{cert, key}, err
}

func (w wallet) makeLeaf(l leaf) error {
	template := &x509.Certificate{
		NotBefore: time.Now().Add(-60 * day), NotAfter: time.Now().Add(60 * day), DNSNames: l.names,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if len(l.names) > 0 {
		template.Subject.CommonName = l.names[0]
	}
	if l.change != nil {
		l.change(template)
	}
	keyName, by := l.key, w.signers[l.by]
	if keyName == "" {
		keyName = "leaf"
	}
	if l.by == "" {
		by = w.signers["intermediate"]
	}
	made, err := sign(template, keyName, by)
	if err != nil {
		return err
	}
	chain := toPEM("CERTIFICATE", made.cert.Raw)
	for _, name := range l.sent {
		chain = append(chain, toPEM("CERTIFICATE", w.signers[name].cert.Raw)...)
	}
	der, err := x509.MarshalPKCS8PrivateKey(made.key)
	if err != nil {
		return err
	}
	key := toPEM("PRIVATE KEY", der)
	for file, text := range map[string][]byte{
		w.chain(l.name): chain, w.key(l.name): key, w.both(l.name): bytes.Join([][]byte{chain, key}, nil),
	} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func toPEM(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
