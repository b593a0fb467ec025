package join

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"sniwatch/analyze/origin/logs"
)

var noon = time.Date(2024, 1, 16, 3, 41, 18, 0, time.UTC)

// at is a time so many milliseconds after noon.
func at(ms int) time.Time { return noon.Add(time.Duration(ms) * time.Millisecond) }

// reset makes a connection that the client reset.
func reset(client string, port uint16, start, end int) Connection {
	return Connection{
		Client: netip.AddrPortFrom(netip.MustParseAddr(client), port), Server: netip.MustParseAddrPort("10.0.0.10:443"),
		Start: at(start), Ended: at(end), Last: at(end), ServerName: "origin.example.com", HasServerName: true,
		Code: "name-not-covered", Facts: []logs.Fact{logs.NoClientAlert, logs.ClientHelloSeen, logs.ServerHelloSent, logs.HandshakeBroken, logs.ClientResetOnly},
	}
}

// complete makes one that went well.
func complete(client string, port uint16, start, end int) Connection {
	c := reset(client, port, start, end)
	c.Code, c.Facts = "ok", []logs.Fact{logs.NoClientAlert, logs.ClientHelloSeen, logs.ServerHelloSent, logs.HandshakeComplete, logs.ClientFINOnly}
	return c
}

// alerted makes one that the client ended by an alert.
func alerted(client string, port uint16, start, end int) Connection {
	c := reset(client, port, start, end)
	c.Facts = []logs.Fact{logs.ClientAlert, logs.ClientHelloSeen, logs.ServerHelloSent, logs.HandshakeBroken}
	return c
}

// line makes a line of nginx: whole seconds, no port.
func line(client string, ms int, class logs.Class, number uint64) logs.Entry {
	return logs.Entry{
		File: "error.log", Program: logs.Nginx, Time: at(ms).Truncate(time.Second), Resolution: time.Second,
		Client: netip.AddrPortFrom(netip.MustParseAddr(client), 0), Server: netip.MustParseAddrPort("0.0.0.0:443"),
		Connection: number, Class: class, Alert: -1,
	}
}

const (
	edge1 = "130.176.135.149"
	edge2 = "130.176.135.150"
)

// with changes an entry.
func with(e logs.Entry, change func(*logs.Entry)) logs.Entry {
	change(&e)
	return e
}

func TestJoin(t *testing.T) {
	port := func(p uint16) func(*logs.Entry) {
		return func(e *logs.Entry) { e.Client = netip.AddrPortFrom(e.Client.Addr(), p) }
	}
	tests := []struct {
		name        string
		connections []Connection
		entries     []logs.Entry
		offset      time.Duration
		want        string // "connection=entry certainty[lines]", "!" where they contradict each other
	}{
		{"one and one", []Connection{reset(edge1, 1, 100, 105)}, []logs.Entry{line(edge1, 105, logs.PeerReset, 27)}, 0, "0=0 unique[1]"},
		{"other clients", []Connection{reset(edge1, 1, 100, 105)}, []logs.Entry{line(edge2, 105, logs.PeerReset, 27)}, 0, ""},
		{"mapped into IPv6", []Connection{reset("::ffff:"+edge1, 1, 100, 105)}, []logs.Entry{line(edge1, 105, logs.PeerReset, 27)}, 0, "0=0 unique[1]"},
		{"a time zone", []Connection{reset(edge1, 1, 100, 105)}, []logs.Entry{line(edge1, 9*3600_000+105, logs.PeerReset, 27)}, 9 * time.Hour, "0=0 unique[1]"},
		{"a second too late", []Connection{reset(edge1, 1, 100, 105)}, []logs.Entry{line(edge1, 1105, logs.PeerReset, 27)}, 0, "0=0 unique[1]"},
		{"long before", []Connection{reset(edge1, 1, 5100, 5105)}, []logs.Entry{line(edge1, 105, logs.PeerReset, 27)}, 0, ""},
		{"a worker that hung", []Connection{reset(edge1, 1, 100, 105)}, []logs.Entry{line(edge1, 30105, logs.PeerReset, 27)}, 0, "0=0 unique[1]"},
		{"minutes later", []Connection{reset(edge1, 1, 100, 105)}, []logs.Entry{line(edge1, 90105, logs.PeerReset, 27)}, 0, ""},
		{"the healthy one beside it has no line", []Connection{complete(edge1, 1, 90, 120), reset(edge1, 2, 100, 105)}, []logs.Entry{line(edge1, 105, logs.PeerReset, 27)}, 0, "1=0 unique[1]"},
		{"told apart by what happened", []Connection{reset(edge1, 1, 100, 105), alerted(edge1, 2, 101, 104)},
			[]logs.Entry{line(edge1, 104, logs.AlertReceived, 28), line(edge1, 105, logs.PeerReset, 27)}, 0, "1=0 unique[1], 0=1 unique[1]"},
		{"told apart by the port", []Connection{reset(edge1, 1, 100, 105), reset(edge1, 2, 100, 105)},
			[]logs.Entry{with(line(edge1, 105, logs.PeerReset, 0), port(2)), with(line(edge1, 105, logs.PeerReset, 0), port(1))}, 0, "1=0 unique[1], 0=1 unique[1]"},
		{"told apart by the server name", []Connection{reset(edge1, 1, 100, 105), func() Connection { c := reset(edge1, 2, 100, 105); c.ServerName = "b.example.com"; return c }()},
			[]logs.Entry{with(line(edge1, 105, logs.PeerReset, 9), func(e *logs.Entry) { e.ServerName, e.HasServerName = "b.example.com", true }), line(edge1, 105, logs.PeerReset, 8)}, 0,
			"1=0 in order[2], 0=1 in order[1]"},
		{"another port of the server", []Connection{reset(edge1, 1, 100, 105)}, []logs.Entry{with(line(edge1, 105, logs.PeerReset, 27), func(e *logs.Entry) { e.Server = netip.MustParseAddrPort("0.0.0.0:8443") })}, 0, ""},
		{"in order of the numbers", []Connection{reset(edge1, 1, 100, 300), reset(edge1, 2, 101, 200), reset(edge1, 3, 102, 250)},
			[]logs.Entry{line(edge1, 200, logs.PeerReset, 12), line(edge1, 250, logs.PeerReset, 13), line(edge1, 300, logs.PeerReset, 11)}, 0, "1=0 in order[3], 2=1 in order[3], 0=2 in order[3]"},
		{"in order of the lines", []Connection{reset(edge1, 1, 100, 300), reset(edge1, 2, 101, 200)},
			[]logs.Entry{line(edge1, 200, logs.PeerReset, 0), line(edge1, 300, logs.PeerReset, 0)}, 0, "1=0 in order[2], 0=1 in order[2]"},
		{"more connections than lines", []Connection{reset(edge1, 1, 100, 200), reset(edge1, 2, 101, 201), reset(edge1, 3, 101, 202)},
			[]logs.Entry{line(edge1, 200, logs.PeerReset, 5), line(edge1, 300, logs.PeerReset, 6)}, 0, "0=0 as group[2], 1=1 as group[2]"},
		{"room is made", []Connection{reset(edge1, 1, 100, 200), reset(edge1, 2, 101, 201)},
			[]logs.Entry{line(edge1, 200, logs.PeerReset, 0), with(line(edge1, 201, logs.PeerReset, 0), func(e *logs.Entry) { e.ServerName, e.HasServerName = "origin.example.com", true })}, 0,
			"0=0 in order[2], 1=1 in order[2]"},
		{"the log contradicts the packets", []Connection{alerted(edge1, 1, 100, 105)}, []logs.Entry{line(edge1, 105, logs.PeerReset, 27)}, 0, "0=0 unique[1]!"},
		{"a second line with the same number", []Connection{reset(edge1, 1, 100, 105)},
			[]logs.Entry{line(edge1, 105, logs.HandshakeFailureOther, 27), line(edge1, 105, logs.PeerReset, 27)}, 0, "0=0 as group[2], 0=1 unique[1]"},
		{"the time of the accept", []Connection{reset(edge1, 1, 100, 30_000)}, []logs.Entry{with(line(edge1, 100, logs.HandshakeFailed, 0), func(e *logs.Entry) { e.TimeOf = logs.AtAccept; e.Time = at(100); e.Resolution = time.Millisecond })}, 0, "0=0 unique[1]"},
		{"a line without a time", []Connection{reset(edge1, 1, 100, 105)}, []logs.Entry{with(line(edge1, 0, logs.PeerReset, 0), func(e *logs.Entry) { e.Time = time.Time{} })}, 0, "0=0 unique[1]"},
		{"a line without a client", []Connection{reset(edge1, 1, 100, 105)}, []logs.Entry{with(line(edge1, 105, logs.PeerReset, 0), func(e *logs.Entry) { e.Client = netip.AddrPort{} })}, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := described(Join(tt.connections, tt.entries, tt.offset)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func described(matches []Match) string {
	s := ""
	for k, m := range matches {
		if k > 0 {
			s += ", "
		}
		s += fmt.Sprintf("%d=%d %s[%d]", m.Connection, m.Entry, [...]string{"unique", "in order", "as group"}[m.Certainty], m.Lines)
		if m.Contradicts != nil {
			s += "!"
		}
	}
	return s
}

// TestBurst is 50 connections at once, half of them failing, from five addresses:
// every line has a connection of its own that failed, of its own client.
func TestBurst(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var connections []Connection
	var entries []logs.Entry
	for k := range 50 {
		client := fmt.Sprintf("130.176.135.%d", 10+k%5)
		start := k * 3
		if k%10 < 5 {
			connections = append(connections, complete(client, uint16(1000+k), start, start+random.IntN(300)))
			continue
		}
		c := reset(client, uint16(1000+k), start, start+5+random.IntN(300))
		connections = append(connections, c)
		entries = append(entries, line(client, int(c.Ended.Sub(noon).Milliseconds()), logs.PeerReset, uint64(100+k)))
	}
	random.Shuffle(len(entries), func(a, b int) { entries[a], entries[b] = entries[b], entries[a] })
	matches := Join(connections, entries, 0)
	if len(matches) != len(entries) {
		t.Errorf("%d of %d lines joined", len(matches), len(entries))
	}
	used := map[int]bool{}
	for _, m := range matches {
		c, e := &connections[m.Connection], &entries[m.Entry]
		if c.Code == "ok" || used[m.Connection] || m.Certainty == AsGroup || m.Contradicts != nil {
			t.Errorf("line %d joined with connection %d (%s), certainty %d", m.Entry, m.Connection, c.Code, m.Certainty)
		}
		if want := uint64(100) + uint64(c.Client.Port()) - 1000; e.Connection != want {
			t.Errorf("the line of connection *%d joined with *%d", e.Connection, want)
		}
		used[m.Connection] = true
	}
}

func TestClock(t *testing.T) {
	var connections []Connection
	var entries []logs.Entry
	for k := range 10 {
		c := reset(edge1, uint16(k), k*7000, k*7000+300)
		connections = append(connections, c)
		entries = append(entries, line(edge1, k*7000+300, logs.PeerReset, uint64(k)))
	}
	shifted := func(d time.Duration, n int) []logs.Entry {
		out := slices.Clone(entries[:n])
		for i := range out {
			out[i].Time = out[i].Time.Add(d)
		}
		return out
	}
	for _, tt := range []struct {
		name    string
		entries []logs.Entry
		want    time.Duration
	}{
		{"the same", entries, 0},
		{"Tokyo", shifted(9*time.Hour, 10), 9 * time.Hour},
		{"Tokyo, one line", shifted(9*time.Hour, 1), 9 * time.Hour},
		{"Newfoundland", shifted(-3*time.Hour-30*time.Minute, 10), -3*time.Hour - 30*time.Minute},
		{"a wrong clock", shifted(417*time.Second, 10), 417 * time.Second},
		{"too few lines for a wrong clock", shifted(417*time.Second, 2), 0},
		{"no line", nil, 0},
	} {
		got := Clock(connections, tt.entries)
		if got.Offset != tt.want {
			t.Errorf("%s: offset %v, want %v (%+v)", tt.name, got.Offset, tt.want, got)
		}
		if len(tt.entries) > 2 && len(Join(connections, tt.entries, got.Offset)) != len(tt.entries) {
			t.Errorf("%s: not all are joined with it", tt.name)
		}
	}
}

// BenchmarkJoin is 100,000 failures with 100,000 lines, from 200 clients and from
// a single one.
func BenchmarkJoin(b *testing.B) {
	for _, clients := range []int{200, 1} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			const n = 100_000
			connections, entries := make([]Connection, n), make([]logs.Entry, n)
			for k := range n {
				client := netip.AddrFrom4([4]byte{130, 176, 135, byte(k % clients)}).String()
				connections[k] = reset(client, uint16(k), k, k+200)
				entries[k] = line(client, k+200, logs.PeerReset, uint64(k+1))
			}
			b.ReportAllocs()
			for b.Loop() {
				reading := Clock(connections, entries)
				if got := len(Join(connections, entries, reading.Offset)); got != n {
					b.Fatalf("%d of %d joined", got, n)
				}
			}
		})
	}
}
