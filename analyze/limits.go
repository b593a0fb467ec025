package analyze

import "sniwatch/analyze/tcp"

// Memory of the whole process, in bytes.
const (
	DefaultMemory = 64 << 20
	LeastMemory   = 48 << 20 // below, the runtime does little but collect garbage
	MostMemory    = 64 << 30

	// OutsideRuntime is the part that Go's runtime does not count: the program,
	// the C libraries, the window on the capture.
	OutsideRuntime = 23 << 20
)

// WindowOfThread is what Go's runtime does not count of each thread of Divided, in
// bytes: its window on the capture.
const WindowOfThread = 2 << 20

// ThreadsWithin gives how many threads Divided may have, so that the process stays
// within memory bytes: two within DefaultMemory, and one more for each 8 MiB.
func ThreadsWithin(memory int64) int { return max(1, int((memory-LeastMemory)/(8<<20))) }

// DefaultLimits keep the process within DefaultMemory: 10 MiB for the
// connections, and up to 5 KiB for each of those that are being read.
var DefaultLimits = tcp.Limits{Connections: 96 << 10, Flows: 3 << 10, HeldBytes: 4 << 20}

// LimitsWithin gives limits with which the process stays within memory bytes,
// as DefaultLimits do within DefaultMemory. memory must be from LeastMemory to
// MostMemory.
func LimitsWithin(memory int64) tcp.Limits {
	scale := func(n int) int {
		return int(int64(n) * (memory - OutsideRuntime) / (DefaultMemory - OutsideRuntime))
	}
	d := DefaultLimits
	return tcp.Limits{Connections: scale(d.Connections), Flows: scale(d.Flows), HeldBytes: scale(d.HeldBytes)}
}
