package evidence

import (
	"sniwatch/analyze"
	"sniwatch/analyze/tcp"
	"sniwatch/analyze/tlswire"
	"sniwatch/capture"
)

// A trimmer takes the application data out of the packets of one connection. It
// reads both sides as the analysis has read them, notes which bytes are the
// handshake (passages.go), and then goes over the packets: what is no handshake
// is cut off at a packet's end, its length on the wire kept; where handshake
// follows, it is overwritten.
type trimmer struct {
	c        *analyze.Connection
	decoder  capture.Decoder
	segments []segment
	sides    [2]passages
	said     said
}

// A segment is what the trimmer knows of a packet.
type segment struct {
	capture.Segment
	kind capture.Kind
	at   int // where in the packet's bytes the payload begins, -1: there is none
}

// said is how far the handshake has come, as far as that decides what a record
// of type application_data holds. See data.
type said struct {
	choice     bool    // the server's Hello, or its HelloRetryRequest, was seen
	finished   [2]bool // a record of the length of Finished was seen
	answered   bool    // the client sent any such record
	encrypted  bool    // the client sent another part of an encrypted handshake
	clientData bool
	serverData bool
}

// trim changes the packets, and the bytes that they view.
func (t *trimmer) trim(c *analyze.Connection, packets []Packet) {
	t.c, t.said = c, said{}
	t.segments = t.segments[:0]
	payload := false
	for i := range packets {
		s := segment{at: -1}
		s.kind = t.decoder.Decode(&packets[i].Packet, &s.Segment)
		if s.kind == capture.TCP {
			s.at = payloadAt(packets[i].Data, s.Payload)
		}
		s.Packet = i
		payload = payload || s.at >= 0
		t.segments = append(t.segments, s)
	}
	if payload {
		t.read()
	}
	for i := range packets {
		t.packet(&packets[i], &t.segments[i])
	}
	t.c = nil
}

// read goes through the connection once, and fills in the passages.
func (t *trimmer) read() {
	for side := range t.sides {
		t.sides[side].begin(t, tcp.Side(side))
	}
	table := tcp.NewTable(follower{t}, tcp.Limits{Connections: 2, Flows: 1, HeldBytes: 1 << 20})
	for i := range t.segments {
		if s := &t.segments[i]; s.kind == capture.TCP {
			table.Segment(&s.Segment)
		}
	}
	table.Finish()
}

// from tells which side sent a segment.
func (t *trimmer) from(s *capture.Segment) tcp.Side {
	if s.Src.AddrPort() == t.c.Client {
		return tcp.Client
	}
	return tcp.Server
}

// packet trims one packet.
func (t *trimmer) packet(p *Packet, s *segment) {
	switch {
	case s.kind == capture.Unreachable:
		cutQuote(p, &s.Segment)
	case s.at < 0:
	case s.Flags.Has(capture.RST):
		p.Data = p.Data[:s.at] // a reason in words, at best (RFC 9293, section 3.5.3): nobody reads it
	default:
		t.sides[t.from(&s.Segment)].trim(p, s)
	}
}

// cutQuote takes off what an ICMP error quotes behind the TCP header of the
// segment that it is about.
func cutQuote(p *Packet, s *capture.Segment) {
	const tcpHeader = 20 // without options
	want := [8]byte{
		byte(s.Src.Port >> 8), byte(s.Src.Port), byte(s.Dst.Port >> 8), byte(s.Dst.Port),
		byte(s.Seq >> 24), byte(s.Seq >> 16), byte(s.Seq >> 8), byte(s.Seq),
	}
	for at := 0; at+tcpHeader < len(p.Data); at++ {
		if [8]byte(p.Data[at:at+8]) == want {
			p.Data = p.Data[:at+tcpHeader]
			return
		}
	}
}

// A follower hears what the table tells about the connection.
type follower struct{ *trimmer }

func (t follower) ClientSent(s *capture.Segment) bool { return t.from(s) == tcp.Client }

func (t follower) Opened(f *tcp.Flow) {
	if f.SYNs == 0 && f.SYNACKs == 0 {
		t.sides[tcp.Client].stream.MidStream()
		t.sides[tcp.Server].stream.MidStream()
	}
}

func (t follower) Bytes(_ *tcp.Flow, from tcp.Side, b []byte, at tcp.Mark) {
	s := &t.segments[at.Packet]
	first := s.Seq + uint32(len(s.Payload)-len(b)) // what is left out at the front came before
	if s.Flags.Has(capture.SYN) {
		first++
	}
	t.sides[from].feed(b, first)
}

func (t follower) Gap(_ *tcp.Flow, from tcp.Side, g tcp.Gap) { t.sides[from].gap(g.Bytes) }

func (t follower) Closed(*tcp.Flow, tcp.Reason) {
	for side := range t.sides {
		t.sides[side].end()
	}
}

func (t follower) Unanswered(*tcp.SYNs, tcp.Reason)                  {}
func (t follower) Event(*tcp.Flow, tcp.Event)                        {}
func (t follower) Unreachable(*tcp.Flow, tcp.Side, *capture.Segment) {}

// data tells what is in a record of type application_data: a part of the
// handshake that is kept; or something else, and then whether the analysis
// takes it for application data, so that what comes behind its header is not
// missed. It follows analyze, which decides by the same lengths. A length does
// not prove anything: whatever may be application data is taken out.
func (t *trimmer) data(who tcp.Side, rec tlswire.Record) (keep, missed bool) {
	h := t.c.ServerHello
	if h == nil || !t.said.choice {
		early := who == tcp.Client && t.c.ClientHello != nil && t.c.ClientHello.EarlyData
		return false, early
	}
	if !h.Version().IsTLS13() {
		return false, false
	}
	inferred := tlswire.InferRecord(h.Version(), h.CipherSuite, rec.Length)
	if who == tcp.Server {
		return t.serverData(inferred)
	}
	return t.clientData(inferred)
}

// serverData: until the client has answered, and its own Finished was sent, the
// server's records are its flight.
func (t *trimmer) serverData(inferred tlswire.Inferred) (keep, missed bool) {
	s := &t.said
	if !s.finished[tcp.Client] && !s.encrypted && !s.clientData {
		keep = !s.finished[tcp.Server] && !s.answered
		s.finished[tcp.Server] = s.finished[tcp.Server] || inferred == tlswire.InferFinished
		return keep, true
	}
	if inferred == tlswire.InferAlert {
		return false, true
	}
	s.serverData = true
	return false, false
}

// clientData: of the client's handshake, nothing but the Finished is sure to be
// one, and that only where no early data came before it.
func (t *trimmer) clientData(inferred tlswire.Inferred) (keep, missed bool) {
	s := &t.said
	s.answered = true
	switch {
	case inferred == tlswire.InferAlert:
		return false, true
	case s.finished[tcp.Client] || s.clientData || s.encrypted && s.serverData && inferred != tlswire.InferFinished:
		s.clientData = true
		return false, false
	case inferred == tlswire.InferFinished:
		s.finished[tcp.Client] = true
		return t.c.ClientHello != nil && !t.c.ClientHello.EarlyData, true
	}
	s.encrypted = true
	return false, true
}
