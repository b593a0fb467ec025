package analyze

import (
	"sniwatch/analyze/tcp"
	"sniwatch/analyze/tlswire"
	"sniwatch/capture"
)

// The lists of a Connection are bounded: a hostile connection may hold
// thousands of alerts, gaps and faults, and the first ones tell the story.
const (
	maxAlerts  = 8
	maxGaps    = 8
	maxFaults  = 4
	maxRecords = 16 // lengths kept of the encrypted records of a handshake
	maxHistory = 100
)

// A reading is a connection while it is being read: the facts so far, and the
// two streams of TLS. A healthy connection leaves its memory to the next one; one
// that is told takes it along.
type reading struct {
	Connection
	progress
	flow   *tcp.Flow
	chains *chainCache
	kept   bool // somebody else has it: it is not used for another connection
	sides  [2]side

	// The hellos, and their bodies, of which the facts are views. They are parsed
	// when their facts are asked for, which for a healthy connection is never; of
	// the server's a glance shows before what the records behind it need.
	hello      ClientHello
	helloBody  []byte
	choice     ServerHello
	choiceBody []byte

	history [maxHistory]byte
	flown   flightRecorder
	records [2][maxRecords]int // for Side.EncryptedRecords
}

// progress is how far a reading has come.
type progress struct {
	at      tcp.Mark        // the packet that is being looked at
	certEnd int64           // bytes that the server had sent when its Certificate was whole
	letters int             // of the history
	told    uint64          // which events the history has, a bit each, see letterBit
	lengths tlswire.Lengths // by which encrypted records are known, since the ServerHello
	resumed bool            // TLS 1.2: the server went to ChangeCipherSpec without a Certificate
	done    bool            // nobody needs to see more of it, see lookAway
	place   int             // of the client in Watcher.places

	helloIsSSL2, helloParsed bool
	choiceGlanced            bool // what a glance did not show is still to be parsed
}

// A side hears what the stream of one side says, and notes it as facts.
type side struct {
	*reading
	who    Who
	stream tlswire.Stream
	ccs    bool // its ChangeCipherSpec was seen
}

// begin makes r ready for another connection. What is large is not cleared, but
// written before it is read.
func (r *reading) begin(f *tcp.Flow, file string, chains *chainCache) {
	r.Connection = Connection{}
	r.progress = progress{}
	r.flown.n = 0
	r.flow, r.chains = f, chains
	for who := range r.sides {
		s := &r.sides[who]
		s.reading, s.who, s.ccs = r, Who(who), false
		s.stream.Reset()
	}
	r.helloBody, r.choiceBody = r.helloBody[:0], r.choiceBody[:0]
	r.FromClient.EncryptedRecords = r.records[FromClient][:0]
	r.FromServer.EncryptedRecords = r.records[FromServer][:0]
	r.File = file
	r.Client, r.Server = f.Client.AddrPort(), f.Server.AddrPort()
	r.Start, r.FirstPacket = f.First.Time, f.First.Packet
}

// letter adds an event to the history, in the case of the side that it is from.
func (r *reading) letter(upper byte, from Who) {
	r.told |= letterBit(upper, from)
	if r.letters == maxHistory {
		return
	}
	if from == FromServer {
		upper |= 0x20
	}
	r.history[r.letters] = upper
	r.letters++
}

// letterOnce adds an event that is told once for each side.
func (r *reading) letterOnce(upper byte, from Who) {
	if r.told&letterBit(upper, from) == 0 {
		r.letter(upper, from)
	}
}

// letterBit gives each event of each side a bit.
func letterBit(upper byte, from Who) uint64 { return 1 << (uint(upper-'A')%32 + 32*uint(from)) }

// counts gives what is counted of one side.
func (r *reading) counts(who Who) *Side {
	if who == FromClient {
		return &r.FromClient
	}
	return &r.FromServer
}

// bytes reads the next bytes of one side.
func (r *reading) bytes(from Who, b []byte, at tcp.Mark) {
	r.at = at
	c := r.counts(from)
	c.Last, c.LastPacket = at.Time, at.Packet
	r.flown.note(from, len(b), at, r.letters)
	s := &r.sides[from]
	s.stream.Feed(b, s)
}

// gap notes bytes that were not captured, and goes on behind them.
func (r *reading) gap(from Who, g tcp.Gap) {
	r.at = g.At
	s, c := &r.sides[from], r.counts(from)
	inHandshake := !c.Finished && !c.Data && c.NotTLS == ""
	if g.Truncated {
		c.Truncated = c.Truncated || inHandshake
		g.After = r.flow.Sides[from].Sent() - g.Bytes
	}
	if len(r.Gaps) < maxGaps {
		r.Gaps = append(r.Gaps, Gap{From: from, AfterByte: g.After, Bytes: g.Bytes, InHandshake: inHandshake})
	}
	r.letter('G', from)
	s.stream.Gap(g.Bytes, s)
}

// event notes what happened on the connection of TCP.
func (r *reading) event(e tcp.Event) {
	from := Who(e.From)
	r.at = e.At
	switch e.What {
	case tcp.SYN:
		r.Opening.SYN = e.At.Packet
		r.letter('S', from)
	case tcp.SYNACK:
		r.Opening.SYNACK = e.At.Packet
		r.letter('S', from)
	case tcp.ACK:
		r.Opening.ACK = e.At.Packet
		r.letter('A', from)
	case tcp.Retransmission:
		r.letterOnce('T', from)
	case tcp.FIN:
		r.letter('F', from)
		r.ends(Closed, from)
	case tcp.RST:
		r.letter('R', from)
		r.ends(Reset, from)
	}
}

// ends notes the first FIN or RST.
func (r *reading) ends(how How, by Who) {
	if r.End.How != Open {
		return
	}
	r.End = End{How: how, By: by, Packet: r.at.Packet, Time: r.at.Time, After: -1, Stage: r.stage()}
	other := &r.flow.Sides[by.Other()]
	r.End.Acked, r.End.Sent = other.Acked(), other.Sent()
	if c := r.counts(by.Other()); c.LastPacket != 0 {
		r.End.After = r.at.Time.Sub(c.Last)
	}
}

// unreachable notes an ICMP error.
func (r *reading) unreachable(s *capture.Segment) {
	if r.Unreachable == 0 {
		r.Unreachable = s.Packet
		r.ICMP = s.ICMP
	}
}

// finish fills in what is known only when the connection is over.
func (r *reading) finish(why tcp.Reason) {
	f := r.flow
	for who := range r.sides {
		s := &r.sides[who]
		s.stream.End(s)
		d, c := &f.Sides[who], r.counts(Who(who))
		c.Segments, c.Bytes, c.Acked = d.Segments, d.Sent(), d.Acked()
		c.Largest, c.LargestAcked, c.Retransmitted = d.Largest, d.LargestAcked, d.Retransmitted
	}
	r.Last, r.LastPacket, r.Packets = f.Last.Time, f.Last.Packet, f.Packets
	r.Opening.SYNs, r.Opening.SYNACKs = f.SYNs, f.SYNACKs
	r.MidStream = f.SYNs+f.SYNACKs == 0
	if r.End.How == Open {
		r.End.Stage = r.stage()
		if why == tcp.Idle {
			r.End.How = Timeout
		}
	}
	if r.ServerHello != nil {
		r.ServerHello.Resumed = r.resumed || r.ServerHello.PSK
	}
	r.Certificate.State = r.certificateState()
}

// unanswered makes r a connection that is nothing but SYNs.
func (r *reading) unanswered(s *tcp.SYNs, why tcp.Reason, file string) {
	r.Connection = Connection{}
	r.progress = progress{}
	r.flown.n = 0
	r.File = file
	r.Client, r.Server = s.Client.AddrPort(), s.Server.AddrPort()
	r.Start, r.FirstPacket = s.First.Time, s.First.Packet
	r.Last, r.LastPacket, r.Packets = s.Last.Time, s.Last.Packet, s.Count
	r.Opening = Opening{SYN: s.First.Packet, SYNs: s.Count}
	r.letter('S', FromClient)
	if s.Count > 1 {
		r.letter('T', FromClient)
	}
	r.End = End{How: Open, Stage: StageSYN}
	if why == tcp.Idle {
		r.End.How = Timeout
	}
}

// handOut makes r fit for whoever judges and keeps its Connection.
func (r *reading) handOut() *Connection {
	r.parseHello()
	r.parseChoice()
	r.History = string(r.history[:r.letters])
	r.Flights = r.flown.recorded(r.History)
	if r.MidStream {
		r.History = "^" + r.History
	}
	return &r.Connection
}

// certificateState tells what is known of the server's Certificate.
func (r *reading) certificateState() tlswire.Presence {
	switch h := r.ServerHello; {
	case r.Certificate.Chain != nil:
		return tlswire.Present
	case h == nil && r.FromServer.NotTLS != "":
		return tlswire.Absent
	case h == nil:
		return tlswire.Unseen
	case h.Resumed:
		return tlswire.Absent
	case h.Version().IsTLS13() && r.FromServer.Encrypted > 0:
		return tlswire.Encrypted
	}
	return tlswire.Unseen
}

// stage tells how far the handshake has come.
func (r *reading) stage() Stage {
	c, s := &r.FromClient, &r.FromServer
	switch {
	case c.NotTLS != "" || s.NotTLS != "":
		return StageNotTLS
	case c.Data && s.Data:
		return StageEstablished
	case c.Finished:
		return StageAfterClientFinished
	case r.flightArrived():
		return StageAfterServerFlight
	case r.ServerHello != nil || s.Encrypted > 0:
		return StageInServerFlight
	case r.ClientHello != nil && !r.ClientHello.Partial:
		return StageAfterClientHello
	case r.ClientHello != nil || r.sides[FromClient].stream.Buffered() > 0:
		return StageInClientHello
	case r.Opening.ACK != 0:
		return StageBeforeHello
	case r.Opening.SYNACK != 0:
		return StageSYNACK
	case r.Opening.SYN != 0:
		return StageSYN
	}
	return StageUnknown
}

// flightArrived tells whether the client had the server's flight, or at least
// the Certificate in it. Where no acknowledgement was captured, what was sent
// counts.
func (r *reading) flightArrived() bool {
	h, s := r.ServerHello, &r.FromServer
	if h == nil || r.certEnd == 0 && s.Encrypted == 0 && !s.Finished {
		return false
	}
	d := &r.flow.Sides[FromServer]
	return d.Acked() >= r.certEnd && d.Acked() > 0 || r.FromClient.LastPacket == 0
}
