package report

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"time"

	"sniwatch/analyze"
	"sniwatch/capture"
)

// A changeGroup is one heading of a comparison.
type changeGroup struct {
	mark, title string
	as          style
	changes     []analyze.Change
}

// groups gives the changes under their headings: what is worse stands first.
func groups(c *analyze.Comparison) []changeGroup {
	return []changeGroup{
		{"✗", "New", red, c.New},
		{"✗", "Still there", red, c.Remaining},
		{"?", "Not seen again, but too little was seen to call it fixed", yellow, c.Gone},
		{"✓", "Fixed", green, c.Fixed},
	}
}

// comparisonVerdict says it in one sentence.
func comparisonVerdict(c *analyze.Comparison) (says string, as style) {
	var parts []string
	for _, p := range []struct {
		n           int
		thing, then string
	}{
		{len(c.Fixed), "problem", " fixed"}, {len(c.New), "new problem", ""},
		{len(c.Remaining), "problem", " still there"}, {len(c.Gone), "problem", " not seen again"},
	} {
		if p.n > 0 {
			parts = append(parts, count(p.n, p.thing)+p.then)
		}
	}
	switch {
	case len(parts) == 0:
		return "No problem before, and none after", green
	case len(c.New)+len(c.Remaining) > 0:
		as = red
	case len(c.Gone) > 0:
		as = yellow
	default:
		as = green
	}
	return capitalised(strings.Join(parts, ", ")), as
}

// WriteComparisonText writes a comparison for people. The error is w's.
func WriteComparisonText(w io.Writer, c *analyze.Comparison, width int, colour bool) error {
	if width == 0 {
		width = defaultWidth
	}
	p := &page{width: max(width, minWidth), colour: colour}
	says, as := comparisonVerdict(c)
	p.block("", says+".", as)
	p.blank()
	p.rows([]row{{"before", outlineCounts(&c.Before), outlineWhere(&c.Before)}, {"after", outlineCounts(&c.After), outlineWhere(&c.After)}})
	for _, g := range groups(c) {
		if len(g.changes) == 0 {
			continue
		}
		p.blank()
		p.line(paint(g.title, bold, colour))
		for i := range g.changes {
			ch := &g.changes[i]
			f := known(ch)
			p.title(g.mark+" ", g.as, f.Title, string(f.Certainty))
			p.block("  ", changedFinding(f)+": "+rates(ch), faint)
		}
	}
	_, err := w.Write(p.buf.Bytes())
	return err
}

// WriteComparisonMarkdown writes a comparison as GitHub's Markdown. The error is w's.
func WriteComparisonMarkdown(w io.Writer, c *analyze.Comparison) error {
	m := &markdown{}
	says, _ := comparisonVerdict(c)
	m.line("# " + markdownText(says) + ".")
	var rows [][]string
	for _, side := range []struct {
		name string
		o    *analyze.Outline
	}{{"before", &c.Before}, {"after", &c.After}} {
		rows = append(rows, []string{side.name, markdownText(outlineCounts(side.o)), markdownText(outlineWhere(side.o))})
	}
	m.table([]string{"", "connections", "where"}, rows)
	for _, g := range groups(c) {
		if len(g.changes) == 0 {
			continue
		}
		m.line("", "## "+g.title)
		var rows [][]string
		for i := range g.changes {
			ch := &g.changes[i]
			f := known(ch)
			rows = append(rows, []string{g.mark + " " + markdownText(cleanWords(f.Title, maxTitle)), markdownCode(string(f.Code)), markdownName(f.SNI),
				rate(&ch.Before), rate(&ch.After)})
		}
		m.table([]string{"problem", "code", "asked for", "before", "after"}, rows)
	}
	_, err := w.Write(m.buf.Bytes())
	return err
}

// known gives the side that has the words.
func known(c *analyze.Change) *analyze.OutlineFinding {
	if c.After.Connections > 0 {
		return &c.After
	}
	return &c.Before
}

// changedFinding says which finding it is.
func changedFinding(f *analyze.OutlineFinding) string {
	s := Clean(string(f.Code), maxPhrase)
	if f.SNI != "" {
		s += " for " + Clean(f.SNI, maxWord)
	}
	return s
}

// rates says how frequent it was, and is.
func rates(c *analyze.Change) string {
	return rate(&c.Before) + " before, " + rate(&c.After) + " after"
}

func rate(f *analyze.OutlineFinding) string {
	s := number(f.Connections) + " of " + number(f.Of)
	if f.Connections > 0 && f.Of > 0 {
		s += " (" + percent(f.Rate()) + ")"
	}
	return s
}

// percent writes a part of the whole with two digits.
func percent(part float64) string {
	if part *= 100; part >= 9.95 || part == 0 {
		return strconv.FormatFloat(part, 'f', 0, 64) + " %"
	}
	return strconv.FormatFloat(part, 'g', 2, 64) + " %"
}

// outlineCounts says what became of the connections.
func outlineCounts(o *analyze.Outline) string {
	n := &o.Counts
	return count(n.Connections, "connection") + ", " + number(n.Complete) + " complete, " + number(n.Refused+n.Failed) + " failed"
}

// outlineWhere says where and when.
func outlineWhere(o *analyze.Outline) string {
	s := Clean(o.Name, maxWord)
	if when := fullSpan(timestampOf(o.Start), timestampOf(o.End)); when != "" {
		s += ", " + when
	}
	return s
}

func timestampOf(t time.Time) capture.Timestamp {
	if t.IsZero() {
		return 0
	}
	return capture.Timestamp(t.UnixNano())
}

// comparisonObject is a comparison, see docs/schema.md.
type comparisonObject struct {
	header
	Before    outlineObject  `json:"before"`
	After     outlineObject  `json:"after"`
	Fixed     []changeObject `json:"fixed"`
	Gone      []changeObject `json:"gone"`
	New       []changeObject `json:"new"`
	Remaining []changeObject `json:"remaining"`
}

type outlineObject struct {
	Name    string       `json:"name"`
	Started string       `json:"started,omitempty"`
	Ended   string       `json:"ended,omitempty"`
	Counts  countsObject `json:"counts"`
}

type changeObject struct {
	Code       string     `json:"code"`
	CloudFront bool       `json:"cloudfront"`
	SNI        string     `json:"sni,omitempty"`
	Title      string     `json:"title,omitempty"`
	Before     rateObject `json:"before"`
	After      rateObject `json:"after"`
}

type rateObject struct {
	Connections int    `json:"connections"`
	Of          int    `json:"of"`
	Certainty   string `json:"certainty,omitempty"`
}

// WriteComparisonJSON writes a comparison as one object. The error is w's.
func WriteComparisonJSON(w io.Writer, c *analyze.Comparison) error {
	var buf bytes.Buffer
	err := encode(&buf, comparisonObject{newHeader("comparison"), newOutline(&c.Before), newOutline(&c.After),
		changes(c.Fixed), changes(c.Gone), changes(c.New), changes(c.Remaining)})
	if err != nil {
		return err
	}
	_, err = w.Write(buf.Bytes())
	return err
}

func newOutline(o *analyze.Outline) outlineObject {
	return outlineObject{o.Name, date(o.Start), date(o.End), countsObject(o.Counts)}
}

func changes(list []analyze.Change) []changeObject {
	out := make([]changeObject, len(list))
	for i := range list {
		f := known(&list[i])
		out[i] = changeObject{string(f.Code), f.CloudFront, f.SNI, f.Title, newRate(&list[i].Before), newRate(&list[i].After)}
	}
	return out
}

func newRate(f *analyze.OutlineFinding) rateObject {
	return rateObject{f.Connections, f.Of, string(f.Certainty)}
}
