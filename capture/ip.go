package capture

import "encoding/binary"

// Protocol numbers (https://www.iana.org/assignments/protocol-numbers).
const (
	protoHopByHop    = 0
	protoICMP        = 1
	protoIPv4        = 4
	protoTCP         = 6
	protoUDP         = 17
	protoIPv6        = 41
	protoRouting     = 43
	protoFragment    = 44
	protoGRE         = 47
	protoAH          = 51
	protoICMPv6      = 58
	protoDestination = 60
	protoMobility    = 135
)

// ip decodes an IP header of either version.
func (d *Decoder) ip(b []byte, s *Segment) Kind {
	if len(b) == 0 {
		return d.tooShort()
	}
	if b[0]>>4 == 6 {
		return d.ipv6(b, s)
	}
	return d.ipv4(b, s)
}

// ipv4 decodes an IPv4 header (RFC 791, section 3.1).
func (d *Decoder) ipv4(b []byte, s *Segment) Kind {
	if !d.nested() {
		return Undecodable
	}
	if len(b) < 20 {
		return d.tooShort()
	}
	if b[0]>>4 != 4 {
		return Undecodable
	}
	header := int(b[0]&15) * 4
	total := int(binary.BigEndian.Uint16(b[2:]))
	if total == 0 {
		// The network card is to cut this into packets, or has put it together,
		// and it is too long for the field.
		total = len(b) + d.missing
	}
	if header < 20 || total < header {
		return Undecodable
	}
	b = d.trim(b, total)
	if len(b) < header {
		return d.tooShort()
	}
	const moreFragmentsOrOffset = 0x3fff
	if binary.BigEndian.Uint16(b[6:])&moreFragmentsOrOffset != 0 {
		return fragmentOf(b[9])
	}
	mapIPv4(&s.Src.IP, b[12:16])
	mapIPv4(&s.Dst.IP, b[16:20])
	if b[9] == protoTCP {
		return d.tcp(b[header:], s)
	}
	return d.protocol(b[9], b[header:], s)
}

// mapIPv4 writes an IPv4 address in its IPv4-mapped form. It writes as much at
// a time as whoever looks for the connection reads at a time: the processor
// stalls where a read takes in two writes that have just been made.
func mapIPv4(to *[16]byte, address []byte) {
	binary.LittleEndian.PutUint64(to[:8], 0)
	binary.LittleEndian.PutUint64(to[8:], 0xffff0000|uint64(binary.LittleEndian.Uint32(address))<<32)
}

// ipv6 decodes an IPv6 header (RFC 8200, section 3) and its extension
// headers.
func (d *Decoder) ipv6(b []byte, s *Segment) Kind {
	if !d.nested() {
		return Undecodable
	}
	const header = 40
	if len(b) < header {
		return d.tooShort()
	}
	if b[0]>>4 != 6 {
		return Undecodable
	}
	length := int(binary.BigEndian.Uint16(b[4:]))
	if length == 0 {
		// A jumbo payload (RFC 2675) or one that is too long because of offload:
		// both reach to the end of the frame.
		length = len(b) - header + d.missing
	}
	next := b[6]
	copy(s.Src.IP[:], b[8:24])
	copy(s.Dst.IP[:], b[24:40])
	b = d.trim(b[header:], length)
	for {
		if next == protoTCP {
			return d.tcp(b, s)
		}
		size, fragment := extension(next, b)
		switch {
		case size == 0:
			return d.protocol(next, b, s)
		case size > len(b):
			return d.tooShort()
		case fragment:
			return fragmentOf(b[0])
		}
		next, b = b[0], b[size:]
	}
}

// extension gives the length of the extension header that b begins with, 0
// where next is none, and whether it makes the packet a fragment. The length
// can be more than b has. An atomic fragment (RFC 6946) is none.
func extension(next uint8, b []byte) (size int, fragment bool) {
	switch next {
	case protoHopByHop, protoRouting, protoDestination, protoMobility, protoFragment, protoAH:
	default:
		return 0, false
	}
	if len(b) < 8 {
		return 8, false
	}
	switch next {
	case protoFragment:
		const offsetOrMore = 0xfff9
		return 8, binary.BigEndian.Uint16(b[2:])&offsetOrMore != 0
	case protoAH:
		return (int(b[1]) + 2) * 4, false // RFC 4302, section 2.2
	}
	return (int(b[1]) + 1) * 8, false
}

// fragmentOf gives the kind of a fragment of a packet whose next header is
// protocol. It is a Fragment only where a TCP segment may be in it. UDP is
// left out although it may be a tunnel: hardly any is, and large answers of
// the DNS come in fragments every day.
func fragmentOf(protocol uint8) Kind {
	switch protocol {
	case protoTCP, protoIPv4, protoIPv6, protoGRE,
		protoHopByHop, protoRouting, protoDestination, protoMobility, protoFragment, protoAH:
		return Fragment
	}
	return Other
}

// protocol decodes what an IP header carries.
func (d *Decoder) protocol(protocol uint8, b []byte, s *Segment) Kind {
	switch protocol {
	case protoTCP:
		return d.tcp(b, s)
	case protoUDP:
		return d.udp(b, s)
	case protoICMP:
		return d.icmp(b, s)
	case protoICMPv6:
		return d.icmpv6(b, s)
	case protoIPv4:
		return d.ipv4(b, s)
	case protoIPv6:
		return d.ipv6(b, s)
	case protoGRE:
		return d.gre(b, s)
	case protoAH: // in IPv4, and only once
		size, _ := extension(protoAH, b)
		if size > len(b) {
			return d.tooShort()
		}
		if b[0] == protoAH {
			return Undecodable
		}
		return d.protocol(b[0], b[size:], s)
	}
	return Other
}
