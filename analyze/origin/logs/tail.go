package logs

import (
	"bytes"
	"errors"
	"io"
	"os"
	"time"
)

// A tail is one file that may grow.
type tail struct {
	file   *os.File
	info   os.FileInfo // as it was opened: tells it from other files
	lines  *lines
	number int // of the last line that was read; -1: not known

	offset int64  // of the next byte to be read
	mark   []byte // the bytes before offset: where they change, the file was truncated and written anew

	since time.Time // older entries are left out …
	old   int64     // … of so many bytes from where reading began
}

// markLength is enough for a date and a process, which no two lines share.
const markLength = 64

// openTail opens name where that cannot block: pipes and terminals cannot be
// followed. A file that is not there is an fs.ErrNotExist.
func openTail(name string) (*tail, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, openFailed(name, err)
	}
	if !info.Mode().IsRegular() {
		return nil, &OpenError{Name: name, Problem: "is no file that can be followed, but a directory, pipe or device"}
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, openFailed(name, err)
	}
	if info, err = file.Stat(); err != nil {
		file.Close()
		return nil, openFailed(name, err)
	}
	t := &tail{file: file, info: info}
	t.lines = newLines(t)
	t.lines.growing = true
	return t, nil
}

func (t *tail) close() error { return t.file.Close() }

// begin finds the first line to be read of a file that was there already.
func (t *tail) begin(since time.Time) error {
	size := t.info.Size()
	from := max(0, size-maxLine)
	if !since.IsZero() {
		from = max(0, size-maxBack)
	}
	near := make([]byte, min(size-from, maxLine))
	n, err := t.file.ReadAt(near, from)
	if err != nil && err != io.EOF {
		return err
	}
	near = near[:n]
	switch i := bytes.LastIndexByte(near, '\n'); {
	case since.IsZero() && i >= 0: // the last line, which may still grow
		from += int64(i + 1)
	case since.IsZero() && from > 0:
		from = size
	case from > 0:
		from += int64(bytes.IndexByte(near, '\n') + 1)
	}
	t.since, t.old = since, size-from
	return t.seek(from)
}

// seek makes from the next byte to be read, and counts the lines before it.
func (t *tail) seek(from int64) error {
	t.offset = from
	t.mark = make([]byte, min(from, markLength))
	if _, err := t.file.ReadAt(t.mark, from-int64(len(t.mark))); err != nil && err != io.EOF {
		return err
	}
	if from > maxCounted {
		t.number = -1
		return nil
	}
	buf := make([]byte, readSize)
	for before := io.NewSectionReader(t.file, 0, from); ; {
		n, err := before.Read(buf)
		t.number += bytes.Count(buf[:n], []byte{'\n'})
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// Read reads on. It is for lines.
func (t *tail) Read(b []byte) (int, error) {
	n, err := t.file.ReadAt(b, t.offset)
	t.offset += int64(n)
	if n > 0 {
		t.mark = append(t.mark, b[max(0, n-markLength):n]...)
		t.mark = t.mark[max(0, len(t.mark)-markLength):]
	}
	return n, err
}

// catchingUp tells whether the last line was there when t was opened.
func (t *tail) catchingUp() bool { return t.lines.read <= t.old }

// truncated tells whether the file is another one by now in all but its name:
// shorter than what was read, or with other bytes there.
func (t *tail) truncated() bool {
	info, err := t.file.Stat()
	if err != nil {
		return false
	}
	if info.Size() < t.offset {
		return true
	}
	var now [markLength]byte
	n, err := t.file.ReadAt(now[:len(t.mark)], t.offset-int64(len(t.mark)))
	return err == nil && !bytes.Equal(now[:n], t.mark)
}

// restart begins at the first byte again. It tells how many lines were given up
// without their end.
func (t *tail) restart() (torn int) {
	if t.lines.forget() > 0 {
		torn = 1
	}
	t.offset, t.mark, t.number, t.old = 0, nil, 0, 0
	return torn
}

// failed makes the end of the file no error: more can come.
func (t *tail) failed(err error) error {
	if err == io.EOF {
		return nil
	}
	if errors.Is(err, os.ErrClosed) {
		return err
	}
	return &OpenError{Name: t.file.Name(), Problem: "cannot be read", Err: err}
}
