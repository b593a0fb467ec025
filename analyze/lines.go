package analyze

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"sniwatch/analyze/join"
	"sniwatch/analyze/origin/logs"
)

// A LogLine is a line of the server's log that is about a connection.
type LogLine struct {
	File      string
	Line      int    // from 1
	Text      string // as it stands there, at most maxLine bytes of it: untrusted
	Class     string // what it says, see analyze/origin/logs
	Certainty Certainty
	// Alike is how many lines fit the connection as well as this one does, itself
	// included: more than 1 in a burst.
	Alike int
	// Contradicts says in a sentence how the packets contradict the line; "": they
	// agree.
	Contradicts string
}

// LogUsed is what became of one log.
type LogUsed struct {
	File       string
	Program    string    // that wrote it: "nginx", …; "": not known
	Entries    int       // about handshakes
	Joined     int       // of those, with a connection
	Contradict int       // of those, the ones that the packets contradict
	LeftOut    int       // entries beyond those that there is room for
	First      time.Time // of the entries; zero: they have no times
	Last       time.Time
	Offset     time.Duration // what its clock shows more than the capture's, estimated from both
}

// Lines are the entries of the server's logs, to be joined with connections.
//
// Captures are gone through twice: each connection is given to Candidate first,
// Join joins them all, and then Of knows the lines of each. A live capture, which
// cannot be, joins from time to time what has come, see Watcher.Settle.
type Lines struct {
	live    bool
	logs    []*logRead
	pending []candidate
	clients map[netip.Addr]int // entries that are not joined, by client
	of      map[connectionKey][]LogLine
	healthy int       // entries that may be about a completed handshake
	since   time.Time // entries before it are too old for any connection; zero: all may be joined
}

// A logRead is one log, with its entries that are not joined yet.
type logRead struct {
	LogUsed
	entries []logs.Entry
}

// A candidate is a connection that an entry may be about.
type candidate struct {
	key connectionKey
	join.Connection
}

// connectionKey tells connections apart. A file that is given twice has the same
// connections twice.
type connectionKey struct {
	file   string
	packet int // the first one
}

func keyOf(c *Connection) connectionKey { return connectionKey{c.File, c.FirstPacket} }

// clientOf gives an address in the form in which addresses are compared.
func clientOf(a netip.AddrPort) netip.Addr { return a.Addr().Unmap() }

// Bounds on what is kept of logs: 50 MB in all.
const (
	maxEntries = 100_000
	maxLine    = 400 // bytes of a line
	// maxUnjoined is how many entries of a live log wait for their connection, and
	// forgotten is for how long.
	maxUnjoined = 4096
	forgotten   = 90 * time.Second
)

// NewLines makes Lines; live tells whether the logs are followed as they grow.
func NewLines(live bool) *Lines {
	return &Lines{live: live, clients: map[netip.Addr]int{}, of: map[connectionKey][]LogLine{}}
}

// follow tells whether the logs are followed as they grow.
func (l *Lines) follow() bool { return l != nil && l.live }

// Add adds an entry. Its texts are copied.
func (l *Lines) Add(e *logs.Entry) {
	r := l.log(e.File)
	if r.Program == "" {
		r.Program = string(e.Program)
	}
	r.Entries++
	spread(&r.First, &r.Last, e.Time)
	if !e.Time.IsZero() && e.Time.Before(l.since) {
		return
	}
	if l.room(r) == 0 {
		r.LeftOut++
		return
	}
	kept := *e
	kept.Text = strings.Clone(e.Text[:min(len(e.Text), maxLine)])
	kept.File = r.File
	kept.ServerName, kept.ErrorCode, kept.Process, kept.Listener = strings.Clone(e.ServerName), "", "", ""
	r.entries = append(r.entries, kept)
	l.clients[clientOf(e.Client)]++
	if ofCompleted(e.Class) {
		l.healthy++
	}
}

// Since tells when the first connection began: what a log has from long before is
// counted, and takes no room.
func (l *Lines) Since(first time.Time) { l.since = first.Add(-join.Farthest) }

// Read notes that a log was read, whether or not it has entries.
func (l *Lines) Read(file string) { l.log(file) }

// log gives the log of that name.
func (l *Lines) log(file string) *logRead {
	for _, r := range l.logs {
		if r.File == file {
			return r
		}
	}
	r := &logRead{LogUsed: LogUsed{File: strings.Clone(file)}}
	l.logs = append(l.logs, r)
	return r
}

// room is for how many entries more there is room. Live, the oldest makes some.
func (l *Lines) room(r *logRead) int {
	if l.live && len(r.entries) == maxUnjoined {
		l.forget(r, 1)
	}
	n := 0
	for _, other := range l.logs {
		n += len(other.entries)
	}
	return max(0, maxEntries-n)
}

// forget gives up the first n entries of a log that have no connection.
func (l *Lines) forget(r *logRead, n int) {
	for i := range r.entries[:n] {
		l.gone(&r.entries[i])
	}
	r.entries = slices.Delete(r.entries, 0, n)
}

// gone notes that an entry waits no longer.
func (l *Lines) gone(e *logs.Entry) {
	key := clientOf(e.Client)
	if l.clients[key]--; l.clients[key] == 0 {
		delete(l.clients, key)
	}
	if ofCompleted(e.Class) {
		l.healthy--
	}
}

// ofCompleted tells whether entries of a class can be about a handshake that was
// completed.
func ofCompleted(c logs.Class) bool {
	return slices.ContainsFunc(logs.MeaningOf(c).Codes, func(code string) bool {
		return Code(code) == OK || Code(code) == CompletedAbandoned
	})
}

// AboutCompleted tells whether some entry may be about a completed handshake, so
// that those have to be given to Candidate as well.
func (l *Lines) AboutCompleted() bool { return l.healthy > 0 }

// Candidate takes note of a connection that an entry may be about. It keeps
// nothing of c.
func (l *Lines) Candidate(c *Connection) {
	if l.clients[clientOf(c.Client)] == 0 {
		return
	}
	v := &view{Connection: c, know: &Knowledge{}}
	l.pending = append(l.pending, candidate{keyOf(c), joinable(v)})
}

// Of gives the lines that are about c.
func (l *Lines) Of(c *Connection) []LogLine {
	if l == nil {
		return nil
	}
	return l.of[keyOf(c)]
}

// Join joins what has come: entries and candidates.
func (l *Lines) Join() {
	connections := make([]join.Connection, len(l.pending))
	for i := range l.pending {
		connections[i] = l.pending[i].Connection
	}
	matches := make([][]join.Match, len(l.logs))
	explained := make([]bool, len(connections))
	for i, r := range l.logs {
		if !l.live {
			clock := join.Clock(connections, r.entries)
			r.Offset = clock.Offset
		}
		matches[i] = join.Join(connections, r.entries, r.Offset)
		for _, m := range matches[i] {
			explained[m.Connection] = explained[m.Connection] || m.Contradicts == nil
		}
	}
	for i, r := range l.logs {
		joined := make([]bool, len(r.entries))
		for _, m := range matches[i] {
			if m.Contradicts != nil && explained[m.Connection] {
				continue // it is of another server, whose log is that of another connection
			}
			joined[m.Entry] = true
			key := l.pending[m.Connection].key
			l.of[key] = append(l.of[key], r.line(m))
		}
		l.drop(r, joined)
	}
	l.pending = l.pending[:0]
}

// drop lets go of the entries that were joined.
func (l *Lines) drop(r *logRead, joined []bool) {
	left := r.entries[:0]
	for i := range r.entries {
		if joined[i] {
			l.gone(&r.entries[i])
			continue
		}
		left = append(left, r.entries[i])
	}
	clear(r.entries[len(left):])
	r.entries = left
}

// line makes the line of a match, and counts it.
func (r *logRead) line(m join.Match) LogLine {
	e := &r.entries[m.Entry]
	r.Joined++
	line := LogLine{File: r.File, Line: e.Line, Text: e.Text, Class: string(e.Class), Alike: m.Lines,
		Certainty: [...]Certainty{join.Unique: Proven, join.InOrder: Likely, join.AsGroup: Possible}[m.Certainty]}
	if len(m.Contradicts) > 0 {
		r.Contradict++
		line.Contradicts = contradiction(e, m.Contradicts)
	}
	return line
}

// contradiction says what the log says, and what the packets show.
func contradiction(e *logs.Entry, facts []logs.Fact) string {
	said := make([]string, 0, len(facts))
	for _, f := range facts {
		said = append(said, factWords[f])
	}
	return "The log says: " + strings.TrimSuffix(logs.MeaningOf(e.Class).Means, ".") + ". But the packets show that " + strings.Join(said, ", and that ") + "."
}

// factWords say what the packets show.
var factWords = map[logs.Fact]string{
	logs.ClientAlert:        "the client sent an alert",
	logs.NoClientAlert:      "the client sent no alert",
	logs.ClientHelloSeen:    "the client sent a whole ClientHello",
	logs.NoClientHello:      "the client sent no ClientHello",
	logs.ServerHelloSent:    "the server answered with a ServerHello",
	logs.HandshakeComplete:  "the handshake was completed",
	logs.HandshakeBroken:    "the handshake was not completed",
	logs.ClientResetOnly:    "the client reset the connection",
	logs.ClientFINOnly:      "the client closed the connection without a reset",
	logs.ServerSpeaksTLS:    "the server spoke TLS",
	logs.NotAskedForOne:     "the server asked for no certificate of the client",
	logs.EndedWithinSeconds: "all was over within " + span(soonEnded),
}

// expire lets go of live entries that nothing came for, and of the lines of
// connections that were told.
func (l *Lines) expire(now time.Time) {
	for _, r := range l.logs {
		old := 0
		for old < len(r.entries) && !r.entries[old].Time.IsZero() && now.Sub(r.entries[old].Time) > forgotten {
			old++
		}
		l.forget(r, old)
	}
	clear(l.of)
}

// Used tells what became of each log.
func (l *Lines) Used() []LogUsed {
	if l == nil {
		return nil
	}
	out := make([]LogUsed, 0, len(l.logs))
	for _, r := range l.logs {
		out = append(out, r.LogUsed)
	}
	return out
}

// said gives the line of that class that is about the connection, as far as that
// is sure enough to decide by it; nil: there is none.
func (v *view) said(class logs.Class) *LogLine {
	for i := range v.Log {
		if v.Log[i].Class == string(class) && v.Log[i].Contradicts == "" && v.Log[i].Certainty != Possible {
			return &v.Log[i]
		}
	}
	return nil
}
