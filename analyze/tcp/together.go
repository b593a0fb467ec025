package tcp

import (
	"cmp"
	"encoding/binary"

	"sniwatch/capture"
)

// The connections of a capture can be divided among several Tables by Part.
// Each of them is then told its own segments, and AdvanceAll tells all of them
// the time, at every packet. What is told depends on the division only through
// the limits, which each Table has for itself; and Turn says in which order one
// Table would have told it.

// Part gives the Table that a segment belongs to, of up to 256 that share the
// connections. It is the same for both directions, and on every run: without a
// seed, so that whoever chooses addresses can fill one Table and no more than that.
func Part(s *capture.Segment, parts int) int {
	const odd = 0x9e3779b97f4a7c15 // 2^64 divided by the golden ratio
	sum := ending(&s.Src) + ending(&s.Dst)
	return int(sum * odd >> 32 * uint64(parts) >> 32)
}

// ending gives the last bits of an endpoint: those in which clients differ.
func ending(e *capture.Endpoint) uint64 {
	return uint64(binary.BigEndian.Uint32(e.IP[12:]))<<16 | uint64(e.Port)
}

// A Turn is the place that a word of the Handler has among all that are told at
// one packet: the time-outs come first, in the order of the states and, in each
// of them, as they were queued; then what the segment itself brings about.
type Turn struct {
	state         state
	queued, first uint32 // packets: when the entry was queued, and its first one, which decides between two
}

var bySegment = Turn{state: states}

// Compare is negative where a comes before b, and 0 where only the order of the
// tables decides.
func (a Turn) Compare(b Turn) int {
	switch {
	case a.state != b.state:
		return cmp.Compare(a.state, b.state)
	case a.queued != b.queued:
		return cmp.Compare(a.queued, b.queued)
	}
	return cmp.Compare(a.first, b.first)
}

// Turn is valid while a Handler is called.
func (t *Table) Turn() Turn { return t.turn }

// Due gives the time from which on AdvanceAll has something to do.
func (t *Table) Due() capture.Timestamp { return t.due }

// AdvanceAll tells tables what time it is, at the packet of this number, so that
// silence is noticed.
func AdvanceAll(tables []*Table, now capture.Timestamp, packet int) {
	var room [8]*Table
	due := room[:0]
	for _, t := range tables {
		if now >= t.due {
			t.now, t.packet = now, packet
			due = append(due, t)
		}
	}
	expire(due)
}

// FinishAll closes all connections of the tables: the capture is over, at now.
// What was silent for long enough by then counts as idle, whether or not a packet
// came to notice it.
func FinishAll(tables []*Table, now capture.Timestamp) {
	for _, t := range tables {
		t.now = max(t.now, now)
	}
	for s := waiting; s < states; s++ {
		for {
			t, i := oldest(tables, s)
			if t == nil {
				break
			}
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
	for _, t := range tables {
		t.now, t.due, t.packet = 0, never, 0
	}
}

// oldest finds the entry of a state that was queued first; nil: there is none.
func oldest(tables []*Table, s state) (of *Table, entry uint32) {
	var first Turn
	for _, t := range tables {
		if i := t.index.lists[s].oldest; i != 0 {
			if turn := t.queuedAt(s, i); of == nil || turn.Compare(first) < 0 {
				of, entry, first = t, i, turn
			}
		}
	}
	return of, entry
}

// queuedAt gives the Turn of an entry whose time has passed. In which order
// entries are forgotten of which nothing is to be told is all the same.
func (t *Table) queuedAt(s state, i uint32) Turn {
	e := &t.index.entries[i]
	turn := Turn{state: s, first: e.first}
	switch s {
	case waiting:
		turn.queued = e.flow
	case live, closing:
		turn.queued = t.flows[e.flow].moved
	}
	return turn
}

// expire gives up what has been silent for too long. An entry that was not
// silent goes to the end of its list; it is looked at again after its age.
func expire(tables []*Table) {
	for _, t := range tables {
		t.due = never
	}
	for s := waiting; s < states; s++ {
		for {
			t, i := overdueIn(tables, s)
			if t == nil {
				break
			}
			t.turn = t.queuedAt(s, i)
			t.age(i, &t.index.entries[i])
		}
	}
}

// overdueIn finds, among the oldest entries of a state whose age has passed, the
// one that was queued first; nil: there is none. It notes when the others are due.
func overdueIn(tables []*Table, s state) (of *Table, entry uint32) {
	age := capture.Timestamp(ages[s])
	var first Turn
	for _, t := range tables {
		i := t.index.lists[s].oldest
		if i == 0 {
			continue
		}
		if at := t.index.entries[i].queued + age; at > t.now {
			t.due = min(t.due, at)
			continue
		}
		if turn := t.queuedAt(s, i); of == nil || turn.Compare(first) < 0 {
			of, entry, first = t, i, turn
		}
	}
	return of, entry
}
