package logs

import (
	"errors"
	"io/fs"
	"os"
	"time"
)

// A Follower reads a log to which a server is writing. It lives through both
// ways of rotation: the file is renamed and a new one made, or it is copied and
// truncated. It never waits; the caller asks when it likes, and every 200 ms is
// often enough. It is for one goroutine.
type Follower struct {
	name   string
	parser *parser

	now     *tail // the file of the name; nil: there is none
	old     *tail // the one before, which the server may still write to
	oldIdle int   // polls since old had anything new
	dropped int64 // bytes read of files that are closed
}

// What a Follower reads and keeps.
const (
	maxBack    = 16 << 20 // bytes before the end that are read for entries since a time
	maxPerPoll = 16 << 20 // bytes in one Poll; the rest waits for the next
	maxCounted = 64 << 20 // bytes before the beginning that are read to count their lines
	maxIdle    = 300      // polls: a server that reopens its log does so within a minute
)

// Follow begins at the end of the log name, or at the first entry of since, as
// far as it is in the last 16 MiB; the zero time stands for the end. The file
// need not exist yet. Where it is so large that its lines were not counted, the
// Line of entries is 0 until it is rotated. The error is an *OpenError.
func Follow(name string, since time.Time, o Options) (*Follower, error) {
	f := &Follower{name: name, parser: newParser(name, o)}
	t, err := openTail(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f, nil
	case err != nil:
		return nil, err
	}
	if err := t.begin(since); err != nil {
		t.close()
		return nil, &OpenError{Name: name, Problem: "cannot be read", Err: err}
	}
	f.now = t
	return f, nil
}

// Poll gives report what is new, and returns; an Entry is report's to keep. An
// error of the file system is returned, and the next Poll tries again; that the
// file is not there at the moment is none.
func (f *Follower) Poll(report func(*Entry)) error {
	reopening := f.reopen()
	if f.old != nil {
		n, err := f.read(f.old, report)
		if f.oldIdle++; n > 0 {
			f.oldIdle = 0
		}
		if err != nil || f.oldIdle > maxIdle {
			f.drop()
		}
	}
	if f.now == nil {
		return reopening
	}
	if f.now.truncated() {
		f.parser.counts.Torn += int64(f.now.restart())
	}
	_, err := f.read(f.now, report)
	return errors.Join(reopening, err)
}

// Counts tells what was read so far.
func (f *Follower) Counts() Counts {
	c := f.parser.counts
	c.Bytes = f.dropped
	for _, t := range []*tail{f.old, f.now} {
		if t != nil {
			c.Bytes += t.lines.read
		}
	}
	return c
}

// Close closes the files.
func (f *Follower) Close() error {
	if f.old != nil {
		f.drop()
	}
	if f.now == nil {
		return nil
	}
	f.dropped += f.now.lines.read
	err := f.now.close()
	f.now = nil
	return err
}

// reopen looks whether the name stands for another file by now.
func (f *Follower) reopen() error {
	info, err := os.Stat(f.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return openFailed(f.name, err)
	case f.now != nil && os.SameFile(info, f.now.info):
		return nil
	}
	t, err := openTail(f.name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	if f.old != nil {
		f.drop()
	}
	f.old, f.oldIdle, f.now = f.now, 0, t
	return nil
}

// drop closes the file before the present one. A line without an end stays so.
func (f *Follower) drop() {
	f.dropped += f.old.lines.read
	f.parser.counts.Torn += int64(f.old.restart())
	f.old.close()
	f.old = nil
}

// read reads what was added to t, and tells how many bytes of it are lines.
func (f *Follower) read(t *tail, report func(*Entry)) (n int64, err error) {
	f.parser.number = t.number
	defer func() { t.number = f.parser.number }()
	begin := t.lines.read
	for t.lines.read-begin < maxPerPoll {
		line, _, err := t.lines.next()
		if err != nil {
			return t.lines.read - begin, t.failed(err)
		}
		f.parser.takeFrom(t.lines, line)
		f.report(t, report)
	}
	return t.lines.read - begin, nil
}

// report gives out what the last line brought.
func (f *Follower) report(t *tail, report func(*Entry)) {
	for {
		e := new(Entry)
		if !f.parser.pop(e) {
			return
		}
		if t.catchingUp() && e.Time.Before(t.since) {
			f.parser.counts.Entries--
			continue
		}
		report(e)
	}
}
