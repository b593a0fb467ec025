package main

import (
	"time"

	"github.com/spf13/pflag"
)

// longOptions are about a capture that is left running.
type longOptions struct {
	ringOptions
	user         string        // -Z: who the process is to be; "": decided by what it needs
	summaryEvery time.Duration // 0: never
	cpuLimit     int           // percent of one CPU; 0: none
}

// defineLong declares the flags.
func (o *options) defineLong() *pflag.FlagSet {
	f := newFlagSet("long")
	o.defineRing(f)
	f.DurationVar(&o.summaryEvery, "summary-every", 0, "live: say after each such `TIME` how things stand: a line, in ndjson a report")
	f.IntVar(&o.cpuLimit, "cpu-limit", 0, "live: above this `PERCENT` of one CPU, look at a part of the connections only, and say so")
	f.StringVarP(&o.user, "user", "Z", "", "live, as root: become `USER` before the first packet; the default is nobody, or who called sudo where reports need that; root: stay root")
	return f
}

// checkLong finds what contradicts itself.
func (o *options) checkLong() error {
	const leastSummary = time.Second
	live := o.interfaceName != ""
	switch {
	case !live && (o.flags.Changed("user") || o.flags.Changed("summary-every") || o.flags.Changed("cpu-limit")):
		return usageError{"-Z, --summary-every and --cpu-limit are for live capture", ""}
	case o.flags.Changed("user") && o.user == "":
		return usageError{"the name after -Z is empty", "a variable of a script may not be set"}
	case o.flags.Changed("summary-every") && o.summaryEvery < leastSummary:
		return usageError{"--summary-every takes a second or more", "for example --summary-every 1h"}
	case o.flags.Changed("cpu-limit") && (o.cpuLimit < 1 || o.cpuLimit > 100):
		return usageError{"--cpu-limit takes 1 to 100 percent of one CPU", ""}
	}
	return o.checkRing(o.write)
}
