package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sniwatch/capture"
)

// numbersIn reads a capture and gives the first byte of each packet.
func numbersIn(t *testing.T, name string) (numbers []int) {
	t.Helper()
	f, err := capture.Open(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var p capture.Packet
	for {
		if err := f.Next(&p); errors.Is(err, io.EOF) {
			return numbers
		} else if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		numbers = append(numbers, int(p.Data[0]))
	}
}

// testDump makes a dump in a new folder that tells nothing.
func testDump(t *testing.T, name string, r ringOptions) (*dump, *[]string) {
	t.Helper()
	o := &options{write: filepath.Join(t.TempDir(), name), longOptions: longOptions{ringOptions: r}}
	if r.keeps {
		o.keepMemory = 2 * ringPiece
	}
	d, err := newDump(o, streams{err: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	told := &[]string{}
	d.tell = func(err error) { *told = append(*told, err.Error()) }
	return d, told
}

// put gives packets of 200 kB, one a second.
func put(t *testing.T, d *dump, n int) {
	t.Helper()
	began := capture.Timestamp(time.Date(2026, 11, 23, 12, 0, 0, 0, time.Local).UnixNano())
	data := make([]byte, 200_000)
	for i := range n {
		data[0] = byte(i)
		p := capture.Packet{Number: i + 1, Time: began + capture.Timestamp(i)*1e9, Link: capture.LinkEthernet, Length: len(data), Data: data}
		if err := d.write(&p); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRing has 4 packets in a million bytes. The names are those that tcpdump 4.99
// gives its files.
func TestRing(t *testing.T) {
	tests := []struct {
		name string
		r    ringOptions
		n    int
		want string
	}{
		{"a.pcap", ringOptions{fileSize: 1}, 10, "a.pcap[0 1 2 3] a.pcap1[4 5 6 7] a.pcap2[8 9]"},
		{"a.pcapng", ringOptions{fileSize: 1}, 5, "a.pcapng[0 1 2 3] a.pcapng1[4]"},
		{"a.pcap", ringOptions{fileSize: 1, fileCount: 2}, 10, "a.pcap0[8 9] a.pcap1[4 5 6 7]"},
		{"a.pcap", ringOptions{fileSize: 1, fileCount: 11}, 5, "a.pcap00[0 1 2 3] a.pcap01[4]"},
		{"a-%H%M%S.pcap", ringOptions{fileTime: 3}, 7, "a-120000.pcap[0 1 2] a-120003.pcap[3 4 5] a-120006.pcap[6]"},
		{"a-%H%M%S.pcap", ringOptions{fileTime: 3, fileCount: 2}, 10, "a-120006.pcap[6 7 8] a-120009.pcap[9]"},
		{"a-%S.pcap", ringOptions{fileTime: 6, fileSize: 1}, 8, "a-00.pcap[0 1 2 3] a-00.pcap1[4 5] a-06.pcap[6 7]"},
		{"a-%S.pcap", ringOptions{fileTime: 6, fileSize: 1, fileCount: 2}, 8, "a-00.pcap1[4 5] a-06.pcap0[6 7]"},
		{"a.pcap", ringOptions{}, 2, "a.pcap[0 1]"},
	}
	for _, test := range tests {
		d, _ := testDump(t, test.name, test.r)
		put(t, d, test.n)
		if err := d.close(); err != nil {
			t.Error(err)
		}
		if got := filesIn(t, filepath.Dir(d.o.write), test.r.fileSize); got != test.want {
			t.Errorf("%s %+v:\n got %s\nwant %s", test.name, test.r, got, test.want)
		}
	}
}

// filesIn lists the captures of a folder with what is in them. None may have more
// than size million bytes; 0: any.
func filesIn(t *testing.T, folder string, size int) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	var out []string
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil || size > 0 && info.Size() > int64(size)*1e6 {
			t.Errorf("%s: %d bytes, %v", name, info.Size(), err)
		}
		out = append(out, fmt.Sprint(filepath.Base(name), numbersIn(t, name)))
	}
	return strings.Join(out, " ")
}

func TestRingFlags(t *testing.T) {
	for _, args := range []string{
		"-r x -C 1", "-r x -W 2", "-r x --keep-failures", "-r x -w y -W 2", "-r x -w y -G 5", "-r x -w y%% -G 5",
		"-r x -w y -C -1", "-r x -w y --keep-failures=x", "-r x -w y --keep-failures=9999", "-r x -w y --keep-failures --keep-memory 5K",
		"-r x -Z root", "-i x -Z ", "-r x --summary-every 1h", "-i x --summary-every 1ms", "-i x --cpu-limit 0", "-i x --cpu-limit 101",
	} {
		if _, err := parseFlags(strings.Split(args, " ")); !errors.Is(err, errUsage) {
			t.Errorf("%s: %v", args, err)
		}
	}
	o, err := parseFlags(strings.Fields("-i x -w y-%F -C 5 -W 3 -G 60 --keep-failures -Z nobody --summary-every 1h --cpu-limit 20"))
	if err != nil || o.around != 10*time.Second || o.keepMemory != 8<<20 || !o.keeps || o.user != "nobody" {
		t.Errorf("%v %+v", err, o)
	}
}

func TestStrftime(t *testing.T) {
	at := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	for name, want := range map[string]string{
		"a-%Y%m%d-%H%M%S.pcap": "a-20260203-040506.pcap", "%F_%T": "2026-02-03_04:05:06", "%j%y": "03426",
		"%s": "1770091506", "100%": "100%", "%%d": "%d", "%q": "%q", "": "",
	} {
		if got := strftime(name, at); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}

func FuzzStrftime(f *testing.F) {
	f.Add("a-%Y%m%d.pcap")
	f.Add("%%%")
	f.Fuzz(func(t *testing.T, name string) {
		out := strftime(name, time.Unix(0, 0))
		if !strings.Contains(name, "%") && out != name || len(out) > 10*len(name) {
			t.Errorf("%q is %q", name, out)
		}
	})
}

// TestDumpLive writes to a file that cannot be written, until it can: watching goes
// on, it is told once, and what was left out is counted.
func TestDumpLive(t *testing.T) {
	d, told := testDump(t, "a.pcapng", ringOptions{})
	d.live = true
	put(t, d, 2)
	file := d.file.file
	broken, err := os.Open(d.file.name) // for reading only
	if err != nil {
		t.Fatal(err)
	}
	d.file.file = broken
	put(t, d, 9) // the times begin anew, and so tryAgain is not over
	if len(*told) != 1 || !strings.Contains((*told)[0], "a.pcapng") {
		t.Errorf("told %q", *told)
	}
	d.file.file = file
	put(t, d, 20)
	if len(*told) != 2 || !strings.Contains((*told)[1], "again") {
		t.Errorf("told %q", *told)
	}
	name := d.file.name
	if err := d.close(); err == nil || !strings.Contains(err.Error(), "packets could not be written") {
		t.Errorf("at the end: %v", err)
	}
	if got := len(numbersIn(t, name)); got+d.lost != 31 || d.lost < 9 {
		t.Errorf("%d packets are there, %d are counted as lost", got, d.lost)
	}
}
