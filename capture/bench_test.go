package capture

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"
)

// benchCapture makes a capture of n packets: one in so many is a full segment,
// the others are acknowledgements.
func benchCapture(n, oneIn int, pcapng bool) []byte {
	full := ether(0x0800, v4(6, tcpSegment(0x10, raw("0101080a0000000100000002"), make([]byte, 1448))))
	ack := ether(0x0800, v4(6, tcpSegment(0x10, raw("0101080a0000000100000002"), nil)))
	l, order := littleMicro(), binary.LittleEndian
	file := l.header()
	if pcapng {
		file = cat(section(order), iface(order, 1, 0))
	}
	for i := range n {
		data := ack
		if i%oneIn == 0 {
			data = full
		}
		if pcapng {
			file = append(file, enhanced(order, 0, uint64(i), data)...)
		} else {
			file = append(file, l.packet(1, uint32(i), data)...)
		}
	}
	return file
}

const benchPackets = 100_000

// benchRead reports the time for one packet: each pass over the capture
// counts as benchPackets operations.
func benchRead(b *testing.B, oneIn int, pcapng, decode bool) {
	file := benchCapture(benchPackets, oneIn, pcapng)
	src := bytes.NewReader(file)
	b.SetBytes(int64(len(file) / benchPackets))
	b.ReportAllocs()
	b.ResetTimer()
	var p Packet
	var d Decoder
	var s Segment
	for done := 0; done < b.N; {
		src.Reset(file)
		f, err := NewReader(src, "bench")
		if err != nil {
			b.Fatal(err)
		}
		for done < b.N {
			if err := f.Next(&p); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
			if decode && d.Decode(&p, &s) != TCP {
				b.Fatal("not TCP")
			}
			done++
		}
	}
}

// Mixed traffic costs what copying it costs; among small packets the work of
// the reader itself shows.
func BenchmarkPcap(b *testing.B)         { benchRead(b, 3, false, false) }
func BenchmarkPcapng(b *testing.B)       { benchRead(b, 3, true, false) }
func BenchmarkPcapSmall(b *testing.B)    { benchRead(b, benchPackets, false, false) }
func BenchmarkPcapngSmall(b *testing.B)  { benchRead(b, benchPackets, true, false) }
func BenchmarkPcapDecode(b *testing.B)   { benchRead(b, 3, false, true) }
func BenchmarkPcapngDecode(b *testing.B) { benchRead(b, 3, true, true) }

func BenchmarkDecode(b *testing.B) {
	hello := make([]byte, 500)
	p4 := v4(6, tcpSegment(0x18, raw("0101080a0000000100000002"), hello))
	for name, data := range map[string][]byte{
		"ethernet-ipv4": ether(0x0800, p4),
		"vlan-ipv4":     ether(0x8100, cat(be16(7), be16(0x0800), p4)),
		"ethernet-ipv6": ether(0x86dd, v6(6, tcpSegment(0x18, nil, hello))),
		"vxlan":         ether(0x0800, v4(17, udpTo(4789, cat(raw("08000000 00000700"), ether(0x0800, p4))))),
	} {
		b.Run(name, func(b *testing.B) {
			p := Packet{Link: LinkEthernet, Length: len(data), Data: data}
			var d Decoder
			var s Segment
			b.ReportAllocs()
			for b.Loop() {
				if d.Decode(&p, &s) != TCP {
					b.Fatal("not TCP")
				}
			}
		})
	}
}

func BenchmarkWriter(b *testing.B) {
	w, err := NewWriter(io.Discard, WriterOptions{})
	if err != nil {
		b.Fatal(err)
	}
	p := Packet{Link: LinkEthernet, Length: 1500, Data: make([]byte, 1500)}
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Write(&p, ""); err != nil {
			b.Fatal(err)
		}
	}
}

// Reading and decoding allocate nothing for a packet.
func TestNoAllocationPerPacket(t *testing.T) {
	for _, pcapng := range []bool{false, true} {
		f, err := NewReader(bytes.NewReader(benchCapture(5000, 3, pcapng)), "test")
		if err != nil {
			t.Fatal(err)
		}
		var p Packet
		var d Decoder
		var s Segment
		allocations := testing.AllocsPerRun(4000, func() {
			if err := f.Next(&p); err != nil {
				t.Fatal(err)
			}
			d.Decode(&p, &s)
		})
		if allocations != 0 {
			t.Errorf("pcapng %v: %v allocations a packet", pcapng, allocations)
		}
	}
}
