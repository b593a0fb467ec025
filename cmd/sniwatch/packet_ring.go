package main

import (
	"encoding/binary"

	"sniwatch/capture"
)

// ringPiece is of how many bytes a packetRing is made up. The longest packet has
// room in one.
const ringPiece = 512 << 10

// ringHead is what stands before the bytes of a packet in a packetRing: time,
// number, link type, length on the wire, bytes captured, and whether it was taken.
const ringHead = 8 + 8 + 4 + 4 + 4 + 1

// A packetRing holds copies of the last packets, in a bounded number of bytes. Its
// oldest piece is given up as a whole when there is no room.
type packetRing struct {
	most   int64 // bytes
	size   int64 // of all pieces
	pieces []ringPackets
	gone   capture.Timestamp // the latest time of a packet that was given up
	lost   bool              // some were
}

// ringPackets are some packets of a packetRing, in one piece of memory.
type ringPackets struct {
	bytes       []byte
	first, last capture.Timestamp // the earliest and the latest time
	left        int               // packets that were not taken
}

// add holds a copy of a packet.
func (r *packetRing) add(p *capture.Packet) {
	need := ringHead + len(p.Data)
	if n := len(r.pieces); n == 0 || cap(r.pieces[n-1].bytes)-len(r.pieces[n-1].bytes) < need {
		r.pieces = append(r.pieces, ringPackets{bytes: r.piece(max(need, ringPiece)), first: p.Time, last: p.Time})
	}
	last := &r.pieces[len(r.pieces)-1]
	last.first, last.last = min(last.first, p.Time), max(last.last, p.Time)
	last.left++
	b := binary.LittleEndian.AppendUint64(last.bytes, uint64(p.Time))
	b = binary.LittleEndian.AppendUint64(b, uint64(p.Number))
	b = binary.LittleEndian.AppendUint32(b, uint32(p.Link))
	b = binary.LittleEndian.AppendUint32(b, uint32(p.Length))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(p.Data)))
	b = append(b, 0)
	last.bytes = append(b, p.Data...)
}

// piece gives an empty piece of that size, that of the oldest packets if there is
// no room for another.
func (r *packetRing) piece(size int) []byte {
	var free []byte
	for len(r.pieces) > 0 && r.size+int64(size) > r.most {
		oldest := r.pieces[0]
		r.each(oldest.bytes, func(p *capture.Packet, taken *byte) {
			if *taken == 0 {
				r.gone, r.lost = max(r.gone, p.Time), true
			}
		})
		r.size -= int64(cap(oldest.bytes))
		r.pieces = append(r.pieces[:0], r.pieces[1:]...)
		free = oldest.bytes[:0]
	}
	if cap(free) != size {
		free = make([]byte, 0, size)
	}
	r.size += int64(cap(free))
	return free
}

// take gives those packets from one time to another that were not taken before, in
// the order in which they came. They are valid until take returns. Pieces that have
// none are not looked at: failures may come by the hundred in a second.
func (r *packetRing) take(from, to capture.Timestamp, give func(*capture.Packet) error) error {
	var first error
	for i := range r.pieces {
		piece := &r.pieces[i]
		if piece.left == 0 || piece.last < from || piece.first > to {
			continue
		}
		r.each(piece.bytes, func(p *capture.Packet, taken *byte) {
			if *taken != 0 || p.Time < from || p.Time > to || first != nil {
				return
			}
			*taken = 1
			piece.left--
			first = give(p)
		})
	}
	return first
}

// each goes through the packets of a piece.
func (r *packetRing) each(piece []byte, do func(p *capture.Packet, taken *byte)) {
	for at := 0; at < len(piece); {
		head := piece[at:]
		captured := int(binary.LittleEndian.Uint32(head[24:]))
		p := capture.Packet{
			Time:   capture.Timestamp(binary.LittleEndian.Uint64(head)),
			Number: int(binary.LittleEndian.Uint64(head[8:])),
			Link:   capture.LinkType(binary.LittleEndian.Uint32(head[16:])),
			Length: int(binary.LittleEndian.Uint32(head[20:])),
			Data:   head[ringHead : ringHead+captured],
		}
		do(&p, &head[28])
		at += ringHead + captured
	}
}
