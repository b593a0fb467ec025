package origin

import (
	"os"
	"time"
)

// A stamp tells whether a file has changed since it was read.
type stamp struct {
	changed time.Time
	size    int64
}

// stampOf gives the stamp of a file as it is now; false: it is not there.
func stampOf(name string) (stamp, bool) {
	info, err := os.Stat(name)
	if err != nil {
		return stamp{}, false
	}
	return stamp{info.ModTime(), info.Size()}, true
}

// newer gives the stamp of a file if it has changed since old. One that is gone is
// being replaced, or the server has it still.
func (old stamp) newer(name string) (stamp, bool) {
	now, there := stampOf(name)
	return now, there && (!now.changed.Equal(old.changed) || now.size != old.size)
}
