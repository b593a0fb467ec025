package analyze

import (
	"time"

	"sniwatch/capture"
)

// ClockSet says that the clock by which a live capture is stamped was set forward
// by d, or back where d is negative, between the last packet and the next. Without
// it, every connection that is open would seem silent for that long.
func (w *Watcher) ClockSet(d time.Duration) {
	w.table.ClockSet(d)
	if w.input.Packets > 0 {
		w.input.Last += capture.Timestamp(d)
	}
	w.until = 0
}

// Interim is the Report on what was seen so far, while the input goes on.
func (w *Watcher) Interim(now time.Time) *Report {
	ended := w.inputs
	w.inputs = append(ended[:len(ended):len(ended)], w.input)
	defer func() { w.inputs = ended }()
	r := w.Report(now)
	r.Interim = true
	return r
}
