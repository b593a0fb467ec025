package capture

import (
	"encoding/binary"
	"strings"
)

// WriteFrom adds a packet as Write does, with what is known of where it was
// captured: its interface is described as from says.
func (w *Writer) WriteFrom(p *Packet, from Origin, comment string) error {
	id, err := w.interfaceFor(described{p.Link, from.Interface})
	if err != nil {
		return err
	}
	time := unitsOf(p.Time, from.Interface)
	flags := ""
	if from.Flags != 0 {
		flags = le32(from.Flags)
	}
	w.begin(blockPacket)
	w.uint32(id)
	w.uint32(uint32(time >> 32))
	w.uint32(uint32(time))
	w.uint32(uint32(len(p.Data)))
	w.uint32(wireLength(p))
	w.block = append(w.block, p.Data...)
	w.pad(len(p.Data))
	return w.end(
		option{optionComment, valid(comment)},
		option{optionFlags, flags},
		option{optionDropCount, counter(int64(min(from.Dropped, 1<<62)), 1)},
	)
}

// interfaceFor gives the number of an interface, and describes it first if it
// is new.
func (w *Writer) interfaceFor(d described) (uint32, error) {
	if id, ok := w.interfaces[d]; ok {
		return id, nil
	}
	about := Interface{Name: w.options.Interface, SnapLen: w.options.SnapLen}
	if d.from != nil {
		about = *d.from
	}
	filter := ""
	if about.Filter != "" {
		filter = "\x00" + valid(about.Filter) // 0: a text for libpcap
	}
	w.begin(blockInterface)
	w.uint32(uint32(d.link) & 0xffff) // and two reserved bytes
	w.uint32(about.SnapLen)
	err := w.end(
		option{optionName, valid(about.Name)},
		option{optionDescription, valid(about.Description)},
		option{optionFilter, filter},
		option{optionResolution, string(rune(digits(d.from)))},
	)
	id := uint32(len(w.order))
	w.interfaces[d] = id
	w.order = append(w.order, d)
	return id, err
}

// EndSection adds an Interface Statistics Block for each interface of the
// section: what is known to be lost, and until when was captured; 0: that is
// not known.
func (w *Writer) EndSection(until Timestamp) error {
	for id, d := range w.order {
		s := Statistics{-1, -1, -1}
		if d.from != nil && d.from.Statistics != nil {
			s = *d.from.Statistics
		}
		unit := Timestamp(powerOf10(nanoseconds - digits(d.from)))
		time := unitsOf(until+unit-1, d.from) // not a moment too early
		end := ""
		if until > 0 {
			end = le32(uint32(time>>32)) + le32(uint32(time))
		}
		w.begin(blockStatistic)
		w.uint32(uint32(id))
		w.uint32(uint32(time >> 32))
		w.uint32(uint32(time))
		err := w.end(
			option{optionEndTime, end},
			option{optionReceived, counter(s.Received, 0)},
			option{optionDropped, counter(s.Dropped, 0)},
			option{optionOSDropped, counter(s.OSDropped, 0)},
		)
		if err != nil {
			return err
		}
	}
	return nil
}

// digits is with how many decimal digits of a second the times of an interface
// are written: as many as they had.
func digits(on *Interface) uint8 {
	if on == nil || on.Resolution > nanoseconds {
		return nanoseconds
	}
	return on.Resolution
}

// unitsOf gives a time in the units of its interface.
func unitsOf(t Timestamp, on *Interface) uint64 {
	return uint64(max(0, t)) / powerOf10(nanoseconds-digits(on))
}

// counter is the value of an option for n, none where n is less than least.
func counter(n, least int64) string {
	if n < least {
		return ""
	}
	return string(binary.LittleEndian.AppendUint64(nil, uint64(n)))
}

// le32 is a number as it stands in the file.
func le32(n uint32) string { return string(binary.LittleEndian.AppendUint32(nil, n)) }

// valid replaces what is no UTF-8: options are text.
func valid(text string) string { return strings.ToValidUTF8(text, "\ufffd") }
