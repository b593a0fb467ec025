// Package join joins the lines of a server's log with the connections of a
// capture: one to one, by what both know.
//
// Both know the client's address, and about when it ended. Some logs know the
// client's port, which settles it; nginx numbers its connections, which gives
// their order; debug lines have the server name. What a line says must not
// contradict what the packets show: a line about an alert belongs to no
// connection without one. Where lines of one client cannot be told apart, as in a
// burst of refusals within a second, they are joined in their order or, where
// there are more of one kind than of the other, as a group, and each Match says
// so. A line that fits a connection in all but what happened is joined as well,
// and the contradiction told.
package join

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"sniwatch/analyze/origin/logs"
)

// A Connection is what joining needs of a connection. Times are those of the
// capture.
type Connection struct {
	Client, Server netip.AddrPort
	Start          time.Time
	Ended          time.Time // when the handshake was over for the server: the deciding alert, else the first FIN or RST, else the last packet
	Last           time.Time // of its packets
	ServerName     string    // SNI; HasServerName tells whether it was seen
	HasServerName  bool
	Code           string // its diagnosis
	Facts          []logs.Fact
}

// Certainty tells how sure a Match is.
type Certainty uint8

// The certainties.
const (
	Unique  Certainty = iota // no other line fits the connection, and no other connection the line
	InOrder                  // as many lines as connections fit each other: joined in their order
	AsGroup                  // more lines than connections, or fewer: it may be another of the group
)

// A Match is a line and the connection that it is about.
type Match struct {
	Connection int // index
	Entry      int // index
	Certainty  Certainty
	Lines      int // how many lines fit the connection as well as this one, itself included
	// Contradicts are the facts of the packets that contradict the line; nil: they
	// agree. Where they do not, the line was joined because nothing else fits it.
	Contradicts []logs.Fact
}

// How far the time of a line may be from the end of its connection.
const (
	early = 50 * time.Millisecond  // the server logs, then closes
	soon  = 150 * time.Millisecond // what a server needs to log
	late  = 2 * time.Second        // what a busy one needs
	hung  = 60 * time.Second       // a worker that was stopped logs when it goes on
)

// Join joins entries with connections. offset is what the log's clock shows more
// than the capture's, see Clock. The matches come in order of their entries.
func Join(connections []Connection, entries []logs.Entry, offset time.Duration) []Match {
	j := &joiner{
		connections: connections, entries: entries, offset: offset,
		entryOf: make([]int, len(connections)), joined: make([]bool, len(entries)), meaning: make([]*logs.Meaning, len(entries)), alike: make([]int, len(connections)),
	}
	for i := range j.entryOf {
		j.entryOf[i] = none
	}
	meanings := map[logs.Class]*logs.Meaning{}
	for e := range entries {
		class := entries[e].Class
		if meanings[class] == nil {
			m := logs.MeaningOf(class)
			meanings[class] = &m
		}
		j.meaning[e] = meanings[class]
	}
	for _, c := range j.byClient() {
		j.byPort(c)
		for _, within := range []time.Duration{soon, late, hung} {
			j.byTime(c, within, j.explains)
			j.byTime(c, within, func(int, int) bool { return true })
		}
		j.contradictions(c)
		j.further(c)
	}
	slices.SortFunc(j.matches, func(a, b Match) int { return cmp.Compare(a.Entry, b.Entry) })
	return j.matches
}

const none = -1

// A joiner is a Join under way.
type joiner struct {
	connections []Connection
	entries     []logs.Entry
	offset      time.Duration
	entryOf     []int           // by connection, none: it has no line yet
	joined      []bool          // by entry
	meaning     []*logs.Meaning // by entry
	alike       []int           // by connection: how many lines fit it as well as the one that it has
	matches     []Match
}

// A client's connections and lines, as indices. Connections are in order of
// their end, lines in order of their time and place.
type client struct {
	connections, entries []int
}

// byClient brings the connections and lines of each client together, in an order
// that depends on the input alone.
func (j *joiner) byClient() []*client {
	all := map[netip.Addr]*client{}
	var order []*client
	for i := range j.entries {
		if a := j.entries[i].Client.Addr().Unmap(); a.IsValid() {
			if all[a] == nil {
				all[a] = &client{}
				order = append(order, all[a])
			}
			all[a].entries = append(all[a].entries, i)
		}
	}
	for i := range j.connections {
		if c := all[j.connections[i].Client.Addr().Unmap()]; c != nil {
			c.connections = append(c.connections, i)
		}
	}
	for _, c := range order {
		slices.SortStableFunc(c.connections, func(a, b int) int { return j.connections[a].Ended.Compare(j.connections[b].Ended) })
		slices.SortStableFunc(c.entries, func(a, b int) int { return j.entries[a].Time.Compare(j.entries[b].Time) })
	}
	return order
}

// take notes a match.
func (j *joiner) take(m Match) {
	j.entryOf[m.Connection], j.joined[m.Entry] = m.Entry, true
	j.matches = append(j.matches, m)
}

// byPort joins the lines that have the client's port. A port is used again, but
// not within the time that counts here.
func (j *joiner) byPort(c *client) {
	if !slices.ContainsFunc(c.entries, func(e int) bool { return j.entries[e].Client.Port() != 0 }) {
		return
	}
	of := map[uint16][]int{}
	for _, i := range c.connections {
		port := j.connections[i].Client.Port()
		of[port] = append(of[port], i)
	}
	for _, e := range c.entries {
		if j.joined[e] {
			continue
		}
		best, distance := none, hung+1
		for _, i := range of[j.entries[e].Client.Port()] {
			if d, near := j.distance(i, e, hung); near && j.entryOf[i] == none && d < distance && j.sameEnds(i, e) {
				best, distance = i, d
			}
		}
		if best != none {
			j.take(Match{Connection: best, Entry: e, Lines: 1, Contradicts: j.contradicted(best, e)})
		}
	}
}

// distance tells how far the time of line e is from that of connection i, and
// whether the line can be about it: at most within after its end.
func (j *joiner) distance(i, e int, within time.Duration) (time.Duration, bool) {
	c, entry := &j.connections[i], &j.entries[e]
	if entry.Time.IsZero() {
		return 0, true
	}
	from := entry.Time.Add(-j.offset)
	until := from.Add(entry.Resolution)
	when := c.Ended
	if entry.TimeOf == logs.AtAccept {
		when = c.Start
	}
	switch {
	case when.Before(from):
		d := from.Sub(when)
		return d, d <= within
	case when.After(until):
		d := when.Sub(until)
		return d, d <= early || within == hung && !until.Before(c.Start)
	}
	return 0, true
}

// sameEnds tells whether what the line has of the two ends and of the server name
// is that of the connection.
func (j *joiner) sameEnds(i, e int) bool {
	c, entry := &j.connections[i], &j.entries[e]
	if p := entry.Client.Port(); p != 0 && p != c.Client.Port() {
		return false
	}
	if s := entry.Server; s.IsValid() {
		if s.Port() != 0 && s.Port() != c.Server.Port() || !s.Addr().IsUnspecified() && s.Addr().Unmap() != c.Server.Addr().Unmap() {
			return false
		}
	}
	return !entry.HasServerName || !c.HasServerName || entry.ServerName == c.ServerName
}

// contradicted gives the facts of connection i that the class of line e excludes.
func (j *joiner) contradicted(i, e int) []logs.Fact {
	var out []logs.Fact
	for _, f := range j.meaning[e].ExcludedBy {
		if slices.Contains(j.connections[i].Facts, f) {
			out = append(out, f)
		}
	}
	return out
}

// fits tells whether line e can be about connection i.
func (j *joiner) fits(i, e int, within time.Duration) bool {
	_, near := j.distance(i, e, within)
	return near && j.sameEnds(i, e) && len(j.contradicted(i, e)) == 0
}

// explains tells whether the diagnosis of connection i is one of those that a line
// like e stands for.
func (j *joiner) explains(i, e int) bool {
	return slices.Contains(j.meaning[e].Codes, j.connections[i].Code)
}

// contradictions joins what is left of a client where one line and one connection
// fit each other in all but what happened.
func (j *joiner) contradictions(c *client) {
	for _, g := range j.groups(c, late, func(i, e int) bool {
		_, near := j.distance(i, e, late)
		return near && j.sameEnds(i, e)
	}) {
		if len(g.connections) == 1 && len(g.entries) == 1 {
			i, e := g.connections[0], g.entries[0]
			j.take(Match{Connection: i, Entry: e, Lines: 1, Contradicts: j.contradicted(i, e)})
		}
	}
}

// further joins the further lines of a connection of nginx, which have its number.
func (j *joiner) further(c *client) {
	type number struct {
		file string
		n    uint64
	}
	of := map[number]int{}
	for _, i := range c.connections {
		if e := j.entryOf[i]; e != none && j.entries[e].Connection != 0 {
			of[number{j.entries[e].File, j.entries[e].Connection}] = i
		}
	}
	for _, e := range c.entries {
		i, known := of[number{j.entries[e].File, j.entries[e].Connection}]
		if known && !j.joined[e] && j.fits(i, e, hung) {
			j.joined[e] = true
			j.matches = append(j.matches, Match{Connection: i, Entry: e, Lines: 1})
		}
	}
}
