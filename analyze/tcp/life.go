package tcp

import (
	"math"
	"time"

	"sniwatch/capture"
)

const never = capture.Timestamp(math.MaxInt64)

// ages says how long an entry may stay in each state without a packet.
var ages = [states]time.Duration{
	waiting: silence,
	live:    silence,
	closing: linger,
	healthy: long,
	quiet:   grave,
}

// begin makes an entry for the first segment of a connection. It gives 0 for a
// segment that says nothing: no SYN and no payload.
func (t *Table) begin(hash uint32, s *capture.Segment) (uint32, Side) {
	from, isn := Client, s.Seq
	switch s.Flags & (capture.SYN | capture.ACK | capture.RST) {
	case capture.SYN:
	case capture.SYN | capture.ACK:
		from, isn = Server, s.Ack-1
	default:
		if s.Length == 0 || s.Flags&capture.RST != 0 {
			return 0, from
		}
		isn--
		if !t.handler.ClientSent(s) {
			from, isn = Server, s.Ack-1
		}
	}
	client, server := &s.Src, &s.Dst
	if from == Server {
		client, server = server, client
	}
	i := t.index.add(hash, client, server)
	for ; i == 0; i = t.index.add(hash, client, server) {
		t.makeRoom()
	}
	e := &t.index.entries[i]
	e.isn, e.start, e.last = isn, s.Time, s.Time
	e.first, e.latest = uint32(s.Packet), uint32(s.Packet)
	t.move(i, waiting)
	return i, from
}

// move puts an entry into a state.
func (t *Table) move(i uint32, to state) {
	t.index.move(i, to)
	t.index.entries[i].queued = t.now
	t.due = min(t.due, t.now+capture.Timestamp(ages[to]))
}

// flow gives the Flow of an entry that is waiting, live or closing.
func (t *Table) flow(i uint32) *Flow {
	e := &t.index.entries[i]
	if e.state != waiting {
		return t.flows[e.flow]
	}
	if len(t.idle) == 0 {
		t.makeFlow()
	}
	id := t.idle[len(t.idle)-1]
	t.idle = t.idle[:len(t.idle)-1]
	f := t.flows[id]
	*f = Flow{}
	f.ID, f.entry = int(id), i
	f.Client = e.client
	f.Server = e.server
	f.SYNs, f.Packets = int(e.syns), int(e.syns)
	f.First, f.Last = Mark{int(e.first), e.start}, Mark{int(e.latest), e.last}
	e.flow = id
	t.move(i, live)
	t.handler.Opened(f)
	if e.syns > 0 {
		f.Sides[Client].start(e.isn + 1)
		t.handler.Event(f, Event{SYN, Client, f.First})
	}
	return f
}

// makeFlow adds a free Flow, or frees one that is in use: an ended one if there
// is one, else the one that is being read for the longest time.
func (t *Table) makeFlow() {
	if n := len(t.flows); n < t.limits.Flows {
		t.flows = append(t.flows, new(Flow))
		t.idle = append(t.idle, uint32(n))
		return
	}
	if i := t.index.lists[closing].oldest; i != 0 {
		t.close(i, Ended)
		return
	}
	t.close(t.index.lists[live].oldest, Evicted)
}

// makeRoom frees an entry: one that is told already, else the oldest one of
// those about which the least is known.
func (t *Table) makeRoom() {
	for _, s := range [...]state{quiet, waiting, closing, healthy, live} {
		i := t.index.lists[s].oldest
		if i == 0 {
			continue
		}
		switch s {
		case closing:
			t.close(i, Ended)
		case healthy:
			t.Counts.Evicted++
		default:
			t.close(i, Evicted)
		}
		t.discard(i)
		return
	}
}

// close tells the handler that a connection is over, if it does not know yet.
func (t *Table) close(i uint32, why Reason) {
	e := &t.index.entries[i]
	switch e.state {
	case waiting:
		t.syns = SYNs{
			Client: &e.client, Server: &e.server, Count: int(e.syns),
			First: Mark{int(e.first), e.start}, Last: Mark{int(e.latest), e.last},
		}
		t.handler.Unanswered(&t.syns, why)
		t.move(i, quiet)
	case live, closing:
		f := t.flows[e.flow]
		t.flush(f)
		if !f.released {
			t.handler.Closed(f, why)
		}
		t.leave(f, quiet)
	default:
		return
	}
	if why == Evicted {
		t.Counts.Evicted++
	}
}

// leave gives the Flow of an entry back.
func (t *Table) leave(f *Flow, to state) {
	for side := range f.Sides {
		t.forget(&f.Sides[side].queue)
	}
	t.idle = append(t.idle, uint32(f.ID))
	t.move(f.entry, to)
}

// discard removes an entry that has no Flow.
func (t *Table) discard(i uint32) {
	t.index.move(i, free)
	t.index.remove(i)
}

// expire gives up what has been silent for too long. An entry that was not
// silent goes to the end of its list; it is looked at again after its age.
func (t *Table) expire() {
	t.due = never
	for s := waiting; s < states; s++ {
		age := capture.Timestamp(ages[s])
		for i := t.index.lists[s].oldest; i != 0; i = t.index.lists[s].oldest {
			e := &t.index.entries[i]
			if e.queued+age > t.now {
				t.due = min(t.due, e.queued+age)
				break
			}
			t.age(i, e)
		}
	}
}

// age looks at one entry whose age has passed since it was last looked at.
func (t *Table) age(i uint32, e *entry) {
	switch {
	case e.state == closing:
		t.close(i, Ended)
	case !t.silent(i):
		t.move(i, e.state)
	case e.state == waiting || e.state == live:
		t.close(i, Idle)
	default:
		t.discard(i)
	}
}

// silent tells whether an entry had no packet for as long as its state allows.
func (t *Table) silent(i uint32) bool {
	e := &t.index.entries[i]
	limit := capture.Timestamp(ages[e.state])
	if e.state == live && t.flows[e.flow].patient {
		limit = capture.Timestamp(long)
	}
	return e.last+limit <= t.now
}
