package main

import (
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
)

// Linux gives a child, when it executes another program, the high-water mark of
// the memory that it shared with its parent until then. So this process shrinks
// before it starts one, and says how small it could get.

// shrink gives memory back, sets the high-water mark of this process to what is
// left, and gives it in bytes; 0: not known.
func shrink() int64 {
	debug.FreeOSMemory()
	if f, err := os.OpenFile("/proc/self/clear_refs", os.O_WRONLY, 0); err == nil {
		f.WriteString("5") // proc(5): resets the peak resident set size; not all containers allow it
		f.Close()
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if text, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "kB")), 10, 64)
			return kib << 10
		}
	}
	return 0
}

// peak is the most memory, in bytes, that a finished process had resident.
func peak(p *os.ProcessState) int64 {
	if usage, ok := p.SysUsage().(*syscall.Rusage); ok {
		return int64(usage.Maxrss) << 10
	}
	return 0
}
