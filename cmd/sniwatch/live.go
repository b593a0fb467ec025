package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"sniwatch/capture"
	"sniwatch/capture/live"
)

// tick is how often a live capture looks at signals, drops and silence.
const tick = 200 * time.Millisecond

// live captures until it is told to stop, and loses nothing that it has when the
// interface fails.
func (r *watching) live(ctx context.Context, n needs) error {
	o, s := r.o, r.s
	h, err := live.Open(live.Options{
		Interface: o.interfaceName, SnapLen: o.snapLen, BufferKiB: o.bufferKiB,
		NoPromiscuous: o.noPromiscuous, Filter: o.filter, Ports: o.ports,
	})
	if err != nil {
		return err
	}
	defer h.Close()
	defer context.AfterFunc(ctx, h.Close)() // ends Next at once
	if err := r.giveUp(n); err != nil {
		return err
	}
	widen(s.out)
	fmt.Fprintf(s.err, "sniwatch: watching %s (%s), Ctrl-C ends and prints the summary\n", o.interfaceName, h.LinkType())

	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	defer signal.Stop(asked)

	r.w.Begin(o.interfaceName)
	origin := &liveOrigin{capture.Interface{
		Section: &capture.Section{OS: runtime.GOOS}, Name: o.interfaceName,
		Filter: h.Expression(), Link: h.LinkType(), SnapLen: uint32(o.snapLen), Resolution: 9,
	}}
	r.ev.begin(origin)
	l := &liveLoop{watching: r, h: h, asked: asked, began: s.now(), spent: cpuTime(), lasting: newLasting(o, s)}
	l.notify.ready()
	err = l.run(ctx)
	l.notify.stopping()
	l.look()
	origin.count(h)
	r.beside.followed.poll(s)
	r.w.End("")
	l.statistics(s.now())
	return err
}

// A liveLoop is a live capture under way.
type liveLoop struct {
	*watching
	lasting
	h       *live.Handle
	asked   chan os.Signal
	began   time.Time
	spent   time.Duration // CPU time of the process when the capture began
	looked  time.Time
	n       int
	dropped int
}

func (l *liveLoop) run(ctx context.Context) error {
	var p capture.Packet
	for l.o.count == 0 || l.n < l.o.count {
		err := l.h.Next(&p)
		switch {
		case err == nil:
			l.n++
			l.arrived(&p)
			if l.dump != nil { // before a failure that the packet makes known
				if err := l.dump.write(&p); err != nil {
					return err
				}
			}
			l.w.Packet(&p)
		case errors.Is(err, live.ErrTick):
			l.ticked()
		case err == io.EOF:
			return nil
		case !l.survives(err):
			return err
		}
		const often = 256 // packets between looks at the clock
		if err != nil || l.n%often == 0 {
			if l.due(ctx) {
				return l.out.err
			}
		}
	}
	return nil
}

// due does what is to be done from time to time, and tells whether to stop.
func (l *liveLoop) due(ctx context.Context) bool {
	now := l.s.now()
	if now.Sub(l.looked) >= tick {
		l.looked = now
		l.look()
		l.beside.step(ctx, l.s, l.w, now)
		l.last(now)
		l.out.flush()
		if l.out.screen != nil {
			l.out.screen.draw(l.w, l.dropped, now)
		}
		if l.dump != nil {
			l.out.note(l.dump.flush(now))
		}
	}
	select {
	case <-l.asked:
		l.statistics(now)
	default:
	}
	return ctx.Err() != nil || l.out.err != nil || l.o.duration > 0 && now.Sub(l.began) >= l.o.duration
}

// look asks the kernel what it dropped.
func (l *liveLoop) look() {
	if _, kernel, device, err := l.h.Stats(); err == nil {
		l.dropped = kernel + device
		l.w.Dropped(kernel, device)
	}
}

// statistics is the answer to SIGUSR1, and the last word.
func (l *liveLoop) statistics(now time.Time) {
	if l.out.screen != nil {
		l.out.screen.clear()
	}
	_, open, n := l.w.Progress()
	ran := now.Sub(l.began)
	fmt.Fprintf(l.s.err, "sniwatch: %s: %d packets, %d dropped, %d connections (%d open): %d complete, %d refused, %d failed%s%s\n",
		ran.Round(time.Second), l.n, l.dropped, n.Connections, open, n.Complete, n.Refused, n.Failed, cpuShare(cpuTime()-l.spent, ran), l.budget.says())
}
