package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sniwatch/capture"
)

func TestProgressText(t *testing.T) {
	for _, c := range []struct {
		read, size int64
		took       time.Duration
		want       string
	}{
		{0, 1 << 30, time.Second, "[                        ]   0 %, 0 MB/s, … left"},
		{1 << 29, 1 << 30, 2 * time.Second, "[============            ]  50 %, 268 MB/s, 2s left"},
		{1 << 30, 1 << 30, 90 * time.Second, "[========================] 100 %, 12 MB/s, 0s left"},
		{2 << 30, 1 << 30, 90 * time.Second, "[========================] 100 %, 24 MB/s, 0s left"}, // it grew meanwhile
		{5e6, 0, 2 * time.Second, "5.0 MB read, 2 MB/s"},
		{100, 10, 0, "[========================] 100 %, 0 MB/s, 0s left"},
		{1 << 62, 1 << 62, time.Nanosecond, "[========================] 100 %"},
	} {
		if got := progressText(c.read, c.size, c.took); !strings.HasPrefix(got, c.want) {
			t.Errorf("%d of %d in %v: %q, want %q", c.read, c.size, c.took, got, c.want)
		}
	}
}

// TestProgressIsRare: it is drawn after a second, five times a second at most,
// and taken away without a trace.
func TestProgressIsRare(t *testing.T) {
	f, err := capture.Open(filepath.Join("..", "..", "pcaps", "ok-tls12.pcap"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out bytes.Buffer
	now := time.Unix(1e9, 0)
	p := &progress{w: &out, width: 40, now: func() time.Time { return now }}
	p.begin()
	p.at(f)
	now = now.Add(900 * time.Millisecond)
	p.at(f)
	p.clear()
	if out.Len() > 0 {
		t.Errorf("within the first second: %q", out.String())
	}
	for range 100 {
		now = now.Add(20 * time.Millisecond)
		p.at(f)
	}
	if n := strings.Count(out.String(), "\r\x1b[K"); n < 8 || n > 10 {
		t.Errorf("drawn %d times in two seconds", n)
	}
	for line := range strings.SplitSeq(out.String(), "\r\x1b[K") {
		if len(line) >= 40 {
			t.Errorf("%d columns: %q", len(line), line)
		}
	}
	out.Reset()
	p.clear()
	p.clear()
	if out.String() != "\r\x1b[K" {
		t.Errorf("cleared with %q", out.String())
	}
}

// TestProgressNobodySees: without a terminal there is none.
func TestProgressNobodySees(t *testing.T) {
	p := newProgress(&options{}, streams{err: io.Discard, out: io.Discard, now: func() time.Time { t.Error("the clock was asked"); return time.Time{} }})
	p.begin()
	p.at(nil)
	p.clear()
}

// TestFileProgress: a file tells how much of it was read, a compressed one how
// much of what is on the disk, a pipe no size.
func TestFileProgress(t *testing.T) {
	name := filepath.Join("..", "..", "pcaps", "many.pcap")
	plain, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	packed := filepath.Join(t.TempDir(), "many.pcap.gz")
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(plain)
	w.Close()
	if err := os.WriteFile(packed, z.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		open func() (*capture.File, error)
		size int64
		end  int64
	}{
		{func() (*capture.File, error) { return capture.Open(name, nil) }, int64(len(plain)), int64(len(plain))},
		{func() (*capture.File, error) { return capture.Open(packed, nil) }, int64(z.Len()), int64(z.Len())},
		{func() (*capture.File, error) { return capture.NewReader(bytes.NewReader(plain), "-") }, 0, int64(len(plain))},
	} {
		f, err := c.open()
		if err != nil {
			t.Fatal(err)
		}
		var p capture.Packet
		for last := int64(0); f.Next(&p) == nil; {
			read, size := f.Progress()
			if read < last || size != c.size {
				t.Errorf("%d of %d after %d of %d", read, size, last, c.size)
			}
			last = read
		}
		if read, _ := f.Progress(); read != c.end {
			t.Errorf("at the end: %d, want %d", read, c.end)
		}
		f.Close()
	}
}
