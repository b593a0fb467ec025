package join

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"sniwatch/analyze/origin/logs"
)

// TestJoinRandom holds Join against a slow and obvious matching, and against the
// truth: each line was written for one of the connections, and some have none.
func TestJoinRandom(t *testing.T) {
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 7))
		connections, entries, truth := scene(random)
		matches := Join(connections, entries, 0)
		at := fmt.Sprintf("seed %d: %s", seed, described(matches))
		taken, joined := map[int]bool{}, map[int]bool{}
		for _, m := range matches {
			if taken[m.Connection] || joined[m.Entry] {
				t.Fatalf("%s: connection %d or line %d twice", at, m.Connection, m.Entry)
			}
			taken[m.Connection], joined[m.Entry] = true, true
			if m.Contradicts == nil && !obviously(&connections[m.Connection], &entries[m.Entry], 60_000) {
				t.Fatalf("%s: line %d does not fit connection %d", at, m.Entry, m.Connection)
			}
			if m.Certainty == Unique && truth[m.Entry] != m.Connection {
				t.Fatalf("%s: line %d is said to be of connection %d alone, and is of %d", at, m.Entry, m.Connection, truth[m.Entry])
			}
		}
		if most := slowMatching(connections, entries); len(matches) < most {
			t.Fatalf("%s: %d lines joined, %d can be", at, len(matches), most)
		}
	}
}

// scene makes up to a dozen connections of two clients within two seconds, and lines
// for some of them, a few with the port; truth has the connection of each line.
func scene(random *rand.Rand) (connections []Connection, entries []logs.Entry, truth []int) {
	for k := range 1 + random.IntN(12) {
		client := []string{edge1, edge2}[random.IntN(2)]
		start := random.IntN(2000)
		make := []func(string, uint16, int, int) Connection{reset, alerted}[random.IntN(2)]
		c := make(client, uint16(1000+k), start, start+random.IntN(100))
		connections = append(connections, c)
		if random.IntN(4) == 0 {
			continue // the log has no line for it
		}
		class, number := logs.PeerReset, -1
		if c.Facts[0] == logs.ClientAlert {
			class, number = logs.AlertReceived, 42
		}
		e := line(client, int(c.Ended.Sub(noon).Milliseconds()), class, 0)
		e.Alert = number
		if random.IntN(3) == 0 {
			e.Client = netip.AddrPortFrom(e.Client.Addr(), c.Client.Port())
		}
		entries, truth = append(entries, e), append(truth, k)
	}
	return connections, entries, truth
}

// obviously tells whether a line can be about a connection: the same client, the
// time, and an alert where the line tells of one.
func obviously(c *Connection, e *logs.Entry, within int) bool {
	late := int(e.Time.Sub(c.Ended).Milliseconds())
	early := int(c.Ended.Sub(e.Time.Add(e.Resolution)).Milliseconds())
	alert := c.Facts[0] == logs.ClientAlert
	return e.Client.Addr() == c.Client.Addr() && (e.Client.Port() == 0 || e.Client.Port() == c.Client.Port()) &&
		late <= within && early <= 60_000 && alert == (e.Class == logs.AlertReceived)
}

// slowMatching gives how many lines can have a connection at once, by trying all
// ways to make room (Kuhn's algorithm), where line and connection are of one second.
func slowMatching(connections []Connection, entries []logs.Entry) (most int) {
	of := map[int]int{}
	var place func(e int, tried map[int]bool) bool
	place = func(e int, tried map[int]bool) bool {
		for i := range connections {
			c := &connections[i]
			if tried[i] || !obviously(c, &entries[e], 0) || c.Ended.After(entries[e].Time.Add(entries[e].Resolution)) {
				continue
			}
			tried[i] = true
			if other, is := of[i]; !is || place(other, tried) {
				of[i] = e
				return true
			}
		}
		return false
	}
	for e := range entries {
		if place(e, map[int]bool{}) {
			most++
		}
	}
	return most
}
