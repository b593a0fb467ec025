package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"sniwatch/analyze/report/redact"
)

const restoreHelp = `sniwatch restore puts the original names and addresses back into a text that was
made with --redact: an answer to a ticket, a report, a line of it.

Usage:
  sniwatch restore [--redact-key FILE] [FILE…]

Without a file it reads standard input. The key is the file that --redact wrote.
`

// maxRestoredLine bounds a line that is restored.
const maxRestoredLine = 16 << 20

// runRestore is the subcommand. It gives the exit code.
func runRestore(args []string, s streams) int {
	flags := newFlagSet("sniwatch restore")
	key := flags.String("redact-key", defaultKey, "the key `FILE` of --redact; the default is "+defaultKey+" in this folder")
	help := flags.BoolP("help", "h", false, "print this and stop")
	if err := flags.Parse(args); err != nil {
		return s.exit(wrongFlag("sniwatch restore", err))
	}
	if *help {
		var b strings.Builder
		writeFlags(&b, flags)
		fmt.Fprintf(s.out, "%s\n%s", restoreHelp, b.String())
		return exitDone
	}
	f, err := os.Open(*key)
	if err != nil {
		return s.exit(hinted{fmt.Errorf("the redaction key cannot be read: %w", err), "--redact-key names the file that --redact wrote"})
	}
	defer f.Close()
	r, err := redact.Load(f, redact.Options{})
	if err != nil {
		return s.exit(fmt.Errorf("%s is no key of sniwatch: %w", *key, err))
	}
	return s.exit(restoreAll(r, flags.Args(), s))
}

// restoreAll restores the files that were named, or standard input.
func restoreAll(r *redact.Redactor, names []string, s streams) error {
	if len(names) == 0 {
		return restoreLines(r, s.in, s.out)
	}
	var problems []error
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		problems = append(problems, restoreLines(r, f, s.out))
		f.Close()
	}
	return errors.Join(problems...)
}

// restoreLines restores a text line by line.
func restoreLines(r *redact.Redactor, in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxRestoredLine)
	w := bufio.NewWriter(out)
	for lines.Scan() {
		fmt.Fprintln(w, r.Restore(lines.Text())) // its error comes again from Flush
	}
	return errors.Join(lines.Err(), w.Flush())
}
