package analyze_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/report"
	"sniwatch/analyze/tcp"
	"sniwatch/capture"
	"sniwatch/pcaps/gen/bench"
)

// tight limits make the parts give up connections all the time.
var tight = tcp.Limits{Connections: 512, Flows: 128, HeldBytes: 16 << 10}

// told gives all that is told of a capture, and the report, as JSON. threads 0
// is one Packet after the other.
func told(t testing.TB, name string, threads int, every bool, limits tcp.Limits) (string, *analyze.Report) {
	t.Helper()
	var out bytes.Buffer
	j := report.NewJSON(&out, true)
	w := analyze.NewWatcher(analyze.Options{
		Ranges: edge.Embedded(), Roots: origin.MozillaRoots(), Ports: []uint16{443}, Limits: limits, Every: every,
		Told: func(c *analyze.Connection) bool {
			if every || c.Diagnosis.Failure() {
				if err := j.Connection(c); err != nil {
					t.Fatal(err)
				}
			}
			return false
		},
	})
	f, err := capture.Open(name, nil)
	if err != nil {
		return err.Error(), nil
	}
	defer f.Close()
	w.Begin(name)
	if threads == 0 {
		err = onePacketAfterTheOther(f, w)
	} else {
		err = withThreads(t, f, w, threads)
	}
	says := ""
	if broken := (*capture.Broken)(nil); errors.As(err, &broken) {
		says = broken.Error()
	}
	w.End(says)
	r := w.Report(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
	if err := j.Close(r); err != nil {
		t.Fatal(err)
	}
	return out.String(), r
}

func onePacketAfterTheOther(f *capture.File, w *analyze.Watcher) error {
	return f.Guard(func() error {
		var p capture.Packet
		for {
			if err := f.Next(&p); err == io.EOF {
				return nil
			} else if err != nil {
				return err
			}
			w.Packet(&p)
		}
	})
}

func withThreads(t testing.TB, f *capture.File, w *analyze.Watcher, threads int) error {
	files := []*capture.File{f}
	for len(files) < threads {
		again, err := f.Again()
		if err != nil {
			t.Skipf("SKIPPED: this system does not map files: %v", err)
		}
		defer again.Close()
		files = append(files, again)
	}
	return w.Read(files, func() bool { return false })
}

// Where the limits bite, a part gives up the same connections whoever looks
// after it.
func TestThreadsWithinLimits(t *testing.T) {
	for _, kind := range []string{"handshake", "scan", "mixed"} {
		name := filepath.Join(t.TempDir(), kind+".pcap")
		var traffic bytes.Buffer
		if _, err := bench.Write(&traffic, io.Discard, kind, 2<<20, 7); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, traffic.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, every := range []bool{false, true} {
			want, r := told(t, name, 0, every, tight)
			if kind == "scan" && r.Unanalysed.ConnectionsEvicted == 0 {
				t.Errorf("%s: nothing was given up", kind)
			}
			for _, threads := range []int{1, 2, 3, 5, 8, 9} {
				if got, _ := told(t, name, threads, every, tight); got != want {
					t.Errorf("%s, %d threads, every %v: not what one packet after the other gives", kind, threads, every)
				}
			}
		}
	}
}

// To be stopped takes all workers to the same packet.
func TestThreadsStop(t *testing.T) {
	name := filepath.Join(t.TempDir(), "traffic.pcap")
	var traffic bytes.Buffer
	if _, err := bench.Write(&traffic, io.Discard, "handshake", 8<<20, 7); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, traffic.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := capture.Open(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	again, err := f.Again()
	if err != nil {
		t.Skipf("SKIPPED: this system does not map files: %v", err)
	}
	defer again.Close()
	w := analyze.NewWatcher(analyze.Options{Ranges: edge.Embedded(), Roots: origin.MozillaRoots(), Ports: []uint16{443}})
	w.Begin(name)
	asked := 0
	if err := w.Read([]*capture.File{f, again}, func() bool { asked++; return asked == 3 }); err != nil {
		t.Fatal(err)
	}
	var p, q capture.Packet
	if err := errors.Join(f.Next(&p), again.Next(&q)); err != nil || p.Number != q.Number {
		t.Errorf("one worker stopped before packet %d, the other before %d: %v", p.Number, q.Number, err)
	}
	if read, _, _ := w.Progress(); read != p.Number-1 {
		t.Errorf("%d packets counted, %d read", read, p.Number-1)
	}
}

// Whatever the bytes, threads tell what one packet after the other tells.
func FuzzThreads(f *testing.F) {
	for _, name := range []string{"many.pcap", "port-reuse.pcap", "capture-lost-packets.pcap", "file-two-sections.pcapng", "broken-cut.pcap",
		"port-closed-icmp.pcap", "keep-alive.pcap", "syn-unanswered.pcap", "flight-out-of-order.pcap", "link-vxlan.pcap"} {
		seed, err := os.ReadFile(filepath.Join("..", "pcaps", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		name := filepath.Join(t.TempDir(), "capture")
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if file, err := capture.Open(name, nil); err != nil || file.Size() == 0 {
			return
		} else if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		for _, every := range []bool{false, true} {
			want, _ := told(t, name, 0, every, tight)
			for _, threads := range []int{2, 5} {
				if got, _ := told(t, name, threads, every, tight); got != want {
					t.Fatalf("%d threads, every %v:\n%s\none packet after the other:\n%s", threads, every, got, want)
				}
			}
		}
	})
}
