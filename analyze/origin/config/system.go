package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// A System is the host whose files are read. The zero System is this host.
type System struct {
	// Root is the folder that stands for "/", symbolic links to absolute paths
	// included; "": the real one.
	Root string
}

const (
	maxLinks   = 40    // symbolic links on the way to a file, as Linux has it (path_resolution(7))
	maxEntries = 20000 // of a folder; a server with more sites in one is not known
)

var errLinks = errors.New("too many levels of symbolic links")

// Path gives the path by which this process can open a file of the system.
func (s System) Path(file string) (string, error) {
	file = path.Clean("/" + file)
	if s.Root == "" {
		return file, nil
	}
	rest, done := strings.Split(file[1:], "/"), "/"
	for links := 0; len(rest) > 0; {
		next := path.Join(done, rest[0])
		rest = rest[1:]
		target, err := os.Readlink(filepath.Join(s.Root, next))
		if err != nil {
			done = next // no link; whether it is there is found out by its user
			continue
		}
		if links++; links > maxLinks {
			return "", &fs.PathError{Op: "open", Path: file, Err: errLinks}
		}
		if path.IsAbs(target) {
			done = "/"
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	return filepath.Join(s.Root, done), nil
}

// stat tells what file is, links followed.
func (s System) stat(file string) (fs.FileInfo, error) {
	name, err := s.Path(file)
	if err != nil {
		return nil, err
	}
	return os.Stat(name)
}

// exists tells whether file is there and regular.
func (s System) exists(file string) bool {
	info, err := s.stat(file)
	return err == nil && info.Mode().IsRegular()
}

func (s System) isFolder(file string) bool {
	info, err := s.stat(file)
	return err == nil && info.IsDir()
}

// readFile reads a regular file of at most limit bytes. Other kinds are
// refused: opening a pipe may wait for ever.
func (s System) readFile(file string, limit int64) ([]byte, error) {
	name, err := s.Path(file)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	}
	return readAtMost(name, limit)
}

// readAtMost reads a file that is known to be safe to open.
func readAtMost(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(text)) > limit {
		return nil, fmt.Errorf("it is larger than %d KiB", limit>>10)
	}
	return text, err
}

// entries lists a folder, sorted by the bytes of the names as glob(3) does it
// in the C locale. full tells that there were too many.
func (s System) entries(folder string) (names []string, full bool, err error) {
	name, err := s.Path(folder)
	if err != nil {
		return nil, false, err
	}
	if info, err := os.Stat(name); err != nil || !info.IsDir() {
		return nil, false, errors.Join(err, errors.New("it is not a folder"))
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	names, err = f.Readdirnames(maxEntries + 1)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if full = len(names) > maxEntries; full {
		names = names[:maxEntries]
	}
	slices.Sort(names)
	return names, full, err
}

// hasPattern tells whether a path has a character of glob(3).
func hasPattern(file string) bool { return strings.ContainsAny(file, "*?[") }

// glob gives the files that match an absolute pattern, in the order of glob(3):
// * and ? do not stand for the dot that a name begins with. A broken pattern
// and a folder that cannot be read match nothing.
func (s System) glob(pattern string) (files []string, full bool) {
	found := []string{"/"}
	for _, part := range strings.Split(strings.Trim(path.Clean("/"+pattern), "/"), "/") {
		if !hasPattern(part) {
			for i := range found {
				found[i] = path.Join(found[i], part)
			}
			continue
		}
		var next []string
		for _, folder := range found {
			names, tooMany, _ := s.entries(folder)
			full = full || tooMany
			for _, name := range names {
				if matchesGlob(part, name) && len(next) < maxEntries {
					next = append(next, path.Join(folder, name))
				}
			}
		}
		found = next
	}
	if hasPattern(path.Base(pattern)) {
		return found, full // each was listed
	}
	return slices.DeleteFunc(found, func(file string) bool {
		_, err := s.stat(file)
		return err != nil && !errors.Is(err, fs.ErrPermission)
	}), full
}

func matchesGlob(pattern, name string) bool {
	if strings.HasPrefix(name, ".") && !strings.HasPrefix(pattern, ".") {
		return false
	}
	// glob(3) negates with ! where package path has ^.
	ok, err := path.Match(strings.ReplaceAll(pattern, "[!", "[^"), name)
	return err == nil && ok
}

// readlink gives the target of a link, as /proc has some that are no files.
func (s System) readlink(file string) (string, error) {
	folder, err := s.Path(path.Dir(file))
	if err != nil {
		return "", err
	}
	return os.Readlink(filepath.Join(folder, path.Base(file)))
}
