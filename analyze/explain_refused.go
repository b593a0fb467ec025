package analyze

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/origin/logs"
	"sniwatch/analyze/tlswire"
	"sniwatch/capture"
)

// logView is what a group of lines lets the rules see: the little of a connection
// that a log tells, and the certificate on this host that the server would
// choose.
func (x *Explainer) logView(g *logGroup) *view {
	c := &Connection{Client: g.Example.Client, Server: g.Example.Server, Edge: edge.Match{Network: edge.Other}}
	if g.CloudFront {
		c.Edge.Network = edge.CloudFront
	}
	if !g.Last.IsZero() {
		c.Start = capture.Timestamp(g.Last.UnixNano())
	}
	sni, known := x.asked(g)
	if known {
		c.ClientHello = &ClientHello{}
		c.ClientHello.ServerName, c.ClientHello.ServerNameState = sni, tlswire.Present
		if sni == "" {
			c.ClientHello.ServerNameState = tlswire.Absent
		}
	}
	v := &view{Connection: c, know: &Knowledge{Distribution: x.o.Distribution, Roots: x.o.Roots.Source}, left: leftSilently}
	l := &c.Local
	if l.Certificate, l.ChosenBy = x.chosen(g, sni, known); l.Certificate == nil {
		return v
	}
	l.Judged = l.Certificate.Chain
	at := x.judgedAt(g, l.Judged)
	l.Problems = l.Judged.Inspect(x.o.Roots, at, nil)
	l.Names = edge.Judge(l.Judged.Names(), sni, x.o.Distribution)
	v.faults = inTableOrder(v.refusedFor())
	return v
}

// judgedAt is when the lines were written. A certificate that is newer than they
// are, and valid by now, is judged as of now: it was not served then.
func (x *Explainer) judgedAt(g *logGroup, chain *origin.Chain) time.Time {
	if g.Last.IsZero() || newerThan(chain, g.Last) && !newerThan(chain, x.o.Now) {
		return x.o.Now
	}
	return g.Last
}

// newerThan tells whether a certificate was not valid yet at t.
func newerThan(chain *origin.Chain, t time.Time) bool {
	leaf := chain.Leaf()
	return leaf != nil && leaf.NotBefore.After(t)
}

// asked gives the name that was asked for: as the log tells it, or where it does
// not, as it must be by what was said of the distribution.
func (x *Explainer) asked(g *logGroup) (sni string, known bool) {
	d := &x.o.Distribution
	switch {
	case g.hasName:
		return g.name, true
	case !g.CloudFront:
	case d.ForwardHost == edge.No && d.OriginDomain != "":
		return d.OriginDomain, true
	case d.ForwardHost == edge.Yes && len(d.ViewerDomains) == 1 && !strings.HasPrefix(d.ViewerDomains[0], "*"):
		return d.ViewerDomains[0], true
	}
	return "", false
}

// refusedFor lists the faults of the certificate, given that it was refused. One
// that lacks the origin domain is accepted only for the Host of viewers: where it
// was refused and nothing else is wrong with it, it lacked that as well.
func (v *view) refusedFor() []Code {
	faults := v.findFaults()
	if v.sni() == "" && v.Local.Names.OriginCovered == edge.No && !slices.Contains(faults, NameNotCovered) {
		faults = append(faults, NameNotCovered)
	}
	return faults
}

// inTableOrder puts the name before a certificate that cannot be used, as
// docs/diagnoses.md has it.
func inTableOrder(faults []Code) []Code {
	i, j := slices.Index(faults, CertificateUnusable), slices.Index(faults, NameNotCovered)
	if i >= 0 && i < j {
		faults = slices.Insert(slices.Delete(faults, j, j+1), i, NameNotCovered)
	}
	return faults
}

// refusedByLog explains lines that mostly stand for a refused certificate.
func (x *Explainer) refusedByLog(g *logGroup, v *view) Diagnosis {
	d := Diagnosis{Code: CertificateRejected, Certainty: Likely, Title: "CloudFront refused your certificate"}
	switch {
	case v.Local.Judged == nil:
		x.refusedUnknown(&d)
	case newerThan(v.Local.Judged, g.Last) && !g.Last.IsZero() && !newerThan(v.Local.Judged, x.o.Now):
		d.Certainty = Possible
		d.Title += ", but not the one in " + file(v.Local.Certificate.File)
		d.Explanation = file(v.Local.Certificate.File) + " is newer than these lines: it is valid only since " + moment(v.Local.Judged.Leaf().NotBefore) +
			". What was served at the time is not known, and the cause may be mended by now."
		d.Fixes = []Fix{{Says: "See whether lines of today tell of failures, too. If they do: was the server reloaded? With nginx:", Command: testReloadCommand}}
	case len(v.faults) > 0:
		x.refusedFault(&d, g, v)
	case v.Local.Names.Verdict == edge.Accepted:
		d.Certainty = Possible
		d.Title = "CloudFront hung up, though " + file(v.Local.Certificate.File) + " shows no fault"
		d.Explanation = paragraphs("Its dates, issuer, chain, key and names were looked at, and none of them is wrong.",
			"What is left, the likeliest first:\n"+v.candidates())
	default:
		d.Title += ", probably for its names"
		d.Explanation = sentences("The dates, issuer, chain and key of", file(v.Local.Certificate.File), "are good, so the names are left:",
			"CloudFront accepts it only if it has the origin domain, or the Host header where that is forwarded. Which name that is, --origin-domain tells.")
		d.Fixes = append(d.Fixes, Fix{Says: "Tell sniwatch the origin domain. The CloudFront console shows it under Origins:",
			Command: x.explainAgain(g.Example.File, " --origin-domain NAME")})
	}
	if g.Class == logs.PeerClosed {
		d.Certainty = Possible
		d.Title = strings.Replace(strings.Replace(d.Title, "most likely ", "", 1), "CloudFront refused", "CloudFront may have refused", 1)
	}
	d.Explanation = paragraphs(d.Explanation, x.whyRefused(g), notProven(g), alertNote(g, d.Code))
	return d
}

// refusedUnknown is for when no certificate was given.
func (x *Explainer) refusedUnknown(d *Diagnosis) {
	d.Title = "CloudFront most likely refused your certificate"
	d.Explanation = "Which fault it found, the log does not tell: the usual ones are that the certificate has no name that CloudFront accepts, that it has expired, " +
		"that its intermediate is missing (cert.pem instead of fullchain.pem), or that it is self-signed."
	more := " --cert fullchain.pem"
	if x.o.Distribution.OriginDomain == "" {
		more += " --origin-domain NAME"
	}
	name := ""
	if len(x.e.Logs) > 0 {
		name = x.e.Logs[0].Name
	}
	d.Fixes = []Fix{
		{Says: "Say what the server serves (nginx: ssl_certificate), and the origin domain (CloudFront console: Origins): sniwatch then names the fault.",
			Command: x.explainAgain(name, more)},
	}
}

// refusedFault is for a certificate that has a fault: the first one of the table
// is taken for the cause.
func (x *Explainer) refusedFault(d *Diagnosis, g *logGroup, v *view) {
	d.Code, d.Also = v.faults[0], v.faults[1:]
	if _, known := x.asked(g); !known && len(x.o.Certificates.All()) > 1 {
		d.Certainty = Possible // another one may have been served
	}
	if d.Code != NameNotCovered {
		p := v.problem(d.Code)
		d.Title += ": " + faultTitles[p.Kind]
		d.Explanation = p.Says
		d.Fixes = faultFixes(p, v.Local.Judged.Names(), v.wanted())
		if v.wanted() == "" {
			d.Fixes = faultFixes(p, v.Local.Judged.Names(), firstName(v.Local.Judged.Names()))
		}
		return
	}
	d.Title += ": it has no name that CloudFront accepts"
	d.ArticleRow = v.row()
	d.Explanation = paragraphs(sentences("CloudFront accepts a certificate with one of two names: the origin domain, or the Host header (the name that viewers use), "+
		"if the distribution forwards it to you.", x.whichNameByLog(g, v)), v.wildcardNote())
	switch {
	case isCloudFrontName(v.sni()):
		d.Fixes = v.ownNameFixes()
	case v.sni() == "":
		d.Fixes = x.eitherNameFixes(v)
	default:
		d.Fixes = v.nameFixes()
	}
}

// firstName is a name to fill in where none is wanted: "" is no name.
func firstName(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

// whichNameByLog says which of the names is meant.
func (x *Explainer) whichNameByLog(g *logGroup, v *view) string {
	if v.sni() != "" {
		return v.whichName()
	}
	s := "Your certificate lacks the origin domain, " + name(x.o.Distribution.OriginDomain) + "."
	if len(x.o.Distribution.ViewerDomains) == 0 || x.o.Distribution.ForwardHost != edge.No {
		s += " If Host is forwarded, it lacks that name as well, or CloudFront would have accepted it."
	}
	return s
}

// eitherNameFixes are the remedies where it is not known whether Host is
// forwarded.
func (x *Explainer) eitherNameFixes(v *view) []Fix {
	have := v.Local.Judged.Names()
	fixes := []Fix{edge.CertbotFix("Put the origin domain, "+name(x.o.Distribution.OriginDomain)+", into the certificate. This works with Host forwarded and without.",
		"", have, x.o.Distribution.OriginDomain)}
	if fits := v.fitsFor(have); fits != "" {
		fixes = append(fixes, Fix{Says: "Or forward Host, if the distribution does not do it yet: origin request policy " + edge.AllViewer +
			". The certificate that you have then fits, but only for viewers of " + fits + "."})
	}
	return fixes
}

// whyRefused says what speaks for a refusal.
func (x *Explainer) whyRefused(g *logGroup) string {
	switch g.Class {
	case logs.PeerReset:
		return "Why the certificate: CloudFront resets the connection as soon as it has read a certificate that it refuses, and sends no alert. Your server logs that as it did here. Viewers get 502."
	case logs.PeerClosed:
		return "What speaks for the certificate: a client that refuses one can close the connection without an alert. CloudFront itself was seen to reset it. Viewers get 502."
	case logs.AlertReceived:
		return "CloudFront was not seen to send alerts to origins: something else, with an address of CloudFront's, may have connected. Viewers get 502."
	}
	return "Viewers get 502."
}

// notProven says what a line does not prove, with what it was seen for.
func notProven(g *logGroup) string {
	switch g.Class {
	case logs.PeerReset:
		return "The line alone does not prove it. It is the same when a path loses large packets (MTU), when the server hung until CloudFront gave up, " +
			"and when a client leaves in the middle of its ClientHello. A capture tells them apart."
	case logs.PeerClosed:
		s := "The line alone does not prove it: it is the same for a client that gave up because the server was slow or because packets were lost."
		if g.Example.Program != logs.Nginx {
			s += " This server writes it for a connection without a byte, too: a health check."
		}
		return s + " A capture tells them apart."
	}
	return ""
}

// alertNote says what an alert blames, where the fault is another.
func alertNote(g *logGroup, code Code) string {
	if g.Class != logs.AlertReceived || g.from != logs.FromClient {
		return ""
	}
	description := tlswire.AlertDescription(g.alert)
	s := fmt.Sprintf("The alert was %v (%d).", description, g.alert)
	if blamed := blames(description); blamed != "" && code != CertificateRejected && !slices.Contains(namedBy(description), code) {
		s += " It blames " + blamed + ", which this fault is not: if the remedy does not help, look there next."
	}
	return s
}

// explainAgain is the command that says more, with what was given already.
func (x *Explainer) explainAgain(log, more string) string {
	return "sniwatch explain " + shellFile(log, "error.log") + x.given() + more
}

// watchCommand is the capture that decides.
func (x *Explainer) watchCommand() string {
	given := x.given()
	if len(x.o.Certificates.All()) == 0 && len(x.used) == 0 { // live, what is used is found again
		given = " --cert fullchain.pem" + given
	}
	return "sudo sniwatch -i any" + given
}

// given repeats what is known of the certificate and the distribution.
func (x *Explainer) given() string {
	var b strings.Builder
	const most = 3
	for _, c := range x.o.Certificates.All()[:min(len(x.o.Certificates.All()), most)] {
		b.WriteString(" --cert " + shellFile(c.File, "fullchain.pem"))
	}
	d := &x.o.Distribution
	if isHostName(d.OriginDomain) {
		b.WriteString(" --origin-domain " + d.OriginDomain)
	}
	for _, v := range d.ViewerDomains[:min(len(d.ViewerDomains), most)] {
		if isHostName(v) {
			b.WriteString(" --viewer-domain " + v)
		}
	}
	switch d.ForwardHost {
	case edge.Yes:
		b.WriteString(" --forward-host=yes")
	case edge.No:
		b.WriteString(" --forward-host=no")
	}
	return b.String()
}

// shellFile is a file's name in a command, where it means nothing to a shell.
func shellFile(name, otherwise string) string {
	const harmless = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-"
	if name == "" || name[0] == '-' || len(name) > 200 || strings.Trim(name, harmless) != "" {
		return otherwise
	}
	return name
}
