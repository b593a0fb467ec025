package capture

// maxHeaders is how many Ethernet, LLC and IP headers may stand inside each
// other. Mirrored traffic of an overlay network in a tunnel has six.
const maxHeaders = 16

// A Decoder takes the headers off packets. It remembers nothing from one
// packet to the next and is there so that nothing is allocated; the zero
// value is ready. It is not safe for use by several goroutines at once.
type Decoder struct {
	headers int // Ethernet, LLC and IP headers of this packet so far

	// missing is how many bytes the innermost length counts behind the last
	// byte that was captured.
	missing int

	inner bool // the next IP header is inside another: in a tunnel
}

// Decode says what p is. For TCP and Unreachable s is filled in, for the
// other kinds its content is of no use. Checksums are not looked at: network
// cards compute them after the packet was captured.
func (d *Decoder) Decode(p *Packet, s *Segment) Kind {
	s.Packet = p.Number
	s.Time = p.Time
	if p.Link == LinkEthernet && plain(p.Data, s) {
		return TCP
	}
	return d.headerByHeader(p, s)
}

// headerByHeader decodes any packet. It gives for a plain one what plain
// gives.
func (d *Decoder) headerByHeader(p *Packet, s *Segment) Kind {
	d.headers, d.inner = 0, false
	d.missing = max(0, p.Length-len(p.Data))
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

// trim gives the length bytes that an IP header counts: without the padding
// of the link layer, and with what was not captured noted in d.missing.
//
// A length that reaches behind the end of the frame on the wire is a lie, and
// the frame's end is believed. Inside a tunnel it is none: traffic mirroring
// cuts a packet before it wraps it.
func (d *Decoder) trim(b []byte, length int) []byte {
	if length <= len(b) {
		d.missing = 0
		b = b[:length]
	} else if d.inner {
		d.missing = length - len(b)
	} else {
		d.missing = min(d.missing, length-len(b))
	}
	d.inner = true
	return b
}
