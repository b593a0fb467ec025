package bench

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

func written(t *testing.T, kind string, size int64, seed uint64) (pcap []byte, truth string, c Count) {
	t.Helper()
	var p, tr bytes.Buffer
	c, err := Write(&p, &tr, kind, size, seed)
	if err != nil {
		t.Fatal(err)
	}
	return p.Bytes(), tr.String(), c
}

func TestSameSeedSameBytes(t *testing.T) {
	a, truthA, _ := written(t, "handshake", 1<<20, 7)
	b, truthB, _ := written(t, "handshake", 1<<20, 7)
	if !bytes.Equal(a, b) || truthA != truthB {
		t.Error("the same seed gives another capture")
	}
	if c, _, _ := written(t, "handshake", 1<<20, 8); bytes.Equal(a, c) {
		t.Error("another seed gives the same capture")
	}
}

// walk calls f with each packet's Ethernet frame and fails where records do not
// follow each other in place and time.
func walk(t *testing.T, pcap []byte, f func(frame []byte)) (packets int) {
	t.Helper()
	le := binary.LittleEndian
	last := uint64(0)
	for b := pcap[24:]; len(b) > 0; packets++ {
		if len(b) < recordHeader || int(le.Uint32(b[8:])) > len(b)-recordHeader {
			t.Fatalf("packet %d does not fit", packets+1)
		}
		at := uint64(le.Uint32(b))*1e6 + uint64(le.Uint32(b[4:]))
		if at < last {
			t.Fatalf("packet %d goes back in time", packets+1)
		}
		last = at
		n := recordHeader + int(le.Uint32(b[8:]))
		f(b[recordHeader:n])
		b = b[n:]
	}
	return packets
}

// fold16 is one's complement arithmetic, written apart from that of adjust.
func fold16(b []byte, acc uint64) uint16 {
	for i, v := range b {
		acc += uint64(v) << (8 * (1 - i%2))
	}
	for acc > 0xffff {
		acc = acc>>16 + acc&0xffff
	}
	return uint16(acc)
}

func TestEveryPacketHasRightChecksumsAndEveryConnectionIsListed(t *testing.T) {
	for _, kind := range []string{"mixed", "bulk", "handshake", "scan", "gso"} {
		pcap, truth, count := written(t, kind, 3<<20, 1)
		syns := map[string]bool{}
		packets := walk(t, pcap, func(f []byte) {
			ip, addresses, tcp := f[14:], 12, 20
			if f[12] == 0x86 {
				addresses, tcp = 8, 40
			} else if fold16(ip[:20], 0) != 0xffff {
				t.Fatalf("%s: wrong IP checksum in %x", kind, f)
			}
			if got := fold16(ip[tcp:], uint64(fold16(ip[addresses:tcp], uint64(6+len(ip)-tcp)))); got != 0xffff {
				t.Fatalf("%s: wrong TCP checksum (%x) in %x", kind, got, f)
			}
			if ip[tcp+13] == 2 {
				syns[string(ip[addresses:tcp+4])] = true
			}
		})
		lines := strings.Count(truth, "\n") - strings.Count(truth, "#")
		if strings.Contains(truth, "not listed") {
			lines = count.Connections
		}
		if packets != count.Packets || len(syns) != count.Connections || lines != count.Connections || int64(len(pcap)) != count.Bytes+24 {
			t.Errorf("%s: %d packets, %d SYNs, %d lines, %d bytes; counted %+v", kind, packets, len(syns), lines, len(pcap), count)
		}
	}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{"17": 17, "2K": 2048, "3M": 3 << 20, "1G": 1 << 30} {
		if got, err := parseSize(text); err != nil || got != want {
			t.Errorf("%s: %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "M", "1KM", "-1", "x"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("%q: %d, want an error", text, got)
		}
	}
}

type nowhere struct{}

func (nowhere) Write(b []byte) (int, error) { return len(b), nil }

func BenchmarkWrite(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(64 << 20)
	for b.Loop() {
		if _, err := Write(nowhere{}, nowhere{}, "mixed", 64<<20, 1); err != nil {
			b.Fatal(err)
		}
	}
}
