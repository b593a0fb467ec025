package evidence

import (
	"bytes"
	"encoding/binary"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/capture"
)

// secret stands wherever application data does. No byte of it may be in the
// evidence.
var secret = bytes.Repeat([]byte("SECRET! "), 16)

const (
	clientIP, serverIP = "130.176.135.149", "10.0.0.10"
	start              = capture.Timestamp(1700000000e9)
	client, server     = 0, 1
)

// A wire is one TCP connection that a test writes, one packet a call.
type wire struct {
	packets []capture.Packet
	port    uint16
	next    [2]uint32
	at      capture.Timestamp
}

func newWire(port uint16) *wire { return &wire{port: port, next: [2]uint32{1000, 5000}, at: start} }

// open is the three-way handshake.
func (w *wire) open() *wire {
	w.send(client, capture.SYN, nil)
	w.send(server, capture.SYN|capture.ACK, nil)
	return w.send(client, capture.ACK, nil)
}

// send adds a segment that follows what this side has sent.
func (w *wire) send(from int, flags capture.Flags, payload []byte) *wire {
	w.segment(from, flags, w.next[from], payload)
	w.next[from] += uint32(len(payload))
	if flags&(capture.SYN|capture.FIN) != 0 {
		w.next[from]++
	}
	return w
}

// data is send with ACK and PSH.
func (w *wire) data(from int, payload ...[]byte) *wire {
	return w.send(from, capture.ACK|capture.PSH, bytes.Join(payload, nil))
}

func (w *wire) segment(from int, flags capture.Flags, seq uint32, payload []byte) {
	ends := [2]netip.Addr{netip.MustParseAddr(clientIP), netip.MustParseAddr(serverIP)}
	ports := [2]uint16{w.port, 443}
	ack := uint32(0)
	if flags.Has(capture.ACK) {
		ack = w.next[1-from]
	}
	tcp := binary.BigEndian.AppendUint16(nil, ports[from])
	tcp = binary.BigEndian.AppendUint16(tcp, ports[1-from])
	tcp = binary.BigEndian.AppendUint32(tcp, seq)
	tcp = binary.BigEndian.AppendUint32(tcp, ack)
	tcp = append(tcp, 5<<4, byte(flags), 0xff, 0xff, 0, 0, 0, 0)
	w.ip(6, ends[from], ends[1-from], append(tcp, payload...))
}

// ip adds a packet that holds body, 1 ms after the one before.
func (w *wire) ip(protocol byte, src, dst netip.Addr, body []byte) {
	p := append(make([]byte, 12), 8, 0, 0x45, 0)
	p = binary.BigEndian.AppendUint16(p, uint16(20+len(body)))
	p = append(p, 0, 0, 0, 0, 64, protocol, 0, 0)
	p = append(append(p, src.AsSlice()...), dst.AsSlice()...)
	p = append(p, body...)
	w.at += 1e6
	w.packets = append(w.packets, capture.Packet{Number: len(w.packets) + 1, Time: w.at, Link: capture.LinkEthernet, Length: len(p), Data: p})
}

// record is a TLS record.
func record(kind byte, body []byte) []byte {
	b := []byte{kind, 3, 3, byte(len(body) >> 8), byte(len(body))}
	return append(b, body...)
}

// message is a handshake message in a record of its own.
func message(kind byte, body []byte) []byte {
	return record(22, append([]byte{kind, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...))
}

func clientHello(extensions ...byte) []byte {
	body := append([]byte{3, 3}, make([]byte, 32)...)
	body = append(body, 0, 0, 2, 0xc0, 0x2f, 1, 0)
	body = binary.BigEndian.AppendUint16(body, uint16(len(extensions)))
	return message(1, append(body, extensions...))
}

// serverHello chooses TLS 1.3 with version 4, else what the version says.
func serverHello(minor byte) []byte {
	body := append([]byte{3, 3}, make([]byte, 32)...)
	if minor == 4 {
		return message(2, append(body, 0, 0x13, 1, 0, 0, 6, 0, 43, 0, 2, 3, 4))
	}
	return message(2, append(body, 0, 0xc0, 0x2f, 0))
}

// watcher is an analysis as the program makes it.
func watcher(r analyze.Recorder, told func(*analyze.Connection)) *analyze.Watcher {
	return analyze.NewWatcher(analyze.Options{
		Version: "test", Ranges: edge.Embedded(), Ports: []uint16{443}, Roots: origin.MozillaRoots(), Every: true, Recorder: r,
		Told: func(c *analyze.Connection) bool { told(c); return false },
	})
}

// opinion is what must be the same of the evidence.
type opinion struct {
	Code      analyze.Code
	Certainty analyze.Certainty
	Handshake string
	End       string
}

func opinions(to *[]opinion) func(*analyze.Connection) {
	return func(c *analyze.Connection) {
		*to = append(*to, opinion{c.Diagnosis.Code, c.Diagnosis.Certainty, c.Handshake.String(), c.End.How.String() + " " + c.End.Stage.String()})
	}
}

// spoolFile is a spool of a test.
func spoolFile(t testing.TB) Spool {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "spool"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// recorded analyses packets and gives the opinions, and the evidence.
func recorded(t testing.TB, packets []capture.Packet, o Options) (said []opinion, file []byte, counts Counts) {
	t.Helper()
	r := NewRecorder(spoolFile(t), o)
	w := watcher(r, opinions(&said))
	w.Begin("test.pcap")
	for i := range packets {
		w.Packet(&packets[i])
	}
	w.Advance(packets[len(packets)-1].Time.Time().Add(10 * time.Minute))
	w.End("")
	var out bytes.Buffer
	if err := r.Write(&out, "the summary"); err != nil {
		t.Fatal(err)
	}
	return said, out.Bytes(), r.Counts()
}

// readAgain analyses a file.
func readAgain(t testing.TB, file []byte) (said []opinion, packets []capture.Packet) {
	t.Helper()
	w := watcher(nil, opinions(&said))
	f, err := capture.NewReader(bytes.NewReader(file), "evidence")
	if err != nil {
		t.Fatal(err)
	}
	w.Begin("evidence")
	for {
		var p capture.Packet
		if err := f.Next(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		p.Data = bytes.Clone(p.Data)
		packets = append(packets, p)
		w.Packet(&p)
	}
	if until := f.Until(); until != 0 {
		w.Advance(until.Time())
	}
	w.End("")
	return said, packets
}
