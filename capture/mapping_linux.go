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
// All stretches are shown at the same address. So there is one range of
// addresses in which a fault means that the file became shorter, and a view
// that was kept too long shows other bytes, as it does with read(2).
type mapping struct {
	handle   *os.File
	reserved unsafe.Pointer // addresses for a window, wherever among them it is aligned
	memory   unsafe.Pointer // the window
	size     int64          // of the file when it was last looked at
}

// reservedSize is how many addresses hold a window that is aligned.
const reservedSize = windowSize + alignment

// newMapping prepares to map handle. It gives nil where that is not possible:
// some file systems cannot, and files of /proc have no size.
func newMapping(handle *os.File) *mapping {
	reserved, err := unix.MmapPtr(-1, 0, nil, reservedSize, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return nil
	}
	memory := unsafe.Add(reserved, -uintptr(reserved)%alignment)
	m := &mapping{handle: handle, reserved: reserved, memory: memory}
	if b, _, err := m.view(0); len(b) == 0 || err != nil && err != io.EOF {
		m.Close()
		return nil
	}
	return m
}

// view shows the file from offset on, and before it what else is in the
// same alignment: start is the offset of the first byte. The error is io.EOF where the
// file ends in the view. The view before is gone.
func (m *mapping) view(offset int64) (b []byte, start int64, err error) {
	status, err := m.handle.Stat()
	if err != nil {
		return nil, offset, err
	}
	if status.Size() < m.size {
		return nil, offset, errShrunk
	}
	m.size = status.Size()
	if offset == m.size {
		return nil, offset, io.EOF
	}
	start = offset &^ (alignment - 1)
	end := min(start+windowSize, m.size)
	// Behind the end of the file the view before stays: there is nothing to map.
	if _, err := unix.MmapPtr(int(m.handle.Fd()), start, m.memory, uintptr(end-start),
		unix.PROT_READ, unix.MAP_SHARED|unix.MAP_FIXED); err != nil {
		return nil, offset, err
	}
	if end == m.size {
		err = io.EOF
	}
	return unsafe.Slice((*byte)(m.memory), windowSize)[:end-start], start, err
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
