package tcp

import (
	"strings"
	"testing"
	"time"

	"sniwatch/capture"
)

// TestLateForHowLong: how long a connection that was told is remembered.
func TestLateForHowLong(t *testing.T) {
	for _, tt := range []struct {
		name   string
		pauses []time.Duration // before each late segment
		late   int
	}{
		{"soon", []time.Duration{grave / 2}, 1},
		{"too late", []time.Duration{grave + time.Second}, 0},
		{"again and again", []time.Duration{grave / 2, haunted - time.Second, haunted - time.Second}, 3},
		{"not any more", []time.Duration{grave / 2, haunted + time.Second}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := play(t, roomy)
			p.open()
			p.send(Client, reset, 0, 0, "")
			p.wait(linger)
			for _, pause := range tt.pauses {
				p.wait(pause)
				p.send(Server, data, 0, 0, "late")
			}
			if p.tab.Counts.Late != tt.late {
				t.Errorf("%d late, want %d", p.tab.Counts.Late, tt.late)
			}
		})
	}
}

// TestSYNsWaitForTheLast: a connection that nobody answers is given up when its last
// SYN has had the time that each has.
func TestSYNsWaitForTheLast(t *testing.T) {
	p := play(t, roomy)
	p.send(Client, capture.SYN, 0, 0, "")
	p.wait(silence - time.Second)
	p.send(Client, capture.SYN, 0, 0, "")
	p.wait(silence - time.Second)
	p.want()
	p.wait(time.Second)
	if len(p.log.lines) != 1 {
		t.Errorf("told %q, want one word", p.log.lines)
	}
}

// TestPatience: after the handshake silence is normal for long, counted from the
// last packet.
func TestPatience(t *testing.T) {
	p := play(t, roomy)
	p.open()
	p.tab.Patient(p.log.flow)
	p.wait(silence + time.Second)
	p.send(Client, ack, 0, 0, "")
	p.wait(long - time.Second)
	told := len(p.log.lines)
	if told != 4 {
		t.Fatalf("told %q", p.log.lines)
	}
	p.wait(time.Second)
	if got := p.log.lines[told:]; len(got) != 1 || got[0] != "closed idle" {
		t.Errorf("then told %q", got)
	}
}

// TestToldInTheOrderOfTheirTime: what is noticed at once is told in the order in which
// it was over, wherever it stands in the lists.
func TestToldInTheOrderOfTheirTime(t *testing.T) {
	p := play(t, roomy)
	var order []uint16
	p.tab.handler = &closings{heard: p.log, order: &order}
	for port := range uint16(3) {
		p.sendFrom(1000+port, Client, data, 0, 0, "x", 1)
	}
	p.wait(time.Second)
	p.sendFrom(1000, Client, data, 1, 0, "y", 1) // was first, and is silent last
	p.sendFrom(1001, Client, reset, 1, 0, "", 0) // is over at once
	p.wait(2 * silence)
	if len(order) != 3 || order[0] != 1001 || order[1] != 1002 || order[2] != 1000 {
		t.Errorf("told in the order %v", order)
	}
}

type closings struct {
	*heard
	order *[]uint16
}

func (c *closings) Closed(f *Flow, _ Reason) { *c.order = append(*c.order, f.Client.Port) }

// TestClock: what is a little late does not turn the clock back.
func TestClock(t *testing.T) {
	const s = capture.Timestamp(time.Second)
	k := Clock{}
	for _, tt := range []struct {
		at, now capture.Timestamp
		setBack bool
	}{{100 * s, 100 * s, false}, {99*s + 1, 100 * s, false}, {0, 100 * s, false}, {101 * s, 101 * s, false}, {50 * s, 50 * s, true}, {51 * s, 51 * s, true}} {
		if k.Tick(tt.at); k.Now != tt.now || k.SetBack != tt.setBack {
			t.Errorf("at %v: %v, set back %v; want %v, %v", tt.at, k.Now, k.SetBack, tt.now, tt.setBack)
		}
	}
}

// What parts leave held adds up: where one Table would have had to give something up,
// the whole says so.
func TestAbsorbCountsWhatIsHeld(t *testing.T) {
	whole := NewTable(&heard{}, Limits{Connections: 1000, Flows: 100, HeldBytes: 1 << 20})
	whole.Divide()
	port := uint16(1000)
	for part := range 20 {
		p := NewTable(&heard{}, Limits{Connections: 100, Flows: 100, HeldBytes: 1 << 18})
		p.Apart(whole)
		s := &script{t: t, tab: p, log: &heard{}, now: 1e18 + capture.Timestamp(part)*20e6, n: part * 20}
		for range 3 {
			port++
			s.sendFrom(port, Client, capture.SYN, 0, 0, "", 0)
			begun, _ := p.Begun()
			if _, continues, ok := whole.Begins(&begun); continues || !ok {
				t.Fatal("the whole knows the connection")
			}
			s.sendFrom(port, Server, capture.SYN|capture.ACK, 0, 0, "", 0)
			s.sendFrom(port, Client, data, 10, 0, strings.Repeat("x", 60_000), 60_000) // early
		}
		if !whole.Absorb(p, func(int) (SYNsBefore, bool) { return SYNsBefore{}, false }, func(*Flow, int) {}) {
			t.Fatal("no room")
		}
		if held, limit := whole.heldBytes, whole.limits.HeldBytes; held > limit && !whole.Unsure {
			t.Fatalf("%d bytes are held, %d may be, and nothing is said", held, limit)
		}
	}
	if !whole.Unsure {
		t.Error("3.6 MB were held, and nothing is said")
	}
}
