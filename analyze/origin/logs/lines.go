package logs

import (
	"bytes"
	"io"
)

// maxLine is how many bytes of a line are looked at; what servers say of a
// handshake stands in the first few hundred.
const maxLine = 64 << 10

// readSize is how much is read at once. It is larger than maxLine, so that a
// line always fits.
const readSize = 256 << 10

// lines splits what it reads at 0x0A. How the reads were divided never shows in
// the lines.
type lines struct {
	src        io.Reader
	buf        []byte
	start, end int // what is read and not given out
	searched   int // bytes after start that hold no 0x0A
	skipping   bool
	err        error
	growing    bool // more can come after an io.EOF: what has no end yet is kept

	read int64 // bytes given out, skipped ones included
	cut  bool  // the last line was longer than maxLine
}

func newLines(src io.Reader) *lines { return &lines{src: src, buf: make([]byte, readSize)} }

// next gives the next line, without its end. It is valid until the next call.
// whole is false for what follows the last 0x0A, which is given once, before
// the error.
func (l *lines) next() (line []byte, whole bool, err error) {
	for {
		l.dropNULs()
		held := l.buf[l.start:l.end]
		i := bytes.IndexByte(held[l.searched:], '\n')
		if i >= 0 {
			i += l.searched
		}
		switch {
		case l.skipping && i >= 0:
			l.give(i + 1)
			l.skipping = false
		case l.skipping:
			l.give(len(held))
			if !l.fill() {
				return nil, false, l.err
			}
		case i >= 0:
			l.give(i + 1)
			l.cut = i > maxLine
			return held[:min(i, maxLine)], true, nil
		case len(held) > maxLine:
			l.give(len(held))
			l.cut, l.skipping = true, true
			return held[:maxLine], true, nil
		default:
			l.searched = len(held)
			if l.fill() {
				continue
			}
			if held = l.buf[l.start:l.end]; len(held) > 0 && !l.growing { // fill may have moved it
				l.give(len(held))
				l.cut = false
				return held, false, nil
			}
			return nil, false, l.err
		}
	}
}

// dropNULs skips zero bytes before a line: a server that goes on writing at its
// old offset after the file was truncated leaves a hole of them.
func (l *lines) dropNULs() {
	if l.skipping || l.searched > 0 {
		return
	}
	n := 0
	for l.start+n < l.end && l.buf[l.start+n] == 0 {
		n++
	}
	l.give(n)
}

func (l *lines) give(n int) {
	l.read += int64(n)
	l.start += n
	l.searched = 0
}

// fill reads more; false: there is no more, and l.err says why.
func (l *lines) fill() bool {
	if l.growing {
		l.err = nil
	}
	if l.err != nil {
		return false
	}
	if l.start > 0 {
		copy(l.buf, l.buf[l.start:l.end])
		l.start, l.end = 0, l.end-l.start
	}
	for range maxEmptyReads {
		n, err := l.src.Read(l.buf[l.end:])
		l.end += n
		l.err = err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	l.err = io.ErrNoProgress
	return false
}

// maxEmptyReads is how often a reader may give neither bytes nor an error.
const maxEmptyReads = 100

// forget drops what was read of a line that will never be whole, and tells how many
// bytes that were.
func (l *lines) forget() (dropped int) {
	dropped = l.end - l.start
	l.read += int64(dropped)
	l.start, l.end, l.searched, l.skipping, l.err = 0, 0, 0, false, nil
	return dropped
}
