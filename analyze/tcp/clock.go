package tcp

import (
	"time"

	"sniwatch/capture"
)

// ClockSet says that the clock of the capture was set forward by d, or back where
// d is negative. What was silent for a second stays silent for a second: nobody is
// taken for silent because of it, and nobody waits for the clock to catch up.
func (t *Table) ClockSet(step time.Duration) {
	d := capture.Timestamp(step)
	for i := range t.index.entries[:t.index.touched] {
		if e := &t.index.entries[i]; e.state != free {
			e.last += d
			e.queued += d
		}
	}
	t.now += d
	if t.due != never {
		t.due += d
	}
}

// Knows tells whether a segment belongs to a connection that the Table has an
// entry of.
func (t *Table) Knows(s *capture.Segment) bool {
	i, _ := t.index.find(t.index.hash(&s.Src, &s.Dst), s)
	return i != 0
}
