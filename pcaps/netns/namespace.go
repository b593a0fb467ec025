//go:build linux

// Package netns makes network namespaces for pcaps/lab and for tests: two of them,
// with a cable between them and no way out, are an origin and an edge.
package netns

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// The thread of main is the one whose namespace /proc/self shows: it is kept for
// main, so that it stays in the machine's network.
func init() { runtime.LockOSThread() }

// A Namespace is a network namespace (network_namespaces(7)). It has no name: it is
// gone when it was closed and what was opened and started in it is gone.
type Namespace struct {
	file   *os.File
	keeper chan func()
}

// New makes one on a thread of its own. The thread lives as long as the namespace,
// because the kernel ends what a thread started when the thread ends.
func New() (*Namespace, error) {
	n := &Namespace{keeper: make(chan func())}
	made := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlock: the thread ends with the goroutine
		err := unix.Unshare(unix.CLONE_NEWNET)
		if err == nil {
			n.file, err = os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
		}
		made <- err
		for f := range n.keeper {
			f()
		}
	}()
	if err := <-made; err != nil {
		close(n.keeper)
		return nil, fmt.Errorf("no network namespace to be had: %w", err)
	}
	return n, nil
}

// Close has the kernel kill the programs that Start has started.
func (n *Namespace) Close() {
	close(n.keeper)
	n.file.Close()
}

// Enter moves the calling goroutine into the namespace, until it ends; its thread
// ends with it. Other goroutines stay where they are.
func (n *Namespace) Enter() error {
	runtime.LockOSThread() // and never unlock
	return unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET)
}

// Do runs f in the namespace, on a thread that is thrown away: f may give up what
// belongs to a thread, such as capabilities. Sockets that f opens stay in the
// namespace.
func (n *Namespace) Do(f func() error) error {
	done := make(chan error, 1)
	go func() {
		defer close(done) // f may end the goroutine, as t.Fatal does
		err := n.Enter()
		if err == nil {
			err = f()
		}
		done <- err
	}()
	return <-done
}

// Start starts a program in the namespace. If this process dies, even by kill -9,
// the kernel kills the program. What the program starts dies with it only if c asks
// for a process namespace (CLONE_NEWPID).
func (n *Namespace) Start(c *exec.Cmd) error {
	if c.SysProcAttr == nil {
		c.SysProcAttr = &syscall.SysProcAttr{}
	}
	c.SysProcAttr.Pdeathsig = syscall.SIGKILL
	started := make(chan error)
	n.keeper <- func() { started <- c.Start() }
	return <-started
}

// Sh runs shell commands in the namespace, one a line, until one fails.
func (n *Namespace) Sh(commands string) error {
	return n.Do(func() error {
		out, err := exec.Command("sh", "-ec", commands).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%s: %w: %s", strings.TrimSpace(commands), err, strings.TrimSpace(string(out)))
		}
		return nil
	})
}

// Join lays a cable between two namespaces; its ends are interfaces of these names,
// which are down.
func Join(a *Namespace, nameA string, b *Namespace, nameB string) error {
	return a.Sh(fmt.Sprintf("ip link add %s type veth peer name %s netns /proc/%d/fd/%d", nameA, nameB, os.Getpid(), b.file.Fd()))
}
