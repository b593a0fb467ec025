package report

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
)

// GitHub takes 65,536 characters in an issue, and readers less. What is beyond
// these limits is counted.
const (
	maxToldMarkdown = 5  // findings that are told in full
	maxRowsMarkdown = 15 // lines of a table
)

// WriteMarkdown writes a report as GitHub's Markdown, for a ticket. Text from
// elsewhere can neither end a cell or a code block nor become a link, a heading
// or HTML. The error is w's.
func WriteMarkdown(w io.Writer, r *analyze.Report, o PageOptions) error {
	m := &markdown{}
	says, _ := verdict(r)
	m.line("# " + markdownText(says) + ".")
	if when := fullSpan(r.Start, r.End); when != "" {
		m.line("", when) // digits and words of ours
	}
	if s := cause(r); s != "" {
		m.line("", "**"+markdownText(s)+"**")
	}
	for i := range r.Findings[:min(len(r.Findings), maxToldMarkdown)] {
		m.finding(r, i)
	}
	m.otherFindings(r)
	m.connections(r, o)
	m.crowds(r.Crowds)
	for _, warning := range r.Warnings[:min(len(r.Warnings), maxListed)] {
		if warning.Code != analyze.RangesOld {
			m.line("", "## ! "+markdownText(capitalised(cleanWords(warning.Title, maxTitle))))
			m.paragraphs(warning.Says)
			m.fixes(warning.Fixes)
		}
	}
	m.rests(r, o)
	m.viewerSide(r)
	_, err := w.Write(m.buf.Bytes())
	return err
}

// finding tells one cause in full.
func (m *markdown) finding(r *analyze.Report, i int) {
	f := &r.Findings[i]
	mark := "✗"
	if !f.Failure() {
		mark = "·"
	}
	cal := newCalendar(r.Start, r.End)
	m.line("", "## "+mark+" "+markdownText(cleanWords(f.Title, maxTitle)), "", markdownText(whose(f, cal, cal.span(r.Start, r.End))))
	rows, says := evidenceOf(f, len(r.Inputs) > 1)
	if len(rows) > 0 {
		m.table([]string{"what happened", "", "where"}, evidenceCells(rows))
	}
	for _, s := range says {
		m.line("", markdownText(s))
	}
	m.names(f.Names(r.Distribution))
	m.story(f.Example)
	m.logLines(f)
	m.paragraphs(f.Explanation)
	if len(f.Also) > 0 {
		m.line("", "Wrong as well, but not the first cause: "+markdownText(joined(f.Also))+".")
	}
	if len(f.Fixes) > 0 {
		m.line("", "### What to change")
		m.fixes(f.Fixes)
	}
	if means, decides := f.HowSure(); means != "" {
		s := "**" + markdownText(capitalised(Clean(string(f.Certainty), maxPhrase))) + ".** " + markdownText(means)
		if decides != "" {
			s += " What would decide: " + markdownText(decides)
		}
		m.line("", "### How sure", "", s)
	}
}

func evidenceCells(rows []row) [][]string {
	out := make([][]string, len(rows))
	for i, e := range rows {
		out[i] = []string{markdownText(e.label), markdownText(e.value), markdownText(e.where)}
	}
	return out
}

// names is the two lists of names as one table.
func (m *markdown) names(n *analyze.NameCheck) {
	if n == nil {
		return
	}
	var rows [][]string
	for _, a := range n.Accepted {
		mark := map[edge.Tristate]string{edge.Yes: "✓ in the certificate", edge.No: "✗ **missing**"}[a.Covered]
		rows = append(rows, []string{markdownText(a.Role), orDash(markdownName(a.Name)), mark, a.Note})
	}
	for i, c := range n.Certificate {
		if i == maxRowsMarkdown {
			rows = append(rows, []string{"", "and " + number(len(n.Certificate)-i) + " more", "", ""})
			break
		}
		mark := "–"
		if c.Covers {
			mark = "✓ accepted"
		}
		rows = append(rows, []string{"the certificate has", markdownName(c.Name), mark, ""})
	}
	m.table([]string{"names", "", "", ""}, rows)
}

// markdownName writes a host name, and beside it the form that people write.
func markdownName(name string) string {
	s := markdownCode(name)
	if u := unicodeName(name); u != "" {
		s += " (" + markdownText(u) + ")"
	}
	return s
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// story is the sequence of the example, a row for each step.
func (m *markdown) story(c *analyze.Connection) {
	if c == nil {
		return
	}
	var rows [][]string
	for _, s := range c.Story() {
		when, way, what := "", "→", strings.Join(s.Says, ", ")
		if s.After >= 0 {
			when = sinceStart(s.After)
		}
		switch {
		case s.Kind == analyze.StepSilence:
			way = "…"
		case s.From == analyze.FromServer:
			way = "←"
		}
		what = markdownText(cleanWords(what, maxTitle))
		if s.Struck {
			what = "**" + what + "**"
		}
		rows = append(rows, []string{when, way, what, measured(s)})
	}
	m.table([]string{"time", "edge → origin", "what", "where"}, rows)
}

// logLines shows the lines of the server's log that are about the example.
func (m *markdown) logLines(f *analyze.Finding) {
	if f.Example == nil {
		return
	}
	log := f.Example.Log
	for i := range log[:min(len(log), maxListed)] {
		m.line("", markdownText(aboutLine(&log[i], f))+" <code>"+markdownText(Clean(log[i].Text, maxLogLine))+"</code>")
	}
}

// otherFindings lists those that are not told in full.
func (m *markdown) otherFindings(r *analyze.Report) {
	if len(r.Findings) <= maxToldMarkdown {
		return
	}
	m.line("", "## Further findings")
	var rows [][]string
	for i := maxToldMarkdown; i < len(r.Findings); i++ {
		if i == maxToldMarkdown+maxRowsMarkdown {
			rows = append(rows, []string{"and " + number(len(r.Findings)-i) + " more", "", "", ""})
			break
		}
		f := &r.Findings[i]
		rows = append(rows, []string{markdownText(cleanWords(f.Title, maxTitle)), markdownCode(names(f)), number(f.Connections),
			markdownText(Clean(string(f.Certainty), maxPhrase))})
	}
	m.table([]string{"finding", "asked for", "connections", "how sure"}, rows)
}

func (m *markdown) connections(r *analyze.Report, o PageOptions) {
	if len(o.Connections) == 0 {
		return
	}
	m.line("", "## Connections")
	cal, more := newCalendar(r.Start, r.End), o.MoreConnections
	var rows [][]string
	for i, c := range o.Connections {
		if i == maxRowsMarkdown {
			more += len(o.Connections) - i
			break
		}
		rows = append(rows, []string{cal.at(c.Start, milliLayout), markdownCode(c.Client.String()), markdownCode(Clean(askedFor(c), 2*maxPhrase)),
			markdownText(happened(c)), markdownCode(Clean(diagnosed(c), maxPhrase)), strconv.Itoa(c.FirstPacket) + "–" + strconv.Itoa(c.LastPacket)})
	}
	m.table([]string{"time", "client", "asked for", "what happened", "diagnosis", "packets"}, rows)
	if more > 0 {
		m.line("", "and "+number(more)+" more")
	}
}

func (m *markdown) crowds(crowds []analyze.Crowd) {
	if len(crowds) == 0 {
		return
	}
	m.line("", "## Clients")
	var rows [][]string
	for i, c := range crowds {
		if i == maxRowsMarkdown {
			rows = append(rows, []string{"and " + number(len(crowds)-i) + " more", "", "", ""})
			break
		}
		rows = append(rows, []string{markdownText(prefixText(c)), markdownText(listText(c)), number(c.Connections), number(c.Failed)})
	}
	m.table([]string{"prefix", "list", "connections", "failed"}, rows)
}

// rests says what the report rests on.
func (m *markdown) rests(r *analyze.Report, o PageOptions) {
	m.line("", "## What this rests on", "", captureText(r))
	m.line("")
	for i, in := range r.Inputs {
		if i == maxListed {
			m.line("- and " + number(len(r.Inputs)-i) + " more")
			break
		}
		s := "- " + markdownCode(in.Name) + ": " + count(in.Packets, "packet")
		if in.Broken != "" {
			s += ", not read to its end: " + markdownText(cleanWords(in.Broken, maxTitle))
		}
		m.line(s)
	}
	if seenWhole(r) {
		m.line("- Everything in it was looked at.")
	}
	for _, l := range lossTexts(&r.Unanalysed) {
		m.line("- not looked at: " + markdownText(l))
	}
	for i := range r.Certificates[:min(len(r.Certificates), maxListed)] {
		m.certificate(&r.Certificates[i])
	}
	for _, s := range slices.Concat(hostTexts(r.Servers), logTexts(r.Logs)) {
		m.line("- " + markdownText(s))
	}
	m.notes(r.Notes)
	if r.Roots != "" {
		m.line("- Trusted roots: " + markdownText(cleanWords(r.Roots, maxTitle)) + ".")
	}
	if s := ranges(r); s != "" {
		m.line("- " + markdownText(s))
	}
	if !r.Made.IsZero() {
		m.line("- Made by sniwatch " + markdownText(Clean(r.Version, maxPhrase)) + " on " + r.Made.UTC().Format(dateLayout) + ".")
	}
	if o.Command != "" {
		m.fenced("", cleanLines(o.Command))
	}
}

func (m *markdown) certificate(u *analyze.CertificateUsed) {
	s := "- Certificate on the wire"
	if u.File != "" {
		s = "- Certificate " + markdownCode(u.File)
	}
	var names []string
	for _, name := range u.Names[:min(len(u.Names), maxListed)] {
		names = append(names, markdownName(name))
	}
	if len(names) > 0 {
		s += " for " + strings.Join(names, ", ")
	}
	if more := len(u.Names) - len(names); more > 0 {
		s += " and " + number(more) + " more"
	}
	if u.Chain != nil && u.Chain.Leaf() != nil {
		s += ", valid from " + u.Chain.Leaf().NotBefore.UTC().Format(dateLayout)
	}
	if !u.NotAfter.IsZero() {
		s += " to " + u.NotAfter.UTC().Format(dateLayout)
	}
	m.line(s)
	for _, p := range u.Problems {
		m.line("  - " + markdownText(cleanWords(p.Says, maxTitle)))
	}
}

// fenced writes a code block, whose text is clean but for its line breaks.
func (m *markdown) fenced(indent, text string) {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	m.line("", indent+fence+"sh")
	for l := range strings.SplitSeq(text, "\n") {
		m.line(indent + l)
	}
	m.line(indent + fence)
}

// viewerSide leaves room for what only the viewer's side knows.
func (m *markdown) viewerSide(r *analyze.Report) {
	m.line("", "## What only the viewer's side knows", "", "A ticket at AWS needs these as well.")
	var rows [][]string
	for _, b := range viewerSide {
		rows = append(rows, []string{b.what, b.where, ""})
	}
	m.table([]string{"what", "where it is", "value"}, rows)
	m.line("", "Whoever gets the error sees them with")
	m.fenced("", askViewer(r))
}

// notes lists what could not be read of this host.
func (m *markdown) notes(all []analyze.Note) {
	for _, s := range noteTexts(all) {
		m.line("- not understood of this host: " + markdownText(s))
	}
}
