package report

import (
	"fmt"
	"strings"

	"sniwatch/analyze"
)

// finding writes one cause: what it is, the evidence, why, and what to do.
func (p *page) finding(f *analyze.Finding) {
	mark, as := "✗ ", red
	if !f.Failure() {
		mark, as = "· ", yellow
	}
	p.title(mark, as, f.Title, string(f.Certainty))
	p.block("  ", p.whose(f), faint)
	p.evidence(f)
	for _, text := range paragraphs(f.Explanation) {
		p.blank()
		p.paragraph("  ", text)
	}
	if len(f.Also) > 0 {
		p.blank()
		p.block("  ", "Wrong as well, but not the first cause: "+joined(f.Also)+".", plain)
	}
	if len(f.Fixes) > 0 {
		p.blank()
		p.fixes(f.Fixes)
	}
	p.logLines(f)
}

// title writes a title, and to the right of its first line how certain it is.
func (p *page) title(mark string, as style, title, certainty string) {
	tag := ""
	if certainty != "" {
		tag = "[" + certainty + "]"
	}
	room := p.width - len(tag) - 2
	for i, l := range wrap(cleanWords(title, maxTitle), room-2) {
		switch {
		case i > 0:
			p.line("  " + paint(l, bold, p.colour))
		case tag == "":
			p.line(paint(mark+l, as, p.colour))
		default:
			gap := strings.Repeat(" ", max(2, p.width-2-columns(l)-len(tag)))
			p.line(paint(mark, as, p.colour) + paint(l, bold, p.colour) + gap + paint(tag, as, p.colour))
		}
	}
}

// whose says how many connections a finding explains, and from whom.
func (p *page) whose(f *analyze.Finding) string { return whose(f, p.cal, p.when) }

// whose is without its time where that is all, the span of the whole report.
func whose(f *analyze.Finding, cal calendar, all string) string {
	s := Clean(string(f.Code), maxWord)
	if f.ArticleRow > 0 {
		s += fmt.Sprintf(" (row %d of docs/cloudfront.md)", f.ArticleRow)
	}
	if f.Connections == 0 {
		return s
	}
	s += ": " + share(f.Connections, max(f.Of, f.Connections))
	if f.CloudFront {
		s += " from CloudFront"
	}
	if f.Clients > 1 {
		s += ", " + count(f.Clients, "address")
		if f.MoreClients {
			s += " or more"
		}
	}
	if when := cal.span(f.First, f.Last); when != "" && when != all {
		s += ", " + when
	}
	return s
}

// A row is one piece of evidence: what, its value, and where it was seen.
type row struct{ label, value, where string }

// example tells which connection the evidence is taken from.
func example(f *analyze.Finding, files bool) row {
	c := f.Example
	label := "for example"
	if f.Connections == 1 {
		label = "the connection"
	}
	where := "packets " + number(c.FirstPacket) + " to " + number(c.LastPacket)
	if c.FirstPacket == c.LastPacket {
		where = "packet " + number(c.FirstPacket)
	}
	if files && c.File != "" {
		where += ", " + Clean(c.File, maxWord)
	}
	return row{label, c.Client.String(), where}
}

// evidence writes the rows of label, value and place in columns, then what is
// a sentence by itself.
func (p *page) evidence(f *analyze.Finding) {
	rows, sentences := evidenceOf(f, p.files)
	p.rows(rows)
	for _, s := range sentences {
		p.block("  ", s, plain)
	}
}

// evidenceOf gives the rows, and the sentences, all of it clean. files: a
// packet's number alone does not tell which packet it is.
func evidenceOf(f *analyze.Finding, files bool) (rows []row, sentences []string) {
	for _, e := range f.Evidence {
		r := row{cleanWords(e.Label, maxTitle), cleanWords(e.Value, maxValue), place(e)}
		if r.label == "" {
			sentences = append(sentences, sentence(r))
			continue
		}
		rows = append(rows, r)
	}
	if len(f.SNI)+f.MoreSNI > 1 {
		rows = append(rows, row{label: "names asked for", value: names(f)})
	}
	if f.Example != nil {
		rows = append(rows, example(f, files))
	}
	return rows, sentences
}

// place says where a piece of evidence was seen, and what there is to add.
func place(e analyze.Evidence) string {
	var parts []string
	if e.File != "" {
		parts = append(parts, Clean(e.File, maxWord))
	}
	if e.Packet != 0 {
		parts = append(parts, "packet "+number(e.Packet))
	}
	if e.Note != "" {
		parts = append(parts, cleanWords(e.Note, maxTitle))
	}
	return strings.Join(parts, ", ")
}

// sentence puts the place of evidence without a label before its full stop.
func sentence(r row) string {
	if r.where == "" {
		return r.value
	}
	bare := strings.TrimSuffix(r.value, ".")
	return bare + " (" + r.where + ")" + r.value[len(bare):]
}

// names lists the server names that were asked for.
func names(f *analyze.Finding) string {
	clean := make([]string, len(f.SNI))
	for i, n := range f.SNI {
		clean[i] = Clean(n, maxWord)
	}
	s := strings.Join(clean, ", ")
	if f.MoreSNI > 0 {
		s += " and " + number(f.MoreSNI) + " more"
	}
	return s
}

// rows writes label, value and place in columns. A row whose value is too long
// for that has it wrapped, and its place below.
func (p *page) rows(rows []row) {
	labels, values := 0, 0
	for _, r := range rows {
		labels = max(labels, min(columns(r.label), p.width*2/5))
	}
	from := 2 + labels + 2 // the column where values begin
	for _, r := range rows {
		if n := columns(r.value); from+n+2+columns(r.where) <= p.width {
			values = max(values, n)
		}
	}
	for _, r := range rows {
		p.row(r, labels, values, p.width-from)
	}
}

// row writes one row: its label labels wide, its value values wide where the
// place still fits into room behind it.
func (p *page) row(r row, labels, values, room int) {
	left := wrap(r.label, labels)
	right := []string{r.value}
	switch n := columns(r.value); {
	case r.where == "" && n <= room:
	case max(n, values)+2+columns(r.where) <= room:
		right[0] = pad(r.value, values) + "  " + paint(r.where, faint, p.colour)
	case n+2+columns(r.where) <= room:
		right[0] = r.value + "  " + paint(r.where, faint, p.colour)
	default:
		right = wrap(r.value, room)
		for _, l := range wrap(r.where, room) {
			right = append(right, paint(l, faint, p.colour))
		}
	}
	for i := range max(len(left), len(right)) {
		var l, v string
		if i < len(left) {
			l = left[i]
		}
		if i < len(right) {
			v = right[i]
		}
		if i < len(left) {
			l = paint(l, faint, p.colour) + strings.Repeat(" ", labels-columns(l))
		} else {
			l = strings.Repeat(" ", labels)
		}
		p.line("  " + l + "  " + v)
	}
}

// fixes writes what can be done, the alternatives numbered, each command on a
// line of its own: never wrapped, so that it can be copied.
func (p *page) fixes(fixes []analyze.Fix) {
	if len(fixes) > 1 {
		p.line("  " + paint("Do one of these:", bold, p.colour))
	}
	for i, f := range fixes {
		lead, says := "  ", "Do this: "+f.Says
		if len(fixes) > 1 {
			lead, says = fmt.Sprintf("  %d. ", i+1), f.Says
		}
		for _, text := range paragraphs(says) {
			p.paragraph(lead, text)
			lead = strings.Repeat(" ", len(lead))
		}
		for command := range strings.SplitSeq(f.Command, "\n") {
			if command != "" {
				p.line("       " + paint(Clean(command, maxCommand), cyan, p.colour))
			}
		}
	}
}

// warning writes what explains no failure.
func (p *page) warning(w analyze.Warning) {
	p.title("! ", yellow, w.Title, "")
	for _, text := range paragraphs(w.Says) {
		p.paragraph("  ", text)
	}
	if len(w.Fixes) > 0 {
		p.fixes(w.Fixes)
	}
}

// joined lists codes.
func joined(codes []analyze.Code) string {
	s := make([]string, len(codes))
	for i, c := range codes {
		s[i] = Clean(string(c), maxWord)
	}
	return strings.Join(s, ", ")
}
