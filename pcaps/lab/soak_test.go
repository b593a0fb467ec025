//go:build linux

package main

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/netip"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// testLab builds sniwatch and makes a lab for it.
func testLab(t *testing.T) *lab {
	t.Helper()
	if testing.Short() {
		t.Skip("NOT TESTED: the lab is not played with -short")
	}
	if err := missing(); err != nil {
		t.Skipf("NOT TESTED: %v", err)
	}
	program := filepath.Join(t.TempDir(), "sniwatch")
	if out, err := exec.Command("go", "build", "-o", program, "sniwatch/cmd/sniwatch").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	l, done, err := newLab(program, "", 6)
	t.Cleanup(done)
	if errors.Is(err, errNoCapture) {
		t.Skipf("NOT TESTED: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestSoak is "make soak" for some seconds, with the first accidents.
func TestSoak(t *testing.T) {
	l := testLab(t)
	if lacks := lacking([]string{"nginx", "nft", "unshare"}); len(lacks) > 0 {
		t.Skipf("NOT TESTED: not installed: %v", lacks)
	}
	var out bytes.Buffer
	if err := (soak{duration: time.Minute, rate: 40, out: &out}).run(l); err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
	if !strings.Contains(out.String(), "the disk was full") {
		t.Errorf("too little happened:\n%s", out.String())
	}
}

// TestLoad is "make load" for some seconds, at a tenth of the rate.
func TestLoad(t *testing.T) {
	l := testLab(t)
	var out bytes.Buffer
	if err := (load{duration: 5 * time.Second, rate: 10_000, out: &out}).run(l); err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// toldLine is a line of sniwatch about a connection that was refused for its name.
const toldLine = `{"type":"connection","client":{"ip":"192.0.2.1","port":7},"handshake":"refused","diagnosis":{"code":"name-not-covered"},"log":[{}]}`

// lastReport is the end of what sniwatch writes.
const lastReport = `{"type":"report","counts":{"connections":1,"complete":0},"unanalysed":{}}`

// TestLedger: every way in which what is told can be wrong is noticed.
func TestLedger(t *testing.T) {
	client := netip.MustParseAddrPort("192.0.2.1:7")
	want := refused("name-not-covered", logReset)
	for _, tt := range []struct {
		name  string
		want  truth
		lines []string
		wrong string // "": nothing
	}{
		{"right", want, []string{toldLine, lastReport}, ""},
		{"another diagnosis", refused("certificate-expired", logReset), []string{toldLine, lastReport}, "certificate-expired"},
		{"never told", want, []string{lastReport}, "never told"},
		{"told twice", want, []string{toldLine, toldLine, lastReport}, "nobody made it"},
		{"no report", want, []string{toldLine}, "no last report"},
		{"the last report is an interim one", want, []string{toldLine, `{"type":"report","interim":true}`}, "no last report"},
		{"counts", want, []string{toldLine, strings.Replace(lastReport, "1", "2", 1)}, "the report counts 2 connections"},
		{"dropped", want, []string{toldLine, strings.Replace(lastReport, "{}", `{"packets_dropped_by_kernel":3}`, 1)}, "packets_dropped_by_kernel: 3"},
		{"garbage", want, []string{"{", toldLine, lastReport}, "not understood"},
	} {
		l := newLedger(func(string) {})
		if !l.expect(client, "kind", tt.want) || l.expect(client, "kind", tt.want) {
			t.Fatal("a client may come once until it is told")
		}
		l.read(strings.NewReader(strings.Join(tt.lines, "\n")))
		l.close()
		if all := strings.Join(l.wrong, "\n"); tt.wrong == "" && all != "" || !strings.Contains(all, tt.wrong) {
			t.Errorf("%s: %q", tt.name, all)
		}
		if tt.name == "right" && (l.logged != 1 || len(l.alone) != 0) {
			t.Errorf("%d with a line, without: %v", l.logged, l.alone)
		}
	}
}

// TestGaugeSeesGrowth: memory that grows is toldLine from memory that is noisy.
func TestGaugeSeesGrowth(t *testing.T) {
	noise := rand.New(rand.NewPCG(1, 2))
	for _, tt := range []struct {
		anHour float64 // KiB
		grows  bool
	}{{0, false}, {20_000, true}} {
		var g gauge
		for at := time.Duration(0); at < time.Hour; at += gaugeEvery {
			g.samples = append(g.samples, sample{at: at, kib: 60_000 + tt.anHour*at.Hours() + noise.Float64()*2000})
		}
		if slope, _ := g.slope(); slope < tt.anHour-500 || slope > tt.anHour+500 {
			t.Errorf("slope %v, want %v", slope, tt.anHour)
		}
		if got := g.grown() != ""; got != tt.grows {
			t.Errorf("%v KiB an hour: grows %v", tt.anHour, got)
		}
	}
}

// TestSoakKinds: a kind without a truth, or one that is never chosen, tests nothing.
func TestSoakKinds(t *testing.T) {
	chosen := map[string]int{}
	r := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		chosen[pick(r, soakKinds).name]++
	}
	sum := 0
	for _, k := range soakKinds {
		sum += k.weight
		if k.want.code == "" || k.client == nil || chosen[k.name] == 0 {
			t.Errorf("%s: %+v, chosen %d times", k.name, k, chosen[k.name])
		}
	}
	if sum != 1000 {
		t.Errorf("the weights have the sum %d", sum)
	}
}

// TestLoadCompares: each count that is wrong is noticed.
func TestLoadCompares(t *testing.T) {
	said := "sniwatch: 9s: 50 packets, 0 dropped, 6 connections (0 open): 3 complete, 2 refused, 1 failed; 1 % of a CPU\n"
	r := &replay{truth: map[string]int{"complete": 3, "refused": 2, "failed": 1}}
	k := load{out: io.Discard}
	if err := k.compare(r, 50, said); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{"51 packets", "4 dropped", "7 connections", "5 complete", "5 refused", "5 failed"} {
		number, what, _ := strings.Cut(wrong, " ")
		other := regexp.MustCompile(`\d+ `+what).ReplaceAllString(said, wrong)
		if err := k.compare(r, 50, other); err == nil || !strings.Contains(err.Error(), number+" "+what) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
	if k.compare(r, 50, "") == nil {
		t.Error("no statistics are taken for right ones")
	}
}

// TestReplayEnds: who makes the traffic ends when nobody sends it any more.
func TestReplayEnds(t *testing.T) {
	r := newReplay(100_000)
	r.source.Close()
	select {
	case <-r.done:
	case <-time.After(10 * time.Second):
		t.Fatal("it waits for a reader")
	}
}
