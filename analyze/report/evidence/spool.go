package evidence

import (
	"cmp"
	"errors"
	"slices"
)

const spoolBuffer = 64 << 10 // bytes that are written at once

// A spool holds packets in a file until they can be put in order.
type spool struct {
	file       Spool
	interfaces *interfaces
	buffer     []byte
	size       int64 // with what is in the buffer
	places     []place
	record     []byte // the one that is being read
}

// A place is where in the spool a packet is.
type place struct {
	order uint64 // number of the input, and of the packet in it
	at    int64
	size  uint32
}

func (p *place) input() int { return int(p.order >> 32) }

// add appends a packet of the input with that number.
func (s *spool) add(input int, p *Packet) error {
	before := len(s.buffer)
	on := s.interfaces.number(p.Origin.Interface)
	s.buffer = appendHead(s.buffer, &p.Packet, p.Origin, on, len(p.Data), len(p.Comment))
	s.buffer = append(append(s.buffer, p.Data...), p.Comment...)
	size := len(s.buffer) - before
	s.places = append(s.places, place{uint64(input)<<32 | uint64(uint32(p.Number)), s.size, uint32(size)})
	s.size += int64(size)
	if len(s.buffer) < spoolBuffer {
		return nil
	}
	return s.flush()
}

func (s *spool) flush() error {
	_, err := s.file.Write(s.buffer)
	s.buffer = s.buffer[:0]
	return err
}

// sort puts the packets into the order of their capture.
func (s *spool) sort() error {
	slices.SortStableFunc(s.places, func(a, b place) int { return cmp.Compare(a.order, b.order) })
	return s.flush()
}

// errSpool is for a spool that does not hold what was written to it.
var errSpool = errors.New("the temporary file was changed")

// read reads the packet at a place. Its bytes are valid until the next read.
func (s *spool) read(at *place) (Packet, error) {
	s.record = slices.Grow(s.record[:0], int(at.size))[:at.size]
	if _, err := s.file.ReadAt(s.record, at.at); err != nil {
		return Packet{}, err
	}
	p, size := parseRecord(s.record, s.interfaces)
	if size != int(at.size) {
		return Packet{}, errSpool
	}
	return p, nil
}
