package analyze

import (
	"slices"
	"time"

	"sniwatch/analyze/edge"
)

// A Check is what 'sniwatch check' says, as data: what CloudFront will make of
// the certificates of an origin, case by case. Printers lay it out and decide
// nothing.
type Check struct {
	Version string    // of sniwatch
	At      time.Time // the time for which the certificates were judged
	Roots   string    // which roots count as trusted: "Mozilla, 2026-10-30"
	Source  string    // file of the distribution, "": none was given
	Server  string    // HOST:PORT that handshakes were made with, "": none were

	Rows         []CheckRow
	Certificates []CertificateUsed
	Handshakes   []CheckHandshake
	Warnings     []Warning
	Hints        []Fix // how to find out what was not given
}

// A CheckRow is one case: what was predicted from the names, and every fault
// that makes CloudFront refuse the origin all the same. Accepted and
// ViewerStatus are those of all this together; Matched and ArticleRow are about
// names alone.
type CheckRow struct {
	edge.Row
	Problems []CheckProblem
}

// A CheckProblem is one reason why viewers get an error.
type CheckProblem struct {
	Code  Code
	Title string // one line, no full stop
	Says  string // sentences; paragraphs are separated by an empty line
	Fixes []Fix
}

// A CheckHandshake is one handshake with the server.
type CheckHandshake struct {
	SNI   string
	Offer string // which ClientHello was sent
	OK    bool   // the server took it
	Code  Code
	Says  string // what the server answered, in a few words
}

// What viewers get: from the origin, or where CloudFront cannot use it, 502, and
// 504 where it gets no answer at all.
const (
	statusOK             = 200
	statusBadGateway     = 502
	statusGatewayTimeout = 504
)

// OK tells whether viewers get an answer in this case.
func (r *CheckRow) OK() bool { return r.ViewerStatus == statusOK }

// Counted gives the rows that the verdict is about: those that are in use or,
// where no row is known to be, all of them.
func (c *Check) Counted() []*CheckRow {
	var used, all []*CheckRow
	for i := range c.Rows {
		all = append(all, &c.Rows[i])
		if c.Rows[i].InUse == edge.Yes {
			used = append(used, &c.Rows[i])
		}
	}
	if len(used) > 0 {
		return used
	}
	return all
}

// Fails tells whether viewers get an error in a case that is in use. Cases that
// are shown because something was not given count only where nothing else is
// known.
func (c *Check) Fails() bool {
	return slices.ContainsFunc(c.Counted(), func(r *CheckRow) bool { return !r.OK() })
}

// Uncertain tells whether some cases are in use and others only perhaps.
func (c *Check) Uncertain() bool {
	n := len(c.Counted())
	return n > 0 && n < len(c.Rows)
}
