//go:build cgo && linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A namespace is a network namespace of a test. It has no name, no way out,
// and is gone with everything in it when the test is.
type namespace struct{ file *os.File }

// wiredNamespaces makes the origin's and the edge's namespace, with a cable
// between their interfaces "wire". The edge has an address of CloudFront's.
func wiredNamespaces(t *testing.T) (origin, edge namespace) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: live capture needs root")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("NOT TESTED: the command ip (iproute2) is not installed")
	}
	origin, edge = newNamespace(t), newNamespace(t)
	origin.sh(t, fmt.Sprintf("ip link add wire type veth peer name wire netns /proc/%d/fd/%d", os.Getpid(), edge.file.Fd()))
	origin.sh(t, `ip link set lo up
		ip link set wire up
		ip addr add `+originAddress+`/32 dev wire
		ip route add `+edgeAddress+`/32 dev wire`)
	edge.sh(t, `ip link set wire up
		ip addr add `+edgeAddress+`/32 dev wire
		ip route add `+originAddress+`/32 dev wire`)
	return origin, edge
}

func newNamespace(t *testing.T) namespace {
	t.Helper()
	var made namespace
	err := onThread(func() (err error) {
		if err = unix.Unshare(unix.CLONE_NEWNET); err == nil {
			made.file, err = os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
		}
		return err
	})
	if err != nil {
		t.Skipf("NOT TESTED: no network namespace to be had: %v", err)
	}
	t.Cleanup(func() { made.file.Close() })
	return made
}

// onThread runs f on a thread of its own, which is thrown away afterwards.
func onThread(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlock: the thread ends with the goroutine
		done <- f()
	}()
	return <-done
}

// do runs f in the namespace. Sockets that f opens and programs that f starts
// stay there.
func (n namespace) do(f func() error) error {
	return onThread(func() error {
		if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
			return err
		}
		return f()
	})
}

// sh runs shell commands in the namespace, one a line.
func (n namespace) sh(t *testing.T, commands string) {
	t.Helper()
	err := n.do(func() error {
		out, err := exec.Command("sh", "-ec", commands).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(out)))
		}
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v", commands, err)
	}
}
