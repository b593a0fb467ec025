package evidence

import (
	"fmt"
	"strings"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
	"sniwatch/analyze/report"
)

const (
	maxWords    = 300 // columns of a title, a label or a value
	maxEvidence = 12  // rows of a diagnosis that a comment shows
)

// titles are those of the diagnoses so far: where a cause comes again and again,
// the analysis leaves the words away.
type titles map[titleOf]string

type titleOf struct {
	code       analyze.Code
	cloudFront bool
}

func titleFor(c *analyze.Connection, d *analyze.Diagnosis) titleOf {
	return titleOf{d.Code, c.Edge.Network != edge.Other}
}

// comment writes the diagnosis to the packet that decides, and to the others what
// is evidence in them.
func (r *Recorder) comment(c *analyze.Connection, d *analyze.Diagnosis, packets []Packet, shortened bool) {
	if len(packets) == 0 {
		return
	}
	key := titleFor(c, d)
	if d.Title != "" {
		r.titles[key] = d.Title
	}
	decides := deciding(c, d, packets)
	for _, e := range d.Evidence {
		if i := numbered(packets, e.Packet); i >= 0 && i != decides {
			packets[i].Comment = join(packets[i].Comment, "sniwatch: "+row(&e))
		}
	}
	packets[decides].Comment = whole(c, d, r.titles[key], packets[decides].Number, shortened)
}

// deciding gives the packet that completes the evidence: the last one of it, or
// of the connection.
func deciding(c *analyze.Connection, d *analyze.Diagnosis, packets []Packet) int {
	last := 0
	for _, e := range d.Evidence {
		last = max(last, e.Packet)
	}
	if last == 0 {
		last = c.End.Packet
	}
	if i := numbered(packets, last); i >= 0 {
		return i
	}
	return len(packets) - 1
}

// numbered finds the packet that had this number in the input; -1: it is not there.
func numbered(packets []Packet, number int) int {
	for i := range packets {
		if number != 0 && packets[i].Number == number {
			return i
		}
	}
	return -1
}

// whole is the comment on the packet that decides.
func whole(c *analyze.Connection, d *analyze.Diagnosis, title string, number int, shortened bool) string {
	said := "sniwatch: "
	switch {
	case d.Code == "":
		said += "the handshake was " + c.Handshake.String() // it went on all the same
	default:
		said += fmt.Sprintf("[%s] %s (%s)", d.Certainty, report.Clean(title, maxWords), d.Code)
	}
	for i := range d.Evidence[:min(len(d.Evidence), maxEvidence)] {
		said = join(said, row(&d.Evidence[i]))
	}
	if shortened {
		said = join(said, "Of this connection, the first packets and the end are here.")
	}
	return join(said, fmt.Sprintf("Packets are numbered as in the capture that this was taken from. This one was %d.", number))
}

// row is one row of the evidence.
func row(e *analyze.Evidence) string {
	said := report.Clean(e.Label, maxWords)
	if e.Value != "" {
		said += ": " + report.Clean(e.Value, maxWords)
	}
	var where []string
	if e.Packet != 0 {
		where = append(where, fmt.Sprintf("packet %d", e.Packet))
	}
	if e.File != "" {
		where = append(where, report.Clean(e.File, maxWords))
	}
	if e.Note != "" {
		where = append(where, report.Clean(e.Note, maxWords))
	}
	if len(where) == 0 {
		return said
	}
	return said + " (" + strings.Join(where, ", ") + ")"
}

// join puts two texts onto lines of their own.
func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "\n" + b
}
