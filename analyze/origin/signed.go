package origin

import "crypto/x509"

// Signed tells whether parent signed child, as Inspect judges it: parent's
// subject is child's issuer, and its key made the signature. Where the key or
// the algorithm is one that this program does not check, key identifiers that do
// not contradict are enough.
func Signed(child, parent *x509.Certificate) bool {
	return string(child.RawIssuer) == string(parent.RawSubject) && checkSignature(child, parent) != badSignature
}

// Named gives the roots whose subject is c's issuer, whether or not they signed
// it.
func (r *Roots) Named(c *x509.Certificate) []*x509.Certificate {
	var out []*x509.Certificate
	for _, root := range r.index().named(c.RawIssuer) {
		out = append(out, root.cert)
	}
	return out
}
