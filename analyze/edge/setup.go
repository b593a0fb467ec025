package edge

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// A Setup is a distribution's configuration, laid out by the names that
// CloudFront asks origins for because of it.
type Setup struct {
	source  string       // name of the file, without its folder
	given   Distribution // what the operator said beside it
	all     []Combination
	ways    map[string][]Combination // by SNI
	open    []Combination            // whose SNI stands for many: an alias with a wildcard, or the distribution's own name where the file lacks it
	origins []string                 // the domains of all of them, in the order of the file
	viewers []string
}

// A Case is what is known of the distribution as far as it concerns the
// connections that ask for one name.
type Case struct {
	Distribution
	// Decided has the behaviours because of which CloudFront asks for this name,
	// those for which the same setting decides together. nil: no configuration was
	// given, or it asks for no such name.
	Decided []Decided
	Remarks []string // sentences: what does not fit, or remains open
	Missing []Fix    // how to get what would decide
}

// Decided is why Host is forwarded for some behaviours, or not.
type Decided struct {
	Paths []string // path patterns
	Decision
}

// NewSetup lays out config. given is what the operator says beside it, and goes
// before it; policies are those of the operator's own, nil: none.
func NewSetup(given Distribution, config *Config, policies *Policies) *Setup {
	q := Question{ViewerDomains: given.ViewerDomains, ForwardHost: given.ForwardHost, Config: config, Policies: policies}
	if given.OriginDomain != "" {
		q.OriginDomains = []string{given.OriginDomain}
	}
	s := &Setup{source: path.Base(config.Source), given: given, all: Combinations(q), ways: make(map[string][]Combination), viewers: given.ViewerDomains}
	if len(s.viewers) == 0 {
		s.viewers = config.ViewerNames()
	}
	for _, c := range s.all {
		if !slices.Contains(s.origins, c.OriginDomain) {
			s.origins = append(s.origins, c.OriginDomain)
		}
		if strings.HasPrefix(c.SNI, "*.") || c.SNI == PlaceholderName {
			s.open = append(s.open, c)
		} else {
			s.ways[c.SNI] = append(s.ways[c.SNI], c)
		}
	}
	return s
}

// For tells what the configuration says about a connection with this SNI, "" if
// the ClientHello has none.
func (s *Setup) For(sni string) Case {
	asked := hostName(sni)
	ways := slices.Clone(s.ways[asked])
	for _, c := range s.open {
		if parent, wild := strings.CutPrefix(c.SNI, "*"); wild && strings.HasSuffix(asked, parent) || !wild && isCloudFrontName(asked) {
			ways = append(ways, c)
		}
	}
	if len(ways) == 0 {
		return s.unexpected(sni)
	}
	k := Case{Distribution: Distribution{OriginDomain: s.given.OriginDomain, ViewerDomains: s.viewers, ForwardHost: forwarded(ways)}}
	var origins []string
	for _, c := range ways {
		k.decidedBy(c)
		if !slices.Contains(origins, c.OriginDomain) {
			origins = append(origins, c.OriginDomain)
		}
	}
	switch {
	case slices.Contains(origins, asked):
		k.OriginDomain = asked
	case len(origins) == 1:
		k.OriginDomain = origins[0]
	default:
		k.Remarks = append(k.Remarks, "Which of these is the origin domain cannot be seen: "+few(origins)+". --origin-domain decides.")
	}
	return k
}

// unexpected is a name that nothing in the configuration makes CloudFront ask for.
func (s *Setup) unexpected(sni string) Case {
	k := Case{Distribution: Distribution{OriginDomain: s.given.OriginDomain}}
	switch asked := hostName(sni); {
	case slices.Contains(s.origins, asked):
		k.OriginDomain = asked
	case k.OriginDomain == "" && len(s.origins) == 1:
		k.OriginDomain = s.origins[0]
	}
	if sni != "" {
		k.Remarks = []string{fmt.Sprintf("By %s, CloudFront does not ask for this name.%s Either the file is older than the distribution, "+
			"another distribution uses this origin as well, or a function sets the name.", s.source, s.otherwise(hostName(sni)))}
	}
	return k
}

// otherwise says what the configuration has of a name that it does not make
// CloudFront ask for: an origin domain where Host is forwarded, or a viewers' name
// where it is not. "": nothing.
func (s *Setup) otherwise(asked string) string {
	var about Case
	for _, c := range s.all {
		if c.OriginDomain == asked || c.ViewerDomain == asked {
			about.decidedBy(c)
		}
	}
	says := ""
	for i := range about.Decided {
		says += " In the " + about.Decided[i].Behaviors() + ": " + about.Decided[i].Says
	}
	return says
}

// forwarded tells whether Host is forwarded in all of these cases, or in none.
func forwarded(ways []Combination) Tristate {
	state := ways[0].Decision.Host
	for _, c := range ways {
		if c.Decision.Host != state {
			return Unknown
		}
	}
	return state
}

// decidedBy adds the behaviour of c to those for which the same setting decides.
func (k *Case) decidedBy(c Combination) {
	i := slices.IndexFunc(k.Decided, func(d Decided) bool { return d.Says == c.Decision.Says && d.Host == c.Decision.Host })
	if i < 0 {
		k.Decided = append(k.Decided, Decided{Decision: c.Decision})
		i = len(k.Decided) - 1
		for _, m := range c.Decision.Missing {
			if !slices.Contains(k.Missing, m) {
				k.Missing = append(k.Missing, m)
			}
		}
	}
	d := &k.Decided[i]
	if !slices.Contains(d.Paths, c.Behavior) {
		d.Paths = append(d.Paths, c.Behavior)
	}
	for _, note := range c.Decision.Notes {
		if !slices.Contains(d.Notes, note) {
			d.Notes = append(slices.Clip(d.Notes), note)
		}
	}
}

// Behaviors names the behaviours of d: "behaviour /api/*", "behaviours * and /img/*".
func (d *Decided) Behaviors() string {
	noun := "behaviour "
	if len(d.Paths) > 1 {
		noun = "behaviours "
	}
	return noun + few(d.Paths)
}

// Stop says how Host is no longer forwarded, as a part of a sentence: in the
// setting that decides, which is not always the one that people look at.
func (d *Decided) Stop() string {
	switch d.By {
	case ByCachePolicy:
		return fmt.Sprintf("in the %s, choose a cache policy that does not have Host in its key, as %s has it", d.Behaviors(), d.Policy)
	case ByOriginRequestPolicy:
		return fmt.Sprintf("in the %s, choose the origin request policy %s instead of %s", d.Behaviors(), AllViewerExceptHost, d.Policy)
	case ByForwardedValues:
		return fmt.Sprintf("in the %s, take Host out of the headers of the legacy cache settings", d.Behaviors())
	}
	return ""
}

// few writes the first few of some names.
func few(names []string) string {
	const most = 4
	cut := make([]string, 0, most)
	for _, n := range names[:min(len(names), most)] {
		cut = append(cut, shown(n))
	}
	last := len(cut) - 1
	switch {
	case len(names) > most:
		return strings.Join(cut, ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	case last < 1:
		return strings.Join(cut, "")
	}
	return strings.Join(cut[:last], ", ") + " and " + cut[last]
}
