package main

import (
	"fmt"
	"os"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"sniwatch/analyze"
)

// statusEvery is how often systemd is told how things stand.
const statusEvery = 10 * time.Second

// A notifier tells systemd how a live capture is doing, see sd_notify(3). nil: it
// was not systemd that started it, or it does not want to know.
type notifier struct {
	watchdog time.Duration // between two signs of life; 0: none is wanted
	alive    time.Time
	status   time.Time
	late     chan struct{} // closed when a message that systemd was slow to take is sent; nil: none
}

// notifyPatience is how long packets may wait because systemd does not take a
// message: its socket holds a few, and a write to a full one blocks.
const notifyPatience = 100 * time.Millisecond

func newNotifier() *notifier {
	if os.Getenv("NOTIFY_SOCKET") == "" {
		return nil
	}
	n := &notifier{}
	if limit, err := daemon.SdWatchdogEnabled(false); err == nil {
		n.watchdog = limit / 2
	}
	return n
}

// send tells systemd something. That it does not hear is nothing to end for, or to
// wait for.
func (n *notifier) send(state string) {
	if n == nil {
		return
	}
	if n.late != nil {
		select {
		case <-n.late:
			n.late = nil
		default:
			return
		}
	}
	sent := make(chan struct{})
	go func() {
		_, _ = daemon.SdNotify(false, state)
		close(sent)
	}()
	select {
	case <-sent:
	case <-time.After(notifyPatience):
		n.late = sent
	}
}

// ready says that the capture runs, and privileges are given up.
func (n *notifier) ready() { n.send(daemon.SdNotifyReady) }

// stopping says that the capture is over, and the report is being made.
func (n *notifier) stopping() { n.send(daemon.SdNotifyStopping) }

// step gives a sign of life, and the status, when it is time for that.
func (n *notifier) step(now time.Time, w *analyze.Watcher, dropped int) {
	if n == nil {
		return
	}
	if n.watchdog > 0 && now.Sub(n.alive) >= n.watchdog {
		n.alive = now
		n.send(daemon.SdNotifyWatchdog)
	}
	if now.Sub(n.status) >= statusEvery {
		n.status = now
		packets, _, c := w.Progress()
		n.send(fmt.Sprintf("STATUS=%d packets, %d connections, %d failed, %d dropped", packets, c.Connections, c.Refused+c.Failed, dropped))
	}
}
