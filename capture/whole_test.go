package capture

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// pieces remembers where each Write ended, and fails where it is told to.
type pieces struct {
	bytes.Buffer
	ends []int
	fail bool
}

var errFull = errors.New("no space left on device")

func (p *pieces) Write(b []byte) (int, error) {
	if p.fail {
		return 0, errFull
	}
	n, err := p.Buffer.Write(b)
	p.ends = append(p.ends, p.Len())
	return n, err
}

// TestWritersWriteWholeRecords: whatever ends the program between two writes leaves
// a file that can be read to its end.
func TestWritersWriteWholeRecords(t *testing.T) {
	sizes := []int{0, 1, 60, 1500, 9000, maxGathered - 100, maxGathered, maxGathered + 1, maxSnapLength, 3}
	for name, begin := range map[string]func(io.Writer) Sink{
		"pcap":   func(w io.Writer) Sink { return NewPcapWriter(w, WriterOptions{}) },
		"pcapng": func(w io.Writer) Sink { s, _ := NewWriter(w, WriterOptions{Interface: "eth0"}); return s },
	} {
		var out pieces
		sink := begin(&out)
		for i := range 60 {
			p := Packet{Time: Timestamp(i), Link: LinkEthernet, Data: make([]byte, sizes[i%len(sizes)])}
			if err := sink.Write(&p, ""); err != nil {
				t.Fatal(err)
			}
		}
		if err := sink.Flush(); err != nil {
			t.Fatal(err)
		}
		if len(out.ends) < 10 {
			t.Errorf("%s: only %d writes", name, len(out.ends))
		}
		for _, end := range out.ends {
			if n, err := countPackets(out.Bytes()[:end]); err != io.EOF {
				t.Errorf("%s: after %d bytes, %d packets and %v", name, end, n, err)
			}
		}
		if n, _ := countPackets(out.Bytes()); n != 60 {
			t.Errorf("%s: %d packets", name, n)
		}
		// Cut anywhere else, it can be read up to the last whole one.
		end := out.ends[len(out.ends)-1] - 1
		if n, err := countPackets(out.Bytes()[:end]); n != 59 || err == io.EOF || err == nil {
			t.Errorf("%s: cut within the last record: %d packets, %v", name, n, err)
		}
	}
}

func countPackets(file []byte) (n int, err error) {
	f, err := NewReader(bytes.NewReader(file), "test")
	if err != nil {
		return 0, err
	}
	var p Packet
	for ; ; n++ {
		if err := f.Next(&p); err != nil {
			return n, err
		}
	}
}

// TestWriterGoesOnAfterAnError: the records that were gathered are gone, and those
// that follow are not.
func TestWriterGoesOnAfterAnError(t *testing.T) {
	var out pieces
	w, err := NewWriter(&out, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p := Packet{Link: LinkEthernet, Data: make([]byte, 60)}
	write := func(want error) {
		t.Helper()
		if err := errors.Join(w.Write(&p, ""), w.Flush()); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	write(nil)
	out.fail = true
	write(errFull)
	out.fail = false
	write(nil)
	if n, err := countPackets(out.Bytes()); n != 2 || err != io.EOF {
		t.Errorf("%d packets, %v", n, err)
	}
}
