package edge

import (
	"fmt"
	"slices"
	"strings"
)

// maxCertbotNames is how many names Let's Encrypt puts into one certificate.
const maxCertbotNames = 100

// CertbotCommand gives the command that gets a certificate with names, which
// CertbotNames gave, and "" where they are none or too many for one. dns tells
// that it is for the DNS-01 challenge, because a wildcard is among them.
func CertbotCommand(names []string) (command string, dns bool) {
	if len(names) == 0 || len(names) > maxCertbotNames {
		return "", false
	}
	var b strings.Builder
	dns = NeedsDNSChallenge(names)
	b.WriteString("sudo certbot --nginx")
	if dns {
		b.Reset()
		b.WriteString("sudo certbot certonly --manual --preferred-challenges dns")
	}
	for _, n := range names {
		if strings.HasPrefix(n, "*.") {
			n = "'" + n + "'" // the shell would expand it
		}
		b.WriteString(" -d " + n)
	}
	return b.String(), dns
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
		return append(out, certify("Or put "+r.ViewerDomain+", the name that viewers use, into the certificate.", r.Certificate.Names, r.ViewerDomain))
	case viewerCovered:
		return append(out, Fix{Says: forwardHost + " The certificate that you have then fits, but for viewers of " + r.ViewerDomain + " only, not for those of " + PlaceholderName + "."})
	}
	return append(out, certify(forwardHost+" And put "+r.ViewerDomain+", the name that viewers use, into the certificate.", r.Certificate.Names, r.ViewerDomain))
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
	return certify("Put the origin domain, "+r.OriginDomain+", into the certificate. This works with Host forwarded and without.", r.Certificate.Names, r.OriginDomain)
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

// certify is the remedy of a certificate with the names that it has, as far as
// an authority certifies them, and with the one that it needs.
func certify(says string, have []string, need string) Fix {
	names, refused := CertbotNames(have, need)
	if slices.Contains(refused, need) {
		return Fix{Says: says + " No public authority certifies " + shown(need) + ", so there is no command for it here."}
	}
	command, dns := CertbotCommand(names)
	switch {
	case command == "":
	case dns:
		says += " A wildcard is proved by a DNS record, which certbot names:"
	default:
		says += " With nginx (for Apache: --apache):"
	}
	return Fix{Says: says, Command: command}
}
