package tcp

import (
	"time"

	"sniwatch/capture"
)

// disorder is by how much the packets of a capture may be out of the order of
// their times: those of several receive queues are. More than that is a clock that
// was set back.
const disorder = time.Second

// A Clock makes one time of the times of packets.
type Clock struct {
	Now     capture.Timestamp
	SetBack bool // at some time
}

// Tick takes the time of the next packet. Packets without a time, and those that
// come a little late, do not change what time it is.
func (k *Clock) Tick(at capture.Timestamp) {
	switch {
	case at >= k.Now:
		k.Now = at
	case at == 0 || k.Now-at < capture.Timestamp(disorder):
	default:
		k.Now, k.SetBack = at, true
	}
}

// ClockSet says that the clock of the capture was set forward by d, or back where
// d is negative. What was silent for a second stays silent for a second: nobody is
// taken for silent because of it, and nobody waits for the clock to catch up.
func (t *Table) ClockSet(step time.Duration) {
	d := capture.Timestamp(step)
	for i := range t.index.touched {
		if e := t.index.at(i); e.state != free {
			e.last += d
			e.queued += d
		}
	}
	t.clock.Now += d
	if t.due != never {
		t.due += d
	}
}

// Knows tells whether a segment belongs to a connection that the Table has an
// entry of.
func (t *Table) Knows(s *capture.Segment) bool {
	i, _, _ := t.index.find(t.index.hash(&s.Src, &s.Dst), s)
	return i != 0
}
