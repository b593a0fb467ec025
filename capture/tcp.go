package capture

import "encoding/binary"

// tcp decodes a TCP header (RFC 9293, section 3.1). The options need not
// have been captured: many captures are cut to 54 or 68 bytes a packet and
// still tell who reset the connection.
func (d *Decoder) tcp(b []byte, s *Segment) Kind {
	if len(b) < 20 {
		return d.tooShort()
	}
	header := int(b[12]>>4) * 4
	total := len(b) + d.missing
	if header < 20 || header > total {
		return Undecodable
	}
	fillTCP(s, b, min(header, len(b)))
	s.Length = total - header
	return TCP
}

// fillTCP copies what a TCP header says, of which captured bytes are there,
// 20 or more, and takes what is behind them for the payload.
func fillTCP(s *Segment, b []byte, captured int) {
	s.Src.Port = binary.BigEndian.Uint16(b)
	s.Dst.Port = binary.BigEndian.Uint16(b[2:])
	s.Seq = binary.BigEndian.Uint32(b[4:])
	s.Ack = binary.BigEndian.Uint32(b[8:])
	s.Flags = Flags(b[13]) & (FIN | SYN | RST | PSH | ACK | URG)
	s.Payload = b[captured:]
	s.MSS = 0
	if s.Flags.Has(SYN) {
		s.MSS = segmentSize(b[20:captured])
	}
}

// segmentSize finds the maximum segment size among the options, 0 where it
// is not there or was not captured.
func segmentSize(options []byte) uint16 {
	const (
		end         = 0
		noOperation = 1
		maxSegment  = 2
	)
	for len(options) > 0 {
		switch options[0] {
		case end:
			return 0
		case noOperation:
			options = options[1:]
			continue
		}
		if len(options) < 2 || options[1] < 2 || int(options[1]) > len(options) {
			return 0
		}
		if options[0] == maxSegment && options[1] == 4 {
			return binary.BigEndian.Uint16(options[2:])
		}
		options = options[options[1]:]
	}
	return 0
}
