package tcp

import "sniwatch/capture"

// A capture can be followed in parts, at the same time, by a Table each, and be put
// together again exactly. A part begins with an empty Table, which follows the
// connections that begin in it with a SYN. All others may have begun before: their
// segments are Foreign, and left to the Table that knows what was before. That one
// takes in, in the order of the capture, the foreign segments of the part, and the
// beginnings in it (Begins), because a SYN ends what was between the same ports;
// or it is no beginning, but was sent before. At the end of the part it takes over
// what its Table knows (Absorb).
//
// All that makes a connection end depends on its own packets and on the time, so
// that it is the same in any Table. What is given up for want of room does not: see
// Unsure.

// Foreign is what Segment and Unreachable give in a part for a segment of a
// connection that may have begun before it.
const Foreign = -1

// A Turn is when something is told: by it, what several Tables tell gets into the
// order in which one would have told it.
type Turn struct {
	Time    capture.Timestamp
	Packet  int  // that makes it known, or was the connection's last
	Packets bool // it was a packet that made it known, and not the time
}

// Before tells whether t comes before o.
func (t Turn) Before(o Turn) bool {
	switch {
	case t.Time != o.Time:
		return t.Time < o.Time
	case t.Packets != o.Packets:
		return o.Packets
	}
	return t.Packet < o.Packet
}

// A Begun is the beginning of a connection in a part.
type Begun struct {
	Time        capture.Timestamp
	connection  uint64 // the hash of its addresses and ports
	Packet, isn uint32
	client      uint32 // a hash that tells the client from the server
}

// SYNsBefore are a connection's SYNs before the part in which it seemed to begin.
type SYNsBefore struct {
	First Mark
	Count int
}

// Divide says that parts of what t follows may be followed by other Tables.
func (t *Table) Divide() { t.divided = true }

// Claim makes an empty t ready for many connections.
func (t *Table) Claim() { t.index.claim() }

// Apart empties t, and makes it the Table of a part of what whole follows.
func (t *Table) Apart(whole *Table) {
	t.index.reset(whole.index.seed)
	t.idle = t.idle[:0]
	for id := range t.flows {
		t.idle = append(t.idle, uint32(id))
	}
	t.Counts, t.heldBytes, t.heldMost, t.clock, t.due = Counts{}, 0, 0, Clock{}, never
	t.apart, t.begun = true, t.begun[:0]
}

// Full tells, of the Table of a part, whether the next segment could need more than
// the limits allow: the part ends before it.
func (t *Table) Full() bool {
	x := &t.index
	return x.unused == 0 && x.touched == x.room ||
		len(t.idle) == 0 && len(t.flows) == t.limits.Flows ||
		t.heldBytes > t.limits.HeldBytes-maxHeldBytes
}

// Begun gives the connection that the last segment began, if it did.
func (t *Table) Begun() (b Begun, ok bool) {
	if len(t.begun) == 0 {
		return Begun{}, false
	}
	b, t.begun = t.begun[0], t.begun[:0]
	return b, true
}

// Now tells what time it is.
func (t *Table) Now() Clock { return t.clock }

// Turn tells when that is told which a Handler is being told.
func (t *Table) Turn() Turn {
	if t.telling != nil {
		return Turn{Time: t.telling.at, Packet: int(t.index.at(t.telling.entry).latest)}
	}
	return Turn{Time: t.clock.Now, Packet: t.packet, Packets: true}
}

// Begins takes in that a connection began in a part. continues: it had begun
// before, with the SYNs that it gives; t forgets it. Where ok is false, that cannot
// be put together.
func (t *Table) Begins(b *Begun) (before SYNsBefore, continues, ok bool) {
	t.Advance(b.Time)
	t.packet = int(b.Packet)
	i := t.index.findHash(b.connection)
	if i == 0 {
		return before, false, true
	}
	e := t.index.at(i)
	switch {
	case t.forgotten(e):
		t.discard(i)
	case e.isn != b.isn || e.state == quiet || uint32(t.index.mix(&e.client)) != b.client:
		t.close(i, Reused)
		t.discard(i)
	case e.state == waiting:
		before = SYNsBefore{Mark{int(e.first), e.start}, int(e.syns)}
		t.discard(i)
		return before, true, true
	default:
		return before, false, false
	}
	return before, false, true
}

// Absorb takes over what the Table of a part knows at the end of the part: t must
// have taken in all of it. before gives what Begins has told of the connection with
// that first packet. moved hears of each Flow that is taken over, which had another
// ID before. It gives false where there is no room.
func (t *Table) Absorb(part *Table, before func(first int) (SYNsBefore, bool), moved func(f *Flow, was int)) bool {
	t.Advance(part.clock.Now)
	t.Counts.Stray += part.Counts.Stray
	t.Counts.Late += part.Counts.Late
	t.heldBytes += part.heldBytes
	if t.index.touched+part.index.touched > t.index.room || len(t.flows)+len(part.flows) > t.limits.Flows ||
		t.heldMost+part.heldMost > t.limits.HeldBytes {
		t.Unsure = true // one Table would have had to hold as much at once, or nearly
	}
	t.heldMost = max(t.heldMost, t.heldBytes)
	for s := waiting; s <= quiet; s++ {
		for i := part.index.lists[s].oldest; i != 0; i = part.index.at(i).newer {
			if !t.absorb(part, part.index.at(i), before, moved) {
				return false
			}
		}
	}
	return true
}

// absorb takes over one entry.
func (t *Table) absorb(part *Table, of *entry, before func(first int) (SYNsBefore, bool), moved func(f *Flow, was int)) bool {
	i := t.index.add(t.index.hash(&of.client, &of.server), &of.client, &of.server)
	if i == 0 {
		return false
	}
	e := t.index.at(i)
	e.isn, e.syns, e.first, e.start, e.last, e.latest, e.late = of.isn, of.syns, of.first, of.start, of.last, of.latest, of.late
	t.index.move(i, of.state)
	e.queued = of.queued
	if of.state < healthy {
		t.index.sink(i)
	}
	t.due = min(t.due, e.queued+capture.Timestamp(ages[e.state]))
	earlier, continues := before(int(of.first))
	if continues {
		e.first, e.start = uint32(earlier.First.Packet), earlier.First.Time
		e.syns = uint8(min(int(e.syns)+earlier.Count, 255))
	}
	if of.state == waiting || of.state >= healthy {
		return true
	}
	if len(t.idle) == 0 && len(t.flows) == t.limits.Flows {
		return false
	}
	if len(t.idle) == 0 {
		t.makeFlow()
	}
	id := t.idle[len(t.idle)-1]
	t.idle = t.idle[:len(t.idle)-1]
	t.flows[id], part.flows[of.flow] = part.flows[of.flow], t.flows[id]
	e.flow = id
	f := t.flows[id]
	f.ID, f.entry = int(id), i
	if continues {
		f.First = earlier.First
		f.SYNs, f.Packets = f.SYNs+earlier.Count, f.Packets+earlier.Count
	}
	moved(f, int(of.flow))
	return true
}

// Shift adds to the numbers of all packets that t knows: those of a part are counted
// from its beginning.
func (t *Table) Shift(by int) {
	for s := waiting; s <= quiet; s++ {
		for i := t.index.lists[s].oldest; i != 0; i = t.index.at(i).newer {
			e := t.index.at(i)
			e.first += uint32(by)
			e.latest += uint32(by)
			if s == waiting || s >= healthy {
				continue
			}
			f := t.flows[e.flow]
			f.First.Packet += by
			f.Last.Packet += by
			for side := range f.Sides {
				for h := range f.Sides[side].queue.held {
					f.Sides[side].queue.held[h].at.Packet += by
				}
			}
		}
	}
}

// foreign remembers that the connection of a segment may have begun before the part.
func (t *Table) foreign(hash uint32, s *capture.Segment) {
	i := t.index.add(hash, &s.Src, &s.Dst)
	t.index.at(i).state = elsewhere
}

// findHash gives the entry whose addresses and ports have this hash of 64 bits; 0 if
// there is none.
func (x *index) findHash(connection uint64) uint32 {
	hash, last := uint32(connection>>32), uint32(len(x.slots)-1)
	for at := hash & last; x.slots[at].entry != 0; at = (at + 1) & last {
		if x.slots[at].hash != hash {
			continue
		}
		if e := x.at(x.slots[at].entry); x.mix(&e.client)+x.mix(&e.server) == connection {
			return x.slots[at].entry
		}
	}
	return 0
}

// reset empties the index.
func (x *index) reset(seed uint64) {
	clear(x.slots)
	for _, b := range x.blocks {
		clear(b[:])
	}
	x.unused, x.touched, x.seed, x.lists = 0, 1, seed, [states]list{}
}
