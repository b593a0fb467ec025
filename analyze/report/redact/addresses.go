package redact

import (
	"encoding/binary"
	"maps"
	"net/netip"
	"slices"
	"strconv"

	"sniwatch/analyze/edge"
)

// A pool is a range of addresses that no host has, from which replacements are
// taken.
type pool struct {
	prefix netip.Prefix
	size   uint32 // how many of its addresses are taken at most, from the second on
}

func newPool(prefix string, size uint32) pool { return pool{netip.MustParsePrefix(prefix), size} }

// The ranges for documentation (RFC 5737, RFC 3849) and, where these are full,
// the one for measurements (RFC 2544). Clients that the user said to be
// CloudFront's have ranges of their own, so that two prefixes cover them all.
var (
	hostPools = []pool{newPool("192.0.2.0/24", 254), newPool("203.0.113.0/24", 254), newPool("198.18.0.0/16", 65534)}
	edgePools = []pool{newPool("198.51.100.0/24", 254), newPool("198.19.0.0/16", 65534)}
	hostsIPv6 = netip.MustParsePrefix("2001:db8::/48")
	edgesIPv6 = netip.MustParsePrefix("2001:db8:ed9e::/48")
)

// Addr gives the replacement of an address. CloudFront's own stay, being public,
// and so do those that belong to no host: loopback, multicast, unspecified.
func (r *Redactor) Addr(a netip.Addr) netip.Addr {
	if !a.IsValid() {
		return a
	}
	if a.Is4In6() {
		return netip.AddrFrom16(r.Addr(a.Unmap()).As16())
	}
	a = a.WithZone("")
	if to, ok := r.addresses[a]; ok {
		return to
	}
	network := r.ranges.Lookup(a).Network
	if network == edge.CloudFront || network == edge.Other && belongsToNoHost(a) {
		return a
	}
	var to netip.Addr
	if a.Is4() {
		to = r.takeIPv4(a, network == edge.Given)
	} else {
		to = r.takeIPv6(a, network == edge.Given)
	}
	if r.room(2 * len(a.AsSlice())) {
		r.listAddress(a, to)
	}
	return to
}

func (r *Redactor) listAddress(from, to netip.Addr) {
	r.addresses[from] = to
	r.addressOf[to] = from
	for _, p := range append(prefixesOf(edgePools), edgesIPv6) {
		if p.Contains(to) {
			r.edges[p] = true
		}
	}
}

func prefixesOf(pools []pool) (out []netip.Prefix) {
	for _, p := range pools {
		out = append(out, p.prefix)
	}
	return out
}

// belongsToNoHost tells whether a says nothing about whose it is.
func belongsToNoHost(a netip.Addr) bool {
	return a.IsLoopback() || a.IsMulticast() || a.IsUnspecified() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// takeIPv4 finds a replacement that is free, and no original itself. Where all
// are taken, the one that the key says is shared.
func (r *Redactor) takeIPv4(a netip.Addr, given bool) netip.Addr {
	pools := hostPools
	if given {
		pools = edgePools
	}
	for _, p := range pools {
		start := binary.BigEndian.Uint32(r.key.derive(4, "address", a.String()))
		for i := range p.size {
			to := p.at(1 + (start+i)%p.size)
			_, taken := r.addressOf[to]
			_, original := r.addresses[to]
			if !taken && !original && to != a {
				return to
			}
		}
	}
	last := pools[len(pools)-1]
	return last.at(1 + binary.BigEndian.Uint32(r.key.derive(4, "address", a.String()))%last.size)
}

// at gives the address of number i of the pool.
func (p pool) at(i uint32) netip.Addr {
	base := p.prefix.Addr().As4()
	binary.BigEndian.PutUint32(base[:], binary.BigEndian.Uint32(base[:])+i)
	return netip.AddrFrom4(base)
}

// takeIPv6 needs no list: by chance, no two of 80 bits are the same.
func (r *Redactor) takeIPv6(a netip.Addr, given bool) netip.Addr {
	p := hostsIPv6
	if given {
		p = edgesIPv6
	}
	to := p.Addr().As16()
	copy(to[6:], r.key.derive(10, "address", a.String()))
	return netip.AddrFrom16(to)
}

// EdgePrefixes gives the prefixes in which the replacements of those clients lie
// that count as CloudFront's only because the user said so: whoever reads the
// redacted packets gives them to --edge. It is empty where there were none.
func (r *Redactor) EdgePrefixes() []netip.Prefix {
	return slices.SortedFunc(maps.Keys(r.edges), netip.Prefix.Compare)
}

// Match gives what the address list says of a client, with the prefix of its
// replacement where that is one of EdgePrefixes.
func (r *Redactor) Match(m edge.Match) edge.Match {
	if m.Network != edge.Given {
		return m
	}
	to := r.Addr(m.Prefix.Addr())
	for _, p := range append(prefixesOf(edgePools), edgesIPv6) {
		if p.Contains(to) {
			m.Prefix = p
		}
	}
	return m
}

// mac replaces a hardware address by one that is locally administered (IEEE
// 802, section 8.2). Those of groups, and zero, stay.
func (r *Redactor) mac(b []byte) {
	from := [6]byte(b)
	if from == [6]byte{} || from[0]&1 != 0 {
		return
	}
	to, ok := r.hardware[from]
	for try := 0; !ok && try < maxTries; try++ {
		to = [6]byte(r.key.derive(6, "hardware", string(b[:6]), strconv.Itoa(try)))
		to[0] = to[0]&^1 | 2
		if to != from && r.room(12) {
			r.hardware[from] = to
			break
		}
	}
	copy(b, to[:])
}
