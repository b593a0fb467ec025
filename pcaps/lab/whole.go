//go:build linux

package main

import (
	"fmt"
	"io"
	"strings"
)

// printWhole prints all that was said about one scenario.
func (l *lab) printWhole(out io.Writer, r result) {
	fmt.Fprintf(out, "%s: %s\n\n", r.scenario.name, r.scenario.about)
	switch {
	case r.skipped != "":
		fmt.Fprintf(out, "NOT PLAYED: %s\n", r.skipped)
		return
	case r.err != nil:
		fmt.Fprintf(out, "✗ %s\n", clean(r.err.Error()))
		return
	}
	fmt.Fprintln(out, "The truth:")
	for _, p := range r.all {
		fmt.Fprintf(out, "  %v\n    %s\n", p.client, p.want.whole())
	}
	printView(out, "sniwatch, live:", r.account.live.connections)
	printView(out, "sniwatch, from tcpdump's file:", r.account.offline.connections)
	fmt.Fprintln(out, "\nThe server's log, and what the lab takes it for:")
	if len(r.remarks) == 0 {
		fmt.Fprintln(out, "  nothing about a handshake that failed")
	}
	for _, remark := range r.remarks {
		fmt.Fprintf(out, "  %s\n    %s\n", remark.class, clean(remark.line))
	}
	fmt.Fprintln(out, "\nThe report:")
	text, err := l.read(r.account, "text")
	if err != nil {
		text = "✗ " + err.Error()
	}
	fmt.Fprintf(out, "%s\n\n", strings.TrimRight(text, "\n"))
	if r.verdict.agree() {
		fmt.Fprintln(out, "✓ The truth, both diagnoses and the log agree.")
		return
	}
	fmt.Fprintln(out, "✗ They do not agree:")
	printDisagreement(out, r.verdict)
}

func printView(out io.Writer, title string, seen []connection) {
	fmt.Fprintf(out, "\n%s\n", title)
	for _, c := range seen {
		fmt.Fprintf(out, "  %v\n    %s\n    %s\n", c.client(), c.opinion(), c.end())
	}
}
