package origin

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// mozillaVersion is the version of golang.org/x/crypto/x509roots/fallback that
// go.mod asks for (a test compares them). Its middle part is the date of the
// list; a program cannot always read its own module versions.
const mozillaVersion = "v0.0.0-20261030153154-30a33513ff6d"

// maxRootsFile bounds a file of roots in bytes; Mozilla's list has 250 KB.
const maxRootsFile = 8 << 20

// Roots are the certificates that count as trusted, with what is known of the
// limits of that trust. Safe for concurrent use.
type Roots struct {
	Source string // "Mozilla, 2026-10-30", or the name of the file and what of it was left out
	index  func() *rootIndex
}

// A root is one trusted certificate. It is parsed when a chain first names it:
// a run meets few of Mozilla's, and parsing all of them takes a millisecond.
type root struct {
	der        []byte
	constraint func([]*x509.Certificate) error // nil: trusted without conditions

	parse sync.Once
	cert  *x509.Certificate // set in roots that a rootIndex gave
}

// A rootIndex finds roots by what certificates say of their issuers.
type rootIndex struct {
	bySubject map[string][]*root // by the subject's DER
	size      int
}

// MozillaRoots gives the roots that Mozilla trusts for servers, which are those
// that CloudFront trusts. The list is part of the program; it is indexed, once,
// when the first chain is judged.
var MozillaRoots = sync.OnceValue(func() *Roots {
	return &Roots{Source: "Mozilla, " + mozillaDate(), index: sync.OnceValue(indexMozilla)}
})

// mozillaDate gives the day of the list as YYYY-MM-DD.
func mozillaDate() string {
	stamp := strings.Split(mozillaVersion, "-")[1]
	return stamp[0:4] + "-" + stamp[4:6] + "-" + stamp[6:8]
}

func indexMozilla() *rootIndex {
	ix := newRootIndex()
	for r := range bundle.Roots() {
		if subject, ok := subjectOf(r.Certificate); ok { // a test holds that all can be parsed
			ix.add(subject, &root{der: r.Certificate, constraint: r.Constraint})
		}
	}
	return ix
}

// NewRoots makes Roots of certs, trusted without conditions. source names where
// they are from.
func NewRoots(source string, certs ...*x509.Certificate) *Roots {
	ix := newRootIndex()
	for _, cert := range certs {
		ix.add(cert.RawSubject, &root{der: cert.Raw, cert: cert})
	}
	return &Roots{Source: source, index: func() *rootIndex { return ix }}
}

// LoadRoots reads the roots to trust from a file, PEM or a single DER
// certificate. Those that cannot be parsed are left out, as the lists of some
// systems hold a few, and Source says how many; it is an error if none is left.
func LoadRoots(path string) (*Roots, error) {
	data, err := readFile(path, maxRootsFile)
	if err != nil {
		return nil, err
	}
	raw, err := parseFile(data, path)
	if err != nil {
		return nil, err
	}
	certs := make([]*x509.Certificate, 0, len(raw))
	var last error
	for _, der := range raw {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			last = err
			continue
		}
		certs = append(certs, cert)
	}
	if len(certs) == 0 {
		return nil, &FileError{File: path, What: "holds no root that can be parsed", Err: last}
	}
	source := path
	if skipped := len(raw) - len(certs); skipped > 0 {
		source = fmt.Sprintf("%s, without %d of %d that cannot be read", path, skipped, len(raw))
	}
	return NewRoots(source, certs...), nil
}

// Len gives the number of roots.
func (r *Roots) Len() int { return r.index().size }

func newRootIndex() *rootIndex { return &rootIndex{bySubject: make(map[string][]*root)} }

// add adds r unless it is there.
func (ix *rootIndex) add(subject []byte, r *root) {
	same := ix.bySubject[string(subject)]
	if slices.ContainsFunc(same, func(have *root) bool { return bytes.Equal(have.der, r.der) }) {
		return
	}
	ix.bySubject[string(subject)] = append(same, r)
	ix.size++
}

// named gives the roots with this subject.
func (ix *rootIndex) named(subject []byte) []*root {
	same := ix.bySubject[string(subject)]
	for _, r := range same {
		r.parse.Do(func() {
			if r.cert == nil {
				r.cert, _ = x509.ParseCertificate(r.der)
			}
		})
	}
	if slices.ContainsFunc(same, isUnparsed) {
		return slices.DeleteFunc(slices.Clone(same), isUnparsed)
	}
	return same
}

func isUnparsed(r *root) bool { return r.cert == nil }

// same gives the root that c is, nil: it is none.
func (ix *rootIndex) same(c *x509.Certificate) *root {
	for _, r := range ix.named(c.RawSubject) {
		if bytes.Equal(r.der, c.Raw) {
			return r
		}
	}
	return nil
}

// poolFor gives the roots that can end a path of certs: those that are one of
// them, or have the name of an issuer of one. crypto/x509 looks at no others.
func (ix *rootIndex) poolFor(certs []*x509.Certificate) *x509.CertPool {
	pool := x509.NewCertPool()
	for _, c := range certs {
		for _, r := range slices.Concat(ix.named(c.RawIssuer), ix.named(c.RawSubject)) {
			pool.AddCertWithConstraint(r.cert, r.constraint)
		}
	}
	return pool
}

// subjectOf finds the subject of a certificate in DER without parsing the rest
// (RFC 5280, section 4.1).
func subjectOf(der []byte) (subject []byte, ok bool) {
	s := cryptobyte.String(der)
	var body, tbs, name cryptobyte.String
	version := asn1.Tag(0).Constructed().ContextSpecific()
	ok = s.ReadASN1(&body, asn1.SEQUENCE) && body.ReadASN1(&tbs, asn1.SEQUENCE) &&
		tbs.SkipOptionalASN1(version) && tbs.SkipASN1(asn1.INTEGER) && // serialNumber
		tbs.SkipASN1(asn1.SEQUENCE) && tbs.SkipASN1(asn1.SEQUENCE) && // signature, issuer
		tbs.SkipASN1(asn1.SEQUENCE) && tbs.ReadASN1Element(&name, asn1.SEQUENCE) // validity
	return name, ok
}
