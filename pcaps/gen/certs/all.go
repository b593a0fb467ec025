package certs

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"net"
	"time"
)

// The names of the story.
const (
	OriginName = "origin.example.com"
	WWWName    = "www.example.com"
)

// authorities are everybody who signs.
type authorities struct {
	root, intermediate, expired, other *authority
	privateRoot, privateIntermediate   *authority
}

func newAuthorities() (a authorities, err error) {
	const ours, corp = "Sample Trust Services", "Example Corp"
	for _, step := range []struct {
		into                **authority
		label, key, cn, org string
		from, to            time.Time
		parent              **authority
	}{
		{&a.root, "root", "root", "Sample Root R1", ours, date(2015, 6, 4), date(2045, 6, 4), nil},
		{&a.intermediate, "intermediate", "intermediate", "Sample Intermediate E1", ours, date(2020, 9, 4), date(2035, 9, 15), &a.root},
		{&a.expired, "intermediate-expired", "intermediate", "Sample Intermediate E0", ours, date(2019, 1, 15), date(2024, 1, 15), &a.root},
		{&a.other, "intermediate-other", "other-intermediate", "Sample Intermediate X9", ours, date(2020, 9, 4), date(2035, 9, 15), &a.root},
		{&a.privateRoot, "private-root", "private-root", "Example Corp Internal Root", corp, date(2020, 1, 1), date(2040, 1, 1), nil},
		{&a.privateIntermediate, "private-intermediate", "private-intermediate", "Example Corp Internal CA", corp, date(2020, 1, 1), date(2035, 1, 1), &a.privateRoot},
	} {
		var parent *authority
		if step.parent != nil {
			parent = *step.parent
		}
		if *step.into, err = newAuthority(step.label, step.key, step.cn, step.org, step.from, step.to, parent); err != nil {
			return a, err
		}
	}
	return a, nil
}

// usual is a leaf that a client accepts at the time of the story.
func usual(label string, names ...string) leaf {
	return leaf{label: label, commonName: names[0], dns: names, from: date(2023, 12, 1), to: date(2024, 11, 30), key: "leaf",
		usage: x509.ExtKeyUsageServerAuth, signature: x509.SHA256WithRSA}
}

// with gives a changed copy of a leaf.
func with(l leaf, change func(*leaf)) leaf {
	change(&l)
	return l
}

// Make makes all certificates.
func Make() (*Set, error) {
	a, err := newAuthorities()
	if err != nil {
		return nil, err
	}
	s := &Set{Chains: map[string]Chain{}, Roots: map[string][]byte{"root": a.root.der, "private-root": a.privateRoot.der}}
	for _, c := range chains(a) {
		der, key, err := c.leaf.sign(c.by)
		if err != nil {
			return nil, fmt.Errorf("certificate %s: %w", c.leaf.label, err)
		}
		chain := Chain{DER: [][]byte{der}}
		chain.Signature, chain.ECDSA = handshakeSignature(key)
		for _, more := range c.sent {
			chain.DER = append(chain.DER, more.der)
		}
		s.Chains[c.name] = chain
	}
	return s, nil
}

// wanted is one chain: a leaf, who signs it, and what is sent after it.
type wanted struct {
	name string
	leaf leaf
	by   *authority
	sent []*authority
}

func chains(a authorities) []wanted {
	good := []*authority{a.intermediate}
	origin := usual("origin", OriginName)
	return append(faulty(a, origin), []wanted{
		{"origin", origin, a.intermediate, good},
		{"www", usual("www", WWWName), a.intermediate, good},
		{"both", usual("both", OriginName, WWWName), a.intermediate, good},
		{"wildcard", usual("wildcard", "*.example.com"), a.intermediate, good},
		{"neither", usual("neither", "shop.example.net"), a.intermediate, good},
		{"origin-p256", with(usual("origin-p256", OriginName), func(l *leaf) { l.key = "leaf-p256" }), a.intermediate, good},
		{"origin-cn-only", with(usual("origin-cn-only", OriginName), func(l *leaf) { l.dns = nil }), a.intermediate, good},
		{"origin-renewed", with(usual("origin-renewed", OriginName), func(l *leaf) { l.from, l.to = date(2024, 1, 15), date(2025, 1, 14) }), a.intermediate, good},
		{"origin-expires-soon", with(usual("origin-expires-soon", OriginName), func(l *leaf) { l.from, l.to = date(2023, 10, 21), date(2024, 1, 19) }), a.intermediate, good},
		{"origin-order", origin, a.intermediate, []*authority{a.root, a.intermediate}},
		{"origin-with-root", origin, a.intermediate, []*authority{a.intermediate, a.root}},
	}...)
}

// faulty are the chains that a client refuses, each for one reason.
func faulty(a authorities, origin leaf) []wanted {
	good := []*authority{a.intermediate}
	return []wanted{
		{"origin-nochain", origin, a.intermediate, nil},
		{"origin-wrong-intermediate", origin, a.intermediate, []*authority{a.other}},
		{"origin-expired", with(usual("origin-expired", OriginName), func(l *leaf) {
			l.from, l.to = date(2023, 10, 17), date(2024, 1, 15).Add(12*time.Hour)
		}), a.intermediate, good},
		{"www-expired", with(usual("www-expired", WWWName), func(l *leaf) {
			l.from, l.to = date(2023, 10, 17), date(2024, 1, 15).Add(12*time.Hour)
		}), a.intermediate, good},
		{"origin-not-yet-valid", with(usual("origin-not-yet-valid", OriginName), func(l *leaf) { l.from, l.to = date(2024, 2, 1), date(2025, 1, 31) }), a.intermediate, good},
		{"origin-self-signed", usual("origin-self-signed", OriginName), nil, nil},
		{"origin-old-intermediate", usual("origin-old-intermediate", OriginName), a.expired, []*authority{a.expired}},
		{"origin-private", usual("origin-private", OriginName), a.privateIntermediate, []*authority{a.privateIntermediate, a.privateRoot}},
		{"origin-sha1", with(usual("origin-sha1", OriginName), func(l *leaf) { l.signature = x509.SHA1WithRSA }), a.intermediate, good},
		{"origin-ed25519", with(usual("origin-ed25519", OriginName), func(l *leaf) { l.key = "leaf-ed25519" }), a.intermediate, good},
		{"origin-p521", with(usual("origin-p521", OriginName), func(l *leaf) { l.key = "leaf-p521" }), a.intermediate, good},
		{"origin-client-auth", with(usual("origin-client-auth", OriginName), func(l *leaf) { l.usage = x509.ExtKeyUsageClientAuth }), a.intermediate, good},
		{"ip-only", with(usual("ip-only", OriginName), func(l *leaf) {
			l.commonName, l.dns, l.ips = "Example Corp web server", nil, []net.IP{net.IPv4(203, 0, 113, 10).To4()}
		}), a.intermediate, good},
	}
}

// oidSHA1WithRSA is sha1WithRSAEncryption (RFC 8017, appendix C).
var oidSHA1WithRSA = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 5}

// createCertificate is x509.CreateCertificate, which no longer signs with
// SHA-1: for that algorithm the certificate is made with SHA-256, the
// algorithm's name is changed inside, and it is signed anew.
func createCertificate(template *x509.Certificate, by *authority, public crypto.PublicKey) ([]byte, error) {
	if template.SignatureAlgorithm != x509.SHA1WithRSA {
		return x509.CreateCertificate(nil, template, by.cert, public, by.key)
	}
	template.SignatureAlgorithm = x509.SHA256WithRSA
	der, err := x509.CreateCertificate(nil, template, by.cert, public, by.key)
	if err != nil {
		return nil, err
	}
	return signSHA1(der, by)
}

func signSHA1(der []byte, by *authority) ([]byte, error) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	// The two object identifiers have the same length and differ in the last byte.
	tbs := append([]byte(nil), cert.RawTBSCertificate...)
	sha256OID, err := asn1.Marshal(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11})
	if err != nil {
		return nil, err
	}
	for i := 0; i+len(sha256OID) <= len(tbs); i++ {
		if string(tbs[i:i+len(sha256OID)]) == string(sha256OID) {
			tbs[i+len(sha256OID)-1] = 5
			break
		}
	}
	digest := sha1.Sum(tbs)
	signature, err := rsa.SignPKCS1v15(nil, by.key.(*rsa.PrivateKey), crypto.SHA1, digest[:])
	if err != nil {
		return nil, err
	}
	return asn1.Marshal(struct {
		TBS       asn1.RawValue
		Algorithm struct {
			OID  asn1.ObjectIdentifier
			Null asn1.RawValue
		}
		Signature asn1.BitString
	}{
		TBS: asn1.RawValue{FullBytes: tbs},
		Algorithm: struct {
			OID  asn1.ObjectIdentifier
			Null asn1.RawValue
		}{oidSHA1WithRSA, asn1.NullRawValue},
		Signature: asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)},
	})
}
