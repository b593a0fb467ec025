package report

import (
	"strings"

	"sniwatch/analyze"
)

// PageOptions tell WriteHTML and WriteMarkdown what a Report does not hold.
type PageOptions struct {
	Command string // the command line that made the report; "" leaves it out

	// Connections are listed in a table, in this order: those that failed, or
	// where All is set whichever there are. MoreConnections counts those left out.
	Connections     []*analyze.Connection
	MoreConnections int
	All             bool
}

// cause gives the second sentence of a report, after the verdict: the first of
// the findings that is a failure, or what the first warning says. It is clean;
// "": there is neither.
func cause(r *analyze.Report) string {
	for i := range r.Findings {
		if r.Findings[i].Failure() {
			return fullStop(cleanWords(r.Findings[i].Title, maxTitle))
		}
	}
	for _, w := range r.Warnings {
		if w.Code != analyze.RangesOld {
			return fullStop(capitalised(cleanWords(w.Title, maxTitle)))
		}
	}
	return ""
}

// fullStop ends a sentence.
func fullStop(s string) string {
	if s == "" || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}

// A blank is something that only the viewer's side knows, for somebody to fill in.
type blank struct{ what, where string }

// viewerSide lists what a ticket needs beside the report.
var viewerSide = []blank{
	{"X-Amz-Cf-Id", "the request id, in the headers of the answer"},
	{"X-Amz-Cf-Pop", "the edge location, likewise"},
	{"Distribution id", "E…, in the CloudFront console"},
	{"Time in UTC", "of that request, to the second"},
}

// askViewer gives the command that shows what viewers get. The name is that of
// the distribution where it is known and fit for a command.
func askViewer(r *analyze.Report) string {
	name := "www.example.com"
	for _, v := range r.Distribution.ViewerDomains {
		if strings.Trim(strings.ToLower(v), "abcdefghijklmnopqrstuvwxyz0123456789.-") == "" && len(v) < 254 && v != "" && v[0] != '-' {
			name = v
			break
		}
	}
	return "curl -sS -o /dev/null -D - https://" + name + "/ |\n  grep -iE '^(HTTP|date|via|x-cache|x-amz-cf)'"
}

// captureText says how the packets came.
func captureText(r *analyze.Report) string {
	if r.Live {
		return "Captured live by sniwatch on this host."
	}
	return "Read from capture files."
}

// seenWhole tells whether everything was looked at.
func seenWhole(r *analyze.Report) bool {
	for _, in := range r.Inputs {
		if in.Broken != "" {
			return false
		}
	}
	return len(losses(&r.Unanalysed)) == 0
}

// lossTexts lists what was not looked at, with its number.
func lossTexts(u *analyze.Unanalysed) []string {
	var out []string
	for _, l := range losses(u) {
		what := l.what
		if l.n == 1 {
			what = l.one
		}
		out = append(out, number(l.n)+" "+what)
	}
	return out
}
