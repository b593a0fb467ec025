package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/report"
)

const checkHelp = `sniwatch check tells, without a capture, whether CloudFront will accept a
certificate: for each name that viewers use, with the Host header forwarded to
the origin and without, the name that CloudFront asks for (SNI) and what viewers
get. What you do not give is shown for all values.

Usage:
  sniwatch check --cert FILE --origin-domain NAME [flags]
  sniwatch check --cert FILE --distribution FILE [flags]
  sniwatch check --connect HOST[:PORT] --origin-domain NAME [flags]

Examples:
  sniwatch check --cert fullchain.pem --origin-domain origin.example.com
  sniwatch check --cert fullchain.pem --origin-domain origin.example.com \
      --viewer-domain www.example.com --forward-host=no
  aws cloudfront get-distribution-config --id ID > distribution.json
  sniwatch check --cert fullchain.pem --distribution distribution.json

With everything given there is one case; its row is that of the table of eight
cases in docs/cloudfront.md. --exit-code counts the cases that are in use: those
of which everything was given, or is in the distribution. Cases that are shown
because something was not given count only where there are no others.
Exit codes: 0 done, 1 could not work, 2 usage, 3 a case fails and --exit-code.
`

// checkFormats are those that check writes.
var checkFormats = []string{"text", "json", "markdown"}

// checkOptions are the command line of check, checked.
type checkOptions struct {
	groups []flagGroup
	flags  *pflag.FlagSet

	certs        []string
	roots        string
	connect      string // host and port, "": no handshakes
	distribution string
	policies     []string
	question     edge.Question // all but the certificates
	at           time.Time     // zero: now

	format   string
	exitCode bool
	help     bool
}

// runCheck is the subcommand. It gives the exit code.
func runCheck(ctx context.Context, args []string, s streams) int {
	o, err := parseCheckFlags(args)
	switch {
	case err != nil:
		return s.exit(err)
	case o.help:
		fmt.Fprint(s.out, o.helpText())
		return exitDone
	}
	if o.at.IsZero() {
		o.at = s.now()
	}
	c, err := o.answer(ctx)
	if err != nil {
		return s.exit(err)
	}
	if err := o.write(s.out, c); err != nil {
		return s.exit(err)
	}
	if o.exitCode && c.Fails() {
		return exitFailure
	}
	return exitDone
}

// answer finds out what there is to say.
func (o *checkOptions) answer(ctx context.Context) (*report.Check, error) {
	if err := o.loadDistribution(); err != nil {
		return nil, err
	}
	ck := &checking{o: o, roots: origin.MozillaRoots()}
	if err := ck.load(); err != nil {
		return nil, err
	}
	ck.c = &report.Check{Version: versionNumber(), At: o.at, Roots: ck.roots.Source, Source: o.distribution, Server: o.connect}
	if o.connect != "" {
		if err := ck.connect(ctx); err != nil {
			return nil, err
		}
	} else {
		ck.predict()
	}
	ck.warn()
	ck.hint()
	return ck.c, nil
}

func (o *checkOptions) write(w io.Writer, c *report.Check) error {
	switch o.format {
	case "json":
		return report.WriteCheckJSON(w, c)
	case "markdown":
		return report.WriteCheckMarkdown(w, c)
	}
	text := report.CheckOptions{}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			text.Width = min(width, 100)
		}
		text.Colour = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	return report.WriteCheck(w, c, text)
}

func (o *checkOptions) helpText() string {
	var b strings.Builder
	b.WriteString(checkHelp)
	for _, g := range o.groups {
		fmt.Fprintf(&b, "\n%s:\n", g.title)
		writeFlags(&b, g.flags)
	}
	return b.String()
}

// rawCheckFlags are those whose text needs to be understood first.
type rawCheckFlags struct {
	viewers                  []string
	origin, forward, at, dst string
}

// define declares the flags, in the order of the help.
func (o *checkOptions) define() *rawCheckFlags {
	raw := &rawCheckFlags{}
	server, dist, said := newFlagSet("server"), newFlagSet("distribution"), newFlagSet("said")
	server.StringArrayVar(&o.certs, "cert", nil, "the certificate that the server serves, a PEM `FILE` such as fullchain.pem; may be repeated: each is judged for itself")
	server.StringVar(&raw.dst, "connect", "", "make CloudFront's handshakes with `HOST[:PORT]` and judge what it serves; the port is 443 if none is given")
	server.StringVar(&o.roots, "roots", "", "trust the root certificates in `FILE` instead of Mozilla's")
	server.StringVar(&raw.at, "at", "", "judge as of `DATE`, such as 2027-01-31; the default is now")

	dist.StringVar(&raw.origin, "origin-domain", "", "the origin's `NAME` in the distribution (console: Origins, Origin domain)")
	dist.StringArrayVar(&raw.viewers, "viewer-domain", nil, "a `NAME` that viewers use: your own, or dxxxx.cloudfront.net; may be repeated")
	dist.StringVar(&raw.forward, "forward-host", "", "`yes|no`: whether the distribution forwards the Host header to the origin")
	dist.StringVar(&o.distribution, "distribution", "", "read all of this from `FILE`, the JSON of aws cloudfront get-distribution-config")
	dist.StringArrayVar(&o.policies, "policy", nil, "the JSON of get-cache-policy or get-origin-request-policy in `FILE`, for policies of your own; may be repeated")

	said.StringVar(&o.format, "format", "text", "`FORMAT` of the answer: "+strings.Join(checkFormats, ", ")+"; the default is text")
	said.BoolVar(&o.exitCode, "exit-code", false, "exit with 3 if a case that is in use fails")
	said.BoolVarP(&o.help, "help", "h", false, "print this and stop")

	o.groups = []flagGroup{{"What the server serves", server}, {"What the distribution is", dist}, {"What is said", said}}
	o.flags = newFlagSet("sniwatch check")
	for _, g := range o.groups {
		o.flags.AddFlagSet(g.flags)
	}
	return raw
}

// loadDistribution reads the files that describe the distribution.
func (o *checkOptions) loadDistribution() error {
	if o.distribution != "" {
		config, err := edge.LoadDistribution(o.distribution)
		if err != nil {
			return inputError(o.distribution, err)
		}
		o.question.Config = config
	}
	o.question.Policies = &edge.Policies{}
	for _, name := range o.policies {
		if err := o.question.Policies.Load(name); err != nil {
			return inputError(name, err)
		}
	}
	return nil
}

// inputError tells a word that is no file, such as an ARN, from a file that
// cannot be used: the first is wrong use of the command line.
func inputError(name string, err error) error {
	wrong, ok := errors.AsType[*edge.InputError](err)
	if _, missing := os.Stat(name); ok && missing != nil {
		return usageError{wrong.Error(), wrong.Hint()}
	}
	if ok {
		return err
	}
	return hinted{fmt.Errorf("cannot read the JSON: %w", err), "aws cloudfront get-distribution-config --id ID > " + filepath.Base(name) + " writes that of a distribution"}
}
