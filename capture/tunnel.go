package capture

import "encoding/binary"

// UDP ports of tunnels.
const (
	portVXLAN    = 4789 // RFC 7348; AWS traffic mirroring
	portOldVXLAN = 8472 // Linux's default
	portGeneve   = 6081 // RFC 8926; AWS Gateway Load Balancer
	portGTPU     = 2152 // 3GPP TS 29.281
)

// udp decodes the tunnels that run over UDP.
func (d *Decoder) udp(b []byte, s *Segment) Kind {
	if len(b) < 8 {
		return d.tooShort()
	}
	switch binary.BigEndian.Uint16(b[2:]) {
	case portVXLAN, portOldVXLAN:
		return d.vxlan(b[8:], s)
	case portGeneve:
		return d.geneve(b[8:], s)
	case portGTPU:
		return d.gtpu(b[8:], s)
	}
	return Other
}

// vxlan decodes a VXLAN header (RFC 7348, section 5). What does not have its
// flag is something else on the same port.
func (d *Decoder) vxlan(b []byte, s *Segment) Kind {
	const validNetwork = 0x08
	if len(b) < 8 {
		return d.shortTunnel()
	}
	if b[0]&validNetwork == 0 {
		return Other
	}
	return d.ethernet(b[8:], s)
}

// geneve decodes a Geneve header (RFC 8926, section 3.4).
func (d *Decoder) geneve(b []byte, s *Segment) Kind {
	const control = 0x80 // the O bit: no payload for the network
	if len(b) < 8 {
		return d.shortTunnel()
	}
	version, options := b[0]>>6, int(b[0]&0x3f)*4
	if version != 0 || b[1]&control != 0 {
		return Other
	}
	if len(b) < 8+options {
		return d.tooShort()
	}
	return d.etherType(binary.BigEndian.Uint16(b[2:]), b[8+options:], s)
}

// gtpu decodes the GTP-U header of a G-PDU, which carries an IP packet
// (3GPP TS 29.281, section 5).
func (d *Decoder) gtpu(b []byte, s *Segment) Kind {
	const (
		version1  = 0x30 // with the protocol type bit
		fieldBits = 0x07 // extension header, sequence number, N-PDU number
		extBit    = 0x04
		packet    = 0xff // message type G-PDU
	)
	if len(b) < 8 {
		return d.shortTunnel()
	}
	flags := b[0]
	if flags&0xf0 != version1 || b[1] != packet {
		return Other
	}
	b = b[8:]
	if flags&fieldBits != 0 {
		if len(b) < 4 {
			return d.tooShort()
		}
		next := b[3]
		b = b[4:]
		for flags&extBit != 0 && next != 0 {
			if len(b) == 0 || len(b) < int(b[0])*4 {
				return d.tooShort()
			}
			size := int(b[0]) * 4
			if size == 0 {
				return Undecodable
			}
			next, b = b[size-1], b[size:]
		}
	}
	if len(b) > 0 && b[0]>>4 != 4 && b[0]>>4 != 6 {
		return Other
	}
	return d.ip(b, s)
}

// shortTunnel is for a datagram on a tunnel's port that is too short for the
// tunnel: if nothing was cut off, then it is no tunnel.
func (d *Decoder) shortTunnel() Kind {
	if d.missing > 0 {
		return Truncated
	}
	return Other
}

// gre decodes a GRE header of version 0 (RFC 2784, RFC 2890). Version 1 is
// PPTP's and carries compressed PPP.
func (d *Decoder) gre(b []byte, s *Segment) Kind {
	const (
		checksum = 0x8000
		routing  = 0x4000 // of RFC 1701, given up since
		key      = 0x2000
		sequence = 0x1000
		version  = 0x0007
	)
	if len(b) < 4 {
		return d.tooShort()
	}
	flags, protocol := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	if flags&(version|routing) != 0 {
		return Other
	}
	header := 4
	for _, field := range [...]uint16{checksum, key, sequence} {
		if flags&field != 0 {
			header += 4
		}
	}
	if len(b) < header {
		return d.tooShort()
	}
	if protocol < etherTypes {
		return Other
	}
	return d.etherType(protocol, b[header:], s)
}
