package main

import (
	"context"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"
	"time"

	"sniwatch/pcaps/gen/bench"
)

// BenchmarkKinds reads a capture of each kind that 'make bench' makes, as the
// program does, with its report written. 'make pgo' takes a profile of it, in
// which each kind has the same weight.
func BenchmarkKinds(b *testing.B) {
	limit, percent := debug.SetMemoryLimit(-1), debug.SetGCPercent(100)
	b.Cleanup(func() { debug.SetMemoryLimit(limit); debug.SetGCPercent(percent) })
	for _, kind := range []string{"mixed", "bulk", "handshake", "scan", "gso"} {
		b.Run(kind, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), kind+".pcap")
			written := writeKind(b, path, kind)
			debug.SetMemoryLimit(math.MaxInt64)
			b.SetBytes(written)
			b.ReportAllocs()
			for b.Loop() {
				s := streams{out: io.Discard, err: io.Discard, now: time.Now}
				if code := run(context.Background(), []string{"-r", path, "--no-discover"}, s); code != 0 {
					b.Fatalf("exit code %d", code)
				}
			}
		})
	}
}

// writeKind writes a capture, and tells how long it is.
func writeKind(b *testing.B, path, kind string) int64 {
	b.Helper()
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	const size, seed = 64 << 20, 1
	n, err := bench.Write(f, io.Discard, kind, size, seed)
	if err != nil {
		b.Fatal(err)
	}
	return n.Bytes
}
