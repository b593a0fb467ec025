package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

func TestPcapVariants(t *testing.T) {
	little, big := binary.LittleEndian, binary.BigEndian
	tests := []struct {
		name  string
		l     layout
		nanos Timestamp // what a fraction of 7 means
		link  LinkType
	}{
		{"microseconds, little-endian", layout{little, magicMicro, 2, 4, 65535, 1, 0}, 7000, LinkEthernet},
		{"microseconds, big-endian", layout{big, magicMicro, 2, 4, 65535, 1, 0}, 7000, LinkEthernet},
		{"nanoseconds, little-endian", layout{little, magicNano, 2, 4, 65535, 276, 0}, 7, LinkSLL2},
		{"nanoseconds, big-endian", layout{big, magicNano, 2, 4, 65535, 276, 0}, 7, LinkSLL2},
		{"modified, 24 bytes", layout{little, magicModified, 2, 4, 65535, 1, 8}, 7000, LinkEthernet},
		{"modified, big-endian", layout{big, magicModified, 2, 4, 65535, 1, 8}, 7000, LinkEthernet},
		{"modified, 28 bytes", layout{little, magicModified, 2, 4, 65535, 1, 12}, 7000, LinkEthernet},
		{"modified, 16 bytes", layout{little, magicModified, 2, 4, 65535, 1, 0}, 7000, LinkEthernet},
		{"frame check sequence", layout{little, magicMicro, 2, 4, 65535, 0x24000001, 0}, 7000, LinkEthernet},
		{"version 2.8224", layout{little, magicMicro, 2, 8224, 65535, 1, 0}, 7000, LinkEthernet},
		{"snap length 0", layout{little, magicMicro, 2, 4, 0, 1, 0}, 7000, LinkEthernet},
		{"snap length 4294967295", layout{little, magicMicro, 2, 4, 0xffffffff, 1, 0}, 7000, LinkEthernet},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := cat(tt.l.header(), tt.l.packet(100, 7, []byte("one")), tt.l.packet(4000000000, 7, nil),
				tt.l.record(102, 7, 5, 1500, []byte("three")))
			packets, err := readBytes(t, file)
			if err != nil {
				t.Fatal(err)
			}
			want := []got{
				{Packet{1, 100e9 + tt.nanos, tt.link, 3, nil}, "one"},
				{Packet{2, 4000000000e9 + tt.nanos, tt.link, 0, nil}, ""},
				{Packet{3, 102e9 + tt.nanos, tt.link, 1500, nil}, "three"},
			}
			diff(t, packets, want)
		})
	}
}

// Before version 2.3 the length on the wire came first; 2.3 was written both
// ways.
func TestPcapOldVersions(t *testing.T) {
	for _, tt := range []struct {
		major, minor  uint16
		first, second uint32
	}{{2, 2, 60, 4}, {2, 3, 60, 4}, {2, 3, 4, 60}, {2, 4, 4, 60}, {543, 0, 60, 4}} {
		l := littleMicro()
		l.major, l.minor = tt.major, tt.minor
		packets, err := readBytes(t, cat(l.header(), l.record(1, 0, tt.first, tt.second, []byte("data"))))
		if err != nil {
			t.Errorf("%d.%d: %v", tt.major, tt.minor, err)
			continue
		}
		diff(t, packets, []got{{Packet{1, 1e9, LinkEthernet, 60, nil}, "data"}})
	}
}

func TestPcapBroken(t *testing.T) {
	l := littleMicro()
	big := l
	big.snap = 1 << 30
	head := cat(l.header(), l.packet(1, 0, make([]byte, 100)))
	tests := []struct {
		name  string
		file  []byte
		cut   bool
		at    int64
		words string
	}{
		{"packet cut", cat(head, l.record(2, 0, 1500, 1500, make([]byte, 211))), true, 140,
			"test is cut off after packet 1, at byte 140: the packet announces 1500 bytes, 211 are left"},
		{"record header cut", cat(head, make([]byte, 15)), true, 140, "a packet's header has 16 bytes, 15 are left"},
		{"absurd length", cat(head, l.record(2, 0, 0xfffffff0, 60, make([]byte, 60))), false, 140, "would have 4294967280 bytes"},
		{"above the limit", cat(head, l.record(2, 0, maxSnapLength+1, 60, make([]byte, maxSnapLength+1))), false, 140, "more than the 262144"},
		{"above what is ever read", cat(big.header(), big.packet(1, 0, make([]byte, 100)),
			big.record(2, 0, maxPacket+1, 60, make([]byte, maxPacket+1))), false, 140, "more than the 1048576"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			packets, err := readBytes(t, tt.file)
			var broken *Broken
			if !errors.As(err, &broken) {
				t.Fatalf("%d packets, then %v", len(packets), err)
			}
			if len(packets) != 1 || broken.Cut != tt.cut || broken.Offset != tt.at || !strings.Contains(err.Error(), tt.words) {
				t.Errorf("%d packets, cut %v, offset %d: %v", len(packets), broken.Cut, broken.Offset, err)
			}
		})
	}
}

// Packets up to the limit are read whatever block they begin in, and what
// one packet holds is not disturbed by reading on before it is asked for.
func TestPcapLargePackets(t *testing.T) {
	l := littleMicro()
	l.snap = maxPacket
	file := l.header()
	var want []got
	for i, size := range []int{1, blockSize - 60, 60, maxSnapLength, 5, maxPacket, 0, blockSize, blockSize * 2} {
		data := bytes.Repeat([]byte{byte(i)}, size)
		file = append(file, l.packet(uint32(i), 0, data)...)
		want = append(want, got{Packet{i + 1, Timestamp(i) * 1e9, LinkEthernet, size, nil}, string(data)})
	}
	packets, err := readBytes(t, file)
	if err != nil {
		t.Fatal(err)
	}
	diff(t, packets, want)
}

// Every strict prefix of a capture gives the packets that are whole in it,
// and an error unless it ends between two packets.
func TestCutAnywhere(t *testing.T) {
	l := littleMicro()
	order := binary.BigEndian
	for name, parts := range map[string][][]byte{
		"pcap": {l.header(), l.packet(1, 0, []byte("first")), l.packet(2, 0, []byte("second")), l.packet(3, 0, nil)},
		"pcapng": {cat(section(order), iface(order, 1, 0)), enhanced(order, 0, 1, []byte("first")),
			enhanced(order, 0, 2, []byte("second")), enhanced(order, 0, 3, nil)},
	} {
		file := cat(parts...)
		ends := map[int]int{} // offset of a packet's end: packets until there
		offset := 0
		for i, part := range parts {
			offset += len(part)
			ends[offset] = i
		}
		for n := len(parts[0]); n <= len(file); n++ {
			packets, err := readBytes(t, file[:n])
			whole, clean := ends[n]
			if clean != (err == nil) || clean && len(packets) != whole {
				t.Errorf("%s cut to %d bytes: %d packets, %v", name, n, len(packets), err)
			}
			var broken *Broken
			if errors.As(err, &broken) && !broken.Cut {
				t.Errorf("%s cut to %d bytes: not said to be cut: %v", name, n, err)
			}
		}
	}
}
