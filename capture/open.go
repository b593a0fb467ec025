package capture

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxWindow bounds what a zstd file may make us keep. zstd uses 8 MiB up to
// level 19; the whole process is to stay within 64 MiB.
const maxWindow = 16 << 20

// A File is a capture that is being read: a file, standard input or bytes in
// memory. It is a Source for one goroutine.
type File struct {
	name    string
	closers []io.Closer
	win     *window
	input   *window // what win is unpacked from; nil: win is the input itself
	size    int64   // of a regular file, in bytes; 0: not known
	format  Source

	unpacked     bool
	packets      int
	descriptions int   // blocks so far that say something about packets, and hold none
	frames       int   // as Wireshark numbers them: packets, and what is none but gets a number
	ended        error // what Next returned last, once it has returned an error
}

// Open opens the capture name; "-" is stdin. The error is an *OpenError: it
// says what the file looks like where it is no capture. A capture without
// packets is no error.
func Open(name string, stdin io.Reader) (*File, error) {
	if name == "-" {
		if stdin == nil {
			return nil, &OpenError{Name: name, Problem: "is not connected"}
		}
		return NewReader(stdin, name)
	}
	handle, err := os.Open(name)
	if err != nil {
		return nil, openFailed(name, err)
	}
	status, err := handle.Stat()
	if err == nil && status.IsDir() {
		err = &OpenError{Name: name, Problem: "is no capture but a directory",
			hint: "name its files one by one: -r FILE -r FILE …"}
	}
	if err != nil {
		handle.Close()
		return nil, openFailed(name, err)
	}
	f := &File{name: name, closers: []io.Closer{handle}, win: newWindow(handle)}
	if status.Mode().IsRegular() {
		f.size = status.Size()
		f.mapInput(handle)
	}
	return f.begin()
}

// openFailed says what the operating system said, and what to do.
func openFailed(name string, err error) error {
	var open *OpenError
	if errors.As(err, &open) {
		return open
	}
	open = &OpenError{Name: name, Problem: "cannot be opened", Err: err}
	if errors.Is(err, fs.ErrPermission) {
		open.hint = "sudo cat " + shellWord(name) + " | sniwatch -r -"
	}
	return open
}

// NewReader reads a capture from r; name is for messages only. It reads no
// more of r than it needs to see what kind of capture it is: a pipe that has
// given a header and waits for its first packet is open. The error is an
// *OpenError.
func NewReader(r io.Reader, name string) (*File, error) {
	f := &File{name: name, win: newWindow(r)}
	return f.begin()
}

// begin finds out what the input is.
func (f *File) begin() (*File, error) {
	err := f.Guard(func() error {
		if err := f.unpack(); err != nil {
			return err
		}
		return f.recognise()
	})
	if err == nil {
		return f, nil
	}
	f.Close()
	var open *OpenError
	if !errors.As(err, &open) {
		open = &OpenError{Name: f.name, Problem: "cannot be read", Err: errors.Unwrap(err)} // Guard's *Broken
	}
	return nil, open
}

// unpack puts a decompressor between the input and the window, if the input
// is compressed. What is compressed is read, not mapped: the decompressor
// copies each byte of it anyway.
func (f *File) unpack() error {
	packing := packingOf(f.win.peek(4))
	if packing == "" {
		return nil
	}
	if f.win.file != nil {
		f.win = newWindow(f.win.src)
	}
	var unpacked io.ReadCloser
	switch packing {
	case "gzip":
		r, err := gzip.NewReader(f.win)
		if err != nil {
			return &OpenError{Name: f.name, Problem: "is a gzip file, but broken", Err: err}
		}
		unpacked = r
	case "zstd":
		r, err := zstd.NewReader(f.win, zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return &OpenError{Name: f.name, Problem: "is a zstd file, but broken", Err: err}
		}
		unpacked = r.IOReadCloser()
	default:
		return &OpenError{Name: f.name, Problem: "is compressed with " + packing + ", which sniwatch does not read",
			hint: unpackHint(packing+" -dc", f.name)}
	}
	f.closers = append(f.closers, unpacked)
	f.input, f.win = f.win, newWindow(unpacked)
	f.unpacked = true
	return nil
}

// recognise finds out which format the (unpacked) input has.
func (f *File) recognise() error {
	head := f.win.peek(4)
	if err := f.win.err; len(head) < 4 && err != io.EOF {
		return f.unreadable(err)
	}
	if f.unpacked && packingOf(head) != "" {
		return &OpenError{Name: f.name, Problem: "is compressed twice",
			hint: "unpack it once, and give the result to sniwatch"}
	}
	switch {
	case isPcapng(head):
		f.format = &pcapng{file: f, win: f.win}
		return nil
	case isPcap(head):
		format, problem := newPcap(f, f.win)
		if problem != "" {
			return &OpenError{Name: f.name, Problem: problem}
		}
		f.format = format
		return nil
	}
	what := sniff(f.win.peek(sniffLength))
	return &OpenError{Name: f.name, Problem: what.problem, hint: what.hint(f.name)}
}

// unreadable is for input that fails before its format could be seen.
func (f *File) unreadable(err error) error {
	open := &OpenError{Name: f.name, Problem: "cannot be read", Err: err}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		open.Problem, open.Err = "is a compressed file that ends before anything could be unpacked", nil
	}
	if isWindowTooLarge(err) {
		open.Problem = "was compressed with a window of more than 16 MiB, which sniwatch does not hold in memory"
		open.Err = nil
		open.hint = unpackHint("zstd -dc --long=31", f.name)
	}
	return open
}

// Next reads the next packet into p. After the last one it returns io.EOF,
// and a *Broken where the capture cannot be read further; then it returns
// the same again.
func (f *File) Next(p *Packet) error {
	if f.ended != nil {
		return f.ended
	}
	if err := f.format.Next(p); err != nil {
		f.ended = err
		return err
	}
	f.packets++
	f.frames++
	p.Number = f.frames
	return nil
}

// Close closes what Open opened; what a Packet showed is gone. The reader
// that was given to NewReader stays open.
func (f *File) Close() error {
	var errs []error
	for _, c := range slices.Backward(f.closers) {
		errs = append(errs, c.Close())
	}
	f.closers = nil
	if f.ended == nil {
		f.ended = fs.ErrClosed
	}
	return errors.Join(errs...)
}

// broken makes the error of a capture that contradicts itself at offset.
func (f *File) broken(offset int64, problem string) error {
	return &Broken{Name: f.name, Packets: f.packets, Offset: offset, Unpacked: f.unpacked, Problem: problem}
}

// cut makes the error of a capture that ends too early: after offset, where
// something began that ends too early. Where reading failed, that is said
// instead.
func (f *File) cut(offset int64, problem string) error {
	b := &Broken{Name: f.name, Packets: f.packets, Offset: offset, Unpacked: f.unpacked, Cut: true, Problem: problem}
	switch err := f.win.err; {
	case err == nil, err == io.EOF:
	case errors.Is(err, io.ErrUnexpectedEOF):
		b.Err = err
		b.Problem = "the compressed file ends in the middle"
	default:
		b.Err, b.Cut = err, false
		b.Problem = "reading failed: " + reason(err)
	}
	return b
}

// end is for a capture in which nothing follows the last packet: io.EOF, or
// what made reading fail there.
func (f *File) end() error {
	if f.win.err == io.EOF {
		return io.EOF
	}
	return f.cut(f.win.offset(), "")
}
