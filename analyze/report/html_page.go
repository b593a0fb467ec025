package report

import (
	_ "embed"
	"html/template"
	"io"
	"sync"

	"sniwatch/analyze"
)

// The page is laid out in html_page.tmpl, and looks as html_page.css says.
var (
	//go:embed html_page.tmpl
	htmlLayout string
	//go:embed html_page.css
	htmlStyle string

	// htmlTemplate is parsed when it is first wanted, which mostly is never.
	htmlTemplate = sync.OnceValue(func() *template.Template { return template.Must(template.New("page").Parse(htmlLayout)) })
)

// Limits that keep the page readable, and below 2 MB whatever comes.
const (
	maxTold      = 20  // findings, and warnings, that are told in full; other findings have a line each
	maxRowsHTML  = 100 // lines of a table
	maxNamesHTML = 50  // names of a certificate
)

// WriteHTML writes a report as one page that needs nothing else: no script, no
// request, light or dark as the reader's system is, for a screen of 360 pixels
// and for paper. The error is w's.
//
// Every string is cleaned here and escaped by html/template for the place where
// it stands; the pictures are drawn by this package, which escapes their texts.
func WriteHTML(w io.Writer, r *analyze.Report, o PageOptions) error {
	return htmlTemplate().Execute(w, newHTMLPage(r, o))
}

// An htmlPage is what the layout shows. Its strings are clean.
type htmlPage struct {
	Style    template.CSS
	Mood     string // bad, good, unclear
	Verdict  string
	Cause    string
	When     string
	Facts    []htmlFact
	Findings []htmlFinding
	Others   []htmlRow // findings that are not told in full
	Table    *htmlTable
	Timeline *htmlTimeline
	Crowds   *htmlTable
	Warnings []htmlAdvice
	Chains   []htmlChain
	Inputs   *htmlTable
	Capture  string
	Command  string
	Whole    bool
	Lost     []string
	Trust    []string
	Logs     []string // what became of each log
	Host     []string // what was read of this host
	Notes    []string // what was not understood of it
	Roots    string
	Ranges   string
	Made     string
	Blanks   []htmlFact
	Ask      string
}

// An htmlFact is a name and what it has.
type htmlFact struct{ Name, Value string }

// An htmlTable is a table with titles; the last cell of a row may be wide.
type htmlTable struct {
	Titles []string
	Rows   []htmlRow
	More   string
}

type htmlRow struct {
	Class string
	Cells []htmlCell
}

// An htmlCell is one cell. Code: it is a name or a number, in type of fixed width.
type htmlCell struct {
	Text string
	Code bool
	Link string // of our own: the finding on this page
}

// An htmlAdvice is a warning, or what to do.
type htmlAdvice struct {
	Title string
	Text  []paragraph
	Fixes []htmlFix
}

type htmlFix struct {
	Text     []paragraph
	Commands string
}

// newHTMLPage takes over a report.
func newHTMLPage(r *analyze.Report, o PageOptions) *htmlPage {
	says, as := verdict(r)
	p := &htmlPage{
		Style: template.CSS(htmlStyle), Mood: moods[as], Verdict: says, Cause: cause(r), When: fullSpan(r.Start, r.End),
		Facts: htmlFacts(&r.Counts), Timeline: newHTMLTimeline(r), Crowds: htmlCrowds(r.Crowds),
		Table: htmlConnections(r, o), Chains: htmlChains(r), Inputs: htmlInputs(r), Capture: captureText(r),
		Command: cleanLines(o.Command), Whole: seenWhole(r), Lost: lossTexts(&r.Unanalysed),
		Logs: logTexts(r.Logs), Host: hostTexts(r.Servers), Notes: noteTexts(r.Notes),
		Roots: cleanWords(r.Roots, maxTitle), Ranges: ranges(r), Ask: askViewer(r),
	}
	if !p.Whole {
		p.Trust = trust(r)
	}
	if r.Version != "" {
		p.Made = "sniwatch " + Clean(r.Version, maxPhrase)
	}
	if !r.Made.IsZero() {
		p.Made += ", " + r.Made.UTC().Format("2006-01-02 15:04 UTC")
	}
	for i := range r.Findings {
		if i < maxTold {
			p.Findings = append(p.Findings, newHTMLFinding(r, i))
		} else {
			p.Others = append(p.Others, otherFinding(&r.Findings[i], i))
		}
	}
	for _, w := range r.Warnings {
		if w.Code != analyze.RangesOld && len(p.Warnings) < maxTold { // the line about the list says it
			p.Warnings = append(p.Warnings, htmlAdvice{capitalised(cleanWords(w.Title, maxTitle)), paragraphs(w.Says), htmlFixes(w.Fixes)})
		}
	}
	for _, b := range viewerSide {
		p.Blanks = append(p.Blanks, htmlFact{b.what, b.where})
	}
	return p
}

var moods = map[style]string{red: "bad", green: "good", yellow: "unclear"}

// htmlFacts counts the connections.
func htmlFacts(c *analyze.Counts) []htmlFact {
	var out []htmlFact
	for _, f := range []struct {
		name string
		n    int
	}{
		{"connections", c.Connections}, {"from CloudFront", c.CloudFront}, {"complete", c.Complete}, {"refused", c.Refused},
		{"failed", c.Failed}, {"not seen whole", c.Unknown}, {"no handshake", c.None},
	} {
		if f.n > 0 || f.name == "connections" || f.name == "from CloudFront" {
			name := f.name
			if f.name == "connections" {
				name = plural(f.n, "connection")
			}
			out = append(out, htmlFact{name, number(f.n)})
		}
	}
	return out
}
