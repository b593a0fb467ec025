package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sniwatch/analyze"
	"sniwatch/capture"
)

// TestKeepFailures has packets of a second each, and failures known at some of
// them.
func TestKeepFailures(t *testing.T) {
	d, told := testDump(t, "a.pcap", ringOptions{keeps: true, around: 2 * time.Second})
	send := func(from, to int) {
		for i := from; i < to; i++ {
			data := make([]byte, 1000)
			data[0] = byte(i)
			if err := d.write(&capture.Packet{Number: i, Time: capture.Timestamp(i) * 1e9, Link: capture.LinkEthernet, Length: 1000, Data: data}); err != nil {
				t.Fatal(err)
			}
		}
	}
	fail := func(start, end int) {
		d.failed(&analyze.Connection{Start: capture.Timestamp(start) * 1e9, Last: capture.Timestamp(end) * 1e9})
	}
	send(1, 20)
	fail(10, 11) // 8 to 13
	fail(12, 18) // 10 to 20, of which 8 to 13 are written
	send(20, 40)
	fail(30, 30) // 28 to 32
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	want := "a.pcap[8 9 10 11 12 13 14 15 16 17 18 19 20 28 29 30 31 32]"
	if got := filesIn(t, filepath.Dir(d.o.write), 0); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(*told) != 0 {
		t.Errorf("told %q", *told)
	}
}

// TestKeepFailuresBounded has more packets than there is room for.
func TestKeepFailuresBounded(t *testing.T) {
	d, told := testDump(t, "a.pcap", ringOptions{keeps: true, around: 100 * time.Second})
	put(t, d, 40)
	most := d.keeper.ring.most
	if size := d.keeper.ring.size; size > most {
		t.Errorf("%d bytes are held, more than %d", size, most)
	}
	last := capture.Timestamp(time.Date(2026, 11, 23, 12, 0, 39, 0, time.Local).UnixNano())
	d.failed(&analyze.Connection{Start: last, Last: last})
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	if got := filesIn(t, filepath.Dir(d.o.write), 0); !strings.HasSuffix(got, " 37 38 39]") {
		t.Errorf("got %s", got)
	}
	if len(*told) != 1 || !strings.Contains((*told)[0], "1 of 1 failures") {
		t.Errorf("told %q", *told)
	}
}

// TestKeepFailuresOfCapture keeps the failures of a sample, which read again give
// the same diagnoses.
func TestKeepFailuresOfCapture(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	kept := filepath.Join(t.TempDir(), "kept.pcapng")
	sample := filepath.Join("..", "..", "pcaps", "article.pcap")
	args := []string{"--no-discover", "--format", "ndjson", "--only-failed", "--roots", sampleRoot}
	first, errs, status := sniwatch(t, append([]string{"-r", sample, "-w", kept, "--keep-failures=1"}, args...)...)
	if status != 0 {
		t.Fatal(errs)
	}
	again, errs, status := sniwatch(t, append([]string{"-r", kept}, args...)...)
	if status != 0 || len(failures(t, again)) != 27 || len(failures(t, first)) != 27 {
		t.Errorf("%d failures, %d again; %s", len(failures(t, first)), len(failures(t, again)), errs)
	}
}

func BenchmarkPacketRing(b *testing.B) {
	r := packetRing{most: 8 << 20}
	p := capture.Packet{Data: make([]byte, 600)}
	b.SetBytes(600)
	b.ReportAllocs()
	for b.Loop() {
		r.add(&p)
	}
}
