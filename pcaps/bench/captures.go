package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	gen "sniwatch/pcaps/gen/bench"
)

// A Capture is a file that was made for measuring.
type Capture struct {
	Kind        string
	Path        string
	Size        int64 // that was asked for, in bytes
	Bytes       int64 // of the file
	Connections int   // in the truth, listed and only counted
}

// TruthPath is the file that says what is in the capture.
func (c Capture) TruthPath() string { return c.Path + ".truth.tsv" }

// MakeCapture gives the capture of a kind, size and seed, from dir if it was made
// before.
func MakeCapture(dir, kind string, size int64, seed uint64) (Capture, error) {
	c := Capture{Kind: kind, Size: size, Path: filepath.Join(dir, fmt.Sprintf("%s-%s-%d.pcap", kind, sizeText(size), seed))}
	kept, err := c.isCurrent(seed)
	if err != nil {
		return c, err
	}
	if !kept {
		if err := c.write(dir, seed); err != nil {
			return c, fmt.Errorf("make %s: %w", c.Path, err)
		}
	}
	info, err := os.Stat(c.Path)
	if err != nil {
		return c, err
	}
	c.Bytes = info.Size()
	truth, err := os.Open(c.TruthPath())
	if err != nil {
		return c, err
	}
	defer truth.Close()
	c.Connections, err = countConnections(truth)
	return c, err
}

// write makes the capture and its truth under other names, so that a file with
// the right name is whole.
func (c Capture) write(dir string, seed uint64) (err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var half [2]*os.File
	for i, path := range []string{c.Path, c.TruthPath()} {
		if half[i], err = os.Create(path + ".part"); err != nil {
			return err
		}
		defer half[i].Close()
	}
	truth := bufio.NewWriterSize(half[1], 1<<16)
	if _, err = gen.Write(half[0], truth, c.Kind, c.Size, seed); err != nil {
		return err
	}
	if err := truth.Flush(); err != nil {
		return err
	}
	for _, f := range half {
		if err := errors.Join(f.Close(), os.Rename(f.Name(), strings.TrimSuffix(f.Name(), ".part"))); err != nil {
			return err
		}
	}
	return nil
}

// comparedBytes is how much of a kept capture is made anew to see that the
// generator still makes the same.
const comparedBytes = 1 << 20

// isCurrent tells whether the files are there and begin as the generator of
// today writes them.
func (c Capture) isCurrent(seed uint64) (bool, error) {
	capture, err := os.Open(c.Path)
	if err != nil {
		return false, nil
	}
	defer capture.Close()
	truth, err := os.Open(c.TruthPath())
	if err != nil {
		return false, nil
	}
	defer truth.Close()
	same := &matcher{file: capture, rest: comparedBytes}
	sameTruth := &matcher{file: truth, rest: comparedBytes}
	_, err = gen.Write(same, sameTruth, c.Kind, c.Size, seed)
	if err != nil && !errors.Is(err, errEnough) {
		return false, err
	}
	return !same.differs && !sameTruth.differs, nil
}

// errEnough ends the generator's work when what it wrote was compared.
var errEnough = errors.New("compared enough")

// A matcher is a Writer that compares what is written with a file.
type matcher struct {
	file    io.Reader
	rest    int // bytes to compare
	differs bool
}

func (m *matcher) Write(b []byte) (int, error) {
	there := make([]byte, min(len(b), m.rest))
	_, err := io.ReadFull(m.file, there)
	m.rest -= len(there)
	m.differs = m.differs || err != nil || !bytes.HasPrefix(b, there)
	if m.differs || m.rest == 0 {
		return 0, errEnough
	}
	return len(b), nil
}

// warm reads the file once, so that no program pays for the disk.
func (c Capture) warm() error {
	f, err := os.Open(c.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{f}, make([]byte, 128<<10))
	return err
}

// sizeInto reads a number of bytes, with K, M or G for powers of 1024.
func sizeInto(n *int64) func(string) error {
	return func(text string) error {
		digits := strings.TrimRight(text, "KMG")
		v, err := strconv.ParseInt(digits, 10, 32)
		shift, known := map[string]uint{"": 0, "K": 10, "M": 20, "G": 30}[text[len(digits):]]
		if err != nil || v < 1 || !known {
			return fmt.Errorf("%q is no size: a number with K, M or G", text)
		}
		*n = v << shift
		return nil
	}
}

// sizeText is the shortest text that sizeInto reads as n.
func sizeText(n int64) string {
	for _, unit := range []struct {
		letter string
		shift  uint
	}{{"G", 30}, {"M", 20}, {"K", 10}} {
		if n>>unit.shift<<unit.shift == n {
			return strconv.FormatInt(n>>unit.shift, 10) + unit.letter
		}
	}
	return strconv.FormatInt(n, 10)
}
