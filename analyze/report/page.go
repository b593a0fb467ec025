package report

import (
	"bytes"
	"strings"
)

// A style is how text looks on a terminal that has colours: the parameters of
// ECMA-48's "select graphic rendition".
type style string

const (
	plain  style = ""
	bold   style = "1"
	faint  style = "2"
	red    style = "1;31"
	green  style = "1;32"
	yellow style = "1;33"
	cyan   style = "36"
)

// paint dresses clean text in a style, where there is colour.
func paint(s string, as style, colour bool) string {
	if !colour || as == plain || s == "" {
		return s
	}
	return "\x1b[" + string(as) + "m" + s + "\x1b[0m"
}

// minWidth is the narrowest page that is laid out; on a narrower terminal the
// lines are broken by the terminal.
const minWidth = 40

// A page collects the lines of a text report.
type page struct {
	buf    bytes.Buffer
	width  int
	colour bool
	cal    calendar
	when   string // the span of the whole report, which is not said again
	files  bool   // several inputs: a packet's number alone does not tell which packet it is
}

// line writes one line; nothing in it needs cleaning or wrapping any more.
func (p *page) line(s string) {
	p.buf.WriteString(strings.TrimRight(s, " "))
	p.buf.WriteByte('\n')
}

// blank writes an empty line between two parts.
func (p *page) blank() { p.buf.WriteByte('\n') }

// block writes clean text, wrapped. The first line begins with lead, which has
// no style; the others are indented as far as lead is wide.
func (p *page) block(lead, text string, as style) {
	indent := strings.Repeat(" ", columns(lead))
	for _, l := range wrap(text, p.width-len(indent)) {
		p.line(lead + paint(l, as, p.colour))
		lead = indent
	}
}
