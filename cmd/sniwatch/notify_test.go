//go:build linux

package main

import (
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// TestNotifyDoesNotWait: a systemd that does not listen holds nothing up, and hears
// again when it does.
func TestNotifyDoesNotWait(t *testing.T) {
	name := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	t.Setenv("NOTIFY_SOCKET", name)
	n := newNotifier()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 2000 { // more than the kernel queues
			n.send(daemon.SdNotifyWatchdog)
		}
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("waits for systemd")
	}
	if n.late == nil {
		t.Fatal("the queue has no end; this tests nothing")
	}
	buffer := make([]byte, 100)
	heard := func() string {
		_ = socket.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
		size, _ := socket.Read(buffer)
		return string(buffer[:size])
	}
	for heard() != "" {
	}
	n.stopping()
	if got := heard(); got != daemon.SdNotifyStopping {
		t.Errorf("heard %q", got)
	}
}
