//go:build linux

package main

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// A gauge follows the memory and the CPU time of a process.
type gauge struct {
	pid     int
	looked  time.Time
	began   time.Time
	samples []sample
}

type sample struct {
	at  time.Duration // since the gauge was made
	kib float64       // resident
	cpu time.Duration // spent
}

// gaugeEvery is how often it looks.
const gaugeEvery = 2 * time.Second

func newGauge(pid int) *gauge { return &gauge{pid: pid, began: time.Now()} }

// look takes a sample, if it is time for that.
func (g *gauge) look(now time.Time) {
	if now.Sub(g.looked) < gaugeEvery {
		return
	}
	g.looked = now
	if kib := resident(g.pid); kib > 0 {
		g.samples = append(g.samples, sample{now.Sub(g.began), kib, spent(g.pid)})
	}
}

// resident gives the resident memory of a process in KiB, see proc_pid_status(5).
func resident(pid int) float64 {
	for line := range bytes.Lines(read(fmt.Sprintf("/proc/%d/status", pid))) {
		if value, ok := bytes.CutPrefix(line, []byte("VmRSS:")); ok {
			kib, _ := strconv.ParseFloat(string(bytes.Fields(value)[0]), 64)
			return kib
		}
	}
	return 0
}

// spent gives the CPU time of a process, user and system, see proc_pid_stat(5).
func spent(pid int) time.Duration {
	const tick = 10 * time.Millisecond // USER_HZ is 100 on all of Go's platforms
	_, rest, _ := bytes.Cut(read(fmt.Sprintf("/proc/%d/stat", pid)), []byte(") "))
	fields := bytes.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(string(fields[11]))
	system, _ := strconv.Atoi(string(fields[12]))
	return time.Duration(user+system) * tick
}

// settled are the samples without the first sixth, in which everything is filled.
func (g *gauge) settled() []sample { return g.samples[len(g.samples)/6:] }

// slope fits a line through the samples: KiB an hour, and the standard error.
func (g *gauge) slope() (slope, deviation float64) {
	s := g.settled()
	if len(s) < 3 {
		return 0, 0
	}
	var x, y float64
	for _, p := range s {
		x, y = x+p.at.Hours()/float64(len(s)), y+p.kib/float64(len(s))
	}
	var xx, xy float64
	for _, p := range s {
		xx, xy = xx+(p.at.Hours()-x)*(p.at.Hours()-x), xy+(p.at.Hours()-x)*(p.kib-y)
	}
	slope = xy / xx
	var rest float64
	for _, p := range s {
		d := p.kib - y - slope*(p.at.Hours()-x)
		rest += d * d
	}
	return slope, math.Sqrt(rest / float64(len(s)-2) / xx)
}

// grown says what is wrong with the memory; "": nothing. By the end of the run it
// may have grown by a sixteenth, which is noise for a heap that is collected when
// it is full.
func (g *gauge) grown() string {
	const least = 10 * time.Minute // shorter runs are still filling what has a bound
	s := g.settled()
	if len(s) < 3 || s[len(s)-1].at < least {
		return ""
	}
	slope, deviation := g.slope()
	ran := s[len(s)-1].at - s[0].at
	if (slope-2*deviation)*ran.Hours() > s[0].kib/16 {
		return fmt.Sprintf("memory grows by %.0f ± %.0f KiB an hour", slope, deviation)
	}
	return ""
}

func (g *gauge) now() string {
	if len(g.samples) == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f MiB", g.samples[len(g.samples)-1].kib/1024)
}

// share tells the share of a CPU, over all of the time and in the minutes of it.
func (g *gauge) share() string {
	const most = int(time.Minute / gaugeEvery)
	s := g.samples
	percent := func(from, to sample) float64 { return 100 * float64(to.cpu-from.cpu) / float64(to.at-from.at) }
	if len(s) < 2 {
		return ""
	}
	low, high := math.Inf(1), 0.0
	for at := 0; at+1 < len(s); at += most {
		p := percent(s[at], s[min(at+most, len(s)-1)])
		low, high = min(low, p), max(high, p)
	}
	return fmt.Sprintf("%.1f %% of a CPU, of the minutes %.1f to %.1f", percent(s[0], s[len(s)-1]), low, high)
}

func (g *gauge) summary() string {
	if len(g.samples) == 0 {
		return "not measured"
	}
	by := func(a, b sample) int { return int(a.kib - b.kib) }
	s := g.settled()
	slope, deviation := g.slope()
	return fmt.Sprintf("%.1f to %.1f MiB, most at any time %.1f; slope %.0f ± %.0f KiB an hour",
		slices.MinFunc(s, by).kib/1024, slices.MaxFunc(s, by).kib/1024, slices.MaxFunc(g.samples, by).kib/1024, slope, deviation)
}
