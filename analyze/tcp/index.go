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
	client, server capture.Endpoint
	state          state
	syns           uint8             // SYNs of the client, at most 255
	last           capture.Timestamp // of the last packet
	chain          uint32            // next entry with the same hash
	isn            uint32            // the client's initial sequence number: tells a repeated SYN from a new connection
	flow           uint32            // index of the Flow in states live and closing
	older, newer   uint32            // neighbours in the list of this state
	first, latest  uint32            // numbers of the first and the last packet, while there is no Flow
	start          capture.Timestamp // of the first packet
	queued         capture.Timestamp // when it was put at the end of its list
}

// A state says what is known of an entry, and in which list it stands.
type state uint8

const (
	free    state = iota
	waiting       // only SYNs of the client so far; no Flow
	live          // being read
	closing       // ended; late packets are still taken in for a moment
	healthy       // released: only its end is still of interest
	quiet         // told and done with: late packets are recognised and counted
	states
)

// A list keeps the entries of one state in the order in which they entered it.
type list struct{ oldest, newest uint32 }

// An index finds the entry of a pair of endpoints. Entry 0 is no entry.
type index struct {
	entries []entry
	heads   []uint32 // by hash
	unused  uint32   // chained by entry.chain
	touched uint32   // entries that were ever used: the rest was never written
	seed    uint64
	lists   [states]list
}

// newIndex makes room for n entries. Memory that is never used is never
// touched, so that a small capture stays small.
func newIndex(n int) index {
	return index{
		entries: make([]entry, n+1),
		heads:   make([]uint32, 1<<bits.Len(uint(n))),
		touched: 1,
		seed:    rand.Uint64() | 1, // nobody outside can choose addresses that collide
	}
}

// hash is the same for both directions.
func (x *index) hash(a, b *capture.Endpoint) uint32 {
	h := x.mix(a) + x.mix(b)
	return uint32(h>>32) & uint32(len(x.heads)-1)
}

func (x *index) mix(e *capture.Endpoint) uint64 {
	hi, lo := bits.Mul64(binary.LittleEndian.Uint64(e.IP[:8])^x.seed, binary.LittleEndian.Uint64(e.IP[8:])^uint64(e.Port)<<16^0x9e3779b97f4a7c15)
	hi, lo = bits.Mul64(hi^lo^uint64(e.Port), x.seed^0xd6e8feb86659fd93)
	return hi ^ lo
}

// find gives the entry of a segment and the side that sent it; 0 if there is none.
func (x *index) find(s *capture.Segment) (uint32, Side) {
	for i := x.heads[x.hash(&s.Src, &s.Dst)]; i != 0; i = x.entries[i].chain {
		e := &x.entries[i]
		if e.client == s.Src && e.server == s.Dst {
			return i, Client
		}
		if e.client == s.Dst && e.server == s.Src {
			return i, Server
		}
	}
	return 0, Client
}

// add makes an entry, or returns 0 if all are in use.
func (x *index) add(client, server capture.Endpoint) uint32 {
	i := x.unused
	switch {
	case i != 0:
		x.unused = x.entries[i].chain
	case int(x.touched) < len(x.entries):
		i = x.touched
		x.touched++
	default:
		return 0
	}
	h := x.hash(&client, &server)
	x.entries[i] = entry{client: client, server: server, chain: x.heads[h]}
	x.heads[h] = i
	return i
}

// remove frees an entry that stands in no list.
func (x *index) remove(i uint32) {
	e := &x.entries[i]
	at := &x.heads[x.hash(&e.client, &e.server)]
	for *at != i {
		at = &x.entries[*at].chain
	}
	*at = e.chain
	*e = entry{chain: x.unused}
	x.unused = i
}

// move puts an entry at the end of another state's list, or of its own.
func (x *index) move(i uint32, to state) {
	e := &x.entries[i]
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
		x.entries[l.newest].newer = i
	} else {
		l.oldest = i
	}
	l.newest = i
}

func (x *index) unlink(e *entry) {
	l := &x.lists[e.state]
	if e.older != 0 {
		x.entries[e.older].newer = e.newer
	} else {
		l.oldest = e.newer
	}
	if e.newer != 0 {
		x.entries[e.newer].older = e.older
	} else {
		l.newest = e.older
	}
}
