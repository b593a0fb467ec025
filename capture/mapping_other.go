//go:build !linux

package capture

import (
	"os"
	"sync/atomic"
)

// A mapping does not exist on this system: files are read.
type mapping struct{}

func newMapping(*os.File, *atomic.Int64) *mapping { return nil }

func (*mapping) view(offset int64) ([]byte, int64, error) { return nil, offset, errShrunk }

func (*mapping) holds(uintptr) bool { return false }

func (*mapping) Close() error { return nil }
