package origin

import (
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// The sizes of RSA keys that CloudFront documents, in bits.
var documentedRSA = []int{1024, 2048, 3072, 4096}

// judgeUse judges what a certificate may be used for: its key, signatures, names
// and permissions. Each rule that is broken is a problem of its own.
func (in *inspection) judgeUse() {
	in.judgeKey()
	in.judgeSignatures()
	in.judgePurpose()
	in.judgePlace()
	in.judgeNames()
	if in.best.root != nil && !in.found(Unusable) && !in.found(UntrustedIssuer) {
		in.verify()
	}
}

// unusable adds a broken rule of the certificate c.
func (in *inspection) unusable(c *x509.Certificate, rule string) {
	in.add(Problem{Kind: Unusable, Subject: SubjectText(c), Issuer: IssuerText(c), Rule: rule,
		Says: fmt.Sprintf("The certificate %s cannot be used: %s.", subjectOrHost(c), rule)})
}

func (in *inspection) judgeKey() {
	key, isRSA := in.leaf.PublicKey.(*rsa.PublicKey)
	switch refusal := in.offer.refuses(in.leaf); {
	case isRSA && key.N.BitLen() < documentedRSA[0]:
		in.unusable(in.leaf, fmt.Sprintf("its key is %s, and 1024 bits is the least that CloudFront accepts", KeyText(in.leaf)))
	case isRSA && key.N.BitLen() > slices.Max(documentedRSA):
		in.unusable(in.leaf, fmt.Sprintf("its key is %s, and 4096 bits is the most that CloudFront accepts", KeyText(in.leaf)))
	case refusal != "":
		in.unusable(in.leaf, refusal)
	case isRSA && !slices.Contains(documentedRSA, key.N.BitLen()):
		in.add(Problem{Kind: Unusable, Warning: true, Subject: SubjectText(in.leaf),
			Rule: "the size of the key is not documented by CloudFront",
			Says: fmt.Sprintf("The key of the certificate for %s is %s. CloudFront documents 1024, 2048, 3072 and 4096 bits only.",
				hostOf(in.leaf), KeyText(in.leaf))})
	}
}

// judgeSignatures minds the signatures of all but roots, whose own one nobody
// checks, and whether those who signed may do so.
func (in *inspection) judgeSignatures() {
	for _, i := range in.best.certs {
		c := in.cert(i)
		if isWeak(c.SignatureAlgorithm) && !in.selfSigned(i) {
			in.unusable(c, fmt.Sprintf("it is signed with %s, which public clients no longer accept", SignatureText(c)))
		}
		if i > 0 {
			in.judgeSigner(c)
		}
	}
	if r := in.best.root; r != nil && !r.cert.Equal(in.leaf) {
		in.judgeSigner(r.cert)
	}
}

// judgeSigner minds whether c may sign certificates (RFC 5280, sections 4.2.1.3
// and 4.2.1.9), and whether its key is one that this program checks.
func (in *inspection) judgeSigner(c *x509.Certificate) {
	noCA := c.Version == 3 && !c.BasicConstraintsValid || c.BasicConstraintsValid && !c.IsCA
	switch {
	case noCA || c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageCertSign == 0:
		in.unusable(c, "it signed another certificate of the chain, but is not that of an authority")
	case !canCheck(c.PublicKey):
		in.unusable(c, fmt.Sprintf("it signs with a key of %s", KeyText(c)))
	}
}

// judgePurpose minds extKeyUsage (RFC 5280, section 4.2.1.12): where it stands,
// it must name servers.
func (in *inspection) judgePurpose() {
	named := len(in.leaf.ExtKeyUsage)+len(in.leaf.UnknownExtKeyUsage) > 0
	if named && !slices.Contains(in.leaf.ExtKeyUsage, x509.ExtKeyUsageServerAuth) &&
		!slices.Contains(in.leaf.ExtKeyUsage, x509.ExtKeyUsageAny) {
		in.unusable(in.leaf, "its extended key usage does not include server authentication")
	}
}

// judgePlace minds a CA's certificate in the leaf's place.
func (in *inspection) judgePlace() {
	if !in.leaf.IsCA || in.found(SelfSigned) {
		return
	}
	for _, c := range in.chain.Certs[1:] {
		if c != nil && !c.IsCA && len(c.DNSNames) > 0 {
			in.unusable(in.leaf, fmt.Sprintf("it stands first, but is that of an authority; the one for %s comes later, "+
				"and the certificate of the host must be the first", hostOf(c)))
			return
		}
	}
	in.add(Problem{Kind: Unusable, Warning: true, Subject: SubjectText(in.leaf), Rule: "the leaf is a certificate of an authority",
		Says: fmt.Sprintf("The certificate for %s may sign others (CA:TRUE). A certificate of a host should not.", hostOf(in.leaf))})
}

// judgeNames is for a leaf that has no name which CloudFront could compare.
func (in *inspection) judgeNames() {
	if len(in.leaf.DNSNames) > 0 {
		return
	}
	cn := in.leaf.Subject.CommonName
	_, notIP := netip.ParseAddr(cn)
	switch {
	case cn != "" && notIP != nil:
	case cn != "" || len(in.chain.IPs()) > 0:
		in.unusable(in.leaf, "it has no name but an IP address, and CloudFront compares names")
	default:
		in.unusable(in.leaf, "it has no name at all")
	}
}

// verify lets crypto/x509 have the last word on what is not judged here: name
// constraints, path lengths, permission to sign, critical extensions. It is
// asked for a time when all dates are right, as these are faults of their own.
func (in *inspection) verify() {
	at, ok := in.commonTime()
	if !ok {
		return
	}
	certs, between := []*x509.Certificate{in.leaf}, x509.NewCertPool()
	for _, i := range in.best.certs[1:] {
		certs = append(certs, in.cert(i))
		between.AddCert(in.cert(i))
	}
	_, err := in.leaf.Verify(x509.VerifyOptions{
		Roots: in.trusted.poolFor(certs), Intermediates: between, CurrentTime: at,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	if err != nil {
		c, rule := ruleOf(err, in.leaf)
		in.unusable(c, rule)
	}
}

// commonTime gives a time when every certificate of the path is valid: that of
// the inspection, if possible.
func (in *inspection) commonTime() (time.Time, bool) {
	from, to := in.best.root.cert.NotBefore, in.best.root.cert.NotAfter
	for _, i := range in.best.certs {
		c := in.cert(i)
		if c.NotBefore.After(from) {
			from = c.NotBefore
		}
		if c.NotAfter.Before(to) {
			to = c.NotAfter
		}
	}
	switch {
	case from.After(to):
		return time.Time{}, false
	case in.at.Before(from):
		return from, true
	case in.at.After(to):
		return to, true
	}
	return in.at, true
}

// ruleOf puts an error of Verify into words, with the certificate it is about.
func ruleOf(err error, leaf *x509.Certificate) (*x509.Certificate, string) {
	var invalid x509.CertificateInvalidError
	if !errors.As(err, &invalid) {
		var unknown x509.UnknownAuthorityError
		if errors.As(err, &unknown) && unknown.Cert != nil {
			return unknown.Cert, "its signature cannot be checked, or it is not trusted for this"
		}
		var extension x509.UnhandledCriticalExtension
		if errors.As(err, &extension) {
			return leaf, "a certificate of the chain has a critical extension that clients do not know"
		}
		return leaf, "crypto/x509 says: " + err.Error()
	}
	c := invalid.Cert
	if c == nil {
		c = leaf
	}
	rule := map[x509.InvalidReason]string{
		x509.NotAuthorizedToSign:           "it signed another certificate of the chain, but is not that of an authority",
		x509.CANotAuthorizedForThisName:    "a name constraint of its authority does not allow its names",
		x509.TooManyIntermediates:          "there are more intermediates below its authority than the path length allows",
		x509.IncompatibleUsage:             "an authority above it may not sign certificates of servers",
		x509.CANotAuthorizedForExtKeyUsage: "an authority above it may not sign certificates of servers",
		x509.NameConstraintsWithoutSANs:    "its authority has name constraints, and it has no subjectAltName",
		x509.UnconstrainedName:             "a name constraint of its authority does not allow its names",
	}[invalid.Reason]
	if rule == "" {
		rule = "crypto/x509 says: " + err.Error()
	}
	return c, rule
}
