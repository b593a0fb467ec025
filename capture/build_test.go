package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"testing"
)

// The builders in this file write captures byte by byte and share nothing
// with Writer.

// be16 and be32 give numbers in network byte order.
func be16(v int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(v)) }
func be32(v int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(v)) }

func cat(parts ...[]byte) []byte { return slices.Concat(parts...) }

// A layout is how a pcap file is written.
type layout struct {
	order        binary.AppendByteOrder
	magic        uint32
	major, minor uint16
	snap, link   uint32
	extra        int // bytes of a record header behind the usual 16
}

func littleMicro() layout {
	return layout{order: binary.LittleEndian, magic: 0xa1b2c3d4, major: 2, minor: 4, snap: 65535, link: 1}
}

func (l layout) header() []byte {
	b := l.order.AppendUint32(nil, l.magic)
	b = l.order.AppendUint16(b, l.major)
	b = l.order.AppendUint16(b, l.minor)
	b = append(b, make([]byte, 8)...)
	b = l.order.AppendUint32(b, l.snap)
	return l.order.AppendUint32(b, l.link)
}

// record writes a packet; first and second are the lengths as they stand in
// the file.
func (l layout) record(sec, frac, first, second uint32, data []byte) []byte {
	var b []byte
	for _, v := range []uint32{sec, frac, first, second} {
		b = l.order.AppendUint32(b, v)
	}
	b = append(b, bytes.Repeat([]byte{0xee}, l.extra)...)
	return append(b, data...)
}

// packet writes a packet that was captured whole.
func (l layout) packet(sec, frac uint32, data []byte) []byte {
	return l.record(sec, frac, uint32(len(data)), uint32(len(data)), data)
}

// block writes a pcapng block.
func block(order binary.AppendByteOrder, kind uint32, body ...[]byte) []byte {
	content := cat(body...)
	for len(content)%4 != 0 {
		content = append(content, 0)
	}
	length := uint32(len(content) + 12)
	b := order.AppendUint32(nil, kind)
	b = order.AppendUint32(b, length)
	b = append(b, content...)
	return order.AppendUint32(b, length)
}

func section(order binary.AppendByteOrder) []byte {
	return block(order, 0x0a0d0d0a, order.AppendUint32(nil, 0x1a2b3c4d), order.AppendUint16(nil, 1),
		order.AppendUint16(nil, 0), bytes.Repeat([]byte{0xff}, 8))
}

// iface writes an Interface Description Block.
func iface(order binary.AppendByteOrder, link uint16, snap uint32, options ...[]byte) []byte {
	return block(order, 1, order.AppendUint16(nil, link), []byte{0, 0}, order.AppendUint32(nil, snap), cat(options...))
}

func opt(order binary.AppendByteOrder, code uint16, value ...byte) []byte {
	b := order.AppendUint16(nil, code)
	b = order.AppendUint16(b, uint16(len(value)))
	b = append(b, value...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// enhanced writes an Enhanced Packet Block.
func enhanced(order binary.AppendByteOrder, id uint32, units uint64, data []byte) []byte {
	var b []byte
	for _, v := range []uint32{id, uint32(units >> 32), uint32(units), uint32(len(data)), uint32(len(data))} {
		b = order.AppendUint32(b, v)
	}
	return block(order, 6, b, data)
}

// got is a packet with bytes of its own.
type got struct {
	Packet
	data string
}

// readAll reads all packets and gives the error at the end, nil for io.EOF.
func readAll(t testing.TB, src Source) ([]got, error) {
	t.Helper()
	var all []got
	for {
		var p Packet
		err := src.Next(&p)
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			var broken *Broken
			if !errors.As(err, &broken) {
				t.Fatalf("Next gave %T, not *Broken: %v", err, err)
			}
			if broken.Packets != len(all) {
				t.Errorf("Broken.Packets = %d after %d packets", broken.Packets, len(all))
			}
			return all, err
		}
		g := got{p, string(p.Data)}
		g.Data = nil
		all = append(all, g)
	}
}

// readBytes reads a capture that is in memory and must open.
func readBytes(t testing.TB, file []byte) ([]got, error) {
	t.Helper()
	f, err := NewReader(bytes.NewReader(file), "test")
	if err != nil {
		t.Fatalf("NewReader: %v", err)
	}
	defer f.Close()
	return readAll(t, f)
}
