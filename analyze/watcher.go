// Package analyze turns segments into connections, connections into diagnoses,
// and diagnoses into a report.
//
// It goes one way. A Watcher hands segments to the table of connections
// (analyze/tcp) and the bytes of each side to a TLS stream (analyze/tlswire);
// what they tell is noted as facts in a Connection. When the connection is
// over, the facts of this host (analyze/origin) and of CloudFront
// (analyze/edge) are laid beside it, Diagnose forms the opinion, and the
// collector adds it to the Report. Opinions never change facts.
package analyze

import (
	"slices"
	"time"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/tcp"
	"sniwatch/capture"
)

// Options say what a Watcher knows beside the packets, and what is wanted of it.
type Options struct {
	Version      string
	Ranges       *edge.Ranges
	Distribution edge.Distribution // as far as flags tell
	Setup        *edge.Setup       // the distribution's configuration, nil: not given
	Certificates *origin.Store
	Host         *origin.Host // what its servers' configurations say, nil: not known
	Probes       *Probes      // nil: the server is not to be asked
	Lines        *Lines       // of the server's logs, nil: none is known
	Roots        *origin.Roots
	Ports        []uint16 // server ports on which TLS is expected, beside where it is found
	Live         bool

	// Told is called with each connection when it is over, and tells whether it
	// keeps the Connection; if not, its memory is used again. Unless Every is set,
	// those that turn out healthy are only counted, as soon as that is known, and a
	// cause that the report has an example of comes without its words. Those that
	// are nothing but SYNs, and no finding, are then told only if Silent is set.
	Told   func(*Connection) (kept bool)
	Every  bool
	Silent bool

	Recorder Recorder // nil: nobody keeps packets

	Limits tcp.Limits // zero: DefaultLimits
}

// A Watcher analyses packets, from one input after the other.
type Watcher struct {
	opts      Options
	knowledge Knowledge
	host      thisHost
	table     *tcp.Table
	readings  []*reading // by Flow.ID
	lone      *reading   // for connections that have no Flow
	places    *edge.Stretches
	chains    *chainCache
	judged    judgedCache
	view      view // for the rules, of one connection after the other
	collector collector
	silences  [8]silence
	shed      shedding

	decoder capture.Decoder
	segment capture.Segment
	input   Input
	inputs  []Input
	until   capture.Timestamp // what Advance was told last, of this input
	kinds   [capture.Kinds]int

	held []held // live: connections that wait for their line in the log

	apart   *apart   // of the Watcher of a part; nil: of any other
	merging *merging // the part that is being taken in; nil: none is

	droppedByKernel, droppedByInterface int
}

// NewWatcher makes a Watcher.
func NewWatcher(o Options) *Watcher {
	if o.Limits == (tcp.Limits{}) {
		o.Limits = DefaultLimits
	}
	if o.Certificates == nil {
		o.Certificates = origin.NewStore()
	}
	if o.Recorder == nil {
		o.Recorder = noRecorder{}
	}
	w := &Watcher{
		opts: o,
		knowledge: Knowledge{
			Distribution: o.Distribution, Setup: o.Setup, Ports: o.Ports,
			Roots: o.Roots.Source,
		},
		host:      thisHost{store: o.Certificates, config: o.Host, probes: o.Probes, asked: o.Live},
		places:    o.Ranges.Stretches(),
		chains:    newChainCache(),
		judged:    judgedCache{},
		collector: newCollector(),
	}
	w.table = tcp.NewTable(follower{w}, o.Limits)
	return w
}

// Begin starts an input: a capture file, or an interface. Connections do not
// go on from one input to the next.
func (w *Watcher) Begin(name string) {
	w.input = Input{Name: name}
}

// Packet analyses one packet. It keeps nothing of p.
func (w *Watcher) Packet(p *capture.Packet) {
	in := &w.input
	if in.Packets == 0 {
		in.First = p.Time
	}
	in.Packets++
	in.Bytes += int64(p.Length)
	in.Last = p.Time
	if n := len(in.LinkTypes); n == 0 || in.LinkTypes[n-1] != p.Link {
		in.sawLink(p.Link)
	}
	kind := w.decoder.Decode(p, &w.segment)
	w.kinds[kind]++
	if w.shed.began && kind == capture.TCP && w.leaveOut(&w.segment) {
		return
	}
	connection := 0
	switch kind {
	case capture.TCP:
		connection = w.table.Segment(&w.segment)
	case capture.Unreachable:
		connection = w.table.Unreachable(&w.segment)
	default:
		w.table.Advance(p.Time)
	}
	if connection > 0 {
		w.opts.Recorder.Packet(connection, p, &w.segment)
	}
	if w.apart != nil {
		w.apart.happened(w.table, p.Number, connection == tcp.Foreign)
	}
}

func (in *Input) sawLink(l capture.LinkType) {
	if !slices.Contains(in.LinkTypes, l) {
		in.LinkTypes = append(in.LinkTypes, l)
	}
}

// Advance tells what time it is where no packets come, so that connections that
// ended, or fell silent, are told: on a live capture, and at the end of a file
// that says for how long was captured. A time before the last packet is none.
func (w *Watcher) Advance(now time.Time) {
	at := capture.Timestamp(now.UnixNano())
	if at <= w.input.Last {
		return // a clock that was set back
	}
	w.until = at
	w.table.Advance(w.until)
}

// End ends the input. broken says why reading stopped early, "" if it did not.
func (w *Watcher) End(broken string) {
	w.until = max(w.until, w.input.Last)
	w.table.Advance(w.until)
	w.table.Finish()
	w.settle(w.input.Last.Time(), true)
	w.input.Broken = broken
	w.opts.Recorder.End(&w.input, w.until)
	w.inputs = append(w.inputs, w.input)
	w.input, w.until = Input{}, 0
}

// Inputs gives the inputs that were ended.
func (w *Watcher) Inputs() []Input { return w.inputs }

// Progress tells how things stand, for a status line.
func (w *Watcher) Progress() (packets, open int, c Counts) {
	return w.input.Packets, w.table.Open(), w.collector.counts
}

// A follower hears what the table of connections tells.
type follower struct{ *Watcher }

// ClientSent looks for a hello; without one, the side with the expected port
// is the server, or the side with the lower one.
func (w follower) ClientSent(s *capture.Segment) bool {
	const handshake, clientHello, serverHello = 22, 1, 2
	if p := s.Payload; len(p) > 5 && p[0] == handshake && p[1] == 3 {
		switch p[5] {
		case clientHello:
			return true
		case serverHello:
			return false
		}
	}
	switch {
	case slices.Contains(w.opts.Ports, s.Dst.Port):
		return true
	case slices.Contains(w.opts.Ports, s.Src.Port):
		return false
	}
	return s.Dst.Port <= s.Src.Port
}

// Opened begins a reading.
func (w follower) Opened(f *tcp.Flow) {
	for f.ID >= len(w.readings) {
		w.Watcher.readings = append(w.readings, nil)
	}
	r := w.readings[f.ID]
	if r == nil || r.kept {
		r = w.fresh()
		w.readings[f.ID] = r
	}
	r.begin(f, w.input.Name, w.chains)
	r.place = w.places.Find(f.Client.IP)
	r.Edge = *w.places.Match(r.place)
	if f.SYNs == 0 && f.SYNACKs == 0 {
		r.sides[FromClient].stream.MidStream()
		r.sides[FromServer].stream.MidStream()
	}
}

// Bytes reads on.
func (w follower) Bytes(f *tcp.Flow, from tcp.Side, b []byte, at tcp.Mark) {
	r := w.readings[f.ID]
	r.bytes(Who(from), b, at)
	w.lookAway(f, r)
}

// lookAway stops reading what nobody wants to know any more.
func (w follower) lookAway(f *tcp.Flow, r *reading) {
	c, s := &r.FromClient, &r.FromServer
	if c.Finished || c.Data {
		w.table.Patient(f)
	}
	over := c.Data && s.Data || c.NotTLS != "" && s.NotTLS != ""
	switch {
	case !over || r.done:
		return
	case w.opts.Every, len(w.opts.Lines.Of(&r.Connection)) > 0, c.NotTLS != "" && w.knowledge.expectsTLS(r.Server.Port(), r.fromCloudFront()):
		w.table.Ignore(f, tcp.Client)
		w.table.Ignore(f, tcp.Server)
		if w.healthy(r) {
			w.opts.Recorder.Healthy(r.FirstPacket)
		}
	default:
		r.finish(tcp.Finished)
		d := Diagnosis{}
		r.Handshake = Complete
		if !w.healthy(r) {
			verdict := w.Watcher.view.conclude(r.handOut(), &w.knowledge)
			r.Handshake, d.Code = verdict.outcome(), verdict.code()
		}
		w.count(r)
		w.record(&r.Connection, &d)
		w.table.Release(f)
	}
	r.done = true
}

// Gap notes what was not captured.
func (w follower) Gap(f *tcp.Flow, from tcp.Side, g tcp.Gap) {
	w.readings[f.ID].gap(Who(from), g)
}

// Event notes SYN, FIN, RST and the like.
func (w follower) Event(f *tcp.Flow, e tcp.Event) {
	r := w.readings[f.ID]
	r.event(e)
	if e.What == tcp.FIN && !w.opts.Every && f.Closed() {
		w.letGo(f, r)
	}
}

// letGo counts a healthy connection as soon as both sides have closed it. One that
// is to be told waits for the packets that come late; of this one they could
// change nothing, and what it takes goes to the next one while it is still in
// the processor's cache.
func (w follower) letGo(f *tcp.Flow, r *reading) {
	if r.done || !w.healthy(r) || w.opts.Probes.isOwn(r.Client) {
		return
	}
	if r.finish(tcp.Ended); !w.healthy(r) {
		return // something half read, which finish tells
	}
	r.Handshake = Complete
	w.count(r)
	w.record(&r.Connection, &r.Diagnosis)
	w.table.Release(f)
	r.done = true
}

// count counts a healthy connection.
func (w follower) count(r *reading) {
	if w.apart != nil {
		w.apart.count(w.table.Turn(), r, &w.host)
		return
	}
	w.letPass()
	w.collector.count(r, &w.host)
}

// Unreachable notes an ICMP error.
func (w follower) Unreachable(f *tcp.Flow, _ tcp.Side, s *capture.Segment) {
	w.readings[f.ID].unreachable(s)
}

// Closed forms the opinion and hands the connection out.
func (w follower) Closed(f *tcp.Flow, why tcp.Reason) {
	r := w.readings[f.ID]
	r.finish(why)
	if w.opts.Probes.isOwn(r.Client) {
		w.opts.Recorder.Healthy(r.FirstPacket)
		return
	}
	if !w.opts.Every && w.healthy(r) {
		r.Handshake = Complete
		w.count(r)
		w.record(&r.Connection, &r.Diagnosis)
		return
	}
	if w.apart != nil {
		w.apart.tell(w.table.Turn(), r)
		w.readings[f.ID] = nil
		return
	}
	w.letPass()
	if w.tell(r) {
		w.readings[f.ID] = nil
	}
}

// tell hands a connection out, or keeps it back until its line in the log has
// come. It tells whether somebody keeps it.
func (w follower) tell(r *reading) (kept bool) { return w.hold(r) || w.tellNow(r) }

// tellNow forms the opinion about a connection and hands it out. It tells whether
// somebody keeps it.
func (w follower) tellNow(r *reading) (kept bool) {
	c := r.handOut()
	if c.Log == nil {
		c.Log = w.opts.Lines.Of(c)
	}
	w.join(c)
	verdict := w.Watcher.view.conclude(c, &w.knowledge)
	c.Handshake = verdict.outcome()
	if !w.briefly(c, verdict.code()) {
		c.Diagnosis = verdict.diagnosis()
	}
	w.record(c, &c.Diagnosis)
	return w.handOut(r)
}

// handOut gives a connection to those who asked for it, and tells whether one
// of them keeps it.
func (w follower) handOut(r *reading) (kept bool) {
	kept = w.collector.add(r, &w.host)
	if w.opts.Told != nil {
		kept = w.opts.Told(&r.Connection) || kept
	}
	return kept
}

// briefly gives a connection a Diagnosis without words, if nobody will read them.
func (w follower) briefly(c *Connection, code Code) bool {
	if w.opts.Every {
		return false
	}
	d := &c.Diagnosis
	d.Code = code
	if d.remarkable() {
		known := w.collector.known(c, code)
		if known == nil {
			return false
		}
		d.Certainty, d.Harmless = known.Certainty, known.Harmless
	}
	return true
}

// healthy tells at a glance, for nearly all connections of a healthy host, what
// the rules would say as well: the handshake was completed, and nobody objected.
// Where it is false, the rules decide.
func (w follower) healthy(r *reading) bool {
	for i := range r.Alerts {
		if r.Alerts[i].From == FromServer || !r.fromCloudFront() {
			return false
		}
	}
	v := view{Connection: &r.Connection, know: &w.knowledge}
	return v.complete() && len(w.opts.Lines.Of(v.Connection)) == 0
}
