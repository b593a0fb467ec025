package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// The limits of one configuration. Real ones, with a file for each of some
// thousand sites, stay below a tenth of them.
const (
	maxFile       = 4 << 20  // bytes of one file
	maxBytes      = 64 << 20 // bytes of all files together
	maxFiles      = 10000
	maxDepth      = 20 // of includes; nginx itself ends at its limit of open files
	maxNesting    = 50 // of blocks
	maxSites      = 20000
	maxDirectives = 1 << 20 // that are kept
	maxNotes      = 100
)

// A source hands out the files of one configuration, keeps to the limits, and
// collects the notes.
type source struct {
	system System
	notes  []Note
	files  int
	bytes  int
	open   []string // the files being read, each included by the one before
	full   bool     // a limit was reached and said
}

// note adds what could not be read. After maxNotes the rest is left out: a
// configuration with so many is another program's, and the first ones say so.
func (s *source) note(at Position, hint, says string, args ...any) {
	if len(s.notes) >= maxNotes {
		return
	}
	if len(s.notes) == maxNotes-1 {
		s.notes = append(s.notes, Note{At: at, Says: fmt.Sprintf("there is more that was not understood: only %d notes are kept", maxNotes)})
		return
	}
	says = fmt.Sprintf(says, args...)
	for _, n := range s.notes {
		if n.At == at && n.Says == says {
			return // a file that is included twice
		}
	}
	s.notes = append(s.notes, Note{at, says, hint})
}

// limit says once that a limit ended the reading, however many notes there are.
func (s *source) limit(at Position, says string, args ...any) {
	if !s.full {
		s.full = true
		s.notes = append(s.notes, Note{at, fmt.Sprintf(says, args...), "name the configuration file or the certificate yourself"})
	}
}

// text reads one file that is included at a position; false: a note says why
// not. Whoever gets true calls leave when the file is done.
func (s *source) text(file string, at Position) (string, bool) {
	switch {
	case s.full:
		return "", false
	case len(s.open) >= maxDepth:
		s.note(at, "", "%s is not read: includes go deeper than %d files", file, maxDepth)
		return "", false
	case s.files >= maxFiles:
		s.limit(at, "the configuration has more than %d files: the rest was not read", maxFiles)
		return "", false
	}
	for _, open := range s.open {
		if open == file {
			s.note(at, "", "%s includes itself: it is not read again", file)
			return "", false
		}
	}
	text, err := s.system.readFile(file, maxFile)
	if err != nil {
		s.unreadable(file, at, err)
		return "", false
	}
	s.files++
	if s.bytes += len(text); s.bytes > maxBytes {
		s.limit(at, "the configuration is larger than %d MiB: the rest was not read", maxBytes>>20)
		return "", false
	}
	s.open = append(s.open, file)
	return strings.TrimPrefix(string(text), "\ufeff"), true
}

func (s *source) leave() { s.open = s.open[:len(s.open)-1] }

// unreadable notes why a file could not be read.
func (s *source) unreadable(file string, at Position, err error) {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		err = pathError.Err // the file is named already
	}
	hint := ""
	if errors.Is(err, fs.ErrPermission) {
		hint = "run sniwatch with sudo"
	}
	s.note(at, hint, "%s cannot be read: %v", file, err)
}

// included gives the files that an include names. A pattern that matches
// nothing is normal for an optional one, and where its folder is there.
func (s *source) included(pattern string, at Position, optional bool) []string {
	if !hasPattern(pattern) {
		return []string{pattern}
	}
	files, full := s.system.glob(pattern)
	if full {
		s.note(at, "", "%s: a folder has more than %d files: the rest was not looked at", pattern, maxEntries)
	}
	if len(files) == 0 && !optional {
		folder := pattern
		for hasPattern(folder) {
			folder = path.Dir(folder)
		}
		if _, err := s.system.stat(folder); err != nil {
			s.note(at, "", "%s matches no file: the folder %s is not there", pattern, folder)
		}
	}
	return files
}

// within makes a path of a configuration absolute.
func within(folder, file string) string {
	if path.IsAbs(file) {
		return path.Clean(file)
	}
	return path.Join("/", folder, file)
}
