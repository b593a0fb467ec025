package logs

import (
	"io"
	"time"
)

// Options tell how a log is to be understood.
type Options struct {
	Zone    *time.Location // of times without a zone; nil: UTC
	Program Program        // take the lines of this one alone; Unknown: of all
	Now     time.Time      // for times without a year, which are at most a day after it; zero: they are not used
}

// Counts tell what became of the lines of a log.
type Counts struct {
	Lines       int64
	Bytes       int64
	Entries     int64 // told of
	Upstream    int64 // of handshakes in which the server was the client
	Undecodable int64 // speak of a handshake, in a form that is not known
	Cut         int64 // longer than 64 KiB: only the beginning was looked at
	Torn        int64 // without an end, or without a beginning
}

// Add adds those of another log.
func (c *Counts) Add(o Counts) {
	c.Lines += o.Lines
	c.Bytes += o.Bytes
	c.Entries += o.Entries
	c.Upstream += o.Upstream
	c.Undecodable += o.Undecodable
	c.Cut += o.Cut
	c.Torn += o.Torn
}

// A Reader gives the entries of a log from its beginning to its end. Its memory
// does not grow with the log.
type Reader struct {
	lines  *lines
	parser *parser
	err    error
}

// NewReader reads the log r; name is for the entries.
func NewReader(name string, r io.Reader, o Options) *Reader {
	return &Reader{lines: newLines(r), parser: newParser(name, o)}
}

// Next gives the next entry, and io.EOF after the last one; another error is
// r's, after the entries before it. Lines that say nothing of a handshake are
// counted and skipped.
func (r *Reader) Next(e *Entry) error {
	for {
		if r.parser.pop(e) {
			return nil
		}
		if r.err != nil {
			return r.err
		}
		line, whole, err := r.lines.next()
		if err != nil {
			r.err = err
			r.parser.flush()
			continue
		}
		r.parser.takeFrom(r.lines, line)
		if !whole {
			r.parser.counts.Torn++
		}
	}
}

// Counts tells what was read so far.
func (r *Reader) Counts() Counts {
	c := r.parser.counts
	c.Bytes = r.lines.read
	return c
}
