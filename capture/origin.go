package capture

import "strings"

// A Section is what a pcapng file says about who captured (Section Header
// Block, draft-ietf-opsawg-pcapng, section 4.1). Empty: it does not say.
type Section struct {
	Hardware    string // shb_hardware
	OS          string // shb_os
	Application string // shb_userappl
}

// An Interface is what a file says about where packets were captured
// (Interface Description Block, section 4.2). It stays as it is when reading
// goes on, but for Statistics, which come last.
type Interface struct {
	Section     *Section // nil in a pcap file
	Name        string   // if_name
	Description string   // if_description
	Filter      string   // if_filter, where it is text
	Link        LinkType
	SnapLen     uint32      // bytes that were captured of a packet at most; 0 is no limit
	Resolution  uint8       // the times have this many decimal digits of a second, 0 to 9
	Statistics  *Statistics // nil: not said, or not yet
}

// Statistics are the counters of an interface (Interface Statistics Block,
// section 4.6). -1: it was not counted.
type Statistics struct {
	Received  int64 // isb_ifrecv
	Dropped   int64 // isb_ifdrop, by the interface
	OSDropped int64 // isb_osdrop, by the operating system
}

// An Origin is what a file says about one packet beside its bytes.
type Origin struct {
	Interface *Interface // nil: nothing is known
	Flags     uint32     // epb_flags, 0 where there are none
	Dropped   uint64     // epb_dropcount: packets lost since the one before on this interface
}

// A describer is a format that knows where its packets are from.
type describer interface {
	origin() Origin
	until() Timestamp
}

// Origin tells where the packet that Next gave last is from. It is called
// before the next call of Next, and inside of Guard as that is.
func (f *File) Origin() Origin {
	if d, ok := f.format.(describer); ok {
		return d.origin()
	}
	return Origin{}
}

// Until tells how long was captured, as far as the file has said so by now: the
// latest isb_endtime. A capture that holds the packets of some connections only
// still tells by it for how long nothing more came. 0: the file does not say.
func (f *File) Until() Timestamp {
	if d, ok := f.format.(describer); ok {
		return d.until()
	}
	return 0
}

// origin is the same for all packets of a pcap file.
func (r *pcap) origin() Origin {
	if r.where == nil {
		r.where = &Interface{Link: r.link, SnapLen: r.snapLen, Resolution: 9}
		if r.fraction == 1000 {
			r.where.Resolution = 6
		}
	}
	return Origin{Interface: r.where}
}

func (r *pcap) until() Timestamp { return 0 }

// Options of pcapng that are kept for who asks for the origin of packets
// (draft-ietf-opsawg-pcapng, sections 4.1 to 4.3 and 4.6).
const (
	optionComment     = 1
	optionHardware    = 2 // of a section
	optionOS          = 3
	optionApplication = 4
	optionName        = 2 // of an interface
	optionDescription = 3
	optionFilter      = 11
	optionFlags       = 2 // of a packet
	optionDropCount   = 4
	optionEndTime     = 3 // of statistics
	optionReceived    = 4
	optionDropped     = 5
	optionOSDropped   = 7
)

const (
	// maxText bounds a name or a description, in bytes, and allText all of them
	// that a file can make us keep.
	maxText = 1 << 10
	allText = 1 << 20

	statisticsHead = 20       // of Interface Statistics Blocks, up to the options
	maxDescribed   = 64 << 10 // bytes of a section header, or of statistics, that are looked at
)

// nextOption takes the first option off options. There is none where it would
// be longer than what is left.
func (r *pcapng) nextOption(options []byte) (code uint16, value, rest []byte, ok bool) {
	if len(options) < 4 {
		return 0, nil, nil, false
	}
	code, length := r.uint16(options), int(r.uint16(options[2:]))
	options = options[4:]
	if code == optionEnd || length > len(options) {
		return 0, nil, nil, false
	}
	return code, options[:length], options[min((length+3)&^3, len(options)):], true
}

// text copies the text of an option, as long as there is room for it.
func (r *pcapng) text(value []byte) string {
	if len(value) > maxText {
		value = value[:maxText]
	}
	if r.texts += len(value); r.texts > allText {
		return ""
	}
	return strings.TrimRight(string(value), "\x00")
}

// describeSection reads the options of the section header that comes next, as
// far as they are there.
func (r *pcapng) describeSection(length uint32) {
	r.section = &Section{}
	const fields = 24 // before the options
	head := r.win.peek(int(min(length, maxDescribed)))
	if len(head) < fields+4 {
		return
	}
	rest := head[fields:]
	if len(head) == int(length) {
		rest = rest[:len(rest)-4]
	}
	for {
		code, value, after, ok := r.nextOption(rest)
		if !ok {
			return
		}
		switch code {
		case optionHardware:
			r.section.Hardware = r.text(value)
		case optionOS:
			r.section.OS = r.text(value)
		case optionApplication:
			r.section.Application = r.text(value)
		}
		rest = after
	}
}

// describeInterface reads the options of an Interface Description Block, and
// what its times mean: if_tsresol and if_tsoffset. An option that is longer
// than the block ends the search: the packets can be read nevertheless.
func (r *pcapng) describeInterface(to *Interface, options []byte) (resolution uint8, offset int64) {
	resolution = 6
	for {
		code, value, after, ok := r.nextOption(options)
		if !ok {
			break
		}
		switch {
		case code == optionResolution && len(value) >= 1:
			resolution = value[0]
		case code == optionOffset && len(value) == 8:
			offset = int64(r.uint64(value))
		case code == optionName:
			to.Name = r.text(value)
		case code == optionDescription:
			to.Description = r.text(value)
		case code == optionFilter && len(value) > 1 && value[0] == 0: // 0: a text for libpcap
			to.Filter = r.text(value[1:])
		}
		options = after
	}
	to.Resolution = 9
	if resolution <= 9 {
		to.Resolution = resolution
	}
	return resolution, offset
}

// takeStatistics reads the Interface Statistics Block that comes next, as far
// as it makes sense. The block itself is skipped as any other.
func (r *pcapng) takeStatistics(length uint32) {
	if length > maxDescribed || length < statisticsHead+4 {
		return
	}
	block := r.win.peek(int(length))
	if len(block) < int(length) {
		return
	}
	id := r.uint32(block[8:])
	if uint64(id) >= uint64(len(r.interfaces)) {
		return
	}
	on := &r.interfaces[id]
	s := Statistics{-1, -1, -1}
	for options := block[statisticsHead : length-4]; ; {
		code, value, after, ok := r.nextOption(options)
		if !ok {
			break
		}
		if len(value) == 8 {
			r.statistic(code, value, on, &s)
		}
		options = after
	}
	on.about.Statistics = &s
}

// statistic reads one counter, or the time up to which was counted.
func (r *pcapng) statistic(code uint16, value []byte, on *networkInterface, s *Statistics) {
	count := int64(min(r.uint64(value), 1<<62))
	switch code {
	case optionEndTime:
		ended := on.clock.time(uint64(r.uint32(value))<<32 | uint64(r.uint32(value[4:])))
		r.ended = max(r.ended, ended)
	case optionReceived:
		s.Received = count
	case optionDropped:
		s.Dropped = count
	case optionOSDropped:
		s.OSDropped = count
	}
}

// origin looks at the options of the packet that was read last.
func (r *pcapng) origin() Origin {
	if r.last >= len(r.interfaces) {
		return Origin{}
	}
	o := Origin{Interface: r.interfaces[r.last].about}
	for options := r.options; ; {
		code, value, after, ok := r.nextOption(options)
		switch {
		case !ok:
			return o
		case code == optionFlags && len(value) == 4:
			o.Flags = r.uint32(value)
		case code == optionDropCount && len(value) == 8:
			o.Dropped = r.uint64(value)
		}
		options = after
	}
}

func (r *pcapng) until() Timestamp { return r.ended }
