package frames

import (
	"net/netip"
	"time"
)

// TCP's control bits (RFC 9293, section 3.1).
const (
	fin = 1 << iota
	syn
	rst
	psh
	ack
)

// A Conversation is one TCP connection between a client and a server.
type Conversation struct {
	Client, Server *Side
	RTT            time.Duration // from a segment of the server to the client's answer

	trace *Trace
}

// A Side is one end of a Conversation: what it has sent, and what it
// acknowledges.
type Side struct {
	Addr netip.AddrPort
	MSS  int       // payload bytes of its largest segment
	Last time.Time // of its last segment with payload

	talk     *Conversation
	client   bool
	isn      uint32
	sent     []byte // every byte of the stream
	opened   bool   // SYN sent
	closed   bool   // FIN sent
	ackNo    uint32 // what it acknowledges of the other side
	acks     bool   // it has seen the other side's SYN
	segments int    // with payload
	ts       uint32 // base of its TCP timestamps
	plain    bool   // it sends no TCP options
}

// Conversation prepares a connection; nothing is sent yet. isn gives the two
// initial sequence numbers.
func (t *Trace) Conversation(client, server netip.AddrPort, clientISN, serverISN uint32) *Conversation {
	c := &Conversation{trace: t, RTT: 600 * time.Microsecond}
	c.Client = &Side{Addr: client, MSS: 1448, talk: c, client: true, isn: clientISN, ts: clientISN ^ 0x5bd1e995}
	c.Server = &Side{Addr: server, MSS: 1448, talk: c, isn: serverISN, ts: serverISN ^ 0x27d4eb2f}
	if client.Addr().Is6() {
		c.Client.MSS, c.Server.MSS = 1428, 1428
	}
	return c
}

// PlainTCP leaves TCP's options out, on both sides, as small embedded stacks do.
func (c *Conversation) PlainTCP() { c.Client.plain, c.Server.plain = true, true }

// Open is TCP's handshake of three packets.
func (c *Conversation) Open() {
	c.Client.SYN()
	c.Server.SYN()
	c.Client.Ack()
}

func (s *Side) peer() *Side {
	if s.client {
		return s.talk.Server
	}
	return s.talk.Client
}

// next is the sequence number after everything that s has sent.
func (s *Side) next() uint32 {
	n := s.isn + uint32(len(s.sent))
	if s.opened {
		n++
	}
	if s.closed {
		n++
	}
	return n
}

// emit sends one segment.
func (s *Side) emit(flags byte, seq uint32, payload []byte) {
	t := s.talk.trace
	dir := int8(2)
	if s.client {
		dir = 1
	}
	t.tick(dir, s.talk.RTT)
	h := tcpHeader{src: s.Addr, dst: s.peer().Addr, seq: seq, flags: flags, options: s.options(flags)}
	if s.acks {
		h.flags |= ack
		h.ack = s.ackNo
	}
	s.send(h, payload)
	if len(payload) > 0 {
		s.Last = t.Now
	}
}

func (s *Side) send(h tcpHeader, payload []byte) {
	t := s.talk.trace
	t.add(t.packet(h.src.Addr(), h.dst.Addr(), protoTCP, h.segment(payload)), s.client, len(payload))
}

// options gives the TCP options of Linux: MSS, SACK permitted, timestamps and
// window scale in a SYN, timestamps elsewhere.
func (s *Side) options(flags byte) []byte {
	if s.plain {
		return nil
	}
	clock := uint32(s.talk.trace.Now.Sub(s.talk.trace.start).Milliseconds())
	value, echo := s.ts+clock, uint32(0)
	if s.acks {
		echo = s.peer().ts + clock
	}
	var o []byte
	if flags&syn != 0 {
		mss := uint16(1460)
		if s.Addr.Addr().Is6() {
			mss = 1440
		}
		o = be.AppendUint16([]byte{2, 4}, mss)
		o = append(o, 4, 2, 8, 10)
		o = be.AppendUint32(be.AppendUint32(o, value), echo)
		return append(o, 1, 3, 3, 7)
	}
	o = append(o, 1, 1, 8, 10)
	return be.AppendUint32(be.AppendUint32(o, value), echo)
}

// SYN sends a SYN, or the server's SYN-ACK where the client's SYN came first.
// Called again it is the retransmission.
func (s *Side) SYN() {
	if !s.client && s.peer().opened {
		s.acks, s.ackNo = true, s.peer().isn+1
	}
	s.opened = true
	s.emit(syn, s.isn, nil)
}

// Push sends data in segments of at most MSS bytes. Nobody acknowledges yet.
func (s *Side) Push(data []byte) {
	for first := true; len(data) > 0 || first; first = false {
		n := min(len(data), s.MSS)
		seq := s.next()
		s.sent = append(s.sent, data[:n]...)
		s.segments++
		flags := byte(0)
		if n == len(data) {
			flags = psh
		}
		s.emit(flags, seq, data[:n])
		data = data[n:]
	}
}

// Send is Push with the acknowledgements of the other side: of each segment at
// the beginning, of every second one later, and of the last.
func (s *Side) Send(data []byte) {
	from := len(s.sent)
	s.Push(data)
	for at, n := from, 0; at < len(s.sent); n++ {
		at = min(at+s.MSS, len(s.sent))
		if s.segments <= 16 || n%2 == 1 || at == len(s.sent) {
			s.peer().AckTo(at)
		}
	}
}

// Ack acknowledges everything that the other side has sent.
func (s *Side) Ack() {
	s.Receive()
	s.emit(0, s.next(), nil)
}

// AckTo acknowledges the first n bytes of the other side's stream.
func (s *Side) AckTo(n int) {
	s.acks, s.ackNo = true, s.peer().isn+1+uint32(n)
	s.emit(0, s.next(), nil)
}

// Receive notes that everything the other side has sent has arrived; the next
// segment of s acknowledges it.
func (s *Side) Receive() { s.acks, s.ackNo = true, s.peer().next() }

// Sent tells how many bytes s has sent.
func (s *Side) Sent() int { return len(s.sent) }

// Resend sends the bytes from ≤ i < to of the stream again, in segments.
func (s *Side) Resend(from, to int) {
	for from < to {
		n := min(to-from, s.MSS)
		s.emit(psh, s.isn+1+uint32(from), s.sent[from:from+n])
		from += n
	}
}

// Overlap sends data at the place from of the stream, whatever stood there.
func (s *Side) Overlap(from int, data []byte) { s.emit(psh, s.isn+1+uint32(from), data) }

// KeepAlive sends the byte before the next one once more, as TCP keep-alive does.
func (s *Side) KeepAlive() { s.emit(0, s.next()-1, []byte{0}) }

// Fin closes s's half of the connection.
func (s *Side) Fin() {
	s.emit(fin, s.next(), nil)
	s.closed = true
}

// Reset sends RST with an acknowledgement of what s has acknowledged, as the
// kernel does for a socket that is closed with bytes unread.
func (s *Side) Reset() { s.emit(rst, s.next(), nil) }

// ResetBare sends the RST without ACK that the kernel answers to a segment for
// a socket that is gone; its sequence number is what the other side
// acknowledged.
func (s *Side) ResetBare() {
	s.talk.trace.tick(map[bool]int8{true: 1, false: 2}[s.client], s.talk.RTT)
	s.send(tcpHeader{src: s.Addr, dst: s.peer().Addr, seq: s.peer().ackNo, flags: rst}, nil)
}

// RefuseSYN answers a SYN with RST: nobody listens.
func (s *Side) RefuseSYN() {
	s.talk.trace.tick(2, s.talk.RTT)
	s.send(tcpHeader{src: s.Addr, dst: s.peer().Addr, ack: s.peer().isn + 1, flags: rst | ack}, nil)
}

// Unreachable answers the other side's SYN with ICMP port unreachable.
func (s *Side) Unreachable() {
	t := s.talk.trace
	p := s.peer()
	quoted := ipPacket(p.Addr.Addr(), s.Addr.Addr(), protoTCP, t.ipID, nil, tcpHeader{src: p.Addr, dst: s.Addr, seq: p.isn, flags: syn, options: p.options(syn)}.segment(nil))
	t.tick(2, s.talk.RTT)
	proto, message := portUnreachable(s.Addr.Addr(), p.Addr.Addr(), quoted)
	t.add(t.packet(s.Addr.Addr(), p.Addr.Addr(), proto, message), s.client, 0)
}

// AfterLast lets the clock stand d after the last payload byte of s.
func (s *Side) AfterLast(d time.Duration) { s.talk.trace.WaitUntil(s.Last.Add(d)) }
