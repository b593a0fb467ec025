package evidence

import (
	"encoding/binary"

	"sniwatch/capture"
)

// recordHead is how many bytes of a record come before the packet's own and the
// comment. Records are ours alone: nothing of a hostile packet decides a length.
const recordHead = 48

// appendHead appends the head of the record of a packet.
func appendHead(b []byte, p *capture.Packet, from capture.Origin, on uint32, captured, comment int) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(p.Time))
	b = binary.LittleEndian.AppendUint64(b, uint64(p.Length))
	b = binary.LittleEndian.AppendUint64(b, from.Dropped)
	b = binary.LittleEndian.AppendUint32(b, from.Flags)
	b = binary.LittleEndian.AppendUint32(b, uint32(p.Link))
	b = binary.LittleEndian.AppendUint32(b, on)
	b = binary.LittleEndian.AppendUint32(b, uint32(p.Number))
	b = binary.LittleEndian.AppendUint32(b, uint32(captured))
	return binary.LittleEndian.AppendUint32(b, uint32(comment))
}

// parseRecord reads the record that b begins with. The packet's bytes are a view
// of it. size is that of the record; 0: it is not whole.
func parseRecord(b []byte, known *interfaces) (p Packet, size int) {
	if len(b) < recordHead {
		return p, 0
	}
	captured := int(binary.LittleEndian.Uint32(b[40:]))
	size = recordHead + captured + int(binary.LittleEndian.Uint32(b[44:]))
	if size > len(b) || size < recordHead {
		return p, 0
	}
	end := recordHead + captured
	return Packet{
		Packet: capture.Packet{
			Time:   capture.Timestamp(binary.LittleEndian.Uint64(b)),
			Length: int(binary.LittleEndian.Uint64(b[8:])),
			Link:   capture.LinkType(binary.LittleEndian.Uint32(b[28:])),
			Number: int(binary.LittleEndian.Uint32(b[36:])),
			Data:   b[recordHead:end:end],
		},
		Origin: capture.Origin{
			Dropped:   binary.LittleEndian.Uint64(b[16:]),
			Flags:     binary.LittleEndian.Uint32(b[24:]),
			Interface: known.numbered(binary.LittleEndian.Uint32(b[32:])),
		},
		Comment: string(b[end:size]),
	}, size
}

// maxInterfaces bounds how many interfaces are described. The packets of further
// ones stand on one that has nothing but their link type.
const maxInterfaces = 4096

// interfaces are numbered from 1; 0 is one of which nothing is known.
type interfaces struct {
	all   []*capture.Interface
	known map[*capture.Interface]uint32
	last  *capture.Interface // that was asked for, and its number
	is    uint32
}

func (x *interfaces) number(on *capture.Interface) uint32 {
	if on == x.last {
		return x.is
	}
	n, ok := x.known[on]
	if !ok && len(x.all) < maxInterfaces {
		if x.known == nil {
			x.known = map[*capture.Interface]uint32{}
		}
		x.all = append(x.all, on)
		n = uint32(len(x.all))
		x.known[on] = n
	}
	x.last, x.is = on, n
	return n
}

func (x *interfaces) numbered(n uint32) *capture.Interface {
	if n == 0 || n > uint32(len(x.all)) {
		return nil
	}
	return x.all[n-1]
}
