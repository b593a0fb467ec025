package analyze

import "sniwatch/analyze/edge"

// A Code names one cause. Codes are part of the interface: see docs/diagnoses.md.
type Code string

// Certainty tells how sure a Diagnosis is.
type Certainty string

// The three certainties.
const (
	Proven   Certainty = "proven"   // the evidence admits no other cause
	Likely   Certainty = "likely"   // a rejection that the local certificate explains
	Possible Certainty = "possible" // one of several causes, all of them listed
)

// A Diagnosis is the opinion about one connection. The zero value says that
// there is nothing to say: no TLS was tried, on a port that has none.
type Diagnosis struct {
	Code        Code
	Certainty   Certainty
	Title       string     // one line, no full stop
	Explanation string     // what happened and why; paragraphs are separated by an empty line
	Evidence    []Evidence // never empty where Code is set
	Fixes       []Fix      // alternatives, the best first
	Also        []Code     // faults that stand beside this one, in table order
	Harmless    bool       // nobody has to mend anything: a health check, a scanner
	ArticleRow  int        // row of CloudFront's rule of names (docs/cloudfront.md), 0: none
}

// Evidence is one fact that a Diagnosis rests on: where it was seen, and what.
type Evidence struct {
	Packet int    // number of the packet, 0: it is not from a packet
	File   string // where it is from a file: its name
	Label  string // "CloudFront asked for"
	Value  string // "origin.example.com"; untrusted, cleaned where it is printed
	Note   string // "same as fullchain.pem"
}

// A Fix is one thing that the operator can do.
type Fix = edge.Fix

// Failure tells whether d names a failure: something for somebody to mend.
func (d *Diagnosis) Failure() bool { return d.remarkable() && !d.Harmless }

// remarkable tells whether a report has a finding for d.
func (d *Diagnosis) remarkable() bool {
	switch d.Code {
	case "", OK, OKResumed, CompletedAbandoned, StillOpen, IncompleteCapture:
		return false
	}
	return true
}
