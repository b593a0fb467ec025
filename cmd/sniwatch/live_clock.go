package main

import (
	"time"

	"sniwatch/capture"
)

// stepLeast is the least by which the clock has to be set to be noticed. Less makes
// nobody silent who is not.
const stepLeast = time.Second

// A moment is what the clock on the wall shows, which can be set, and for how long
// the capture has run, which nobody can change.
type moment struct {
	wall time.Time
	ran  time.Duration
}

// momentOf takes the two clocks of a time.Time apart.
func momentOf(now, began time.Time) moment { return moment{now.Round(0), now.Sub(began)} }

// A liveClock tells what time it is for the analysis of a live capture. The kernel
// stamps packets by the clock of the host, which may be set; and a process that was
// stopped finds the packets of that time in the buffer, so that the time which the
// clock shows has not come yet for who reads them.
type liveClock struct {
	at     moment            // when the two clocks were compared last
	ticked time.Time         // the last tick
	n      int               // packets by then
	packet capture.Timestamp // of the last packet
}

func newLiveClock(now moment) liveClock { return liveClock{at: now, ticked: now.wall} }

// tick is called with each tick of the capture and the packets so far. It gives the
// time up to which every packet was seen, if that is known: where two ticks have no
// packet between them, the buffer was empty at the first. step is by how much the
// clock was set.
func (c *liveClock) tick(now moment, n int) (until time.Time, step time.Duration, quiet bool) {
	quiet, until = c.n == n, c.ticked
	c.ticked, c.n = now.wall, n
	if !quiet {
		return until, 0, false
	}
	if step = c.stepped(now); step != 0 {
		c.at = now
		c.packet += capture.Timestamp(step)
	}
	return until.Add(step), step, true
}

// arrived is called with the time of each packet, and clock where that is far from
// the one before. It tells by how much the clock was set between the two.
func (c *liveClock) arrived(at capture.Timestamp, clock func() moment) (step time.Duration) {
	jump := at.Sub(c.packet)
	first := c.packet == 0
	c.packet = at
	if first || -stepLeast < jump && jump < stepLeast {
		return 0
	}
	now := clock()
	step = c.stepped(now)
	if step > 0 && jump < step-stepLeast || step < 0 && jump >= 0 {
		return 0 // the packet is from before
	}
	if step != 0 {
		c.at, c.ticked = now, now.wall
	}
	return step
}

// stepped compares how far the two clocks have gone.
func (c *liveClock) stepped(now moment) time.Duration {
	if step := now.wall.Sub(c.at.wall) - (now.ran - c.at.ran); step >= stepLeast || step <= -stepLeast {
		return step
	}
	return 0
}
