package tcp

import (
	"testing"
	"time"

	"sniwatch/capture"
)

// TestClockSet sets the clock while a connection is open. It must be given up
// after its silence and not before, whichever way the clock went.
func TestClockSet(t *testing.T) {
	for _, step := range []time.Duration{time.Hour, -time.Hour} {
		h := &heard{}
		table := NewTable(h, Limits{Connections: 16, Flows: 8, HeldBytes: 1 << 10})
		s := capture.Segment{Time: capture.Timestamp(1e18), Packet: 1, Flags: capture.SYN}
		s.Src.Port, s.Dst.Port = 40000, 443
		table.Segment(&s)
		if !table.Knows(&s) {
			t.Fatal("the connection is not known")
		}
		table.ClockSet(step)
		now := s.Time + capture.Timestamp(step)
		table.Advance(now + capture.Timestamp(silence) - 1)
		if len(h.lines) != 0 {
			t.Errorf("clock set by %v: given up before its time", step)
		}
		table.Advance(now + capture.Timestamp(silence))
		if len(h.lines) != 1 {
			t.Errorf("clock set by %v: not given up after %v", step, silence)
		}
	}
}
