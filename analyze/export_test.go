package analyze

import (
	"context"

	"sniwatch/capture"
)

// DividedBy is Divided for parts of a length in bytes, of any capture.
func (w *Watcher) DividedBy(f *capture.File, threads int, length int64, seen func()) (int, error) {
	if !w.divisible() || !f.Divisible() {
		return 0, nil
	}
	return w.divided(context.Background(), f, threads, length, seen)
}
