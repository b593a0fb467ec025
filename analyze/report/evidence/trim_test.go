package evidence

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sniwatch/analyze"
	"sniwatch/capture"
)

// flight13 is an encrypted flight of TLS 1.3, which is handshake.
var flight13 = record(23, bytes.Repeat([]byte("flight"), 200))

// icmp is an error of a router about the last packet, which it quotes whole.
func (w *wire) icmp() *wire {
	quoted := w.packets[len(w.packets)-1].Data[14:]
	w.ip(1, netip.MustParseAddr("10.9.9.9"), netip.MustParseAddr(serverIP), append([]byte{3, 4, 0, 0, 0, 0, 5, 0}, quoted...))
	return w
}

// again sends the last segment of that side again.
func (w *wire) again() *wire {
	p := w.packets[len(w.packets)-1]
	w.at += 300e6
	p.Number, p.Time, p.Data = len(w.packets)+1, w.at, bytes.Clone(p.Data)
	w.packets = append(w.packets, p)
	return w
}

// trimmed are connections that failed and carry application data, in all the
// places where it can be.
var trimmed = []struct {
	name  string
	wire  *wire
	keeps [][]byte // what must be there still
}{
	{"a request in plain text", newWire(1).open().data(client, []byte("GET /?q="), secret).data(client, secret).send(client, capture.FIN|capture.ACK, nil).
		send(server, capture.FIN|capture.ACK, nil), [][]byte{[]byte("GET ")}},
	{"a request whose first line ends early", newWire(2).open().data(client, []byte("GET /\r\n"), secret).send(client, capture.RST, nil), [][]byte{[]byte("GET ")}},
	{"a response in plain text", newWire(3).open().data(client, clientHello()).data(server, []byte("HTTP/1.1 400 Bad Request\r\n"), secret).
		send(client, capture.FIN|capture.ACK, nil).send(server, capture.FIN|capture.ACK, nil), [][]byte{[]byte("HTTP/1.1 400"), clientHello()}},
	{"a response in pieces", newWire(4).open().data(client, clientHello()).data(server, []byte("HT")).data(server, []byte("TP/1.0 ")).data(server, secret).
		send(client, capture.RST|capture.ACK, nil), [][]byte{clientHello()}},
	{"text", newWire(5).open().data(client, clientHello()).data(server, []byte("welcome to "), secret).send(client, capture.RST|capture.ACK, nil), nil},
	{"binary", newWire(6).open().data(client, clientHello()).data(server, []byte{9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1}, secret).send(client, capture.RST|capture.ACK, nil), nil},
	{"early data", newWire(7).open().data(client, clientHello(0, 42, 0, 0), record(20, []byte{1}), record(23, secret)).
		data(client, record(23, secret)).data(server, record(21, []byte{2, 40})).send(server, capture.FIN|capture.ACK, nil),
		[][]byte{clientHello(0, 42, 0, 0), record(21, []byte{2, 40})}},
	{"TLS 1.3, refused", newWire(8).open().data(client, clientHello()).data(server, serverHello(4), flight13).
		data(client, record(23, make([]byte, 19))).send(client, capture.FIN|capture.ACK, nil).send(server, capture.FIN|capture.ACK, nil),
		[][]byte{clientHello(), serverHello(4), flight13}},
	{"TLS 1.3, data of the server after the client's answer", newWire(9).open().data(client, clientHello()).data(server, serverHello(4), flight13).
		data(client, record(23, make([]byte, 19))).data(server, record(23, secret)).send(client, capture.RST|capture.ACK, nil), [][]byte{flight13}},
	{"TLS 1.3, the client's own certificate", newWire(10).open().data(client, clientHello()).data(server, serverHello(4), flight13).
		data(client, record(23, secret), record(23, secret)).send(server, capture.FIN|capture.ACK, nil).send(client, capture.RST, nil), [][]byte{flight13}},
	{"TLS 1.3, data behind the server's Finished", newWire(11).open().data(client, clientHello()).data(server, serverHello(4), flight13).
		data(server, record(23, make([]byte, 53)), record(23, secret)).send(client, capture.RST|capture.ACK, nil), [][]byte{flight13}},
	{"TLS 1.2, data before its time", newWire(12).open().data(client, clientHello()).data(server, serverHello(3)).
		data(server, record(23, secret)).data(server, record(23, secret)[:60]).data(server, record(23, secret)[60:]).
		send(client, capture.RST|capture.ACK, nil), [][]byte{clientHello(), serverHello(3)}},
	{"an alert behind data", newWire(13).open().data(client, clientHello()).data(server, serverHello(3)).
		data(server, record(23, secret), record(21, []byte{2, 80})).send(server, capture.FIN|capture.ACK, nil), [][]byte{record(21, []byte{2, 80})}},
	{"data sent again", newWire(14).open().data(client, clientHello()).data(server, serverHello(3), record(23, secret)).again().again().
		send(client, capture.RST|capture.ACK, nil), [][]byte{serverHello(3)}},
	{"a heartbeat", newWire(15).open().data(client, clientHello(), record(24, secret)).data(server, record(21, []byte{2, 40})).
		send(server, capture.FIN|capture.ACK, nil), [][]byte{clientHello()}},
	{"a reset with words", newWire(16).open().data(client, clientHello()).send(server, capture.RST|capture.ACK, secret), [][]byte{clientHello()}},
	{"an ICMP error that quotes", newWire(17).open().data(client, clientHello()).data(server, serverHello(3), record(23, secret)).again().again().icmp(), [][]byte{serverHello(3)}},
	{"bytes that are no record", newWire(18).open().data(client, clientHello(), []byte{0xff}, secret).send(server, capture.RST, nil), [][]byte{clientHello()}},
	{"the beginning of a header", newWire(19).open().data(client, []byte{22, 3}).send(client, capture.RST|capture.ACK, nil), [][]byte{{22, 3}}},
}

// TestApplicationDataIsTakenOut: none of it is in the evidence, all of the
// handshake is, and the diagnosis is the same.
func TestApplicationDataIsTakenOut(t *testing.T) {
	for _, tt := range trimmed {
		t.Run(tt.name, func(t *testing.T) {
			said, file, counts := recorded(t, tt.wire.packets, Options{Version: "test"})
			if counts.Packets != len(tt.wire.packets) {
				t.Fatalf("%+v: want %d packets; %v", counts, len(tt.wire.packets), said)
			}
			again, packets := readAgain(t, file)
			if diff := cmp.Diff(said, again); diff != "" {
				t.Errorf("(-capture +evidence):\n%s", diff)
			}
			for i := range packets {
				hidden(t, tt.wire.packets[i], packets[i])
			}
			for _, piece := range tt.keeps {
				if !bytes.Contains(file, piece) {
					t.Errorf("lost: %q", piece)
				}
			}
		})
	}
}

// hidden looks for application data in a packet of the evidence.
func hidden(t *testing.T, was, is capture.Packet) {
	t.Helper()
	if bytes.Contains(is.Data, []byte("SECRE")) {
		t.Errorf("packet %d shows application data: %q", is.Number, is.Data[54:])
	}
	if is.Length != was.Length || is.Time != was.Time || !bytes.Equal(is.Data[:14+20+20], was.Data[:14+20+20]) {
		t.Errorf("packet %d: other headers, time or length", is.Number)
	}
}

// TestDataIsCutOff: where nothing follows it, the packet becomes shorter, and
// says how long it was.
func TestDataIsCutOff(t *testing.T) {
	_, file, _ := recorded(t, newWire(1).open().data(client, clientHello()).data(server, serverHello(3), record(23, secret)).
		send(client, capture.RST|capture.ACK, nil).packets, Options{})
	_, packets := readAgain(t, file)
	p := packets[4]
	if want := p.Length - len(secret); len(p.Data) != want {
		t.Errorf("%d of %d bytes are left, want %d: the record's header, and nothing of it", len(p.Data), p.Length, want)
	}
}

// TestPayloadAt: the payload of every packet is found, whatever stands before it.
func TestPayloadAt(t *testing.T) {
	data := make([]byte, 100, 160)
	for _, tt := range []struct {
		payload []byte
		want    int
	}{{data[40:90], 40}, {data[:100], 0}, {data[100:], -1}, {nil, -1}, {[]byte("other"), -1}, {make([]byte, 500), -1}} {
		if got := payloadAt(data, tt.payload); got != tt.want {
			t.Errorf("%d bytes: %d, want %d", len(tt.payload), got, tt.want)
		}
	}
}

// FuzzTrim: whatever both sides send, in whatever pieces, nothing panics, no
// packet grows, and a record of application data behind a ServerHello of TLS 1.2
// is not there.
func FuzzTrim(f *testing.F) {
	for _, tt := range trimmed {
		f.Add(tt.wire.packets[3].Data[54:], []byte{3, 200, 7}, true)
	}
	f.Add(bytes.Join([][]byte{serverHello(3), record(23, []byte("some data"))}, nil), []byte{1, 2, 3, 250}, false)
	f.Fuzz(func(t *testing.T, stream, cuts []byte, fromClient bool) {
		w := newWire(9).open().data(client, clientHello())
		from := server
		if fromClient {
			from = client
		}
		for _, n := range cuts[:min(len(cuts), 64)] {
			piece := stream[:min(int(n), len(stream))]
			stream = stream[len(piece):]
			if n%5 == 0 {
				w.segment(from, capture.ACK, w.next[from]+uint32(n), piece)
			} else {
				w.data(from, piece)
			}
		}
		w.send(client, capture.RST|capture.ACK, nil)
		before := slices.Clone(w.packets)
		said, file, counts := recorded(t, w.packets, Options{})
		if counts.Connections == 0 {
			return
		}
		_, packets := readAgain(t, file)
		for i := range packets {
			was, is := before[i].Data, packets[i].Data
			if len(is) > len(was) || !bytes.Equal(is[:54], was[:54]) {
				t.Fatalf("packet %d changed: %v", i+1, said)
			}
		}
	})
}

// BenchmarkTrim is what a connection that failed costs beside its diagnosis.
func BenchmarkTrim(b *testing.B) {
	wire := refused(1)
	c := analyze.Connection{Client: netip.MustParseAddrPort(clientIP + ":1"), Server: netip.MustParseAddrPort(serverIP + ":443")}
	var t trimmer
	var packets []Packet
	b.ReportAllocs()
	for b.Loop() {
		packets = packets[:0]
		for i := range wire.packets {
			packets = append(packets, Packet{Packet: wire.packets[i]})
		}
		t.trim(&c, packets)
	}
}

// discard is a spool that nobody reads.
type discard struct{}

func (discard) Write(b []byte) (int, error)       { return len(b), nil }
func (discard) ReadAt([]byte, int64) (int, error) { return 0, nil }
