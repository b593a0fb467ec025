package main

import (
	"errors"
	"fmt"
	"net"
	"time"

	"sniwatch/analyze"
	"sniwatch/analyze/report"
	"sniwatch/capture"
	"sniwatch/capture/live"
)

// A lasting is what lets a live capture be left running: the clock, the share of a
// CPU, summaries, systemd, and an interface that goes down and comes back.
type lasting struct {
	clock  liveClock
	budget *budget
	notify *notifier
	summed time.Time // when the last summary was given
	down   bool      // the interface is, and that was told
	linkAt time.Time // when it was looked whether it is
}

func newLasting(o *options, s streams) lasting {
	now := s.now()
	return lasting{clock: newLiveClock(momentOf(now, now)), budget: newBudget(o.cpuLimit, cpuTime, now), notify: newNotifier(), summed: now}
}

func (l *liveLoop) moment() moment { return momentOf(l.s.now(), l.began) }

// arrived looks at the time of a packet.
func (l *liveLoop) arrived(p *capture.Packet) {
	if step := l.clock.arrived(p.Time, l.moment); step != 0 {
		l.clockSet(step)
	}
}

// ticked tells the analysis what time it is, as far as that is known.
func (l *liveLoop) ticked() {
	until, step, quiet := l.clock.tick(l.moment(), l.n)
	if step != 0 {
		l.clockSet(step)
	}
	if quiet {
		l.w.Advance(until)
	}
}

func (l *liveLoop) clockSet(step time.Duration) {
	l.w.ClockSet(step)
	which := "forward"
	if step < 0 {
		which = "back"
	}
	l.say("the clock was set %s by %s; the times before and after do not fit together", which, step.Abs().Round(time.Millisecond))
}

// linkEvery is how often it is looked whether the interface is up.
const linkEvery = time.Second

// survives tells whether the capture goes on after an error: it does where the
// interface is down and there still.
func (l *liveLoop) survives(err error) bool {
	problem, ok := errors.AsType[*live.Error](err)
	if !ok || problem.Cause != live.InterfaceDown {
		return false
	}
	time.Sleep(tick) // some versions of libpcap say so again at once
	l.ticked()
	return true
}

// watchLink says once that the interface is down, and once that it is up again.
// Nothing else tells: the kernel goes on by itself, and no packet comes meanwhile.
func (l *liveLoop) watchLink(now time.Time) {
	if now.Sub(l.linkAt) < linkEvery {
		return
	}
	l.linkAt = now
	link, err := net.InterfaceByName(l.o.interfaceName)
	if err != nil {
		return // "any", or gone, which the capture will tell
	}
	switch down := link.Flags&net.FlagUp == 0; {
	case down && !l.down:
		l.say("%s is down; waits until it is up again", l.o.interfaceName)
	case !down && l.down:
		l.say("%s is up again", l.o.interfaceName)
	}
	l.down = link.Flags&net.FlagUp == 0
}

// last does what lets the capture last, from time to time.
func (l *liveLoop) last(now time.Time) {
	l.watchLink(now)
	changed, says := l.budget.look(now)
	if changed {
		l.w.Shed(l.budget.level)
	}
	if says != "" {
		l.say("%s", says)
	}
	l.notify.step(now, l.w, l.dropped)
	if l.o.summaryEvery > 0 && now.Sub(l.summed) >= l.o.summaryEvery {
		l.summed = now
		l.summary(now)
	}
}

// summary says how things stand: a report where the reader is a program that reads
// one object after the other, else a line.
func (l *liveLoop) summary(now time.Time) {
	stream, ok := l.out.main.stream.(interface {
		Interim(*analyze.Report) error
	})
	if ok && l.o.format == report.NDJSON {
		l.out.note(stream.Interim(l.w.Interim(now)))
		return
	}
	l.statistics(now)
}

// say writes a line for the operator.
func (l *liveLoop) say(format string, words ...any) {
	if l.out.screen != nil {
		l.out.screen.clear()
	}
	fmt.Fprintln(l.s.err, report.Clean("sniwatch: "+fmt.Sprintf(format, words...), 1000))
}
