package analyze

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/tcp"
	"sniwatch/capture"
)

// randomSilence makes a connection that is nothing but SYNs, and why it was over.
func randomSilence(random *rand.Rand) (*tcp.SYNs, tcp.Reason) {
	clients := []string{"130.176.135.149", "198.18.0.1", "2600:9000:1000::1", "2001:db8::1"}
	ports := []uint16{443, 80, 8443}
	first := tcp.Mark{Packet: 1 + random.IntN(1e6), Time: 1e18 + capture.Timestamp(random.Int64N(300e9))}
	return &tcp.SYNs{
		Client: &capture.Endpoint{IP: netip.MustParseAddr(clients[random.IntN(len(clients))]).As16(), Port: 1024},
		Server: &capture.Endpoint{IP: netip.MustParseAddr("10.0.0.10").As16(), Port: ports[random.IntN(len(ports))]},
		First:  first,
		Last:   tcp.Mark{Packet: first.Packet + random.IntN(100), Time: first.Time + capture.Timestamp(random.Int64N(300e9))},
		Count:  1 + random.IntN(3),
	}, []tcp.Reason{tcp.Reused, tcp.Idle, tcp.Finished, tcp.Evicted}[random.IntN(4)]
}

func silenceWatcher(o Options) *Watcher {
	o.Ranges, o.Roots, o.Ports = edge.Embedded(), origin.MozillaRoots(), []uint16{443}
	return NewWatcher(o)
}

// What is said at a glance about a connection that is nothing but SYNs must be
// what the rules say about it.
func TestSilenceIsWhatTheRulesSay(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	cases := map[silence]bool{}
	var told *Connection
	w := silenceWatcher(Options{Every: true, Told: func(c *Connection) bool { told = c; return true }})
	for range 5000 {
		s, why := randomSilence(random)
		follower{w}.Unanswered(s, why)
		verdict := conclude(told, &w.knowledge)
		d := verdict.diagnosis()
		want := silence{true, verdict.outcome(), d.Code, d.remarkable()}
		got := w.silences[follower{w}.silenceCase(s.Server.Port, &told.Edge, s.Count, why)]
		if got != want || told.Handshake != want.outcome {
			t.Fatalf("%v to %v, %d SYNs, reason %d: %v, and by the rules %v", told.Client, told.Server, s.Count, why, got, want)
		}
		cases[want] = true
	}
	if len(cases) != 3 {
		t.Errorf("%d different answers, want 3: %v", len(cases), cases)
	}
}

// The report is the same whether or not somebody hears of each connection; who
// does not ask for them hears of findings alone.
func TestSilenceIsCounted(t *testing.T) {
	report := func(o Options) (*Report, int) {
		heard := 0
		o.Told = func(c *Connection) bool { heard++; return false }
		w := silenceWatcher(o)
		random := rand.New(rand.NewPCG(3, 4))
		for range 5000 {
			s, why := randomSilence(random)
			follower{w}.Unanswered(s, why)
		}
		return w.Report(time.Unix(1e9, 0)), heard
	}
	all, heardAll := report(Options{Silent: true})
	few, heardFew := report(Options{})
	findings := 0
	for i := range few.Findings {
		findings += few.Findings[i].Connections
	}
	if heardAll != 5000 || heardFew >= heardAll || heardFew < findings || findings == 0 {
		t.Errorf("heard of %d and %d connections, %d in findings", heardAll, heardFew, findings)
	}
	same := cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })
	for name, diff := range map[string]string{
		"counts":   cmp.Diff(all.Counts, few.Counts),
		"timeline": cmp.Diff(all.Timeline, few.Timeline),
		"crowds":   cmp.Diff(all.Crowds, few.Crowds, same),
	} {
		if diff != "" {
			t.Errorf("%s (-told +counted):\n%s", name, diff)
		}
	}
}

func BenchmarkUnanswered(b *testing.B) {
	s, _ := randomSilence(rand.New(rand.NewPCG(1, 2)))
	s.Count, s.Server.Port = 1, 443
	for name, why := range map[string]tcp.Reason{"counted": tcp.Evicted, "finding": tcp.Idle} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			w := silenceWatcher(Options{Told: func(*Connection) bool { return false }})
			for b.Loop() {
				follower{w}.Unanswered(s, why)
			}
		})
	}
}
