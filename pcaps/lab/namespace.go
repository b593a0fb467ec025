//go:build linux

package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The thread of main is the one whose namespace /proc/self shows: it is kept for
// main, so that no namespace of the lab is ever made on it.
func init() { runtime.LockOSThread() }

// A namespace is a network namespace of the lab. It has no name: it is gone when
// the lab and what the lab started in it are.
type namespace struct {
	file   *os.File
	keeper chan func()
}

// newNamespace makes one on a thread of its own. The thread lives as long as the
// namespace, because the kernel ends what a thread started when the thread ends.
func newNamespace() (*namespace, error) {
	n := &namespace{keeper: make(chan func())}
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

func (n *namespace) close() {
	close(n.keeper)
	n.file.Close()
}

// do runs f in the namespace, on a thread that is thrown away. Sockets that f
// opens stay in the namespace.
func (n *namespace) do(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET)
		if err == nil {
			err = f()
		}
		done <- err
	}()
	return <-done
}

// start starts a program in the namespace. If the lab dies, even by kill -9, the
// kernel kills the program. With family, it is the first process of a process
// namespace as well, so that the processes which it has started die with it.
func (n *namespace) start(c *exec.Cmd, family bool) error {
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if family {
		c.SysProcAttr.Cloneflags = syscall.CLONE_NEWPID
	}
	started := make(chan error)
	n.keeper <- func() { started <- c.Start() }
	return <-started
}

// sh runs shell commands in the namespace, one a line, until one fails.
func (n *namespace) sh(commands string) error {
	return n.do(func() error {
		out, err := exec.Command("sh", "-ec", commands).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%s: %w: %s", strings.TrimSpace(commands), err, strings.TrimSpace(string(out)))
		}
		return nil
	})
}

// sealed tells that no packet can leave: there are the interfaces that are named
// and no others, the namespace is not the machine's, and addresses which belong
// to nobody (RFC 5737, RFC 3849) cannot be reached. Connecting a UDP socket asks
// the routes and sends nothing.
func (n *namespace) sealed(interfaces ...string) error {
	return n.do(func() error {
		var here, machine unix.Stat_t
		if err := errors.Join(unix.Stat("/proc/thread-self/ns/net", &here), unix.Stat("/proc/self/ns/net", &machine)); err != nil {
			return err
		}
		if here.Ino == machine.Ino {
			return errors.New("this is the machine's own network")
		}
		present, err := net.Interfaces()
		if err != nil {
			return err
		}
		for _, i := range present {
			if !expected(i.Name, interfaces) {
				return fmt.Errorf("there is an interface %s that the lab did not make", i.Name)
			}
		}
		for _, nobody := range []string{"192.0.2.1:9", "[2001:db8:ffff::1]:9"} {
			conn, err := net.Dial("udp", nobody)
			if err == nil {
				conn.Close()
				return fmt.Errorf("there is a route to %s", nobody)
			}
			if !errors.Is(err, unix.ENETUNREACH) && !errors.Is(err, unix.EADDRNOTAVAIL) {
				return fmt.Errorf("asked for a route to %s: %w", nobody, err)
			}
		}
		return nil
	})
}

// expected tells whether an interface is one of those that the lab made, or one
// that the kernel puts into every namespace.
func expected(name string, made []string) bool {
	if slices.Contains(made, name) {
		return true
	}
	for _, tunnel := range []string{"lo", "tunl", "gre", "gretap", "erspan", "ip_vti", "ip6_vti", "sit", "ip6tnl", "ip6gre"} {
		if rest, ok := strings.CutPrefix(name, tunnel); ok && (rest == "" || rest == "0") {
			return true
		}
	}
	return false
}

// until asks every 5 ms whether something is so, for at most the time given.
func until(limit time.Duration, so func() bool) bool {
	for deadline := time.Now().Add(limit); ; time.Sleep(5 * time.Millisecond) {
		if so() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
	}
}
