//go:build linux

// Command lab plays the cases of docs/cloudfront.md for real, and compares what
// sniwatch says of each with what is true.
//
// A scenario has an origin with a real server and an edge that behaves as
// CloudFront does, in two network namespaces with a cable between them and no way
// out. While it is played, sniwatch captures in the origin, and tcpdump beside it.
// The live diagnosis, the diagnosis of tcpdump's file, the server's log as the lab
// reads it, and the truth must agree.
//
//	go run ./pcaps/lab                 all scenarios, one line each
//	go run ./pcaps/lab row6            one of them, with all that was said
//	go run ./pcaps/lab -list           what there is
//	go run ./pcaps/lab -soak 1h        leave sniwatch running, with faults and accidents
//	go run ./pcaps/lab -load 10m       replay the traffic of a busy origin past it
//
// It needs root, the programs of Debian that the scenarios name, and bin/sniwatch.
// It shares no code with what it tests, and leaves nothing behind. Exit codes: 0
// all agree, 1 one does not or could not be played, 2 usage.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// A lab is what all scenarios share.
type lab struct {
	sniwatch string // the program
	folder   string
	certs    wallet
	parallel int
}

// options are what the flags say.
type options struct {
	program, save string
	parallel      int
	list          bool
	soak, load    time.Duration // 0: none
	rate, pps     int
	which         []scenario
}

// run gives the exit code.
func run(arguments []string, stdout, stderr io.Writer) int {
	o, err := parse(arguments, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "lab: error:", err)
		fmt.Fprintln(stderr, "lab: hint: -list shows what there is, -help the flags")
		return 2
	case o.list:
		printList(stdout, o.which)
		return 0
	}
	l, done, err := newLab(o.program, o.save, o.parallel)
	if err != nil {
		fmt.Fprintln(stderr, "lab: error:", err)
		return 1
	}
	defer done()
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-interrupted
		done()
		os.Exit(1) // the kernel ends what the lab has started
	}()
	switch {
	case o.soak > 0:
		err = soak{duration: o.soak, rate: o.rate, out: stdout}.run(l)
	case o.load > 0:
		err = load{duration: o.load, rate: o.pps, out: stdout}.run(l)
	default:
		err = l.playAndPrint(o.which, len(o.which) == 1, stdout)
	}
	if err != nil {
		fmt.Fprintln(stderr, "lab:", err)
		return 1
	}
	return 0
}

// parse reads the flags, and the names of scenarios behind them.
func parse(arguments []string, stderr io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("lab", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.program, "sniwatch", filepath.Join("bin", "sniwatch"), "the `program` that is tested")
	flags.StringVar(&o.save, "save", "", "keep captures, logs and configurations in this `folder`")
	flags.IntVar(&o.parallel, "parallel", 6, "play so `many` scenarios at a time; most of them wait")
	flags.DurationVar(&o.soak, "soak", 0, "leave sniwatch running for this `time`, and let clients and the host have their faults")
	flags.IntVar(&o.rate, "rate", 500, "with -soak: so `many` connections a second")
	flags.DurationVar(&o.load, "load", 0, "replay the traffic of a busy origin past sniwatch for this `time`")
	flags.IntVar(&o.pps, "pps", 100_000, "with -load: so `many` packets a second")
	flags.BoolVar(&o.list, "list", false, "list the scenarios and stop")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	if o.parallel < 1 {
		return o, fmt.Errorf("-parallel %d: at least one scenario must be played at a time", o.parallel)
	}
	o.which, err = chosen(flags.Args())
	return o, err
}

// errNoCapture is a sniwatch that is not there, or was built without libpcap.
var errNoCapture = errors.New("there is no sniwatch that can capture")

// newLab sees what is needed, and makes the certificates. done takes away what
// nobody wants to keep.
func newLab(program, save string, parallel int) (l *lab, done func(), err error) {
	done = func() {}
	if err := missing(); err != nil {
		return nil, done, err
	}
	l = &lab{folder: save, parallel: parallel}
	if l.sniwatch, err = filepath.Abs(program); err != nil {
		return nil, done, err
	}
	if out, err := exec.Command(l.sniwatch, "-D").CombinedOutput(); err != nil {
		return nil, done, fmt.Errorf("%w: %s -D: %w: %s(make build makes it)", errNoCapture, program, err, out)
	}
	if save == "" {
		if l.folder, err = os.MkdirTemp("", "sniwatch-lab-"); err != nil {
			return nil, done, err
		}
		done = func() {
			// Renamed, it cannot be written to by what is being played.
			gone := l.folder + ".gone"
			if os.Rename(l.folder, gone) == nil {
				os.RemoveAll(gone)
			}
		}
	}
	if l.folder, err = filepath.Abs(l.folder); err != nil {
		return nil, done, err
	}
	// Servers that give up root must be able to read their pages.
	certs := filepath.Join(l.folder, "certs")
	if err := errors.Join(os.MkdirAll(certs, 0o755), os.Chmod(l.folder, 0o755)); err != nil {
		return nil, done, err
	}
	l.certs, err = makeCertificates(certs)
	return l, done, err
}

// playAll plays scenarios, several at a time, and gives their results in their
// order, each as soon as it is there.
func (l *lab) playAll(which []scenario, told func(result)) {
	results := make([]chan result, len(which))
	for i := range results {
		results[i] = make(chan result, 1)
	}
	var workers sync.WaitGroup
	next := make(chan int)
	for range min(l.parallel, len(which)) {
		workers.Go(func() {
			for i := range next {
				results[i] <- l.play(which[i])
			}
		})
	}
	workers.Go(func() {
		defer close(next)
		for i := range which {
			next <- i
		}
	})
	for i := range which {
		told(<-results[i])
	}
	workers.Wait()
}

// playAndPrint plays scenarios and prints a table; with whole, all of each.
func (l *lab) playAndPrint(which []scenario, whole bool, out io.Writer) error {
	began := time.Now()
	var sum tally
	if !whole {
		printHead(out)
	}
	l.playAll(which, func(r result) {
		sum.count(r)
		if whole {
			l.printWhole(out, r)
		} else {
			printLine(out, r)
		}
	})
	if !whole {
		sum.print(out, time.Since(began))
	}
	if sum.wrong > 0 {
		return fmt.Errorf("%d of %d scenarios do not agree", sum.wrong, len(which))
	}
	return nil
}
