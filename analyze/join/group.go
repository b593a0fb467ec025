package join

import (
	"cmp"
	"slices"
	"sort"
	"time"
)

// A group is connections and lines of one client of which each is linked to the
// others: some line fits some connection, and so on.
type group struct {
	connections, entries []int
}

// byTime joins what is left of a client and fits by time, at most within after
// the end of the connection, and by also.
func (j *joiner) byTime(c *client, within time.Duration, also func(i, e int) bool) {
	fit := func(i, e int) bool { return also(i, e) && j.fits(i, e, within) }
	for _, g := range j.groups(c, within, fit) {
		j.joinGroup(g, fit)
	}
}

// maxPairs bounds the pairs that are looked at one by one. A larger burst counts
// as one group; what is left of one is given up, because its time says nothing.
const maxPairs = 1 << 20

// groups divides what is left of a client into groups. Lines and connections that
// fit nothing are in none.
func (j *joiner) groups(c *client, within time.Duration, fit func(i, e int) bool) []group {
	var out []group
	for _, near := range j.stretches(c, within) {
		switch {
		case len(near.connections)*len(near.entries) <= maxPairs:
			out = append(out, j.linked(near, within, fit)...)
		case within == late:
			out = append(out, near)
		}
	}
	return out
}

// stretches divides what is left of a client by time: what is in different ones
// is too far apart.
func (j *joiner) stretches(c *client, within time.Duration) []group {
	left := make([]int, 0, len(c.connections))
	for _, i := range c.connections {
		if j.entryOf[i] == none {
			left = append(left, i)
		}
	}
	var out []group
	var now group
	until := 0 // connections of left that are in now, or before it
	for _, e := range c.entries {
		if j.joined[e] {
			continue
		}
		first, last := j.reach(left, e, within)
		if first == last {
			continue
		}
		if first >= until && len(now.entries) > 0 {
			out = append(out, now)
			now = group{}
		}
		now.entries = append(now.entries, e)
		if from := max(first, until); last > from {
			now.connections = append(now.connections, left[from:last]...)
			until = last
		}
	}
	if len(now.entries) > 0 {
		out = append(out, now)
	}
	return out
}

// reach gives the part of the connections, which are in order of their end, whose
// end is near the time of line e. A line with the time of the accept, or of a
// server that hung, may be about any that was open then.
func (j *joiner) reach(left []int, e int, within time.Duration) (first, last int) {
	entry := &j.entries[e]
	if entry.Time.IsZero() || within == hung || entry.TimeOf != 0 {
		return 0, len(left)
	}
	from := entry.Time.Add(-j.offset - within)
	until := entry.Time.Add(-j.offset + entry.Resolution + early)
	first = sort.Search(len(left), func(k int) bool { return !j.connections[left[k]].Ended.Before(from) })
	last = sort.Search(len(left), func(k int) bool { return j.connections[left[k]].Ended.After(until) })
	return first, max(first, last)
}

// linked divides g by what fits.
func (j *joiner) linked(g group, within time.Duration, fit func(i, e int) bool) []group {
	parent := make([]int, len(g.connections)+len(g.entries))
	for k := range parent {
		parent[k] = k
	}
	find := func(k int) int {
		for parent[k] != k {
			parent[k] = parent[parent[k]]
			k = parent[k]
		}
		return k
	}
	linked := make([]bool, len(parent))
	for _, i := range g.connections {
		j.alike[i] = 0
	}
	for k, e := range g.entries {
		b := len(g.connections) + k
		first, last := j.reach(g.connections, e, within)
		for a := first; a < last; a++ {
			if i := g.connections[a]; fit(i, e) {
				parent[find(a)] = find(b)
				linked[a], linked[b] = true, true
				j.alike[i]++
			}
		}
	}
	byRoot := map[int]int{}
	var out []group
	for k := range parent {
		if !linked[k] {
			continue
		}
		root := find(k)
		if _, known := byRoot[root]; !known {
			byRoot[root] = len(out)
			out = append(out, group{})
		}
		if to := &out[byRoot[root]]; k < len(g.connections) {
			to.connections = append(to.connections, g.connections[k])
		} else {
			to.entries = append(to.entries, g.entries[k-len(g.connections)])
		}
	}
	return out
}

// joinGroup joins the lines of a group with its connections, in their order as
// far as they fit.
func (j *joiner) joinGroup(g group, fit func(i, e int) bool) {
	j.order(&g)
	pairs := assign(g, fit)
	certainty := AsGroup
	switch {
	case len(g.connections) == 1 && len(g.entries) == 1:
		certainty = Unique
	case len(g.connections) == len(g.entries) && len(pairs) == len(g.entries):
		certainty = InOrder
	}
	for _, p := range pairs {
		j.take(Match{Connection: p[0], Entry: p[1], Certainty: certainty, Lines: max(1, j.alike[p[0]])})
	}
}

// order brings a group into the order in which its members are to be joined:
// nginx numbers connections as it accepts them, so that numbers go with
// beginnings; without numbers, lines go with ends.
func (j *joiner) order(g *group) {
	numbered := !slices.ContainsFunc(g.entries, func(e int) bool { return j.entries[e].Connection == 0 })
	if !numbered {
		return
	}
	slices.SortStableFunc(g.entries, func(a, b int) int { return cmp.Compare(j.entries[a].Connection, j.entries[b].Connection) })
	slices.SortStableFunc(g.connections, func(a, b int) int { return j.connections[a].Start.Compare(j.connections[b].Start) })
}

// assign gives as many pairs of a connection and a line as can be had, in their
// order as far as possible: first each line takes the first connection that is
// left, then those that found none make room for each other (augmenting paths).
func assign(g group, fit func(i, e int) bool) [][2]int {
	of := make([]int, len(g.connections)) // the line, by its place in g, none: free
	for k := range of {
		of[k] = none
	}
	augment := len(g.connections)*len(g.entries) <= maxPairs/4
	first := 0
	for b := range g.entries {
		for first < len(of) && of[first] != none {
			first++
		}
		if !firstFree(g, of, first, b, fit) && augment {
			makeRoom(g, of, b, make([]bool, len(of)), fit)
		}
	}
	var out [][2]int
	for a, b := range of {
		if b != none {
			out = append(out, [2]int{g.connections[a], g.entries[b]})
		}
	}
	return out
}

// firstFree gives line b the first connection that is left and fits, among the
// next few thousand.
func firstFree(g group, of []int, from, b int, fit func(i, e int) bool) bool {
	const most = 4096
	for a := from; a < min(len(of), from+most); a++ {
		if of[a] == none && fit(g.connections[a], g.entries[b]) {
			of[a] = b
			return true
		}
	}
	return false
}

// makeRoom finds a connection for line b whose line finds another one.
func makeRoom(g group, of []int, b int, tried []bool, fit func(i, e int) bool) bool {
	for a := range of {
		if tried[a] || !fit(g.connections[a], g.entries[b]) {
			continue
		}
		tried[a] = true
		if of[a] == none || makeRoom(g, of, of[a], tried, fit) {
			of[a] = b
			return true
		}
	}
	return false
}
