package main

import (
	"fmt"
	"strings"
)

// A Measure is what a goal is about.
type Measure int

// The measures of sniwatch, all of the run that took the least.
const (
	CPURatio      Measure = iota // CPU time of the peer by sniwatch's
	ConnectionsPS                // connections by second of CPU time
	PeakMiB                      // memory, the most of all runs
)

// A Goal is a number that sniwatch shall reach on a kind of capture.
type Goal struct {
	Kind    string // empty: all
	Measure Measure
	Against string  // the peer
	Bound   float64 // at least; of PeakMiB, at most
}

// goalSize is the least size, in bytes, of captures that the goals are about.
const goalSize = 1 << 30

// goals hold for the whole program with its report written.
var goals = []Goal{
	{"mixed", CPURatio, "tshark", 130},
	{"mixed", CPURatio, "suricata", 9},
	{"mixed", CPURatio, "tcpdump", 1.5},
	{"mixed", CPURatio, "cat", 1 / 1.4},
	{"bulk", CPURatio, "tshark", 150},
	{"bulk", CPURatio, "tcpdump", 3},
	{"bulk", CPURatio, "cat", 1},
	{"handshake", CPURatio, "tshark", 150},
	{"handshake", ConnectionsPS, "", 400_000},
	{"gso", CPURatio, "cat", 5},
	{"scan", ConnectionsPS, "", 1_300_000},
	{"", PeakMiB, "", 64},
}

// GoalLines says of each goal of a kind what was reached, on the first capture
// on which it was measured. All captures are of one kind.
func GoalLines(all []Measured) string {
	var b strings.Builder
	if all[0].Size < goalSize {
		fmt.Fprintf(&b, "  the goals are for captures of %s and more: on small ones, starting counts too much\n", sizeText(goalSize))
	}
	for _, g := range goals {
		if g.Kind != "" && g.Kind != all[0].Kind {
			continue
		}
		for _, m := range all {
			if reached, ok := g.reached(m); ok {
				fmt.Fprintf(&b, "  goal %-9s %s\n", all[0].Kind, g.line(reached))
				break
			}
		}
	}
	return b.String()
}

// reached is the value of the measure; ok is false where it was not measured.
func (g Goal) reached(m Measured) (value float64, ok bool) {
	first := m.Results[0].Summary()
	switch g.Measure {
	case CPURatio:
		r, found := named(m, g.Against)
		if !found {
			return 0, false
		}
		return ratio(r.Summary().MinCPU, first.MinCPU), true
	case PeakMiB:
		var most int64
		for _, r := range m.Results {
			if r.sniwatch {
				most = max(most, r.Summary().Peak)
			}
		}
		return float64(most) / (1 << 20), most > 0
	}
	return rate(float64(m.Connections), first.MinCPU), true
}

// named is the result of a program that did not fail.
func named(m Measured, name string) (Result, bool) {
	for _, r := range m.Results {
		if r.Name == name && r.Failed == "" {
			return r, true
		}
	}
	return Result{}, false
}

// line says what was wanted, what was reached, and whether that is enough.
func (g Goal) line(reached float64) string {
	verdict, good := "MISSED", reached >= g.Bound
	if g.Measure == PeakMiB {
		good = reached <= g.Bound
	}
	if good {
		verdict = "reached"
	}
	switch g.Measure {
	case CPURatio:
		return fmt.Sprintf("CPU of %s ≥ %.2f × sniwatch's: %.2f, %s", g.Against, g.Bound, reached, verdict)
	case PeakMiB:
		return fmt.Sprintf("peak memory ≤ %.0f MiB: %.1f, %s", g.Bound, reached, verdict)
	}
	return fmt.Sprintf("connections a second and core ≥ %s: %s, %s", grouped(int64(g.Bound)), grouped(int64(reached)), verdict)
}
