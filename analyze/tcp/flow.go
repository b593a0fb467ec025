package tcp

import "sniwatch/capture"

// A Side is one end of a connection.
type Side uint8

// The client is the one that opened the connection.
const (
	Client Side = iota
	Server
)

// Other gives the side opposite to s.
func (s Side) Other() Side { return 1 - s }

// A Mark is a place in the capture.
type Mark struct {
	Packet int
	Time   capture.Timestamp
}

// A Flow is a connection that is being read. The Table fills it in; a Handler
// reads it, and keeps no pointer to it after Closed.
type Flow struct {
	// ID is below Limits.Flows and belongs to this flow until Closed: a Handler
	// can use it as an index for what it knows of the connection.
	ID int

	Client, Server capture.Endpoint
	First, Last    Mark
	Packets        int
	SYNs, SYNACKs  int // seen, retransmissions included; both 0: the beginning was not captured

	Sides [2]Direction

	acked    bool // the client's bare ACK was told
	patient  bool // see Table.Patient
	released bool // see Table.Release
	entry    uint32
}

// see notes that a packet of the connection went by, and gives its place.
func (f *Flow) see(s *capture.Segment) Mark {
	f.Packets++
	mark := Mark{s.Packet, s.Time}
	f.Last = mark
	return mark
}

// over tells whether nothing more is to come: a side gave up by RST, or both
// have sent FIN and all that is before it.
func (f *Flow) over() bool {
	return f.Sides[Client].RST || f.Sides[Server].RST || f.Closed()
}

// Closed tells whether both sides have sent FIN and all that is before it.
func (f *Flow) Closed() bool {
	c, s := &f.Sides[Client], &f.Sides[Server]
	return c.FIN && s.FIN && c.whole() && s.whole()
}

// A Direction is what one side sent.
type Direction struct {
	Segments      int  // seen, but for a client's SYNs
	Retransmitted int  // segments sent again
	Largest       int  // payload bytes of the largest segment
	LargestAcked  int  // payload bytes of the largest segment that was acknowledged
	FIN, RST      bool // seen

	ignored bool
	known   bool   // next is set
	next    uint32 // sequence number of the next byte in order
	high    uint32 // one past the highest sequence number sent
	ack     uint32 // what the other side acknowledged
	acks    bool   // ack is set
	read    int64  // bytes in order so far, gaps included: the stream's offset of next

	flight [8]sent // segments not yet acknowledged, for LargestAcked
	flying int     // how many of flight there are
	last   uint32  // where the FIN stands
	queue  queue
}

// sent is a segment that waits for its acknowledgement.
type sent struct {
	end    uint32
	length int32
}

// Sent gives the bytes that this side is known to have sent, gaps included and
// retransmissions not counted twice.
func (d *Direction) Sent() int64 {
	if !d.known {
		return 0
	}
	return d.read + int64(max(0, int32(d.high-d.next)))
}

// Acked gives how many of them the other side acknowledged.
func (d *Direction) Acked() int64 {
	if !d.known || !d.acks {
		return 0
	}
	// A FIN takes one sequence number, which is no byte.
	return max(0, min(d.read+int64(int32(d.ack-d.next)), d.Sent()))
}

// whole tells whether everything before the FIN has been captured.
func (d *Direction) whole() bool { return d.ignored || int32(d.next-d.last) >= 0 }

// start sets the sequence number of the first byte, if it is not known.
func (d *Direction) start(seq uint32) {
	if !d.known {
		d.known, d.next, d.high = true, seq, seq
	}
}

// acknowledge notes that the other side has everything before ack.
func (d *Direction) acknowledge(ack uint32) {
	if d.acks && int32(ack-d.ack) <= 0 {
		return
	}
	d.ack, d.acks = ack, true
	if d.ignored {
		return
	}
	for i, left := 0, d.flying; left > 0; i++ {
		s := &d.flight[i]
		if s.length == 0 {
			continue
		}
		left--
		if int32(ack-s.end) >= 0 {
			d.LargestAcked = max(d.LargestAcked, int(s.length))
			s.length = 0
			d.flying--
		}
	}
}

// sends notes a segment that was sent. Where more are under way than there is
// room for, the smallest is forgotten: the largest is what is asked for.
func (d *Direction) sends(end uint32, length int) {
	if int32(end-d.high) > 0 {
		d.high = end
	}
	d.Largest = max(d.Largest, length)
	least := &d.flight[0]
	for i := range d.flight {
		s := &d.flight[i]
		if s.length == 0 || s.end == end {
			if s.length == 0 {
				d.flying++
			}
			*s = sent{end, int32(length)}
			return
		}
		if s.length < least.length {
			least = s
		}
	}
	if int(least.length) < length {
		*least = sent{end, int32(length)}
	}
}

// syn takes in a SYN of the client, the first or a repeated one. A connection
// of which nothing but SYNs is known needs no Flow.
func (t *Table) syn(i uint32, s *capture.Segment) {
	e := t.index.at(i)
	e.syns = uint8(min(int(e.syns)+1, 255))
	if e.state == waiting && s.Length == 0 {
		t.move(i, waiting)
		return
	}
	late := e.state != waiting
	f := t.flow(i)
	if late {
		f.SYNs++
		f.see(s)
	}
	if late && f.SYNs == 1 {
		t.handler.Event(f, Event{SYN, Client, f.Last})
	}
	f.Sides[Client].start(s.Seq + 1)
	if s.Length > 0 { // TCP Fast Open, RFC 7413
		t.payload(f, Client, s.Seq+1, s)
	}
	t.settle(f)
}

// segment takes in everything but a client's SYN.
func (t *Table) segment(f *Flow, from Side, s *capture.Segment) {
	mark := f.see(s)
	d, o := &f.Sides[from], &f.Sides[from.Other()]
	d.Segments++
	seq := s.Seq
	if s.Flags.Has(capture.SYN) {
		f.SYNACKs++
		seq++
		if d.read == 0 && len(d.queue.held) == 0 {
			d.known = false // a host that keeps no state answers each SYN with another number
		}
		d.start(seq)
		if f.SYNACKs == 1 {
			t.handler.Event(f, Event{SYNACK, from, mark})
		}
	}
	if s.Flags.Has(capture.ACK) {
		o.start(s.Ack)
		o.acknowledge(s.Ack)
		if !f.acked && f.SYNACKs > 0 && from == Client && s.Length == 0 && s.Flags&(capture.FIN|capture.RST) == 0 {
			f.acked = true
			t.handler.Event(f, Event{ACK, from, mark})
		}
	}
	if s.Length > 0 && !s.Flags.Has(capture.RST) {
		t.payload(f, from, seq, s)
	}
	if s.Flags.Has(capture.FIN) && !d.FIN {
		d.FIN, d.last = true, seq+uint32(s.Length)
		t.handler.Event(f, Event{FIN, from, mark})
	}
	if s.Flags.Has(capture.RST) {
		d.RST = true
		t.handler.Event(f, Event{RST, from, mark})
	}
	t.overdue(f, Client)
	t.overdue(f, Server)
	t.settle(f)
}

// settle puts a connection into the state that fits what has happened.
func (t *Table) settle(f *Flow) {
	switch {
	case f.released && f.over():
		t.leave(f, quiet)
	case f.released:
		t.leave(f, healthy)
	case f.over() && t.index.at(f.entry).state != closing:
		t.move(f.entry, closing)
	}
}

// maxWindow is the largest window that TCP can announce, in bytes.
const maxWindow = 1 << 30

// payload orders the payload of one segment and gives the handler what is next.
func (t *Table) payload(f *Flow, from Side, seq uint32, s *capture.Segment) {
	d := &f.Sides[from]
	end := seq + uint32(s.Length)
	if d.ignored {
		d.skipTo(end)
		return
	}
	d.start(seq)
	mark := Mark{s.Packet, s.Time}
	ahead := int(int32(seq - d.next))
	if ahead > maxWindow || ahead < -maxWindow {
		return // no sender may do this (RFC 7323, section 2.3): it is not of this connection
	}
	d.sends(end, s.Length)
	switch {
	case ahead+s.Length <= 0:
		if s.Length > 1 { // one old byte is a keep-alive probe
			d.Retransmitted++
			t.handler.Event(f, Event{Retransmission, from, mark})
		}
	case ahead > 0:
		t.hold(f, from, seq, s)
	default:
		old := min(-ahead, len(s.Payload))
		t.deliver(f, from, s.Payload[old:], s.Length+ahead, mark)
		t.drain(f, from)
	}
}

// deliver hands on bytes that are next in order. length is what the segment
// held of them; what is more than b was cut by the snap length.
func (t *Table) deliver(f *Flow, from Side, b []byte, length int, at Mark) {
	d := &f.Sides[from]
	d.next += uint32(length)
	d.read += int64(length)
	if len(b) > length {
		b = b[:length]
	}
	if len(b) > 0 {
		t.handler.Bytes(f, from, b, at)
	}
	if cut := length - len(b); cut > 0 && !d.ignored {
		t.handler.Gap(f, from, Gap{Bytes: int64(cut), Truncated: true, At: at})
	}
}

// skipTo goes on to end without reading; nothing that was held is wanted.
func (d *Direction) skipTo(end uint32) {
	if !d.known {
		d.start(end)
	}
	if n := int32(end - d.next); n > 0 {
		d.next = end
		d.read += int64(n)
	}
	if int32(end-d.high) > 0 {
		d.high = end
	}
}
