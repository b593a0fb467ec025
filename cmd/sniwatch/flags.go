package main

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/report"
)

// options are the command line, checked.
type options struct {
	flags  *pflag.FlagSet
	groups []flagGroup // the same flags, as the help shows them

	// where packets come from
	interfaceName string
	read          []string
	filter        string
	write         string
	count         int
	duration      time.Duration
	snapLen       int
	bufferKiB     int
	memory        int64 // bytes that the process may take
	threads       int   // that analyse one capture
	noPromiscuous bool
	ports         []uint16

	// what is known of the host and the distribution
	certs            []string
	roots            string
	rangesFile       string
	edges            []netip.Prefix
	distribution     edge.Distribution
	distributionFile string
	policies         []string
	discovery
	longOptions
	probe   bool
	probeAt netip.AddrPort // zero: this host
	logs    []string
	logZone *time.Location

	// what is said, and how
	format     report.Format
	reports    []string
	force      bool
	command    string // as it can be typed again
	all        bool
	onlyFailed bool
	exitCode   bool
	evidence   string
	redact     bool
	redactKey  string

	listInterfaces bool
	version        bool
	help           bool
}

// tlsPorts are where TLS is expected when no --port says otherwise.
var tlsPorts = []uint16{443, 8443}

// parseFlags reads and checks the command line.
func parseFlags(args []string) (*options, error) {
	o := &options{command: commandLine(args)}
	raw := o.define()
	switch err := o.flags.Parse(args); {
	case err != nil:
		return o, wrongFlag("sniwatch", err)
	case o.help:
		return o, pflag.ErrHelp
	case o.version || o.listInterfaces:
		return o, nil
	}
	return o, o.check(raw)
}

// wrongFlag says what pflag found without the names of Go's functions.
func wrongFlag(command string, err error) error {
	hint := command + " --help shows what there is"
	if wrong, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		f := wrong.GetFlag()
		name, _ := pflag.UnquoteUsage(f)
		if name == "" {
			return usageError{fmt.Sprintf("--%s takes no value", f.Name), hint}
		}
		return usageError{fmt.Sprintf("--%s takes a %s, and %q is none", f.Name, name, wrong.GetValue()), hint}
	}
	return usageError{err.Error(), hint}
}

// A flagGroup is flags that belong together.
type flagGroup struct {
	title string
	flags *pflag.FlagSet
}

// rawFlags are those whose text needs to be understood first.
type rawFlags struct {
	ports       []string
	edges       []string
	viewers     []string
	origin      string
	forwardHost string
	format      string
	filterFile  string
	logZone     string
	probe       string
	memory      string
}

// mostThreads is the default of --threads on large machines.
const mostThreads = 8

// define declares the flags, in the order of the help.
func (o *options) define() *rawFlags {
	raw := &rawFlags{}
	o.groups = []flagGroup{
		{"Where packets come from", o.definePackets(raw)},
		{"What is known of this host and the distribution", o.defineKnown(raw)},
		{"What is said", o.defineSaid(raw)},
		{"Left running", o.defineLong()},
	}
	o.flags = newFlagSet("sniwatch")
	for _, g := range o.groups {
		o.flags.AddFlagSet(g.flags)
	}
	return raw
}

// newFlagSet makes a set that keeps its order and says nothing by itself.
func newFlagSet(name string) *pflag.FlagSet {
	f := pflag.NewFlagSet(name, pflag.ContinueOnError)
	f.SortFlags = false
	f.Usage = func() {}
	f.SetOutput(io.Discard)
	return f
}

func (o *options) definePackets(raw *rawFlags) *pflag.FlagSet {
	f := newFlagSet("packets")
	f.StringVarP(&o.interfaceName, "interface", "i", "", "watch the interface `NAME`; 'any' is all of them")
	f.StringArrayVarP(&o.read, "read", "r", nil, "analyse the capture `FILE`, '-' is standard input; may be repeated")
	f.StringArrayVar(&raw.ports, "port", nil, "TCP port `NUMBER` of the server; may be repeated; live, the default is 443; in files TLS is found on any port")
	f.StringVarP(&raw.filterFile, "filter-file", "F", "", "read the filter from `FILE`")
	f.IntVarP(&o.count, "count", "c", 0, "stop after this `NUMBER` of packets")
	f.DurationVar(&o.duration, "duration", 0, "stop a live capture after this `TIME`: 90s, 10m")
	f.StringVarP(&o.write, "write", "w", "", "also write the packets to `FILE`: pcap if its name ends in .pcap, else pcapng")
	f.IntVarP(&o.snapLen, "snapshot-length", "s", 0, "live: keep at most so many `BYTES` of a packet; the default is 262144")
	f.IntVarP(&o.bufferKiB, "buffer-size", "B", 0, "live: the kernel's buffer in `KIB`; the default is 16384")
	f.StringVar(&raw.memory, "memory", "64M", "keep the process within this `SIZE`, live beside the kernel's buffer; the default is 64M; what is given up for it is counted")
	f.IntVar(&o.threads, "threads", min(runtime.GOMAXPROCS(0), mostThreads), "analyse a large capture with this `NUMBER` of threads; the default is one for each processor, 8 at most, as far as --memory has room: 64M has it for two, and each 8M for one more; the report is the same")
	f.BoolVarP(&o.noPromiscuous, "no-promiscuous-mode", "p", false, "live: no promiscuous mode")
	f.BoolVarP(&o.listInterfaces, "list-interfaces", "D", false, "list the interfaces and stop")
	f.BoolP("numeric", "n", false, "does nothing, tcpdump has it: sniwatch never looks up the names of addresses")
	return f
}

func (o *options) defineKnown(raw *rawFlags) *pflag.FlagSet {
	f := newFlagSet("known")
	f.StringArrayVar(&o.certs, "cert", nil, "the certificate that the server serves, a PEM `FILE` such as fullchain.pem; may be repeated")
	f.StringVar(&raw.origin, "origin-domain", "", "the origin's `NAME` in the distribution")
	f.StringArrayVar(&raw.viewers, "viewer-domain", nil, "a `NAME` that viewers use; may be repeated")
	f.StringVar(&raw.forwardHost, "forward-host", "", "whether the distribution forwards the Host header to the origin: `yes|no`")
	f.StringVar(&o.distributionFile, "distribution", "", "read all of this from `FILE`, the JSON of aws cloudfront get-distribution-config")
	f.StringArrayVar(&o.policies, "policy", nil, "the JSON of get-cache-policy or get-origin-request-policy in `FILE`, for policies of your own; may be repeated")
	f.StringVar(&o.rangesFile, "ip-ranges", "", "take CloudFront's addresses from `FILE`, AWS's ip-ranges.json")
	f.StringArrayVar(&raw.edges, "edge", nil, "an `ADDRESS` or prefix that counts as CloudFront, too; may be repeated")
	f.StringVar(&o.roots, "roots", "", "trust the root certificates in `FILE` instead of Mozilla's")
	f.StringVar(&raw.probe, "probe", "", "ask the server of this host, by one handshake for each name seen, which certificate it serves; with captures, the server at `ADDRESS:PORT`")
	f.Lookup("probe").NoOptDefVal = probeSelf
	f.StringArrayVar(&o.logs, "log", nil, "the server's error log, a `FILE` of nginx, Apache, HAProxy, Caddy or a Go program: its lines are joined with the connections; live, it is followed; may be repeated")
	f.StringVar(&raw.logZone, "log-timezone", "", "the time `ZONE` of logs that do not name it, such as UTC, Asia/Tokyo or +09:00; the default is that of this host")
	o.discovery.define(f)
	return f
}

func (o *options) defineSaid(raw *rawFlags) *pflag.FlagSet {
	f := newFlagSet("said")
	f.StringVar(&raw.format, "format", "text", "`FORMAT` of the report: "+formatNames()+"; the default is text")
	f.StringArrayVar(&o.reports, "report", nil, "also write the report to `FILE`, in the format of its ending: .html, .md, .txt, .json, .ndjson, .csv, or .zip for all of them; may be repeated")
	f.BoolVar(&o.force, "force", false, "overwrite the files of --report and --evidence")
	f.BoolVar(&o.all, "all", false, "list the connections that are healthy, or no TLS, too")
	f.BoolVar(&o.onlyFailed, "only-failed", false, "leave complete handshakes out of json, ndjson and csv")
	f.BoolVar(&o.exitCode, "exit-code", false, "exit with 3 if a handshake failed")
	f.StringVar(&o.evidence, "evidence", "", "also write the packets of the failed connections to `FILE`, pcapng, without application data")
	f.BoolVar(&o.redact, "redact", false, "replace names, addresses and certificates in all that is written, the evidence included")
	f.StringVar(&o.redactKey, "redact-key", defaultKey, "the `FILE` that maps them back, made if it is not there; the default is "+defaultKey+" in this folder")
	f.BoolVarP(&o.version, "version", "V", false, "print the version and stop")
	f.BoolVarP(&o.help, "help", "h", false, "print this and stop")
	return f
}

// check understands the flags and finds what contradicts itself.
func (o *options) check(raw *rawFlags) error {
	switch {
	case slices.Contains(o.read, "") || o.interfaceName == "" && o.flags.Changed("interface"):
		return usageError{"the name after -r or -i is empty", "a variable of a script may not be set"}
	case o.interfaceName == "" && len(o.read) == 0:
		return o.nothingToLookAt()
	case o.interfaceName != "" && len(o.read) > 0:
		return usageError{"both an interface (-i) and a capture (-r) were given", "give one of them"}
	case o.count < 0 || o.duration < 0 || o.snapLen < 0 || o.bufferKiB < 0:
		return usageError{"a count, time or size is negative", ""}
	case o.threads < 1 || o.threads > 64:
		return usageError{fmt.Sprintf("--threads %d: the number is from 1 to 64", o.threads), ""}
	case o.duration > 0 && o.interfaceName == "":
		return usageError{"--duration is for live capture", "-c ends the reading of a capture after so many packets"}
	case len(o.policies) > 0 && o.distributionFile == "":
		return policyWithout
	case slices.Contains(o.logs, "-") && slices.Contains(o.read, "-"):
		return usageError{"standard input cannot be both a capture and a log", ""}
	case o.redact && o.write != "":
		return usageError{"-w writes the packets as they are, and --redact wants nothing written as it is", "--evidence writes the packets of the failed connections, redacted"}
	case o.flags.Changed("redact-key") && !o.redact:
		return usageError{"--redact-key is for --redact, which was not given", ""}
	case o.write == "-":
		return usageError{"packets cannot go to standard output beside the report", "give -w a file"}
	case o.evidence == "-" || o.evidence == "" && o.flags.Changed("evidence"):
		return usageError{"the evidence needs a file to go to", "give --evidence the name of one that ends in .pcapng"}
	}
	if err := o.checkFormat(raw.format); err != nil {
		return err
	}
	if err := o.checkLong(); err != nil {
		return err
	}
	var err error
	if o.ports, err = parsePorts(raw.ports); err != nil {
		return err
	}
	if o.memory, err = parseMemory(raw.memory); err != nil {
		return err
	}
	if o.edges, err = parseEdges(raw.edges); err != nil {
		return err
	}
	if o.distribution, err = parseDistribution(raw); err != nil {
		return err
	}
	o.probe = raw.probe != ""
	if o.probeAt, err = parseProbe(raw.probe, o.interfaceName != ""); err != nil {
		return err
	}
	if o.logZone, err = parseZone(raw.logZone); err != nil {
		return err
	}
	return o.readFilter(raw.filterFile)
}

// checkFormat understands --format, and what belongs to it.
func (o *options) checkFormat(format string) error {
	var known bool
	if o.format, known = report.ParseFormat(format); !known {
		return usageError{fmt.Sprintf("unknown format %q", format), "the formats are " + formatNames()}
	}
	if o.onlyFailed && !o.every() {
		return usageError{"--only-failed is for the formats json, ndjson and csv", "the others show the failures only, unless --all is given"}
	}
	return nil
}

// every tells whether one of the outputs has every connection in it.
func (o *options) every() bool {
	return o.format.Every() || slices.ContainsFunc(o.reports, func(name string) bool {
		f, _ := report.FormatOf(name)
		return f.Every()
	})
}

// formatNames lists the formats.
func formatNames() string {
	names := make([]string, len(report.Formats))
	for i, f := range report.Formats {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
}

// nothingToLookAt says what is missing, as far as the words left over tell.
func (o *options) nothingToLookAt() error {
	if err := o.looksLikeFile(); err != nil {
		return err
	}
	const hint = "sniwatch -i eth0 watches, sniwatch -r FILE analyses a capture, sniwatch --help shows the rest"
	if o.flags.NArg() > 0 {
		return usageError{fmt.Sprintf("%q is neither a command nor a file", o.flags.Arg(0)), hint}
	}
	return usageError{"nothing to look at: neither an interface nor a capture was given", hint}
}

// readFilter joins the words left over, or reads the file of -F.
func (o *options) readFilter(file string) error {
	o.filter = strings.Join(o.flags.Args(), " ")
	if file == "" {
		return o.looksLikeFile()
	}
	if o.filter != "" {
		return usageError{"a filter was given both as words and with -F", "give one of them"}
	}
	const longest = 1 << 20
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("cannot read the filter: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, longest))
	if err != nil {
		return fmt.Errorf("cannot read the filter: %w", err)
	}
	o.filter = strings.Join(strings.Fields(string(text)), " ")
	return nil
}

// looksLikeFile catches the slip of a capture without -r.
func (o *options) looksLikeFile() error {
	words := o.flags.Args()
	if len(words) == 0 {
		return nil
	}
	if info, err := os.Stat(words[0]); err == nil && info.Mode().IsRegular() {
		return usageError{fmt.Sprintf("%s is a file, and stands where the filter is expected", words[0]),
			"captures are given with -r: sniwatch -r " + words[0]}
	}
	return nil
}

func parsePorts(raw []string) ([]uint16, error) {
	var ports []uint16
	for _, text := range raw {
		for part := range strings.SplitSeq(text, ",") {
			n, err := strconv.ParseUint(part, 10, 16)
			if err != nil || n == 0 {
				return nil, usageError{fmt.Sprintf("%q is no TCP port", part), "--port takes numbers from 1 to 65535"}
			}
			ports = append(ports, uint16(n))
		}
	}
	return ports, nil
}

func parseEdges(raw []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range raw {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			a, err := netip.ParseAddr(text)
			if err != nil {
				return nil, usageError{fmt.Sprintf("%q is no address or prefix", text), "--edge takes 192.0.2.7 or 192.0.2.0/24"}
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		out = append(out, p)
	}
	return out, nil
}

// parseDistribution understands the names of the distribution.
func parseDistribution(raw *rawFlags) (edge.Distribution, error) {
	d := edge.Distribution{OriginDomain: raw.origin, ViewerDomains: raw.viewers}
	if raw.origin != "" {
		if err := edge.CheckOriginDomain(raw.origin); err != nil {
			return d, nameError("--origin-domain", err)
		}
	}
	for _, name := range raw.viewers {
		if err := edge.CheckName(name); err != nil {
			return d, nameError("--viewer-domain", err)
		}
	}
	var err error
	d.ForwardHost, err = parseForwardHost(raw.forwardHost)
	return d, err
}

// parseForwardHost understands --forward-host; "": it was not given.
func parseForwardHost(s string) (edge.Tristate, error) {
	switch s {
	case "":
		return edge.Unknown, nil
	case "yes":
		return edge.Yes, nil
	case "no":
		return edge.No, nil
	}
	return edge.Unknown, usageError{fmt.Sprintf("--forward-host takes yes or no, and %q is neither", s),
		"yes: the origin is sent the Host header of viewers, as the policy " + edge.AllViewer + " does; no: it is not"}
}

// nameError is wrong use of a flag that takes a name.
func nameError(flag string, err error) error {
	hint := ""
	if wrong, ok := errors.AsType[*edge.InputError](err); ok {
		hint = wrong.Hint()
	}
	return usageError{flag + ": " + err.Error(), hint}
}
