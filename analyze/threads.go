package analyze

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"sniwatch/analyze/tcp"
	"sniwatch/capture"
)

// With threads, each worker reads the whole capture, and looks after some parts
// of the connections: it takes in the segments of these, and of all others only
// the time. So every part sees what it sees without threads, and nothing is
// passed from one worker to another. To read on is cheap beside what becomes of
// a segment, except for captures of large packets.
//
// Workers establish facts. Opinions, the report and everything else that depends
// on the order of the connections stay with one goroutine: workers hand over
// each connection that is over, with its place in the order, and the connections
// are counted and told in just that order. So the output is the same, to the
// byte, for any number of threads; the tests hold it against Packet.

const (
	// stretch is after how many packets a worker hands over what it has.
	stretch = 1024

	// ahead is how many stretches a worker may be ahead of the one that counts
	// and tells: each connection that waits there takes 3 KB.
	ahead = 4
)

// An ending is a connection that is over: a reading, or nothing but SYNs.
type ending struct {
	place     place
	reading   *reading
	justCount bool // it is healthy, and nobody wants to be told
	syns      *keptSYNs
	why       tcp.Reason
}

// A place is where an ending stands among all of a capture.
type place struct {
	packet int
	turn   tcp.Turn
	part   int
}

func (a place) compare(b place) int {
	return cmp.Or(cmp.Compare(a.packet, b.packet), a.turn.Compare(b.turn), cmp.Compare(a.part, b.part))
}

// keptSYNs are SYNs with endpoints of their own.
type keptSYNs struct {
	tcp.SYNs
	client, server capture.Endpoint
}

func keep(s *tcp.SYNs) *keptSYNs {
	k := &keptSYNs{SYNs: *s, client: *s.Client, server: *s.Server}
	k.Client, k.Server = &k.client, &k.server
	return k
}

// spare holds readings that are free. A worker gives its readings away with the
// connections in them, and takes others.
var spare = sync.Pool{New: func() any { return new(reading) }}

// A worker looks after some of the parts.
type worker struct {
	file    *capture.File
	count   func(*capture.Packet, capture.Kind)
	owns    [parts]*part // by number; nil: another worker's
	tables  []*tcp.Table // of those that it owns
	due     capture.Timestamp
	decoder capture.Decoder
	segment capture.Segment

	left []ending // in this stretch
	out  chan []ending
	last *atomic.Int64 // the stretch after which all stop
	err  error         // set before out is closed
}

// Read analyses the packets of a capture with a thread for each of files, which
// are that capture opened as often (see capture.File.Again). It does what Packet
// does with one packet after the other. stop is asked from time to time whether
// to end before the capture does. The error is that of File.Next, nil after the
// last packet.
func (w *Watcher) Read(files []*capture.File, stop func() bool) error {
	last := new(atomic.Int64)
	last.Store(1 << 62)
	workers := make([]*worker, min(len(files), len(w.parts)))
	for i := range workers {
		k := &worker{file: files[i], out: make(chan []ending, ahead), last: last}
		for p := i; p < len(w.parts); p += len(workers) {
			k.owns[p] = w.parts[p]
			k.tables = append(k.tables, w.tables[p])
			w.parts[p].worker = k
		}
		workers[i] = k
	}
	workers[0].count = w.count
	for _, k := range workers {
		go k.run()
	}
	for n := int64(1); w.collect(workers); n++ {
		if stop() {
			last.CompareAndSwap(1<<62, n+ahead+2) // nobody is there yet
		}
	}
	return w.dismiss(workers)
}

// collect counts and tells what the workers left in a stretch, in the order of
// the capture. It gives false when there are no more stretches.
func (w *Watcher) collect(workers []*worker) (more bool) {
	var all []ending
	for _, k := range workers {
		if left, open := <-k.out; open {
			more = true
			all = append(all, left...)
		}
	}
	slices.SortStableFunc(all, func(x, y ending) int { return x.place.compare(y.place) })
	for i := range all {
		switch e := &all[i]; {
		case e.syns != nil:
			w.unanswered(&e.syns.SYNs, e.why)
		case !w.ended(e.reading, e.justCount):
			spare.Put(e.reading)
		}
	}
	return more
}

// dismiss takes the parts back when all workers are through.
func (w *Watcher) dismiss(workers []*worker) error {
	for _, p := range w.parts {
		p.worker = nil
	}
	w.due = firstDue(w.tables)
	for _, k := range workers {
		if k.err != nil {
			return k.err
		}
	}
	return nil
}

// run reads the capture.
func (k *worker) run() {
	defer close(k.out)
	k.due = firstDue(k.tables)
	err := k.file.Guard(func() error {
		var p capture.Packet
		for n := int64(1); n <= k.last.Load(); n++ {
			for range stretch {
				if err := k.file.Next(&p); err != nil {
					return err
				}
				k.packet(&p)
			}
			k.handOver()
		}
		return nil
	})
	k.handOver()
	if !errors.Is(err, io.EOF) {
		k.err = err
	}
}

// packet does what Watcher.Packet does, for some of the parts.
func (k *worker) packet(p *capture.Packet) {
	s := &k.segment
	kind := k.decoder.Decode(p, s)
	if k.count != nil {
		k.count(p, kind)
	}
	if kind != capture.TCP && kind != capture.Unreachable {
		return
	}
	if s.Time >= k.due {
		tcp.AdvanceAll(k.tables, s.Time, s.Packet)
		k.due = firstDue(k.tables)
	}
	if part := k.owns[tcp.Part(s, parts)]; part != nil {
		part.segment(kind, s)
		k.due = min(k.due, part.table.Due())
	}
}

// leave notes a connection of part p that is over.
func (k *worker) leave(p *part, e ending) {
	e.place = place{k.segment.Packet, p.table.Turn(), p.number}
	k.left = append(k.left, e)
}

// handOver hands over what was left in this stretch.
func (k *worker) handOver() {
	k.out <- k.left
	k.left = nil
}
