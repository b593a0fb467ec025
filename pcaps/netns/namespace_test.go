//go:build linux

package netns

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func newForTest(t *testing.T) *Namespace {
	t.Helper()
	if _, err := exec.LookPath("ip"); err != nil || os.Geteuid() != 0 {
		t.Skip("NOT TESTED: network namespaces need root, and the command ip (iproute2)")
	}
	n, err := New()
	if err != nil {
		t.Skipf("NOT TESTED: %v", err)
	}
	return n
}

// TestSealed: a namespace that was made here has no way out, and the machine's own
// is never taken for one.
func TestSealed(t *testing.T) {
	n, other := newForTest(t), newForTest(t)
	defer n.Close()
	defer other.Close()
	check := func(what string, sealed bool, interfaces ...string) {
		t.Helper()
		if err := n.Sealed(interfaces...); (err == nil) != sealed {
			t.Errorf("%s: %v", what, err)
		}
	}
	sh := func(commands string) {
		t.Helper()
		if err := n.Sh(commands); err != nil {
			t.Fatal(err)
		}
	}
	check("empty", true)
	if err := Join(n, "wire", other, "other"); err != nil {
		t.Fatal(err)
	}
	sh("ip link set wire up\nip addr add 10.0.0.10/32 dev wire")
	check("with an interface that nobody asked for", false)
	check("with its interface", true, "wire")
	if err := other.Sh("ip link set other up"); err != nil {
		t.Fatal(err)
	}
	for family, address := range map[string]string{"-4": "10.0.0.11/32", "-6": "fd00:a::10/128 nodad"} {
		sh("ip " + family + " addr add " + address + " dev wire\nip " + family + " route add default dev wire")
		check("with a default route, ip "+family, false, "wire")
		sh("ip " + family + " route del default dev wire")
	}
	own, err := os.Open("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	machine := &Namespace{file: own, keeper: make(chan func())}
	defer machine.Close()
	if err := machine.Sealed(); err == nil {
		t.Error("the machine's own network was taken for a namespace")
	}
}

// TestShStops: a command that fails ends the commands, and is told.
func TestShStops(t *testing.T) {
	n := newForTest(t)
	defer n.Close()
	if err := n.Sh("false\ntrue"); err == nil {
		t.Error("a command that failed was not told")
	}
}

// network gives the number of the network namespace of a process or thread in /proc.
func network(t *testing.T, who string) uint64 {
	t.Helper()
	var s unix.Stat_t
	if err := unix.Stat("/proc/"+who+"/ns/net", &s); err != nil {
		t.Error(err)
	}
	return s.Ino
}

// TestMainStays: however many goroutines go into a namespace, the process as a whole
// is still in the machine's network.
func TestMainStays(t *testing.T) {
	before := network(t, "self")
	n := newForTest(t)
	defer n.Close()
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if err := n.Enter(); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Millisecond)
		})
	}
	all.Wait()
	if after := network(t, "self"); after != before {
		t.Error("the thread of main is in a namespace")
	}
}

// TestDo: f is in the namespace, its caller is not, and f may end its goroutine.
func TestDo(t *testing.T) {
	n := newForTest(t)
	defer n.Close()
	here := func() uint64 { return network(t, "thread-self") }
	var inside uint64
	wanted := errors.New("what f gives")
	if err := n.Do(func() error { inside = here(); return wanted }); err != wanted {
		t.Errorf("Do gives %v", err)
	}
	if inside == here() {
		t.Error("f ran outside")
	}
	if err := n.Do(func() error { runtime.Goexit(); return wanted }); err != nil {
		t.Errorf("of an f that does not return, Do gives %v", err)
	}
	entered := make(chan uint64)
	go func() {
		if err := n.Enter(); err != nil {
			t.Error(err)
		}
		entered <- here()
	}()
	if <-entered != inside {
		t.Error("Enter does not lead into the namespace")
	}
}

// TestStart: a program outlives the threads of Do, and not the namespace; whoever
// asks for attributes has them.
func TestStart(t *testing.T) {
	n := newForTest(t)
	c := exec.Command("sleep", "60")
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := n.Start(c); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	if group, err := syscall.Getpgid(c.Process.Pid); err != nil || group != c.Process.Pid {
		t.Errorf("its group is %d: %v", group, err)
	}
	if err := n.Sh("true"); err != nil {
		t.Error(err)
	}
	select {
	case err := <-ended:
		t.Fatalf("it ended too early: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	n.Close()
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		t.Error("it runs after the namespace was closed")
		c.Process.Kill()
	}
}
