package capture

import (
	"io"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A mapping shows a stretch of a file in memory. Compared with read(2) it
// saves the copy, and pages that nobody looks at cost nothing.
//
// The file is shown in pieces of windowSize, always at the same address, so
// that there is one range of addresses in which a fault means that the file
// became shorter. What is left of a piece, a packet that goes on in the next
// one, is copied to the bytes before that address: so the packet is in one
// stretch, and no part of the file is mapped twice.
type mapping struct {
	handle   *os.File
	reserved unsafe.Pointer // addresses for all of it, wherever among them it is aligned
	memory   unsafe.Pointer // the piece; before it, windowSize bytes for what is left of the last one
	size     int64          // of the file when it was last looked at
}

// reservedSize is how many addresses hold a piece that is aligned, and what is left
// before it.
const reservedSize = 3 * windowSize

// newMapping prepares to map handle. It gives nil where that is not possible:
// some file systems cannot, and files of /proc have no size.
func newMapping(handle *os.File) *mapping {
	reserved, err := unix.MmapPtr(-1, 0, nil, reservedSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return nil
	}
	// A few bytes before a piece are to take a page, and not a huge one.
	_ = unix.Madvise(unsafe.Slice((*byte)(reserved), reservedSize), unix.MADV_NOHUGEPAGE)
	m := &mapping{handle: handle, reserved: reserved}
	m.memory = unsafe.Add(reserved, windowSize+-uintptr(reserved)%windowSize)
	if b, _, err := m.view(0, nil); len(b) == 0 || err != nil && err != io.EOF {
		m.Close()
		return nil
	}
	return m
}

// view shows the file from offset on, and before it what else is in the same
// piece: start is the offset of the first byte. rest is what the view before
// showed of the file from offset on; at least as much and a piece more is shown
// now, if the file has it. The error is io.EOF where the file ends in the view.
// The view before is gone.
func (m *mapping) view(offset int64, rest []byte) (b []byte, start int64, err error) {
	status, err := m.handle.Stat()
	if err != nil {
		return nil, offset, err
	}
	if status.Size() < max(m.size, offset+int64(len(rest))) { // offset comes from who saw more of the file
		return nil, offset, errShrunk
	}
	m.size = status.Size()
	behind := offset + int64(len(rest))
	if behind == m.size {
		return rest, offset, io.EOF // there is nothing to map
	}
	piece := behind &^ (windowSize - 1)
	start = min(piece, offset)
	left := int(piece - start)
	first := unsafe.Add(m.memory, -left)
	copy(unsafe.Slice((*byte)(first), left), rest)
	end := min(piece+windowSize, m.size)
	// Behind the end of the file the view before stays.
	if _, err := unix.MmapPtr(int(m.handle.Fd()), piece, m.memory, uintptr(end-piece),
		unix.PROT_READ, unix.MAP_SHARED|unix.MAP_FIXED); err != nil {
		return nil, offset, err
	}
	if end == m.size {
		err = io.EOF
	}
	return unsafe.Slice((*byte)(first), left+windowSize)[:end-start], start, err
}

// whyFault tells what made a look at the view a fault.
func (m *mapping) whyFault() error {
	if status, err := m.handle.Stat(); err == nil && status.Size() >= m.size {
		return errUnreadable
	}
	return errShrunk
}

// holds tells whether address is in the view.
func (m *mapping) holds(address uintptr) bool {
	return address-uintptr(m.memory) < windowSize
}

// Close takes the view away.
func (m *mapping) Close() error {
	return unix.MunmapPtr(m.reserved, reservedSize)
}
