// Package evidence keeps the packets of the connections that failed, and writes
// them as a small capture that anybody can check: the handshake and the end of
// each, the diagnosis as a comment on the packet that decides, and no
// application data.
//
// A Recorder holds the packets of the connections that are still open, within
// Limits. One that turns out healthy is forgotten. Of one that failed, the
// application data is taken out (trim.go), and the packets go to a spool; at the
// end they are written in the order in which they were captured. sniwatch makes
// the same diagnoses of the result.
package evidence

import (
	"io"

	"sniwatch/analyze"
	"sniwatch/capture"
)

// Limits bound what a Recorder needs.
type Limits struct {
	ConnectionPackets int   // packets of one connection; of what comes then, only the end is kept
	ConnectionBytes   int   // bytes of one connection; from then on, headers only
	Memory            int   // bytes for all connections that are open; the oldest are given up first
	Packets           int   // in the evidence
	Bytes             int64 // of them; a single cause takes half of both at most
}

// DefaultLimits leave room for any handshake, and for those of several thousand
// connections that failed. The index of the evidence takes 24 bytes a packet.
var DefaultLimits = Limits{
	ConnectionPackets: 1024,
	ConnectionBytes:   96 << 10,
	Memory:            20 << 20,
	Packets:           1 << 18,
	Bytes:             256 << 20,
}

// Options say what is written beside the packets, and what is done to them first.
type Options struct {
	Version string // of sniwatch
	Limits  Limits // zero: DefaultLimits

	// Rewrite is given all packets of one connection that failed, in the order
	// of their capture and without application data, and gives them back
	// changed: so that names and addresses do not leave the house. It may write
	// to their bytes. Both are valid until it returns. nil: they cannot be
	// changed; they are left out, and counted. nil instead of a function: they
	// stay as they are.
	Rewrite func(c *analyze.Connection, packets []Packet) []Packet
	// InputName gives the name of an input as it may be told; nil: as it is.
	InputName func(string) string
}

// A Packet is one packet of the evidence.
type Packet struct {
	capture.Packet
	Origin  capture.Origin
	Comment string // the diagnosis, or the evidence for it; "": none
}

// Counts tell what is in the evidence, and what should be and is not.
type Counts struct {
	Connections int // failed, and in the evidence
	Packets     int // of them

	Shortened int // of the connections: those with more packets or bytes than are kept
	GivenUp   int // failed, and not there: their packets had been given up for want of memory
	TooMany   int // failed, and not there: the evidence has reached its limit
	LeftOut   int // failed, and not there: Rewrite could not change them
}

// Missing gives how many failed connections are not in the evidence.
func (c Counts) Missing() int { return c.GivenUp + c.TooMany + c.LeftOut }

// A Spool is where packets wait until the end: a file that nobody else sees.
type Spool interface {
	io.Writer // appends
	io.ReaderAt
}

// An OriginTeller knows where the packet that was read last is from. A
// capture.File is one.
type OriginTeller interface{ Origin() capture.Origin }

// A Recorder is an analyze.Recorder that keeps the connections that failed.
type Recorder struct {
	options Options
	origins OriginTeller
	holding holding
	spool   spool
	inputs  []input
	counts  Counts
	taken   map[analyze.Code]*share
	titles  titles
	trimmer trimmer
	packets []Packet // of the connection at hand
	bytes   []byte   // of them
	err     error    // the first of the spool
}

// An input is what the evidence says about one input.
type input struct {
	name        string
	packets     int // in all
	connections int // in the evidence
	kept        int // packets of them
	until       capture.Timestamp
}

// A share is what one cause has taken of the evidence.
type share struct {
	packets int
	bytes   int64
}

// NewRecorder makes a Recorder that uses a spool, which is empty.
func NewRecorder(s Spool, o Options) *Recorder {
	if o.Limits == (Limits{}) {
		o.Limits = DefaultLimits
	}
	on := &interfaces{}
	return &Recorder{
		options: o,
		holding: newHolding(o.Limits, on),
		spool:   spool{file: s, interfaces: on},
		inputs:  []input{{}},
		taken:   map[analyze.Code]*share{},
		titles:  titles{},
	}
}

// Begin says where the packets of the next input are from. It is called before
// the first of them.
func (r *Recorder) Begin(origins OriginTeller) { r.origins = origins }

// Packet holds a packet until it is known what becomes of its connection.
func (r *Recorder) Packet(first int, p *capture.Packet, s *capture.Segment) {
	r.holding.add(first, p, s, r.origins)
}

// Healthy forgets the packets of a connection.
func (r *Recorder) Healthy(first int) { r.holding.refuse(first) }

// Over moves the packets of a connection that failed to the evidence, and
// forgets those of others.
func (r *Recorder) Over(c *analyze.Connection, d *analyze.Diagnosis, words func() analyze.Diagnosis) {
	t := r.holding.take(c.FirstPacket)
	switch {
	case !failed(c, d, words):
	case t == nil:
		r.counts.GivenUp++
	case r.enough(d.Code, t):
		r.counts.TooMany++
	default:
		r.keep(c, r.worded(c, d, words), t)
	}
	r.holding.recycle(t)
}

// failed tells whether a connection belongs into the evidence.
func failed(c *analyze.Connection, d *analyze.Diagnosis, words func() analyze.Diagnosis) bool {
	if c.Handshake == analyze.Refused || c.Handshake == analyze.Failed {
		return true
	}
	if d.Failure() && d.Title == "" { // it may be harmless, other than those of its kind
		own := words()
		return own.Failure()
	}
	return d.Failure()
}

// worded gives the diagnosis with its words. What scanners make by the million,
// a TCP connection without a byte, has those of the first of its kind.
func (r *Recorder) worded(c *analyze.Connection, d *analyze.Diagnosis, words func() analyze.Diagnosis) *analyze.Diagnosis {
	if d.Title == "" && (c.FromClient.Bytes+c.FromServer.Bytes > 0 || r.titles[titleFor(c, d)] == "") {
		own := words()
		return &own
	}
	return d
}

// enough tells whether the evidence has no room for a connection. What scanners
// make by the million must not take the place of everything else.
func (r *Recorder) enough(code analyze.Code, t *track) bool {
	l := &r.options.Limits
	of := r.taken[code]
	if of == nil {
		of = &share{}
		r.taken[code] = of
	}
	packets, bytes := t.packets, int64(t.bytes)
	if r.counts.Packets+packets > l.Packets || r.spool.size+bytes > l.Bytes ||
		of.packets+packets > l.Packets/2 || of.bytes+bytes > l.Bytes/2 {
		return true
	}
	of.packets += packets
	of.bytes += bytes
	return false
}

// keep takes the application data out of a connection, comments it, and spools it.
func (r *Recorder) keep(c *analyze.Connection, d *analyze.Diagnosis, t *track) {
	r.bytes, r.packets = r.holding.read(t, r.bytes[:0], r.packets[:0])
	packets := r.packets
	r.trimmer.trim(c, packets)
	r.comment(c, d, packets, t.shortened)
	if r.options.Rewrite != nil {
		if packets = r.options.Rewrite(c, packets); packets == nil {
			r.counts.LeftOut++
			return
		}
	}
	for i := range packets {
		r.note(r.spool.add(len(r.inputs)-1, &packets[i]))
	}
	in := &r.inputs[len(r.inputs)-1]
	in.connections++
	in.kept += len(packets)
	r.counts.Connections++
	r.counts.Packets += len(packets)
	if t.shortened {
		r.counts.Shortened++
	}
}

// End notes what is known about an input, and makes ready for the next.
func (r *Recorder) End(in *analyze.Input, until capture.Timestamp) {
	r.holding.forget()
	at := &r.inputs[len(r.inputs)-1]
	at.name, at.packets, at.until = in.Name, in.Packets, until
	if r.options.InputName != nil {
		at.name = r.options.InputName(in.Name)
	}
	r.inputs = append(r.inputs, input{})
	r.origins = nil
}

// Counts tells what is in the evidence so far.
func (r *Recorder) Counts() Counts { return r.counts }

// Err gives the first error of the spool: what is written then would not be whole.
func (r *Recorder) Err() error { return r.err }

func (r *Recorder) note(err error) {
	if r.err == nil {
		r.err = err
	}
}
