package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"sniwatch/analyze"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/origin/logs"
	"sniwatch/analyze/report"
)

const explainHelp = `sniwatch explain tells, without a capture, what lines of a server's log mean:
which handshakes failed and from where, what the usual cause is, what only a
capture can decide, and which command makes it.

Usage:
  sniwatch explain [FILE…] [flags]

Examples:
  sniwatch explain /var/log/nginx/error.log
  sniwatch explain error.log error.log.*.gz --cert fullchain.pem \
      --origin-domain origin.example.com
  journalctl -o json -u nginx | sniwatch explain
  sniwatch explain < pasted-lines.txt

Without a FILE, or with '-', it reads standard input. Without --cert the
configuration of the local server tells which certificate it serves for a name
that the log has. It knows the error logs of
nginx, Apache 2.4, HAProxy, Caddy and programs in Go, plain, through syslog,
journalctl (any output with a time) or Docker, packed with gzip or zstd.
Exit codes: 0 done, 1 could not read something, or nothing was there, 2 usage,
3 a handshake of CloudFront's failed and --exit-code.
`

// runExplain is the subcommand. It gives the exit code.
func runExplain(ctx context.Context, args []string, s streams) int {
	o, err := parseExplainFlags(args)
	switch {
	case err != nil:
		return s.exit(err)
	case o.help:
		fmt.Fprint(s.out, subcommandHelp(explainHelp, o.groups))
		return exitDone
	}
	e, err := o.explain(ctx, s)
	if e != nil {
		if writing := o.writeExplanation(s.out, e); writing != nil {
			return s.exit(writing)
		}
		if err == nil && o.exitCode && e.Fails() {
			return exitFailure
		}
	}
	return s.exit(err)
}

// explain reads the logs. One that cannot be read does not stop the others; the
// explanation is nil where nothing could be read at all.
func (o *explainOptions) explain(ctx context.Context, s streams) (*analyze.Explanation, error) {
	known, err := o.known(s)
	if err != nil {
		return nil, err
	}
	x := analyze.NewExplainer(known)
	var problems []error
	read := int64(0)
	for _, name := range o.files {
		r, err := logs.Open(name, s.in)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		x.Begin(name)
		counts, err := readEntries(ctx, name, r, logs.Options{Zone: known.Zone, Now: known.Now}, x.Entry)
		broken := ""
		if err != nil {
			broken = err.Error()
			problems = append(problems, fmt.Errorf("%s was not read to its end: %w", inputName(name), err))
		} else if counts.Lines == 0 {
			problems = append(problems, hinted{fmt.Errorf("%s holds no lines", inputName(name)),
				"after a rotation the lines are in the file beside it, such as error.log.1"})
		}
		x.End(counts, broken)
		r.Close()
		read += counts.Lines
	}
	if read == 0 {
		return nil, errors.Join(problems...)
	}
	return x.Finish(), errors.Join(problems...)
}

// readEntries gives the entries of one log to take.
func readEntries(ctx context.Context, name string, r io.Reader, o logs.Options, take func(*logs.Entry)) (logs.Counts, error) {
	reader := logs.NewReader(name, untilDone{ctx, r}, o)
	var e logs.Entry
	for {
		switch err := reader.Next(&e); {
		case err == io.EOF:
			return reader.Counts(), nil
		case err != nil:
			return reader.Counts(), err
		}
		take(&e)
	}
}

// untilDone is a reader that ends at Ctrl-C: what was read until then counts.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u untilDone) Read(b []byte) (int, error) {
	if u.ctx.Err() != nil {
		return 0, io.EOF
	}
	return u.r.Read(b)
}

func inputName(name string) string {
	if name == "-" {
		return "standard input"
	}
	return name
}

// known loads what the flags name.
func (o *explainOptions) known(s streams) (analyze.ExplainOptions, error) {
	known := analyze.ExplainOptions{Version: versionNumber(), Now: s.now(), Zone: o.zone, Distribution: o.distribution}
	certs, err := loadCertificates(o.certs)
	if err != nil {
		return known, err
	}
	known.Certificates = origin.NewStore(certs...)
	known.Certificates.FromFlag = true
	if len(certs) == 0 {
		if known.Local, err = o.localServer(); err != nil {
			return known, err
		}
	}
	if known.Roots, err = loadRoots(o.roots); err != nil {
		return known, err
	}
	known.Ranges, err = chooseRanges(&options{rangesFile: o.rangesFile, edges: o.edges}, s)
	return known, err
}

func (o *explainOptions) writeExplanation(w io.Writer, e *analyze.Explanation) error {
	switch o.format {
	case "json":
		return report.WriteExplanationJSON(w, e)
	case "markdown":
		return report.WriteExplanationMarkdown(w, e)
	}
	text := report.CheckOptions{}
	text.Width, text.Colour = terminal(w)
	text.Width = min(text.Width, 100)
	return report.WriteExplanation(w, e, text)
}
