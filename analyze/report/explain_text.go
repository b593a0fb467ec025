package report

import (
	"io"
	"path"
	"strconv"
	"strings"
	"time"

	"sniwatch/analyze"
	"sniwatch/analyze/origin/logs"
)

// WriteExplanation writes for people what the lines of logs mean: what
// CloudFront's say, each cause with an example and what to do; then in a table
// those of others; then what was read. Every line but the commands fits into
// o.Width columns. The error is w's.
func WriteExplanation(w io.Writer, e *analyze.Explanation, o CheckOptions) error {
	p := &page{width: o.Width, colour: o.Colour}
	if p.width == 0 {
		p.width = defaultWidth
	}
	p.width = max(p.width, minWidth)
	as := green
	if e.Fails() {
		as = red
	}
	p.block("", explainVerdict(e)+".", as)
	said := make(saidBefore)
	for i := range e.Findings {
		if f := &e.Findings[i]; f.CloudFront {
			p.blank()
			p.logFinding(f, e, said)
		}
	}
	if err := p.otherClients(e); err != nil {
		return err
	}
	for _, warning := range e.Warnings {
		if warning.Code != analyze.RangesOld { // the last line says it
			p.blank()
			p.warning(warning)
		}
	}
	for i, h := range e.Hints {
		if i == 0 {
			p.blank()
			p.block("", "How logs tell of handshakes", bold)
		}
		p.advice("  - ", h)
	}
	p.logsRead(e)
	_, err := w.Write(p.buf.Bytes())
	return err
}

// explainVerdict is the answer in one sentence.
func explainVerdict(e *analyze.Explanation) string {
	if e.Counts.Entries == 0 {
		return "No line about a handshake among " + count(e.Counts.Lines, "line") + ": the log's level may hide them"
	}
	cloudFront, failed := 0, 0
	for i := range e.Findings {
		if f := &e.Findings[i]; f.CloudFront {
			cloudFront += f.Lines
			if f.Failure() {
				failed += f.Lines
			}
		}
	}
	s := count(e.Counts.Entries, "line") + " about handshakes"
	switch n := int(e.Counts.Entries); {
	case cloudFront == 0:
		s += ", none from CloudFront"
	case failed == n && n == 1:
		s += ": a failure with CloudFront"
	case failed == n:
		s += ", all of them failures with CloudFront"
	case cloudFront == n:
		s += ", all of them from CloudFront, " + number(failed) + " of them failures"
	case failed == cloudFront:
		s += ", " + number(failed) + " of them failures with CloudFront"
	default:
		s += ", " + number(cloudFront) + " of them from CloudFront, " + number(failed) + " of those failures"
	}
	if when := logSpan(e.First, e.Last); when != "" {
		s += ", " + when + " UTC"
	}
	return s
}

// logSpan writes from when to when, with the date.
func logSpan(from, to time.Time) string {
	if from.IsZero() {
		return ""
	}
	from, to = from.UTC(), to.UTC()
	const both = dateLayout + " " + secondLayout
	switch a, b := from.Format(both), to.Format(both); {
	case a == b:
		return a
	case from.Format(dateLayout) == to.Format(dateLayout):
		return a + " to " + to.Format(secondLayout)
	default:
		return a + " to " + b
	}
}

// logFinding writes what lines of CloudFront's say.
func (p *page) logFinding(f *analyze.LogFinding, e *analyze.Explanation, said saidBefore) {
	mark, as := "✗ ", red
	if !f.Failure() {
		mark, as = "· ", yellow
	}
	p.title(mark, as, f.Title, string(f.Certainty))
	p.block("  ", logWhose(f, e), faint)
	rows := make([]row, 0, len(f.Evidence)+2)
	for _, ev := range f.Evidence {
		rows = append(rows, row{cleanWords(ev.Label, maxTitle), cleanWords(ev.Value, maxValue), place(ev)})
	}
	p.rows(append(rows, row{"from", logClients(f), ""}, row{logExampleLabel(f), logText(f), logPlace(&f.Example)}))
	for _, text := range paragraphs(f.Explanation) {
		if said.first(text.Text + strings.Join(text.Items, "\n")) {
			p.blank()
			p.paragraph("  ", text)
		}
	}
	if len(f.Also) > 0 {
		p.blank()
		p.block("  ", "Wrong as well, but not the first cause: "+joined(f.Also)+".", plain)
	}
	switch {
	case len(f.Fixes) == 0:
	case said.first(strings.Join(fixes(f.Fixes), "\n")):
		p.blank()
		p.fixes(f.Fixes)
	default:
		p.blank()
		p.block("  ", "What to do is said above.", plain)
	}
	for _, next := range f.Next {
		if said.first(next.Command) {
			p.blank()
			p.advice("  ", next)
		}
	}
}

// saidBefore keeps what need not be said again: one cause can show as lines of
// several classes.
type saidBefore map[string]bool

// first tells whether text was not said yet.
func (s saidBefore) first(text string) bool {
	if s[text] {
		return false
	}
	s[text] = true
	return true
}

// logWhose says how many lines a finding explains.
func logWhose(f *analyze.LogFinding, e *analyze.Explanation) string {
	s := string(f.Code)
	if f.ArticleRow > 0 {
		s += " (row " + strconv.Itoa(f.ArticleRow) + " of docs/cloudfront.md)"
	}
	s += ": " + count(f.Lines, "line")
	if when := logSpan(f.First, f.Last); when != "" && when != logSpan(e.First, e.Last) {
		s += ", " + when
	}
	return s + "; class " + string(f.Class)
}

// logClients says from which addresses lines are.
func logClients(f *analyze.LogFinding) string {
	s := count(f.Clients, "address")
	if f.MoreClients {
		s += " or more"
	}
	if f.Clients == 1 && len(f.Addresses) == 1 {
		s = f.Addresses[0].String()
	}
	const most = 4
	var networks []string
	for _, n := range f.Networks[:min(len(f.Networks), most)] {
		if n.Prefix.IsSingleIP() {
			continue
		}
		networks = append(networks, n.Prefix.String()+" ("+number(n.Lines)+")")
	}
	if len(networks) > 0 {
		s += " in " + strings.Join(networks, ", ")
	}
	if more := len(f.Networks) - most; more > 0 {
		s += " and " + number(more) + " more prefixes"
	}
	return s
}

func logExampleLabel(f *analyze.LogFinding) string {
	if f.Lines == 1 {
		return "the line"
	}
	return "for example"
}

// maxLogText is how much of a line is shown: what servers write of a handshake
// fits.
const maxLogText = 320

func logText(f *analyze.LogFinding) string {
	return cleanWords(Clean(f.Example.Text, maxLogText), maxValue)
}

// logPlace names the file and the line.
func logPlace(e *logs.Entry) string {
	s := Clean(e.File, maxWord)
	if e.File == "-" {
		s = "standard input"
	}
	if e.Line > 0 {
		s += ", line " + number(e.Line)
	}
	return s
}

// otherClients is the table of the lines that are not CloudFront's.
func (p *page) otherClients(e *analyze.Explanation) error {
	var cells [][]string
	for i := range e.Findings {
		if f := &e.Findings[i]; !f.CloudFront {
			cells = append(cells, []string{number(f.Lines), logOtherMeans(f), logOtherClients(f), logFirst(f, e)})
		}
	}
	if len(cells) == 0 {
		return nil
	}
	p.blank()
	p.block("", "From other addresses than CloudFront's", bold)
	more := len(cells) - maxCases
	cells = cells[:min(len(cells), maxCases)]
	cols := []column{{title: "lines", least: 5}, {title: "what they say", least: 12}, {title: "clients", least: 9}, {title: "first line", least: 8}}
	if err := p.wrapped(cols, cells); err != nil {
		return err
	}
	if more > 0 {
		p.line("and " + number(more) + " more; --format json has all")
	}
	return nil
}

// logOtherMeans is the class in words, with the reason where the class has several.
func logOtherMeans(f *analyze.LogFinding) string {
	s := f.Means
	switch {
	case f.Class == logs.AlertReceived:
		s = strings.TrimSuffix(s, ".") + ", " + number(f.Example.Alert) + "."
	case f.Class == logs.HandshakeFailureOther && f.Example.ErrorCode != "":
		s = "The handshake failed: " + f.Example.ErrorCode + "."
	}
	return cleanWords(s, maxTitle)
}

// logFirst names the first line, with its log where there are several.
func logFirst(f *analyze.LogFinding, e *analyze.Explanation) string {
	line := number(f.Example.Line)
	if len(e.Logs) > 1 {
		return Clean(path.Base(f.Example.File), maxWord) + ":" + line
	}
	return line
}

func logOtherClients(f *analyze.LogFinding) string {
	switch {
	case f.Clients == 0:
		return "not told"
	case f.Clients == 1:
		return f.Addresses[0].String()
	case f.MoreClients:
		return count(f.Clients, "address") + " or more"
	}
	return count(f.Clients, "address")
}

// advice writes what can be done, its command on a line of its own.
func (p *page) advice(lead string, f analyze.Fix) {
	p.block(lead, cleanWords(f.Says, maxParagraph), plain)
	if f.Command != "" {
		p.line("       " + paint(Clean(f.Command, maxCommand), cyan, p.colour))
	}
}

// logsRead says what was read, and by what it was judged.
func (p *page) logsRead(e *analyze.Explanation) {
	p.blank()
	for _, l := range e.Logs[:min(len(e.Logs), maxListed)] {
		p.block("", logRead(&l), plain)
	}
	if more := len(e.Logs) - maxListed; more > 0 {
		p.line("and " + count(more, "other log"))
	}
	if !e.First.IsZero() {
		p.block("", "Times without a zone are taken as "+zoneText(e.Zone)+" (--log-timezone).", plain)
	}
	known := make(map[analyze.Code]bool)
	for i := range e.Findings {
		known[e.Findings[i].Code] = true
		for _, c := range e.Findings[i].Also {
			known[c] = true
		}
	}
	for i := range e.Certificates[:min(len(e.Certificates), maxListed)] {
		p.certificate(&e.Certificates[i], known)
	}
	p.notes(e.Notes)
	if len(e.Certificates) > 0 {
		p.block("", "Trusted roots: "+cleanWords(e.Roots, maxTitle)+".", plain)
	}
	if s := ranges(&analyze.Report{Ranges: e.Ranges, Warnings: e.Warnings}); s != "" {
		p.block("", s, plain)
	}
}

// zoneText names a time zone; Go calls that of the host "Local".
func zoneText(zone string) string {
	if zone == "Local" {
		return "those of this host"
	}
	return Clean(zone, maxWord)
}

// logRead says what became of a log's lines.
func logRead(l *analyze.LogRead) string {
	name := Clean(l.Name, maxWord)
	if l.Name == "-" {
		name = "standard input"
	}
	var programs []string
	for _, program := range l.Programs {
		programs = append(programs, string(program))
	}
	c := &l.Counts
	s := "Read: " + name
	if len(programs) > 0 {
		s += " (" + enumerate(programs) + ")"
	}
	s += ": " + count(c.Lines, "line") + ", " + number(c.Entries) + " about handshakes"
	for _, more := range []struct {
		n    int64
		what string
	}{
		{c.Upstream, "about handshakes that the server itself began, left out"},
		{c.Undecodable, "in a form that sniwatch does not know"},
		{c.Cut, "longer than 64 KiB, cut"},
		{c.Torn, "without an end"},
	} {
		if more.n > 0 {
			s += ", " + number(more.n) + " " + more.what
		}
	}
	if l.Broken != "" {
		s += "; not read to its end: " + cleanWords(l.Broken, maxTitle)
	}
	return s + "."
}
