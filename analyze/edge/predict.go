package edge

import "slices"

// A Certificate is what a prediction needs of a certificate.
type Certificate struct {
	File  string   // where it came from; shown, never opened
	Names []string // its DNS names, as they stand there
}

// A Question is what is asked of Predict. What is not given is tried with the
// values that make a difference. CheckName and CheckOriginDomain say whether a
// name is fit to be asked about.
type Question struct {
	ViewerDomains []string      // the names viewers use; with a Config: instead of its own
	OriginDomains []string      // with a Config: only its origins of these domains
	Certificates  []Certificate // those that the origin serves
	ForwardHost   Tristate      // Unknown: as the Config says, without one both; else it goes before the Config
	Config        *Config       // nil: none
	Policies      *Policies     // nil: AWS's own alone
}

// A Combination is one way in which CloudFront connects to an origin.
type Combination struct {
	ViewerDomain  string // the name viewers use; "*.example.com" stands for those under it
	OriginDomain  string
	HostForwarded bool
	SNI           string   // what CloudFront asks for
	Decision      Decision // what decides HostForwarded; its Host is Unknown where both are shown
	Behavior      string   // path pattern; "" without a Config
	Origin        string   // id of the origin; "" without a Config
	InUse         Tristate // Yes: all of it was given; Unknown: it is shown because something was not
	Assumed       []string // sentences: what was assumed, each with what would decide it
}

// What a certificate is accepted for.
const (
	MatchedOrigin = "origin-domain"
	MatchedHost   = "host"
)

// A Row is what CloudFront makes of a certificate in one Combination: a row of
// the table of docs/cloudfront.md with the operator's names in it. It is about
// names alone, as a Judgement is.
type Row struct {
	Combination
	Certificate  Certificate
	Accepted     bool
	Matched      string // MatchedOrigin or MatchedHost; "" where it is refused
	MatchedName  string // name of the certificate that did, as it stands there
	ViewerStatus int    // what viewers get: 200 or 502
	ArticleRow   int    // 1 to 8: row of the table of eight cases, 0 where none fits
	Fixes        []Fix  // what makes it accepted, the recommended one first; nil where it is
}

// What viewers get.
const (
	statusOK         = 200
	statusBadGateway = 502
)

// A Fix is one thing that the operator can do.
type Fix struct {
	Says    string
	Command string // to be typed as it is; "": there is none
}

// Predict says for each certificate, and each way in which CloudFront connects
// to an origin that speaks TLS, whether it accepts the certificate. Where
// everything is given that is one row. The order is that of the table in
// docs/cloudfront.md: certificate, (behaviour,) origin, viewers' name, Host
// forwarded before not forwarded.
func Predict(q Question) []Row {
	var rows []Row
	for _, cert := range q.Certificates {
		asked := q
		asked.Certificates = []Certificate{cert}
		for _, c := range Combinations(asked) {
			rows = append(rows, c.With(cert))
		}
	}
	return rows
}

// Combinations gives the ways in which CloudFront connects to origins that speak
// TLS with a certificate of the operator's. Certificates count only as a source
// of names to try where the viewers' or the origin's were not given.
func Combinations(q Question) []Combination {
	if q.Config != nil {
		return q.ofConfig()
	}
	return q.ofNames()
}

// With says what CloudFront makes of a certificate. Host goes before the origin
// domain where a certificate has both, as in Judge.
func (c Combination) With(cert Certificate) Row {
	r := Row{Combination: c, Certificate: cert, ViewerStatus: statusBadGateway}
	byOrigin, origin := AnyCovers(cert.Names, c.OriginDomain)
	byViewer, viewer := AnyCovers(cert.Names, c.ViewerDomain)
	switch {
	case viewer && c.HostForwarded:
		r.Matched, r.MatchedName = MatchedHost, byViewer
	case origin:
		r.Matched, r.MatchedName = MatchedOrigin, byOrigin
	}
	if r.Matched != "" {
		r.Accepted, r.ViewerStatus = true, statusOK
	}
	r.ArticleRow = c.articleRow(cert.Names, origin, viewer)
	r.Fixes = r.fixes()
	return r
}

// articleRow finds the row of the table of eight cases, as Judge counts them: a
// certificate for both names is one for the name that CloudFront asks for.
func (c Combination) articleRow(names []string, origin, viewer bool) int {
	ownName := !isCloudFrontName(c.ViewerDomain)
	touchesViewer := slices.ContainsFunc(names, func(n string) bool {
		return Covers(n, c.ViewerDomain) || Covers(c.ViewerDomain, n)
	})
	switch {
	case len(names) == 0 || c.ViewerDomain == c.OriginDomain:
		return 0
	case ownName && c.HostForwarded && viewer:
		return 5
	case ownName && c.HostForwarded && origin:
		return 1
	case ownName && !c.HostForwarded && origin:
		return 2
	case ownName && !c.HostForwarded && touchesViewer:
		return 6
	case ownName:
		return 0 // it covers neither: the table has no such case
	case c.HostForwarded && viewer:
		return 0 // nobody certifies a name under cloudfront.net
	case c.HostForwarded && origin:
		return 3
	case origin:
		return 4
	case c.HostForwarded:
		return 7
	}
	return 8
}

// maxCombinations is above what a distribution within AWS's quotas gives: 75
// behaviours, two origins each, 100 aliases and its own name.
const maxCombinations = 20_000

// ofConfig goes through a distribution's behaviours.
func (q Question) ofConfig() []Combination {
	var out []Combination
	viewers := q.viewersOfConfig()
	for _, b := range q.Config.Behaviors {
		decision := q.decision(b)
		for _, o := range q.Config.OriginsOf(b) {
			domain := hostName(o.Domain)
			if !o.UsesTLS() || domain == "" || !q.asksFor(domain) {
				continue
			}
			for _, viewer := range viewers {
				if len(out) >= maxCombinations {
					last := &out[len(out)-1]
					last.Assumed = append(slices.Clone(last.Assumed), "There are more cases than are shown. --origin-domain and --viewer-domain choose among them.")
					return out
				}
				base := Combination{OriginDomain: domain, ViewerDomain: viewer.name, Assumed: viewer.assumed, Behavior: b.Path, Origin: o.ID}
				out = append(out, base.forwarding(decision, viewer.used)...)
			}
		}
	}
	return out
}

// decision says what a behaviour forwards, or what the operator said of it.
func (q Question) decision(b Behavior) Decision {
	d := Decide(b, q.Policies)
	if q.ForwardHost == Unknown {
		return d
	}
	told := decisionOfFlag(q.ForwardHost)
	told.Notes = d.Notes
	if d.Host != Unknown && d.Host != told.Host {
		told.Says += " The distribution says otherwise: " + d.Says
	}
	return told
}

func decisionOfFlag(told Tristate) Decision {
	switch told {
	case Yes:
		return Decision{Host: Yes, By: ByFlag, Says: "Host was said to be forwarded."}
	case No:
		return Decision{Host: No, By: ByFlag, Says: "Host was said not to be forwarded."}
	}
	return Decision{By: ByAssumption, Says: "Whether Host is forwarded was not given: both are shown. --forward-host or --distribution decides."}
}

// asksFor tells whether an origin of that domain was asked about.
func (q Question) asksFor(domain string) bool {
	return len(q.OriginDomains) == 0 || slices.ContainsFunc(q.OriginDomains, func(d string) bool { return hostName(d) == domain })
}

// viewersOfConfig gives the names to try with a distribution. Its own name leads
// to it always, but where it has others nobody may use it.
func (q Question) viewersOfConfig() []tried {
	var out []tried
	if len(q.ViewerDomains) > 0 {
		for _, v := range q.givenViewers() {
			if !q.Config.answersTo(v.name) {
				v.assumed = []string{v.name + " is no alias of this distribution, and is tried as if it were one."}
			}
			out = append(out, v)
		}
		return out
	}
	names := q.Config.ViewerNames()
	for i, name := range names {
		v := tried{name: name, used: Yes}
		if i == len(names)-1 && i > 0 {
			v.used = Unknown
			v.assumed = []string{"Whether anybody uses the distribution's own name is not known; it answers by it all the same. --viewer-domain leaves it out."}
		}
		out = append(out, v)
	}
	return out
}

// answersTo tells whether name is an alias of the distribution, or its own name
// as far as that is known.
func (c *Config) answersTo(name string) bool {
	aliases := connection{viewers: c.ViewerNames()}
	return aliases.isViewerDomain(name) || c.DomainName == "" && isCloudFrontName(name)
}

// forwarding makes the one combination that a decision gives, or both where it
// is open.
func (c Combination) forwarding(d Decision, used Tristate) []Combination {
	c.Decision = d
	if d.Host == Unknown {
		c.InUse = Unknown
		return []Combination{c.asking(true), c.asking(false)}
	}
	c.InUse = used
	return []Combination{c.asking(d.Host == Yes)}
}

// asking fills in the SNI, which follows from the rest: the rule of names, first
// half.
func (c Combination) asking(hostForwarded bool) Combination {
	c.HostForwarded, c.SNI = hostForwarded, c.OriginDomain
	if hostForwarded {
		c.SNI = c.ViewerDomain
	}
	return c
}
