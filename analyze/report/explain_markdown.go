package report

import (
	"io"

	"sniwatch/analyze"
)

// WriteExplanationMarkdown writes an explanation as GitHub's Markdown, for a
// ticket or a wiki. Text of logs can neither end a block nor become a link. The
// error is w's.
func WriteExplanationMarkdown(w io.Writer, e *analyze.Explanation) error {
	m := &markdown{}
	m.line("# " + markdownText(explainVerdict(e)))
	var others [][]string
	for i := range e.Findings {
		f := &e.Findings[i]
		if f.CloudFront {
			m.logFinding(f, e)
			continue
		}
		others = append(others, []string{number(f.Lines), markdownText(logOtherMeans(f)), markdownText(logOtherClients(f)), markdownText(logFirst(f, e))})
	}
	if len(others) > 0 {
		m.line("", "## From other addresses than CloudFront's")
		m.table([]string{"lines", "what they say", "clients", "first line"}, others[:min(len(others), maxCases)])
	}
	for _, warning := range e.Warnings {
		m.line("", "## ! "+markdownText(warning.Title))
		m.paragraphs(warning.Says)
		m.fixes(warning.Fixes)
	}
	if len(e.Hints) > 0 {
		m.line("", "## How logs tell of handshakes")
		m.fixes(e.Hints)
	}
	m.line("")
	for i := range e.Logs[:min(len(e.Logs), maxListed)] {
		m.line("- " + markdownText(logRead(&e.Logs[i])))
	}
	m.notes(e.Notes)
	m.line("- Explained by sniwatch " + markdownText(Clean(e.Version, maxWord)) + ".")
	_, err := w.Write(m.buf.Bytes())
	return err
}

// logFinding writes what lines of CloudFront's say.
func (m *markdown) logFinding(f *analyze.LogFinding, e *analyze.Explanation) {
	mark := "✗ "
	if !f.Failure() {
		mark = "· "
	}
	m.line("", "## "+mark+markdownText(f.Title)+" ("+string(f.Certainty)+")", "", markdownCode(logWhose(f, e)))
	var rows [][]string
	for _, ev := range f.Evidence {
		rows = append(rows, []string{markdownText(cleanWords(ev.Label, maxTitle)), markdownCode(cleanWords(ev.Value, maxValue)), markdownText(place(ev))})
	}
	rows = append(rows, []string{"from", markdownText(logClients(f)), ""},
		[]string{logExampleLabel(f), "<code>" + markdownText(logText(f)) + "</code>", markdownText(logPlace(&f.Example))})
	m.table([]string{"", "", ""}, rows)
	m.paragraphs(f.Explanation)
	if len(f.Also) > 0 {
		m.line("", "Wrong as well, but not the first cause: "+markdownText(joined(f.Also))+".")
	}
	m.fixes(f.Fixes)
	if len(f.Next) > 0 {
		m.line("", "### Next")
		m.fixes(f.Next)
	}
}
