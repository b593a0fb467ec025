package edge

import (
	"fmt"
	"slices"
	"strings"
)

// A Distribution is what is known of the CloudFront distribution in front of
// this host. The zero value: nothing.
type Distribution struct {
	OriginDomain  string   // "" unknown
	ViewerDomains []string // the names viewers use, wildcards allowed; empty: unknown
	ForwardHost   Tristate // whether it sends the viewer's Host header to the origin
}

// A Verdict is what CloudFront makes of the names of a certificate.
type Verdict uint8

// The verdicts.
const (
	Undecided Verdict = iota // it depends on something that is not known
	Accepted
	Rejected
)

// String gives the word for v.
func (v Verdict) String() string { return [...]string{"undecided", "accepted", "rejected"}[v] }

// A Judgement says what CloudFront makes of a certificate's names for one
// connection. It is about names alone: an accepted name on an expired
// certificate is still accepted here.
type Judgement struct {
	Verdict Verdict
	// Row is the row of the table of eight cases in docs/cloudfront.md that this
	// connection is, 0 where none fits. Where Verdict is Undecided it is the row
	// that a refusal would make of it.
	Row           int
	HostForwarded Tristate // as the SNI tells: the origin domain → No, another name → Yes
	SNICovered    bool     // a name of the certificate covers the SNI
	OriginCovered Tristate // Unknown where the origin domain is not known
	CoveredBy     string   // name of the certificate that made it Accepted, as it stands there
	Assumed       []string // sentences: what had to be assumed, each with what would decide it
	Missing       []string // one of these in the certificate would make it accepted; the recommended one first
}

// Judge applies CloudFront's rule of names to the names of a certificate and
// the SNI that was asked for ("": the ClientHello had none).
//
// The rule has two halves. The SNI is the Host header where it is forwarded,
// else the origin domain (observed). The certificate must contain the origin
// domain or the forwarded Host (documented, and observed): so one that does not
// cover the SNI can be accepted all the same.
func Judge(names []string, sni string, d Distribution) Judgement {
	c := newConnection(names, sni, d)
	c.deduceForwarding(d.ForwardHost)
	c.decide()
	c.findRow()
	c.listMissing()
	return c.Judgement
}

// A connection is a Judgement in the making, with what it is made from. All
// names but the certificate's are in the form of hostName; "" is not known.
type connection struct {
	Judgement
	names   []string // of the certificate, as they stand
	sni     string
	origin  string // also where it is deduced to be the SNI
	viewers []string
}

func newConnection(names []string, sni string, d Distribution) *connection {
	c := &connection{names: names, sni: hostName(sni), origin: hostName(d.OriginDomain)}
	for _, v := range d.ViewerDomains {
		if v = hostName(v); v != "" {
			c.viewers = append(c.viewers, v)
		}
	}
	return c
}

func (c *connection) assume(format string, a ...any) {
	c.Assumed = append(c.Assumed, fmt.Sprintf(format, a...))
}

// shown cuts a name that is too long to be a host name: an SNI can have 64 KiB,
// and a sentence is kept for each connection.
func shown(name string) string {
	if len(name) > maxHostName {
		return name[:maxHostName] + "…"
	}
	return name
}

// deduceForwarding tells from the SNI whether Host was forwarded. What the
// operator says of it counts where the SNI leaves it open; a contradiction is
// told, because the wire knows better.
func (c *connection) deduceForwarding(told Tristate) {
	switch {
	case c.sni == "":
		c.HostForwarded = told
		c.assume("The ClientHello has no SNI: what CloudFront forwards cannot be seen from this connection.")
		return
	case c.origin != "" && c.sni == c.origin:
		c.HostForwarded = No
		if c.isViewerDomain(c.sni) {
			c.HostForwarded = Unknown // and it makes no difference
			return
		}
	case c.origin != "", isCloudFrontName(c.sni):
		c.HostForwarded = Yes
	case told != Unknown:
		c.HostForwarded = told
	case c.isViewerDomain(c.sni):
		c.HostForwarded = Yes
	case len(c.viewers) > 0:
		c.HostForwarded = No
		c.assume("%s is none of the viewer domains that were given, so it is taken as the origin domain. --origin-domain decides.", shown(c.sni))
	}
	if c.origin == "" && c.HostForwarded == No {
		c.origin = c.sni
	}
	c.tellContradiction(told)
}

// tellContradiction says where the SNI and what is known of the distribution do
// not go together.
func (c *connection) tellContradiction(told Tristate) {
	const function = "a CloudFront Function can set the SNI by itself (since 2025-11-20)"
	switch {
	case told == Yes && c.HostForwarded == No:
		c.assume("Host was said to be forwarded, but CloudFront asked for the origin domain, %s, which it does where Host is not forwarded. "+
			"Look at the cache behaviour of this path; %s.", shown(c.sni), function)
	case told == No && c.HostForwarded == Yes:
		c.assume("Host was said not to be forwarded, but CloudFront asked for %s, which is not the origin domain. "+
			"Look at the cache policy, which can forward Host too; %s.", shown(c.sni), function)
	case c.HostForwarded == Yes && len(c.viewers) > 0 && !c.isViewerDomain(c.sni) && !isCloudFrontName(c.sni):
		c.assume("%s is taken as the forwarded Host, but is none of the viewer domains that were given: "+
			"another distribution may use this origin; %s.", shown(c.sni), function)
	}
}

// decide gives the verdict. A name that covers the SNI is enough: the SNI is
// either the origin domain or the forwarded Host, and both are accepted.
func (c *connection) decide() {
	bySNI, sniCovered := AnyCovers(c.names, c.sni)
	c.SNICovered = sniCovered
	byOrigin := ""
	if c.origin != "" {
		c.OriginCovered = No
		if by, ok := AnyCovers(c.names, c.origin); ok {
			byOrigin, c.OriginCovered = by, Yes
		}
	}
	switch {
	case sniCovered:
		c.Verdict, c.CoveredBy = Accepted, bySNI
	case c.OriginCovered == Yes:
		c.Verdict, c.CoveredBy = Accepted, byOrigin
	case c.OriginCovered == Unknown:
		c.assume("The origin domain is not known: CloudFront accepts this certificate only if it covers the origin domain. --origin-domain decides.")
	case c.sni == "" && c.HostForwarded != No:
		c.assume("If Host is forwarded, CloudFront accepts a certificate for that Host too. --forward-host=no decides, if it is so.")
	default:
		c.Verdict = Rejected
	}
}

// findRow finds the row of the table of eight cases. The certificates there have
// one name each; one that covers both the SNI and the origin domain counts as
// one for the SNI.
func (c *connection) findRow() {
	if c.sni == "" || len(c.names) == 0 {
		return
	}
	switch c.HostForwarded {
	case Yes:
		c.Row = c.rowForwarded()
	case No:
		c.Row = c.rowNotForwarded()
	case Unknown:
		if c.Verdict == Undecided {
			c.Row = 6
			c.assume("Whether %s is the origin domain, or a viewer's name that is forwarded as Host, cannot be seen from this side; "+
				"it is taken as the origin domain. --origin-domain or --viewer-domain decides.", shown(c.sni))
		}
	}
}

// rowForwarded: the SNI is the name that the viewer used.
func (c *connection) rowForwarded() int {
	originCovered := c.OriginCovered == Yes
	switch {
	case isCloudFrontName(c.sni) && originCovered:
		return 3
	case isCloudFrontName(c.sni) && !c.SNICovered:
		return 7
	case c.SNICovered && !isCloudFrontName(c.sni):
		return 5
	case originCovered:
		return 1
	}
	return 0 // covers neither: refused like row 7, but the table has no such case
}

// rowNotForwarded: the SNI is the origin domain; which name the viewer used does
// not show.
func (c *connection) rowNotForwarded() int {
	ownName, cloudFrontName, viewerCovered := len(c.viewers) == 0, false, false
	for _, v := range c.viewers {
		if isCloudFrontName(v) {
			cloudFrontName = true
			continue
		}
		ownName = true
		viewerCovered = viewerCovered || c.overlaps(v)
	}
	rows := [2]int{2, 4}
	if c.OriginCovered != Yes {
		rows = [2]int{6, 8}
	}
	switch {
	case len(c.viewers) == 0:
		c.assume("Rows %d and %d look alike from the origin: they differ in the name that viewers use. --viewer-domain decides.", rows[0], rows[1])
		return rows[0]
	case ownName && (c.OriginCovered == Yes || viewerCovered):
		return rows[0]
	case cloudFrontName:
		return rows[1]
	}
	return 0 // covers no name of either side: refused like row 6, but the table has no such case
}

// listMissing lists the names that would do, the origin domain first, because it
// does with and without Host. Nobody can get a certificate for a name under
// cloudfront.net, so such a name is never among them.
func (c *connection) listMissing() {
	if c.Verdict == Accepted {
		return
	}
	for _, name := range []string{c.origin, c.sni} {
		if name != "" && len(name) <= maxHostName && !isCloudFrontName(name) && !slices.Contains(c.Missing, name) {
			c.Missing = append(c.Missing, name)
		}
	}
}

// isViewerDomain tells whether name is among the names that viewers use. An
// alternate domain name "*.example.com" of a distribution stands for names of
// any depth, unlike a certificate's.
func (c *connection) isViewerDomain(name string) bool {
	for _, v := range c.viewers {
		if v == name || strings.HasPrefix(v, "*.") && strings.HasSuffix(name, v[1:]) {
			return true
		}
	}
	return false
}

// overlaps tells whether a name of the certificate is, or lies under, the
// viewers' name v; either may be a wildcard.
func (c *connection) overlaps(v string) bool {
	for _, name := range c.names {
		if Covers(name, v) || Covers(v, name) {
			return true
		}
	}
	return false
}
