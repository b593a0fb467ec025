package evidence

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sniwatch/analyze"
	"sniwatch/capture"
)

// refused is a connection of which the server refuses the ClientHello.
func refused(port uint16) *wire {
	return newWire(port).open().data(client, clientHello()).data(server, record(21, []byte{2, 40})).
		send(server, capture.FIN|capture.ACK, nil).send(client, capture.FIN|capture.ACK, nil)
}

// healthy is one that is completed, and goes on.
func healthy(port uint16) *wire {
	return newWire(port).open().data(client, clientHello()).data(server, serverHello(4), flight13).
		data(client, record(20, []byte{1}), record(23, make([]byte, 53))).data(client, record(23, secret)).data(server, record(23, secret)).
		data(client, record(23, secret)).send(client, capture.FIN|capture.ACK, nil).send(server, capture.FIN|capture.ACK, nil)
}

// together puts the packets of several connections into turn.
func together(wires ...*wire) (all []capture.Packet) {
	for i := 0; ; i++ {
		before := len(all)
		for _, w := range wires {
			if i < len(w.packets) {
				p := w.packets[i]
				p.Number, p.Time = len(all)+1, start+capture.Timestamp(len(all))*1e6
				all = append(all, p)
			}
		}
		if len(all) == before {
			return all
		}
	}
}

// TestOnlyFailuresAreKept, in the order of the capture.
func TestOnlyFailuresAreKept(t *testing.T) {
	all := together(healthy(1), refused(2), healthy(3), refused(4))
	_, file, counts := recorded(t, all, Options{Version: "7"})
	said, packets := readAgain(t, file)
	if counts.Connections != 2 || counts.Missing() != 0 || len(packets) != 2*len(refused(2).packets) || len(said) != 2 {
		t.Fatalf("%+v, %d packets, %v", counts, len(packets), said)
	}
	for i := range packets {
		if want := all[i/2*4+i%2*2+1]; i < 12 && !bytes.Equal(packets[i].Data, want.Data) {
			t.Errorf("packet %d is not the one that was captured", i+1)
		}
	}
	if bytes.Contains(file, []byte("SECRE")) || !bytes.Contains(file, []byte("sniwatch 7")) || !bytes.Contains(file, []byte("the summary")) {
		t.Error("what is written is not what should be")
	}
}

// TestComments: one on the packet that decides, one on each that is evidence.
func TestComments(t *testing.T) {
	r := NewRecorder(spoolFile(t), Options{})
	var packets []Packet
	for n := range 4 {
		packets = append(packets, Packet{Packet: capture.Packet{Number: 10 + n}})
	}
	d := analyze.Diagnosis{Code: "name-not-covered", Certainty: "proven", Title: "refused \x1b[31m", Evidence: []analyze.Evidence{
		{Packet: 10, Label: "asked for", Value: "a.example"}, {Packet: 10, Label: "with", Value: "TLS 1.2"},
		{Packet: 12, Label: "it reset", Note: "at once"}, {File: "a.pem", Label: "yours is"}}}
	r.comment(&analyze.Connection{}, &d, packets, true)
	want := []string{
		"sniwatch: asked for: a.example (packet 10)\nsniwatch: with: TLS 1.2 (packet 10)", "",
		`sniwatch: [proven] refused \x1b[31m (name-not-covered)` + "\nasked for: a.example (packet 10)\nwith: TLS 1.2 (packet 10)\n" +
			"it reset (packet 12, at once)\nyours is (a.pem)\nOf this connection, the first packets and the end are here.\n" +
			"Packets are numbered as in the capture that this was taken from. This one was 12.", ""}
	var got []string
	for _, p := range packets {
		got = append(got, p.Comment)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestNothingFailed: the file says so, and is a capture.
func TestNothingFailed(t *testing.T) {
	_, file, counts := recorded(t, healthy(1).packets, Options{})
	if counts != (Counts{}) || !bytes.Contains(file, []byte("there is none, because no connection failed")) {
		t.Errorf("%+v %q", counts, file)
	}
	if said, _ := readAgain(t, file); len(said) != 0 {
		t.Errorf("%v", said)
	}
}

// TestMemoryIsBounded: the oldest go first, and are missed only if they failed.
func TestMemoryIsBounded(t *testing.T) {
	var wires []*wire
	for port := range uint16(40) {
		if port%2 == 0 {
			wires = append(wires, healthy(port+1))
		} else {
			wires = append(wires, refused(port+1))
		}
	}
	limits := DefaultLimits
	limits.Memory = 20 << 10
	r := NewRecorder(discard{}, Options{Limits: limits})
	var said []opinion
	w := watcher(r, opinions(&said))
	all := together(wires...)
	for i := range all {
		w.Packet(&all[i])
		if n := len(r.holding.blocks)*blockSize + len(r.holding.open)*trackSize; n > limits.Memory+len(r.holding.open)*trackSize {
			t.Fatalf("%d bytes are held", n)
		}
	}
	w.End("")
	if c := r.Counts(); c.GivenUp == 0 || c.GivenUp+c.Connections != 20 || len(r.holding.open) != 0 || r.holding.oldest != nil {
		t.Errorf("%+v", c)
	}
	free := 0
	for n := r.holding.idle; n != 0; n = r.holding.blocks[n].next {
		free++
	}
	if free != len(r.holding.blocks)-1 {
		t.Errorf("%d of %d blocks are lost", len(r.holding.blocks)-1-free, len(r.holding.blocks)-1)
	}
	if says := r.Counts().Says(); !strings.Contains(says, "memory limit") {
		t.Errorf("it is not said: %q", says)
	}
}

// TestLongConnections are cut short, and their end is kept.
func TestLongConnections(t *testing.T) {
	w := newWire(1).open().data(client, clientHello()).data(server, []byte("HTTP/1.1 400 Bad\r\n"))
	for range 3000 {
		w.data(server, secret)
	}
	w.send(client, capture.FIN|capture.ACK, nil).send(server, capture.FIN|capture.ACK, nil)
	said, file, counts := recorded(t, w.packets, Options{})
	again, packets := readAgain(t, file)
	if counts.Shortened != 1 || len(packets) > DefaultLimits.ConnectionPackets+moreEnds || len(file) > 2*DefaultLimits.ConnectionBytes {
		t.Errorf("%+v: %d packets, %d bytes", counts, len(packets), len(file))
	}
	if diff := cmp.Diff(said[0].Code, again[0].Code); diff != "" {
		t.Error(diff)
	}
	if last := packets[len(packets)-1]; last.Time != w.at {
		t.Error("the end is not there")
	}
}

// TestOneCauseDoesNotTakeAll of the evidence.
func TestOneCauseDoesNotTakeAll(t *testing.T) {
	var wires []*wire
	for port := range uint16(100) {
		wires = append(wires, newWire(port+1).send(client, capture.SYN, nil).send(server, capture.RST|capture.ACK, nil))
	}
	all := together(append(wires, refused(200))...)
	limits := DefaultLimits
	limits.Packets = 100
	_, _, counts := recorded(t, all, Options{Limits: limits})
	if want := (Counts{Connections: 26, Packets: 57, TooMany: 75}); counts != want {
		t.Errorf("%+v, want %+v", counts, want)
	}
}

// TestRewrite: packets go out as they come back, or not at all.
func TestRewrite(t *testing.T) {
	calls := 0
	rewrite := func(c *analyze.Connection, packets []Packet) []Packet {
		if calls++; c.Client.Port() == 2 {
			return nil
		}
		for i := range packets {
			if packets[i].Number != i+1 && bytes.Contains(packets[i].Data, []byte("SECRE")) {
				t.Errorf("packet %d is out of order, or not trimmed", packets[i].Number)
			}
			packets[i].Data[26] = 1 // of the source address
			packets[i].Comment = strings.ReplaceAll(packets[i].Comment, "sniwatch", "other")
		}
		return packets
	}
	_, file, counts := recorded(t, together(refused(1), refused(2)), Options{Rewrite: rewrite})
	if calls != 2 || counts.LeftOut != 1 || counts.Connections != 1 {
		t.Errorf("%d calls, %+v", calls, counts)
	}
	if _, packets := readAgain(t, file); packets[0].Data[26] != 1 || !bytes.Contains(file, []byte("other: [")) {
		t.Error("what was rewritten is not what is written")
	}
}

// broken is a spool on a full disk.
type broken struct{ discard }

func (broken) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// TestFullDisk: no evidence rather than half of it.
func TestFullDisk(t *testing.T) {
	r := NewRecorder(broken{}, Options{})
	var said []opinion
	w := watcher(r, opinions(&said))
	for _, p := range refused(1).packets {
		w.Packet(&p)
	}
	w.End("")
	var out bytes.Buffer
	if err := r.Write(&out, ""); err == nil || out.Len() > 0 {
		t.Errorf("%d bytes, %v", out.Len(), err)
	}
}

// BenchmarkHold is what a packet of a connection costs that turns out healthy.
func BenchmarkHold(b *testing.B) {
	r := NewRecorder(discard{}, Options{})
	packets := healthy(1).packets
	var s capture.Segment
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		for i := range packets {
			r.Packet(n, &packets[i], &s)
		}
		r.Over(&analyze.Connection{FirstPacket: n}, &analyze.Diagnosis{}, nil)
		n++
	}
}
