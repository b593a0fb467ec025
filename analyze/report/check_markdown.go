package report

import (
	"bytes"
	"io"
	"strconv"
	"strings"

	"sniwatch/analyze"
)

// WriteCheckMarkdown writes a check as GitHub's Markdown, for a ticket or a wiki.
// Text from elsewhere can neither end a cell or a code block nor become a link,
// a heading or HTML. The error is w's.
func WriteCheckMarkdown(w io.Writer, check *analyze.Check) error {
	m := &markdown{}
	c := newCaseTable(check)
	lines := c.lines
	m.line("# " + markdownText(c.verdict()))
	m.cases(c, lines)
	for _, f := range failings(lines) {
		m.line("", "## ✗ "+markdownText(f.heading(c)+": "+f.problem.Title), "",
			markdownCode(string(f.problem.Code)))
		m.paragraphs(f.problem.Says)
		m.fixes(f.alternatives(lines))
	}
	m.handshakes(c)
	m.decisions(c)
	for _, warning := range c.Warnings {
		m.line("", "## ! "+markdownText(warning.Title), "", markdownCode(string(warning.Code)))
		m.paragraphs(warning.Says)
		m.fixes(warning.Fixes)
	}
	if len(c.Hints) > 0 {
		m.line("", "## Which of these cases is yours")
		m.fixes(c.Hints)
	}
	m.judgedBy(c)
	_, err := w.Write(m.buf.Bytes())
	return err
}

// A markdown collects lines of Markdown.
type markdown struct{ buf bytes.Buffer }

func (m *markdown) line(lines ...string) {
	for _, l := range lines {
		m.buf.WriteString(l)
		m.buf.WriteByte('\n')
	}
}

// table writes a table of cells that are Markdown already.
func (m *markdown) table(titles []string, rows [][]string) {
	m.line("", "| "+strings.Join(titles, " | ")+" |", strings.Repeat("|---", len(titles))+"|")
	for _, row := range rows {
		m.line("| " + strings.Join(row, " | ") + " |")
	}
}

// cases is the table of the cases, with all the columns of the text.
func (m *markdown) cases(c *caseTable, lines []*caseLine) {
	if len(lines) == 0 {
		return
	}
	cols := c.columns(lines)
	titles := make([]string, len(cols))
	for j, col := range cols {
		titles[j] = col.title
	}
	var rows [][]string
	for _, l := range lines[:min(len(lines), maxCases)] {
		row := make([]string, len(cols))
		for j, col := range cols {
			if row[j] = markdownText(Clean(col.cell(l), maxWord)); isNameColumn(col.title) {
				row[j] = markdownCode(col.cell(l))
			}
		}
		rows = append(rows, row)
	}
	m.table(titles, rows)
	if more := len(lines) - maxCases; more > 0 {
		m.line("", "and "+number(more)+" more; `--format json` has all")
	}
	for _, s := range c.legend() {
		m.paragraphs(s)
	}
}

// isNameColumn tells whether cells hold names, which stand as code.
func isNameColumn(title string) bool {
	switch title {
	case "path", "viewers use", "origin domain", "CloudFront asks for", certificateTitle:
		return true
	}
	return false
}

func (m *markdown) handshakes(c *caseTable) {
	if len(c.Handshakes) == 0 {
		return
	}
	m.line("", "## What the server answered", "",
		"Handshakes with "+markdownCode(c.Server)+"; nothing else was sent.")
	var rows [][]string
	for _, h := range c.Handshakes[:min(len(c.Handshakes), maxCases)] {
		mark := "✗ "
		if h.OK {
			mark = "✓ "
		}
		rows = append(rows, []string{markdownCode(h.SNI), markdownText(h.Offer), mark + markdownText(cleanWords(h.Says, maxTitle))})
	}
	m.table([]string{"asked for", "offering", "answer"}, rows)
}

func (m *markdown) decisions(c *caseTable) {
	list := c.decisions()
	if len(list) == 0 {
		return
	}
	m.line("", "## What decides about Host", "")
	for _, d := range list[:min(len(list), maxCases)] {
		paths := make([]string, len(d.paths))
		for i, path := range d.paths {
			paths[i] = markdownCode(path)
		}
		m.line("- " + enumerate(paths) + ": " + markdownText(cleanWords(d.Says, maxParagraph)))
	}
}

func (m *markdown) judgedBy(c *caseTable) {
	m.line("")
	for i := range c.Certificates[:min(len(c.Certificates), maxListed)] {
		used := &c.Certificates[i]
		s := "- Certificate " + markdownCode(used.File)
		var names []string
		for _, name := range used.Names[:min(len(used.Names), maxListed)] {
			names = append(names, markdownCode(name))
		}
		if len(names) > 0 {
			s += " for " + strings.Join(names, ", ")
		}
		if more := len(used.Names) - len(names); more > 0 {
			s += " and " + strconv.Itoa(more) + " more"
		}
		m.line(s)
	}
	m.line("- Trusted roots: " + markdownText(cleanWords(c.Roots, maxTitle)) + ". Judged for " + c.At.UTC().Format(dateLayout) +
		" by sniwatch " + markdownText(Clean(c.Version, maxWord)) + ".")
}

// fixes numbers what can be done. A command is a block of its own, indented so
// that it belongs to its number.
func (m *markdown) fixes(list []analyze.Fix) {
	for i, f := range list {
		lead := strconv.Itoa(i+1) + ". "
		m.line("", lead+markdownText(cleanWords(f.Says, maxParagraph)))
		if f.Command == "" {
			continue
		}
		m.fenced(strings.Repeat(" ", len(lead)), cleanLines(f.Command))
	}
}

// markdownText makes clean text safe in Markdown: each character that could
// mean something there becomes a character reference, which means nothing, not
// even in the cell of a table (CommonMark 0.31, section 2.5). The dot of "www."
// and the colon of "://" and the @ are among them, as GitHub makes links of
// what looks like an address.
func markdownText(s string) string {
	s = Clean(s, 0)
	var b strings.Builder
	for i, r := range s {
		switch {
		case strings.ContainsRune("`*_{}[]<>#|\\~&@$", r),
			r == '.' && i >= 3 && strings.EqualFold(s[i-3:i], "www"),
			r == ':' && i+1 < len(s) && s[i+1] != ' ':
			b.WriteString("&#" + strconv.Itoa(int(r)) + ";")
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// markdownCode writes a name as code: in backticks where it is an ordinary one,
// else as HTML with its special characters taken away, which no backtick and no
// bar can break.
func markdownCode(s string) string {
	s = Clean(s, maxWord)
	if s == "" {
		return ""
	}
	const ordinary = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_*/: –…"
	if strings.Trim(s, ordinary) == "" {
		return "`" + s + "`"
	}
	return "<code>" + markdownText(s) + "</code>"
}
