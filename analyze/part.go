package analyze

import (
	"math"

	"sniwatch/analyze/tcp"
	"sniwatch/capture"
)

// parts is into how many the connections are divided, whatever the number of
// threads: a part has its own table and its own share of the limits, so that it
// does the same whoever looks after it.
const parts = 8

// A part of the connections, with what is being read of them.
type part struct {
	watcher  *Watcher
	number   int
	table    *tcp.Table
	readings []*reading // by Flow.ID
	worker   *worker    // who looks after it, nil: the Watcher itself
}

// divide makes the parts. Limits too small to be divided make one of it.
func (w *Watcher) divide(all tcp.Limits) {
	n := parts
	if all.Connections < 64*parts || all.Flows < 16*parts {
		n = 1
	}
	each := tcp.Limits{Connections: all.Connections / n, Flows: all.Flows / n, HeldBytes: all.HeldBytes / n}
	for i := range n {
		p := &part{watcher: w, number: i}
		p.table = tcp.NewTable(follower{w, p}, each)
		w.parts, w.tables = append(w.parts, p), append(w.tables, p.table)
	}
	w.due = firstDue(w.tables)
}

// firstDue gives the time from which on one of the tables has something to do.
func firstDue(tables []*tcp.Table) capture.Timestamp {
	due := capture.Timestamp(math.MaxInt64)
	for _, t := range tables {
		due = min(due, t.Due())
	}
	return due
}

// lost adds up what the tables could not follow.
func (w *Watcher) lost() (sum tcp.Counts) {
	for _, t := range w.tables {
		sum.Stray += t.Counts.Stray
		sum.Late += t.Counts.Late
		sum.Evicted += t.Counts.Evicted
	}
	return sum
}

// segment takes in what a packet held. It gives the first packet of the connection
// that it belongs to, 0 where nobody wants to know more about that.
func (p *part) segment(kind capture.Kind, s *capture.Segment) (connection int) {
	if kind == capture.TCP {
		return p.table.Segment(s)
	}
	return p.table.Unreachable(s)
}

// reading gives the reading of a new flow. What the last one with its ID has
// left is used again.
func (p *part) reading(f *tcp.Flow) *reading {
	for f.ID >= len(p.readings) {
		p.readings = append(p.readings, nil)
	}
	r := p.readings[f.ID]
	if r == nil {
		r = spare.Get().(*reading)
		p.readings[f.ID] = r
	}
	return r
}

// over passes a connection on to be counted, or told. With threads it is the
// Watcher's from then on.
func (p *part) over(f *tcp.Flow, r *reading, justCount bool) {
	switch {
	case p.worker != nil:
		p.readings[f.ID] = nil
		p.worker.leave(p, ending{reading: r, justCount: justCount})
	case p.watcher.ended(r, justCount):
		p.readings[f.ID] = nil
	}
}

// unanswered passes on a connection that is nothing but SYNs.
func (p *part) unanswered(s *tcp.SYNs, why tcp.Reason) {
	if p.worker == nil {
		p.watcher.unanswered(s, why)
		return
	}
	p.worker.leave(p, ending{syns: keep(s), why: why})
}

// ended counts or tells a connection, and tells whether somebody keeps it.
func (w *Watcher) ended(r *reading, justCount bool) (kept bool) {
	if justCount {
		w.collector.count(r, &w.host)
		w.record(&r.Connection, &r.Diagnosis)
		return false
	}
	return w.tell(r)
}
