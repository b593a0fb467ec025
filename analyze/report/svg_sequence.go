package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"sniwatch/analyze"
	"sniwatch/analyze/tlswire"
)

// The picture's measures, in units of its own: it is scaled to the page. It is
// narrow, so that it can be read on a phone.
const (
	seqWidth   = 440
	seqClient  = 76  // the edge's lifeline
	seqServer  = 424 // the origin's
	seqLine    = 16  // from one line of text to the next
	seqColumns = 44  // that fit between the lifelines
	seqAddress = 24  // columns of an address
	seqMiddle  = (seqClient + seqServer) / 2
)

// sequenceSVG draws the example of a finding: two lifelines, each flight an
// arrow between them.
func sequenceSVG(c *analyze.Connection) string {
	d := &sequence{c: c, y: 3*seqLine + 14}
	d.ends()
	for _, s := range c.Story() {
		d.step(s)
	}
	return d.finish()
}

// A sequence is the picture in the making; y is how far down it has come.
type sequence struct {
	svg
	c *analyze.Connection
	y int
}

// ends writes whose the two lifelines are.
func (d *sequence) ends() {
	edge := "client"
	if n := networkName(d.c); n != "other" {
		edge = n
	}
	d.text("who", seqClient-68, seqLine, edge)
	d.text("addr", seqClient-68, 2*seqLine, Clean(d.c.Client.String(), seqAddress))
	d.text("who end", seqServer+8, seqLine, "origin")
	d.text("addr end", seqServer+8, 2*seqLine, Clean(d.c.Server.String(), seqAddress))
}

// step draws one step: its text, the arrow, and below it what is measured.
func (d *sequence) step(s analyze.Step) {
	if s.Kind == analyze.StepSilence {
		d.silence(s)
		return
	}
	for i, l := range d.says(s) {
		class := "says"
		if l.strong {
			class = "says strong"
		}
		if s.Struck {
			class += " bad"
		}
		if i > 0 {
			d.y += seqLine
		}
		d.text(class, seqMiddle, d.y, l.text)
	}
	d.y += 7
	d.arrow(s)
	if s.After >= 0 {
		d.text("time", seqClient-8, d.y+4, sinceStart(s.After))
	}
	d.y += 14
	d.text("meta", seqMiddle, d.y, measured(s))
	d.y += seqLine + 10
}

// silence draws that nothing more came.
func (d *sequence) silence(s analyze.Step) {
	class := "says"
	if s.Struck {
		class += " bad"
	}
	d.line("gap", seqClient, d.y-4, seqServer, d.y-4)
	d.y += seqLine
	d.text(class, seqMiddle, d.y, strings.Join(s.Says, ", "))
	if s.After >= 0 {
		d.text("time", seqClient-8, d.y-seqLine, sinceStart(s.After))
	}
	d.y += seqLine
}

// sinceStart writes the time since a connection began.
func sinceStart(d time.Duration) string {
	if d == 0 {
		return "0"
	}
	return "+" + elapsed(d)
}

// arrow draws the way of a step. A reset ends in a cross.
func (d *sequence) arrow(s analyze.Step) {
	from, to, way := seqClient, seqServer, 1
	if s.From == analyze.FromServer {
		from, to, way = seqServer, seqClient, -1
	}
	class := "arrow"
	switch {
	case s.Struck:
		class = "arrow bad"
	case s.Kind == analyze.StepOpen:
		class = "arrow thin"
	case s.Kind == analyze.StepGap:
		class = "gap"
	}
	d.line(class, from, d.y, to-way*3, d.y)
	if s.Kind == analyze.StepReset {
		x := to - way*9
		d.path("cross", fmt.Sprintf("M%d %dl12 12m0 -12l-12 12", x-6, d.y-6))
		return
	}
	head := "head"
	if s.Struck {
		head = "head bad"
	}
	d.path(head, fmt.Sprintf("M%d %dl%d -5v10z", to-way*2, d.y, -way*9))
}

// A drawnLine is a line of text above an arrow.
type drawnLine struct {
	text   string
	strong bool
}

// says gives the text above an arrow: the messages, and what of them decides:
// the name that was asked for, the names of the certificate.
func (d *sequence) says(s analyze.Step) []drawnLine {
	said := make([]string, len(s.Says))
	for i, text := range s.Says {
		said[i] = cleanWords(text, maxPhrase)
	}
	var out []drawnLine
	for _, l := range wrap(strings.Join(said, ", "), seqColumns) {
		out = append(out, drawnLine{l, s.Struck})
	}
	const most = 3
	if len(out) > most {
		out = append(out[:most-1], drawnLine{ellipsis + " " + out[len(out)-1].text, s.Struck})
	}
	return append(out, d.named(s)...)
}

// named gives the names that a flight carried.
func (d *sequence) named(s analyze.Step) []drawnLine {
	if s.Kind != analyze.StepFlight {
		return nil
	}
	within := func(packet int) bool { return packet != 0 && packet >= s.First && packet <= s.Last }
	var out []drawnLine
	if h := d.c.ClientHello; s.From == analyze.FromClient && h != nil && within(h.Packet) {
		text := "no name asked for"
		switch h.ServerNameState {
		case tlswire.Present:
			text = "asks for " + Clean(h.ServerName, seqColumns-9)
		case tlswire.Encrypted:
			text = "the name is encrypted"
		case tlswire.Unseen:
			text = "the name was not captured"
		}
		out = append(out, drawnLine{text, true})
	}
	if s.From == analyze.FromServer && within(d.c.Certificate.Packet) && d.c.Certificate.Chain != nil {
		out = append(out, drawnLine{"for " + certified(d.c.Certificate.Chain.Names(), seqColumns-4), true})
	}
	return out
}

// certified names a certificate by its first name.
func certified(names []string, room int) string {
	switch len(names) {
	case 0:
		return "no name"
	case 1:
		return Clean(names[0], room)
	}
	more := " and " + number(len(names)-1) + " more"
	return Clean(names[0], room-len(more)) + more
}

// measured says what there is to count: packets, bytes.
func measured(s analyze.Step) string {
	var parts []string
	switch {
	case s.Kind == analyze.StepGap:
	case s.Last > s.First:
		parts = append(parts, "packets "+strconv.Itoa(s.First)+"–"+strconv.Itoa(s.Last))
	case s.First != 0:
		parts = append(parts, "packet "+strconv.Itoa(s.First))
	}
	if s.Bytes > 0 {
		parts = append(parts, count(s.Bytes, "byte"))
	}
	if s.Again > 0 {
		parts = append(parts, "sent "+count(s.Again+1, "time"))
	}
	return strings.Join(parts, ", ")
}

// finish draws the lifelines behind the rest, and gives the element.
func (d *sequence) finish() string {
	var out svg
	fmt.Fprintf(&out.b, `<svg class="sequence" viewBox="0 0 %d %d" role="img" aria-label="%s">`, seqWidth, d.y,
		escapeHTML("Sequence of the example: "+happened(d.c)))
	top := 2*seqLine + 8
	out.line("life", seqClient, top, seqClient, d.y-6)
	out.line("life", seqServer, top, seqServer, d.y-6)
	return out.b.String() + d.b.String() + "</svg>"
}
