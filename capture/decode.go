package capture

// maxHeaders is how many Ethernet and IP headers may stand inside each
// other. Mirrored traffic of an overlay network in a tunnel has six.
const maxHeaders = 16

// A Decoder takes the headers off packets. It remembers nothing from one
// packet to the next and is there so that nothing is allocated; the zero
// value is ready. It is not safe for use by several goroutines at once.
type Decoder struct {
	headers int // Ethernet and IP headers of this packet so far

	// missing is how many bytes the innermost length counts behind the last
	// byte that was captured.
	missing int
}

// Decode says what p is. For TCP and Unreachable s is filled in, for the
// other kinds its content is of no use. Checksums are not looked at: network
// cards compute them after the packet was captured.
func (d *Decoder) Decode(p *Packet, s *Segment) Kind {
	d.headers = 0
	d.missing = max(0, p.Length-len(p.Data))
	s.Packet = p.Number
	s.Time = p.Time
	if p.Link == LinkEthernet {
		return d.ethernet(p.Data, s)
	}
	return d.link(p.Link, p.Data, s)
}

// tooShort is the kind of a packet in which a header would need more bytes
// than there are.
func (d *Decoder) tooShort() Kind {
	if d.missing > 0 {
		return Truncated
	}
	return Undecodable
}

// nested counts a header and tells whether there may be another.
func (d *Decoder) nested() bool {
	d.headers++
	return d.headers <= maxHeaders
}

// trim gives what an IP header with a payload of length bytes has behind it:
// without the padding of the link layer, and with what was not captured
// noted in d.missing.
func (d *Decoder) trim(b []byte, length int) []byte {
	if length <= len(b) {
		d.missing = 0
		return b[:length]
	}
	d.missing = length - len(b)
	return b
}
