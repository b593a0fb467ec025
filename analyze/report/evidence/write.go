package evidence

import (
	"fmt"
	"io"
	"path/filepath"

	"sniwatch/analyze/report"
	"sniwatch/capture"
)

// Write writes the evidence as pcapng: for each input a section, with the
// interfaces that were used in it and up to when was captured. summary is the
// report in plain text; it becomes the comment of the first section. What was
// recorded stays, and can be written again. The error is that of the spool, or
// of w.
func (r *Recorder) Write(w io.Writer, summary string) error {
	if r.err != nil {
		return r.err
	}
	if err := r.spool.sort(); err != nil {
		return err
	}
	x := writing{r: r, w: w, summary: summary, input: -1}
	for i := range r.spool.places {
		if err := x.packet(&r.spool.places[i]); err != nil {
			return err
		}
	}
	return x.end()
}

// A writing is evidence that is being written.
type writing struct {
	r       *Recorder
	w       io.Writer
	summary string // until it was written
	out     *capture.Writer
	input   int              // whose section is open
	section *capture.Section // of that input
}

// packet writes the packet at a place of the spool.
func (x *writing) packet(at *place) error {
	p, err := x.r.spool.read(at)
	if err != nil {
		return err
	}
	var of *capture.Section
	if p.Origin.Interface != nil {
		of = p.Origin.Interface.Section
	}
	if at.input() != x.input || of != x.section {
		if err := x.begin(at.input(), of); err != nil {
			return err
		}
	}
	return x.out.WriteFrom(&p.Packet, p.Origin, p.Comment)
}

// begin begins a section, the first one with the file.
func (x *writing) begin(input int, of *capture.Section) (err error) {
	options := capture.WriterOptions{
		Application: "sniwatch " + x.r.options.Version,
		Comment:     join(x.r.about(input, of), x.summary),
	}
	if of != nil {
		options.Hardware, options.OS = of.Hardware, of.OS
	}
	if x.out == nil {
		x.out, err = capture.NewWriter(x.w, options)
	} else if err = x.out.EndSection(x.r.inputs[x.input].until); err == nil {
		err = x.out.Section(options)
	}
	x.input, x.section, x.summary = input, of, ""
	return err
}

// end ends the last section. Without a packet there is one that says so.
func (x *writing) end() error {
	if x.out == nil {
		if err := x.begin(0, nil); err != nil {
			return err
		}
	}
	if err := x.out.EndSection(x.r.inputs[x.input].until); err != nil {
		return err
	}
	return x.out.Flush()
}

// about says what is in a section, and what is not.
func (r *Recorder) about(number int, of *capture.Section) string {
	in := &r.inputs[number]
	name := report.Clean(filepath.Base(in.name), maxWords)
	says := fmt.Sprintf("Evidence of sniwatch %s: of %s, the packets of %s (%d of %d packets).",
		r.options.Version, name, connections(in.connections), in.kept, in.packets)
	if len(r.spool.places) == 0 {
		says = fmt.Sprintf("Evidence of sniwatch %s: there is none, because no connection failed.", r.options.Version)
		if r.counts.Missing() > 0 {
			says = fmt.Sprintf("Evidence of sniwatch %s: there is none.", r.options.Version)
		}
	}
	says = join(says, r.counts.Says())
	if of != nil && of.Application != "" {
		says = join(says, "It was captured with "+report.Clean(of.Application, maxWords)+".")
	}
	return join(says, "Application data is cut away: what is left is handshakes and ends.")
}

// Says tells what is lacking, in sentences; "": nothing is.
func (c Counts) Says() string {
	says := ""
	add := func(n int, why string) {
		if n > 0 {
			says = join(says, fmt.Sprintf("%s %s.", connections(n), why))
		}
	}
	add(c.GivenUp, "left out: the packets had been given up to stay within the memory limit")
	add(c.TooMany, "left out: the evidence had reached its limit")
	add(c.LeftOut, "left out: the packets cannot be redacted safely")
	add(c.Shortened, "cut short: of these only the first packets and the end are there")
	return says
}

func connections(n int) string {
	if n == 1 {
		return "1 failed connection"
	}
	return fmt.Sprintf("%d failed connections", n)
}
