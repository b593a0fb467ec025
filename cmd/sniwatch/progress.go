package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"sniwatch/analyze/report"
	"sniwatch/capture"
)

const (
	progressAfter = time.Second            // what is done sooner needs no bar
	progressEvery = 200 * time.Millisecond // between two drawings
	progressBar   = 24                     // columns of the bar
)

// A progress shows on a terminal how far the reading of a capture has come.
type progress struct {
	w     io.Writer // nil: nobody is to see it
	width int
	now   func() time.Time
	began time.Time // of this file
	drawn time.Time
	shown bool
}

// newProgress looks whether there is a terminal for it: standard error, and
// nothing that is written to the same terminal meanwhile.
func newProgress(o *options, s streams) *progress {
	p := &progress{now: s.now}
	f, ok := s.err.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" || !term.IsTerminal(int(f.Fd())) {
		return p
	}
	if out, ok := s.out.(*os.File); ok && term.IsTerminal(int(out.Fd())) && o.format.Every() {
		return p
	}
	p.w, p.width = s.err, 80
	if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
		p.width = w
	}
	return p
}

// begin starts anew with another file.
func (p *progress) begin() {
	if p.w != nil {
		p.began = p.now()
	}
}

// at is called from time to time with how far the file has been read.
func (p *progress) at(f *capture.File) {
	if p.w == nil {
		return
	}
	now := p.now()
	if now.Sub(p.began) < progressAfter || now.Sub(p.drawn) < progressEvery {
		return
	}
	read, size := f.Progress()
	p.drawn, p.shown = now, true
	text := progressText(read, size, now.Sub(p.began))
	if _, bare, ok := strings.Cut(text, "] "); ok && len(text) >= p.width {
		text = strings.TrimLeft(bare, " ") // no room for the bar
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s", report.Clean(text, max(1, p.width-1)))
}

// clear takes the bar away: something else is to be printed.
func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}

// progressText says how far it is: a bar, the part, the rate, the time left; of
// a pipe, whose end is not known, the bytes and the rate.
func progressText(read, size int64, took time.Duration) string {
	rate := float64(read) / max(took.Seconds(), 0.001)
	mega := fmt.Sprintf("%.0f MB/s", rate/1e6)
	if size <= 0 {
		return fmt.Sprintf("%.1f MB read, %s", float64(read)/1e6, mega)
	}
	read = min(read, size)
	part := float64(read) / float64(size)
	done := int(progressBar * part)
	left := "…"
	if rate > 0 {
		left = time.Duration(float64(size-read) / rate * float64(time.Second)).Round(time.Second).String()
	}
	return fmt.Sprintf("[%s%s] %3d %%, %s, %s left", strings.Repeat("=", done), strings.Repeat(" ", progressBar-done),
		int(part*100), mega, left)
}
