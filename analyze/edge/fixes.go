package edge

import (
	"fmt"
	"slices"
	"strings"
)

// maxCertbotNames is how many names Let's Encrypt puts into one certificate.
const maxCertbotNames = 100

// CertbotFix is to get a certificate with the names that one has, as far as an
// authority certifies them, and those that it needs. says is the sentence that
// the command belongs to; options go into the command as they are. A name that
// no authority certifies is named, and there is no command then.
func CertbotFix(says, options string, have []string, need ...string) Fix {
	names, refused := CertbotNames(have, need...)
	for _, n := range need {
		if slices.ContainsFunc(refused, func(r string) bool { return strings.EqualFold(r, strings.TrimSuffix(n, ".")) }) {
			return Fix{Says: says + " No public authority certifies that name, so there is no command for it here."}
		}
	}
	if len(names) == 0 || len(names) > maxCertbotNames {
		return Fix{Says: says}
	}
	command := "sudo certbot --nginx"
	if NeedsDNSChallenge(names) {
		says += " A wildcard is proved by a DNS record, which certbot names:"
		command = "sudo certbot certonly --manual --preferred-challenges dns"
	} else {
		says += " With nginx (for Apache: --apache):"
	}
	if options != "" {
		command += " " + options
	}
	for _, n := range names {
		if strings.HasPrefix(n, "*.") {
			n = "'" + n + "'" // the shell would expand it
		}
		command += " -d " + n
	}
	return Fix{Says: says, Command: command}
}

// fixes says what makes a refused certificate accepted: first the one that works
// in all cases, then what else works in this one.
func (r Row) fixes() []Fix {
	if r.Accepted {
		return nil
	}
	out := []Fix{r.originIntoCertificate()}
	_, viewerCovered := AnyCovers(r.Certificate.Names, r.ViewerDomain)
	switch {
	case isCloudFrontName(r.ViewerDomain):
		return append(out, r.viewersByOwnName()...)
	case r.HostForwarded:
		return append(out, CertbotFix("Or put "+r.ViewerDomain+", the name that viewers use, into the certificate.", "", r.Certificate.Names, r.ViewerDomain))
	case viewerCovered:
		return append(out, Fix{Says: forwardHost + " The certificate that you have then fits, but for viewers of " + r.ViewerDomain + " only, not for those of " + PlaceholderName + "."})
	}
	return append(out, CertbotFix(forwardHost+" And put "+r.ViewerDomain+", the name that viewers use, into the certificate.", "", r.Certificate.Names, r.ViewerDomain))
}

// forwardHost is what to do for the second of the two patterns that work.
const forwardHost = "Or forward Host, as the origin request policy " + AllViewer + " (" + AllViewerID + ") does."

// originIntoCertificate is the first of the two patterns that work. It cannot be
// had where the origin domain is AWS's: then the origin needs a name first.
func (r Row) originIntoCertificate() Fix {
	if _, refused := CertbotNames(nil, r.OriginDomain); len(refused) > 0 {
		return Fix{Says: fmt.Sprintf("Give the origin a name of your own, such as %s, that leads to the same address; make it the origin domain of the distribution, "+
			"and put it into the certificate. No public authority certifies %s for you.", "origin."+Question{ViewerDomains: []string{r.ViewerDomain}, Certificates: []Certificate{r.Certificate}}.base(), shown(r.OriginDomain))}
	}
	return CertbotFix("Put the origin domain, "+r.OriginDomain+", into the certificate. This works with Host forwarded and without.", "", r.Certificate.Names, r.OriginDomain)
}

// viewersByOwnName is for viewers of a name that nobody can certify.
func (r Row) viewersByOwnName() []Fix {
	if !r.HostForwarded {
		return nil
	}
	i := slices.IndexFunc(r.Certificate.Names, func(n string) bool { return certifiable(hostName(n)) })
	if i < 0 {
		return nil
	}
	name := hostName(r.Certificate.Names[i])
	if parent, ok := strings.CutPrefix(name, "*."); ok {
		name = "www." + parent
	}
	return []Fix{{Says: "Or have viewers come by " + name + ", which the certificate covers, as an alias of the distribution: " +
		"nobody can get a certificate for a name under cloudfront.net."}}
}
