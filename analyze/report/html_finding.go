package report

import (
	"html/template"
	"strings"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
)

// An htmlFinding is one cause, told in full.
type htmlFinding struct {
	Number    int
	Failure   bool
	Title     string
	Code      string
	Whose     string
	Certainty string
	Means     string // what the certainty means
	Decides   string
	Colour    string // class of its colour in the timeline
	Evidence  []htmlEvidence
	Says      []string // evidence that is a sentence
	Why       []paragraph
	Also      string
	Fixes     []htmlFix
	Names     *htmlNames
	Picture   template.HTML
	Example   string // which connection the picture shows
	Log       []htmlLog
}

type htmlEvidence struct{ Label, Value, Where string }

type htmlLog struct{ Says, Text string }

// htmlNames are the two lists of names, side by side.
type htmlNames struct {
	CloudFront bool // accepts; else it is another client that does
	Accepted   []htmlName
	Has        []htmlName
	More       string
	From       string
}

// An htmlName is a name with its mark: yes, no, or nothing.
type htmlName struct {
	Name, Unicode string
	Role, Note    string
	Mark          string // "yes", "no", ""
}

func newHTMLFinding(r *analyze.Report, i int) htmlFinding {
	f := &r.Findings[i]
	cal := newCalendar(r.Start, r.End)
	out := htmlFinding{
		Number: i + 1, Failure: f.Failure(), Title: cleanWords(f.Title, maxTitle), Code: Clean(string(f.Code), maxWord),
		Whose:     whoseShort(f, cal, cal.span(r.Start, r.End)),
		Certainty: Clean(string(f.Certainty), maxWord), Colour: colourOf(i),
		Why: paragraphs(f.Explanation), Also: joined(f.Also), Fixes: htmlFixes(f.Fixes), Names: newHTMLNames(f, r.Distribution),
	}
	out.Means, out.Decides = f.HowSure()
	rows, says := evidenceOf(f, len(r.Inputs) > 1)
	for _, e := range rows {
		out.Evidence = append(out.Evidence, htmlEvidence{e.label, e.value, e.where})
	}
	out.Says = says
	if c := f.Example; c != nil {
		out.Picture = template.HTML(sequenceSVG(c)) // drawn by this package, its texts escaped
		e := example(f, len(r.Inputs) > 1)
		out.Example = e.value + ", " + e.where
		for i := range c.Log[:min(len(c.Log), maxListed)] {
			out.Log = append(out.Log, htmlLog{aboutLine(&c.Log[i], f), Clean(c.Log[i].Text, maxLogLine)})
		}
	}
	return out
}

// whoseShort is whose without the code, which the page shows in a place of its own.
func whoseShort(f *analyze.Finding, cal calendar, all string) string {
	if _, after, ok := strings.Cut(whose(f, cal, all), ": "); ok {
		return after
	}
	return ""
}

func newHTMLNames(f *analyze.Finding, d edge.Distribution) *htmlNames {
	check := f.Names(d)
	if check == nil {
		return nil
	}
	n := &htmlNames{CloudFront: f.CloudFront, From: Clean(check.From, maxWord)}
	for _, a := range check.Accepted {
		mark := map[edge.Tristate]string{edge.Yes: "yes", edge.No: "no"}[a.Covered]
		n.Accepted = append(n.Accepted, htmlName{Name: Clean(a.Name, maxWord), Unicode: unicodeName(a.Name), Role: a.Role, Note: a.Note, Mark: mark})
	}
	for i, c := range check.Certificate {
		if i == maxNamesHTML {
			n.More = "and " + number(len(check.Certificate)-i) + " more"
			break
		}
		mark := ""
		if c.Covers {
			mark = "yes"
		}
		n.Has = append(n.Has, htmlName{Name: Clean(c.Name, maxWord), Unicode: unicodeName(c.Name), Mark: mark})
	}
	return n
}

func htmlFixes(list []analyze.Fix) []htmlFix {
	out := make([]htmlFix, len(list))
	for i, f := range list {
		out[i] = htmlFix{paragraphs(f.Says), cleanLines(f.Command)}
	}
	return out
}

// cleanLines cleans a command line by line: it is shown as it has to be typed.
func cleanLines(s string) string {
	var out []string
	left := maxCommand
	for line := range strings.SplitSeq(s, "\n") {
		line = Clean(line, maxCommand)
		if left -= len(line) + 1; left < 0 {
			out = append(out, ellipsis)
			break
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// otherFinding is the line of a finding that is not told in full.
func otherFinding(f *analyze.Finding, i int) htmlRow {
	return htmlRow{Cells: []htmlCell{
		{Text: number(i + 1)}, {Text: cleanWords(f.Title, maxTitle)}, {Text: Clean(names(f), maxWord), Code: true},
		{Text: number(f.Connections)}, {Text: Clean(string(f.Certainty), maxWord)},
	}}
}
