package tcp

import (
	"math/rand/v2"
	"slices"
	"testing"

	"sniwatch/capture"
)

// between gives a segment from one endpoint to another, told apart by numbers.
func between(a, b uint32) *capture.Segment {
	s := &capture.Segment{}
	s.Src.IP, s.Src.Port = [16]byte{12: 10, 13: byte(a >> 16), 14: byte(a >> 8), 15: byte(a)}, 40000
	s.Dst.IP, s.Dst.Port = [16]byte{12: 192, 13: byte(b >> 16), 14: byte(b >> 8), 15: byte(b)}, 443
	return s
}

// An index and a map must agree, also where most hashes are the same and where
// the slots in line go over the end of the table.
func TestIndexIsAMap(t *testing.T) {
	const room = 50
	for _, hashes := range []int{1, 3, 40, 1 << 30} {
		r := rand.New(rand.NewPCG(1, uint64(hashes)))
		x := newIndex(room)
		want := map[uint32]uint32{} // entries by number of the client
		hash := func(client uint32) uint32 {
			return uint32(len(x.slots)) - 2 + client*2654435761%uint32(hashes)
		}
		for range 20000 {
			client := r.Uint32N(2 * room)
			s := between(client, 1)
			i, _, from := x.find(hash(client), s)
			if i != want[client] || from != Client {
				t.Fatalf("%d hashes: client %d is entry %d of side %d, want %d", hashes, client, i, from, want[client])
			}
			back := &capture.Segment{Src: s.Dst, Dst: s.Src}
			if j, _, from := x.find(hash(client), back); j != i || i != 0 && from != Server {
				t.Fatalf("%d hashes: client %d is entry %d, but %d of side %d the other way", hashes, client, i, j, from)
			}
			if i != 0 {
				x.remove(i)
				delete(want, client)
				continue
			}
			if i = x.add(hash(client), &s.Src, &s.Dst); i == 0 {
				if len(want) != room {
					t.Fatalf("%d hashes: full with %d of %d entries", hashes, len(want), room)
				}
				continue
			}
			want[client] = i
		}
		used := slices.DeleteFunc(slices.Clone(x.slots), func(s slot) bool { return s == slot{} })
		if len(used) != len(want) || len(want) == 0 {
			t.Errorf("%d hashes: %d slots in use for %d entries", hashes, len(used), len(want))
		}
	}
}

// The hash is the same both ways, so that both sides find the same entry.
func TestHashIsSymmetric(t *testing.T) {
	x := newIndex(1)
	for n := range uint32(1000) {
		s := between(n, n*7)
		if x.hash(&s.Src, &s.Dst) != x.hash(&s.Dst, &s.Src) {
			t.Fatalf("%v and %v: another hash the other way", s.Src, s.Dst)
		}
	}
}

// A full table takes in a connection for each one that it gives up.
func BenchmarkIndexFull(b *testing.B) {
	const room = 96 << 10
	x := newIndex(room)
	segments := make([]*capture.Segment, 4*room)
	for i := range segments {
		segments[i] = between(rand.Uint32(), uint32(i))
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		s := segments[n%len(segments)]
		if n >= room {
			x.remove(uint32(n%room) + 1)
		}
		hash := x.hash(&s.Src, &s.Dst)
		if i, _, _ := x.find(hash, s); i != 0 {
			b.Fatal("found what was removed")
		}
		x.add(hash, &s.Src, &s.Dst)
		n++
	}
}
