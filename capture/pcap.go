package capture

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// The magic numbers of pcap, in the byte order of whoever wrote the file
// (https://www.tcpdump.org/manpages/pcap-savefile.5.html).
const (
	magicMicro    = 0xa1b2c3d4
	magicNano     = 0xa1b23c4d
	magicModified = 0xa1b2cd34 // Kuznetzov's: record headers with the interface in them
)

const (
	pcapHeaderLength = 24
	recordLength     = 16 // of a record header: seconds, fraction, captured, on the wire

	// maxSnapLength is libpcap's MAXIMUM_SNAPLEN: what a packet may have
	// where the file does not announce more.
	maxSnapLength = 256 << 10

	// maxPacket is what a packet may have whatever the file announces.
	maxPacket = 1 << 20
)

// A pcap reads the classic format: a header, then records of a header and a
// packet each, to the end of the file.
type pcap struct {
	file     *File
	win      *window
	swapped  bool // the file is big-endian
	link     LinkType
	fraction int64  // nanoseconds in a unit of the second field of a record
	limit    uint32 // bytes that a packet may have
	header   int    // bytes of a record header
	lengths  lengthOrder
	snapLen  uint32     // that the file announces
	where    *Interface // made when somebody asks for it
}

// A lengthOrder says in which order the two lengths of a record header stand.
type lengthOrder uint8

const (
	capturedFirst lengthOrder = iota
	wireFirst                 // before version 2.3, and DG/UX
	smallerFirst              // version 2.3 was written both ways
)

// isPcap tells whether head begins with a magic number of pcap.
func isPcap(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	magic, _ := pcapMagic(head)
	return magic != 0
}

// pcapMagic gives the magic number and whether the file is big-endian; 0
// where it is none.
func pcapMagic(head []byte) (magic uint32, swapped bool) {
	little := binary.LittleEndian.Uint32(head)
	for _, m := range []uint32{magicMicro, magicNano, magicModified} {
		switch m {
		case little:
			return m, false
		case bits.ReverseBytes32(little):
			return m, true
		}
	}
	return 0, false
}

// newPcap reads the file header. Version numbers are not checked: what was
// written under others than 2.4 differs in the order of the lengths only.
func newPcap(f *File, win *window) (r *pcap, problem string) {
	head := win.peek(pcapHeaderLength)
	if len(head) < pcapHeaderLength {
		return nil, fmt.Sprintf("is cut off in its file header: a pcap header has 24 bytes, this has %d", len(head))
	}
	magic, swapped := pcapMagic(head)
	r = &pcap{file: f, win: win, swapped: swapped, fraction: 1000, header: recordLength}
	if magic == magicNano {
		r.fraction = 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if swapped {
		order = binary.BigEndian
	}
	r.lengths = lengthsOf(order.Uint16(head[4:]), order.Uint16(head[6:]))
	r.snapLen = order.Uint32(head[16:])
	r.limit = min(max(r.snapLen, maxSnapLength), maxPacket)
	// Above the 16 bits of the link type stand the length of the frame check
	// sequence and reserved bits. The check sequence itself lies behind what
	// the IP header counts and does not disturb.
	r.link = LinkType(order.Uint32(head[20:]) & 0xffff)
	win.skip(pcapHeaderLength)
	if magic == magicModified {
		r.header = r.guessHeader()
	}
	win.ahead = r.lookAhead()
	return r, ""
}

// lengthsOf says what libpcap knows about old versions.
func lengthsOf(major, minor uint16) lengthOrder {
	switch {
	case major == 543 && minor == 0, major == 2 && minor < 3:
		return wireFirst
	case major == 2 && minor == 3:
		return smallerFirst
	}
	return capturedFirst
}

// guessHeader finds out how long the record headers are. Patches for Linux
// have written 24 bytes, which is what libpcap expects, 28 bytes, and the
// usual 16, all under the same magic number: the first length with which a
// second record header follows the first packet is taken, as Wireshark does.
func (r *pcap) guessHeader() int {
	lengths := []int{24, 28, recordLength}
	for _, n := range lengths {
		if r.fits(n) {
			return n
		}
	}
	return lengths[0]
}

// fits tells whether the first packet, behind a record header of n bytes,
// ends where the input ends or a plausible second header begins.
func (r *pcap) fits(n int) bool {
	head := r.win.peek(n)
	if len(head) < n {
		return false
	}
	_, _, captured, _ := r.fields(head)
	if captured > r.limit {
		return false
	}
	next := n + int(captured)
	both := r.win.peek(next + n)
	if len(both) < next+n {
		return len(both) == next
	}
	_, fraction, captured, length := r.fields(both[next:])
	return fraction < 1e6 && captured <= r.limit && captured <= length
}

// fields reads the 16 bytes that all record headers begin with.
func (r *pcap) fields(head []byte) (seconds, fraction, captured, length uint32) {
	head = head[:recordLength]
	seconds = binary.LittleEndian.Uint32(head)
	fraction = binary.LittleEndian.Uint32(head[4:])
	captured = binary.LittleEndian.Uint32(head[8:])
	length = binary.LittleEndian.Uint32(head[12:])
	if r.swapped {
		seconds, fraction = bits.ReverseBytes32(seconds), bits.ReverseBytes32(fraction)
		captured, length = bits.ReverseBytes32(captured), bits.ReverseBytes32(length)
	}
	if r.lengths == wireFirst || r.lengths == smallerFirst && captured > length {
		captured, length = length, captured
	}
	return seconds, fraction, captured, length
}

// Next reads one record. After a record header that cannot be there is no
// way to know where the next one begins: reading stops.
func (r *pcap) Next(p *Packet) error {
	rest := r.win.rest()
	if len(rest) < r.header {
		if rest = r.win.peek(r.header); len(rest) < r.header {
			return r.headerMissing(len(rest))
		}
	}
	seconds, fraction, captured, length := r.fields(rest)
	if captured > r.limit {
		return r.file.broken(r.win.offset(), fmt.Sprintf("the next packet would have %d bytes, more than the %d that a packet can have here",
			captured, r.limit))
	}
	size := r.header + int(captured)
	if len(rest) < size {
		if rest = r.win.peek(size); len(rest) < size {
			return r.file.cut(r.win.offset(), fmt.Sprintf("the packet announces %d bytes, %d are left", captured, len(rest)-r.header))
		}
	}
	r.win.skip(size)
	p.Time = Timestamp(int64(seconds)*1e9 + int64(fraction)*r.fraction)
	p.Link = r.link
	p.Length = lengthOnWire(length, captured)
	p.Data = rest[r.header:size]
	return nil
}

func (r *pcap) headerMissing(left int) error {
	if left == 0 {
		return r.file.end()
	}
	return r.file.cut(r.win.offset(), fmt.Sprintf("a packet's header has %d bytes, %d are left", r.header, left))
}
