package main

import (
	"cmp"
	"io"
	"os"
	"slices"

	"golang.org/x/term"

	"sniwatch/analyze"
	"sniwatch/analyze/report"
)

// How many connections the text lists one by one. More of them belong into
// --format ndjson.
const (
	listed    = 10
	listedAll = 1000 // with --all
)

// An output writes connections as they end, and the report.
type output struct {
	o      *options
	w      io.Writer
	json   *report.JSON
	screen *screen // live
	width  int     // of the terminal, 0: none
	colour bool
	kept   []*analyze.Connection
	more   int
	err    error // the first that the writer gave
}

func newOutput(o *options, s streams) *output {
	out := &output{o: o, w: s.out}
	if f, ok := s.out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		out.width = 80
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			out.width = w
		}
		out.colour = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	if o.format != "text" {
		out.json = report.NewJSON(s.out, o.format == "ndjson")
	} else if o.interfaceName != "" {
		out.screen = newScreen(out, s)
	}
	return out
}

// connection takes a connection that is over, and tells whether it keeps it.
func (out *output) connection(c *analyze.Connection) (kept bool) {
	failed := c.Diagnosis.Failure()
	switch {
	case out.json != nil:
		if !out.o.onlyFailed || c.Handshake != analyze.Complete {
			out.note(out.json.Connection(c))
		}
	case out.screen != nil && (failed || out.o.all):
		out.screen.line(c)
	}
	if out.json != nil || !failed && !out.o.all {
		return false
	}
	most := listed
	if out.o.all {
		most = listedAll
	}
	if len(out.kept) == most {
		out.more++
		return false
	}
	out.kept = append(out.kept, c)
	return true
}

// flush sends on what a reader of a live capture should see.
func (out *output) flush() {
	if out.json != nil {
		out.note(out.json.Flush())
	}
}

func (out *output) note(err error) {
	if out.err == nil {
		out.err = err
	}
}

// close writes the report.
func (out *output) close(r *analyze.Report) error {
	if out.json != nil {
		out.note(out.json.Close(r))
		return out.err
	}
	slices.SortStableFunc(out.kept, func(a, b *analyze.Connection) int { return cmp.Compare(a.Start, b.Start) })
	if out.screen != nil && out.screen.lines > 0 {
		_, err := io.WriteString(out.w, "\n") // the summary stands apart from the lines
		out.note(err)
	}
	out.note(report.WriteText(out.w, r, report.TextOptions{
		Width: min(out.width, 100), Colour: out.colour, All: out.o.all,
		Connections: out.kept, MoreConnections: out.more,
	}))
	return out.err
}
