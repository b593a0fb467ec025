package report

import (
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
)

// CheckOptions tell WriteCheck what the output can show.
type CheckOptions struct {
	Width  int  // columns; 0: 80
	Colour bool // whether to use escape sequences for colours
}

// WriteCheck writes a check for people: the answer in one sentence, the table
// of cases, for each reason of failure what to change, and what was assumed.
// Every line but the commands fits into o.Width columns. The error is w's.
func WriteCheck(w io.Writer, check *analyze.Check, o CheckOptions) error {
	p := &page{width: o.Width, colour: o.Colour}
	if p.width == 0 {
		p.width = defaultWidth
	}
	p.width = max(p.width, minWidth)
	c := newCaseTable(check)
	lines := c.lines

	as := green
	if c.Fails() || len(lines) == 0 {
		as = red
	}
	p.block("", c.verdict()+".", as)
	if err := p.cases(c, lines); err != nil {
		return err
	}
	for _, f := range failings(lines) {
		p.blank()
		p.failing(f, c)
	}
	if err := p.handshakes(c); err != nil {
		return err
	}
	p.decisions(c)
	for _, w := range c.Warnings {
		p.blank()
		p.warning(w)
	}
	p.hints(c)
	p.judgedBy(c)
	_, err := w.Write(p.buf.Bytes())
	return err
}

// certificateTitle is the title of a column that can be left out.
const certificateTitle = "certificate"

// A caseColumn is one column of the table of cases.
type caseColumn struct {
	title string
	least int // columns that it keeps where the page is narrow
	cell  func(*caseLine) string
}

// cases writes the table of cases, and what its words mean.
func (p *page) cases(c *caseTable, lines []*caseLine) error {
	if len(lines) == 0 {
		return nil
	}
	p.blank()
	shown := lines[:min(len(lines), maxCases)]
	cols := p.narrowed(c.columns(lines), lines)
	titles, cells := make([]column, len(cols)), make([][]string, len(shown))
	for j, col := range cols {
		titles[j] = column{title: col.title, least: col.least}
	}
	for i, l := range shown {
		for _, col := range cols {
			cells[i] = append(cells[i], Clean(col.cell(l), maxWord))
		}
	}
	if err := p.wrapped(titles, cells); err != nil {
		return err
	}
	if more := len(lines) - len(shown); more > 0 {
		p.line("and " + number(more) + " more; --format json has all")
	}
	p.blank()
	for _, s := range c.legend() {
		p.block("", cleanWords(s, maxParagraph), faint)
	}
	return nil
}

// columns are those that say something here. Their cells are not clean yet.
func (c *caseTable) columns(lines []*caseLine) []caseColumn {
	var cols []caseColumn
	if isLettered(lines) {
		cols = append(cols, caseColumn{"case", 4, func(l *caseLine) string { return l.label }})
	}
	cols = append(cols, caseColumn{"row", 3, func(l *caseLine) string { return articleRow(l.row.ArticleRow) }})
	if differ(lines, pathsOf) {
		cols = append(cols, caseColumn{"path", 6, pathsOf})
	}
	cols = append(cols, caseColumn{"viewers use", 14, func(l *caseLine) string { return l.row.ViewerDomain }})
	if differ(lines, originOf) {
		cols = append(cols, caseColumn{"origin domain", 14, originOf})
	}
	uncertain := c.Uncertain()
	return append(cols,
		caseColumn{"Host", 4, func(l *caseLine) string { return hostText(l.row.HostForwarded) }},
		caseColumn{"CloudFront asks for", 14, func(l *caseLine) string { return l.row.SNI }},
		caseColumn{certificateTitle, len(certificateTitle), c.certificateText},
		caseColumn{"viewers get", 7, func(l *caseLine) string { return outcomeText(l.row, uncertain) }})
}

// narrowName is how narrow a column of names gets where a page has no room for
// more: names go over more lines then.
const narrowName = 9

// narrowed makes columns fit where their least widths are too much for the page:
// a certificate that is the same in all lines is left out, as it is named below.
func (p *page) narrowed(cols []caseColumn, lines []*caseLine) []caseColumn {
	tooWide := func() bool {
		least := gutter * (len(cols) - 1)
		for _, col := range cols {
			least += col.least
		}
		return least > p.width
	}
	if tooWide() {
		cols = slices.DeleteFunc(cols, func(col caseColumn) bool { return col.title == certificateTitle && !differ(lines, col.cell) })
	}
	for i := range cols {
		if isNameColumn(cols[i].title) && cols[i].title != certificateTitle && tooWide() {
			cols[i].least = min(cols[i].least, narrowName)
		}
	}
	return cols
}

func pathsOf(l *caseLine) string  { return strings.Join(l.paths, ", ") }
func originOf(l *caseLine) string { return l.row.OriginDomain }

// differ tells whether the lines have more than one text.
func differ(lines []*caseLine, text func(*caseLine) string) bool {
	for _, l := range lines {
		if text(l) != text(lines[0]) {
			return true
		}
	}
	return false
}

// articleRow gives the row of the table of eight cases; most combinations of
// names are none of its.
func articleRow(n int) string {
	if n == 0 {
		return "–"
	}
	return strconv.Itoa(n)
}

func hostText(forwarded bool) string {
	if forwarded {
		return "yes"
	}
	return "no"
}

// outcomeText is what viewers get. The mark comes first: it is what the eye
// looks for.
func outcomeText(r *analyze.CheckRow, uncertain bool) string {
	s := "✗ "
	if r.OK() {
		s = "✓ "
	}
	s += strconv.Itoa(r.ViewerStatus)
	if uncertain && r.InUse != edge.Yes {
		s += " ?"
	}
	return s
}

// certificateText names the certificate by the last part of its file's name,
// where that is enough to tell it from the others.
func (c *caseTable) certificateText(l *caseLine) string {
	file := l.row.Certificate.File
	base := path.Base(file)
	for i := range c.Rows {
		if other := c.Rows[i].Certificate.File; other != file && path.Base(other) == base {
			return file
		}
	}
	if file == "" {
		return "–"
	}
	return base
}

// wrapped lays clean cells out as a table. Where the page is too narrow, names
// go over several lines: none is shortened, since two that differ in their
// middle would look the same.
func (p *page) wrapped(cols []column, cells [][]string) error {
	widths := fitted(cols, wanted(cols, cells), p.width-gutter*(len(cols)-1))
	for j := range cols {
		cols[j].title = strings.Join(breakName(cols[j].title, widths[j]), "\n")
		for _, row := range cells {
			row[j] = strings.Join(breakName(row[j], widths[j]), "\n")
		}
	}
	return p.render(cols, cells)
}

// breakName breaks a clean name into lines of at most width columns, after
// spaces, dots, slashes and hyphens where it can.
func breakName(name string, width int) []string {
	if columns(name) <= width {
		return []string{name}
	}
	var lines []string
	line := ""
	for name != "" {
		end := strings.IndexAny(name, " ./-") + 1
		if end == 0 {
			end = len(name)
		}
		word := name[:end]
		name = name[end:]
		if columns(line+strings.TrimSuffix(word, " ")) > width && line != "" {
			lines, line = append(lines, strings.TrimSuffix(line, " ")), ""
		}
		for columns(strings.TrimSuffix(word, " ")) > width {
			head, tail := split(word, width)
			lines, word = append(lines, head), tail
		}
		line += word
	}
	return append(lines, strings.TrimSuffix(line, " "))
}

// failing writes one reason of failure: which cases, why, and what to change.
func (p *page) failing(f *failing, c *caseTable) {
	p.title("✗ ", red, f.heading(c)+": "+f.problem.Title, "")
	p.block("  ", f.consequence(), faint)
	for _, text := range paragraphs(f.problem.Says) {
		p.paragraph("  ", text)
	}
	if fixes := f.alternatives(c.lines); len(fixes) > 0 {
		p.blank()
		p.fixes(fixes)
	}
}

// consequence gives the code, by which docs/diagnoses.md has more, and what it
// means for viewers.
func (f *failing) consequence() string {
	s := Clean(string(f.problem.Code), maxWord)
	if f.status != 0 {
		s += ": viewers get " + strconv.Itoa(f.status)
	}
	return s
}

// handshakes writes what the server answered.
func (p *page) handshakes(c *caseTable) error {
	if len(c.Handshakes) == 0 {
		return nil
	}
	p.blank()
	p.block("", "What "+Clean(c.Server, maxWord)+" answered (handshakes only, nothing else was sent)", bold)
	cols := []column{{title: "asked for", least: 15}, {title: "offering", least: 8}, {title: "answer", least: 24}}
	cells := make([][]string, 0, len(c.Handshakes))
	for _, h := range c.Handshakes[:min(len(c.Handshakes), maxCases)] {
		mark := "✗ "
		if h.OK {
			mark = "✓ "
		}
		cells = append(cells, []string{Clean(h.SNI, maxWord), Clean(h.Offer, maxWord), mark + cleanWords(h.Says, maxTitle)})
	}
	return p.wrapped(cols, cells)
}

// decisions says which setting decides about Host, behaviour by behaviour. What
// may override it, and what is missing, are warnings.
func (p *page) decisions(c *caseTable) {
	list := c.decisions()
	if len(list) == 0 {
		return
	}
	p.blank()
	p.block("", "What decides about Host in "+Clean(c.Source, maxWord), bold)
	for i, d := range list {
		if i == maxCases {
			p.line("  and " + number(len(list)-i) + " more; --format json has all")
			return
		}
		p.block("  ", "Path "+cleanWords(enumerate(d.paths), maxTitle)+": "+cleanWords(d.Says, maxValue), plain)
	}
}

// hints writes how to find out what was not given.
func (p *page) hints(c *caseTable) {
	if len(c.Hints) == 0 {
		return
	}
	p.blank()
	p.block("", "Which of these cases is yours", bold)
	for _, h := range c.Hints {
		p.block("  - ", cleanWords(h.Says, maxParagraph), plain)
		for command := range strings.SplitSeq(h.Command, "\n") {
			if command != "" {
				p.line("       " + paint(Clean(command, maxCommand), cyan, p.colour))
			}
		}
	}
}

// judgedBy says by what all this was judged.
func (p *page) judgedBy(c *caseTable) {
	p.blank()
	known := make(map[analyze.Code]bool)
	for i := range c.Rows {
		for _, problem := range c.Rows[i].Problems {
			known[problem.Code] = true
		}
	}
	for _, w := range c.Warnings {
		known[w.Code] = true
	}
	for i := range c.Certificates {
		if i == maxListed {
			p.line("and " + count(len(c.Certificates)-i, "other certificate"))
			break
		}
		p.certificate(&c.Certificates[i], known)
	}
	if c.Roots != "" {
		p.block("", "Trusted roots: "+cleanWords(c.Roots, maxTitle)+". Judged for "+c.At.UTC().Format(dateLayout)+".", plain)
	}
}
