package analyze_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/report"
	"sniwatch/capture"
	"sniwatch/pcaps/gen/bench"
)

// said is all that is said of a capture: what is told of connections, in its order,
// and the report.
func said(t testing.TB, name string, o analyze.Options, threads int, length int64) (string, error) {
	t.Helper()
	var out bytes.Buffer
	o.Told = func(c *analyze.Connection) bool {
		fmt.Fprintf(&out, "%d-%d %v %v %d packets, %+v %s %s %+v %v\n", c.FirstPacket, c.LastPacket, c.Start, c.Client, c.Packets, c.Opening, c.History, c.Diagnosis.Code, c.End, c.Gaps)
		return false
	}
	w := analyze.NewWatcher(o)
	f, err := capture.Open(name, nil)
	if err != nil {
		return "", nil
	}
	defer f.Close()
	w.Begin(name)
	if threads > 1 {
		if _, err := w.DividedBy(f, threads, length, func() {}); err != nil {
			return "", err
		}
	}
	var p capture.Packet
	for err = nil; err == nil; {
		if err = f.Next(&p); err == nil {
			w.Packet(&p)
		}
	}
	if w.Unsure() {
		return "", analyze.ErrInARow
	}
	broken := ""
	var b *capture.Broken
	if errors.As(err, &b) {
		broken = b.Error()
	} else {
		w.Advance(f.Until().Time())
	}
	w.End(broken)
	r := w.Report(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
	if err := report.NewJSON(&out, false).Close(r); err != nil {
		t.Fatal(err)
	}
	if err := report.WriteMarkdown(&out, r, report.PageOptions{}); err != nil {
		t.Fatal(err)
	}
	return out.String(), nil
}

func options(t testing.TB) analyze.Options {
	t.Helper()
	roots, err := origin.LoadRoots("../pcaps/certs/root.pem")
	if err != nil {
		t.Fatal(err)
	}
	return analyze.Options{Ranges: edge.Embedded(), Ports: []uint16{443}, Roots: roots}
}

// TestDividedSaysTheSame: wherever a capture is divided, and by how many threads
// its parts are analysed, the report is the one that one thread writes.
func TestDividedSaysTheSame(t *testing.T) {
	names, err := filepath.Glob("../pcaps/*.pcap*")
	if err != nil || len(names) < 100 {
		t.Fatalf("%d captures, %v", len(names), err)
	}
	o := options(t)
	inARow := 0
	for _, name := range names {
		want, _ := said(t, name, o, 1, 0)
		for _, length := range []int64{1, 300, 2000, 20000} {
			got, err := said(t, name, o, 3, length)
			if errors.Is(err, analyze.ErrInARow) {
				inARow++
				continue
			}
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%s, parts of %d bytes: %v (-in a row +divided):\n%s", name, length, err, diff)
			}
		}
	}
	t.Logf("%d captures, %d times in a row", len(names), inARow)
}

// TestDividedCorpus: the same for captures of all kinds, which nobody made for this.
func TestDividedCorpus(t *testing.T) {
	folder := filepath.Join("..", "..", "shared", "captures", "corpus")
	if _, err := os.Stat(folder); err != nil {
		t.Skip("NOT TESTED: ../shared/captures is not there")
	}
	o := options(t)
	captures, inARow := 0, 0
	err := filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		if info, e := d.Info(); err != nil || d.IsDir() || e != nil || info.Size() > 4<<20 {
			return err
		}
		want, err := said(t, name, o, 1, 0)
		if err != nil {
			return nil
		}
		captures++
		for _, length := range []int64{700, 40000} {
			got, err := said(t, name, o, 3, length)
			if errors.Is(err, analyze.ErrInARow) {
				inARow++
			} else if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%s, parts of %d bytes: %v (-in a row +divided):\n%s", name, length, err, diff)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d captures, %d times in a row", captures, inARow)
}

// A block that says nothing of packets, and is broken, is told in the same way wherever
// the parts end.
func TestDividedBrokenBlock(t *testing.T) {
	o := options(t)
	whole, err := os.ReadFile("../pcaps/file-pcapng.pcapng")
	if err != nil {
		t.Fatal(err)
	}
	names := binary.LittleEndian.AppendUint32([]byte{4, 0, 0, 0}, 1012)
	names = append(names, make([]byte, 1000)...)
	wrong := binary.LittleEndian.AppendUint32(names[:len(names):len(names)], 77)
	for what, end := range map[string][]byte{"cut": names[:500], "lengths differ": wrong, "and then more": append(wrong, whole[len(whole)-500:]...)} {
		name := filepath.Join(t.TempDir(), "broken.pcapng")
		if err := os.WriteFile(name, append(whole[:len(whole):len(whole)], end...), 0o600); err != nil {
			t.Fatal(err)
		}
		want, _ := said(t, name, o, 1, 0)
		for _, length := range []int64{1, 300, 100_000} {
			got, err := said(t, name, o, 3, length)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%s, parts of %d bytes: %v\n%.1500s", what, length, err, diff)
			}
		}
	}
}

// TestDividedTruncated: a capture that is made shorter while it is read in parts is an
// error, and no crash.
func TestDividedTruncated(t *testing.T) {
	name := filepath.Join(t.TempDir(), "mixed.pcap")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bench.Write(f, io.Discard, "mixed", 16<<20, 1); err != nil {
		t.Fatal(err)
	}
	f.Close()
	w := analyze.NewWatcher(options(t))
	in, err := capture.Open(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	w.Begin(name)
	_, err = w.DividedBy(in, 3, 100_000, func() { os.Truncate(name, 1<<20) })
	var p capture.Packet
	for err == nil {
		err = in.Guard(func() error { return in.Next(&p) })
	}
	var broken *capture.Broken
	if !errors.As(err, &broken) {
		t.Errorf("the error is %v", err)
	}
}
