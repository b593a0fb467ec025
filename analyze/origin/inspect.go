package origin

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"slices"
	"time"
)

// An inspection collects the problems of one chain.
type inspection struct {
	*search
	roots    *Roots
	leaf     *x509.Certificate
	offer    *Offer
	problems []Problem
}

// Inspect judges a chain as CloudFront does (docs/cloudfront.md, section 2):
// every fault by itself, in the order of the kinds, the warnings last. Dates are
// judged at the time at. roots nil stands for Mozilla's, offer nil for
// CloudFront's. What a name covers is not judged here: see edge.Judge.
//
// At most 100 certificates of the chain are looked at, and a bounded number of
// signatures is checked.
func (c *Chain) Inspect(roots *Roots, at time.Time, offer *Offer) []Problem {
	if roots == nil {
		roots = MozillaRoots()
	}
	leaf := c.Leaf()
	if leaf == nil {
		return []Problem{c.withoutLeaf()}
	}
	in := &inspection{search: bestPath(c, roots.index(), at), roots: roots, leaf: leaf, offer: offer}
	in.judgeDates()
	in.judgeTrust()
	in.judgeUse()
	in.judgeOrder()
	in.warnOfExpiry()
	slices.SortStableFunc(in.problems, func(a, b Problem) int {
		if a.Warning != b.Warning {
			return map[bool]int{false: -1, true: 1}[a.Warning]
		}
		return slices.Index(kinds, a.Kind) - slices.Index(kinds, b.Kind)
	})
	return in.problems
}

// withoutLeaf is the problem of a chain whose leaf cannot be judged.
func (c *Chain) withoutLeaf() Problem {
	if len(c.Raw) == 0 {
		return Problem{Kind: Unusable, Rule: "there is none",
			Says: "The server's Certificate message holds no certificate."}
	}
	return Problem{Kind: Unusable, Rule: "it breaks the format of certificates",
		Says: fmt.Sprintf("The first certificate of the chain cannot be parsed (%v), so nothing else can be said of it. "+
			"Publicly trusted authorities issue no such certificates.", c.Broken[0])}
}

// add keeps a problem and gives access to it.
func (in *inspection) add(p Problem) { in.problems = append(in.problems, p) }

// found tells whether there is a problem of this kind that CloudFront minds.
func (in *inspection) found(kind ProblemKind) bool {
	return slices.ContainsFunc(in.problems, func(p Problem) bool { return p.Kind == kind && !p.Warning })
}

// judgeDates judges the leaf's dates, and those of the certificates above it.
func (in *inspection) judgeDates() {
	in.judgeDate(in.leaf, CertificateExpired, "The certificate for "+hostOf(in.leaf))
	above := "The intermediate certificate %s"
	if in.best.root != nil {
		above += ", on the only way to a trusted root,"
	}
	for _, i := range in.best.certs[1:] {
		if in.best.root == nil && in.selfSigned(i) {
			continue // the root of somebody: not trusted, whatever its dates
		}
		in.judgeDate(in.cert(i), IntermediateExpired, fmt.Sprintf(above, SubjectText(in.cert(i))))
	}
}

// judgeDate judges the dates of one certificate, which the sentence calls name.
func (in *inspection) judgeDate(c *x509.Certificate, expired ProblemKind, name string) {
	switch {
	case in.at.After(c.NotAfter):
		in.add(Problem{Kind: expired, Subject: SubjectText(c), Issuer: IssuerText(c), When: c.NotAfter,
			Says: fmt.Sprintf("%s expired on %s, %s.", name, dateText(c.NotAfter), apartText(c.NotAfter, in.at, "before"))})
	case in.at.Before(c.NotBefore):
		in.add(Problem{Kind: CertificateNotYetValid, Subject: SubjectText(c), Issuer: IssuerText(c), When: c.NotBefore,
			Says: fmt.Sprintf("%s is valid only from %s, %s. If that is the past, the clock of the host that captured this is wrong.",
				name, dateText(c.NotBefore), apartText(c.NotBefore, in.at, "after"))})
	}
}

// judgeOrder warns of what the documentation of CloudFront asks for and its
// library does not: each certificate signs the one before it (RFC 5246, section
// 7.4.2), and the root stays at home.
func (in *inspection) judgeOrder() {
	last := slices.Max(in.best.certs)
	if r := in.best.root; r != nil {
		last = max(last, slices.IndexFunc(in.chain.Raw, func(der []byte) bool { return bytes.Equal(der, r.cert.Raw) }))
	}
	for i := 1; i <= last; i++ {
		if in.cert(i) != nil && !in.signsOneBefore(i) {
			in.add(Problem{Kind: ChainOutOfOrder, Warning: true, Subject: SubjectText(in.cert(i)),
				Says: fmt.Sprintf("Certificate %d of the chain, %s, did not sign the one before it. AWS's TLS library "+
					"was seen to accept any order, but its documentation demands the right one.", i+1, SubjectText(in.cert(i)))})
			break
		}
	}
	for i, c := range in.chain.Certs {
		if i > 0 && c != nil && in.selfSigned(i) {
			in.add(Problem{Kind: RootSent, Warning: true, Subject: SubjectText(c),
				Says: fmt.Sprintf("The chain holds the root %s. Clients trust their own copy or none: leave it out, "+
					"it makes every handshake %d bytes longer.", SubjectText(c), len(c.Raw)+3)})
			break
		}
	}
}

// signsOneBefore tells whether the certificate at i signed one that stands before it.
func (in *inspection) signsOneBefore(i int) bool {
	for j := range i {
		if in.cert(j) != nil && in.check(in.cert(j), in.cert(i)) != badSignature {
			return true
		}
	}
	return false
}

// expiryWarning is how long before notAfter the warning begins. Certificates
// that live for less than six weeks get it in the last third of their life.
const expiryWarning = 14 * 24 * time.Hour

// warnAt gives the time from which c expires soon.
func warnAt(c *x509.Certificate) time.Time {
	return c.NotAfter.Add(-min(expiryWarning, max(0, c.NotAfter.Sub(c.NotBefore)/3)))
}

// warnOfExpiry warns where the leaf is still valid, but not for long.
func (in *inspection) warnOfExpiry() {
	if !validAt(in.leaf, in.at) || in.at.Before(warnAt(in.leaf)) {
		return
	}
	in.add(Problem{Kind: ExpiresSoon, Warning: true, Subject: SubjectText(in.leaf), When: in.leaf.NotAfter,
		Says: fmt.Sprintf("The certificate for %s expires on %s, %s.",
			hostOf(in.leaf), dateText(in.leaf.NotAfter), apartText(in.leaf.NotAfter, in.at, "after"))})
}

// NextChange gives the first moment after at when Inspect may say something
// else of this chain with the same roots and offer. It is at most a day later,
// since the sentences count days: whoever keeps what Inspect said at the time
// at can use it from then until NextChange.
func (c *Chain) NextChange(at time.Time) time.Time {
	next := at.Add(24 * time.Hour)
	for _, cert := range c.Certs {
		if cert == nil {
			continue
		}
		for _, t := range []time.Time{cert.NotBefore, warnAt(cert), cert.NotAfter.Add(time.Nanosecond)} {
			if t.After(at) && t.Before(next) {
				next = t
			}
		}
	}
	return next
}
