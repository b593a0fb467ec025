// Command bench measures bin/sniwatch against the programs that people use
// today, and then compares what sniwatch said with the truth.
//
// It makes captures of five kinds in a folder outside git and keeps them, reads
// each into the page cache, and runs sniwatch and every peer that is installed
// in turn, several times. Time and memory are what the operating system
// accounted for the finished process. The programs write their whole output, to
// /dev/null.
//
//	go run ./pcaps/bench                        all kinds, 1 GiB each
//	go run ./pcaps/bench -quick                 64 MiB each, for a first look
//	go run ./pcaps/bench -kinds mixed -size 4G
//
// It shares no code with the packages that it measures. Exit codes: 0 done, 1
// sniwatch differs from the truth or could not be measured, 2 usage.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// kinds are those that the generator makes, in the order of the tables.
var kinds = []string{"mixed", "bulk", "handshake", "scan", "gso"}

// Options are what the flags say.
type Options struct {
	Kinds           []string
	Size, SlowLimit int64 // bytes
	Seed            uint64
	Runs            int // of each program on each capture, 1 or more
	Dir             string
	Sniwatch        string
	Samples         string // the folder with certs/
	Goals           bool
}

// run gives the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	o, err := parseOptions(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return 2
	}
	differences, err := benchmark(o, stdout)
	if err != nil {
		fmt.Fprintln(stderr, "bench: error:", err)
		return 1
	}
	if differences > 0 {
		return 1
	}
	return 0
}

// parseOptions reads the flags and says on stderr what is wrong with them.
func parseOptions(args []string, stderr io.Writer) (Options, error) {
	o := Options{Size: 1 << 30, SlowLimit: 256 << 20}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	list := flags.String("kinds", strings.Join(kinds, ","), "captures to measure with, separated by commas")
	flags.Func("size", "`bytes` of each capture, with K, M or G (default 1G)", sizeInto(&o.Size))
	flags.Func("slow-limit", "give slow programs, such as tshark, captures of at most this many `bytes` (default 256M)", sizeInto(&o.SlowLimit))
	flags.Uint64Var(&o.Seed, "seed", 1, "another number gives other captures")
	flags.IntVar(&o.Runs, "runs", 3, "run each program so many times; slow ones are run once")
	flags.StringVar(&o.Dir, "dir", "bench", "keep the captures in this `folder`")
	flags.StringVar(&o.Sniwatch, "sniwatch", filepath.Join("bin", "sniwatch"), "measure this `program`")
	flags.StringVar(&o.Samples, "samples", "pcaps", "the `folder` with the sample certificates")
	flags.BoolVar(&o.Goals, "goals", true, "say which goals were reached")
	quick := flags.Bool("quick", false, "captures of 64M, whatever -size says")
	err := flags.Parse(args)
	if err == nil {
		err = o.settle(*list, *quick, flags.Args())
		if err != nil {
			fmt.Fprintln(stderr, "bench: error:", err)
		}
	}
	return o, err
}

// settle checks the options and fills in those that are lists.
func (o *Options) settle(list string, quick bool, rest []string) error {
	if quick {
		o.Size = 64 << 20
	}
	o.Kinds = strings.Split(list, ",")
	for _, kind := range o.Kinds {
		if !strings.Contains(","+strings.Join(kinds, ",")+",", ","+kind+",") {
			return fmt.Errorf("there is no kind %q: %s", kind, strings.Join(kinds, ", "))
		}
	}
	if o.Runs < 1 || len(rest) > 0 {
		return errors.New("-runs is 1 or more, and there are no arguments but flags")
	}
	return nil
}

// benchmark measures everything first and reads the truth afterwards: the
// memory of this process would show in that of its children (see peak_linux.go).
func benchmark(o Options, out io.Writer) (differences int, err error) {
	programs, absent := installed(o)
	if len(programs) == 0 || !programs[0].sniwatch {
		return 0, fmt.Errorf("there is no %s: build it with 'make build'", o.Sniwatch)
	}
	var made []Capture
	for _, kind := range o.Kinds {
		c, err := MakeCapture(o.Dir, kind, o.Size, o.Seed)
		if err != nil {
			return 0, err
		}
		made = append(made, c)
		if err := measureKind(o, c, programs, out); err != nil {
			return 0, err
		}
	}
	if len(absent) > 0 {
		fmt.Fprintf(out, "absent: %s\n", strings.Join(absent, ", "))
	}
	fmt.Fprint(out, legend)
	for _, c := range made {
		for _, p := range programs {
			if !p.sniwatch {
				continue
			}
			d, err := compareWith(p, c)
			if err != nil {
				return differences, err
			}
			differences += d.Total
			fmt.Fprint(out, d.Text(c, p))
		}
	}
	return differences, nil
}

// measureKind prints the tables of one kind: one with all programs, or, where
// the capture is too big for the slow ones, one without them and one of a
// smaller capture with them.
func measureKind(o Options, c Capture, programs []Program, out io.Writer) error {
	quick, slow := split(programs)
	if c.Size <= o.SlowLimit {
		quick, slow = programs, nil
	}
	results, err := measureAll(c, quick, o.Runs)
	if err != nil {
		return err
	}
	fmt.Fprint(out, Table(c, results), "\n")
	all := []Measured{{c, results}}
	if len(slow) > 0 {
		small, err := MakeCapture(o.Dir, c.Kind, o.SlowLimit, o.Seed)
		if err != nil {
			return err
		}
		if results, err = measureAll(small, append(only(quick), slow...), o.Runs); err != nil {
			return err
		}
		fmt.Fprint(out, Table(small, results), "\n")
		all = append(all, Measured{small, results})
	}
	if o.Goals {
		fmt.Fprint(out, GoalLines(all), "\n")
	}
	return nil
}
