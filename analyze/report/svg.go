package report

import (
	"fmt"
	"html"
	"strings"
)

// An svg collects the elements of a picture. Colours are those of the page's
// style sheet: an element has classes, and no colour of its own.
type svg struct {
	b strings.Builder
}

// line draws from one point to another.
func (s *svg) line(class string, x1, y1, x2, y2 int) {
	fmt.Fprintf(&s.b, `<line class="%s" x1="%d" y1="%d" x2="%d" y2="%d"/>`, class, x1, y1, x2, y2)
}

// path draws what d says.
func (s *svg) path(class, d string) { fmt.Fprintf(&s.b, `<path class="%s" d="%s"/>`, class, d) }

// text writes a line of text, which is cleaned and escaped here.
func (s *svg) text(class string, x, y int, text string) {
	fmt.Fprintf(&s.b, `<text class="%s" x="%d" y="%d">%s</text>`, class, x, y, escapeHTML(text))
}

// escapeHTML makes untrusted text safe between two tags and in an attribute.
func escapeHTML(s string) string { return html.EscapeString(Clean(s, 0)) }
