package origin

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"slices"
	"time"
)

// Bounds on the work for one chain. Real ones need 5 signatures and 3 steps;
// hostile ones could ask for thousands of both.
const (
	maxSignatures = 32
	maxSteps      = 200
	maxRSABits    = 8192 // larger keys take too long; crypto/tls draws the same line
)

// A signature is what checking one gave.
type signature uint8

const (
	badSignature signature = iota
	goodSignature
	uncheckedSignature // this program does not check its kind, but names and key identifiers fit: a fault found elsewhere
)

// A path is a way from the leaf to a root, or as far as it goes.
type path struct {
	certs []int // positions in the chain, the leaf's 0 first
	root  *root // that ends it, nil: it reaches no trusted root
}

// A search looks for the best path of a chain at one time.
type search struct {
	chain   *Chain
	trusted *rootIndex
	at      time.Time
	checks  int // signatures checked
	steps   int
	signed  map[[2]*x509.Certificate]signature
	best    path
}

// bestPath follows the issuers from the leaf upwards, over the certificates of
// the chain in any order, to a trusted root. Where there are several ways, as
// with roots signed by older roots, the one with the fewest faults is taken;
// where there is none, the longest.
func bestPath(c *Chain, roots *rootIndex, at time.Time) *search {
	s := &search{chain: c, trusted: roots, at: at, signed: make(map[[2]*x509.Certificate]signature)}
	s.best = path{certs: []int{0}}
	s.extend(path{certs: []int{0}})
	return s
}

// extend follows p by one certificate in every possible way.
func (s *search) extend(p path) {
	if s.steps++; s.steps > maxSteps {
		return
	}
	s.consider(p)
	at := p.certs[len(p.certs)-1]
	top := s.cert(at)
	if r := s.trusted.same(top); r != nil {
		s.consider(path{p.certs, r})
		return
	}
	for _, r := range s.trusted.named(top.RawIssuer) {
		if s.check(top, r.cert) != badSignature {
			s.consider(path{p.certs, r})
		}
	}
	for i := range s.chain.Certs {
		if s.cert(i) != nil && !s.loops(p, i) && s.check(top, s.cert(i)) != badSignature {
			s.extend(path{append(slices.Clone(p.certs), i), nil})
		}
	}
}

// cert gives the certificate at position i, nil where it cannot be parsed.
func (s *search) cert(i int) *x509.Certificate { return s.chain.Certs[i] }

// loops tells whether p holds the certificate at i, or one with its name and key.
func (s *search) loops(p path, i int) bool {
	return slices.ContainsFunc(p.certs, func(have int) bool {
		a, b := s.cert(have), s.cert(i)
		return bytes.Equal(a.RawSubject, b.RawSubject) &&
			bytes.Equal(a.RawSubjectPublicKeyInfo, b.RawSubjectPublicKeyInfo)
	})
}

// consider keeps p if it is better than the best so far.
func (s *search) consider(p path) {
	switch old := s.best; {
	case (p.root != nil) != (old.root != nil):
		if p.root != nil {
			s.best = p
		}
	case p.root == nil:
		if len(p.certs) > len(old.certs) {
			s.best = p
		}
	default:
		pf, of := s.faults(p), s.faults(old)
		if pf < of || pf == of && len(p.certs) < len(old.certs) {
			s.best = p
		}
	}
}

// faults counts what speaks against a path to a root.
func (s *search) faults(p path) int {
	n := 0
	for _, i := range p.certs[1:] {
		if !validAt(s.cert(i), s.at) {
			n++
		}
	}
	for _, i := range p.certs {
		if isWeak(s.cert(i).SignatureAlgorithm) {
			n++
		}
	}
	if !validAt(p.root.cert, s.at) {
		n++
	}
	if s.constrained(p) != nil {
		n++
	}
	return n
}

// constrained asks the root of p whether it may sign what it signed.
func (s *search) constrained(p path) error {
	if p.root.constraint == nil {
		return nil
	}
	chain := make([]*x509.Certificate, 0, len(p.certs)+1)
	for _, i := range p.certs {
		chain = append(chain, s.cert(i))
	}
	return p.root.constraint(append(chain, p.root.cert))
}

// check tells whether parent signed child, by its name first and then its key.
func (s *search) check(child, parent *x509.Certificate) signature {
	if !bytes.Equal(child.RawIssuer, parent.RawSubject) {
		return badSignature
	}
	pair := [2]*x509.Certificate{child, parent}
	sig, known := s.signed[pair]
	if known || s.checks >= maxSignatures {
		return sig
	}
	s.checks++
	sig = checkSignature(child, parent)
	s.signed[pair] = sig
	return sig
}

// checkSignature checks the signature alone: whether parent may sign is another
// fault. Where the library refuses the kind of signature, the key identifiers
// must not contradict.
func checkSignature(child, parent *x509.Certificate) signature {
	if canCheck(parent.PublicKey) {
		err := parent.CheckSignature(child.SignatureAlgorithm, child.RawTBSCertificate, child.Signature)
		var insecure x509.InsecureAlgorithmError
		switch {
		case err == nil:
			return goodSignature
		case !errors.As(err, &insecure) && !errors.Is(err, x509.ErrUnsupportedAlgorithm):
			return badSignature
		}
	}
	ids := len(child.AuthorityKeyId) > 0 && len(parent.SubjectKeyId) > 0
	if ids && !bytes.Equal(child.AuthorityKeyId, parent.SubjectKeyId) {
		return badSignature
	}
	return uncheckedSignature
}

// canCheck tells whether signatures of this key are checked. crypto/rsa refuses
// keys under 1024 bits.
func canCheck(key any) bool {
	k, ok := key.(*rsa.PublicKey)
	return !ok || k.N.BitLen() >= 1024 && k.N.BitLen() <= maxRSABits
}

// selfSigned tells whether the certificate at i is signed with its own key.
func (s *search) selfSigned(i int) bool { return s.check(s.cert(i), s.cert(i)) != badSignature }

// validAt tells whether t is within c's dates, both of them included (RFC 5280,
// section 4.1.2.5).
func validAt(c *x509.Certificate, t time.Time) bool {
	return !t.Before(c.NotBefore) && !t.After(c.NotAfter)
}

// isWeak tells whether a signature's hash is broken.
func isWeak(a x509.SignatureAlgorithm) bool {
	switch a {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1:
		return true
	}
	return false
}
