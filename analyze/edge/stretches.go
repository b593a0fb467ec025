package edge

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
	"slices"
)

// Stretches are what a Ranges says of every address there is, cut where the
// answer changes: Find gives what Lookup gives, for a fraction of the price. A
// flood asks for millions of clients. Any number of goroutines may ask at the
// same time.
type Stretches struct {
	starts  []place // in order; the first is the lowest address
	numbers []int32 // of the answer for each stretch
	matches []Match // by number; 0 is the zero Match
}

// A place is an address as a number, in the form of IPv6: that of IPv4 is mapped
// (RFC 4291, section 2.5.5.2).
type place struct{ hi, lo uint64 }

// mappedIPv4 is where IPv4 begins.
var mappedIPv4 = place{0, 0xffff << 32}

// Stretches gives those of r. What is added to r later is not in them.
func (r *Ranges) Stretches() *Stretches {
	s := &Stretches{matches: []Match{{}}}
	number := map[Match]int32{{}: 0}
	for _, start := range r.cuts() {
		m := r.Lookup(start.addr())
		n, known := number[m]
		if !known {
			n = int32(len(s.matches))
			number[m] = n
			s.matches = append(s.matches, m)
		}
		if k := len(s.numbers); k == 0 || s.numbers[k-1] != n {
			s.starts, s.numbers = append(s.starts, start), append(s.numbers, n)
		}
	}
	return s
}

// cuts gives in order all places where an answer can change: where a prefix
// begins, and behind its end. IPv4 is an island in the addresses of IPv6, whose
// prefixes do not count there.
func (r *Ranges) cuts() []place {
	all := []place{{}, mappedIPv4, {0, mappedIPv4.lo + 1<<32}}
	add := func(p netip.Prefix) bool {
		first, length := placeOf(p.Addr().As16()), p.Bits()
		if p.Addr().Is4() {
			length += 96
		}
		all = append(all, first)
		if end, wraps := first.behind(length); !wraps {
			all = append(all, end)
		}
		return true
	}
	r.given.All()(add)
	r.listed.originFacing.All()(add)
	r.listed.cloudFront.All()(add)
	slices.SortFunc(all, place.compare)
	return slices.Compact(all)
}

// Find gives the number of what is said of an address, which is in the form of
// IPv6: IPv4 is mapped. 0: it is in no list. Equal answers have equal numbers.
func (s *Stretches) Find(address [16]byte) (number int) {
	at, n, a := 0, len(s.starts), placeOf(address)
	for n > 1 { // without a branch on what is compared, which nobody could predict
		half := n / 2
		start := &s.starts[at+half]
		_, borrow := bits.Sub64(a.lo, start.lo, 0)
		_, borrow = bits.Sub64(a.hi, start.hi, borrow)
		at += half & (int(borrow) - 1)
		n -= half
	}
	return int(s.numbers[at])
}

// Match gives the answer with a number that Find gave.
func (s *Stretches) Match(number int) *Match { return &s.matches[number] }

func placeOf(address [16]byte) place {
	return place{binary.BigEndian.Uint64(address[:8]), binary.BigEndian.Uint64(address[8:])}
}

func (p place) addr() netip.Addr {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], p.hi)
	binary.BigEndian.PutUint64(b[8:], p.lo)
	return netip.AddrFrom16(b)
}

func (p place) compare(o place) int { return p.addr().Compare(o.addr()) }

// behind gives the first place behind a prefix of so many bits that begins at p.
// wraps: there is none.
func (p place) behind(length int) (end place, wraps bool) {
	var size place // 0 for the prefix of all addresses
	switch {
	case length > 64:
		size.lo = 1 << (128 - length)
	case length > 0:
		size.hi = 1 << (64 - length)
	}
	lo, carry := bits.Add64(p.lo, size.lo, 0)
	hi, carry := bits.Add64(p.hi, size.hi, carry)
	return place{hi, lo}, carry != 0 || length == 0
}
