package capture

import (
	"encoding/binary"
	"strings"
)

// EtherTypes that lead to IP (https://www.iana.org/assignments/ieee-802-numbers).
const (
	etherIPv4        = 0x0800
	etherIPv6        = 0x86dd
	etherVLAN        = 0x8100 // 802.1Q
	etherQinQ        = 0x88a8 // 802.1ad
	etherOldQinQ     = 0x9100 // used before 802.1ad
	etherOldQinQ2    = 0x9200
	etherMPLS        = 0x8847 // RFC 3032
	etherMPLSUp      = 0x8848 // with an upstream-assigned label, RFC 5332
	etherPPPoE       = 0x8864 // session, RFC 2516
	etherTransparent = 0x6558 // an Ethernet frame in GRE or Geneve

	// A value below this is no EtherType but the length of an 802.3 frame.
	etherTypes = 0x0600

	// sllLLC in place of an EtherType says that an LLC header follows (Linux
	// cooked captures).
	sllLLC = 0x0004
)

// PPP protocol numbers.
const (
	pppIPv4 = 0x0021
	pppIPv6 = 0x0057
)

// link decodes everything but Ethernet.
func (d *Decoder) link(t LinkType, b []byte, s *Segment) Kind {
	switch t {
	case LinkSLL:
		if len(b) < 16 {
			return d.tooShort()
		}
		return d.cooked(binary.BigEndian.Uint16(b[14:]), b[16:], s)
	case LinkSLL2:
		if len(b) < 20 {
			return d.tooShort()
		}
		return d.cooked(binary.BigEndian.Uint16(b), b[20:], s)
	case LinkNull, LinkLoop:
		return d.loopback(b, s)
	case LinkRaw, LinkRawBSD, LinkRawOBSD, LinkIPv4, LinkIPv6:
		return d.ip(b, s)
	case LinkCHDLC:
		return d.hdlc(b, s)
	case LinkPPP, LinkPPPSerial:
		if len(b) > 0 && (b[0] == 0x0f || b[0] == 0x8f) { // Cisco's unicast and multicast address
			return d.hdlc(b, s)
		}
		return d.ppp(b, s)
	case LinkPPPEther:
		return d.pppoe(b, s)
	case LinkEthernet:
		return d.ethernet(b, s)
	}
	return UnknownLink
}

// ethernet decodes a frame that begins with the destination's address.
func (d *Decoder) ethernet(b []byte, s *Segment) Kind {
	if !d.nested() {
		return Undecodable
	}
	if len(b) < 14 {
		return d.tooShort()
	}
	return d.etherType(binary.BigEndian.Uint16(b[12:]), b[14:], s)
}

// etherType decodes what is behind an EtherType.
func (d *Decoder) etherType(t uint16, b []byte, s *Segment) Kind {
	for {
		switch t {
		case etherIPv4, etherIPv6:
			// The version in the IP header decides: programs that translate or
			// rewrite packets leave the wrong type behind.
			return d.ip(b, s)
		case etherVLAN, etherQinQ, etherOldQinQ, etherOldQinQ2:
			if len(b) < 4 {
				return d.tooShort()
			}
			t, b = binary.BigEndian.Uint16(b[2:]), b[4:]
		case etherMPLS, etherMPLSUp:
			return d.mpls(b, s)
		case etherPPPoE:
			return d.pppoe(b, s)
		case etherTransparent:
			return d.ethernet(b, s)
		default:
			if t < etherTypes {
				return d.llc(b, s)
			}
			return Other
		}
	}
}

// cooked decodes what is behind the header of a Linux cooked capture. Where
// the protocol is no EtherType it is a number of Linux, of which one matters.
func (d *Decoder) cooked(protocol uint16, b []byte, s *Segment) Kind {
	if protocol < etherTypes && protocol != sllLLC {
		return Other
	}
	return d.etherType(protocol, b, s)
}

// llc decodes an 802.2 header, if it is one with SNAP and an EtherType
// (RFC 1042).
func (d *Decoder) llc(b []byte, s *Segment) Kind {
	const snap = "\xaa\xaa\x03\x00\x00\x00"
	if !d.nested() { // VLAN tags and LLC can alternate
		return Undecodable
	}
	if !strings.HasPrefix(snap, string(b[:min(len(b), len(snap))])) {
		return Other
	}
	if len(b) < len(snap)+2 {
		return d.tooShort()
	}
	t := binary.BigEndian.Uint16(b[len(snap):])
	if t < etherTypes {
		return Other
	}
	return d.etherType(t, b[len(snap)+2:], s)
}

// loopback decodes what is behind an address family. NULL has it in the byte
// order of the host that captured, LOOP in network byte order; the families
// are so small that both can be tried.
func (d *Decoder) loopback(b []byte, s *Segment) Kind {
	if len(b) < 4 {
		return d.tooShort()
	}
	family := binary.LittleEndian.Uint32(b)
	if family > 0xffff {
		family = binary.BigEndian.Uint32(b)
	}
	switch family {
	case 2: // AF_INET everywhere
		return d.ipv4(b[4:], s)
	case 10, 24, 28, 30: // AF_INET6 of Linux; NetBSD and OpenBSD; FreeBSD; macOS
		return d.ipv6(b[4:], s)
	}
	return Other
}

// hdlc decodes Cisco HDLC: address, control, EtherType.
func (d *Decoder) hdlc(b []byte, s *Segment) Kind {
	if len(b) < 4 {
		return d.tooShort()
	}
	return d.etherType(binary.BigEndian.Uint16(b[2:]), b[4:], s)
}

// ppp decodes PPP, whose address and control bytes may be left out and whose
// protocol number may be compressed to one byte (RFC 1661, section 6.5).
func (d *Decoder) ppp(b []byte, s *Segment) Kind {
	if len(b) >= 2 && b[0] == 0xff && b[1] == 0x03 {
		b = b[2:]
	}
	if len(b) < 2 {
		return d.tooShort()
	}
	protocol, rest := uint16(b[0]), b[1:]
	if protocol&1 == 0 {
		protocol, rest = binary.BigEndian.Uint16(b), b[2:]
	}
	switch protocol {
	case pppIPv4:
		return d.ipv4(rest, s)
	case pppIPv6:
		return d.ipv6(rest, s)
	}
	return Other
}

// pppoe decodes a PPPoE session header (RFC 2516, section 4) and PPP behind
// it. Its length says nothing that the IP header's does not.
func (d *Decoder) pppoe(b []byte, s *Segment) Kind {
	const session = 0 // CODE of the session stage
	if len(b) < 6 {
		return d.tooShort()
	}
	if b[0] != 0x11 || b[1] != session {
		return Other
	}
	return d.ppp(b[6:], s)
}

// mpls takes off the labels. What follows them is said nowhere but in its
// first four bits.
func (d *Decoder) mpls(b []byte, s *Segment) Kind {
	for {
		if len(b) < 5 {
			return d.tooShort()
		}
		bottom := b[2]&1 != 0
		b = b[4:]
		if bottom {
			break
		}
	}
	if version := b[0] >> 4; version != 4 && version != 6 {
		return Other
	}
	return d.ip(b, s)
}
