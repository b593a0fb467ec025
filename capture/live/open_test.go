//go:build cgo && linux

package live

import (
	"bufio"
	"bytes"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sniwatch/pcaps/netns/netnstest"
)

// TestOpenErrors tells the reasons apart for which a capture does not start.
func TestOpenErrors(t *testing.T) {
	n := netnstest.New(t)
	n.Sh(t, "ip link add sleeping type veth peer name other")
	tests := []struct {
		name       string
		options    Options
		cause      Cause
		says, hint string
	}{
		{"unknown", Options{Interface: "eth99"}, NoSuchInterface, `"eth99"`, "lo"},
		{"no name", Options{}, NoSuchInterface, `""`, "lo"},
		{"NUL in name", Options{Interface: "lo\x00x"}, NoSuchInterface, `"lo\x00x"`, "lo"},
		{"name too long", Options{Interface: strings.Repeat("e", 300)}, NoSuchInterface, "eee", "lo"},
		{"down", Options{Interface: "sleeping"}, InterfaceDown, "is down", "ip link set sleeping up"},
		{"filter", Options{Interface: "lo", Filter: "tcp prot 443"}, BadFilter, "syntax error", "pcap-filter"},
		{"filter and ports", Options{Interface: "lo", Filter: "tcp) or (udp", Ports: []uint16{1}}, BadFilter, `"tcp) or (udp"`, ""},
		{"NUL in filter", Options{Interface: "lo", Filter: "tcp\x00"}, BadFilter, "NUL", ""},
		{"snap length", Options{Interface: "lo", SnapLen: -1}, BadOption, "-1", ""},
		{"snap length", Options{Interface: "lo", SnapLen: 262145}, BadOption, "262145", ""},
		{"buffer", Options{Interface: "lo", BufferKiB: -1}, BadOption, "-1", ""},
		{"buffer", Options{Interface: "lo", BufferKiB: 1 << 21}, BadOption, "2097152", ""},
	}
	for _, test := range tests {
		err := n.Do(func() error {
			h, err := Open(test.options)
			if err == nil {
				closeAndRelease(h)
			}
			return err
		})
		checkError(t, test.name, err, test.cause, test.says, test.hint)
	}
}

func checkError(t *testing.T, name string, err error, cause Cause, says, hint string) {
	t.Helper()
	var problem *Error
	if !errors.As(err, &problem) || problem.Cause != cause {
		t.Errorf("%s: %v, want an *Error with cause %d", name, err, cause)
		return
	}
	if !strings.Contains(err.Error(), says) || !strings.Contains(problem.Hint(), hint) {
		t.Errorf("%s: %q, hint %q", name, err, problem.Hint())
	}
}

// TestNoPermission gives all capabilities up on one thread and tries there.
func TestNoPermission(t *testing.T) {
	n := netnstest.New(t)
	openWithout := func(name string) error {
		return n.Do(func() error {
			header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
			var none [2]unix.CapUserData
			if err := unix.Capset(&header, &none[0]); err != nil {
				return err
			}
			h, err := Open(Options{Interface: name})
			if err == nil {
				closeAndRelease(h)
			}
			return err
		})
	}
	checkError(t, "lo", openWithout("lo"), NoPermission, "cannot capture on lo: permission denied", "setcap cap_net_raw+ep")
	checkError(t, "any", openWithout("any"), NoPermission, "permission denied", "-r")
	checkError(t, "eth99", openWithout("eth99"), NoSuchInterface, `"eth99"`, "lo")
}

// TestInterfaces compares with tcpdump -D, which prints "1.eth0 [Up, Running]".
func TestInterfaces(t *testing.T) {
	list, err := Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("tcpdump", "-D").Output()
	if err != nil {
		t.Skipf("NOT TESTED: tcpdump -D: %v", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	count := 0
	for ; lines.Scan(); count++ {
		if count >= len(list) {
			t.Fatalf("%q is not in the list", lines.Text())
		}
		it := list[count]
		_, name, _ := strings.Cut(lines.Text(), ".")
		name, _, _ = strings.Cut(name, " ")
		if it.Name != name || !strings.Contains(lines.Text(), it.Description) ||
			it.Up != strings.Contains(lines.Text(), "Up") || it.Running != strings.Contains(lines.Text(), "Running") ||
			it.Loopback != strings.Contains(lines.Text(), "Loopback") {
			t.Errorf("line %q is %+v", lines.Text(), it)
		}
		if it.Name == "lo" && (len(it.Addresses) == 0 || it.Addresses[0].String() != "127.0.0.1") {
			t.Errorf("lo has the addresses %v", it.Addresses)
		}
	}
	if count != len(list) {
		t.Errorf("tcpdump knows %d interfaces, the list has %d", count, len(list))
	}
}
