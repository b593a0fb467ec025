//go:build cgo && linux

package live

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// needRoot skips a test that only root can run.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: live capture needs root")
	}
}

// A namespace is a network namespace of a test. It has no name, no way out,
// and is gone with everything in it when the test is.
type namespace struct{ file *os.File }

// newNamespace makes one with its loopback interface up.
func newNamespace(t *testing.T) namespace {
	t.Helper()
	needRoot(t)
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("NOT TESTED: the command ip (iproute2) is not installed")
	}
	var made namespace
	err := onThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		file, err := os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
		made.file = file
		return err
	})
	if err != nil {
		t.Skipf("NOT TESTED: no network namespace to be had: %v", err)
	}
	t.Cleanup(func() { made.file.Close() })
	made.run(t, "ip link set lo up")
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

// do runs f in the namespace. What f opens stays there.
func (n namespace) do(f func() error) error {
	return onThread(func() error {
		if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
			return err
		}
		return f()
	})
}

// run runs shell commands in the namespace, one a line.
func (n namespace) run(t *testing.T, commands string) {
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

// join connects two namespaces by a cable: each has an interface "wire".
func join(t *testing.T, a, b namespace) {
	t.Helper()
	a.run(t, fmt.Sprintf("ip link add wire type veth peer name wire netns /proc/%d/fd/%d", os.Getpid(), b.file.Fd()))
	for _, n := range []namespace{a, b} {
		n.run(t, "ip link set wire up")
	}
}

// open starts a capture in the namespace and ends it with the test.
func (n namespace) open(t *testing.T, o Options) *Handle {
	t.Helper()
	var h *Handle
	err := n.do(func() (err error) {
		h, err = Open(o)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeAndRelease(h) })
	return h
}
