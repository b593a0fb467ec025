//go:build linux

// Package netnstest gives tests network namespaces that have no way out. Where there
// is none to be had, the test is skipped and says so.
package netnstest

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"sniwatch/pcaps/netns"
)

// A Namespace is a network namespace of a test. It is gone, with the programs that
// were started in it, when the test is.
type Namespace struct{ *netns.Namespace }

// New makes one with its loopback interface up, and nothing else.
func New(t *testing.T) Namespace {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: a network namespace needs root")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("NOT TESTED: ip (iproute2) is not installed")
	}
	made, err := netns.New()
	if err != nil {
		t.Skipf("NOT TESTED: %v", err)
	}
	t.Cleanup(made.Close)
	n := Namespace{made}
	n.Sh(t, "ip link set lo up")
	if err := n.Sealed(); err != nil {
		t.Fatal(err)
	}
	return n
}

// Wired makes two with a cable between them. Both ends of it are called "wire" and
// are up. Shell commands, one a line, give them addresses and routes; after that,
// still no packet may be able to leave.
func Wired(t *testing.T, atOrigin, atEdge string) (origin, edge Namespace) {
	t.Helper()
	origin, edge = New(t), New(t)
	if err := netns.Join(origin.Namespace, "wire", edge.Namespace, "wire"); err != nil {
		t.Fatal(err)
	}
	origin.Sh(t, "ip link set wire up\n"+atOrigin)
	edge.Sh(t, "ip link set wire up\n"+atEdge)
	if err := errors.Join(origin.Sealed("wire"), edge.Sealed("wire")); err != nil {
		t.Fatal(err)
	}
	return origin, edge
}

// Sh runs shell commands in the namespace, one a line.
func (n Namespace) Sh(t *testing.T, commands string) {
	t.Helper()
	if err := n.Namespace.Sh(commands); err != nil {
		t.Fatal(err)
	}
}

// Serve starts a server in the foreground and waits until it answers at a TCP
// address. It runs until stop is called, or the test ends.
func (n Namespace) Serve(t *testing.T, address string, server *exec.Cmd) (stop func()) {
	t.Helper()
	server.Stderr = os.Stderr
	if err := n.Start(server); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		server.Process.Signal(syscall.SIGTERM)
		server.Wait()
	})
	t.Cleanup(stop)
	dial := func() error {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return err
	}
	var err error
	if !netns.Until(10*time.Second, func() bool { err = n.Do(dial); return err == nil }) {
		t.Fatalf("%s does not answer: %v", server.Path, err)
	}
	return stop
}

// Program gives the path of a program that a test needs, under the first of its
// names that is installed.
func Program(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		for _, folder := range []string{"", "/usr/sbin/"} { // not everybody's PATH has the second
			if path, err := exec.LookPath(folder + name); err == nil {
				return path
			}
		}
	}
	t.Skipf("NOT TESTED: %s is not installed", names[0])
	return ""
}
