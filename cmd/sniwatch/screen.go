package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"sniwatch/analyze"
	"sniwatch/analyze/report"
)

// redraw is how often the status line is drawn again.
const redraw = 250 * time.Millisecond

// A screen shows a live capture: a line for each failed connection and, on a
// terminal, one status line below that is drawn again and again.
type screen struct {
	out    *output
	status io.Writer // nil: no terminal
	drawn  time.Time
	shown  bool
	lines  int // connections written
}

func newScreen(out *output, s streams) *screen {
	sc := &screen{out: out}
	if f, ok := s.err.(*os.File); ok && out.width > 0 && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd())) {
		sc.status = s.err
	}
	return sc
}

// line writes one connection.
func (sc *screen) line(c *analyze.Connection) {
	sc.clear()
	sc.lines++
	sc.out.note(report.WriteLine(sc.out.w, c, report.LineOptions{Width: sc.out.width, Colour: sc.out.colour}))
}

// draw shows how things stand, at most every redraw.
func (sc *screen) draw(w *analyze.Watcher, dropped int, now time.Time) {
	if sc.status == nil || now.Sub(sc.drawn) < redraw {
		return
	}
	sc.drawn = now
	packets, open, n := w.Progress()
	text := fmt.Sprintf("%d packets, %d connections (%d open), %d failed, %d dropped", packets, n.Connections, open,
		n.Refused+n.Failed, dropped)
	fmt.Fprintf(sc.status, "\r\x1b[K%s", report.Clean(text, sc.out.width-1))
	sc.shown = true
}

// clear takes the status line away.
func (sc *screen) clear() {
	if sc.shown {
		fmt.Fprint(sc.status, "\r\x1b[K")
		sc.shown = false
	}
}
