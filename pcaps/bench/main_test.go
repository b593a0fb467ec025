package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// playing makes the test's binary play a program that is measured.
const playing = "SNIWATCH_BENCH_PLAYS"

func TestMain(m *testing.M) {
	switch os.Getenv(playing) {
	case "":
		os.Exit(m.Run())
	case "sniwatch", "liar":
		playSniwatch(os.Args[1:], os.Getenv(playing) == "liar")
	case "glutton":
		memory := make([]byte, 96<<20)
		for i := range memory {
			memory[i] = byte(i)
		}
		fmt.Println(memory[len(memory)-1])
	case "failing":
		fmt.Fprintln(os.Stderr, "first line\nno such capture")
		os.Exit(7)
	}
}

// playSniwatch answers with the truth that stands beside the capture, or, as a
// liar, with a wrong SNI in the first line.
func playSniwatch(args []string, liar bool) {
	if args[0] == "--version" {
		fmt.Println("sniwatch v9 (played)")
		return
	}
	if args[len(args)-1] != "ndjson" {
		return
	}
	truth, err := os.ReadFile(args[1] + ".truth.tsv")
	if err != nil {
		os.Exit(1)
	}
	text := ndjson(string(truth))
	if liar {
		text = strings.Replace(text, `"sni":"`, `"sni":"un`, 1)
	}
	fmt.Print(text)
}

// play gives this binary a role for the processes that are started. The race
// detector, where it is on, would have each wait a second at its end.
func play(t *testing.T, role string) {
	t.Helper()
	t.Setenv(playing, role)
	t.Setenv("GORACE", "atexit_sleep_ms=0")
}

// bench runs the command on 64 KiB of each kind, with nothing installed but the
// named programs.
func bench(t *testing.T, plays string, args ...string) (status int, out string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	play(t, plays)
	folder := t.TempDir()
	var stdout, stderr bytes.Buffer
	status = run(append([]string{"-sniwatch", self, "-dir", folder, "-size", "64K", "-runs", "2"}, args...), &stdout, &stderr)
	return status, stdout.String() + stderr.String()
}

// onlyCat sets a PATH on which there is cat and nothing else.
func onlyCat(t *testing.T) {
	t.Helper()
	cat, err := exec.LookPath("cat")
	if err != nil {
		t.Skip("SKIPPED: there is no cat here")
	}
	bin := t.TempDir()
	if err := os.Symlink(cat, filepath.Join(bin, "cat")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
}

func TestAllKindsAgreeWithTheTruth(t *testing.T) {
	onlyCat(t)
	status, out := bench(t, "sniwatch")
	if status != 0 {
		t.Fatalf("status %d:\n%s", status, out)
	}
	for _, kind := range kinds {
		if !strings.Contains(out, kind+": ") || !strings.Contains(out, "goal "+kind) || !strings.Contains(out, "the truth of ") {
			t.Errorf("not all of %s in\n%s", kind, out)
		}
	}
	if strings.Count(out, "differences: 0\n") != len(kinds) {
		t.Errorf("not compared:\n%s", out)
	}
	for _, want := range []string{"sniwatch v9 ", "\n  cat ", "absent: tcpdump, suricata, ndpiReader, ssldump, tshark\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

func TestADifferenceGivesStatus1(t *testing.T) {
	onlyCat(t)
	status, out := bench(t, "liar", "-kinds", "handshake", "-goals=false")
	if status != 1 || strings.Count(out, "differences: 1\n") != 1 || !strings.Contains(out, "SNI: un") {
		t.Errorf("status %d:\n%s", status, out)
	}
	if strings.Contains(out, "goal ") {
		t.Errorf("goals that nobody asked for:\n%s", out)
	}
}

func TestSniwatchMustNotFail(t *testing.T) {
	onlyCat(t)
	if status, out := bench(t, "failing"); status != 1 || !strings.Contains(out, "no such capture") {
		t.Errorf("status %d:\n%s", status, out)
	}
	if status, out := bench(t, "", "-sniwatch", "no/such/file"); status != 1 || !strings.Contains(out, "make build") {
		t.Errorf("status %d:\n%s", status, out)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range []string{"-kinds nonsense", "-size 3Q", "-runs 0", "left over", "-slow-limit 0"} {
		var stdout, stderr bytes.Buffer
		if status := run(strings.Fields(args), &stdout, &stderr); status != 2 || stderr.Len() == 0 {
			t.Errorf("%s: status %d, stderr %q", args, status, &stderr)
		}
	}
	o, err := parseOptions([]string{"-quick", "-size", "8G", "-kinds", "gso,scan"}, &bytes.Buffer{})
	if err != nil || o.Size != 64<<20 || len(o.Kinds) != 2 || o.Runs != 3 {
		t.Errorf("%+v, %v", o, err)
	}
}

// A fake tshark must be run once, and on the small capture only.
func TestSlowProgramsGetASmallCapture(t *testing.T) {
	onlyCat(t)
	bin := t.TempDir()
	script := "#!/bin/sh\necho \"$@\" >>" + bin + "/calls\n"
	if err := os.WriteFile(filepath.Join(bin, "tshark"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	status, out := bench(t, "sniwatch", "-kinds", "bulk", "-slow-limit", "32K")
	calls, _ := os.ReadFile(filepath.Join(bin, "calls"))
	if status != 0 || strings.Count(string(calls), "bulk-32K-1.pcap") != 1 || strings.Contains(string(calls), "bulk-64K") {
		t.Errorf("status %d, calls:\n%s\n%s", status, calls, out)
	}
	if !strings.Contains(out, "CPU of tshark") {
		t.Errorf("no goal against tshark:\n%s", out)
	}
}
