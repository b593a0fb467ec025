package capture

import "io"

const (
	// blockSize is what is read at once. 128 KiB copy fastest: larger blocks
	// leave the processor's cache before they are looked at.
	blockSize = 128 << 10

	// windowSize is how much of a file is mapped at once: pieces that begin at
	// multiples of it in the file and in memory. It is the large page of most
	// processors: where the kernel holds the file in such pages, it maps one
	// as it is, which takes one fault and not 32. Mapped pages count as memory of
	// the process, which is to stay small.
	windowSize = 2 << 20

	// emptyReads is how many reads without a byte and without an error are
	// borne, as in package bufio.
	emptyReads = 100
)

// The longest block is not longer than a window: this would not compile otherwise.
const _ = uint(windowSize - maxBlock)

// A window is the stretch of the input that is in memory. It only moves
// forward. The formats see nothing of it but peek, skip and discard: they
// need not know whether the input is read, or mapped.
type window struct {
	src   io.Reader // the input; not read while it is mapped
	file  *mapping  // of a window that is mapped; nil otherwise
	block []byte    // block[at:end] is there and not yet skipped
	at    int
	end   int
	base  int64 // offset of block[0] in the input
	err   error // what the input said last; io.EOF at the end

	ahead  *lookahead // of a window that is mapped; nil: none
	sparse bool       // only a packet here and there is read: nothing is shown, or looked at, beside it
}

// newWindow makes a window that reads src.
func newWindow(src io.Reader) *window { return &window{src: src} }

// newMappedWindow makes a window over the file src, which is mapped.
func newMappedWindow(src io.Reader, file *mapping) *window { return &window{src: src, file: file} }

// rest gives what is there and not yet taken.
func (w *window) rest() []byte { return w.block[w.at:w.end] }

// peek gives the next n bytes without taking them; fewer where the input
// ends, and w.err then says why. They are valid until the next peek.
func (w *window) peek(n int) []byte {
	if w.end-w.at >= n {
		return w.block[w.at : w.at+n]
	}
	if w.file != nil {
		return w.slide(n)
	}
	return w.fill(n)
}

// skip takes n bytes that peek has shown.
func (w *window) skip(n int) { w.at += n }

// offset is how many bytes of the input were taken.
func (w *window) offset() int64 { return w.base + int64(w.at) }

// fill moves what is left to the front of the block and reads until there
// are n bytes. The block grows only as far as bytes really come: a length in
// the file alone never makes it grow to more than twice what is there.
func (w *window) fill(n int) []byte {
	copy(w.block, w.block[w.at:w.end])
	w.base += int64(w.at)
	w.end -= w.at
	w.at = 0
	for empty := 0; w.end < n && w.err == nil; {
		if w.end == len(w.block) {
			w.block = append(w.block, make([]byte, max(len(w.block), blockSize))...)
		}
		got, err := w.src.Read(w.block[w.end:])
		w.end += got
		w.err = err
		if got > 0 {
			empty = 0
		} else if empty++; empty == emptyReads && err == nil {
			w.err = io.ErrNoProgress
		}
	}
	return w.block[:min(n, w.end)]
}

// slide maps more of the file, where that is needed for n bytes: after a seek it
// can take two pieces. The file is also looked at when a peek reaches behind
// its end, because only then is it known that it did not become shorter
// meanwhile: the rest of the last page of such a file reads as zeros.
func (w *window) slide(n int) []byte {
	for len(w.block)-w.at < n && (w.err == nil || w.err == io.EOF) {
		offset := w.offset()
		w.block, w.base, w.err = w.file.view(offset, w.block[w.at:])
		w.at = int(offset - w.base)
		if w.err == io.EOF {
			break
		}
	}
	w.end = len(w.block)
	if w.sparse { // the next peek is for another place
		w.end = min(w.at+n, w.end)
	} else if w.ahead != nil && w.end-w.at >= n {
		w.lookAhead()
	}
	return w.block[w.at:min(w.at+n, w.end)]
}

// seek goes to an offset of what is mapped.
func (w *window) seek(offset int64, sparse bool) {
	w.sparse = sparse
	if w.err == io.EOF {
		w.err = nil
	}
	if at := offset - w.base; at >= 0 && at <= int64(len(w.block)) {
		w.at, w.end = int(at), int(at)
		return
	}
	w.block, w.base, w.at, w.end = nil, offset, 0, 0
}

// lookAhead looks at the next piece before its reader does. A part of it
// that cannot be read is no fault yet: the reader has packets before it.
func (w *window) lookAhead() {
	defer func() {
		if what := recover(); what != nil && !w.isFault(what) {
			panic(what)
		}
	}()
	w.ahead.look(w.rest())
}

// discard takes up to n bytes without keeping them in memory and tells how
// many there were.
func (w *window) discard(n int64) int64 {
	left := n
	for left > 0 {
		got := len(w.peek(int(min(left, blockSize))))
		if got == 0 {
			break
		}
		w.skip(got)
		left -= int64(got)
	}
	return n - left
}

// Read makes the window the source of a decompressor.
func (w *window) Read(p []byte) (int, error) {
	if w.at == w.end {
		if len(w.peek(1)) == 0 {
			return 0, w.err
		}
	}
	n := copy(p, w.block[w.at:w.end])
	w.at += n
	return n, nil
}
