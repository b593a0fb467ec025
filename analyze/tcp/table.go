// Package tcp follows TCP connections: it finds the connection of each
// segment, puts the bytes of each side in order as far as somebody wants them,
// and tells what happens to it: SYN, FIN, RST, gaps, retransmissions, silence.
//
// Memory is bounded by Limits. A connection is a fixed entry without pointers;
// only while its bytes are wanted does it have a Flow, which may hold a few
// segments that came early. What is given up for want of room is counted.
package tcp

import (
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

// How long connections are kept, in packet time.
const (
	linger  = 400 * time.Millisecond // after the end, for late packets
	silence = 120 * time.Second      // without a packet, while the handshake is unfinished
	long    = 15 * time.Minute       // without a packet, when silence is no failure
	grave   = 60 * time.Second       // after it was told, to recognise late packets
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

	handler   Handler
	limits    Limits
	index     index
	flows     []*Flow
	idle      []uint32 // free places in flows
	heldBytes int
	syns      SYNs // told last: one after the other, so that none is allocated
	now       capture.Timestamp
	due       capture.Timestamp // when the first entry may have to be given up
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
	isSYN := s.Flags&(capture.SYN|capture.ACK|capture.RST) == capture.SYN
	hash := t.index.hash(&s.Src, &s.Dst)
	i, from := t.index.find(hash, s)
	if i != 0 && isSYN && t.isNew(i, from, s) {
		t.close(i, Reused)
		t.discard(i)
		i = 0
	}
	if i == 0 {
		if i, from = t.begin(hash, s); i == 0 {
			t.Counts.Stray++
			return 0
		}
	}
	e := &t.index.entries[i]
	e.last, e.latest = s.Time, uint32(s.Packet)
	switch {
	case e.state == quiet:
		t.Counts.Late++
	case e.state == healthy:
		if s.Flags&(capture.FIN|capture.RST) != 0 {
			t.move(i, quiet)
		}
	case isSYN:
		t.syn(i, s)
	default:
		t.segment(t.flow(i), from, s)
	}
	return e.wanted()
}

// wanted gives the number of the first packet, or 0 where the connection was
// told already.
func (e *entry) wanted() int {
	if e.state == healthy || e.state == quiet {
		return 0
	}
	return int(e.first)
}

// isNew tells whether a SYN begins another connection than the one that entry i
// knows between the same ports.
func (t *Table) isNew(i uint32, from Side, s *capture.Segment) bool {
	e := &t.index.entries[i]
	return from == Server || e.isn != s.Seq || e.state == quiet
}

// Unreachable takes in an ICMP error; s is the segment that it quotes. It gives
// the same as Segment.
func (t *Table) Unreachable(s *capture.Segment) (connection int) {
	t.Advance(s.Time)
	i, from := t.index.find(t.index.hash(&s.Src, &s.Dst), s)
	if i == 0 || t.index.entries[i].state == quiet || t.index.entries[i].state == healthy {
		t.Counts.Stray++
		return 0
	}
	f := t.flow(i)
	f.see(s)
	t.handler.Unreachable(f, from, s)
	return t.index.entries[i].wanted()
}

// Advance tells what time it is, so that silence is noticed.
func (t *Table) Advance(now capture.Timestamp) {
	t.now = now
	if now >= t.due {
		t.expire()
	}
}

// Finish closes all connections: the capture is over. What was silent for long
// enough by then counts as idle, whether or not a packet came to notice it. The
// Table can then be used for another capture.
func (t *Table) Finish() {
	for s := waiting; s < states; s++ {
		for i := t.index.lists[s].oldest; i != 0; i = t.index.lists[s].oldest {
			why := Finished
			switch {
			case s == closing:
				why = Ended
			case t.silent(i):
				why = Idle
			}
			t.close(i, why)
			t.discard(i)
		}
	}
	t.now, t.due = 0, never
}

// Open gives the number of connections that are neither over nor known to be
// healthy.
func (t *Table) Open() int { return len(t.flows) - len(t.idle) }
