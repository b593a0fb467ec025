package main

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// played is a run of this binary in another role.
func played(t *testing.T, role string) (Sample, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	play(t, role)
	return measure(exec.Command(self, "--version"))
}

func TestMeasureSeesTheMemoryOfTheChildOnly(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED: memory is measured on Linux only")
	}
	much, err := played(t, "glutton")
	if err != nil || much.Peak < 96<<20 || much.PeakBound || much.CPU <= 0 || much.Wall <= 0 {
		t.Errorf("%+v, %v", much, err)
	}
	ballast := make([]byte, 512<<20)
	for i := 0; i < len(ballast); i += 4096 {
		ballast[i] = 1
	}
	little, err := played(t, "sniwatch")
	if err != nil || little.Peak >= 512<<20 && !little.PeakBound {
		t.Errorf("a bound is passed off as the child's peak: %+v, %v", little, err)
	}
	runtime.KeepAlive(ballast)
}

func TestMeasureSaysWhyAProgramFailed(t *testing.T) {
	if _, err := played(t, "failing"); err == nil || err.Error() != "exit status 7: no such capture" {
		t.Error(err)
	}
}

func TestTailIsBounded(t *testing.T) {
	said := &tail{}
	for range 100 {
		if n, err := said.Write([]byte(strings.Repeat("x", 3000))); n != 3000 || err != nil {
			t.Fatal(n, err)
		}
	}
	said.Write([]byte("\nthe last\n"))
	if len(said.kept) > tailBytes || said.lastLine() != "the last" {
		t.Errorf("%d bytes, last line %q", len(said.kept), said.lastLine())
	}
}

func TestSummary(t *testing.T) {
	s := Result{Samples: []Sample{{CPU: 30, Wall: 5, Peak: 1, PeakBound: true}, {CPU: 10, Wall: 9, Peak: 3}, {CPU: 20, Wall: 7, Peak: 2}}}.Summary()
	if want := (Summary{MinCPU: 10, MedianCPU: 20, MinWall: 5, MedianWall: 7, Peak: 3}); s != want {
		t.Errorf("%+v, want %+v", s, want)
	}
	if m := median([]time.Duration{4, 1, 3, 2}); m != 2 {
		t.Error(m)
	}
}

func TestVersionIn(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"tcpdump", "tcpdump version 4.99.3\nlibpcap version 1.10.3\n", "4.99.3"},
		{"tshark", "Running as user \"root\".\nTShark (Wireshark) 4.0.17 (Git v4.0.17)\n", "4.0.17"},
		{"cat", "cat (GNU coreutils) 9.1\n", "9.1"},
		{"suricata", "This is Suricata version 7.0.3 RELEASE\n", "7.0.3"},
		{"sniwatch", "sniwatch 4482ebb-dirty (go1.26.8, linux/amd64)\n", "4482ebb-dirty"},
		{"ssldump", "nothing\n", "?"},
	} {
		if got := versionIn(c.name, c.text); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
