package capture

import (
	"errors"
	"io"
)

// Size gives the bytes of a file that can be opened Again; 0 for all other input:
// pipes, compressed files, and files that the system cannot map.
func (f *File) Size() int64 {
	if f.win.file == nil {
		return 0
	}
	return f.win.file.size
}

// Again opens the same file once more, from the beginning, without looking for
// its name: one goroutine can read the first, another the second. Both end where
// the file ends now, even if it grows. It must be called before Next; f must be
// closed last.
func (f *File) Again() (*File, error) {
	if f.win.file == nil || f.packets > 0 || f.ended != nil {
		return nil, errors.New(f.name + " cannot be opened again")
	}
	first := f.win.file
	if first.until == 0 {
		first.until = first.size
	}
	file := newMapping(first.handle)
	if file == nil {
		return nil, errors.New(f.name + " cannot be mapped again")
	}
	file.until = first.until
	again := &File{name: f.name, closers: []io.Closer{file}, win: newMappedWindow(first.handle, file)}
	return again.begin()
}
