package analyze

import (
	"math"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/tcp"
	"sniwatch/capture"
)

// A merging is a part of a capture while the Watcher of the whole takes it in. What
// the part tells, and what the Watcher tells of the connections that go on from
// before, comes in the order in which one Watcher would have told it all.
type merging struct {
	whole  *Watcher
	part   *Watcher
	base   int  // the packets of the part are counted behind so many
	next   int  // of part.apart.over
	busy   bool // something of it is being told
	before map[int]tcp.SYNsBefore
}

// letPass tells what the part has told before that which the table is telling now.
func (w *Watcher) letPass() {
	if w.merging != nil && !w.merging.busy {
		w.merging.upTo(w.table.Turn())
	}
}

// merge takes in a part: f is at any Place that is Comparable with those of the
// part. It gives false where that cannot be done exactly.
func (w *Watcher) merge(part *Watcher, f *capture.File) (exact bool, err error) {
	start := f.Place()
	m := &merging{whole: w, part: part, base: start.Frames(), before: map[int]tcp.SYNsBefore{}}
	part.apart.shift(m.base)
	part.table.Shift(m.base)
	w.merging = m
	w.table.Divide()
	defer func() { w.merging = nil }()
	var p capture.Packet
	for i := range part.apart.log {
		h := &part.apart.log[i]
		if h.begins {
			before, continues, ok := w.table.Begins(&h.Begun)
			if !ok {
				return false, nil
			}
			if continues {
				m.before[int(h.Packet)] = before
			}
			continue
		}
		if err := f.At(h.offset, &p); err != nil {
			return false, err
		}
		p.Number = int(h.Packet)
		w.table.Advance(h.Time) // a packet that is late by its own time came then
		switch w.decoder.Decode(&p, &w.segment) {
		case capture.TCP:
			w.table.Segment(&w.segment)
		case capture.Unreachable:
			w.table.Unreachable(&w.segment)
		}
	}
	before := func(first int) (tcp.SYNsBefore, bool) {
		b, continues := m.before[first]
		return b, continues
	}
	absorbed := w.table.Absorb(part.table, before, m.moved)
	m.upTo(tcp.Turn{Time: math.MaxInt64})
	w.takeCounts(part)
	return absorbed && !w.table.Unsure, nil
}

// moved takes over the reading of a connection that is still open.
func (m *merging) moved(f *tcp.Flow, was int) {
	w, part := m.whole, m.part
	for f.ID >= len(w.readings) {
		w.readings = append(w.readings, nil)
	}
	w.readings[f.ID], part.readings[was] = part.readings[was], w.readings[f.ID]
	r := w.readings[f.ID]
	r.flow, r.chains = f, w.chains
	r.shift(m.base)
	if before, continues := m.before[r.FirstPacket]; continues {
		r.Start, r.FirstPacket, r.Opening.SYN = before.First.Time, before.First.Packet, before.First.Packet
	}
}

// takeCounts adds what the part has counted.
func (w *Watcher) takeCounts(part *Watcher) {
	in, of := &w.input, &part.input
	if of.Packets == 0 {
		return
	}
	if in.Packets == 0 {
		in.First = of.First
	}
	in.Packets += of.Packets
	in.Bytes += of.Bytes
	in.Last = of.Last
	for _, l := range of.LinkTypes {
		in.sawLink(l)
	}
	for k, n := range part.kinds {
		w.kinds[k] += n
	}
}

// upTo tells what the part has told before a turn.
func (m *merging) upTo(turn tcp.Turn) {
	m.busy = true
	all := m.part.apart.over
	for ; m.next < len(all) && all[m.next].turn.Before(turn); m.next++ {
		m.tell(&all[m.next])
	}
	m.busy = false
}

// tell tells one connection of the part.
func (m *merging) tell(o *over) {
	w := follower{m.whole}
	before, continues := m.before[o.first]
	switch {
	case o.syns > 0:
		s := &m.part.apart.silent[o.syns-1]
		if continues {
			s.first, s.count = before.First, min(s.count+before.Count, 255)
		}
		w.Unanswered(&tcp.SYNs{Client: &s.client, Server: &s.server, First: s.first, Last: s.last, Count: s.count}, s.why)
	case o.reading != nil:
		r := o.reading
		if continues {
			r.Start, r.FirstPacket = before.First.Time, before.First.Packet
			r.Packets += before.Count
			r.Opening.SYN, r.Opening.SYNs = before.First.Packet, r.Opening.SYNs+before.Count
		}
		r.kept = w.tell(r) || r.kept
	default:
		if continues {
			o.start = before.First.Time
		}
		m.whole.collector.countApart(o, m.whole)
	}
}

// countApart counts a healthy connection of a part.
func (k *collector) countApart(o *over, w *Watcher) {
	m := w.places.Match(o.place)
	k.outcome(o.outcome, o.start, o.place, m)
	k.lost(o.losses)
	s := o.site
	if s == nil {
		return
	}
	if w.host.config != nil && m.Network != edge.Other && o.outcome == Complete {
		k.served.stray(s.server, s.sni, &w.host)
	}
	if s.chain != nil {
		k.served.shows(s.sni, s.chain, sight{s.like, o.start, o.shownAt}, &w.host)
	}
}
