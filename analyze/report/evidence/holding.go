package evidence

import (
	"sniwatch/capture"
)

// A holding is the packets of the connections that are open. Nearly all of them
// turn out healthy, so they are held in blocks that go from one connection to the
// next, and are never more than the limit allows.
type holding struct {
	limits         Limits
	open           map[int]*track // by the number of the first packet; nil: nobody wants it
	oldest, newest *track
	blocks         []*block
	idle           uint32   // the first of the free blocks, which are a chain
	tracks         []*track // free ones
	interfaces     *interfaces
	record         []byte
}

// A track is the packets of one connection: records (record.go) behind each
// other, in a chain of blocks.
type track struct {
	first        int
	head, tail   uint32 // blocks
	used         int    // bytes of the tail
	bytes        int    // of all records
	packets      int
	ends         int  // packets beyond the limit that end or begin something
	shortened    bool // there were more packets or bytes than are kept
	older, newer *track
}

// A block is a piece of a track.
type block struct {
	next  uint32
	bytes [blockBytes]byte
}

const (
	blockBytes = 508
	blockSize  = 512

	// trackSize is what a connection takes beside its blocks, in bytes.
	trackSize = 128

	// moreEnds is how many packets with SYN, FIN or RST are kept beyond the limit.
	moreEnds = 16

	// headers is how much is kept of a packet without payload, which may carry
	// anything behind its headers, when there is no room.
	headers = 256
)

func newHolding(l Limits, i *interfaces) holding {
	return holding{limits: l, open: map[int]*track{}, interfaces: i}
}

// add holds a copy of a packet.
func (h *holding) add(first int, p *capture.Packet, s *capture.Segment, origins OriginTeller) {
	t, known := h.open[first]
	switch {
	case !known:
		t = h.begin(first)
	case t == nil:
		return
	}
	data, ok := t.room(p, s, &h.limits)
	if !ok {
		return
	}
	var from capture.Origin
	if origins != nil {
		from = origins.Origin()
	}
	h.record = appendHead(h.record[:0], p, from, h.interfaces.number(from.Interface), len(data), 0)
	if h.write(t, h.record) && h.write(t, data) {
		t.packets++
	}
}

// room tells whether there is room for a packet, and for how much of it.
func (t *track) room(p *capture.Packet, s *capture.Segment, l *Limits) (data []byte, ok bool) {
	data = p.Data
	if t.packets >= l.ConnectionPackets {
		t.shortened = true
		if s.Flags&(capture.SYN|capture.FIN|capture.RST) == 0 || t.ends == moreEnds {
			return nil, false
		}
		t.ends++
	}
	if t.bytes+recordHead+len(data) <= l.ConnectionBytes {
		return data, true
	}
	t.shortened = true
	if at := payloadAt(p.Data, s.Payload); at >= 0 {
		data = data[:at]
	}
	return data[:min(len(data), headers)], true
}

// payloadAt finds where in a packet's bytes its payload begins; -1: it has none.
// A Segment's payload is a part of the same array, so that the distance to the
// end of that is what differs.
func payloadAt(data, payload []byte) int {
	at := cap(data) - cap(payload)
	if len(payload) == 0 || at < 0 || at+len(payload) > len(data) {
		return -1
	}
	return at
}

// write appends bytes to a track. It tells whether the track is still there: it
// may be the oldest itself.
func (h *holding) write(t *track, b []byte) bool {
	t.bytes += len(b)
	for len(b) > 0 {
		if t.head == 0 || t.used == blockBytes {
			n := h.block(t)
			if n == 0 {
				return false
			}
			if t.head == 0 {
				t.head = n
			} else {
				h.blocks[t.tail].next = n
			}
			t.tail, t.used = n, 0
		}
		n := copy(h.blocks[t.tail].bytes[t.used:], b)
		t.used += n
		b = b[n:]
	}
	return true
}

// block gives a free block to t, at the cost of the oldest connections; 0: that
// was t.
func (h *holding) block(t *track) uint32 {
	if len(h.blocks) == 0 {
		h.blocks = append(h.blocks, nil) // block 0 is none
	}
	for h.idle == 0 {
		if len(h.blocks)*blockSize+len(h.open)*trackSize < h.limits.Memory {
			h.blocks = append(h.blocks, new(block))
			return uint32(len(h.blocks) - 1)
		}
		oldest := h.oldest
		if h.refuse(oldest.first); oldest == t {
			return 0
		}
	}
	n := h.idle
	h.idle, h.blocks[n].next = h.blocks[n].next, 0
	return n
}

// begin makes a track for a connection.
func (h *holding) begin(first int) *track {
	var t *track
	if n := len(h.tracks); n > 0 {
		t = h.tracks[n-1]
		h.tracks = h.tracks[:n-1]
	} else {
		t = new(track)
	}
	*t = track{first: first, older: h.newest}
	if h.newest != nil {
		h.newest.newer = t
	} else {
		h.oldest = t
	}
	h.newest = t
	h.open[first] = t
	return t
}

// take gives a connection's track to the caller, who recycles it; nil: it was
// given up.
func (h *holding) take(first int) *track {
	t := h.open[first]
	delete(h.open, first)
	h.unlink(t)
	return t
}

// refuse forgets a connection's packets, and those that are still to come.
func (h *holding) refuse(first int) {
	t := h.open[first]
	h.unlink(t)
	h.recycle(t)
	h.open[first] = nil
}

// unlink takes a track out of the list.
func (h *holding) unlink(t *track) {
	if t == nil {
		return
	}
	if t.older != nil {
		t.older.newer = t.newer
	} else {
		h.oldest = t.newer
	}
	if t.newer != nil {
		t.newer.older = t.older
	} else {
		h.newest = t.older
	}
	t.older, t.newer = nil, nil
}

// recycle gives a track and its blocks to other connections.
func (h *holding) recycle(t *track) {
	if t == nil {
		return
	}
	if t.head != 0 {
		h.blocks[t.tail].next, h.idle = h.idle, t.head
	}
	const most = 4096
	if len(h.tracks) < most {
		h.tracks = append(h.tracks, t)
	}
}

// forget forgets all connections: an input is over.
func (h *holding) forget() {
	for h.oldest != nil {
		h.recycle(h.take(h.oldest.first))
	}
	clear(h.open)
}

// read gives the packets of a track, and the bytes that they are views of. Both
// take the room of what is given.
func (h *holding) read(t *track, bytes []byte, packets []Packet) ([]byte, []Packet) {
	for n := t.head; n != 0; n = h.blocks[n].next {
		piece := h.blocks[n].bytes[:]
		if n == t.tail {
			piece = piece[:t.used]
		}
		bytes = append(bytes, piece...)
	}
	for rest := bytes; len(packets) < t.packets; {
		p, size := parseRecord(rest, h.interfaces)
		packets = append(packets, p)
		rest = rest[size:]
	}
	return bytes, packets
}
