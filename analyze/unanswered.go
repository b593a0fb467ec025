package analyze

import (
	"sniwatch/analyze/edge"
	"sniwatch/analyze/tcp"
)

// A scan makes millions of connections that are nothing but SYNs. The rules can
// tell them apart by three things alone, and most are no finding: such a one is
// counted without a Connection ever being made of it.

// Unanswered counts a connection that is nothing but SYNs, or tells it.
func (w follower) Unanswered(s *tcp.SYNs, why tcp.Reason) {
	if w.apart != nil {
		w.apart.unanswered(w.table.Turn(), s, why)
		return
	}
	w.letPass()
	place := w.places.Find(s.Client.IP)
	from := w.places.Match(place)
	known := &w.Watcher.silences[w.silenceCase(s.Server.Port, from, s.Count, why)]
	if known.asked && !known.remarkable && !w.hearsSilent() {
		w.collector.outcome(known.outcome, s.First.Time, place, from)
		return
	}
	if w.lone == nil {
		w.Watcher.lone = new(reading)
	}
	r := w.lone
	r.unanswered(s, why, w.input.Name)
	r.place, r.Edge = place, *from
	c := r.handOut()
	if !known.asked {
		verdict := w.Watcher.view.conclude(c, &w.knowledge)
		d := Diagnosis{Code: verdict.code()}
		*known = silence{true, verdict.outcome(), d.Code, d.remarkable()}
	}
	c.Handshake = known.outcome
	if !w.briefly(c, known.code) {
		c.Diagnosis = Diagnose(c, &w.knowledge)
	}
	w.record(c, &c.Diagnosis)
	if w.handOut(r) {
		w.Watcher.lone = nil
	}
}

// hearsSilent tells whether somebody wants to know of each connection that is
// nothing but SYNs.
func (w follower) hearsSilent() bool {
	return w.opts.Told != nil && (w.opts.Every || w.opts.Silent) || w.opts.Recorder != (noRecorder{})
}

// A silence is what the rules say about a connection that is nothing but SYNs.
type silence struct {
	asked      bool
	outcome    Handshake
	code       Code
	remarkable bool // the report has a finding for it
}

// silenceCase numbers the eight cases of a connection that is nothing but SYNs:
// the rules say the same about all of a case.
func (w follower) silenceCase(port uint16, from *edge.Match, syns int, why tcp.Reason) (number int) {
	for bit, is := range [...]bool{
		w.knowledge.expectsTLS(port, from.Network != edge.Other),
		syns > 1,
		why == tcp.Idle,
	} {
		if is {
			number |= 1 << bit
		}
	}
	return number
}
