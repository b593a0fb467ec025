package frames

import (
	"encoding/binary"
	"net/netip"
)

// Protocol numbers (IANA).
const (
	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoGRE    = 47
	protoICMPv6 = 58
)

var be = binary.BigEndian

// sum adds the 16-bit words of b to acc, in one's complement arithmetic that
// is folded later (RFC 1071).
func sum(acc uint32, b []byte) uint32 {
	for len(b) >= 2 {
		acc += uint32(b[0])<<8 | uint32(b[1])
		b = b[2:]
	}
	if len(b) == 1 {
		acc += uint32(b[0]) << 8
	}
	return acc
}

// fold ends the sum of RFC 1071.
func fold(acc uint32) uint16 {
	for acc > 0xffff {
		acc = acc>>16 + acc&0xffff
	}
	return ^uint16(acc)
}

// pseudoHeader sums the pseudo header of RFC 9293, section 3.1, and RFC 8200,
// section 8.1.
func pseudoHeader(src, dst netip.Addr, proto byte, length int) uint32 {
	acc := sum(sum(0, src.AsSlice()), dst.AsSlice())
	return acc + uint32(proto) + uint32(length>>16) + uint32(length&0xffff)
}

// ipPacket puts an IPv4 or IPv6 header before payload, as the addresses are.
// The lengths must fit 16 bits. extra is IPv4 options or IPv6 extension headers
// and may be nil; for IPv6 its first header has the type hop-by-hop options.
func ipPacket(src, dst netip.Addr, proto byte, id uint16, extra, payload []byte) []byte {
	if src.Is6() {
		return ipv6Packet(src, dst, proto, extra, payload)
	}
	p := make([]byte, 20, 20+len(extra)+len(payload))
	p[0] = 0x40 | byte(5+len(extra)/4)
	be.PutUint16(p[2:], uint16(20+len(extra)+len(payload)))
	be.PutUint16(p[4:], id)
	p[6] = 0x40 // don't fragment
	p[8], p[9] = 64, proto
	copy(p[12:], src.AsSlice())
	copy(p[16:], dst.AsSlice())
	p = append(p, extra...)
	be.PutUint16(p[10:], fold(sum(0, p)))
	return append(p, payload...)
}

func ipv6Packet(src, dst netip.Addr, proto byte, extra, payload []byte) []byte {
	p := make([]byte, 40, 40+len(extra)+len(payload))
	p[0] = 0x60
	be.PutUint16(p[4:], uint16(len(extra)+len(payload)))
	p[6], p[7] = proto, 64
	if len(extra) > 0 {
		p[6] = 0 // hop-by-hop options come first
	}
	copy(p[8:], src.AsSlice())
	copy(p[24:], dst.AsSlice())
	return append(append(p, extra...), payload...)
}

// udpDatagram gives a UDP datagram without checksum, as tunnels over IPv4 send
// it (RFC 7348, section 5).
func udpDatagram(sport, dport uint16, payload []byte) []byte {
	d := make([]byte, 8, 8+len(payload))
	be.PutUint16(d[0:], sport)
	be.PutUint16(d[2:], dport)
	be.PutUint16(d[4:], uint16(8+len(payload)))
	return append(d, payload...)
}

// tcpHeader is what a segment carries besides its payload.
type tcpHeader struct {
	src, dst netip.AddrPort
	seq, ack uint32
	flags    byte
	options  []byte // a multiple of 4 bytes
}

// segment gives the TCP segment with its checksum.
func (h tcpHeader) segment(payload []byte) []byte {
	s := make([]byte, 20, 20+len(h.options)+len(payload))
	be.PutUint16(s[0:], h.src.Port())
	be.PutUint16(s[2:], h.dst.Port())
	be.PutUint32(s[4:], h.seq)
	be.PutUint32(s[8:], h.ack)
	s[12] = byte(5+len(h.options)/4) << 4
	s[13] = h.flags
	be.PutUint16(s[14:], 502)
	s = append(append(s, h.options...), payload...)
	acc := pseudoHeader(h.src.Addr(), h.dst.Addr(), protoTCP, len(s))
	be.PutUint16(s[16:], fold(sum(acc, s)))
	return s
}

// portUnreachable gives the ICMP or ICMPv6 error about the packet quoted
// (RFC 792; RFC 4443, section 3.1), sent by src to dst.
func portUnreachable(src, dst netip.Addr, quoted []byte) (proto byte, message []byte) {
	if !src.Is6() {
		m := append([]byte{3, 3, 0, 0, 0, 0, 0, 0}, quoted[:min(len(quoted), 28)]...)
		be.PutUint16(m[2:], fold(sum(0, m)))
		return protoICMP, m
	}
	m := append([]byte{1, 4, 0, 0, 0, 0, 0, 0}, quoted[:min(len(quoted), 1232)]...)
	be.PutUint16(m[2:], fold(sum(pseudoHeader(src, dst, protoICMPv6, len(m)), m)))
	return protoICMPv6, m
}
