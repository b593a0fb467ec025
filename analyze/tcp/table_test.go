package tcp

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sniwatch/capture"
)

// A script is a capture of one or more connections, written by hand: the
// client is 10.0.0.1, the server 10.0.0.2:443.
type script struct {
	t   *testing.T
	tab *Table
	log *heard
	now capture.Timestamp
	n   int
}

// heard writes down what a Table tells.
type heard struct {
	lines []string
	bytes [2]strings.Builder
	flow  *Flow
}

func (h *heard) say(format string, a ...any) { h.lines = append(h.lines, fmt.Sprintf(format, a...)) }

func (h *heard) ClientSent(s *capture.Segment) bool { return s.Dst.Port == 443 }
func (h *heard) Unanswered(s *SYNs, why Reason) {
	h.say("unanswered %d@%d-%d %s", s.Count, s.First.Packet, s.Last.Packet, reasons[why])
}
func (h *heard) Opened(f *Flow) { h.flow = f; h.say("open") }
func (h *heard) Bytes(_ *Flow, from Side, b []byte, at Mark) {
	h.bytes[from].Write(b)
	h.say("%s@%d %s", side(from), at.Packet, b)
}
func (h *heard) Gap(_ *Flow, from Side, g Gap) {
	cut := ""
	if g.Truncated {
		cut = " cut"
	}
	h.bytes[from].WriteString(strings.Repeat("?", int(min(g.Bytes, 100))))
	h.say("%s gap %d%s", side(from), g.Bytes, cut)
}
func (h *heard) Event(_ *Flow, e Event) {
	h.say("%s %s@%d", side(e.From), [...]string{"syn", "synack", "ack", "fin", "rst", "again"}[e.What], e.At.Packet)
}
func (h *heard) Unreachable(_ *Flow, from Side, s *capture.Segment) {
	h.say("%s unreachable@%d", side(from), s.Packet)
}
func (h *heard) Closed(f *Flow, why Reason) {
	h.say("closed %s", reasons[why])
}

var reasons = [...]string{"ended", "reused", "idle", "finished", "evicted"}

func side(s Side) string { return [...]string{"c", "s"}[s] }

func play(t *testing.T, limits Limits) *script {
	h := &heard{}
	return &script{t: t, tab: NewTable(h, limits), log: h, now: 1e18}
}

var roomy = Limits{Connections: 100, Flows: 100, HeldBytes: 1 << 20}

const (
	clientISN uint32 = 0xfffffff0 // wraps within the handshake
	serverISN uint32 = 5000
)

func endpoints(port uint16) (c, s capture.Endpoint) {
	c.IP, s.IP = [16]byte{10: 0xff, 11: 0xff, 12: 10, 15: 1}, [16]byte{10: 0xff, 11: 0xff, 12: 10, 15: 2}
	c.Port, s.Port = port, 443
	return c, s
}

// send is one segment; seq and ack count from the first byte of each side.
func (p *script) send(from Side, flags capture.Flags, seq, ack int, data string) {
	p.sendFrom(40000, from, flags, seq, ack, data, len(data))
}

func (p *script) sendFrom(port uint16, from Side, flags capture.Flags, seq, ack int, data string, length int) {
	p.n++
	p.now += capture.Timestamp(time.Millisecond)
	s := capture.Segment{Packet: p.n, Time: p.now, Flags: flags, Payload: []byte(data), Length: length}
	s.Src, s.Dst = endpoints(port)
	mine, theirs := clientISN, serverISN
	if from == Server {
		s.Src, s.Dst = s.Dst, s.Src
		mine, theirs = theirs, mine
	}
	s.Seq, s.Ack = mine+1+uint32(seq), theirs+1+uint32(ack)
	if flags.Has(capture.SYN) {
		s.Seq--
	}
	p.tab.Segment(&s)
	for i := range s.Payload {
		s.Payload[i] = '#' // the view dies; whoever kept it shows
	}
}

func (p *script) open() {
	p.send(Client, capture.SYN, 0, 0, "")
	p.send(Server, capture.SYN|capture.ACK, 0, 0, "")
	p.send(Client, capture.ACK, 0, 0, "")
}

func (p *script) wait(d time.Duration) {
	p.now += capture.Timestamp(d)
	p.tab.Advance(p.now)
}

func (p *script) want(lines ...string) {
	p.t.Helper()
	if diff := cmp.Diff(lines, p.log.lines); diff != "" {
		p.t.Errorf("told (-want +got):\n%s", diff)
	}
}

const (
	data  = capture.ACK | capture.PSH
	ack   = capture.ACK
	fin   = capture.FIN | capture.ACK
	reset = capture.RST | capture.ACK
)

func TestConnection(t *testing.T) {
	p := play(t, roomy)
	p.open()
	p.send(Client, data, 0, 0, "hello, this wraps")
	p.send(Server, data, 0, 17, "welcome")
	p.send(Client, ack, 17, 7, "")
	p.send(Client, reset, 17, 7, "")
	p.wait(linger)
	p.want("open", "c syn@1", "s synack@2", "c ack@3", "c@4 hello, this wraps", "s@5 welcome", "c rst@7", "closed ended")
	if d := &p.log.flow.Sides[Server]; d.Sent() != 7 || d.Acked() != 7 || d.LargestAcked != 7 {
		t.Errorf("server: sent %d, acknowledged %d, largest %d, want 7 each", d.Sent(), d.Acked(), d.LargestAcked)
	}
}

func TestOrder(t *testing.T) {
	for _, c := range []struct {
		name string
		play func(p *script)
		want []string
	}{
		{"out of order", func(p *script) {
			p.send(Client, data, 3, 0, "def")
			p.send(Client, data, 6, 0, "ghi")
			p.send(Client, data, 0, 0, "abc")
		}, []string{"c@6 abc", "c@4 def", "c@5 ghi"}},
		{"retransmitted", func(p *script) {
			p.send(Client, data, 0, 0, "abc")
			p.send(Client, data, 0, 0, "abc")
		}, []string{"c@4 abc", "c again@5"}},
		{"overlapping", func(p *script) {
			p.send(Client, data, 0, 0, "abcd")
			p.send(Client, data, 2, 0, "XXef")
			p.send(Client, data, 8, 0, "ij")
			p.send(Client, data, 4, 0, "YYghZZ")
		}, []string{"c@4 abcd", "c@5 ef", "c@7 ghZZ"}},
		{"keep-alive probe", func(p *script) {
			p.send(Client, data, 0, 0, "abc")
			p.send(Client, ack, 2, 0, "\x00")
			p.send(Client, data, 3, 0, "def")
		}, []string{"c@4 abc", "c@6 def"}},
		{"cut by the snap length", func(p *script) {
			p.sendFrom(40000, Client, data, 0, 0, "abc", 10)
			p.send(Client, data, 10, 0, "klm")
		}, []string{"c@4 abc", "c gap 7 cut", "c@5 klm"}},
		{"acknowledged and never seen", func(p *script) {
			p.send(Server, data, 5, 0, "later")
			for range patience + 1 {
				p.send(Client, ack, 0, 10, "")
			}
		}, []string{"s gap 5", "s@4 later"}},
		{"acknowledged before it was captured", func(p *script) {
			p.send(Server, data, 5, 0, "later")
			p.send(Client, ack, 0, 10, "")
			p.send(Server, data, 0, 0, "first")
		}, []string{"s@6 first", "s@4 later"}},
		{"the other side goes on", func(p *script) {
			p.send(Server, data, 5, 0, "later")
			p.send(Client, data, 0, 0, "abc")
		}, []string{"c@5 abc"}},
		{"FIN and its answer", func(p *script) {
			p.send(Client, fin, 0, 0, "bye")
			p.send(Server, ack, 0, 4, "")
			p.send(Server, fin, 0, 4, "")
			p.send(Server, fin, 0, 4, "")
		}, []string{"c@4 bye", "c fin@4", "s fin@6"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := play(t, roomy)
			p.open()
			c.play(p)
			p.want(append([]string{"open", "c syn@1", "s synack@2", "c ack@3"}, c.want...)...)
		})
	}
}

func TestHeldIsFlushedAtTheEnd(t *testing.T) {
	p := play(t, roomy)
	p.open()
	p.send(Server, data, 5, 0, "later")
	p.send(Client, reset, 0, 0, "")
	p.wait(linger)
	p.want("open", "c syn@1", "s synack@2", "c ack@3", "c rst@5", "s gap 5", "s@4 later", "closed ended")
}

func TestBeginnings(t *testing.T) {
	for _, c := range []struct {
		name string
		play func(p *script)
		want []string
	}{
		{"repeated SYN", func(p *script) {
			p.send(Client, capture.SYN, 0, 0, "")
			p.send(Client, capture.SYN, 0, 0, "")
			p.wait(silence)
		}, []string{"unanswered 2@1-2 idle"}},
		{"SYN-ACK alone", func(p *script) {
			p.send(Server, capture.SYN|capture.ACK, 0, 0, "")
			p.send(Client, data, 0, 0, "abc")
		}, []string{"open", "s synack@1", "c@2 abc"}},
		{"mid-stream", func(p *script) {
			p.send(Server, data, 100, 20, "abc")
			p.send(Client, data, 20, 103, "def")
		}, []string{"open", "s@1 abc", "c@2 def"}},
		{"SYN after its data", func(p *script) {
			p.send(Client, data, 0, 0, "abc")
			p.send(Client, capture.SYN, 0, 0, "")
		}, []string{"open", "c@1 abc", "c syn@2"}},
		{"fast open", func(p *script) {
			p.send(Client, capture.SYN, 0, 0, "abc")
			p.send(Server, capture.SYN|capture.ACK, 0, 3, "")
			p.send(Client, data, 3, 0, "def")
		}, []string{"open", "c syn@1", "c@1 abc", "s synack@2", "c@3 def"}},
		{"refused", func(p *script) {
			p.send(Client, capture.SYN, 0, 0, "")
			p.send(Server, reset, 0, 0, "")
		}, []string{"open", "c syn@1", "s rst@2"}},
		{"stray", func(p *script) {
			p.send(Client, ack, 0, 0, "")
			p.send(Server, reset, 0, 0, "")
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := play(t, roomy)
			c.play(p)
			p.want(c.want...)
		})
	}
}

func TestPortReuse(t *testing.T) {
	p := play(t, roomy)
	p.open()
	p.send(Client, data, 0, 0, "one")
	s := capture.Segment{Packet: 99, Time: p.now, Flags: capture.SYN, Seq: 77}
	s.Src, s.Dst = endpoints(40000)
	p.tab.Segment(&s)
	s = capture.Segment{Packet: 100, Time: p.now, Flags: data, Seq: 78, Payload: []byte("two"), Length: 3, Src: s.Src, Dst: s.Dst}
	p.tab.Segment(&s)
	p.want("open", "c syn@1", "s synack@2", "c ack@3", "c@4 one", "closed reused", "open", "c syn@99", "c@100 two")
}

func TestLatePacketsBelongToWhatWasTold(t *testing.T) {
	p := play(t, roomy)
	p.open()
	p.send(Client, reset, 0, 0, "")
	p.wait(linger)
	told := len(p.log.lines)
	p.send(Server, data, 0, 0, "late")
	if len(p.log.lines) != told || p.tab.Counts.Late != 1 {
		t.Errorf("a late packet was told: %q, late %d", p.log.lines[told:], p.tab.Counts.Late)
	}
}

func TestSilence(t *testing.T) {
	p := play(t, roomy)
	p.open()
	p.wait(silence - time.Second)
	p.want("open", "c syn@1", "s synack@2", "c ack@3")
	p.send(Client, ack, 0, 0, "")
	p.wait(silence - time.Second)
	p.want("open", "c syn@1", "s synack@2", "c ack@3")
	p.wait(silence)
	p.want("open", "c syn@1", "s synack@2", "c ack@3", "closed idle")
}

// TestSilenceAtTheEnd: what was silent for long enough is idle, whether or not
// something came that made the Table look.
func TestSilenceAtTheEnd(t *testing.T) {
	p := play(t, roomy)
	p.open()
	p.wait(silence - time.Second)
	p.send(Client, ack, 0, 0, "") // looked at a second later, and then not before another silence
	p.wait(2 * time.Second)
	p.wait(silence - time.Second)
	p.tab.Finish()
	p.want("open", "c syn@1", "s synack@2", "c ack@3", "closed idle")
}

// TestSegmentNamesItsConnection by the number of the first packet, as long as
// somebody wants to know of it.
func TestSegmentNamesItsConnection(t *testing.T) {
	tab := NewTable(&heard{}, roomy)
	at := 7
	send := func(port uint16, flags capture.Flags, then time.Duration) int {
		s := capture.Segment{Packet: at, Time: capture.Timestamp(then), Flags: flags, Src: capture.Endpoint{Port: port}, Dst: capture.Endpoint{Port: 443}}
		at++
		return tab.Segment(&s)
	}
	for i, tt := range []struct {
		port  uint16
		flags capture.Flags
		then  time.Duration
		want  int
	}{
		{1, capture.SYN, 0, 7}, {2, capture.SYN, 0, 8}, {1, capture.SYN, 0, 7}, {3, capture.ACK, 0, 0},
		{1, capture.RST, 0, 7}, {1, capture.RST, linger / 2, 7}, {1, capture.RST, 2 * linger, 0}, {2, capture.ACK, 2 * linger, 8},
	} {
		if got := send(tt.port, tt.flags, tt.then); got != tt.want {
			t.Errorf("segment %d: connection %d, want %d", i, got, tt.want)
		}
	}
}

func TestIgnoredSideHoldsNothing(t *testing.T) {
	p := play(t, roomy)
	p.open()
	p.send(Server, data, 5, 0, "early")
	p.tab.Ignore(p.log.flow, Server)
	p.send(Server, data, 20, 0, "more")
	if p.tab.heldBytes != 0 {
		t.Errorf("%d bytes are held", p.tab.heldBytes)
	}
	p.tab.Finish()
	p.want("open", "c syn@1", "s synack@2", "c ack@3", "closed finished")
	if got := p.log.flow.Sides[Server].Sent(); got != 24 {
		t.Errorf("sent %d, want 24", got)
	}
}

// The memory stays bounded whatever comes, and what is given up is counted.
func TestLimits(t *testing.T) {
	t.Run("connections", func(t *testing.T) {
		p := play(t, Limits{Connections: 10, Flows: 10, HeldBytes: 1000})
		for port := range uint16(1000) {
			p.sendFrom(1000+port, Client, capture.SYN, 0, 0, "", 0)
		}
		if got := p.tab.Counts.Evicted; got != 990 {
			t.Errorf("%d evicted, want 990", got)
		}
		p.tab.Finish()
		if got := len(p.log.lines); got != 1000 {
			t.Errorf("%d told, want 1000", got)
		}
	})
	t.Run("flows", func(t *testing.T) {
		p := play(t, Limits{Connections: 100, Flows: 5, HeldBytes: 1000})
		for port := range uint16(50) {
			p.sendFrom(1000+port, Client, data, 0, 0, "x", 1)
		}
		if len(p.tab.flows) != 5 || p.tab.Counts.Evicted != 45 {
			t.Errorf("%d flows, %d evicted, want 5 and 45", len(p.tab.flows), p.tab.Counts.Evicted)
		}
	})
	t.Run("held bytes", func(t *testing.T) {
		p := play(t, Limits{Connections: 100, Flows: 100, HeldBytes: 1000})
		for port := range uint16(50) {
			p.sendFrom(1000+port, Client, capture.SYN, 0, 0, "", 0)
			p.sendFrom(1000+port, Client, data, 10, 0, strings.Repeat("x", 100), 100)
		}
		if p.tab.heldBytes > 1000 {
			t.Errorf("%d bytes are held", p.tab.heldBytes)
		}
	})
	t.Run("one side", func(t *testing.T) {
		p := play(t, Limits{Connections: 100, Flows: 100, HeldBytes: 1 << 30})
		p.open()
		for i := range 1000 {
			p.send(Client, data, 10+2000*i, 0, strings.Repeat("x", 1000))
		}
		if p.tab.heldBytes > maxHeldBytes {
			t.Errorf("%d bytes are held", p.tab.heldBytes)
		}
	})
}

// Whatever the order, the overlaps and the repetitions: each side's bytes come
// out once and in order. The obvious way to put them together is the oracle.
func TestAnyOrderGivesTheSameBytes(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 7))
		text := make([]byte, 1+r.IntN(400))
		for i := range text {
			text[i] = byte('a' + r.IntN(26))
		}
		type piece struct{ from, to int }
		var pieces []piece
		for at := 0; at < len(text); {
			to := min(len(text), at+1+r.IntN(40))
			pieces = append(pieces, piece{max(0, at-r.IntN(10)), to})
			at = to
		}
		for range r.IntN(10) {
			pieces = append(pieces, pieces[r.IntN(len(pieces))])
		}
		r.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
		p := play(t, roomy)
		p.open()
		for _, c := range pieces {
			p.send(Client, data, c.from, 0, string(text[c.from:c.to]))
		}
		if got := p.log.bytes[Client].String(); got != string(text) {
			t.Fatalf("seed %d: got %q, want %q", seed, got, text)
		}
	}
}

func FuzzTable(f *testing.F) {
	f.Add([]byte{2, 0, 0, 0, 0x12, 0, 0, 0, 0x18, 0, 0, 30, 0x99, 1, 2, 3, 4})
	f.Add([]byte{0x18, 9, 0, 8, 0x98, 0, 0, 8, 0x11, 0, 0, 0, 4, 0, 0, 0})
	f.Fuzz(func(t *testing.T, in []byte) {
		p := play(t, Limits{Connections: 4, Flows: 3, HeldBytes: 64})
		for len(in) >= 4 && p.n < 5000 {
			p.now += capture.Timestamp(int8(in[1])) * 1e7
			p.sendFrom(uint16(in[1]&7), Side(in[0]>>7), capture.Flags(in[0]&0x1f), int(int8(in[1]))<<(in[2]&31), int(in[2]), strings.Repeat("x", int(in[3]&0x3f)), int(in[3]))
			in = in[4:]
			if p.tab.heldBytes > 64 || p.tab.heldBytes < 0 {
				t.Fatalf("%d bytes are held", p.tab.heldBytes)
			}
		}
		p.tab.Finish()
		opened, closed := 0, 0
		for _, l := range p.log.lines {
			if l == "open" {
				opened++
			} else if strings.HasPrefix(l, "closed") {
				closed++
			}
		}
		if opened != closed || p.tab.Open() != 0 || p.tab.heldBytes != 0 {
			t.Fatalf("%d opened, %d closed, %d open, %d bytes held", opened, closed, p.tab.Open(), p.tab.heldBytes)
		}
		if slices.ContainsFunc(p.tab.index.lists[:], func(l list) bool { return l != list{} }) {
			t.Fatal("entries are left")
		}
	})
}

func BenchmarkSegment(b *testing.B) {
	t := NewTable(&heard{}, Limits{Connections: 1 << 16, Flows: 1 << 10, HeldBytes: 1 << 20})
	segments := make([]capture.Segment, 1<<12)
	for i := range segments {
		s := &segments[i]
		s.Src, s.Dst = endpoints(uint16(1024 + i%512))
		s.Flags, s.Packet, s.Time = ack, i, capture.Timestamp(i)
		if i < 512 {
			s.Flags = capture.SYN
		}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s := &segments[i%len(segments)]
		t.Segment(s)
	}
}
