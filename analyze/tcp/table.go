// Package tcp follows TCP connections: it finds the connection of each
// segment, puts the bytes of each side in order as far as somebody wants them,
// and tells what happens to it: SYN, FIN, RST, gaps, retransmissions, silence.
//
// Memory is bounded by Limits. A connection is a fixed entry without pointers;
// only while its bytes are wanted does it have a Flow, which may hold a few
// segments that came early. What is given up for want of room is counted.
package tcp

import (
	"cmp"
	"slices"
	"time"

	"sniwatch/capture"
)

// A Handler is told what happens on the connections, in the order of the
// capture. It must not call the Table, except for Ignore, Patient and Release.
type Handler interface {
	// ClientSent decides who is the client of a connection whose SYN was not
	// captured: true if s, its first segment with payload, is from the client.
	ClientSent(s *capture.Segment) bool
	// Unanswered is the only word about a connection of which nothing but the
	// client's SYNs were seen.
	Unanswered(s *SYNs, why Reason)
	// Opened is the first word about any other connection.
	Opened(f *Flow)
	// Bytes are the next bytes of one side. They are valid until Bytes returns.
	Bytes(f *Flow, from Side, b []byte, at Mark)
	// Gap says that the next bytes of one side were not captured.
	Gap(f *Flow, from Side, g Gap)
	// Event tells of everything that is no byte.
	Event(f *Flow, e Event)
	// Unreachable tells of an ICMP error about a segment that from sent.
	Unreachable(f *Flow, from Side, s *capture.Segment)
	// Closed is the last word about a connection.
	Closed(f *Flow, why Reason)
}

// SYNs are all that there is of a connection that got no answer. They are valid
// until Unanswered returns.
type SYNs struct {
	Client, Server *capture.Endpoint
	First, Last    Mark
	Count          int // at most 255
}

// A Gap is a stretch of bytes that was not captured.
type Gap struct {
	After     int64 // bytes of this side before it; not set where Truncated
	Bytes     int64
	Truncated bool // the packet was there, and the snap length cut it
	At        Mark // the first packet after it
}

// An Event is something that happens on a connection.
type Event struct {
	What What
	From Side
	At   Mark
}

// What happens on a connection.
type What uint8

// The events.
const (
	SYN            What = iota
	SYNACK              // SYN and ACK
	ACK                 // the client's first bare ACK after the SYN-ACK
	FIN                 // the first of each side
	RST                 // each
	Retransmission      // a segment with payload that was sent before
)

// A Reason says why a connection is over.
type Reason uint8

// The reasons.
const (
	Ended    Reason = iota // RST, or FIN from both sides, a moment ago
	Reused                 // the same addresses and ports began a new connection
	Idle                   // silence
	Finished               // the capture is over
	Evicted                // given up to stay within the limits
)

// How long connections are kept, in packet time. When that is over depends on the
// connection's own packets alone.
const (
	linger  = 400 * time.Millisecond // after the end, for late packets
	silence = 120 * time.Second      // without a packet, while the handshake is unfinished
	long    = 15 * time.Minute       // without a packet, when silence is no failure
	grave   = 10 * time.Second       // after it was told, to recognise late packets
	haunted = 60 * time.Second       // the same where it fell silent, and after each late packet with payload, which is sent again less and less often
)

// Limits bound the memory of a Table.
type Limits struct {
	Connections int // entries, of 88 bytes each, and 16 to 32 for finding it
	Flows       int // connections that are being read at the same time
	HeldBytes   int // of all segments that are held out of order
}

// Counts tell what a Table could not give to its Handler.
type Counts struct {
	Stray   int // segments without payload, of connections that are not known
	Late    int // segments of connections that were told already
	Evicted int // connections given up to stay within the limits
}

// A Table follows all connections of one capture.
type Table struct {
	Counts Counts
	// Unsure says that since Divide something was given up for want of room that one
	// Table for all might have kept.
	Unsure bool

	handler   Handler
	limits    Limits
	index     index
	flows     []*Flow
	idle      []uint32 // free places in flows
	heldBytes int
	syns      SYNs // told last: one after the other, so that none is allocated
	clock     Clock
	due       capture.Timestamp // when the first entry may have to be given up
	expired   []expiry          // those that are given up at the same time
	telling   *expiry           // the one of them that is being told
	packet    int               // that was taken in last

	divided, apart bool
	begun          []Begun
	heldMost       int // the most that heldBytes ever was
}

// NewTable makes a Table that tells h what it sees.
func NewTable(h Handler, limits Limits) *Table {
	return &Table{handler: h, limits: limits, index: newIndex(limits.Connections), due: never}
}

// Ignore says that nobody wants more bytes of one side.
func (t *Table) Ignore(f *Flow, from Side) {
	d := &f.Sides[from]
	d.ignored = true
	t.forget(&d.queue)
}

// Patient says that the handshake is over: from now on silence is normal.
func (t *Table) Patient(f *Flow) { f.patient = true }

// Release says that everything that anybody wants to know of a connection is
// known. It is forgotten when the handler returns, without a call of Closed.
func (t *Table) Release(f *Flow) { f.released = true }

// Segment takes in one segment. It keeps nothing of s. It gives the number of
// the first packet of the connection that the segment belongs to; 0 where it
// belongs to none, or nobody wants to know more about that.
func (t *Table) Segment(s *capture.Segment) (connection int) {
	t.Advance(s.Time)
	t.packet = s.Packet
	isSYN := s.Flags&(capture.SYN|capture.ACK|capture.RST) == capture.SYN
	hash := t.index.hash(&s.Src, &s.Dst)
	i, e, from := t.find(hash, s)
	if t.apart && (i == 0 && !isSYN || i != 0 && e.state == elsewhere) {
		if i == 0 {
			t.foreign(hash, s)
		}
		return Foreign
	}
	if i != 0 && isSYN && e.isNew(from, s) {
		t.close(i, Reused)
		t.discard(i)
		i = 0
	}
	if i == 0 {
		if i, from = t.begin(hash, s); i == 0 {
			t.Counts.Stray++
			return 0
		}
		e = t.index.at(i)
	}
	e.last, e.latest = t.clock.Now, uint32(s.Packet)
	switch {
	case e.state == quiet:
		t.Counts.Late++
		e.late = e.late || s.Length > 0
	case e.state == healthy:
		if s.Flags&(capture.FIN|capture.RST) != 0 {
			t.move(i, quiet)
		}
	case isSYN:
		t.syn(i, s)
	case e.state == waiting:
		t.segment(t.flow(i), from, s)
	default:
		t.segment(t.flows[e.flow], from, s)
	}
	return e.wanted()
}

// find gives the entry of a segment, and the side that sent it; 0 and nil if there is
// none, or one that it is time to forget.
func (t *Table) find(hash uint32, s *capture.Segment) (uint32, *entry, Side) {
	i, e, from := t.index.find(hash, s)
	if i != 0 && t.forgotten(e) {
		t.discard(i)
		return 0, nil, from
	}
	return i, e, from
}

// forgotten tells whether it is time to forget an entry of which nothing more is told.
func (t *Table) forgotten(e *entry) bool {
	return (e.state == healthy || e.state == quiet) && t.deadline(e) <= t.clock.Now
}

// wanted gives the number of the first packet, or 0 where the connection was
// told already.
func (e *entry) wanted() int {
	if e.state == healthy || e.state == quiet {
		return 0
	}
	return int(e.first)
}

// isNew tells whether a SYN begins another connection than the one that e is, between
// the same ports.
func (e *entry) isNew(from Side, s *capture.Segment) bool {
	return from == Server || e.isn != s.Seq || e.state == quiet
}

// Unreachable takes in an ICMP error; s is the segment that it quotes. It gives
// the same as Segment.
func (t *Table) Unreachable(s *capture.Segment) (connection int) {
	t.Advance(s.Time)
	t.packet = s.Packet
	i, e, from := t.find(t.index.hash(&s.Src, &s.Dst), s)
	if t.apart && (i == 0 || e.state == elsewhere) {
		return Foreign
	}
	if i == 0 || e.state == quiet || e.state == healthy {
		t.Counts.Stray++
		return 0
	}
	f := t.flow(i)
	f.see(s)
	t.handler.Unreachable(f, from, s)
	return e.wanted()
}

// Advance tells what time it is, so that silence is noticed.
func (t *Table) Advance(now capture.Timestamp) {
	t.clock.Tick(now)
	if t.clock.Now >= t.due {
		t.expire()
	}
}

// Finish closes all connections, in the order in which they began: the capture is
// over. The Table can then be used for another capture.
func (t *Table) Finish() {
	x := &t.index
	var open []uint32
	for s := waiting; s < healthy; s++ {
		for i := x.lists[s].oldest; i != 0; i = x.at(i).newer {
			open = append(open, i)
		}
	}
	slices.SortFunc(open, func(a, b uint32) int { return cmp.Compare(x.at(a).first, x.at(b).first) })
	for _, i := range open {
		why := Finished
		switch {
		case x.at(i).state == closing:
			why = Ended
		case t.deadline(x.at(i)) <= t.clock.Now:
			why = Idle
		}
		t.close(i, why)
	}
	for _, s := range [...]state{healthy, quiet} {
		for i := x.lists[s].oldest; i != 0; i = x.lists[s].oldest {
			t.discard(i)
		}
	}
	t.clock, t.due, t.divided = Clock{}, never, false
}

// Open gives the number of connections that are neither over nor known to be
// healthy.
func (t *Table) Open() int { return len(t.flows) - len(t.idle) }
