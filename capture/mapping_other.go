//go:build !linux

package capture

import "os"

// A mapping does not exist on this system: files are read.
type mapping struct{}

func newMapping(*os.File) *mapping { return nil }

func (*mapping) view(offset int64, _ []byte) ([]byte, int64, error) { return nil, offset, errShrunk }

func (*mapping) whyFault() error { return errShrunk }

func (*mapping) holds(uintptr) bool { return false }

func (*mapping) Close() error { return nil }
