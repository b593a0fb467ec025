package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/pflag"

	"sniwatch/analyze/report"
	"sniwatch/capture/live"
)

// streams are what the program has of the world.
type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
	now func() time.Time
}

// Exit codes, the same in every format.
const (
	exitDone    = 0
	exitError   = 1 // could not work, or not on all of the input
	exitUsage   = 2
	exitFailure = 3 // a handshake failed, and --exit-code was given
)

// errUsage marks errors of the command line.
var errUsage = errors.New("usage")

// usageError is wrong use of the command line; hint says what is right.
type usageError struct{ says, hint string }

func (e usageError) Error() string        { return e.says }
func (e usageError) Hint() string         { return e.hint }
func (e usageError) Is(target error) bool { return target == errUsage }

// hinted is an error together with what can be done about it.
type hinted struct {
	error
	hint string
}

func (e hinted) Hint() string  { return e.hint }
func (e hinted) Unwrap() error { return e.error }

// run is the whole program: arguments in, exit code out.
func run(ctx context.Context, args []string, s streams) int {
	switch {
	case len(args) == 0:
		fmt.Fprint(s.err, usage)
		return exitUsage
	case args[0] == "ranges":
		return s.exit(runRanges(ctx, args[1:], s))
	case args[0] == "check":
		return runCheck(ctx, args[1:], s)
	case args[0] == "explain":
		return runExplain(ctx, args[1:], s)
	case args[0] == "restore":
		return runRestore(args[1:], s)
	case args[0] == "compare":
		return runCompare(ctx, args[1:], s)
	}
	o, err := parseFlags(args)
	switch {
	case errors.Is(err, pflag.ErrHelp):
		fmt.Fprint(s.out, helpText(o.groups))
		return exitDone
	case err != nil:
		return s.exit(err)
	case o.version:
		fmt.Fprintln(s.out, versionText())
		return exitDone
	case o.listInterfaces:
		return s.exit(listInterfaces(s.out))
	}
	failed, err := watch(ctx, o, s)
	if err == nil && failed && o.exitCode {
		return exitFailure
	}
	return s.exit(err)
}

// exit tells an error and gives the exit code for it.
func (s streams) exit(err error) int {
	if err == nil {
		return exitDone
	}
	s.tell(err)
	if errors.Is(err, errUsage) {
		return exitUsage
	}
	return exitError
}

// tell writes an error, and what to do about it where that is known.
func (s streams) tell(err error) {
	const longest = 2000
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			s.tell(e)
		}
		return
	}
	fmt.Fprintf(s.err, "sniwatch: %s\n", report.Clean(err.Error(), longest))
	var hint interface{ Hint() string }
	if errors.As(err, &hint) && hint.Hint() != "" {
		fmt.Fprintf(s.err, "sniwatch: hint: %s\n", report.Clean(hint.Hint(), longest))
	}
}

// listInterfaces is -D.
func listInterfaces(w io.Writer) error {
	interfaces, err := live.Interfaces()
	if err != nil {
		return err
	}
	for i, in := range interfaces {
		line := fmt.Sprintf("%d.%s", i+1, in.Name)
		if in.Description != "" {
			line += " (" + in.Description + ")"
		}
		switch {
		case in.Up && in.Running:
			line += " [Up, Running"
		case in.Up:
			line += " [Up"
		default:
			line += " [Down"
		}
		if in.Loopback {
			line += ", Loopback"
		}
		line += "]"
		for _, a := range in.Addresses {
			line += " " + a.String()
		}
		fmt.Fprintln(w, report.Clean(line, 1000))
	}
	return nil
}
