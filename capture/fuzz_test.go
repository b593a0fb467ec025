package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"reflect"
	"slices"
	"testing"
	"unsafe"
)

// seeds are small captures of every format.
func seeds() [][]byte {
	l := littleMicro()
	big := layout{binary.BigEndian, magicNano, 2, 3, 65535, 113, 0}
	modified := layout{binary.LittleEndian, magicModified, 2, 4, 65535, 1, 8}
	order := binary.BigEndian
	data := ether(0x0800, v4(6, tcpSegment(0x02, raw("020405b4"), nil)))
	plain := cat(l.header(), l.packet(1, 2, data), l.packet(1, 3, data))
	ng := cat(section(order), iface(order, 1, 0, opt(order, 9, 0xff), opt(order, 14, make([]byte, 8)...)),
		enhanced(order, 0, 1<<60, data), block(order, 3, be32(len(data)), data), block(order, 2, be16(0), be16(0), be32(0), be32(0), be32(2), be32(2), be16(7)))
	return [][]byte{plain, ng, cat(ng, section(binary.LittleEndian)), cat(big.header(), big.record(1, 2, 60, 4, data[:4])),
		cat(modified.header(), modified.packet(1, 2, data)), gzipped(plain), zstandard(ng), []byte("text"), nil}
}

// Any bytes are read to an end, in memory that does not grow with what the
// bytes claim, and what is given is inside the bounds that were promised.
func FuzzReader(f *testing.F) {
	for _, seed := range seeds() {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := NewReader(bytes.NewReader(file), "fuzz")
		if err != nil {
			var open *OpenError
			if !errors.As(err, &open) || open.Error() == "" {
				t.Fatalf("NewReader gave %T: %v", err, err)
			}
			return
		}
		defer r.Close()
		var p Packet
		var d Decoder
		var s Segment
		for n, last := 1, 0; ; n++ {
			err = r.Next(&p)
			if err != nil {
				break
			}
			if p.Number <= last || len(p.Data) > maxPacket || p.Length < len(p.Data) {
				t.Fatalf("packet %d: %+v", n, p)
			}
			last = p.Number
			if on := r.Origin().Interface; on == nil || len(on.Name) > maxText || on.Resolution > 9 {
				t.Fatalf("packet %d is from %+v", n, on)
			}
			if kind := d.Decode(&p, &s); kind >= Kinds {
				t.Fatalf("kind %d", kind)
			}
			if n > 1<<20 { // compressed nothing
				return
			}
		}
		var broken *Broken
		if err != io.EOF && (!errors.As(err, &broken) || broken.Problem == "") {
			t.Fatalf("Next gave %T: %v", err, err)
		}
		if again := r.Next(&p); again != err {
			t.Fatalf("after %v: %v", err, again)
		}
		if limit := 2*max(len(file), blockSize) + maxBlock; !r.unpacked && len(r.win.block) > limit {
			t.Fatalf("a file of %d bytes made the block grow to %d", len(file), len(r.win.block))
		}
	})
}

// Any bytes decode to some kind, and a payload lies inside the packet.
func FuzzDecode(f *testing.F) {
	p4 := v4(6, tcpSegment(0x12, raw("020405b4"), []byte("hello")))
	vxlan := v4(17, udpTo(4789, cat(raw("08000000 00000700"), ether(0x8100, cat(be16(7), be16(0x0800), p4)))))
	f.Add(uint16(1), 0, ether(0x0800, p4))
	f.Add(uint16(1), 9, ether(0x0800, vxlan))
	f.Add(uint16(1), 0, ether(0x8864, cat(raw("1100 0001 0010 0021"), p4)))
	f.Add(uint16(1), 0, ether(0x8847, cat(raw("00010040 00020140"), p4)))
	f.Add(uint16(1), 0, cat(ether(0x86dd, v6(6, tcpSegment(0x18, nil, []byte("hello")))), raw("0000")))
	f.Add(uint16(101), 0, v4(47, cat(raw("b000 6558 00000000 00000001 00000002"), ether(0x0800, p4))))
	f.Add(uint16(101), 0, v4(17, udpTo(6081, cat(raw("0240 0800 00000100 0108 0101 deadbeef"), p4))))
	f.Add(uint16(101), 0, v4(17, udpTo(2152, cat(raw("34ff 0000 00000001 0000 00 85 01 1009 00"), p4))))
	f.Add(uint16(101), 0, v4(1, cat(raw("0304 0000 0000 05dc"), p4)))
	f.Add(uint16(101), 0, v6(0, cat(raw("2c 00 0502 0000 0100 06 00 0000 00000001"), tcpSegment(2, nil, nil))))
	f.Add(uint16(276), 0, cat(be16(0x86dd), make([]byte, 18), v6(58, cat(raw("0200 0000 00000500"), v6(6, tcpSegment(2, nil, nil))))))
	f.Add(uint16(0), 0, cat(raw("02000000"), p4))
	f.Add(uint16(50), 0, cat(raw("ff03 0021"), p4))
	f.Add(uint16(113), 4, cat(make([]byte, 14), be16(4), raw("aaaa03 000000 0800"), p4))
	f.Fuzz(func(t *testing.T, link uint16, missing int, data []byte) {
		var d Decoder
		var s Segment
		before := bytes.Clone(data)
		length := len(data) + max(0, min(missing, math.MaxInt32-len(data)))
		switch kind := d.Decode(&Packet{Link: LinkType(link), Length: length, Data: data}, &s); kind {
		case TCP:
			if len(s.Payload) > s.Length || s.Length > max(length, math.MaxUint16) || !inside(s.Payload, data) {
				t.Errorf("payload of %d bytes, length %d", len(s.Payload), s.Length)
			}
		case Unreachable:
			if s.Payload != nil || s.ICMP.Type == 0 {
				t.Errorf("%+v", s)
			}
		case Truncated, Undecodable, Other, Fragment, UnknownLink:
		default:
			t.Errorf("kind %d", kind)
		}
		comparePlain(t, &Packet{Link: LinkEthernet, Length: length, Data: data})
		if !bytes.Equal(before, data) {
			t.Error("Decode changed the packet")
		}
	})
}

// comparePlain decodes a packet the short way and header by header: where the
// short way knows it, both give the same.
func comparePlain(t *testing.T, p *Packet) {
	t.Helper()
	var d Decoder
	short, long := Segment{MSS: 1, Length: 1}, Segment{MSS: 2, Length: 2}
	if !plain(p.Data, &short) {
		return
	}
	if kind := d.headerByHeader(p, &long); kind != TCP {
		t.Fatalf("plain, but of kind %d", kind)
	}
	if !bytes.Equal(short.Payload, long.Payload) || len(short.Payload) > 0 && &short.Payload[0] != &long.Payload[0] {
		t.Errorf("plain: %d bytes of payload, header by header %d", len(short.Payload), len(long.Payload))
	}
	short.Payload, long.Payload = nil, nil
	if !reflect.DeepEqual(short, long) {
		t.Errorf("plain: %+v\nheader by header: %+v", short, long)
	}
}

// inside tells whether part is a view of whole, and not beyond its end.
func inside(part, whole []byte) bool {
	if len(part) == 0 {
		return true
	}
	first, last := uintptr(unsafe.Pointer(&whole[0])), uintptr(unsafe.Pointer(&whole[len(whole)-1]))
	at := uintptr(unsafe.Pointer(&part[0]))
	return at >= first && at+uintptr(len(part)-1) <= last
}

// What the writers write, the reader reads back.
func FuzzWriteRead(f *testing.F) {
	f.Add(uint16(1), int64(1700000000123456789), 1500, []byte("data"), "comment")
	f.Add(uint16(276), int64(0), 0, []byte{}, "")
	f.Add(uint16(65535), int64(math.MinInt64), -1, []byte("12345"), "bad \xff")
	f.Add(uint16(0), int64(math.MaxInt64), math.MaxInt32, []byte("1"), "\x00")
	f.Fuzz(func(t *testing.T, link uint16, time int64, length int, data []byte, comment string) {
		if len(data) > maxSnapLength {
			return
		}
		length = min(max(length, len(data)), math.MaxInt32)
		given := []got{{Packet{1, Timestamp(time), LinkType(link), length, nil}, string(data)}}
		given = append(given, given[0])
		given[1].Number = 2
		want := slices.Clone(given)
		for i := range want {
			want[i].Time = max(0, want[i].Time)
		}
		var ng, old bytes.Buffer
		w, err := NewWriter(&ng, WriterOptions{OS: comment, Interface: comment})
		if err != nil {
			t.Fatal(err)
		}
		write(t, w, given, comment)
		packets, err := readBytes(t, ng.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		diff(t, packets, want)

		for i := range want {
			want[i].Time = min(want[i].Time, math.MaxUint32*1e9+999_999_999)
		}
		write(t, NewPcapWriter(&old, WriterOptions{}), given, comment)
		if packets, err = readBytes(t, old.Bytes()); err != nil {
			t.Fatal(err)
		}
		diff(t, packets, want)
	})
}
