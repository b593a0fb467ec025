package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
)

// captures is the folder of captures that others made, beside the project.
var captures = filepath.Join("..", "..", "..", "shared", "captures")

// What one file may cost.
const (
	surviveTime  = 2 * time.Second // without the race detector
	retainedMost = 16 << 20        // bytes of heap that may be left when all files are through
)

// TestSurvive reads every file of malformed.txt, the captures of public test
// suites that are cut, broken, fuzzed or hostile.
func TestSurvive(t *testing.T) {
	names := malformed(t)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	before := heap()
	for _, name := range names {
		for _, format := range []string{"text", "ndjson"} {
			began := time.Now()
			survive(t, name, format, "-r", filepath.Join(captures, "corpus", name))
			if took := time.Since(began); took > surviveTime && !raceDetector() {
				t.Errorf("%s (%s): took %v", name, format, took)
			}
		}
	}
	if after := heap(); after > before+retainedMost {
		t.Errorf("%d MiB are still held after %d files", (after-before)>>20, len(names))
	}
}

// malformed reads the list, or skips the test.
func malformed(t *testing.T) (names []string) {
	t.Helper()
	f, err := os.Open(filepath.Join(captures, "malformed.txt"))
	if err != nil {
		t.Skipf("SKIPPED: the malformed captures are not here: %v", err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, _, _ := strings.Cut(lines.Text(), "\t"); name != "" && name[0] != '#' {
			names = append(names, name)
		}
	}
	if len(names) < 100 {
		t.Fatalf("malformed.txt has %d names only", len(names))
	}
	return names
}

// survive runs the program and holds what it says against the least that it
// must do: an exit code, words for an error, JSON that is some. It gives all
// that was said.
func survive(t *testing.T, what, format string, args ...string) string {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Fatalf("%s (%s): panic: %v\n%s", what, format, p, debug.Stack())
		}
	}()
	var out, errs bytes.Buffer
	status := run(t.Context(), append(args, "--format", format), streams{in: strings.NewReader(""), out: &out, err: &errs, now: time.Now})
	switch {
	case status != exitDone && status != exitError:
		t.Errorf("%s (%s): exit code %d", what, format, status)
	case status == exitError && (!strings.HasPrefix(errs.String(), "sniwatch: ") || errs.Len() < 20):
		t.Errorf("%s (%s): failed without a word: %q", what, format, errs.String())
	case status == exitDone && out.Len() == 0:
		t.Errorf("%s (%s): silence", what, format)
	}
	if format == "text" {
		if i := bytes.IndexFunc(out.Bytes(), func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f }); i >= 0 {
			t.Errorf("%s: a control character is printed: %q", what, out.Bytes()[max(0, i-20):min(out.Len(), i+20)])
		}
		return out.String() + errs.String()
	}
	for line := range bytes.Lines(out.Bytes()) {
		if !json.Valid(line) {
			t.Errorf("%s: no JSON: %q", what, line)
		}
	}
	return out.String() + errs.String()
}

// TestSurviveCutAnywhere cuts a capture at every byte.
func TestSurviveCutAnywhere(t *testing.T) {
	whole := rowSix(t)
	var cut [][]byte
	for n := range whole {
		cut = append(cut, whole[:n])
	}
	surviveAll(t, cut)
}

// TestSurviveOneWrongByte spoils every byte of the headers and the first
// packets in turn.
func TestSurviveOneWrongByte(t *testing.T) {
	whole := rowSix(t)
	var spoilt [][]byte
	for n := range 400 {
		for _, wrong := range []byte{0, 0xff, 0x80, whole[n] ^ 1, whole[n] ^ 0x10} {
			s := slices.Clone(whole)
			s[n] = wrong
			spoilt = append(spoilt, s)
		}
	}
	surviveAll(t, spoilt)
}

// surviveAll reads captures, many of them in one run. Each must be among the
// inputs of the report, or there must be an error that names it.
func surviveAll(t *testing.T, contents [][]byte) {
	t.Helper()
	for chunk := range slices.Chunk(contents, 250) {
		folder := t.TempDir()
		args := []string{"--roots", sampleRoot}
		var names []string
		for i, content := range chunk {
			name := filepath.Join(folder, fmt.Sprintf("%04d.pcap", i))
			if err := os.WriteFile(name, content, 0o600); err != nil {
				t.Fatal(err)
			}
			names = append(names, name)
			args = append(args, "-r", name)
		}
		survive(t, folder, "text", args...)
		said := survive(t, folder, "ndjson", args...)
		for _, name := range names {
			if !strings.Contains(said, name) {
				t.Errorf("not a word about %s", name)
			}
		}
	}
}

var sampleRoot = filepath.Join("..", "..", "pcaps", "certs", "root.pem")

func rowSix(t *testing.T) []byte {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	whole, err := os.ReadFile(filepath.Join("..", "..", "pcaps", "row6-tls12.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	return whole
}

// heap gives the bytes that are in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// raceDetector tells whether it is built in: time measured with it says little.
func raceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}
