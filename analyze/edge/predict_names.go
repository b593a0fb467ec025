package edge

import (
	"slices"
	"strings"
)

// maxTried is how many names of a certificate are tried where the viewers' names
// were not given: more rows than these explain nothing more.
const maxTried = 5

// tried is a name to try, and how far it is known to be in use.
type tried struct {
	name    string
	used    Tristate
	assumed []string
}

// unlisted is the name that AWS gives to an instance: it stands for an origin
// domain that no certificate of the operator's covers.
const unlisted = "ec2-192-0-2-1.compute-1.amazonaws.com"

// ofNames goes through the names that were given, and through names to try for
// what was not.
func (q Question) ofNames() []Combination {
	decision := decisionOfFlag(q.ForwardHost)
	var out []Combination
	for _, origin := range q.origins() {
		for _, viewer := range q.viewers(origin.name) {
			used := origin.used
			if viewer.used != Yes {
				used = viewer.used
			}
			base := Combination{OriginDomain: origin.name, ViewerDomain: viewer.name, Assumed: slices.Concat(origin.assumed, viewer.assumed)}
			out = append(out, base.forwarding(decision, used)...)
		}
	}
	return out
}

// givenViewers gives the viewers' names that were given.
func (q Question) givenViewers() []tried { return given(q.ViewerDomains) }

func given(names []string) []tried {
	var out []tried
	seen := make(map[string]bool)
	for _, name := range names {
		if name = hostName(name); name != "" && !seen[name] {
			seen[name] = true
			out = append(out, tried{name: name, used: Yes})
		}
	}
	return out
}

// origins gives the origin domains: those that were given, or one that the
// certificates cover, as far as their names leave one over, and one that they do
// not, because that is what makes the difference.
func (q Question) origins() []tried {
	if out := given(q.OriginDomains); len(out) > 0 {
		return out
	}
	const decides = " --origin-domain decides."
	var out []tried
	all := q.certified()
	if name, ok := q.coveredOrigin(all); ok {
		out = append(out, tried{name: name, assumed: []string{
			"The origin domain was not given: " + name + ", which the certificate covers, stands for it." + decides}})
	}
	away := "origin." + q.base()
	if _, covered := AnyCovers(all, away); covered || len(out) > 0 && out[0].name == away {
		away = unlisted
	}
	if _, covered := AnyCovers(all, away); covered {
		return out
	}
	return append(out, tried{name: away, assumed: []string{
		"The origin domain was not given: " + away + " stands for a name that the certificate does not cover." + decides}})
}

// coveredOrigin finds a name of the certificates that can be the origin domain:
// none of the viewers'.
func (q Question) coveredOrigin(all []string) (string, bool) {
	viewers := connection{viewers: hostNames(q.ViewerDomains)}
	for _, name := range concrete(all) {
		if !viewers.isViewerDomain(name) {
			return name, true
		}
	}
	made := "origin." + q.base()
	_, covered := AnyCovers(all, made)
	return made, covered && !viewers.isViewerDomain(made)
}

// viewers gives the viewers' names: those that were given, or names of the
// certificates other than the origin domain, or one in their place, and a
// distribution's own name.
func (q Question) viewers(origin string) []tried {
	if out := q.givenViewers(); len(out) > 0 {
		return out
	}
	const decides = " --viewer-domain decides."
	var out []tried
	for _, name := range concrete(q.certified()) {
		if name == origin {
			continue
		}
		if len(out) == maxTried {
			out[maxTried-1].assumed = append(out[maxTried-1].assumed, "Further names of the certificate are not tried: they give the same.")
			break
		}
		out = append(out, tried{name: name, assumed: []string{
			"The name that viewers use was not given: " + name + ", a name of the certificate, stands for it." + decides}})
	}
	if len(out) == 0 {
		made := "www." + q.base()
		if made == origin {
			made = q.base()
		}
		out = append(out, tried{name: made, assumed: []string{
			"The name that viewers use was not given: " + made + " stands for it." + decides}})
	}
	return append(out, tried{name: PlaceholderName, assumed: []string{
		PlaceholderName + " stands for the distribution's own name, by which it always answers." + decides}})
}

// certified gives the names of all certificates of the question.
func (q Question) certified() []string {
	var out []string
	for _, c := range q.Certificates {
		out = append(out, c.Names...)
	}
	return out
}

// base is a domain under which to make up names that look like the operator's.
func (q Question) base() string {
	lists := [][]string{q.OriginDomains, q.ViewerDomains, q.certified()}
	for _, list := range lists {
		for _, name := range hostNames(list) {
			if !certifiable(name) {
				continue
			}
			return domainOf(name)
		}
	}
	return "example.com"
}

// domainOf gives the domain that a host name lies in, for names that are shown
// as examples: a guess, because only a list of registries knows.
func domainOf(name string) string {
	name = strings.TrimPrefix(name, "*.")
	_, parent, _ := strings.Cut(name, ".")
	first, rest, _ := strings.Cut(parent, ".")
	if rest == "" || len(first) <= 3 && len(rest) == 2 { // "com", "co.uk"
		return name
	}
	return parent
}

// concrete gives the host names among the names of certificates, each once:
// wildcards and whatever is no host name are left out.
func concrete(names []string) []string {
	var out []string
	for _, t := range given(names) {
		if t.name[0] != '*' && !isCloudFrontName(t.name) && CheckName(t.name) == nil {
			out = append(out, t.name)
		}
	}
	return out
}

func hostNames(names []string) []string {
	var out []string
	for _, t := range given(names) {
		out = append(out, t.name)
	}
	return out
}
