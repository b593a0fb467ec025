package edge

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"
)

// TestStretches compares Find with Lookup: at every cut and beside it, at every
// prefix's first and last address, and anywhere.
func TestStretches(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for name, more := range map[string][]string{
		"as built in": nil,
		"nested":      {"130.176.0.0/16", "130.176.135.149/32", "130.176.128.0/17", "2600:9000::/24", "2600:9000:1000::1/128", "2600:9000:1000::/64"},
		"all":         {"0.0.0.0/0", "10.0.0.0/8"},
		"all of IPv6": {"::/0", "ff00::/8", "::ffff:0:0/95"},
		"the edges":   {"0.0.0.0/32", "255.255.255.255/32", "::/128", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", "::1:0:0:0/128", "::fffe:ffff:ffff/128"},
	} {
		r := Embedded()
		for _, p := range more {
			r.Add(netip.MustParsePrefix(p))
		}
		s := r.Stretches()
		check := func(p place) {
			a := p.addr()
			if got, want := *s.Match(s.Find(a.As16())), r.Lookup(a); got != want {
				t.Fatalf("%s: %v: %+v, and by Lookup %+v", name, a, got, want)
			}
		}
		cuts := r.cuts()
		for _, c := range cuts {
			check(c)
			check(placeOf(c.addr().Prev().As16())) // of the lowest address: an invalid one, which reads as 0
			check(placeOf(c.addr().Next().As16()))
		}
		for range 20_000 {
			check(place{random.Uint64(), random.Uint64()})
			check(place{0, mappedIPv4.lo | uint64(random.Uint32())})
			near := cuts[random.IntN(len(cuts))]
			near.lo ^= random.Uint64() >> random.IntN(64)
			check(near)
		}
	}
}

func TestStretchesNumbers(t *testing.T) {
	r := Embedded()
	r.Add(netip.MustParsePrefix("130.176.135.149/32"))
	s := r.Stretches()
	find := func(a string) int { return s.Find(netip.MustParseAddr(a).As16()) }
	if find("10.0.0.1") != 0 || find("2001:db8::1") != 0 || *s.Match(0) != (Match{}) {
		t.Error("an address of no list has another number than 0")
	}
	if a, b := find("130.176.135.148"), find("130.176.135.150"); a != b || a == find("130.176.135.149") {
		t.Error("the two sides of a hole in a prefix have different numbers, or those of the hole")
	}
}

// FuzzStretches adds prefixes and asks for one address.
func FuzzStretches(f *testing.F) {
	f.Add([]byte{130, 176, 135, 149}, byte(25), []byte{130, 176, 128, 0}, byte(18), []byte{130, 176, 135, 200})
	f.Add(make([]byte, 16), byte(0), []byte{0, 0, 0, 0}, byte(0), []byte{255, 255, 255, 255})
	embedded := Embedded()
	f.Fuzz(func(t *testing.T, a []byte, aBits byte, b []byte, bBits byte, ask []byte) {
		r := &Ranges{listed: embedded.listed}
		for i, bytes := range [][]byte{a, b} {
			if p, ok := netip.AddrFromSlice(bytes); ok {
				r.Add(netip.PrefixFrom(p, int([]byte{aBits, bBits}[i])%(p.BitLen()+1)))
			}
		}
		address, ok := netip.AddrFromSlice(ask)
		if !ok {
			return
		}
		s := r.Stretches()
		if got, want := *s.Match(s.Find(address.As16())), r.Lookup(address); got != want {
			t.Errorf("%v: %+v, and by Lookup %+v", address, got, want)
		}
	})
}

func BenchmarkStretches(b *testing.B) {
	r := Embedded()
	b.Run("make", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r.Stretches()
		}
	})
	s := r.Stretches()
	var clients [1024][16]byte // all over IPv4, as a flood with invented senders
	for i := range clients {
		var v4 [4]byte
		binary.BigEndian.PutUint32(v4[:], uint32(i)*0x9e3779b1)
		clients[i] = netip.AddrFrom4(v4).As16()
	}
	b.Run("find", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			s.Find(clients[i%len(clients)])
		}
	})
	b.Run("lookup", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			r.Lookup(netip.AddrFrom16(clients[i%len(clients)]))
		}
	})
}
