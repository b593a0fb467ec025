package tcp

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"

	"sniwatch/capture"
)

// An entry is the fixed part of a connection: all that is left of it once
// nobody wants its bytes. It has no pointers, so the collector never looks at
// the array of them, and no entry is ever moved, so there is no rehashing.
type entry struct {
	// What every packet looks at stands together.
	client, server capture.Endpoint
	state          state
	syns           uint8             // SYNs of the client, at most 255
	late           bool              // when quiet: more may come, see haunted
	last           capture.Timestamp // of the last packet
	latest         uint32            // number of the last packet
	isn            uint32            // the client's initial sequence number: tells a repeated SYN from a new connection
	flow           uint32            // index of the Flow in states live and closing

	older, newer uint32            // neighbours in the list of this state
	first        uint32            // number of the first packet
	start        capture.Timestamp // of the first packet
	queued       capture.Timestamp // when it was put at the end of its list
}

// A state says what is known of an entry, and in which list it stands.
type state uint8

const (
	free      state = iota
	waiting         // only SYNs of the client so far; no Flow
	live            // being read
	patient         // being read, and silent for a while, which is no failure
	closing         // ended; late packets are still taken in for a moment
	healthy         // released: only its end is still of interest
	quiet           // told and done with: late packets are recognised and counted
	elsewhere       // may have begun before the part; in no list
	states
)

// A list keeps the entries of one state in the order in which they entered it.
type list struct{ oldest, newest uint32 }

// An index finds the entry of a pair of endpoints. Entry 0 is no entry.
//
// Finding costs a miss of the cache for the slot and, only where there is an
// entry, one more for that. Slots are searched in line from the place that the
// hash names; at most half of them are in use, so that lines are short.
type index struct {
	room    uint32 // entries, entry 0 included
	blocks  []*[blockLength]entry
	slots   []slot
	unused  uint32 // chained by entry.newer
	touched uint32 // entries that were ever used
	seed    uint64
	lists   [states]list
}

// blockLength is how many entries are allocated at a time: 88 KiB of them. Go's
// runtime counts what was allocated, also where it was never written.
const blockLength = 1 << 10

// A slot names an entry, beside its hash: other entries need not be looked at.
type slot struct{ hash, entry uint32 }

// newIndex makes room for n entries, which are allocated when they are used.
func newIndex(n int) index {
	x := index{
		room:    uint32(n) + 1,
		blocks:  make([]*[blockLength]entry, 1, n/blockLength+1),
		slots:   make([]slot, 2<<bits.Len(uint(n))),
		touched: 1,
		seed:    rand.Uint64() | 1, // nobody outside can choose addresses that collide
	}
	x.blocks[0] = new([blockLength]entry)
	return x
}

// claim writes to all pages of the slots, if none was looked at. A page that is read
// before it is written is mapped twice, and the second time interrupts whatever
// runs on the other processors.
func (x *index) claim() {
	if x.touched == 1 {
		const inPage = 4096 / 8
		for i := 0; i < len(x.slots); i += inPage {
			x.slots[i] = slot{}
		}
	}
}

// at gives entry i.
func (x *index) at(i uint32) *entry { return &x.blocks[i/blockLength][i%blockLength] }

// hash is the same for both directions.
func (x *index) hash(a, b *capture.Endpoint) uint32 {
	return uint32((x.mix(a) + x.mix(b)) >> 32)
}

func (x *index) mix(e *capture.Endpoint) uint64 {
	hi, lo := bits.Mul64(binary.LittleEndian.Uint64(e.IP[:8])^x.seed, binary.LittleEndian.Uint64(e.IP[8:])^uint64(e.Port)<<16^0x9e3779b97f4a7c15)
	hi, lo = bits.Mul64(hi^lo^uint64(e.Port), x.seed^0xd6e8feb86659fd93)
	return hi ^ lo
}

// find gives the entry of a segment with this hash, and the side that sent it; 0 and
// nil if there is none.
func (x *index) find(hash uint32, s *capture.Segment) (uint32, *entry, Side) {
	last := uint32(len(x.slots) - 1)
	for at := hash & last; ; at = (at + 1) & last {
		found := x.slots[at]
		if found.entry == 0 {
			return 0, nil, Client
		}
		if found.hash != hash {
			continue
		}
		e := x.at(found.entry)
		if e.client == s.Src && e.server == s.Dst {
			return found.entry, e, Client
		}
		if e.client == s.Dst && e.server == s.Src {
			return found.entry, e, Server
		}
	}
}

// add makes an entry, or returns 0 if all are in use.
func (x *index) add(hash uint32, client, server *capture.Endpoint) uint32 {
	i := x.unused
	switch {
	case i != 0:
		x.unused = x.at(i).newer
	case x.touched < x.room:
		i = x.touched
		x.touched++
		if i/blockLength == uint32(len(x.blocks)) {
			x.blocks = append(x.blocks, new([blockLength]entry))
		}
	default:
		return 0
	}
	e := x.at(i)
	e.client = *client // one at a time: both at once go over the stack, which stalls
	e.server = *server
	e.newer = 0
	last := uint32(len(x.slots) - 1)
	at := hash & last
	for x.slots[at].entry != 0 {
		at = (at + 1) & last
	}
	x.slots[at] = slot{hash, i}
	return i
}

// remove frees an entry that stands in no list.
func (x *index) remove(i uint32) {
	last := uint32(len(x.slots) - 1)
	e := x.at(i)
	at := x.hash(&e.client, &e.server) & last
	for x.slots[at].entry != i {
		at = (at + 1) & last
	}
	x.empty(at)
	*e = entry{newer: x.unused}
	x.unused = i
}

// empty empties a slot. Those behind it that could not have their place, because
// it was taken, move up: a search ends at the first slot that is empty.
func (x *index) empty(hole uint32) {
	last := uint32(len(x.slots) - 1)
	for at := (hole + 1) & last; x.slots[at].entry != 0; at = (at + 1) & last {
		late := (at - x.slots[at].hash) & last // how far behind its place this one is
		if late >= (at-hole)&last {
			x.slots[hole] = x.slots[at]
			hole = at
		}
	}
	x.slots[hole] = slot{}
}

// move puts an entry at the end of another state's list, or of its own.
func (x *index) move(i uint32, to state) {
	e := x.at(i)
	if e.state != free {
		x.unlink(e)
	}
	e.state, e.newer = to, 0
	if to == free {
		return
	}
	l := &x.lists[to]
	e.older = l.newest
	if l.newest != 0 {
		x.at(l.newest).newer = i
	} else {
		l.oldest = i
	}
	l.newest = i
}

// sink puts the newest entry of a list where it belongs by its time.
func (x *index) sink(i uint32) {
	e := x.at(i)
	before := e.older
	for before != 0 && x.at(before).queued > e.queued {
		before = x.at(before).older
	}
	if before == e.older {
		return
	}
	x.unlink(e)
	l := &x.lists[e.state]
	e.older, e.newer = before, l.oldest
	if before != 0 {
		e.newer = x.at(before).newer
		x.at(before).newer = i
	} else {
		l.oldest = i
	}
	x.at(e.newer).older = i // not nobody: it was not the newest any more
}

func (x *index) unlink(e *entry) {
	l := &x.lists[e.state]
	if e.older != 0 {
		x.at(e.older).newer = e.newer
	} else {
		l.oldest = e.newer
	}
	if e.newer != 0 {
		x.at(e.newer).older = e.older
	} else {
		l.newest = e.older
	}
}
