package redact

import (
	"bytes"
	"errors"
	"fmt"

	"sniwatch/capture"
)

// A carrier is one packet of a connection, taken apart.
type carrier struct {
	packet  capture.Packet
	frame   frame
	segment capture.Segment
	kind    capture.Kind
}

// Packets rewrites all packets of one connection, given in the order of the
// capture: addresses, names, certificates, and whatever else could say whose
// they are. Numbers, times and lengths stay; the bytes are copies.
//
// Packets that cannot be rewritten safely are left out, each with its reason;
// where the whole connection cannot be, out is nil. A packet whose payload lies
// outside of what can be followed is cut behind its headers, its Length kept.
func (r *Redactor) Packets(packets []capture.Packet) (out []capture.Packet, left []Omission) {
	var decoder capture.Decoder
	carriers := make([]*carrier, 0, len(packets))
	for i := range packets {
		c, err := r.takeApart(&packets[i], &decoder)
		if err != nil {
			left = append(left, Omission{packets[i].Number, err.Error()})
			continue
		}
		carriers = append(carriers, c)
	}
	conn, err := gather(carriers)
	if err == nil {
		err = r.redactStreams(conn)
	}
	if err != nil {
		return nil, append(left, Omission{Why: err.Error()})
	}
	for _, c := range carriers {
		if why := conn.writeBack(c); why != "" {
			left = append(left, Omission{c.packet.Number, why})
		}
		r.rewriteHeaders(&c.frame)
		c.frame.sum()
		if len(c.frame.b) > 0 {
			c.packet.Data = c.frame.b
			out = append(out, c.packet)
		}
	}
	if leak := conn.leaks(out); leak > 0 {
		return nil, append(left, Omission{Why: fmt.Sprintf("a name was still found in packet %d", leak)})
	}
	return out, left
}

// takeApart finds the headers of a packet. The decoder of the analysis must find
// the same ones: two opinions about where a name stands would let it through.
func (r *Redactor) takeApart(p *capture.Packet, d *capture.Decoder) (*carrier, error) {
	c := &carrier{packet: *p}
	c.packet.Data = bytes.Clone(p.Data)
	c.frame = frame{b: c.packet.Data, missing: max(0, p.Length-len(p.Data))}
	c.kind = d.Decode(&c.packet, &c.segment)
	if c.kind != capture.TCP && c.kind != capture.Unreachable {
		return nil, errNotTCP
	}
	if err := c.frame.locate(p.Link); err != nil {
		return nil, err
	}
	_, tcp := c.frame.tcp()
	if quoted := c.frame.quote() != nil; quoted != (c.kind == capture.Unreachable) ||
		!quoted && len(c.segment.Payload) != tcp.end-tcp.body {
		return nil, errEncap
	}
	return c, nil
}

// maxStream is how many bytes of one side are followed. What outlives that is no
// handshake.
const maxStream = 1 << 20

// A connection is what two sides sent, put together.
type connection struct {
	ends    [2]capture.Endpoint
	sides   [2]stream
	opened  bool // a SYN was seen
	secrets [][]byte
}

// A stream is what one side sent, by its place.
type stream struct {
	begun  bool
	opened bool   // its SYN was seen
	base   uint32 // sequence number of the first byte
	buf    []byte
	have   []bool // which bytes of buf were captured
	out    []byte // what stands there instead
}

// gather puts the streams of a connection together.
func gather(carriers []*carrier) (*connection, error) {
	conn := &connection{}
	if len(carriers) == 0 {
		return nil, errNothing
	}
	conn.ends = [2]capture.Endpoint{carriers[0].segment.Src, carriers[0].segment.Dst}
	for _, c := range carriers {
		side, ok := conn.side(c)
		if !ok {
			return nil, errSeveral
		}
		if !conn.sides[side].begin(c, conn) {
			return nil, errSeveral
		}
	}
	for _, c := range carriers {
		if c.kind == capture.TCP {
			side, _ := conn.side(c)
			conn.sides[side].add(&c.segment)
		}
	}
	return conn, nil
}

// side tells which side sent a segment, or the one that is quoted.
func (conn *connection) side(c *carrier) (int, bool) {
	s := &c.segment
	switch {
	case s.Src == conn.ends[0] && s.Dst == conn.ends[1]:
		return 0, true
	case s.Src == conn.ends[1] && s.Dst == conn.ends[0]:
		return 1, true
	}
	return 0, false
}

// errNothing is for a connection of which every packet was left out.
var errNothing = errors.New("none of its packets can be rewritten")

// errSeveral is for packets that are not those of one connection.
var errSeveral = errors.New("its ports were used for several connections")

// begin finds the sequence number of the first byte: behind the SYN, or the
// lowest that was seen. It is false for a SYN that begins another connection.
func (s *stream) begin(c *carrier, conn *connection) bool {
	seq := c.segment.Seq
	switch {
	case c.kind != capture.TCP:
	case c.segment.Flags.Has(capture.SYN):
		if s.opened && s.base != seq+1 {
			return false
		}
		conn.opened, s.opened = true, true
		s.begun, s.base = true, seq+1
	case !s.begun:
		s.begun, s.base = true, seq
	case !s.opened:
		if d := int32(seq - s.base); d < 0 && d > -maxStream {
			s.base = seq
		}
	}
	return true
}

// offset gives the place of a segment's first byte in its stream; SYN counts for
// one.
func (s *stream) offset(seg *capture.Segment) int {
	seq := seg.Seq
	if seg.Flags.Has(capture.SYN) {
		seq++
	}
	return int(int32(seq - s.base))
}

// add notes the payload of a segment. Where bytes come twice, the first count.
func (s *stream) add(seg *capture.Segment) {
	at := s.offset(seg)
	b := seg.Payload
	if at < 0 {
		b = b[min(len(b), -at):]
		at = 0
	}
	end := at + len(b)
	if len(b) == 0 || end > maxStream {
		return
	}
	if end > len(s.buf) {
		s.buf = append(s.buf, make([]byte, end-len(s.buf))...)
		s.have = append(s.have, make([]bool, end-len(s.have))...)
	}
	for i, c := range b {
		if !s.have[at+i] {
			s.buf[at+i], s.have[at+i] = c, true
		}
	}
}

// writeBack writes the redacted bytes into a packet. It says why where it had to
// cut the packet behind its headers.
func (conn *connection) writeBack(c *carrier) (why string) {
	side, _ := conn.side(c)
	s := &conn.sides[side]
	_, tcp := c.frame.tcp()
	payload := c.frame.b[tcp.body:tcp.end]
	at := s.offset(&c.segment)
	switch {
	case len(payload) == 0:
	case at < -1 || at+len(payload) > maxStream:
		if c.kind == capture.TCP {
			c.frame.b = c.frame.b[:tcp.body]
			for i := range c.frame.layers {
				l := &c.frame.layers[i]
				if l.end > tcp.body {
					l.end, l.whole = tcp.body, false
				}
			}
			return "its payload lies outside of what can be followed, and was cut off"
		}
		fill(payload, 0)
	default:
		fill(payload, 0)
		if at < 0 { // a keep-alive probe repeats the byte before the next
			payload, at = payload[1:], 0
		}
		if at < len(s.out) {
			copy(payload, s.out[at:])
		}
	}
	return ""
}

// leastSecret is how long a name must be to be searched for: shorter ones are
// found anywhere.
const leastSecret = 6

// leaks gives the number of a packet in which a name of this connection is still
// found, 0 where none is: the last of several safeguards.
func (conn *connection) leaks(out []capture.Packet) int {
	for _, p := range out {
		lower := []byte(asciiLower(string(p.Data)))
		for _, name := range conn.secrets {
			if bytes.Contains(lower, name) {
				return p.Number
			}
		}
	}
	return 0
}
