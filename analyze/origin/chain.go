// Package origin is this host's side: the certificates that its server serves,
// and what is wrong with them.
//
// Certificates come from files (Load) or from the wire (ParseChain); either way
// a Chain holds them as they stand, the broken ones included. Choose picks the
// one a server would serve for a name, Inspect finds every fault that makes
// CloudFront refuse a chain. Nothing here reads a private key, opens a network
// connection or asks for the time.
package origin

import (
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"net/netip"
	"slices"
)

// A Chain is a list of certificates as a server sends it, leaf first. It is
// never changed once ParseChain has returned it, and safe for concurrent use.
type Chain struct {
	Raw    [][]byte            // DER, as it stands
	Certs  []*x509.Certificate // as long as Raw; nil where crypto/x509 cannot parse
	Broken []error             // as long as Raw; why it cannot, nil where it can
	SHA256 [][32]byte          // as long as Raw; the fingerprints
}

// maxParsed is how many certificates of a chain are parsed and judged. Real chains
// have 5 at most, but people serve bundles, and the intermediate can be anywhere in
// one. OpenSSL stops at a depth of 100; what lies beyond is kept as bytes.
const maxParsed = 100

// errBeyondLimit is why the certificates after maxParsed are Broken.
var errBeyondLimit = errors.New("not looked at, as the chain is too long")

// ParseChain parses the certificates of a chain, each for itself. It copies
// raw and never fails: what cannot be parsed is told in Broken.
func ParseChain(raw [][]byte) *Chain {
	c := &Chain{
		Raw:    make([][]byte, len(raw)),
		Certs:  make([]*x509.Certificate, len(raw)),
		Broken: make([]error, len(raw)),
		SHA256: make([][32]byte, len(raw)),
	}
	for i, der := range raw {
		c.Raw[i] = slices.Clone(der)
		c.SHA256[i] = sha256.Sum256(der)
		if i >= maxParsed {
			c.Broken[i] = errBeyondLimit
			continue
		}
		c.Certs[i], c.Broken[i] = x509.ParseCertificate(c.Raw[i])
	}
	return c
}

// Leaf gives the first certificate, the one that must carry the server's name.
// It is nil where the chain is empty or its leaf cannot be parsed.
func (c *Chain) Leaf() *x509.Certificate {
	if len(c.Certs) == 0 {
		return nil
	}
	return c.Certs[0]
}

// Names gives the DNS names of the leaf as they stand, untrusted: those of its
// subjectAltName, or its common name where it has no such names (as the library
// of CloudFront does, see RFC 6125, section 6.4.4).
func (c *Chain) Names() []string {
	leaf := c.Leaf()
	switch {
	case leaf == nil:
		return nil
	case len(leaf.DNSNames) > 0:
		return leaf.DNSNames
	case leaf.Subject.CommonName != "":
		return []string{leaf.Subject.CommonName}
	}
	return nil
}

// IPs gives the IP addresses in the subjectAltName of the leaf. CloudFront
// accepts none of them: it compares names only.
func (c *Chain) IPs() []netip.Addr {
	leaf := c.Leaf()
	if leaf == nil {
		return nil
	}
	ips := make([]netip.Addr, 0, len(leaf.IPAddresses))
	for _, ip := range leaf.IPAddresses {
		if a, ok := netip.AddrFromSlice(ip); ok {
			ips = append(ips, a.Unmap())
		}
	}
	return ips
}

// MessageSize gives the length in bytes of the Certificate message that carries
// this chain, its header of 4 bytes included, without extensions of the entries
// (RFC 8446, section 4.4.2; RFC 5246, section 7.4.2). The size is what TLS 1.3
// cannot hide.
func (c *Chain) MessageSize(tls13 bool) int {
	size, entry := 4+3, 3
	if tls13 {
		size, entry = 4+1+3, 3+2 // certificate_request_context; extensions of each entry
	}
	for _, der := range c.Raw {
		size += entry + len(der)
	}
	return size
}
