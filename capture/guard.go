package capture

import (
	"errors"
	"os"
	"runtime"
	"runtime/debug"
)

// errShrunk is for a file that lost bytes that were already counted on.
var errShrunk = errors.New("the file was made shorter while it was read")

// errUnreadable is for a part of a file that is there and cannot be had. With
// read(2) it would be an input/output error; on a mapped page it is a fault.
var errUnreadable = errors.New("input/output error")

// mapInput lets the window map handle instead of reading it, where the system
// can. Views then are pages of the file.
func (f *File) mapInput(handle *os.File) {
	if file := newMapping(handle); file != nil {
		f.closers = append(f.closers, file)
		f.win = newMappedWindow(handle, file)
	}
}

// Guard calls run and gives its error. Whoever reads a capture that may be a
// regular file does so in run, and looks at the packets there too: their
// bytes can be pages of the file, and a look at a page is a fault if somebody
// made the file shorter meanwhile, or the disk fails. Without a Guard a fault
// ends the program. Guard gives a *Broken instead, which Next returns from
// then on; run was left in the middle.
//
// It protects the goroutine it is called in, and Go code only: C code that
// looks at the bytes of a packet needs a copy of them. Other panics go on.
func (f *File) Guard(run func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		what := recover()
		if what == nil {
			return
		}
		if !f.win.isFault(what) {
			panic(what)
		}
		f.win.err = f.win.file.whyFault()
		f.ended = f.end()
		err = f.ended
	}()
	return run()
}

// isFault tells whether what a function panicked with is a fault at an
// address where the file is mapped.
func (w *window) isFault(what any) bool {
	fault, ok := what.(interface {
		runtime.Error
		Addr() uintptr
	})
	return ok && w.file != nil && w.file.holds(fault.Addr())
}
