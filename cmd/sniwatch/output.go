package main

import (
	"cmp"
	"errors"
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

// An output writes connections as they end, and the report, to standard output
// and to the files of --report.
type output struct {
	o      *options
	w      io.Writer
	main   *sink // standard output
	files  []*sink
	screen *screen // live
	red    *redaction
	width  int // of the terminal, 0: none
	colour bool
	pages  pages
	err    error                     // the first that standard output gave
	failed func(*analyze.Connection) // hears of failures; nil: nobody does
}

// newOutput opens the files. Its error is about one of them.
func newOutput(o *options, s streams, red *redaction) (*output, error) {
	out := &output{o: o, w: s.out, red: red, pages: pages{command: red.text(o.command), all: o.all}}
	out.width, out.colour = terminal(s.out)
	out.main = &sink{format: o.format, w: s.out, stream: newStream(o.format, s.out)}
	if o.format == report.Text && o.interfaceName != "" {
		out.screen = newScreen(out, s)
	}
	var err error
	out.files, err = openSinks(o)
	return out, err
}

// terminal gives the columns of a terminal, and whether it is to be coloured; 0:
// it is none.
func terminal(w io.Writer) (width int, colour bool) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	width = 80
	if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
		width = w
	}
	return width, os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// connection takes a connection that is over, and tells whether it keeps it.
func (out *output) connection(c *analyze.Connection) (kept bool) {
	if out.red != nil {
		out.told(out.red.connection(c)) // a copy
		return false
	}
	return out.told(c)
}

// told takes a connection as it may be told.
func (out *output) told(c *analyze.Connection) (kept bool) {
	failed := c.Diagnosis.Failure()
	if failed && out.failed != nil {
		out.failed(c)
	}
	if out.screen != nil && (failed || out.o.all) {
		out.screen.line(c)
	}
	if !out.o.onlyFailed || c.Handshake != analyze.Complete {
		out.main.connection(c)
		out.note(out.main.err)
		for _, s := range out.files {
			s.connection(c)
		}
	}
	if !failed && !out.o.all {
		return false
	}
	most := listed
	if out.o.all {
		most = listedAll
	}
	if len(out.pages.kept) == most {
		out.pages.more++
		return false
	}
	out.pages.kept = append(out.pages.kept, c)
	return true
}

// flush sends on what a reader of a live capture should see.
func (out *output) flush() {
	if out.main.stream != nil {
		out.note(out.main.stream.Flush())
	}
}

func (out *output) note(err error) {
	if out.err == nil {
		out.err = err
	}
}

// close writes the report, to standard output first. A file that fails does not
// stop the others.
func (out *output) close(r *analyze.Report, ev *evidenceFile) error {
	out.pages.evidence, out.pages.red = ev, out.red
	slices.SortStableFunc(out.pages.kept, func(a, b *analyze.Connection) int { return cmp.Compare(a.Start, b.Start) })
	if out.screen != nil && out.screen.lines > 0 {
		_, err := io.WriteString(out.w, "\n") // the summary stands apart from the lines
		out.note(err)
	}
	screen := out.pages
	screen.width, screen.colour = out.width, out.colour
	out.note(out.main.finish(r, &screen))
	errs := []error{out.err}
	for _, s := range out.files {
		errs = append(errs, s.finish(r, &out.pages))
	}
	return errors.Join(errs...)
}

// abort removes the files that are not whole.
func (out *output) abort() { abort(out.files) }
