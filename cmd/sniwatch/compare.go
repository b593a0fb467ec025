package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"sniwatch/analyze"
	"sniwatch/analyze/report"
)

const compareHelp = `sniwatch compare tells what has changed from one report to another: what is
fixed, what is new, what is still there, each with how often.

Usage:
  sniwatch compare BEFORE AFTER [flags]

BEFORE and AFTER are reports that sniwatch wrote as JSON or NDJSON, or captures,
which are analysed first, with the flags below. '-' is standard input.

Examples:
  sniwatch -i any --duration 10m --report before.json
  sniwatch compare before.json after.json
  sniwatch compare monday.pcap tuesday.pcap --cert fullchain.pem

A problem counts as fixed if handshakes are completed and, were it as frequent
as before, it would hardly have been missed. Exit codes: 0 done, 1 could not
work, 2 usage, 3 there is a new problem and --exit-code was given.
`

// compareFormats are those that compare writes.
var compareFormats = []string{"text", "json", "markdown"}

// compareOptions are the command line of compare, checked.
type compareOptions struct {
	known    options // of those for captures, what the flags of compare set
	groups   []flagGroup
	names    []string // BEFORE and AFTER
	format   string
	exitCode bool
	help     bool
}

// runCompare is the subcommand. It gives the exit code.
func runCompare(ctx context.Context, args []string, s streams) int {
	o, err := parseCompareFlags(args)
	switch {
	case err != nil:
		return s.exit(err)
	case o.help:
		fmt.Fprint(s.out, subcommandHelp(compareHelp, o.groups))
		return exitDone
	}
	c, err := o.compare(ctx, s)
	if err != nil {
		return s.exit(err)
	}
	if err := o.write(s.out, c); err != nil {
		return s.exit(err)
	}
	if o.exitCode && c.Worse() {
		return exitFailure
	}
	return exitDone
}

func parseCompareFlags(args []string) (*compareOptions, error) {
	o := &compareOptions{}
	raw := &rawFlags{}
	known, said := o.known.defineKnown(raw), newFlagSet("said")
	said.StringVar(&o.format, "format", "text", "`FORMAT` of what is said: "+strings.Join(compareFormats, ", ")+"; the default is text")
	said.BoolVar(&o.exitCode, "exit-code", false, "exit with 3 if there is a new problem")
	said.BoolVarP(&o.help, "help", "h", false, "print this and stop")
	o.groups = []flagGroup{{"For captures: what is known of the host and the distribution", known}, {"What is said", said}}
	flags := newFlagSet("sniwatch compare")
	flags.AddFlagSet(known)
	flags.AddFlagSet(said)
	const hint = "sniwatch compare --help shows what there is"
	if err := flags.Parse(args); err != nil {
		return o, wrongFlag("sniwatch compare", err)
	}
	o.names = flags.Args()
	switch {
	case o.help:
		return o, nil
	case len(o.names) != 2:
		return o, usageError{fmt.Sprintf("compare takes two files, and %d were given", len(o.names)), hint}
	case o.names[0] == "-" && o.names[1] == "-":
		return o, usageError{"both files are standard input", hint}
	case !slices.Contains(compareFormats, o.format):
		return o, usageError{fmt.Sprintf("unknown format %q", o.format), "the formats of compare are " + strings.Join(compareFormats, ", ")}
	}
	var err error
	if o.known.edges, err = parseEdges(raw.edges); err != nil {
		return o, err
	}
	o.known.distribution, err = parseDistribution(raw)
	return o, err
}

// compare gets both outlines and lays them side by side.
func (o *compareOptions) compare(ctx context.Context, s streams) (*analyze.Comparison, error) {
	before, err := o.outline(ctx, o.names[0], s)
	after, errAfter := o.outline(ctx, o.names[1], s)
	if err := errors.Join(err, errAfter); err != nil {
		return nil, err
	}
	return analyze.Compare(before, after), nil
}

// outline reads a report, or makes one of a capture.
func (o *compareOptions) outline(ctx context.Context, name string, s streams) (analyze.Outline, error) {
	in := s.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return analyze.Outline{}, fmt.Errorf("cannot open %s: %w", name, cannotOpen(err))
		}
		defer f.Close()
		in = f
	}
	const longest = 4 << 10 // of space before a report
	b := bufio.NewReaderSize(in, longest)
	head, _ := b.Peek(64)
	if bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n\ufeff"), []byte("{")) {
		return report.ReadOutline(b, name)
	}
	if name == "-" {
		s.in = b
	}
	return o.analysed(ctx, name, s)
}

// cannotOpen leaves out the name, which is said already.
func cannotOpen(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}

// analysed makes a report of a capture. One that is broken is compared as far as
// it goes, and that is told.
func (o *compareOptions) analysed(ctx context.Context, name string, s streams) (analyze.Outline, error) {
	known := o.known
	known.read, known.memory = []string{name}, analyze.DefaultMemory
	settings, err := known.settings(s)
	if err != nil {
		return analyze.Outline{}, err
	}
	run := watching{o: &known, s: s, w: analyze.NewWatcher(settings)}
	if err := run.files(ctx); err != nil {
		return analyze.Outline{}, err
	}
	for _, in := range run.w.Inputs() {
		if in.Broken != "" {
			s.tell(errors.New(in.Broken))
		}
	}
	return run.w.Report(s.now()).Outline(name), nil
}

func (o *compareOptions) write(w io.Writer, c *analyze.Comparison) error {
	switch o.format {
	case "json":
		return report.WriteComparisonJSON(w, c)
	case "markdown":
		return report.WriteComparisonMarkdown(w, c)
	}
	width, colour := terminal(w)
	return report.WriteComparisonText(w, c, min(width, 100), colour)
}
