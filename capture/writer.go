package capture

import (
	"encoding/binary"
	"io"
	"math"
	"unicode/utf8"
)

// A Sink takes packets in the order in which they were captured.
type Sink interface {
	// Write adds a packet; comment is a remark about it, "" for none, and is
	// left out where the format has no place for it. The packet's bytes are
	// not kept.
	Write(p *Packet, comment string) error

	// Flush hands on everything that was written. It is called at the end,
	// and whenever somebody else is to see all packets so far.
	Flush() error
}

// WriterOptions say what a capture file tells about its origin. Empty fields
// are left out.
type WriterOptions struct {
	Hardware    string // of the host that captured
	OS          string // its operating system
	Application string // which program wrote the file
	Comment     string // on the whole
	Interface   string // name of the network interface
	SnapLen     uint32 // bytes that were captured of a packet at most; 0 is no limit
}

// nanoseconds is if_tsresol 10 to the power of -9.
const nanoseconds = 9

// maxOption is what the length field of an option can say.
const maxOption = math.MaxUint16

// A Writer writes pcapng: one section or more, an interface for each link type
// and each Origin, timestamps in nanoseconds where the Origin has no coarser
// ones. It writes no secrets.
type Writer struct {
	out        wholeRecords
	options    WriterOptions
	interfaces map[described]uint32
	order      []described // the interfaces, by their numbers
	block      []byte      // what the next block consists of, up to the packet's bytes
}

// described is an interface of the section that is being written.
type described struct {
	link LinkType
	from *Interface // nil: nothing is known of it
}

// NewWriter begins a pcapng file.
func NewWriter(w io.Writer, options WriterOptions) (*Writer, error) {
	out := &Writer{out: wholeRecords{to: w}}
	return out, out.Section(options)
}

// Section begins another section, in which the interfaces are described anew.
func (w *Writer) Section(options WriterOptions) error {
	w.options, w.interfaces, w.order = options, make(map[described]uint32), nil
	w.begin(blockSection)
	w.uint32(byteOrderMagic)
	w.uint32(1) // version 1.0
	w.uint32(math.MaxUint32)
	w.uint32(math.MaxUint32) // the section's length is not known yet
	return w.end(
		option{optionHardware, w.options.Hardware},
		option{optionOS, w.options.OS},
		option{optionApplication, w.options.Application},
		option{optionComment, valid(w.options.Comment)},
	)
}

// Write adds an Enhanced Packet Block. Invalid UTF-8 in comment is replaced,
// and what is too long for an option is cut. A time before 1970 becomes 0.
func (w *Writer) Write(p *Packet, comment string) error { return w.WriteFrom(p, Origin{}, comment) }

// Flush writes out what is buffered. After an error that is gone.
func (w *Writer) Flush() error { return w.out.Flush() }

// wireLength is the length that a file says the packet had.
func wireLength(p *Packet) uint32 {
	return uint32(min(int64(max(p.Length, len(p.Data))), math.MaxUint32))
}

// An option of a block.
type option struct {
	code  uint16
	value string
}

// begin begins a block; its length is filled in by end.
func (w *Writer) begin(kind uint32) {
	w.block = w.block[:0]
	w.uint32(kind)
	w.uint32(0)
}

// end writes the block with those options that have a value.
func (w *Writer) end(options ...option) error {
	any := false
	for _, o := range options {
		if o.value == "" {
			continue
		}
		any = true
		value := shorten(o.value)
		w.block = binary.LittleEndian.AppendUint16(w.block, o.code)
		w.block = binary.LittleEndian.AppendUint16(w.block, uint16(len(value)))
		w.block = append(w.block, value...)
		w.pad(len(value))
	}
	if any {
		w.uint32(optionEnd)
	}
	length := uint32(len(w.block) + 4)
	w.uint32(length)
	binary.LittleEndian.PutUint32(w.block[4:], length)
	return w.out.add(w.block)
}

// shorten cuts text to what an option can hold, between two characters.
func shorten(text string) string {
	if len(text) <= maxOption {
		return text
	}
	cut := maxOption
	for cut > maxOption-utf8.UTFMax && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut]
}

func (w *Writer) uint32(v uint32) { w.block = binary.LittleEndian.AppendUint32(w.block, v) }

// pad fills up to a multiple of four bytes what has n bytes.
func (w *Writer) pad(n int) {
	for ; n%4 != 0; n++ {
		w.block = append(w.block, 0)
	}
}

// A PcapWriter writes the older format, for programs that do not read
// pcapng: one link type, timestamps in nanoseconds, no comments.
type PcapWriter struct {
	out     wholeRecords
	snapLen uint32
	link    LinkType
	begun   bool
	record  [recordLength]byte
}

// NewPcapWriter begins a pcap file. Of options it can use SnapLen only.
func NewPcapWriter(w io.Writer, options WriterOptions) *PcapWriter {
	snapLen := options.SnapLen
	if snapLen == 0 {
		snapLen = maxSnapLength
	}
	return &PcapWriter{out: wholeRecords{to: w}, snapLen: snapLen}
}

// begin writes the file header. The link type stands in it, so it cannot be
// written before the first packet.
func (w *PcapWriter) begin(t LinkType) error {
	w.begun, w.link = true, t
	head := make([]byte, 0, pcapHeaderLength)
	head = binary.LittleEndian.AppendUint32(head, magicNano)
	head = binary.LittleEndian.AppendUint16(head, 2) // version 2.4
	head = binary.LittleEndian.AppendUint16(head, 4)
	head = append(head, make([]byte, 8)...) // time zone and accuracy, never used
	head = binary.LittleEndian.AppendUint32(head, w.snapLen)
	head = binary.LittleEndian.AppendUint32(head, uint32(t)&0xffff)
	return w.out.add(head)
}

// Write adds a record; the comment is left out. The error is a *MixedLinks
// where p has another link type than the first packet. A time before 1970
// becomes 0; one after 2106 the last that the format can hold.
func (w *PcapWriter) Write(p *Packet, _ string) error {
	if !w.begun {
		if err := w.begin(p.Link); err != nil {
			return err
		}
	}
	if p.Link != w.link {
		return &MixedLinks{First: w.link, Other: p.Link}
	}
	time := max(0, min(int64(p.Time), math.MaxUint32*1e9+999_999_999))
	binary.LittleEndian.PutUint32(w.record[0:], uint32(time/1e9))
	binary.LittleEndian.PutUint32(w.record[4:], uint32(time%1e9))
	binary.LittleEndian.PutUint32(w.record[8:], uint32(len(p.Data)))
	binary.LittleEndian.PutUint32(w.record[12:], wireLength(p))
	return w.out.add(w.record[:], p.Data)
}

// Flush writes out what is buffered. A file without packets gets a header
// that says Ethernet.
func (w *PcapWriter) Flush() error {
	if !w.begun {
		if err := w.begin(LinkEthernet); err != nil {
			return err
		}
	}
	return w.out.Flush()
}

// MixedLinks says that a pcap file cannot hold packets of two link types.
type MixedLinks struct{ First, Other LinkType }

func (m *MixedLinks) Error() string {
	return "a pcap file holds packets of one link type; these have " + m.First.String() + " and " + m.Other.String()
}

// Hint says what to do instead.
func (m *MixedLinks) Hint() string { return "write to a file whose name ends in .pcapng" }
