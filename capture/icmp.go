package capture

import "encoding/binary"

// The ICMP errors that can end a handshake.
const (
	icmpUnreachable   = 3 // RFC 792
	icmpFragNeeded    = 4 // code of icmpUnreachable, RFC 1191
	icmpv6Unreachable = 1 // RFC 4443, section 3.1
	icmpv6TooBig      = 2 // RFC 4443, section 3.2
)

// quotedTCP is how much of a TCP header an ICMP error quotes at least: the
// ports and the sequence number.
const quotedTCP = 8

// icmp decodes ICMPv4 errors about TCP segments.
func (d *Decoder) icmp(b []byte, s *Segment) Kind {
	if len(b) < 8 {
		return d.tooShort()
	}
	if b[0] != icmpUnreachable {
		return Other
	}
	said := ICMPError{Type: b[0], Code: b[1], From: s.Src.IP}
	if said.Code == icmpFragNeeded {
		said.MTU = uint32(binary.BigEndian.Uint16(b[6:]))
	}
	return d.quotedIPv4(b[8:], said, s)
}

// icmpv6 decodes ICMPv6 errors about TCP segments.
func (d *Decoder) icmpv6(b []byte, s *Segment) Kind {
	if len(b) < 8 {
		return d.tooShort()
	}
	said := ICMPError{Type: b[0], Code: b[1], From: s.Src.IP}
	switch said.Type {
	case icmpv6Unreachable:
	case icmpv6TooBig:
		said.MTU = binary.BigEndian.Uint32(b[4:])
	default:
		return Other
	}
	return d.quotedIPv6(b[8:], said, s)
}

// quotedIPv4 decodes the beginning of a packet inside an ICMP error. Its
// total length is that of the whole packet and says nothing here.
func (d *Decoder) quotedIPv4(b []byte, said ICMPError, s *Segment) Kind {
	if len(b) < 20 {
		return d.shortQuote()
	}
	header := int(b[0]&15) * 4
	const fragmentOffset = 0x1fff
	if b[0]>>4 != 4 || header < 20 || b[9] != protoTCP || binary.BigEndian.Uint16(b[6:])&fragmentOffset != 0 {
		return Other
	}
	if len(b) < header+quotedTCP {
		return d.shortQuote()
	}
	mapIPv4(&s.Src.IP, b[12:16])
	mapIPv4(&s.Dst.IP, b[16:20])
	return quoted(b[header:], said, s)
}

// quotedIPv6 does the same for IPv6.
func (d *Decoder) quotedIPv6(b []byte, said ICMPError, s *Segment) Kind {
	const header = 40
	if len(b) < header {
		return d.shortQuote()
	}
	if b[0]>>4 != 6 {
		return Other
	}
	next, rest := b[6], b[header:]
	for next != protoTCP {
		size, fragment := extension(next, rest)
		switch {
		case size == 0, fragment:
			return Other
		case size > len(rest):
			return d.shortQuote()
		}
		next, rest = rest[0], rest[size:]
	}
	if len(rest) < quotedTCP {
		return d.shortQuote()
	}
	copy(s.Src.IP[:], b[8:24])
	copy(s.Dst.IP[:], b[24:40])
	return quoted(rest, said, s)
}

// quoted fills in what the first bytes of a TCP header say.
func quoted(tcp []byte, said ICMPError, s *Segment) Kind {
	s.Src.Port = binary.BigEndian.Uint16(tcp)
	s.Dst.Port = binary.BigEndian.Uint16(tcp[2:])
	s.Seq = binary.BigEndian.Uint32(tcp[4:])
	s.Ack, s.Flags, s.MSS, s.Length, s.Payload = 0, 0, 0, 0, nil
	s.ICMP = said
	return Unreachable
}

// shortQuote is for an error that quotes too little to know what it is
// about: it is of no use, but no contradiction either.
func (d *Decoder) shortQuote() Kind {
	if d.missing > 0 {
		return Truncated
	}
	return Other
}
