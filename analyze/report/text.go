package report

import (
	"fmt"
	"io"
	"strings"

	"sniwatch/analyze"
)

// defaultWidth is for an output that has no width of its own, such as a file.
const defaultWidth = 80

// TextOptions tell WriteText what the output can show.
type TextOptions struct {
	Width  int  // columns; 0: 80
	Colour bool // whether to use escape sequences for colours

	// Connections are listed in a table, in this order: those that failed, or
	// where All is set whichever there are. MoreConnections counts those left out.
	Connections     []*analyze.Connection
	MoreConnections int
	All             bool
}

// WriteText writes a report for people: one sentence that says it all, then
// each finding with its evidence and what to do, the connections that matter,
// the warnings, and how far all this can be trusted. Every line but the
// commands fits into o.Width columns. The error is w's.
func WriteText(w io.Writer, r *analyze.Report, o TextOptions) error {
	p := &page{width: o.Width, colour: o.Colour, cal: newCalendar(r.Start, r.End), files: len(r.Inputs) > 1}
	if p.width == 0 {
		p.width = defaultWidth
	}
	p.width = max(p.width, minWidth)
	p.when = p.cal.span(r.Start, r.End)

	p.headline(r)
	for i := range r.Findings {
		p.blank()
		p.finding(&r.Findings[i])
	}
	if err := p.table(o); err != nil {
		return err
	}
	for _, w := range r.Warnings {
		if w.Code != analyze.RangesOld { // the line about the list says it
			p.blank()
			p.warning(w)
		}
	}
	p.blank()
	p.coverage(r)
	p.logsUsed(r.Logs)
	p.host(r)
	p.materials(r)
	_, err := w.Write(p.buf.Bytes())
	return err
}

// headline writes the one sentence for somebody who reads nothing else.
func (p *page) headline(r *analyze.Report) {
	says, as := verdict(r)
	when := fullSpan(r.Start, r.End)
	switch {
	case when == "":
		p.block("", says, as)
	case columns(says)+2+len(when) <= p.width:
		p.line(paint(says, as, p.colour) + ", " + when)
	default:
		p.block("", says+",", as)
		p.block("", when, plain)
	}
}

// verdict says it in one sentence: red where something failed, green where
// nothing did, yellow where that cannot be told.
func verdict(r *analyze.Report) (says string, as style) {
	problems := 0
	for i := range r.Findings {
		if r.Findings[i].Failure() {
			problems++
		}
	}
	says, as = outcome(&r.Counts, packets(r)), green
	if r.Counts.Connections == 0 && packets(r) > 0 {
		says += notTCP(r)
	}
	switch {
	case problems > 0:
		says, as = count(problems, "problem")+": "+says, red
	case r.Counts.Refused+r.Counts.Failed > 0:
		as = red
	case r.Counts.Complete > 0:
		says = "No problem: " + says
	default:
		says, as = capitalised(says), yellow
	}
	return says, as
}

// capitalised begins a sentence.
func capitalised(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// outcome says what became of all connections.
func outcome(c *analyze.Counts, packets int) string {
	failed := c.Refused + c.Failed
	switch {
	case packets == 0:
		return "not one packet was read"
	case c.Connections == 0:
		return "no TLS connection in " + count(packets, "packet")
	case failed > 0:
		return failures(failed, c)
	case c.Connections == c.None:
		return "no TLS handshake in " + count(c.Connections, "connection") + without(c)
	case c.Complete == 0:
		return "no failure seen, but no complete handshake either: " +
			count(c.Unknown, "connection") + " not seen whole" + without(c)
	}
	handshakes := c.Connections - c.None
	s := fmt.Sprintf("%s of %s complete", number(c.Complete), count(handshakes, "handshake"))
	if c.Unknown > 0 {
		s += ", " + number(c.Unknown) + " not seen whole"
	}
	if c.CloudFront > 0 && c.CloudFront < c.Connections {
		s += fmt.Sprintf(" (%s from CloudFront)", count(c.CloudFront, "connection"))
	}
	return s + without(c)
}

// without tells that CloudFront was not there, which somebody who looks for its
// failures has to know.
func without(c *analyze.Counts) string {
	if c.CloudFront > 0 {
		return ""
	}
	return ", none from CloudFront"
}

// failures says how many connections failed, and whose they are.
func failures(failed int, c *analyze.Counts) string {
	edges := c.CloudFrontRefused + c.CloudFrontFailed
	others, allOthers := failed-edges, c.Connections-c.CloudFront
	switch {
	case edges > 0 && others > 0:
		return fmt.Sprintf("%s from CloudFront failed, and %s of %s others",
			share(edges, c.CloudFront), number(others), number(allOthers))
	case edges > 0:
		return share(edges, c.CloudFront) + " from CloudFront failed"
	case c.CloudFront > 0:
		return fmt.Sprintf("%s from other clients failed, none of %s from CloudFront",
			share(others, allOthers), number(c.CloudFront))
	}
	return share(failed, c.Connections) + " failed, none from CloudFront"
}

// share says how many of all the connections.
func share(n, of int) string {
	if of == 1 {
		return "the only connection"
	}
	return fmt.Sprintf("%s of %s", number(n), count(of, "connection"))
}

// packets counts those of all inputs.
func packets(r *analyze.Report) int {
	n := 0
	for _, in := range r.Inputs {
		n += in.Packets
	}
	return n
}
