package frames

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"time"
)

// A PcapForm is one of the forms of the classic capture file.
type PcapForm struct {
	BigEndian bool
	Nano      bool
	Modified  bool // Kuznetzov's variant, with 8 more bytes in each record header
	Snap      int  // 0: 262144
}

// Pcap writes frames in the classic format. All frames must have one link type.
func Pcap(frames []Frame, form PcapForm) ([]byte, error) {
	var order binary.AppendByteOrder = binary.LittleEndian
	if form.BigEndian {
		order = binary.BigEndian
	}
	magic := uint32(0xa1b2c3d4)
	switch {
	case form.Nano:
		magic = 0xa1b23c4d
	case form.Modified:
		magic = 0xa1b2cd34
	}
	snap := form.Snap
	if snap == 0 {
		snap = 262144
	}
	b := order.AppendUint32(nil, magic)
	b = order.AppendUint16(order.AppendUint16(b, 2), 4)
	b = order.AppendUint32(order.AppendUint32(b, 0), 0)
	b = order.AppendUint32(b, uint32(snap))
	link := uint16(LinkEthernet)
	if len(frames) > 0 {
		link = frames[0].Link
	}
	b = order.AppendUint32(b, uint32(link))
	for _, f := range frames {
		if f.Link != link {
			return nil, fmt.Errorf("a pcap file has one link type, not %d and %d", link, f.Link)
		}
		fraction := f.Time.Nanosecond()
		if !form.Nano {
			fraction /= 1000
		}
		b = order.AppendUint32(order.AppendUint32(b, uint32(f.Time.Unix())), uint32(fraction))
		b = order.AppendUint32(order.AppendUint32(b, uint32(len(f.Data))), uint32(f.Length))
		if form.Modified {
			b = order.AppendUint32(b, 2)               // interface index
			b = append(order.AppendUint16(b, 8), 0, 0) // protocol, packet type, padding
		}
		b = append(b, f.Data...)
	}
	return b, nil
}

// An NgForm says how a section of a pcapng file is written.
type NgForm struct {
	BigEndian bool
	Nano      bool // if_tsresol 9; else it is left out, which means microseconds
	Simple    bool // Simple Packet Blocks: no time, first interface only
}

// Pcapng writes one section with an interface for each link type
// (draft-ietf-opsawg-pcapng). Sections may be put one after the other.
func Pcapng(frames []Frame, form NgForm) []byte {
	var order binary.AppendByteOrder = binary.LittleEndian
	if form.BigEndian {
		order = binary.BigEndian
	}
	b := ngBlock(nil, order, 0x0a0d0d0a, sectionHeader(order))
	interfaces := map[uint16]uint32{}
	for _, f := range frames {
		id, known := interfaces[f.Link]
		if !known {
			id = uint32(len(interfaces))
			interfaces[f.Link] = id
			b = ngBlock(b, order, 1, interfaceDescription(order, f.Link, form.Nano))
		}
		if form.Simple {
			b = ngBlock(b, order, 3, append(order.AppendUint32(nil, uint32(f.Length)), f.Data...))
			continue
		}
		b = ngBlock(b, order, 6, enhancedPacket(order, id, f, form.Nano))
	}
	return b
}

func sectionHeader(order binary.AppendByteOrder) []byte {
	h := order.AppendUint32(nil, 0x1a2b3c4d)
	h = order.AppendUint16(order.AppendUint16(h, 1), 0)
	h = order.AppendUint64(h, ^uint64(0)) // section length not given
	return ngOption(h, order, 4, []byte("sniwatch pcaps/gen"))
}

func interfaceDescription(order binary.AppendByteOrder, link uint16, nano bool) []byte {
	d := order.AppendUint16(order.AppendUint16(nil, link), 0)
	d = order.AppendUint32(d, 262144)
	if nano {
		d = ngOption(d, order, 9, []byte{9})
	}
	return d
}

func enhancedPacket(order binary.AppendByteOrder, id uint32, f Frame, nano bool) []byte {
	stamp := uint64(f.Time.UnixNano())
	if !nano {
		stamp /= uint64(time.Microsecond)
	}
	p := order.AppendUint32(nil, id)
	p = order.AppendUint32(order.AppendUint32(p, uint32(stamp>>32)), uint32(stamp))
	p = order.AppendUint32(order.AppendUint32(p, uint32(len(f.Data))), uint32(f.Length))
	return append(p, f.Data...)
}

// ngOption appends an option and the end of options.
func ngOption(b []byte, order binary.AppendByteOrder, code uint16, value []byte) []byte {
	b = order.AppendUint16(order.AppendUint16(b, code), uint16(len(value)))
	return append(pad4(append(b, value...), len(value)), 0, 0, 0, 0)
}

func pad4(b []byte, n int) []byte { return append(b, make([]byte, -n&3)...) }

// ngBlock appends a block, padded to 32 bits, its length on both ends.
func ngBlock(b []byte, order binary.AppendByteOrder, kind uint32, body []byte) []byte {
	total := uint32(12 + len(body) + -len(body)&3)
	b = order.AppendUint32(order.AppendUint32(b, kind), total)
	b = pad4(append(b, body...), len(body))
	return order.AppendUint32(b, total)
}

// Gzip compresses a file.
func Gzip(file []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(file)
	}
	if err == nil {
		err = w.Close()
	}
	return b.Bytes(), err
}

// Zstd puts a file into a Zstandard frame of raw blocks
// (RFC 8878): valid, though not smaller.
func Zstd(file []byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, 0xfd2fb528)
	b = append(b, 0xa0) // single segment, content size of 4 bytes
	b = binary.LittleEndian.AppendUint32(b, uint32(len(file)))
	for last := uint32(0); last == 0; {
		n := min(len(file), 1024)
		if n == len(file) {
			last = 1
		}
		header := uint32(n)<<3 | last
		b = append(b, byte(header), byte(header>>8), byte(header>>16))
		b = append(b, file[:n]...)
		file = file[n:]
	}
	return b
}
