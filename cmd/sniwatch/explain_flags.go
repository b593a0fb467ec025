package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"sniwatch/analyze/edge"
)

// explainOptions are the command line of explain, checked.
type explainOptions struct {
	groups []flagGroup
	flags  *pflag.FlagSet

	discovery
	files        []string // "-" is standard input; never empty
	zone         *time.Location
	certs        []string
	roots        string
	rangesFile   string
	edges        []netip.Prefix
	distribution edge.Distribution

	format   string
	exitCode bool
	help     bool
}

// rawExplainFlags are those whose text needs to be understood first.
type rawExplainFlags struct {
	rawFlags
	zone string
}

// define declares the flags, in the order of the help.
func (o *explainOptions) define() *rawExplainFlags {
	raw := &rawExplainFlags{}
	known, said := newFlagSet("known"), newFlagSet("said")
	known.StringArrayVar(&o.certs, "cert", nil, "the certificate that the server serves, a PEM `FILE` such as fullchain.pem; may be repeated; the default is what the configuration of the local server names")
	o.discovery.define(known)
	known.StringVar(&raw.origin, "origin-domain", "", "the origin's `NAME` in the distribution (console: Origins, Origin domain)")
	known.StringArrayVar(&raw.viewers, "viewer-domain", nil, "a `NAME` that viewers use; may be repeated")
	known.StringVar(&raw.forwardHost, "forward-host", "", "whether the distribution forwards the Host header to the origin: `yes|no`")
	known.StringVar(&o.roots, "roots", "", "trust the root certificates in `FILE` instead of Mozilla's")
	known.StringVar(&o.rangesFile, "ip-ranges", "", "take CloudFront's addresses from `FILE`, AWS's ip-ranges.json")
	known.StringArrayVar(&raw.edges, "edge", nil, "an `ADDRESS` or prefix that counts as CloudFront, too; may be repeated")
	known.StringVar(&raw.zone, "log-timezone", "", "the time `ZONE` of times without one, such as Asia/Tokyo or UTC; the default is this host's")

	said.StringVar(&o.format, "format", "text", "`FORMAT` of the answer: "+strings.Join(checkFormats, ", ")+"; the default is text")
	said.BoolVar(&o.exitCode, "exit-code", false, "exit with 3 if a handshake of CloudFront's failed")
	said.BoolVarP(&o.help, "help", "h", false, "print this and stop")

	o.groups = []flagGroup{{"What is known of this host and the distribution", known}, {"What is said", said}}
	o.flags = newFlagSet("sniwatch explain")
	for _, g := range o.groups {
		o.flags.AddFlagSet(g.flags)
	}
	return raw
}

// parseExplainFlags reads and checks the command line of explain.
func parseExplainFlags(args []string) (*explainOptions, error) {
	o := &explainOptions{}
	raw := o.define()
	if err := o.flags.Parse(args); err != nil {
		return o, wrongFlag("sniwatch explain", err)
	}
	if o.help {
		return o, nil
	}
	if !slices.Contains(checkFormats, o.format) {
		return o, usageError{fmt.Sprintf("unknown format %q", o.format), "the formats of explain are " + strings.Join(checkFormats, ", ")}
	}
	if o.files = o.flags.Args(); len(o.files) == 0 {
		o.files = []string{"-"}
	}
	var err error
	if o.edges, err = parseEdges(raw.edges); err != nil {
		return o, err
	}
	if o.distribution, err = parseDistribution(&raw.rawFlags); err != nil {
		return o, err
	}
	o.zone, err = parseZone(raw.zone)
	return o, err
}

// parseZone understands --log-timezone: a name of the IANA database, or an offset
// such as +09:00.
func parseZone(s string) (*time.Location, error) {
	if s == "" {
		return time.Local, nil
	}
	if t, err := time.Parse("-07:00", s); err == nil {
		_, offset := t.Zone()
		return time.FixedZone("UTC"+s, offset), nil
	}
	zone, err := time.LoadLocation(s)
	if err != nil {
		return nil, usageError{fmt.Sprintf("--log-timezone: %q is no time zone that is known here", s), "for example Asia/Tokyo, UTC or +09:00; 'timedatectl' shows this host's"}
	}
	return zone, nil
}
