package capture

import "encoding/binary"

// plain decodes what nearly all packets are: TCP over IPv4 without options,
// or over IPv6 without extension headers, in an Ethernet frame that holds the
// IP packet whole. Such a packet costs half of what it costs header by
// header. Of everything else, and of all that looks wrong, it says false; s
// is of no use then.
func plain(frame []byte, s *Segment) bool {
	const (
		ethernet = 14
		v4       = ethernet + 20 // where TCP begins
		v6       = ethernet + 40
		shortest = 20 // TCP header
	)
	if len(frame) < v4+shortest {
		return false
	}
	var segment []byte
	switch binary.BigEndian.Uint32(frame[12:]) >> 8 { // EtherType, and the first byte of the IP header
	case etherIPv4<<8 | 0x45:
		const moreFragmentsOrOffset = 0x3fff
		end := ethernet + int(binary.BigEndian.Uint16(frame[16:]))
		if frame[23] != protoTCP || binary.BigEndian.Uint16(frame[20:])&moreFragmentsOrOffset != 0 ||
			end < v4+shortest || end > len(frame) {
			return false
		}
		mapIPv4(&s.Src.IP, frame[26:30])
		mapIPv4(&s.Dst.IP, frame[30:34])
		segment = frame[v4:end]
	default:
		if binary.BigEndian.Uint32(frame[12:])>>12 != etherIPv6<<4|6 || len(frame) < v6+shortest {
			return false
		}
		end := v6 + int(binary.BigEndian.Uint16(frame[18:]))
		if frame[20] != protoTCP || end < v6+shortest || end > len(frame) {
			return false
		}
		s.Src.IP = [16]byte(frame[22:38])
		s.Dst.IP = [16]byte(frame[38:54])
		segment = frame[v6:end]
	}
	header := int(segment[12]>>4) * 4
	if header < shortest || header > len(segment) {
		return false
	}
	fillTCP(s, segment, header)
	s.Length = len(s.Payload)
	return true
}
