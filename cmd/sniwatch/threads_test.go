package main

import (
	"bytes"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sniwatch/pcaps/gen/bench"
)

// saysTheSame compares what the program says with one thread, two and five.
func saysTheSame(t *testing.T, name string, flags ...string) {
	t.Helper()
	flags = append(flags, "-r", name)
	out, errs, status := sniwatch(t, append(flags, "--threads", "1")...)
	for _, n := range []string{"2", "5"} {
		gotOut, gotErrs, got := sniwatch(t, append(flags, "--threads", n)...)
		if gotOut != out || gotErrs != errs || got != status {
			t.Errorf("%s, %s threads: exit code %d, with one %d\n%s", strings.Join(flags, " "), n, got, status, firstDifference(out+errs, gotOut+gotErrs))
		}
	}
}

// firstDifference gives the first line in which two texts differ.
func firstDifference(a, b string) string {
	one, other := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(one), len(other)) {
		if one[i] != other[i] {
			return "-" + one[i] + "\n+" + other[i]
		}
	}
	return "one is longer"
}

// Every sample, and every tenth of the captures that are beside the repository:
// all of them take minutes.
func TestThreadsChangeNothing(t *testing.T) {
	samples, err := filepath.Glob("../../pcaps/*.pcap*")
	if err != nil || len(samples) < 100 {
		t.Fatalf("%d samples: %v", len(samples), err)
	}
	samples = slices.DeleteFunc(samples, func(s string) bool { return strings.HasSuffix(s, ".txt") })
	if corpus := filepath.Join("..", "..", "..", "shared", "captures"); testing.Short() {
		t.Log("only the samples")
	} else if _, err := os.Stat(corpus); err != nil {
		t.Logf("SKIPPED: the captures are not here: %v", err)
	} else {
		n := 0
		err := filepath.WalkDir(corpus, func(path string, e fs.DirEntry, err error) error {
			if ext := filepath.Ext(path); ext == ".pcap" || ext == ".pcapng" || ext == ".cap" {
				if n++; n%10 == 0 {
					samples = append(samples, path)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range samples {
		saysTheSame(t, name, "--format", "ndjson")
	}
}

// Traffic of each kind, with connections across all cuts, whole and cut off
// anywhere.
func TestThreadsOnTraffic(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 5))
	for _, kind := range []string{"mixed", "bulk", "handshake", "scan", "gso"} {
		t.Run(kind, func(t *testing.T) {
			var all bytes.Buffer
			if _, err := bench.Write(&all, io.Discard, kind, 4<<20, 11); err != nil {
				t.Fatal(err)
			}
			name := filepath.Join(t.TempDir(), "traffic.pcap")
			for _, size := range []int{all.Len(), random.IntN(all.Len()), random.IntN(all.Len())} {
				if err := os.WriteFile(name, all.Bytes()[:size], 0o600); err != nil {
					t.Fatal(err)
				}
				saysTheSame(t, name)
				saysTheSame(t, name, "--all")
				saysTheSame(t, name, "--format", "ndjson")
			}
		})
	}
}
