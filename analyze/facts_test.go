package analyze

import (
	"encoding/binary"
	"testing"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/capture"
)

// tcpPacket is a segment without payload between 192.0.2.7:51000 and
// 10.0.0.10:443.
func tcpPacket(number int, fromServer bool, flags byte, seq, ack uint32) *capture.Packet {
	b := []byte{
		0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 192, 0, 2, 7, 10, 0, 0, 10, // IPv4
		51000 >> 8, 51000 & 0xff, 443 >> 8, 443 & 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 5 << 4, flags, 0xff, 0xff, 0, 0, 0, 0, // TCP
	}
	if fromServer {
		copy(b[12:], []byte{10, 0, 0, 10, 192, 0, 2, 7})
		copy(b[20:], []byte{443 >> 8, 443 & 0xff, 51000 >> 8, 51000 & 0xff})
	}
	binary.BigEndian.PutUint32(b[24:], seq)
	binary.BigEndian.PutUint32(b[28:], ack)
	return &capture.Packet{Number: number, Time: 1e18 + capture.Timestamp(number)*1e6, Link: capture.LinkRaw, Length: len(b), Data: b}
}

// TestChallengeACK: a server that answers a SYN by an ACK alone was not silent.
func TestChallengeACK(t *testing.T) {
	const syn, rst, ack = 0x02, 0x04, 0x10
	for _, answered := range []bool{true, false} {
		var got *Connection
		w := NewWatcher(Options{Ranges: edge.Embedded(), Roots: origin.MozillaRoots(), Ports: []uint16{443},
			Told: func(c *Connection) bool { got = c; return true }})
		w.Begin("by hand")
		w.Packet(tcpPacket(1, false, syn, 1000, 0))
		if answered {
			w.Packet(tcpPacket(2, true, ack, 1, 0x33445566))
		}
		w.Packet(tcpPacket(3, false, rst, 0x33445566, 0))
		w.End("")
		want := SYNUnanswered
		if answered {
			want = ClientLeftEarly
		}
		if got.Diagnosis.Code != want || (got.FromServer.Segments == 1) != answered {
			t.Errorf("answered %v: %s, %d segments of the server", answered, got.Diagnosis.Code, got.FromServer.Segments)
		}
	}
}

// TestFactsOfSamples: facts that only a reading can establish.
func TestFactsOfSamples(t *testing.T) {
	told := func(file string) (c *Connection) {
		watchFile(t, "../pcaps/"+file, Options{Every: true, Told: func(one *Connection) bool { c = one; return true }})
		return c
	}
	c := told("certificate-expired-tls12.pcap")
	if end, sent := c.Certificate.End, c.FromServer.Bytes; end <= int64(c.Certificate.Chain.MessageSize(false)) || end > sent {
		t.Errorf("the Certificate ends after %d bytes of %d", end, sent)
	}
	if c := told("certificate-expired-tls13.pcap"); c.Certificate.End != 0 {
		t.Errorf("a hidden Certificate ends after %d bytes", c.Certificate.End)
	}
	if c := told("not-tls.pcap"); c.FromServer.NotTLSPacket <= c.ClientHello.Packet || c.FromClient.NotTLSPacket != 0 {
		t.Errorf("no TLS in packet %d, ClientHello in %d", c.FromServer.NotTLSPacket, c.ClientHello.Packet)
	}
}
