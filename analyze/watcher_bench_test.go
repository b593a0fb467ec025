package analyze

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/capture"
)

// A SYN flood fills the table, and every new connection gives up an old one.
func BenchmarkSYNFlood(b *testing.B) {
	w := NewWatcher(Options{Ranges: edge.Embedded(), Roots: origin.MozillaRoots(), Ports: []uint16{443}})
	w.Begin("flood")
	p := capture.Packet{Time: 1e18, Link: capture.LinkRaw, Length: 40, Data: []byte{
		0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 198, 18, 0, 0, 10, 0, 0, 10, // IPv4
		0x88, 0, 443 >> 8, 443 & 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 5 << 4, 2, 0xff, 0xff, 0, 0, 0, 0, // TCP, SYN
	}}
	b.ReportAllocs()
	for b.Loop() {
		p.Number++
		p.Time += 1000
		binary.BigEndian.PutUint32(p.Data[12:], 198<<24|18<<16|rand.Uint32()>>15)
		w.Packet(&p)
	}
}

// Handshakes of all kinds, one after the other: an operation is a packet.
func BenchmarkHandshakes(b *testing.B) {
	f, err := capture.Open("../pcaps/many.pcap", nil)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	var packets []capture.Packet
	for {
		var p capture.Packet
		if f.Next(&p) != nil {
			break
		}
		p.Data = append([]byte(nil), p.Data...)
		packets = append(packets, p)
	}
	w := NewWatcher(Options{Ranges: edge.Embedded(), Roots: origin.MozillaRoots(), Ports: []uint16{443}})
	w.Begin("many.pcap")
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		if n == len(packets) {
			w.End("")
			w.Begin("many.pcap")
			w.inputs, n = w.inputs[:0], 0
		}
		w.Packet(&packets[n])
		n++
	}
}
