package join

import (
	"net/netip"
	"time"

	"sniwatch/analyze/origin/logs"
)

// A Reading is what was found out about the log's clock.
type Reading struct {
	Offset time.Duration // what the log's clock shows more than the capture's
	Lines  int           // how many lines of those that were looked at have a connection then
	Of     int           // lines that were looked at: those of clients that the capture has
}

// Farthest is how far a log's clock may be from the capture's: no two time zones
// are further apart.
const Farthest = 26 * time.Hour

const (
	quarter = 15 * time.Minute // time zones differ by multiples of it
	// Bounds on what is looked at: a clock is wrong by the same for all lines.
	maxClockClients     = 500
	maxClockLines       = 24 // of a client
	maxClockConnections = 80 // for a line, spread over all of its client's
	// enough lines must agree on an offset that no time zone explains.
	enough = 3
)

// Clock estimates what the log's clock shows more than the capture's, from the
// lines and connections of the same clients. Offsets of time zones, and none at
// all, go before others, which a wrong clock alone explains.
func Clock(connections []Connection, entries []logs.Entry) Reading {
	byClient := map[netip.Addr][]int{}
	for i := range connections {
		a := connections[i].Client.Addr().Unmap()
		byClient[a] = append(byClient[a], i)
	}
	v := votes{by: map[time.Duration]int{}}
	lines := map[netip.Addr]int{}
	for e := range entries {
		entry := &entries[e]
		a := entry.Client.Addr().Unmap()
		if entry.Time.IsZero() || len(byClient[a]) == 0 || lines[a] == maxClockLines || lines[a] == 0 && len(lines) == maxClockClients {
			continue
		}
		lines[a]++
		v.line(entry, connections, byClient[a])
	}
	return v.best()
}

// votes count for each offset, in whole seconds, the lines that have a connection
// then.
type votes struct {
	by map[time.Duration]int
	of int
}

// line adds the offsets at which a line has a connection: each of them once.
func (v *votes) line(entry *logs.Entry, connections []Connection, of []int) {
	v.of++
	port := entry.Client.Port()
	seen := map[time.Duration]bool{}
	step := max(1, len(of)/maxClockConnections)
	for k := 0; k < len(of); k += step {
		c := &connections[of[k]]
		if port != 0 && port != c.Client.Port() {
			continue
		}
		when := c.Ended
		if entry.TimeOf == logs.AtAccept {
			when = c.Start
		}
		// A line is written up to late after the end, and its time is cut to its
		// resolution.
		delta := entry.Time.Sub(when)
		if delta < -Farthest || delta > Farthest {
			continue
		}
		second := floor(delta)
		for _, d := range []time.Duration{second, second + time.Second} {
			if !seen[d] {
				seen[d] = true
				v.by[d]++
			}
		}
	}
}

// floor cuts to whole seconds, downwards.
func floor(d time.Duration) time.Duration {
	whole := d.Truncate(time.Second)
	if whole > d {
		whole -= time.Second
	}
	return whole
}

// best chooses among the offsets.
func (v *votes) best() Reading {
	var zone, other Reading
	for d, n := range v.by {
		r := Reading{Offset: d, Lines: n, Of: v.of}
		if d%quarter == 0 {
			if better(r, zone) {
				zone = r
			}
		} else if better(r, other) {
			other = r
		}
	}
	none := Reading{Lines: v.by[0], Of: v.of}
	switch {
	case none.Lines > 0 && 2*none.Lines >= max(zone.Lines, other.Lines):
		return none
	case zone.Lines > 0 && 2*zone.Lines >= other.Lines:
		return zone
	case other.Lines >= enough:
		return other
	case zone.Lines > 0:
		return zone
	}
	return none
}

// better tells whether a is to be taken before b: more lines, then the smaller
// difference of time zones, then the greater offset.
func better(a, b Reading) bool {
	switch {
	case a.Lines != b.Lines:
		return a.Lines > b.Lines
	case a.Offset%quarter == 0 && a.Offset.Abs() != b.Offset.Abs():
		return a.Offset.Abs() < b.Offset.Abs()
	}
	return a.Offset > b.Offset // times are cut to whole seconds, so that a line seems early
}
