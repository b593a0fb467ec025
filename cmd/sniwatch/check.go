package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
	"sniwatch/analyze/report"
)

const checkHelp = `sniwatch check tells, without a capture, whether CloudFront will accept a
certificate: for each name that viewers use, with the Host header forwarded to
the origin and without, the name that CloudFront asks for (SNI) and what viewers
get. What you do not give is shown for all values. Without --cert the
certificates are those that the local nginx, Apache or HAProxy is set to serve.

Usage:
  sniwatch check [--cert FILE] --origin-domain NAME [flags]
  sniwatch check [--cert FILE] --distribution FILE [flags]
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

	discovery
	certs        []string
	roots        string
	distribution string
	policies     []string
	question     analyze.CheckQuestion // its files are loaded last

	// dial makes the connections of --connect; nil: a net.Dialer does.
	dial func(ctx context.Context, network, addr string) (net.Conn, error)

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
		fmt.Fprint(s.out, subcommandHelp(checkHelp, o.groups))
		return exitDone
	}
	return o.run(ctx, s)
}

// run answers the question of the command line. It gives the exit code.
func (o *checkOptions) run(ctx context.Context, s streams) int {
	if o.question.At.IsZero() {
		o.question.At = s.now()
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
func (o *checkOptions) answer(ctx context.Context) (*analyze.Check, error) {
	if err := o.load(); err != nil {
		return nil, err
	}
	c, err := o.judge(ctx)
	if err != nil {
		return nil, err
	}
	c.Version = versionNumber()
	return c, nil
}

// judge answers from the server where there is one to be asked, else from the
// files.
func (o *checkOptions) judge(ctx context.Context) (*analyze.Check, error) {
	if o.question.Server == "" {
		return o.question.Predict(), nil
	}
	if n := len(o.question.Names()); n > maxServerNames {
		return nil, usageError{fmt.Sprintf("%d names would be asked for with --connect, and %d is the most", n, maxServerNames),
			"choose with --viewer-domain, --origin-domain and --forward-host"}
	}
	return o.question.Ask(func(sni string, offer edge.Offer) (*edge.Answer, error) {
		ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
		defer cancel()
		a, err := edge.Connect(ctx, o.dial, o.question.Server, sni, offer)
		if err != nil {
			return nil, fmt.Errorf("cannot make a handshake with %s: %w", o.question.Server, err)
		}
		return a, nil
	})
}

// handshakeTimeout bounds one handshake, the connection included. CloudFront
// waits up to 10 seconds for the connection alone by default.
const handshakeTimeout = 10 * time.Second

// maxServerNames bounds the handshakes of one run to twice as many: they are
// made with a server that has other work.
const maxServerNames = 100

func (o *checkOptions) write(w io.Writer, c *analyze.Check) error {
	switch o.format {
	case "json":
		return report.WriteCheckJSON(w, c)
	case "markdown":
		return report.WriteCheckMarkdown(w, c)
	}
	text := report.CheckOptions{}
	text.Width, text.Colour = terminal(w)
	text.Width = min(text.Width, 100)
	return report.WriteCheck(w, c, text)
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
	o.discovery.define(server)
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

// load reads the files: the distribution, its policies, the roots and the
// certificates.
func (o *checkOptions) load() (err error) {
	q := &o.question
	if o.distribution != "" {
		if q.Config, err = loadDistribution(o.distribution, strings.Join(q.OriginDomains, "")); err != nil {
			return err
		}
	}
	if q.Policies, err = loadPolicies(o.policies); err != nil {
		return err
	}
	if q.Roots, err = loadRoots(o.roots); err != nil {
		return err
	}
	if q.Files, err = loadCertificates(o.certs); err != nil || len(o.certs) > 0 || q.Server != "" {
		return err
	}
	return o.discoverCertificates()
}

// discoverCertificates takes those that the local server's configuration names.
func (o *checkOptions) discoverCertificates() error {
	q := &o.question
	host, found, err := o.find(nil)
	if err != nil {
		return err
	}
	if host != nil {
		if q.Files = host.Certificates(); len(q.Files) > 0 {
			q.Serves = serves(host, httpsPort(q.Config))
			return nil
		}
	}
	if q.Files = found; len(found) > 0 {
		return nil
	}
	why := ""
	if host != nil && len(host.Notes()) > 0 {
		why = " (" + host.Notes()[0].Says + ")"
	}
	return usageError{"no certificate was given, and none was found in the configuration of a server of this host" + why + ": whether CloudFront accepts one cannot be told without it",
		"--cert FILE names the one that the server serves (nginx: ssl_certificate), --connect HOST takes it from the server"}
}

// httpsPort is the port that the origins of a distribution are asked on.
func httpsPort(config *edge.Config) uint16 {
	if config != nil {
		for _, o := range config.Origins {
			if o.UsesTLS() && o.HTTPSPort > 0 && o.HTTPSPort <= math.MaxUint16 {
				return uint16(o.HTTPSPort)
			}
		}
	}
	return 443
}
