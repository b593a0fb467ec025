package report

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrExists says that a file is there already and may not be overwritten.
var ErrExists = errors.New("the file exists already")

// A File is a report that is being written. It has its name only once Commit
// has returned: until then it has none or, where the file system cannot do that, is
// a hidden file beside it, which Abort removes.
type File struct {
	name   string
	hidden string // the name that it has until then, "": none
	force  bool
	tmp    *os.File
	buf    *bufio.Writer
}

// CreateFile begins the file name. Where it exists already, that is an error
// which is ErrExists, unless force is set; a folder that is missing or cannot be
// written to is an error as well.
func CreateFile(name string, force bool) (*File, error) {
	switch info, err := os.Stat(name); {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("cannot write %s: it is a directory", name)
	case err == nil && !force:
		return nil, fmt.Errorf("cannot write %s: %w", name, ErrExists)
	case err == nil && !info.Mode().IsRegular():
		return nil, fmt.Errorf("cannot write %s: it is no ordinary file", name)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("cannot write %s: %w", name, reason(err))
	}
	f := &File{name: name, force: force}
	var err error
	if f.tmp, err = unnamed(filepath.Dir(name)); err != nil {
		f.hidden = hiddenName(name)
		f.tmp, err = os.OpenFile(f.hidden, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot write %s: its folder: %w", name, reason(err))
	}
	f.buf = bufio.NewWriterSize(f.tmp, 64<<10)
	return f, nil
}

// hiddenName is what a file beside name is called that is not whole: what does not
// matter, but it can be told what it was.
func hiddenName(name string) string {
	return filepath.Join(filepath.Dir(name), ".sniwatch-"+rand.Text()[:10]+".tmp")
}

// reason gives what the operating system said, without the name of a file that
// nobody has heard of.
func reason(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	if link, ok := errors.AsType[*os.LinkError](err); ok {
		return link.Err
	}
	return err
}

// Private lets nobody but the owner read the file.
func (f *File) Private() error { return f.tmp.Chmod(0o600) }

// Name gives the name that the file will have.
func (f *File) Name() string { return f.name }

// Chown gives the file to another user, who is to write and name it: where a
// process gives up root, for example.
func (f *File) Chown(uid, gid int) error {
	if err := f.tmp.Chown(uid, gid); err != nil {
		return fmt.Errorf("cannot write %s: %w", f.name, reason(err))
	}
	return nil
}

// Write buffers; its error comes again from Commit.
func (f *File) Write(p []byte) (int, error) { return f.buf.Write(p) }

// Commit makes the file appear under its name, whole and on the disk. Where
// that fails, the file is gone, and what stood under the name is as it was.
func (f *File) Commit() error {
	err := f.buf.Flush()
	if err == nil {
		err = f.tmp.Sync()
	}
	if err == nil {
		err = f.rename()
	}
	if closed := f.tmp.Close(); err == nil {
		err = closed
	}
	if err != nil {
		f.remove()
		return fmt.Errorf("cannot write %s: %w", f.name, reason(err))
	}
	return syncFolder(filepath.Dir(f.name))
}

// remove takes the hidden name away, if there is one.
func (f *File) remove() {
	if f.hidden != "" {
		os.Remove(f.hidden)
	}
}

// rename gives the file its name. Without force, a file that has come there
// meanwhile stays: os.Link does not replace, as os.Rename does. Where the file
// system has no links, a last look has to do.
func (f *File) rename() error {
	link := func() error { return os.Link(f.hidden, f.name) }
	if f.hidden == "" {
		link = func() error { return nameFile(f.tmp, f.name) }
	}
	if err := link(); err == nil {
		f.remove()
		return nil
	} else if errors.Is(err, fs.ErrExist) && !f.force {
		return ErrExists
	}
	if f.hidden == "" { // something is there to be replaced, or links are not to be had
		hidden := hiddenName(f.name)
		if err := nameFile(f.tmp, hidden); err != nil {
			return err
		}
		f.hidden = hidden
	}
	if _, err := os.Lstat(f.name); err == nil && !f.force {
		return ErrExists
	}
	return os.Rename(f.hidden, f.name)
}

// syncFolder makes a new name last. A file system that cannot do it for a
// folder does it by itself.
func syncFolder(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer d.Close()
	_ = d.Sync()
	return nil
}

// Abort removes what was written. After Commit it does nothing.
func (f *File) Abort() {
	if f.tmp.Close() == nil {
		f.remove()
	}
}
