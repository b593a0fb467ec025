package tcp

import (
	"math/rand/v2"
	"slices"
	"testing"

	"sniwatch/capture"
)

// Both directions belong to one Table, and each Table gets its share: of clients
// that differ in the port, in the address, in IPv4 and in IPv6.
func TestPart(t *testing.T) {
	const parts, n = 8, 8000
	for _, test := range []struct {
		name string
		vary func(s *capture.Segment, i int)
	}{
		{"ports", func(s *capture.Segment, i int) { s.Src.Port = uint16(20000 + i) }},
		{"addresses", func(s *capture.Segment, i int) { s.Src.IP[14], s.Src.IP[15] = byte(i>>8), byte(i) }},
		{"both", func(s *capture.Segment, i int) {
			s.Src.IP[13], s.Src.IP[15], s.Src.Port = byte(i), byte(rand.Uint32()), uint16(rand.Uint32())
		}},
	} {
		got := make([]int, parts)
		for i := range n {
			s := between(1, 2)
			test.vary(s, i)
			part := Part(s, parts)
			back := *s
			back.Src, back.Dst = s.Dst, s.Src
			if Part(&back, parts) != part {
				t.Fatalf("%s: another part the other way", test.name)
			}
			got[part]++
		}
		if slices.Min(got) < n/parts*3/4 || slices.Max(got) > n/parts*5/4 {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

func BenchmarkPart(b *testing.B) {
	s := between(1, 2)
	b.ReportAllocs()
	for b.Loop() {
		s.Src.Port++
		Part(s, 8)
	}
}
