package main

import (
	"testing"
	"time"

	"sniwatch/capture"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// after is a moment after noon, with the clock set forward by step since then.
func after(ran, step time.Duration) moment { return moment{noon.Add(ran + step), ran} }

func TestLiveClockTick(t *testing.T) {
	l := newLiveClock(after(0, 0))
	if until, step, quiet := l.tick(after(tick, 0), 5); quiet || step != 0 {
		t.Errorf("packets came: until %v, step %v, quiet %v", until, step, quiet)
	}
	if until, step, quiet := l.tick(after(2*tick, 0), 5); !quiet || step != 0 || !until.Equal(noon.Add(tick)) {
		t.Errorf("nothing came: until %v, step %v, quiet %v", until, step, quiet)
	}
	// Stopped for an hour: what came meanwhile is in the buffer.
	if until, _, _ := l.tick(after(time.Hour, 0), 5); until.After(noon.Add(2 * tick)) {
		t.Errorf("after a stop: until %v, though nobody has looked since noon", until)
	}
}

func TestLiveClockStep(t *testing.T) {
	at := func(m moment) capture.Timestamp { return capture.Timestamp(m.wall.UnixNano()) }
	for _, step := range []time.Duration{time.Hour, -time.Hour, 2 * time.Second} {
		l := newLiveClock(after(0, 0))
		until, got, quiet := l.tick(after(tick, step), 0)
		if !quiet || got != step || !until.Equal(noon.Add(step)) {
			t.Errorf("set by %v: noticed %v, until %v", step, got, until)
		}
		if _, got, _ := l.tick(after(2*tick, step), 0); got != 0 {
			t.Errorf("set by %v once: noticed %v more", step, got)
		}

		l = newLiveClock(after(0, 0))
		l.arrived(at(after(1, 0)), nil)
		set := after(time.Second/2, step)
		if got := l.arrived(at(set), func() moment { return set }); got != step {
			t.Errorf("set by %v between packets: noticed %v", step, got)
		}
		if got := l.arrived(at(set)+1, nil); got != 0 {
			t.Errorf("the next packet: %v", got)
		}
	}
	l := newLiveClock(after(0, 0))
	l.arrived(at(after(0, 0)), nil)
	if got := l.arrived(at(after(time.Minute, 0)), func() moment { return after(time.Minute, 0) }); got != 0 {
		t.Errorf("a minute without packets is a step of %v", got)
	}
	// Set while a packet of before is still in the buffer: that is not the place.
	if got := l.arrived(at(after(2*time.Minute, 0)), func() moment { return after(2*time.Minute, time.Hour) }); got != 0 {
		t.Errorf("noticed %v too early", got)
	}
}
