package main

import (
	"fmt"
	"syscall"
	"time"
)

// cpuTime gives what the process has spent so far, in user and kernel mode; 0
// where the system does not say.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// cpuShare says how much of one CPU's time was spent, as it stands at the end of
// the statistics; "" where that is not known.
func cpuShare(spent, ran time.Duration) string {
	if spent <= 0 || ran <= 0 {
		return ""
	}
	return fmt.Sprintf("; %.1f %% of a CPU", 100*spent.Seconds()/ran.Seconds())
}
