package analyze

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"sniwatch/analyze/tcp"
	"sniwatch/capture"
)

// ErrInARow says that a capture cannot be analysed in parts: what a report says of
// it could then depend on where they begin. Nothing is wrong with the capture, but
// all must be analysed again, by a new Watcher, in a row.
var ErrInARow = errors.New("the capture must be analysed in a row")

// How a capture is divided.
const (
	leastDivided = 32 << 20  // bytes of a capture that is worth it
	firstPart    = 16 << 20  // bytes of the first parts
	longestPart  = 256 << 20 // bytes: all that is open at its end is followed by one thread
	wished       = 2 << 10   // connections in a part, about
	bulk         = 256 << 10 // bytes a connection from which nothing is gained: most packets are hardly looked at
)

// A division is a capture that is analysed in parts at the same time: threads follow
// one part each, and the Watcher of the whole takes them in, one after the other. A
// part begins at a guess. If the part before it does not end there, it is done again.
type division struct {
	file   *capture.File // for guesses
	length atomic.Int64  // of the next part, in bytes
	work   chan *chunk
	order  chan *chunk   // the same, in the order of the capture
	free   chan *Watcher // for parts
	stop   atomic.Bool
}

// A chunk is a part, and what becomes of it.
type chunk struct {
	from capture.Place
	to   int64 // offset of the next part
	part *Watcher
	end  capture.Place // how far it was followed; from, if it is lost
	lost bool          // in the middle of a packet
	done chan struct{}
}

// Divided analyses as much of a capture as can be analysed in parts, by so many
// threads, and tells how many packets that was; f is then behind them. It calls seen
// now and then. Whatever the number of threads, the report is the same. The error
// is ErrInARow, or what happens to f.
func (w *Watcher) Divided(ctx context.Context, f *capture.File, threads int, seen func()) (packets int, err error) {
	if threads < 2 || !w.divisible() || !f.Divisible() || f.Size() < leastDivided {
		return 0, nil
	}
	return w.divided(ctx, f, threads, 0, seen)
}

// divisible tells whether nobody needs to see the connections while they are read,
// or all of them.
func (w *Watcher) divisible() bool {
	o := &w.opts
	return !o.Live && !o.Every && !o.Silent && o.Probes == nil && o.Lines == nil && o.Recorder == (noRecorder{})
}

// divided is Divided with parts of a length in bytes; 0: as it fits.
func (w *Watcher) divided(ctx context.Context, f *capture.File, threads int, length int64, seen func()) (packets int, err error) {
	before := w.input.Packets
	w.table.Claim()
	// The first packet comes behind all that describes packets, nearly always.
	var p capture.Packet
	if f.Next(&p) != nil {
		return 0, nil // who goes on with f is told the same
	}
	w.Packet(&p)
	d := &division{work: make(chan *chunk), order: make(chan *chunk, threads+1), free: make(chan *Watcher, threads+1)}
	d.length.Store(cmp.Or(length, firstPart))
	var files []*capture.File
	for range threads + 1 {
		file, err := f.Fork()
		if err != nil {
			return 1, nil
		}
		defer file.Close()
		files = append(files, file)
	}
	for range threads {
		d.free <- w.newPart()
	}
	d.file = files[threads]
	var running sync.WaitGroup
	for _, file := range files[:threads] {
		running.Go(func() { d.follow(ctx, file) })
	}
	running.Go(func() { d.hand(f.Size(), int64(threads)) })
	err = f.Guard(func() error { return w.takeIn(ctx, d, f, length == 0, seen) })
	d.stop.Store(true)
	for c := range d.order {
		<-c.done
		d.free <- c.part
	}
	running.Wait()
	return w.input.Packets - before, err
}

// hand hands out the parts. Towards the end they become shorter, so that all threads
// are done at about the same time.
func (d *division) hand(size, threads int64) {
	defer close(d.order)
	defer close(d.work)
	_ = d.file.Guard(func() error {
		next := d.file.Place()
		for more := true; more && !d.stop.Load(); {
			c := &chunk{from: next, end: next, to: size, part: <-d.free, done: make(chan struct{})}
			length := d.length.Load()
			length = min(length, max((size-c.from.Offset)/(2*threads), firstPart))
			if more = c.from.Offset+length < size; more {
				next, more = d.file.Guess(c.from.Offset + length)
			}
			if more {
				c.to = next.Offset
			}
			d.order <- c
			d.work <- c
		}
		return nil
	})
}

// follow analyses parts.
func (d *division) follow(ctx context.Context, f *capture.File) {
	for c := range d.work {
		f.Go(c.from.Alone())
		c.part.beginPart()
		// What goes wrong with f goes wrong again for whoever goes on from there.
		c.lost = f.Guard(func() error { c.follow(ctx, f, &d.stop); return nil }) != nil
		close(c.done)
	}
}

// follow analyses the part, as far as it can be read. c is written to once: threads
// have theirs side by side in memory, and a line of the cache that both write to for
// each packet goes to and fro between them.
func (c *chunk) follow(ctx context.Context, f *capture.File, stop *atomic.Bool) {
	var p capture.Packet
	a := c.part.apart
	end := f.Place()
	for n := 0; end.Offset < c.to && !c.part.full(); n++ {
		const often = 1 << 12 // packets between looks at what others want
		if n%often == 0 && (stop.Load() || ctx.Err() != nil) {
			break
		}
		a.offset = end.Offset
		if f.Next(&p) != nil {
			break // end is not behind a failure, which is told by whoever reads there next
		}
		if n == 0 {
			a.began = p.Time
		}
		c.part.Packet(&p)
		end = f.Place()
	}
	c.end = end
}

// takeIn takes in one part after the other, and what is between them.
func (w *Watcher) takeIn(ctx context.Context, d *division, f *capture.File, adapt bool, seen func()) error {
	for c := range d.order {
		<-c.done
		if adapt && d.stop.Load() {
			d.free <- c.part
			return nil
		}
		if w.fits(c, f.Place()) {
			start := f.Place()
			exact, err := w.merge(c.part, f)
			if err != nil {
				return err
			}
			if !exact {
				return ErrInARow
			}
			f.Go(c.end.Behind(start))
		}
		begun, length := int64(c.part.apart.begun), c.end.Offset-c.from.Offset
		d.free <- c.part
		if adapt {
			if begun*bulk < length {
				d.stop.Store(true)
			} else {
				d.length.Store(min(max(length*wished/max(begun, 1), firstPart), longestPart))
			}
		}
		seen()
		var p capture.Packet
		for f.Offset() < c.to { // what the part left, or all of one that does not fit
			if ctx.Err() != nil || f.Next(&p) != nil {
				return nil
			}
			w.Packet(&p)
		}
	}
	return nil
}

// fits tells whether a part can be taken in at a place: it begins there, and reads
// packets as they are read there, and its time goes on from there.
func (w *Watcher) fits(c *chunk, at capture.Place) bool {
	clock := w.table.Now()
	return !c.lost && c.from.Offset == at.Offset && c.end.Comparable(at) && c.from.Comparable(at) &&
		!clock.SetBack && !c.part.table.Now().SetBack && c.part.apart.began >= clock.Now && c.part.apart.began > 0
}

// Unsure tells that what Divided took in may not be exact: since then something had
// to be given up for want of room, and what it is depends on where parts began. It
// is to be asked before End; all must then be analysed again, as with ErrInARow.
func (w *Watcher) Unsure() bool { return w.table.Unsure }

// newPart makes a Watcher for parts of what w analyses.
func (w *Watcher) newPart() *Watcher {
	part := &Watcher{
		opts:      w.opts,
		knowledge: w.knowledge,
		host:      thisHost{config: w.host.config},
		places:    w.places,
		chains:    newChainCache(),
		judged:    judgedCache{},
		collector: newCollector(),
		apart:     &apart{whole: w.table, name: w.input.Name},
	}
	l := w.opts.Limits
	part.table = tcp.NewTable(follower{part}, tcp.Limits{Connections: l.Connections / 12, Flows: l.Flows / 3, HeldBytes: l.HeldBytes / 4})
	return part
}

// beginPart makes w ready for another part.
func (w *Watcher) beginPart() {
	w.apart.reset()
	w.table.Apart(w.apart.whole)
	w.input, w.kinds = Input{Name: w.apart.name}, [capture.Kinds]int{}
}

// full tells whether a part must end because there may be no room for the next packet.
func (w *Watcher) full() bool { return w.apart.full() || w.table.Full() }
