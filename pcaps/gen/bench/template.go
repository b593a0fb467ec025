package bench

import (
	"encoding/binary"
	"net/netip"
	"time"

	"sniwatch/pcaps/gen/frames"
	"sniwatch/pcaps/gen/play"
)

// recordHeader is the length of the header of a pcap record.
const recordHeader = 16

var be = binary.BigEndian

// A template is a connection that was played once, with zeros for the client's
// address, for its port, and for both initial sequence numbers: what stands
// there is added, also to the checksums.
type template struct {
	truth
	bytes   []byte // of all records, pcap headers included
	packets []packet
	ip6     bool
}

// A packet of a template.
type packet struct {
	from, to   int   // in template.bytes
	at         int64 // microseconds since the first
	fromClient bool
	acks       bool // its acknowledgement number counts
	payload    bool
	random     int // where the ClientHello's random stands in the record; 0: it has none
}

// truth is what is known of a connection.
type truth struct {
	sni, alerts, how, by, code, handshake string
	summed                                bool // counted at the end only, not listed
}

// begin is the time at which the captures start.
var begin = time.Date(2024, 1, 16, 3, 41, 10, 0, time.UTC)

// newTemplate plays a connection. A different number gives different noise.
func newTemplate(number int, ip6 bool, what truth, act func(*play.Call)) *template {
	client, server := netip.MustParseAddrPort("0.0.0.0:0"), netip.MustParseAddrPort("10.0.0.10:443")
	if ip6 {
		client, server = netip.MustParseAddrPort("[::]:0"), netip.MustParseAddrPort("[2600:1f18:1234:5600::10]:443")
	}
	trace := frames.NewTrace(begin.Add(time.Duration(number)*time.Second), frames.Ethernet)
	call := play.Prepare(trace, client, server)
	call.Conversation = trace.Conversation(client, server, 0, 0)
	act(call)
	t := &template{truth: what, ip6: ip6}
	for _, f := range trace.Frames {
		t.add(f, f.Time.Sub(trace.Frames[0].Time))
	}
	return t
}

// add appends a frame as a record.
func (t *template) add(f frames.Frame, at time.Duration) {
	p := packet{from: len(t.bytes), at: at.Microseconds(), fromClient: f.FromClient, payload: f.Payload > 0}
	header := make([]byte, recordHeader)
	binary.LittleEndian.PutUint32(header[8:], uint32(len(f.Data)))
	binary.LittleEndian.PutUint32(header[12:], uint32(f.Length))
	t.bytes = append(append(t.bytes, header...), f.Data...)
	p.to = len(t.bytes)
	tcp := f.Data[t.tcp()-recordHeader:]
	p.acks = tcp[13]&0x10 != 0
	payload := tcp[tcp[12]>>4*4:]
	if f.FromClient && len(payload) > 43 && payload[0] == 22 && payload[5] == 1 {
		p.random = recordHeader + len(f.Data) - len(payload) + 11
	}
	t.packets = append(t.packets, p)
}

// tcp is where the TCP header begins in a record.
func (t *template) tcp() int {
	if t.ip6 {
		return recordHeader + 14 + 40
	}
	return recordHeader + 14 + 20
}

// A connection is one use of a template.
type connection struct {
	*template
	client               [16]byte // IPv4 in the first 4 bytes
	port                 uint16
	clientISN, serverISN uint32
	random               [32]byte
	start                int64 // microseconds since the epoch
	next                 int   // packet
	late                 int   // the packet that was overtaken by the one after it, -1: none
	again                int   // the packet that will be sent again, -1: none
}

// due is the time of the next packet.
func (c *connection) due() int64 { return c.start + c.packets[c.next].at }

// words adds the 16-bit words of b, whose length is even.
func words(b []byte) (acc uint32) {
	for ; len(b) >= 2; b = b[2:] {
		acc += uint32(be.Uint16(b))
	}
	return acc
}

// adjust writes the checksum at b after words were added to what it covers
// (RFC 1624).
func adjust(b []byte, added uint32) {
	acc := uint32(^be.Uint16(b)) + added
	for acc > 0xffff {
		acc = acc>>16 + acc&0xffff
	}
	be.PutUint16(b, ^uint16(acc))
}

// render appends packet number i as this connection's, sent at a time in
// microseconds.
func (c *connection) render(b []byte, i int, at int64) []byte {
	p := &c.packets[i]
	from := len(b)
	b = append(b, c.bytes[p.from:p.to]...)
	r := b[from:]
	binary.LittleEndian.PutUint32(r[0:], uint32(at/1e6))
	binary.LittleEndian.PutUint32(r[4:], uint32(at%1e6))
	added := c.address(r, p.fromClient)
	tcp := r[c.tcp():]
	port, seq, ack := tcp[2:], c.serverISN, c.clientISN
	if p.fromClient {
		port, seq, ack = tcp, c.clientISN, c.serverISN
	}
	be.PutUint16(port, c.port)
	added += uint32(c.port)
	added += plus(tcp[4:], seq)
	if p.acks {
		added += plus(tcp[8:], ack)
	}
	if p.random > 0 {
		// The random begins at an odd or even place: sum the words around it.
		around := r[p.random-p.random&1 : p.random+34-p.random&1]
		before := words(around)
		copy(r[p.random:], c.random[:])
		added += words(around) + 17*0xffff - before
	}
	adjust(tcp[16:], added)
	return b
}

// address writes the client's address and gives what it adds to a checksum.
func (c *connection) address(r []byte, fromClient bool) (added uint32) {
	ip := r[recordHeader+14:]
	if c.ip6 {
		at := 24
		if fromClient {
			at = 8
		}
		copy(ip[at:], c.client[:])
		return words(c.client[:])
	}
	at := 16
	if fromClient {
		at = 12
	}
	copy(ip[at:], c.client[:4])
	added = words(c.client[:4])
	adjust(ip[10:], added)
	return added
}

// plus adds n to the number at b and gives what that adds to a checksum.
func plus(b []byte, n uint32) uint32 {
	before := words(b[:4])
	be.PutUint32(b, be.Uint32(b)+n)
	return words(b[:4]) + 2*0xffff - before
}
