package origin

import (
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"strings"
	"sync"

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

// A root is one trusted certificate.
type root struct {
	cert       *x509.Certificate
	constraint func([]*x509.Certificate) error // nil: trusted without conditions
}

// A rootIndex finds roots by what certificates say of their issuers.
type rootIndex struct {
	bySubject map[string][]*root // by RawSubject
	byHash    map[[32]byte]*root // by SHA-256 of the whole certificate
	pool      *x509.CertPool
}

// MozillaRoots gives the roots that Mozilla trusts for servers, which are those
// that CloudFront trusts. The list is part of the program; it is parsed, once,
// when the first chain is judged (about a millisecond).
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
		if cert, err := x509.ParseCertificate(r.Certificate); err == nil { // a test holds that all can be parsed
			ix.add(&root{cert, r.Constraint})
		}
	}
	return ix
}

// NewRoots makes Roots of certs, trusted without conditions. source names where
// they are from.
func NewRoots(source string, certs ...*x509.Certificate) *Roots {
	ix := newRootIndex()
	for _, cert := range certs {
		ix.add(&root{cert: cert})
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

// Len gives the number of roots. It parses Mozilla's list if that has not been
// done.
func (r *Roots) Len() int { return len(r.index().byHash) }

func newRootIndex() *rootIndex {
	return &rootIndex{
		bySubject: make(map[string][]*root),
		byHash:    make(map[[32]byte]*root),
		pool:      x509.NewCertPool(),
	}
}

// add adds r unless it is there.
func (ix *rootIndex) add(r *root) {
	hash := sha256.Sum256(r.cert.Raw)
	if ix.byHash[hash] != nil {
		return
	}
	ix.byHash[hash] = r
	subject := string(r.cert.RawSubject)
	ix.bySubject[subject] = append(ix.bySubject[subject], r)
	ix.pool.AddCertWithConstraint(r.cert, r.constraint)
}
