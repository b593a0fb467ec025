package logs

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxWindow bounds what a zstd file may make us keep: zstd uses 8 MiB up to
// level 19.
const maxWindow = 16 << 20

// An OpenError tells why a log cannot be read.
type OpenError struct {
	Name    string
	Problem string // to be read after the name
	Advice  string // what to do; "": nothing better than the obvious
	Err     error  // the cause, where there is one
}

// Error names the file and what is wrong with it.
func (e *OpenError) Error() string {
	name := e.Name
	if name == "-" {
		name = "standard input"
	}
	if e.Err == nil {
		return name + " " + e.Problem
	}
	return fmt.Sprintf("%s %s: %v", name, e.Problem, withoutPath(e.Err))
}

// withoutPath is an error of the file system without the name, which was said.
func withoutPath(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

// Unwrap gives the cause.
func (e *OpenError) Unwrap() error { return e.Err }

// Hint says what to do about it.
func (e *OpenError) Hint() string { return e.Advice }

// Open opens the log name, "-" is stdin; what gzip or zstd packed is unpacked,
// whatever its name. Closing gives back what Open opened, and leaves stdin
// open. The error is an *OpenError. An empty log is no error.
func Open(name string, stdin io.Reader) (io.ReadCloser, error) {
	if name == "-" {
		if stdin == nil {
			return nil, &OpenError{Name: name, Problem: "is not connected"}
		}
		return unpack(name, stdin, nil)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, openFailed(name, err)
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		f.Close()
		return nil, &OpenError{Name: name, Problem: "is a directory, not a log", Advice: "name the files in it, for example " + name + "/error.log"}
	}
	return unpack(name, f, f)
}

func openFailed(name string, err error) error {
	e := &OpenError{Name: name, Problem: "cannot be opened", Err: err}
	if errors.Is(err, fs.ErrPermission) {
		e.Advice = "logs are mostly readable for root and the group adm alone: run it with sudo"
	}
	return e
}

// A log is an opened log, with what must be closed after it.
type log struct {
	io.Reader
	closers []io.Closer
}

// Close closes what was opened, the last first.
func (l *log) Close() error {
	var errs []error
	for _, c := range slices.Backward(l.closers) {
		errs = append(errs, c.Close())
	}
	l.closers = nil
	return errors.Join(errs...)
}

// unpack puts a decompressor before r if it is packed.
func unpack(name string, r io.Reader, file io.Closer) (io.ReadCloser, error) {
	l := &log{}
	if file != nil {
		l.closers = append(l.closers, file)
	}
	b := bufio.NewReader(r)
	l.Reader = b
	head, _ := b.Peek(4) // an error comes again when it is read
	fail := func(problem string, err error) (io.ReadCloser, error) {
		l.Close()
		return nil, &OpenError{Name: name, Problem: problem, Err: err}
	}
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(b)
		if err != nil {
			return fail("is a gzip file, but broken", err)
		}
		l.Reader, l.closers = z, append(l.closers, z)
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return fail("is a zstd file, but broken", err)
		}
		l.Reader, l.closers = z, append(l.closers, z.IOReadCloser())
	case bytes.HasPrefix(head, []byte("\xfd7zX")), bytes.HasPrefix(head, []byte("BZh")):
		return fail("is compressed in a way that sniwatch does not read", nil)
	case bytes.HasPrefix(head, []byte{0xd4, 0xc3, 0xb2, 0xa1}), bytes.HasPrefix(head, []byte{0x0a, 0x0d, 0x0d, 0x0a}):
		l.Close()
		return nil, &OpenError{Name: name, Problem: "is a capture, not a log", Advice: "captures are given with -r: sniwatch -r " + name}
	}
	return l, nil
}
