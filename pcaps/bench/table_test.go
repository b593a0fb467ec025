package main

import (
	"strings"
	"testing"
	"time"
)

func samples(n int, cpu, wall time.Duration, peak int64) (list []Sample) {
	for i := range n {
		more := time.Duration(i) * time.Millisecond
		list = append(list, Sample{CPU: cpu + more, Wall: wall + 2*more, Peak: peak})
	}
	return list
}

// measured is what a run might give.
func measured() Measured {
	cat := samples(3, 141*time.Millisecond, 150*time.Millisecond, 3<<20)
	for i := range cat {
		cat[i].PeakBound = true
	}
	return Measured{
		Capture{Kind: "handshake", Path: "bench/handshake-1G-1.pcap", Size: 1 << 30, Bytes: 1076392065, Connections: 210071},
		[]Result{
			{Program: Program{Name: "sniwatch", Version: "v1.2", sniwatch: true}, Samples: samples(3, 400*time.Millisecond, 250*time.Millisecond, 41<<20+1<<19)},
			{Program: Program{Name: "cat", Version: "9.1"}, Samples: cat},
			{Program: Program{Name: "tcpdump", Version: "4.99.3"}, Samples: samples(1, 43210*time.Millisecond, 44*time.Second, 0)},
			{Program: Program{Name: "suricata", Version: "?"}, Failed: "exit status 1: no rules"},
		},
	}
}

const wantTable = `handshake: bench/handshake-1G-1.pcap, 1,076,392,065 bytes, 210,071 connections
  program         runs  CPU min     med  wall min     med  peak   MB/s   conn/s       ×
  sniwatch v1.2      3    0.400   0.401     0.250   0.252  41.5  4,305  525,177    1.00
  cat 9.1            3    0.141   0.142     0.150   0.152  ≤3.0  7,175             0.35
  tcpdump 4.99.3     1   43.210  43.210    44.000  44.000     -     24           108.03
suricata ? failed: exit status 1: no rules
`

func TestTable(t *testing.T) {
	m := measured()
	if got := Table(m.Capture, m.Results); got != wantTable {
		t.Errorf("got\n%s\nwant\n%s", got, wantTable)
	}
}

func TestGoalLines(t *testing.T) {
	small := measured()
	small.Results = append(small.Results[:1:1], Result{Program: Program{Name: "tshark"}, Samples: samples(1, 8*time.Second, time.Second, 1)})
	want := `  goal handshake CPU of tshark ≥ 150.00 × sniwatch's: 20.00, MISSED
  goal handshake connections a second and core ≥ 400,000: 525,177, reached
  goal handshake peak memory ≤ 64 MiB: 41.5, reached
`
	if got := GoalLines([]Measured{measured(), small}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestGoalOfMemoryIsMissed(t *testing.T) {
	m := measured()
	m.Kind = "other"
	m.Results[0].Samples = samples(2, time.Second, 125*time.Millisecond, 70<<20)
	if got, want := GoalLines([]Measured{m}), "peak memory ≤ 64 MiB: 70.0, MISSED"; !strings.Contains(got, want) {
		t.Errorf("no %q in\n%s", want, got)
	}
}

func TestEveryGoalIsAboutAKindAndAPeer(t *testing.T) {
	known := " "
	for _, p := range peers {
		known += p.name + " "
	}
	for _, g := range goals {
		if g.Kind != "" && !strings.Contains(strings.Join(kinds, " "), g.Kind) || g.Measure == CPURatio && !strings.Contains(known, " "+g.Against+" ") {
			t.Errorf("%+v", g)
		}
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := grouped(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
