package analyze

import (
	"slices"
	"time"
)

// A held connection is over, and waits for its line in a log that is followed.
type held struct {
	reading *reading
	until   time.Time
}

const (
	// lineWait is how long a connection waits for its line, in live capture: a
	// server logs at once.
	lineWait = 800 * time.Millisecond
	maxHeld  = 512
)

// hold keeps a connection back that is over, if a line about it may come, and
// tells whether it does.
func (w *Watcher) hold(r *reading) bool {
	if !w.opts.Live || len(w.held) >= maxHeld || r.ClientHello == nil && r.FromClient.Bytes == 0 {
		return false
	}
	if !w.opts.Lines.follow() && !w.unasked(r) {
		return false
	}
	w.held = append(w.held, held{reading: r})
	return true
}

// unasked tells whether the server is to be asked for the certificate that r hides.
func (w *Watcher) unasked(r *reading) bool {
	if w.opts.Probes == nil || r.Certificate.Chain != nil {
		return false
	}
	_, asked := w.opts.Probes.chain(r.handOut())
	return !asked
}

// Settle joins the lines that have come with the connections that wait for them,
// and tells those that have theirs, or that waited long enough. It is to be called
// from time to time while logs are followed or the server is asked; now is the time
// of the clock.
func (w *Watcher) Settle(now time.Time) { w.settle(now, false) }

func (w *Watcher) settle(now time.Time, last bool) {
	l := w.opts.Lines
	for i := range w.held {
		if w.held[i].until.IsZero() {
			w.held[i].until = now.Add(lineWait)
		}
		if c := w.held[i].reading.handOut(); l.follow() && c.Log == nil {
			l.Candidate(c)
		}
	}
	if l.follow() {
		l.Join()
		for i := range w.held {
			c := &w.held[i].reading.Connection
			c.Log = append(c.Log, l.Of(c)...)
		}
		l.expire(now)
	}
	w.held = slices.DeleteFunc(w.held, func(h held) bool {
		waits := l.follow() && h.reading.Log == nil || w.unasked(h.reading)
		if waits && !last && now.Before(h.until) {
			return false
		}
		follower{w}.tellNow(h.reading)
		return true
	})
}
