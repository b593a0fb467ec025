package origin

import (
	"crypto"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// A pki is what the chains of the tests are made of.
type pki struct {
	root, mid, other, stranger *issued
	roots                      *Roots
}

func newPKI(t testing.TB) *pki {
	p := &pki{root: authority(t, nil, "Test Root"), other: authority(t, nil, "Private Root")}
	p.mid = authority(t, p.root, "Test Intermediate")
	p.stranger = authority(t, p.root, "Another Intermediate")
	p.roots = NewRoots("test.pem", p.root.Certificate)
	return p
}

// said lists the kinds of problems, those of warnings in parentheses.
func said(problems []Problem) string {
	var b []string
	for _, p := range problems {
		if p.Warning {
			b = append(b, "("+string(p.Kind)+")")
		} else {
			b = append(b, string(p.Kind))
		}
	}
	return strings.Join(b, " ")
}

// TestInspect has each fault beside its healthy counterpart. words must be
// among what is said of the first problem.
func TestInspect(t *testing.T) {
	p := newPKI(t)
	ca := func(c *x509.Certificate) { c.BasicConstraintsValid, c.IsCA = true, true }
	expiredMid := authority(t, p.root, "Test Intermediate", valid(-100*day, -day))
	freshMid := issue(t, p.root, expiredMid.key, *mustTemplate(expiredMid), valid(-100*day, 100*day))
	futureMid := authority(t, p.root, "Test Intermediate", valid(day, 100*day))
	privateMid := authority(t, p.other, "Private Intermediate")
	expiredPrivate := authority(t, p.other, "Old", valid(-9*day, -day))
	crossed := issue(t, p.root, p.other.key, *mustTemplate(p.other), valid(-100*day, 100*day))
	renewed := authority(t, p.root, "Test Intermediate")
	aia := func(c *x509.Certificate) {
		c.IssuingCertificateURL = []string{"ldap://x", "http://ca.example/mid.crt"}
	}
	narrow := authority(t, p.root, "Narrow", func(c *x509.Certificate) {
		c.PermittedDNSDomainsCritical, c.PermittedDNSDomains = true, []string{"example.org"}
	})
	short := authority(t, p.root, "Short", func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = 0, true })
	belowShort := authority(t, short, "Below Short")
	mail := authority(t, p.root, "Mail", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection} })
	noCA := host(t, p.mid, names("signer.example.com"))
	leaf := host(t, p.mid)

	tests := []struct {
		name  string
		chain *Chain
		want  string
		words []string
	}{
		{"healthy", chainOf(leaf, p.mid), "", nil},
		{"leaf straight from the root", chainOf(host(t, p.root)), "", nil},
		{"expired", chainOf(host(t, p.mid, valid(-90*day, -36*day)), p.mid), "certificate-expired",
			[]string{"www.example.com", "expired on 2024-04-01 12:00:00 UTC", "36 days before 2024-05-07"}},
		{"last second", chainOf(host(t, p.mid, valid(-90*day, 0)), p.mid), "(expires-soon)", nil},
		{"second after", chainOf(host(t, p.mid, valid(-90*day, -time.Second)), p.mid), "certificate-expired", []string{"1 second before"}},
		{"first second", chainOf(host(t, p.mid, valid(0, 90*day)), p.mid), "", nil},
		{"not yet valid", chainOf(host(t, p.mid, valid(3*time.Hour, 90*day)), p.mid), "certificate-not-yet-valid",
			[]string{"2024-05-07 15:00:00 UTC", "3 hours after 2024-05-07 12:00:00 UTC", "clock"}},
		{"expires soon", chainOf(host(t, p.mid, valid(-80*day, 10*day)), p.mid), "(expires-soon)", []string{"10 days after"}},
		{"short-lived and fresh", chainOf(host(t, p.mid, valid(-day, 5*day)), p.mid), "", nil},
		{"short-lived and old", chainOf(host(t, p.mid, valid(-5*day, day)), p.mid), "(expires-soon)", nil},

		{"self-signed", chainOf(host(t, nil)), "certificate-self-signed", []string{"www.example.com", "signed by itself"}},
		{"self-signed with CA:TRUE", chainOf(host(t, nil, ca)), "certificate-self-signed", []string{"signed by itself"}},
		{"self-signed and expired", chainOf(host(t, nil, valid(-9*day, -day))), "certificate-expired certificate-self-signed", nil},
		{"private root as leaf", chainOf(p.other), "certificate-self-signed", []string{"root of an authority, CN=Private Root"}},
		{"own issuer's name, other key", chainOf(host(t, host(t, nil)), p.mid), "intermediate-missing", nil},

		{"private authority with root", chainOf(host(t, p.other), p.other), "certificate-untrusted-issuer (root-sent)",
			[]string{"ends in the root CN=Private Root", "test.pem"}},
		{"private authority without root", chainOf(host(t, privateMid), privateMid), "certificate-untrusted-issuer",
			[]string{"ends with CN=Private Intermediate", "CN=Private Root", "authority of your own", "intermediate of a public"}},
		{"private authority signed by a trusted root", chainOf(host(t, privateMid), privateMid, crossed), "", nil},
		{"name of a trusted root, other key", chainOf(host(t, authority(t, nil, "Test Root"))), "certificate-untrusted-issuer",
			[]string{"the key of that root did not sign it"}},

		{"leaf only", chainOf(host(t, p.mid, aia)), "intermediate-missing",
			[]string{"CN=Test Intermediate", "fullchain.pem", "http://ca.example/mid.crt"}},
		{"an intermediate that did not sign", chainOf(leaf, p.stranger), "intermediate-missing", []string{"CN=Another Intermediate"}},
		{"the right name, another key", chainOf(leaf, renewed), "intermediate-missing", []string{"the right name, but another key"}},
		{"hole above the intermediate", chainOf(host(t, privateMid), privateMid, p.stranger), "intermediate-missing", []string{"CN=Private Root"}},
		{"broken intermediate", ParseChain([][]byte{leaf.Raw, {0x30, 1}}), "intermediate-missing", []string{"certificate 2", "cannot be parsed"}},

		{"expired intermediate", chainOf(host(t, expiredMid), expiredMid), "intermediate-expired",
			[]string{"CN=Test Intermediate", "2024-05-06", "only way"}},
		{"expired intermediate beside a fresh one", chainOf(host(t, expiredMid), expiredMid, freshMid), "", nil},
		{"intermediate of tomorrow", chainOf(host(t, futureMid), futureMid), "certificate-not-yet-valid", []string{"intermediate certificate CN=Test"}},
		{"expired private intermediate", chainOf(host(t, expiredPrivate), expiredPrivate), "certificate-untrusted-issuer intermediate-expired", nil},

		{"key usage of a client", chainOf(host(t, p.mid, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }), p.mid),
			"certificate-unusable", []string{"server authentication"}},
		{"no extended key usage", chainOf(host(t, p.mid, func(c *x509.Certificate) { c.ExtKeyUsage = nil }), p.mid), "", nil},
		{"any extended key usage", chainOf(host(t, p.mid, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny} }), p.mid), "", nil},
		{"intermediate for mail", chainOf(host(t, mail), mail), "certificate-unusable", []string{"may not sign certificates of servers"}},
		{"address only", chainOf(host(t, p.mid, names(), func(c *x509.Certificate) {
			c.Subject, c.IPAddresses = pkix.Name{}, []net.IP{net.IPv4(192, 0, 2, 1)}
		}), p.mid), "certificate-unusable", []string{"no name but an IP"}},
		{"address as common name", chainOf(host(t, p.mid, names(), func(c *x509.Certificate) { c.Subject.CommonName = "192.0.2.1" }), p.mid),
			"certificate-unusable", []string{"no name but an IP"}},
		{"common name only", chainOf(host(t, p.mid, names()), p.mid), "", nil},
		{"no name", chainOf(host(t, p.mid, names(), func(c *x509.Certificate) { c.Subject = pkix.Name{Organization: []string{"O"}} }), p.mid),
			"certificate-unusable", []string{"no name at all"}},
		{"name constraint", chainOf(host(t, narrow), narrow), "certificate-unusable", []string{"name constraint"}},
		{"name constraint that allows", chainOf(host(t, narrow, names("www.example.org")), narrow), "", nil},
		{"name constraint, and expired", chainOf(host(t, narrow, valid(-9*day, -day)), narrow), "certificate-expired certificate-unusable", nil},
		{"path length", chainOf(host(t, belowShort), belowShort, short), "certificate-unusable", []string{"path length"}},
		{"path length that fits", chainOf(host(t, short), short), "", nil},
		{"signed by a host", chainOf(host(t, noCA), noCA, p.mid), "certificate-unusable", []string{"not that of an authority"}},
		{"unknown critical extension", chainOf(host(t, p.mid, func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 3}, Critical: true, Value: []byte{5, 0}}}
		}), p.mid), "certificate-unusable", []string{"critical extension that clients do not know"}},
		{"authority as leaf", chainOf(host(t, p.mid, ca), p.mid), "(certificate-unusable)", []string{"CA:TRUE"}},
		{"leaf last", chainOf(p.mid, leaf), "certificate-unusable", []string{"stands first", "www.example.com comes later"}},
		{"broken leaf", ParseChain([][]byte{{0x30, 0}, p.mid.Raw}), "certificate-unusable", []string{"cannot be parsed"}},
		{"no certificate", ParseChain(nil), "certificate-unusable", []string{"no certificate"}},

		{"root sent", chainOf(leaf, p.mid, p.root), "(root-sent)", []string{"CN=Test Root"}},
		{"root before the intermediate", chainOf(leaf, p.root, p.mid), "(chain-out-of-order) (root-sent)", []string{"CN=Test Root"}},
		{"stranger before the intermediate", chainOf(leaf, p.stranger, p.mid), "(chain-out-of-order)", []string{"CN=Another Intermediate"}},
		{"stranger after the intermediate", chainOf(leaf, p.mid, p.stranger), "", nil},
		{"leaf twice", chainOf(leaf, leaf, p.mid), "(chain-out-of-order)", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.chain.Inspect(p.roots, now, nil)
			if said(got) != tt.want {
				t.Fatalf("got  %s\nwant %s\n%+v", said(got), tt.want, got)
			}
			for _, w := range tt.words {
				if !strings.Contains(got[0].Says, w) {
					t.Errorf("%q lacks %q", got[0].Says, w)
				}
			}
			agreesWithVerify(t, tt.chain, p.roots, got)
		})
	}
}

// agreesWithVerify is the oracle: where crypto/x509 refuses a chain, so does
// Inspect, and where Inspect finds a fault of trust or time, crypto/x509 does.
func agreesWithVerify(t *testing.T, c *Chain, roots *Roots, got []Problem) {
	t.Helper()
	if c.Leaf() == nil {
		return
	}
	between := x509.NewCertPool()
	for _, cert := range c.Certs[1:] {
		if cert != nil {
			between.AddCert(cert)
		}
	}
	all := x509.NewCertPool()
	for _, r := range allRoots(roots.index()) {
		all.AddCertWithConstraint(r.cert, r.constraint)
	}
	_, err := c.Leaf().Verify(x509.VerifyOptions{Roots: all, Intermediates: between, CurrentTime: now})
	own := func(p Problem) bool { // rules that crypto/x509 does not have
		return p.Kind == Unusable && (strings.Contains(p.Rule, "name but an IP") || strings.Contains(p.Rule, "no name at all") ||
			strings.Contains(p.Rule, "stands first"))
	}
	fatal := slices.ContainsFunc(got, func(p Problem) bool { return !p.Warning && !own(p) })
	if fatal != (err != nil) {
		t.Errorf("Inspect says %q, crypto/x509 says %v", said(got), err)
	}
}

// mustTemplate gives what a certificate was made of, to make another like it.
func mustTemplate(c *issued) *x509.Certificate {
	return &x509.Certificate{Subject: c.Subject, BasicConstraintsValid: true, IsCA: true, KeyUsage: c.KeyUsage}
}

func TestProblemFields(t *testing.T) {
	p := newPKI(t)
	aia := func(c *x509.Certificate) { c.IssuingCertificateURL = []string{"http://ca.example/mid.crt"} }
	got := chainOf(host(t, p.mid, aia, valid(-9*day, -day))).Inspect(p.roots, now, nil)
	if len(got) != 2 {
		t.Fatalf("%+v", got)
	}
	if e := got[0]; !e.When.Equal(now.Add(-day)) || e.Subject != "CN=www.example.com" {
		t.Errorf("expired: %+v", e)
	}
	if m := got[1]; m.Issuer != "CN=Test Intermediate" || m.URL != "http://ca.example/mid.crt" {
		t.Errorf("missing: %+v", m)
	}
	if u, err := url.Parse(got[1].URL); err != nil || u.Host != "ca.example" {
		t.Error("URL does not parse")
	}
}

// TestRootLimits: a trusted root is not trusted for everything.
func TestRootLimits(t *testing.T) {
	p := newPKI(t)
	old := authority(t, nil, "Old Root", valid(-1000*day, -10*day))
	young := authority(t, nil, "Young Root", valid(10*day, 1000*day))
	roots := NewRoots("test.pem", old.Certificate, young.Certificate)
	limited := newRootIndex()
	limited.add(p.root.RawSubject, &root{der: p.root.Raw, constraint: func(chain []*x509.Certificate) error {
		if len(chain) != 3 {
			t.Errorf("constraint sees %d certificates", len(chain))
		}
		return errors.New("issued too late")
	}})
	tests := []struct {
		name  string
		chain *Chain
		roots *Roots
		words string
	}{
		{"expired root", chainOf(host(t, old)), roots, "CN=Old Root, which expired on 2024-04-27"},
		{"root of the future", chainOf(host(t, young)), roots, "valid only from 2024-05-17"},
		{"constraint", chainOf(host(t, p.mid), p.mid), &Roots{"limited", func() *rootIndex { return limited }}, "issued too late"},
	}
	for _, tt := range tests {
		got := tt.chain.Inspect(tt.roots, now, nil)
		if said(got) != "certificate-untrusted-issuer" || !strings.Contains(got[0].Says, tt.words) {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}

func TestWeakSignatures(t *testing.T) {
	p := newPKI(t)
	sha1 := func(c *x509.Certificate) { c.SignatureAlgorithm = x509.ECDSAWithSHA1 }
	weakMid := authority(t, p.root, "Weak Intermediate", sha1)
	weakRoot := authority(t, nil, "Weak Root", sha1)
	// crypto/x509 makes no MD5 signatures: an unchecked one with its name will do.
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	rsaRoot := issue(t, nil, key, *mustTemplate(p.root), func(c *x509.Certificate) { c.Subject.CommonName = "RSA Root" })
	const sha256OID, md5OID = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04"
	md5Leaf := strings.ReplaceAll(string(host(t, rsaRoot).Raw), sha256OID, md5OID)

	roots := NewRoots("test.pem", p.root.Certificate, weakRoot.Certificate, rsaRoot.Certificate)
	tests := []struct {
		name  string
		chain *Chain
		rule  string
	}{
		{"SHA-1 on the leaf", chainOf(host(t, p.mid, sha1), p.mid), "ECDSA-SHA1"},
		{"SHA-1 on the intermediate", chainOf(host(t, weakMid), weakMid), "ECDSA-SHA1"},
		{"SHA-1 on the root", chainOf(host(t, weakRoot)), ""},
		{"SHA-1 on the root, sent", chainOf(host(t, weakRoot), weakRoot), ""},
		{"MD5 on the leaf", ParseChain([][]byte{[]byte(md5Leaf)}), "MD5-RSA"},
		{"SHA-256 with RSA", chainOf(host(t, rsaRoot)), ""},
	}
	for _, tt := range tests {
		got := slices.DeleteFunc(tt.chain.Inspect(roots, now, nil), func(p Problem) bool { return p.Kind == RootSent })
		switch {
		case tt.rule == "" && len(got) != 0:
			t.Errorf("%s: %+v", tt.name, got)
		case tt.rule != "" && (said(got) != "certificate-unusable" || !strings.Contains(got[0].Rule, tt.rule)):
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}

// A publicKey stands for a signer where only its public part is needed.
type publicKey struct {
	crypto.Signer
	public crypto.PublicKey
}

func (k publicKey) Public() crypto.PublicKey { return k.public }

// rsaOf makes an RSA key of any size, without a private part.
func rsaOf(bits uint) publicKey {
	n := new(big.Int).Lsh(big.NewInt(1), bits-1)
	return publicKey{public: &rsa.PublicKey{N: n.Add(n, big.NewInt(1)), E: 65537}}
}

func TestKeys(t *testing.T) {
	p := newPKI(t)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	onlyRSA := &Offer{SignatureSchemes: []uint16{0x0401, 0x0403}, CipherSuites: []uint16{0x3a3a, 0xc02f, 0x00ff}, Groups: []uint16{0x0017}, Versions: []uint16{0x0303}}
	onlyECDSA := &Offer{SignatureSchemes: []uint16{0x0401, 0x0403}, CipherSuites: []uint16{0x3a3a, 0xc02b, 0x00ff}, Groups: []uint16{0x0017}, Versions: []uint16{0x0303}}
	modern := &Offer{SignatureSchemes: []uint16{0x0804, 0x0807, 0x0403, 0x0603}, CipherSuites: []uint16{0x1301}, Groups: []uint16{0x001d, 0x0019}, Versions: []uint16{0x0304}}
	tests := []struct {
		name  string
		key   crypto.Signer
		offer *Offer
		want  string
		rule  string
	}{
		{"P-256", ecKey(t, elliptic.P256()), nil, "", ""},
		{"P-384", ecKey(t, elliptic.P384()), nil, "", ""},
		{"P-521", ecKey(t, elliptic.P521()), nil, "certificate-unusable", "its key is ECDSA P-521, which CloudFront does not offer"},
		{"P-521 offered", ecKey(t, elliptic.P521()), modern, "", ""},
		{"P-256 not offered", ecKey(t, elliptic.P256()), modern, "certificate-unusable", "ECDSA P-256, which the client does not offer"},
		{"P-256 without suites", ecKey(t, elliptic.P256()), onlyRSA, "certificate-unusable", "ECDSA P-256"},
		{"P-256 with suites", ecKey(t, elliptic.P256()), onlyECDSA, "", ""},
		{"P-256 to a client without extensions", ecKey(t, elliptic.P256()), &Offer{CipherSuites: []uint16{0xc02b}}, "", ""},
		{"Ed25519", ed, nil, "certificate-unusable", "Ed25519"},
		{"Ed25519 offered", ed, modern, "", ""},
		{"RSA 768", rsaOf(768), nil, "certificate-unusable", "RSA 768"},
		{"RSA 1024", rsaOf(1024), nil, "", ""},
		{"RSA 1536", rsaOf(1536), nil, "(certificate-unusable)", "not documented"},
		{"RSA 2048", rsaOf(2048), nil, "", ""},
		{"RSA 4096", rsaOf(4096), nil, "", ""},
		{"RSA 8192", rsaOf(8192), nil, "certificate-unusable", "RSA 8192"},
		{"RSA with suites", rsaOf(2048), onlyRSA, "", ""},
		{"RSA without suites", rsaOf(2048), onlyECDSA, "certificate-unusable", "RSA 2048, which the client does not offer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			leaf := issue(t, p.mid, tt.key, hostTemplate())
			got := chainOf(leaf, p.mid).Inspect(p.roots, now, tt.offer)
			if said(got) != tt.want || tt.rule != "" && !strings.Contains(got[0].Rule, tt.rule) {
				t.Errorf("%+v", got)
			}
		})
	}
	if got, want := onlyRSA.Kinds(), "RSA"; got != want {
		t.Errorf("Kinds %q, want %q", got, want)
	}
	if got, want := (*Offer)(nil).Kinds(), "RSA,ECDSA P-256,ECDSA P-384"; got != want {
		t.Errorf("Kinds of CloudFront %q, want %q", got, want)
	}
}

// TestNextChange: what Inspect says is the same at any time before NextChange,
// and another from then on.
func TestNextChange(t *testing.T) {
	p := newPKI(t)
	c := chainOf(host(t, p.mid, valid(5*time.Hour, 60*day)), p.mid)
	for _, tt := range []struct {
		at   time.Time
		want time.Time
	}{
		{now, now.Add(5 * time.Hour)},                             // becomes valid
		{now.Add(5 * time.Hour), now.Add(29 * time.Hour)},         // a day
		{now.Add(46*day - time.Hour), warnAt(c.Leaf())},           // expires soon
		{now.Add(60*day - time.Minute), now.Add(60*day + 1)},      // expires
		{now.Add(60*day + 1), now.Add(60*day + 1 + 24*time.Hour)}, // a day
	} {
		if got := c.NextChange(tt.at); !got.Equal(tt.want) {
			t.Errorf("at %v: %v, want %v", tt.at, got, tt.want)
		}
		before, after := said(c.Inspect(p.roots, tt.want.Add(-1), nil)), said(c.Inspect(p.roots, tt.want, nil))
		if now := said(c.Inspect(p.roots, tt.at, nil)); now != before {
			t.Errorf("at %v: %q, changes to %q before %v", tt.at, now, before, tt.want)
		}
		if tt.want.Sub(tt.at) < 24*time.Hour && before == after {
			t.Errorf("at %v: still %q", tt.want, after)
		}
	}
}

func BenchmarkInspect(b *testing.B) {
	p := newPKI(b)
	c := chainOf(host(b, p.mid), p.mid)
	b.ReportAllocs()
	for b.Loop() {
		if got := c.Inspect(p.roots, now, nil); got != nil {
			b.Fatal(got)
		}
	}
}
