package origin

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// judgeTrust judges the way from the leaf to a root.
func (in *inspection) judgeTrust() {
	top := in.best.certs[len(in.best.certs)-1]
	switch {
	case in.best.root != nil:
		in.judgeRoot()
	case in.selfSigned(0):
		in.addSelfSigned()
	case in.selfSigned(top):
		in.addUntrusted(SubjectText(in.cert(top)), fmt.Sprintf("The chain is complete, but ends in the root %s, which is not %s. "+
			"CloudFront trusts no private authorities.", SubjectText(in.cert(top)), in.amongRoots()))
	case len(in.trusted.named(in.cert(top).RawIssuer)) > 0:
		in.addUntrusted(IssuerText(in.cert(top)), fmt.Sprintf("%s names %s as its issuer, but the key of that root did not sign it.",
			SubjectText(in.cert(top)), IssuerText(in.cert(top))))
	case top == 0 || len(in.strangers()) > 0:
		in.addMissing(top)
	default:
		in.addUntrusted(IssuerText(in.cert(top)), in.endsUnknown(top))
	}
}

// amongRoots says what the trusted roots are.
func (in *inspection) amongRoots() string { return "among the trusted roots (" + in.roots.Source + ")" }

// judgeRoot judges the trusted root itself.
func (in *inspection) judgeRoot() {
	root := in.best.root.cert
	name := SubjectText(root)
	if err := in.constrained(in.best); err != nil {
		in.addUntrusted(name, fmt.Sprintf("The chain ends in the root %s, which Mozilla no longer trusts for it: %v.", name, err))
	}
	switch {
	case in.at.After(root.NotAfter):
		in.addUntrusted(name, fmt.Sprintf("The chain ends in the root %s, which expired on %s.", name, dateText(root.NotAfter)))
		in.problems[len(in.problems)-1].When = root.NotAfter
	case in.at.Before(root.NotBefore):
		in.addUntrusted(name, fmt.Sprintf("The chain ends in the root %s, which is valid only from %s.", name, dateText(root.NotBefore)))
		in.problems[len(in.problems)-1].When = root.NotBefore
	}
}

func (in *inspection) addSelfSigned() {
	says := fmt.Sprintf("The certificate for %s is signed by itself and not by an authority. "+
		"CloudFront accepts publicly trusted certificates only.", hostOf(in.leaf))
	if in.leaf.IsCA && len(in.leaf.DNSNames) == 0 && !strings.Contains(in.leaf.Subject.CommonName, ".") {
		says = fmt.Sprintf("The server serves the root of an authority, %s, as its own certificate. "+
			"It needs one that is made for the host.", SubjectText(in.leaf))
	}
	in.add(Problem{Kind: SelfSigned, Subject: SubjectText(in.leaf), Issuer: IssuerText(in.leaf), Says: says})
}

func (in *inspection) addUntrusted(issuer, says string) {
	in.add(Problem{Kind: UntrustedIssuer, Subject: SubjectText(in.leaf), Issuer: issuer, Says: says})
}

// endsUnknown is the sentence for a chain whose links hold and whose upper end
// was signed by an unknown authority. The bytes do not tell a private root from
// a second intermediate that was left out.
func (in *inspection) endsUnknown(top int) string {
	issuer := IssuerText(in.cert(top))
	if issuer == "" {
		issuer = "an issuer without a name"
	}
	says := fmt.Sprintf("The chain ends with %s, signed by %s, which is not %s. If that is an authority of your own, "+
		"CloudFront cannot trust it; if it is an intermediate of a public one, it is lacking from the chain",
		SubjectText(in.cert(top)), issuer, in.amongRoots())
	if u := in.issuerURL(top); u != "" {
		says += " (to be had at " + u + ")"
	}
	return says + "."
}

// addMissing reports that the issuer of the certificate at top was not sent.
func (in *inspection) addMissing(top int) {
	c := in.cert(top)
	issuer := IssuerText(c)
	if issuer == "" {
		in.addNameless(top)
		return
	}
	var says string
	switch strangers := in.strangers(); {
	case len(strangers) > 0:
		says = fmt.Sprintf("%s was signed by %s, and that certificate is not in the chain. What is sent with it did not sign it: %s.",
			subjectOrHost(c), issuer, strings.Join(strangers, "; "))
	case in.chain.brokenAt() > 0:
		says = fmt.Sprintf("%s was signed by %s, and that certificate is not in the chain, unless it is certificate %d, which cannot be parsed (%v).",
			subjectOrHost(c), issuer, in.chain.brokenAt()+1, in.chain.Broken[in.chain.brokenAt()])
	default:
		says = fmt.Sprintf("The server sends nothing but the certificate for %s. The intermediate that signed it, %s, is lacking: "+
			"serve the full chain (fullchain.pem, not cert.pem).", hostOf(c), issuer)
	}
	u := in.issuerURL(top)
	if u != "" {
		says += " It can be had at " + u + "."
	}
	says += " If " + issuer + " is an authority of your own, CloudFront cannot trust it at all."
	in.add(Problem{Kind: IntermediateMissing, Subject: SubjectText(c), Issuer: issuer, URL: u, Says: says})
}

// addNameless reports that the issuer of the certificate at top was not sent,
// and that nobody can tell who that is.
func (in *inspection) addNameless(top int) {
	c := in.cert(top)
	in.add(Problem{Kind: IntermediateMissing, Subject: SubjectText(c), URL: in.issuerURL(top),
		Says: fmt.Sprintf("The certificate for %s does not say who signed it: its issuer has no name. No public authority issues such certificates, "+
			"so CloudFront cannot trust it.", hostOf(c))})
}

// strangers describes the certificates that were sent and have no part in the
// way upwards from the leaf, copies of those that have left out.
func (in *inspection) strangers() []string {
	var names []string
	for i, c := range in.chain.Certs {
		if c == nil || in.loops(in.best, i) {
			continue
		}
		name := SubjectText(c)
		for _, j := range in.best.certs {
			if string(in.cert(j).RawIssuer) == string(c.RawSubject) {
				name += " (the right name, but another key)"
				break
			}
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// brokenAt gives the position of the first certificate that cannot be parsed,
// -1 if all can.
func (c *Chain) brokenAt() int {
	return slices.IndexFunc(c.Broken, func(err error) bool { return err != nil })
}

// issuerURL gives where the certificate that signed the one at i says to be had
// (RFC 5280, section 4.2.2.1, caIssuers). It is told, never fetched.
func (in *inspection) issuerURL(i int) string {
	for _, s := range in.cert(i).IssuingCertificateURL {
		if u, err := url.Parse(s); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
			return s
		}
	}
	return ""
}
