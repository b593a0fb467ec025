package tcp

import (
	"cmp"
	"math"
	"slices"
	"time"

	"sniwatch/capture"
)

const never = capture.Timestamp(math.MaxInt64)

// ages says how long an entry may stay in each state without a packet.
var ages = [states]time.Duration{
	waiting: silence,
	live:    silence,
	patient: long,
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
	e := t.index.at(i)
	e.isn, e.start, e.last = isn, s.Time, t.clock.Now
	e.first, e.latest = uint32(s.Packet), uint32(s.Packet)
	t.move(i, waiting)
	if t.apart {
		t.begun = append(t.begun, Begun{
			Time: t.clock.Now, Packet: e.first, isn: isn,
			connection: t.index.mix(&e.client) + t.index.mix(&e.server), client: uint32(t.index.mix(&e.client)),
		})
	}
	return i, from
}

// move puts an entry into a state.
func (t *Table) move(i uint32, to state) {
	t.index.move(i, to)
	t.index.at(i).queued = t.clock.Now
	t.due = min(t.due, t.clock.Now+capture.Timestamp(ages[to]))
}

// flow gives the Flow of an entry; one that waits gets it now. The entry must not be
// healthy or quiet.
func (t *Table) flow(i uint32) *Flow {
	e := t.index.at(i)
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
	t.Unsure = t.Unsure || t.divided
	if i := t.index.lists[closing].oldest; i != 0 {
		t.close(i, Ended)
		return
	}
	t.close(cmp.Or(t.index.lists[live].oldest, t.index.lists[patient].oldest), Evicted)
}

// makeRoom frees an entry: one that is told already, else the oldest one of
// those about which the least is known.
func (t *Table) makeRoom() {
	t.Unsure = t.Unsure || t.divided
	for _, s := range [...]state{quiet, waiting, closing, healthy, live, patient} {
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
	e := t.index.at(i)
	switch e.state {
	case waiting:
		t.syns = SYNs{
			Client: &e.client, Server: &e.server, Count: int(e.syns),
			First: Mark{int(e.first), e.start}, Last: Mark{int(e.latest), e.last},
		}
		t.handler.Unanswered(&t.syns, why)
		t.move(i, quiet)
	case live, patient, closing:
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

// An expiry is a connection that is to be given up, and when its time was over.
type expiry struct {
	at    capture.Timestamp
	entry uint32
}

// expire gives up what has been silent for too long, in the order in which that was
// so; of connections for which it was so at the same time, the one whose last packet
// came first.
func (t *Table) expire() {
	t.due, t.expired = never, t.expired[:0]
	for s := waiting; s <= quiet; s++ {
		t.look(s)
	}
	if len(t.expired) > 1 {
		slices.SortFunc(t.expired, func(a, b expiry) int {
			return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(t.index.at(a.entry).latest, t.index.at(b.entry).latest))
		})
	}
	for k := range t.expired {
		x := &t.expired[k]
		t.telling = x
		e := t.index.at(x.entry)
		why := Idle
		if e.state == closing {
			why = Ended
		}
		t.close(x.entry, why)
		e.last, e.late = x.at, why == Idle
	}
	t.telling = nil
}

// look looks at the entries of a state whose age has passed since they were put into
// its list.
func (t *Table) look(s state) {
	age := capture.Timestamp(ages[s])
	for i, next := t.index.lists[s].oldest, uint32(0); i != 0; i = next {
		e := t.index.at(i)
		if e.queued+age > t.clock.Now {
			t.due = min(t.due, e.queued+age)
			return
		}
		next = e.newer
		switch at := t.deadline(e); {
		case at <= t.clock.Now && s < healthy:
			t.expired = append(t.expired, expiry{at, i})
		case at <= t.clock.Now:
			t.discard(i)
		case s >= healthy: // their order is of no interest: find looks at their time
			t.move(i, s)
		case s == live && t.flows[e.flow].patient:
			t.requeue(i, patient)
		default:
			t.requeue(i, s)
		}
	}
}

// deadline gives when an entry is to be given up, if no packet comes.
func (t *Table) deadline(e *entry) capture.Timestamp {
	age := capture.Timestamp(ages[e.state])
	switch {
	case e.state == closing:
		return e.queued + age
	case e.state == live && t.flows[e.flow].patient:
		return e.last + capture.Timestamp(long)
	case e.late:
		return e.last + capture.Timestamp(haunted)
	}
	return e.last + age
}

// requeue puts an entry that was not silent where it belongs in a list: in each of
// those whose end is told, it is a matter of the last packet.
func (t *Table) requeue(i uint32, to state) {
	e := t.index.at(i)
	t.index.move(i, to)
	e.queued = e.last
	t.index.sink(i)
	t.due = min(t.due, e.queued+capture.Timestamp(ages[to]))
}
