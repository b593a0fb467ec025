package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"sniwatch/analyze"
)

// limitMemory tells Go's runtime what it may use, so that the process stays
// within size bytes. GOMEMLIMIT, where it is set, decides instead.
func limitMemory(size int64) {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetMemoryLimit(size - analyze.OutsideRuntime)
	debug.SetGCPercent(-1) // collect when the limit is near, and not before
}

// parseMemory understands --memory: a number with K, M or G behind it, in steps
// of 1024, as bytes.
func parseMemory(text string) (int64, error) {
	n, tooMuch, ok := parseSize(text)
	switch {
	case !ok:
		return 0, usageError{fmt.Sprintf("%q is no size", text), "--memory takes a size such as 64M or 1G"}
	case tooMuch || n > analyze.MostMemory:
		return 0, usageError{fmt.Sprintf("--memory %s is too much", text), "64G is the most"}
	case n < analyze.LeastMemory:
		return 0, usageError{fmt.Sprintf("--memory %s is too little", text), "48M is the least: the program itself takes some 25 of them"}
	}
	return n, nil
}

// parseSize understands a number with K, M or G behind it, in steps of 1024, as
// bytes. tooMuch: it is one, but larger than any memory.
func parseSize(text string) (n int64, tooMuch, ok bool) {
	number, unit := text, int64(1)
	for i, letter := range []string{"K", "M", "G"} {
		for _, suffix := range []string{"", "B", "IB"} {
			if rest, ok := strings.CutSuffix(strings.ToUpper(text), letter+suffix); ok {
				number, unit = rest, 1<<(10*(i+1))
			}
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 {
		return 0, false, false
	}
	if n > 1<<50/unit {
		return 0, true, true
	}
	return n * unit, false, true
}
