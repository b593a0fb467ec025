package capture

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
)

// Block types of pcapng (draft-ietf-opsawg-pcapng, section 11.1) that are
// looked into. All others are skipped: names, secrets and so on.
const (
	blockSection   = 0x0a0d0d0a // the same in both byte orders
	blockInterface = 1
	blockOldPacket = 2
	blockSimple    = 3
	blockStatistic = 5
	blockPacket    = 6
)

const (
	byteOrderMagic = 0x1a2b3c4d
	blockShell     = 12 // type and length before the body, length again behind it
	sectionHead    = 16 // of Section Header Blocks, up to the section's length
	packetHead     = 28 // of Enhanced and obsolete Packet Blocks, up to the packet's bytes
	simpleHead     = 12 // of Simple Packet Blocks
	interfaceHead  = 16 // of Interface Description Blocks, up to the options

	// maxBlock bounds the blocks that are held in memory whole: a packet and
	// as much again for its options. Blocks that are skipped may be longer.
	maxBlock = 2 * maxPacket

	// maxInterfaces of a section. Each costs us more memory than it costs a
	// hostile file bytes.
	maxInterfaces = 1 << 16
)

// Options of Interface Description Blocks.
const (
	optionEnd        = 0
	optionResolution = 9  // if_tsresol
	optionOffset     = 14 // if_tsoffset
)

// A pcapng reads the block format. Sections follow each other, each with its
// own byte order and its own interfaces.
type pcapng struct {
	file       *File
	win        *window
	big        bool // the section is big-endian
	interfaces []networkInterface

	// For who asks where packets are from.
	section *Section
	last    int       // the interface of the packet that was read last
	options []byte    // of that packet; a view
	ended   Timestamp // until when was captured, as far as that is said
	texts   int       // bytes of names and descriptions so far
}

// A networkInterface is what an Interface Description Block says.
type networkInterface struct {
	link  LinkType
	snap  uint32 // 0 is no limit
	clock clock
	about *Interface
}

// isPcapng tells whether head begins with a Section Header Block.
func isPcapng(head []byte) bool {
	return len(head) >= 4 && binary.LittleEndian.Uint32(head) == blockSection
}

// Next reads blocks until one holds a packet.
func (r *pcapng) Next(p *Packet) error {
	for {
		kind, length, err := r.beginBlock()
		if err != nil {
			return err
		}
		packet, err := r.takeBlock(kind, length, p)
		if packet || err != nil {
			return err
		}
	}
}

// beginBlock looks at the type and the length of the next block, without
// taking it. At a section header it learns first how to read them.
func (r *pcapng) beginBlock() (kind, length uint32, err error) {
	head := r.win.peek(blockShell)
	if len(head) == 0 {
		return 0, 0, r.file.end()
	}
	if len(head) < blockShell {
		return 0, 0, r.cut("a block has 12 bytes or more, %d are left", len(head))
	}
	kind = r.uint32(head)
	if kind == blockSection {
		if err := r.beginSection(); err != nil {
			return 0, 0, err
		}
		head = r.win.peek(blockShell)
	}
	length = r.uint32(head[4:])
	if length < blockShell || length%4 != 0 {
		return 0, 0, r.broken("a block of %d bytes cannot be: it has 12 or more, in steps of 4", length)
	}
	return kind, length, nil
}

// takeBlock reads or skips the next block, and tells whether p is a packet
// from it.
func (r *pcapng) takeBlock(kind, length uint32, p *Packet) (packet bool, err error) {
	switch kind {
	case blockPacket, blockOldPacket, blockSimple, blockInterface:
		block, err := r.block(length)
		if err != nil {
			return false, err
		}
		if err := r.read(kind, block, p); err != nil {
			return false, err
		}
		r.win.skip(int(length))
		return kind != blockInterface, nil
	case blockSection:
		r.describeSection(length)
	case blockStatistic:
		r.file.descriptions++
		r.takeStatistics(length)
	}
	if isFrame(kind) {
		r.file.frames++
	}
	return false, r.skipBlock(length)
}

// isFrame tells whether Wireshark shows and numbers a block as a frame
// although there is no packet in it: entries of the systemd journal, custom
// blocks and the events of sysdig. Versions before 4.4 leave out the events
// with flags: 0x208, 0x217 and 0x222.
func isFrame(kind uint32) bool {
	switch kind {
	case 9, 0x0bad, 0x40000bad, 0x204, 0x208, 0x216, 0x217, 0x221, 0x222:
		return true
	}
	return false
}

// beginSection learns the byte order. The length of the section is not
// needed and, from programs that write to a pipe, not there. Another major
// version would mean that the blocks look different.
func (r *pcapng) beginSection() error {
	head := r.win.peek(sectionHead)
	if len(head) < sectionHead {
		return r.cut("a section header has 28 bytes or more, %d are left", len(head))
	}
	switch uint32(byteOrderMagic) {
	case binary.LittleEndian.Uint32(head[8:]):
		r.big = false
	case binary.BigEndian.Uint32(head[8:]):
		r.big = true
	default:
		return r.broken("a section begins without its byte-order magic")
	}
	if major, minor := r.uint16(head[12:]), r.uint16(head[14:]); major != 1 {
		return r.broken("a section has version %d.%d of pcapng, only version 1 is known", major, minor)
	}
	r.file.descriptions++
	r.interfaces = r.interfaces[:0]
	r.win.ahead = r.lookAhead()
	return nil
}

// block gives a block whose length is known to be well-formed, with both its
// lengths, which must agree.
func (r *pcapng) block(length uint32) ([]byte, error) {
	if length > maxBlock {
		return nil, r.broken("a block of %d bytes is more than the %d that a packet and its options can have", length, maxBlock)
	}
	block := r.win.peek(int(length))
	if len(block) < int(length) {
		return nil, r.cut("the block announces %d bytes, %d are left", length, len(block))
	}
	if again := r.uint32(block[length-4:]); again != length {
		return nil, r.lengthsDiffer(length, again)
	}
	return block, nil
}

// skipBlock takes a block of any length without looking into it.
func (r *pcapng) skipBlock(length uint32) error {
	start := r.win.offset()
	there := r.win.discard(int64(length) - 4)
	trailer := r.win.peek(4)
	if there < int64(length)-4 || len(trailer) < 4 {
		return r.file.cut(start, fmt.Sprintf("the block announces %d bytes, %d are left", length, there+int64(len(trailer))))
	}
	if again := r.uint32(trailer); again != length {
		return r.lengthsDiffer(length, again)
	}
	r.win.skip(4)
	return nil
}

func (r *pcapng) lengthsDiffer(first, second uint32) error {
	return r.broken("a block says that it has %d bytes, and at its end that it has %d", first, second)
}

// read reads a block that is wholly there.
func (r *pcapng) read(kind uint32, block []byte, p *Packet) error {
	switch kind {
	case blockInterface:
		return r.addInterface(block)
	case blockSimple:
		return r.simplePacket(block, p)
	}
	if len(block) < packetHead+4 {
		return r.broken("a packet block of %d bytes is too short for its fields", len(block))
	}
	id := r.uint32(block[8:])
	if kind == blockOldPacket {
		id = uint32(r.uint16(block[8:]))
	}
	if uint64(id) >= uint64(len(r.interfaces)) {
		return r.noInterface(id)
	}
	on := &r.interfaces[id]
	captured, length := r.uint32(block[20:]), r.uint32(block[24:])
	if err := r.give(p, block[packetHead:len(block)-4], captured, length); err != nil {
		return err
	}
	p.Time = on.clock.time(uint64(r.uint32(block[12:]))<<32 | uint64(r.uint32(block[16:])))
	p.Link = on.link
	r.last = int(id)
	padded := (uint64(captured) + 3) &^ 3
	r.options = block[min(packetHead+padded, uint64(len(block)-4)) : len(block)-4]
	return nil
}

// simplePacket reads a packet that has no time and belongs to the first
// interface. How much of it was captured follows from that one's snap length.
func (r *pcapng) simplePacket(block []byte, p *Packet) error {
	if len(block) < simpleHead+4 {
		return r.broken("a packet block of %d bytes is too short for its fields", len(block))
	}
	if len(r.interfaces) == 0 {
		return r.noInterface(0)
	}
	on := &r.interfaces[0]
	length := r.uint32(block[8:])
	captured := length
	if on.snap != 0 {
		captured = min(captured, on.snap)
	}
	if err := r.give(p, block[simpleHead:len(block)-4], captured, length); err != nil {
		return err
	}
	p.Time = 0
	p.Link = on.link
	r.last, r.options = 0, nil
	return nil
}

// give fills in the packet's bytes: the first captured ones of body.
func (r *pcapng) give(p *Packet, body []byte, captured, length uint32) error {
	if uint64(captured) > uint64(len(body)) {
		return r.broken("the packet announces %d bytes, its block has room for %d", captured, len(body))
	}
	if captured > maxPacket {
		return r.broken("the next packet would have %d bytes, more than the %d that a packet can have here", captured, maxPacket)
	}
	p.Length = lengthOnWire(length, captured)
	p.Data = body[:captured]
	return nil
}

func (r *pcapng) noInterface(id uint32) error {
	return r.broken("a packet was captured on interface %d, which no block before it describes", id)
}

// addInterface reads an Interface Description Block.
func (r *pcapng) addInterface(block []byte) error {
	if len(block) < interfaceHead+4 {
		return r.broken("an interface block of %d bytes is too short for its fields", len(block))
	}
	if len(r.interfaces) == maxInterfaces {
		return r.broken("more than %d interfaces in a section", maxInterfaces)
	}
	r.file.descriptions++
	about := &Interface{
		Section: r.section,
		Link:    LinkType(r.uint16(block[8:])),
		SnapLen: r.uint32(block[12:]),
	}
	resolution, offset := r.describeInterface(about, block[interfaceHead:len(block)-4])
	r.interfaces = append(r.interfaces, networkInterface{
		link:  about.Link,
		snap:  about.SnapLen,
		clock: newClock(resolution, offset),
		about: about,
	})
	return nil
}

func (r *pcapng) broken(format string, args ...any) error {
	return r.file.broken(r.win.offset(), fmt.Sprintf(format, args...))
}

func (r *pcapng) cut(format string, args ...any) error {
	return r.file.cut(r.win.offset(), fmt.Sprintf(format, args...))
}

func (r *pcapng) uint16(b []byte) uint16 {
	v := binary.LittleEndian.Uint16(b)
	if r.big {
		return bits.ReverseBytes16(v)
	}
	return v
}

func (r *pcapng) uint32(b []byte) uint32 {
	v := binary.LittleEndian.Uint32(b)
	if r.big {
		return bits.ReverseBytes32(v)
	}
	return v
}

func (r *pcapng) uint64(b []byte) uint64 {
	v := binary.LittleEndian.Uint64(b)
	if r.big {
		return bits.ReverseBytes64(v)
	}
	return v
}

// A clock makes nanoseconds of an interface's timestamps, which count units
// of 10 to the power of -n or 2 to the power of -n seconds, n from 0 to 127.
// A time that does not fit into a Timestamp becomes the nearest one that does.
type clock struct {
	times  uint64 // nanoseconds in a unit, where that is 1 or more
	over   uint64 // units in a nanosecond, where that is more than 1
	binary bool
	shift  uint8 // n, where the units are binary
	offset int64 // nanoseconds to be added
}

// newClock takes the options if_tsresol and if_tsoffset (in seconds).
func newClock(resolution uint8, offset int64) clock {
	c := clock{offset: saturatingSeconds(offset)}
	n := resolution & 0x7f
	switch {
	case resolution&0x80 != 0:
		c.binary, c.shift = true, n
	case n <= 9:
		c.times = powerOf10(9 - n)
	case n <= 9+19:
		c.over = powerOf10(n - 9)
	default: // even 2 to the power of 64 units are no nanosecond
		c.times = 0
	}
	return c
}

// time gives the timestamp of units.
func (c *clock) time(units uint64) Timestamp {
	high, low := uint64(0), units
	switch {
	case c.binary:
		high, low = bits.Mul64(units, 1e9)
		high, low = shiftRight(high, low, c.shift)
	case c.over != 0:
		low = units / c.over
	default:
		high, low = bits.Mul64(units, c.times)
	}
	if high != 0 || low > math.MaxInt64 {
		low = math.MaxInt64
	}
	return Timestamp(saturatingAdd(int64(low), c.offset))
}

// shiftRight shifts a number of 128 bits by n, 0 to 127.
func shiftRight(high, low uint64, n uint8) (uint64, uint64) {
	if n >= 64 {
		return 0, high >> (n - 64)
	}
	return high >> n, low>>n | high<<(64-n)
}

func powerOf10(n uint8) uint64 {
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}

func saturatingSeconds(s int64) int64 {
	const most = math.MaxInt64 / 1_000_000_000
	return max(-most, min(s, most)) * 1_000_000_000
}

func saturatingAdd(a, b int64) int64 {
	switch {
	case b > 0 && a > math.MaxInt64-b:
		return math.MaxInt64
	case b < 0 && a < math.MinInt64-b:
		return math.MinInt64
	}
	return a + b
}
