package analyze

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"sniwatch/analyze/origin/config"
	"sniwatch/analyze/tlswire"
)

// Words about the server's configuration. Its texts are the operator's, but any
// of them may be long.

// lineOf names a place in a configuration by the last part of its file.
func lineOf(p config.Position) string {
	if p.File == "" {
		return "a default"
	}
	return fmt.Sprintf("%s, line %d", file(p.File), p.Line)
}

// nameDirective is how the server's configuration gives a site a name.
func (a *Answer) nameDirective() string {
	switch a.Program {
	case string(config.Apache):
		return "ServerName or ServerAlias"
	case string(config.HAProxy):
		return "certificate (crt)"
	}
	return "server_name"
}

// wrongSite says that no site has the name that was asked for, so that the default
// one answered; "": it is not so, or not known.
func (v *view) wrongSite() string {
	a := v.Local.Answer
	if a == nil || a.Why != config.ByDefault || v.sni() == "" {
		return ""
	}
	return fmt.Sprintf("No %s in the configuration of %s is for %s: the default site answered (%s), with its certificate.",
		a.nameDirective(), a.Program, name(v.sni()), lineOf(a.At))
}

// wrongSiteFix is to give the name to the right site.
func (v *view) wrongSiteFix() []Fix {
	if v.wrongSite() == "" {
		return nil
	}
	return []Fix{{Says: fmt.Sprintf("If another site of this server has a certificate that fits, give it the name %s (%s), and reload: the default site then no longer answers for it.",
		name(v.sni()), v.Local.Answer.nameDirective())}}
}

// knownNames lists the names of the sites at the address that was asked; "": none
// is known.
func (v *view) knownNames() string {
	a := v.Local.Answer
	if a == nil {
		return ""
	}
	const most = 8
	names := make([]string, 0, most)
	for _, n := range a.Known[:min(len(a.Known), most)] {
		names = append(names, name(n))
	}
	if more := len(a.Known) - most; more > 0 {
		return strings.Join(names, ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(names, ", ")
}

// answersAt tells whether a site answers on the port of an address.
func answersAt(site *config.Site, server netip.AddrPort) bool {
	return slices.ContainsFunc(site.Listens, func(l config.Listen) bool {
		return l.TLS && (l.Port == server.Port() || l.Port == 0 || l.Port < server.Port() && server.Port() <= l.LastPort)
	})
}

// knowsEvidence is the names that the server does know.
func (v *view) knowsEvidence() []Evidence {
	if known := v.knownNames(); known != "" {
		return []Evidence{{File: v.Local.Answer.File, Label: "your server has sites for", Value: known}}
	}
	return nil
}

// A setting is one of the server's, laid beside what the client offers.
type setting uint8

const (
	protocolSetting setting = iota
	cipherSetting
	groupSetting
	clientCertificateSetting
)

// allows is evidence of what the server's configuration has for a setting; nil: it
// leaves it to the default, or is not known.
func (v *view) allows(s setting) []Evidence {
	a := v.Local.Answer
	if a == nil {
		return nil
	}
	label, value := "your server allows", ""
	switch s {
	case protocolSetting:
		value = strings.Join(a.Protocols, " ")
	case cipherSetting:
		value = strings.Join(slices.DeleteFunc([]string{a.Ciphers, a.Suites}, func(s string) bool { return s == "" }), "; in TLS 1.3 ")
	case groupSetting:
		value = a.Groups
	case clientCertificateSetting:
		label, value = "your server is set to ask for one", a.VerifyClient
	}
	if value == "" {
		return nil
	}
	return []Evidence{{File: a.At.File, Label: label, Value: limited(value, maxSetting), Note: fmt.Sprintf("site in line %d", a.At.Line)}}
}

// maxSetting is how many bytes of a setting are shown: a list of ciphers can be
// long.
const maxSetting = 300

// compatible says what is not the cause, because both sides have it: TLS versions,
// where the configuration names them.
func (v *view) compatible() string {
	a := v.Local.Answer
	if a == nil || len(a.Protocols) == 0 {
		return ""
	}
	var both []string
	for _, offered := range v.offeredVersions() {
		if word := protocolWords[offered]; word != "" && slices.ContainsFunc(a.Protocols, func(p string) bool { return strings.EqualFold(p, word) }) {
			both = append(both, offered.String())
		}
	}
	if len(both) == 0 {
		return "The TLS versions have nothing in common: the site allows " + limited(strings.Join(a.Protocols, " "), maxSetting) + "."
	}
	return "The TLS versions are compatible: both sides have " + strings.Join(both, " and ") + "."
}

// protocolWords are the versions as configurations name them.
var protocolWords = map[tlswire.Version]string{
	tlswire.TLS10: "TLSv1", tlswire.TLS11: "TLSv1.1", tlswire.TLS12: "TLSv1.2", tlswire.TLS13: "TLSv1.3",
}

// hiddenByLog warns where the server's log does not show failures like those of
// the findings.
func hiddenByLog(findings []Finding) []Warning {
	var out []Warning
	for i := range findings {
		c := findings[i].Example
		if c == nil || c.Local.Answer == nil || !findings[i].Failure() || len(c.Log) > 0 {
			continue
		}
		hidden := c.Local.Answer.HiddenFailures
		if hidden == nil {
			continue
		}
		w := Warning{
			Code:  LogLevelHidesThis,
			Title: "the log of " + c.Local.Answer.Program + " does not show handshakes that fail like this",
			Says:  fmt.Sprintf("As it is set (%s), %s.", lineOf(hidden.At), hidden.Says),
			Fixes: []Fix{{Says: "Write into the configuration, and reload:", Command: hidden.Write}},
		}
		if !slices.ContainsFunc(out, func(o Warning) bool { return o.Title == w.Title && o.Says == w.Says }) {
			out = append(out, w)
		}
	}
	return out
}

// A stray is a name that CloudFront asked for and that no site has.
type stray struct {
	sni    string
	answer *Answer
}

// strayWarnings tells of names for which the default site answers.
func strayWarnings(all []stray) []Warning {
	var out []Warning
	for _, s := range all {
		out = append(out, Warning{
			Code:  WrongVirtualHost,
			Title: fmt.Sprintf("no site of %s has the name %s: the default site answers for it (%s)", s.answer.Program, name(s.sni), lineOf(s.answer.At)),
			Says:  "CloudFront asks for this name, and accepts the certificate of the default site. Whether that is the site that should answer, only you know.",
			Fixes: []Fix{{Says: fmt.Sprintf("Give the name to the site that should answer (%s), and reload.", s.answer.nameDirective())}},
		})
	}
	return out
}
