package report

import (
	"fmt"
	"strings"
	"time"

	"sniwatch/analyze"
)

// maxLogLine is how much of a line of a log is shown.
const maxLogLine = 300

// logLines shows the lines of the server's log that are about the example.
func (p *page) logLines(f *analyze.Finding) {
	if f.Example == nil {
		return
	}
	for i := range f.Example.Log {
		l := &f.Example.Log[i]
		p.blank()
		p.block("  ", aboutLine(l, f), plain)
		p.block("    ", Clean(l.Text, maxLogLine), faint)
	}
}

// aboutLine introduces a line of the log.
func aboutLine(l *analyze.LogLine, f *analyze.Finding) string {
	where := fmt.Sprintf("line %s of %s", number(l.Line), Clean(l.File, maxWord))
	if l.Line == 0 {
		where = "a line of " + Clean(l.File, maxWord) // too large for its lines to be counted
	}
	switch {
	case l.Contradicts != "":
		return "By address and time, " + where + " is about the example, but does not go with the packets. " + cleanWords(l.Contradicts, maxTitle)
	case l.Certainty == analyze.Possible:
		return fmt.Sprintf("In your log this is one of %s that cannot be told apart, such as %s:", count(max(l.Alike, 2), "line"), where)
	case f.Logged > 1:
		have := fmt.Sprintf("%s of these %s connections have", number(f.Logged), number(f.Connections))
		if f.Logged == f.Connections {
			have = fmt.Sprintf("All %s connections have", number(f.Connections))
		}
		return have + " a line in your log. The example's is " + where + inOrder(l) + ":"
	}
	return "In your log this is " + where + inOrder(l) + ":"
}

// inOrder says that a line was joined by its place among others.
func inOrder(l *analyze.LogLine) string {
	if l.Certainty != analyze.Likely {
		return ""
	}
	return " (by its place among lines that look alike)"
}

// logsUsed says what became of the logs.
func (p *page) logsUsed(all []analyze.LogUsed) {
	for _, s := range logTexts(all) {
		p.block("", s, plain)
	}
}

// logTexts has a sentence for each log.
func logTexts(all []analyze.LogUsed) []string {
	var out []string
	for i := range all {
		out = append(out, logUsed(&all[i]))
	}
	return out
}

func logUsed(l *analyze.LogUsed) string {
	name := "Log " + Clean(l.File, maxWord)
	if l.Entries == 0 {
		return name + ": no line about a handshake."
	}
	if l.Joined == 0 {
		says := fmt.Sprintf("%s: none of its %s about handshakes is about a connection of this report", name, count(l.Entries, "line"))
		if !l.First.IsZero() {
			says += fmt.Sprintf("; they are of %s to %s UTC", l.First.UTC().Format(time.DateTime), l.Last.UTC().Format(time.DateTime))
		}
		return says + ". Is it the log of the server in the capture, and of the same time?"
	}
	says := fmt.Sprintf("%s: %s about handshakes, %s of them about connections of this report", name, count(l.Entries, "line"), number(l.Joined))
	if l.Offset != 0 {
		says += "; its clock is " + ahead(l.Offset) + " that of the packets"
	}
	if l.LeftOut > 0 {
		says += "; " + number(l.LeftOut) + " more were left out, for which there was no room"
	}
	return says + "."
}

// ahead says how far a clock is ahead, or behind.
func ahead(d time.Duration) string {
	word := " ahead of"
	if d < 0 {
		word = " behind"
	}
	text := strings.TrimSuffix(d.Abs().Round(time.Second).String(), "0s")
	if t := strings.TrimSuffix(text, "h0m"); t != text {
		text = t + "h"
	}
	return text + word
}
