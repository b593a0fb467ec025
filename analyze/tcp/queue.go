package tcp

import "sniwatch/capture"

const (
	// A side holds at most this much out of order, in segments and in bytes.
	// It is more than any handshake needs; whoever is further ahead has a gap.
	maxHeld      = 64
	maxHeldBytes = 64 << 10

	// patience is how many more packets of a connection may pass after the
	// other side acknowledged bytes that were never captured, until they count
	// as missing. Captures from several receive queues are in order again sooner.
	patience = 6
)

// A queue holds the segments of one side that came before their turn, in order
// of their sequence numbers.
type queue struct {
	held  []held
	bytes int
	waits int // packets since the other side acknowledged what is missing
}

// held is one segment that came early. Its bytes are a copy.
type held struct {
	seq    uint32
	length int
	at     Mark
	data   []byte
}

// hold keeps a segment until the bytes before it come.
func (t *Table) hold(f *Flow, from Side, seq uint32, s *capture.Segment) {
	q := &f.Sides[from].queue
	i := len(q.held)
	for i > 0 && int32(q.held[i-1].seq-seq) >= 0 {
		i--
		if h := &q.held[i]; h.seq == seq && h.length >= s.Length {
			return // the same bytes again
		}
	}
	if len(q.held) == maxHeld || q.bytes+len(s.Payload) > maxHeldBytes {
		t.gap(f, from)
		t.payload(f, from, seq, s)
		return
	}
	q.held = append(q.held, held{})
	copy(q.held[i+1:], q.held[i:])
	q.held[i] = held{seq, s.Length, Mark{s.Packet, s.Time}, append([]byte(nil), s.Payload...)}
	q.bytes += len(s.Payload)
	t.heldBytes += len(s.Payload)
	t.heldMost = max(t.heldMost, t.heldBytes)
	for t.heldBytes > t.limits.HeldBytes {
		t.relieve()
	}
}

// relieve makes the connection that has been read for the longest time give up
// what it waits for.
func (t *Table) relieve() {
	t.Unsure = t.Unsure || t.divided
	for _, s := range [...]state{closing, live, patient} {
		for i := t.index.lists[s].oldest; i != 0; i = t.index.at(i).newer {
			f := t.flows[t.index.at(i).flow]
			for from := range Side(2) {
				if len(f.Sides[from].queue.held) > 0 {
					t.gap(f, from)
					return
				}
			}
		}
	}
}

// drain hands on what was held and is now next.
func (t *Table) drain(f *Flow, from Side) {
	d := &f.Sides[from]
	for len(d.queue.held) > 0 {
		h := d.queue.held[0]
		old := int32(d.next - h.seq)
		if old < 0 {
			return
		}
		t.drop(&d.queue)
		if rest := h.length - int(old); rest > 0 && !d.ignored {
			t.deliver(f, from, h.data[min(int(old), len(h.data)):], rest, h.at)
		}
	}
	d.queue.waits = 0
}

// drop takes the first segment out of the queue.
func (t *Table) drop(q *queue) {
	n := len(q.held[0].data)
	q.bytes -= n
	t.heldBytes -= n
	copy(q.held, q.held[1:])
	q.held[len(q.held)-1] = held{}
	q.held = q.held[:len(q.held)-1]
}

// gap gives up what is missing before the first segment that is held.
func (t *Table) gap(f *Flow, from Side) {
	d := &f.Sides[from]
	if len(d.queue.held) == 0 {
		return
	}
	first := d.queue.held[0]
	missing := first.seq - d.next
	after := d.read
	d.next += missing
	d.read += int64(missing)
	t.handler.Gap(f, from, Gap{After: after, Bytes: int64(missing), At: first.at})
	t.drain(f, from)
}

// overdue gives up what the other side has acknowledged and nobody captured.
func (t *Table) overdue(f *Flow, from Side) {
	d := &f.Sides[from]
	q := &d.queue
	if len(q.held) == 0 || !d.acks || int32(d.ack-q.held[0].seq) < 0 {
		return
	}
	if q.waits++; q.waits > patience {
		t.gap(f, from)
	}
}

// flush hands on everything that is held, gaps and all: nothing more will come.
func (t *Table) flush(f *Flow) {
	for from := range Side(2) {
		for len(f.Sides[from].queue.held) > 0 {
			t.gap(f, from)
		}
	}
}

// forget drops what is held without handing it on.
func (t *Table) forget(q *queue) {
	for len(q.held) > 0 {
		t.drop(q)
	}
}
