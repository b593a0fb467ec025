//go:build linux

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Columns of the table, which is read at 80 of them.
const (
	nameWidth  = 23
	truthWidth = 31
	viewWidth  = 5
)

func printHead(out io.Writer) { printRow(out, "scenario", "truth", "live", "file", "log") }

func printRow(out io.Writer, name, truth, live, file, log string) {
	line := pad(name, nameWidth) + pad(truth, truthWidth) + pad(live, viewWidth) + pad(file, viewWidth) + log
	fmt.Fprintln(out, strings.TrimRight(line, " "))
}

// at gives one of the words, or nothing.
func at(words []string, i int) string {
	if i < len(words) {
		return words[i]
	}
	return ""
}

// printLine prints a scenario's line, and what disagrees below it.
func printLine(out io.Writer, r result) {
	switch {
	case r.skipped != "":
		fmt.Fprintln(out, pad(r.scenario.name, nameWidth)+"NOT PLAYED: "+r.skipped)
		return
	case r.err != nil:
		fmt.Fprintln(out, pad(r.scenario.name, nameWidth)+"✗ "+clean(strings.ReplaceAll(r.err.Error(), "\n", "; ")))
		return
	}
	truths, logs := counted(r.all)
	for i := range max(len(truths), len(logs)) {
		if i == 0 {
			printRow(out, r.scenario.name, at(truths, 0), mark(r.verdict.live), mark(r.verdict.offline), mark(r.verdict.log)+" "+at(logs, 0))
		} else {
			printRow(out, "", at(truths, i), "", "", "  "+at(logs, i))
		}
	}
	printDisagreement(out, r.verdict)
}

func printDisagreement(out io.Writer, v verdict) {
	for _, part := range []struct {
		who   string
		wrong []string
	}{{"live", v.live}, {"file", v.offline}, {"log", v.log}, {"live against file", v.between}} {
		for _, w := range part.wrong {
			fmt.Fprintf(out, "    ✗ %s: %s\n", part.who, clean(w))
		}
	}
}

// counted gives the truths and the log classes of what was played, each with how
// often, in order of their first time.
func counted(all []played) (truths, logs []string) {
	var codes, classes []string
	for _, p := range all {
		codes = append(codes, p.want.String())
		if p.want.log != "" {
			classes = append(classes, p.want.log)
		}
	}
	if classes == nil {
		classes = []string{"nothing"}
	}
	return tallied(codes), tallied(classes)
}

func tallied(words []string) []string {
	var order, out []string
	count := map[string]int{}
	for _, w := range words {
		if count[w]++; !slices.Contains(order, w) {
			order = append(order, w)
		}
	}
	for _, w := range order {
		if count[w] > 1 {
			w = fmt.Sprintf("%d %s", count[w], w)
		}
		out = append(out, w)
	}
	return out
}

func mark(wrong []string) string {
	if len(wrong) == 0 {
		return "✓"
	}
	return "✗"
}

// pad fills a cell by what it shows, not by its bytes.
func pad(cell string, width int) string {
	return cell + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(cell)))
}

// clean takes out of a text what a terminal would obey: log lines hold what
// clients have sent.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || r == '\n' {
			return r
		}
		return '·'
	}, strings.ToValidUTF8(text, "·"))
}

// A tally counts results.
type tally struct {
	agreed, wrong, skipped, connections int
	less                                bool // some truth is not to be seen whole
}

func (t *tally) count(r result) {
	t.connections += len(r.all)
	t.less = t.less || slices.ContainsFunc(r.all, func(p played) bool { return p.want.visible != "" })
	switch {
	case r.skipped != "":
		t.skipped++
	case r.agrees():
		t.agreed++
	default:
		t.wrong++
	}
}

func (t *tally) print(out io.Writer, took time.Duration) {
	fmt.Fprintf(out, "\n%d scenarios agree, %d do not", t.agreed, t.wrong)
	if t.skipped > 0 {
		fmt.Fprintf(out, ", %d WERE NOT PLAYED", t.skipped)
	}
	fmt.Fprintf(out, "; %d connections in %v\n", t.connections, took.Round(time.Second))
	if t.less {
		fmt.Fprintln(out, "≈ the packets alone show less than that; make lab SCENARIO=NAME tells what")
	}
}

func printList(out io.Writer, which []scenario) {
	for _, s := range which {
		fmt.Fprintln(out, pad(s.name, nameWidth)+s.about)
	}
}
