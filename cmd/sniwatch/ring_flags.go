package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/pflag"
)

// A ringOptions says how what -w writes is divided into files, and what of it is
// kept.
type ringOptions struct {
	fileSize   int           // -C: millions of bytes; 0: no limit
	fileCount  int           // -W: 0: no limit
	fileTime   int           // -G: seconds; 0: no limit
	around     time.Duration // --keep-failures: before and after each failure
	keeps      bool          // --keep-failures was given
	keepMemory int64         // bytes

	rawAround, rawMemory string
}

// aroundDefault is how much is kept before and after a failure, in seconds.
const aroundDefault = "10"

// defineRing declares the flags.
func (r *ringOptions) defineRing(f *pflag.FlagSet) {
	f.IntVarP(&r.fileSize, "file-size", "C", 0, "with -w: begin another file before one has more than this `NUMBER` of millions of bytes")
	f.IntVarP(&r.fileCount, "file-count", "W", 0, "with -C or -G: keep the newest files, at most this `NUMBER`")
	f.IntVarP(&r.fileTime, "rotate-seconds", "G", 0, "with -w: begin another file after this `NUMBER` of seconds; its name has a time in it, as strftime writes it")
	f.StringVar(&r.rawAround, "keep-failures", "", "with -w: write the packets around failed connections only, this many `SECONDS` before and after; without a value 10")
	f.Lookup("keep-failures").NoOptDefVal = aroundDefault
	f.StringVar(&r.rawMemory, "keep-memory", "8M", "with --keep-failures: hold packets that may be wanted in this `SIZE` of memory; the default is 8M")
}

// ring tells whether -w makes more than one file.
func (r *ringOptions) ring() bool { return r.fileSize > 0 || r.fileTime > 0 }

// checkRing understands the flags; name is the file of -w.
func (r *ringOptions) checkRing(name string) error {
	switch {
	case r.fileSize < 0 || r.fileCount < 0 || r.fileTime < 0 || r.fileSize > 1<<40/1_000_000:
		return usageError{"-C, -W or -G is out of its range", "-C takes millions of bytes, -W a number of files, -G seconds"}
	case name == "" && (r.ring() || r.fileCount > 0 || r.rawAround != ""):
		return usageError{"-C, -W, -G and --keep-failures are about the file of -w, which was not given", "for example -w trace.pcapng -C 100 -W 10"}
	case r.fileCount > 0 && !r.ring():
		return usageError{"-W counts the files of -C or -G, and neither was given", "for example -C 100 -W 10: ten files of 100 MB"}
	case r.fileTime > 0 && !tellsTime(name):
		return usageError{"with -G, the name after -w needs a time in it, or each file would overwrite the one before", "for example -w trace-%Y%m%d-%H%M%S.pcapng"}
	}
	if r.rawAround == "" {
		return nil
	}
	const most = 3600
	n, err := strconv.Atoi(r.rawAround)
	if err != nil || n < 0 || n > most {
		return usageError{fmt.Sprintf("--keep-failures takes seconds, 0 to %d, and %q is no such number", most, r.rawAround), "for example --keep-failures=10"}
	}
	r.keeps, r.around = true, time.Duration(n)*time.Second
	r.keepMemory, err = parseKeepMemory(r.rawMemory)
	return err
}

// parseKeepMemory understands --keep-memory.
func parseKeepMemory(text string) (int64, error) {
	n, _, ok := parseSize(text)
	if !ok || n < ringPiece*2 || n > 1<<34 {
		return 0, usageError{fmt.Sprintf("--keep-memory takes a size from 1M to 16G, and %q is none", text), "the default is 8M"}
	}
	return n, nil
}
