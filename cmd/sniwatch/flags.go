package main

import (
	"fmt"
	"io"
	"math"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"sniwatch/analyze/edge"
)

// options are the command line, checked.
type options struct {
	flags *pflag.FlagSet

	// where packets come from
	interfaceName string
	read          []string
	filter        string
	write         string
	count         int
	duration      time.Duration
	snapLen       int
	bufferKiB     int
	noPromiscuous bool
	ports         []uint16

	// what is known of the host and the distribution
	certs        []string
	roots        string
	rangesFile   string
	edges        []netip.Prefix
	distribution edge.Distribution

	// what is said, and how
	format     string
	all        bool
	onlyFailed bool
	exitCode   bool

	listInterfaces bool
	version        bool
}

// formats that can be written.
var formats = []string{"text", "json", "ndjson"}

// tlsPorts are where TLS is expected when no --port says otherwise.
var tlsPorts = []uint16{443, 8443}

// parseFlags reads and checks the command line.
func parseFlags(args []string) (*options, error) {
	o := &options{}
	raw := o.define()
	if err := o.flags.Parse(args); err != nil {
		if err == pflag.ErrHelp {
			return o, err
		}
		return o, usageError{err.Error(), "sniwatch --help shows what there is"}
	}
	if o.version || o.listInterfaces {
		return o, nil
	}
	return o, o.check(raw)
}

// rawFlags are those whose text needs to be understood first.
type rawFlags struct {
	ports       []string
	edges       []string
	viewers     []string
	origin      string
	forwardHost string
	filterFile  string
}

// define declares the flags, in the order of the help.
func (o *options) define() *rawFlags {
	raw := &rawFlags{}
	f := pflag.NewFlagSet("sniwatch", pflag.ContinueOnError)
	f.SortFlags = false
	f.Usage = func() {}
	f.SetOutput(io.Discard)
	o.flags = f

	f.StringVarP(&o.interfaceName, "interface", "i", "", "watch this network `interface`; 'any' is all of them")
	f.StringArrayVarP(&o.read, "read", "r", nil, "analyse this capture `file`, '-' is standard input (repeat)")
	f.StringVarP(&o.write, "write", "w", "", "also write the packets to this `file`; .pcap or pcapng by its ending")
	f.IntVarP(&o.count, "count", "c", 0, "stop after this many `packets`")
	f.DurationVar(&o.duration, "duration", 0, "stop after this `time`, such as 10m (live)")
	f.StringArrayVar(&raw.ports, "port", nil, "TCP `port` of the server (repeat); live, the default is 443; in files TLS is found on any port")
	f.IntVarP(&o.snapLen, "snapshot-length", "s", 0, "capture at most this many `bytes` of a packet (default 262144)")
	f.IntVarP(&o.bufferKiB, "buffer-size", "B", 0, "the kernel's buffer, in `KiB` (default 16384)")
	f.BoolVarP(&o.noPromiscuous, "no-promiscuous-mode", "p", false, "do not put the interface into promiscuous mode")
	f.StringVarP(&raw.filterFile, "filter-file", "F", "", "read the filter from this `file`")
	f.BoolVarP(&o.listInterfaces, "list-interfaces", "D", false, "list the interfaces and stop")
	f.BoolP("numeric", "n", false, "accepted for the habit: names are never looked up")

	f.StringArrayVar(&o.certs, "cert", nil, "certificate `file` (PEM) that the server serves, such as fullchain.pem (repeat)")
	f.StringVar(&raw.origin, "origin-domain", "", "origin domain `name` in the distribution")
	f.StringArrayVar(&raw.viewers, "viewer-domain", nil, "`name` that viewers use (repeat)")
	f.StringVar(&raw.forwardHost, "forward-host", "", "whether the distribution forwards Host: `yes|no`")
	f.StringVar(&o.rangesFile, "ip-ranges", "", "take CloudFront's addresses from this `file` (AWS's ip-ranges.json)")
	f.StringArrayVar(&raw.edges, "edge", nil, "`address` or prefix that counts as CloudFront, too (repeat)")
	f.StringVar(&o.roots, "roots", "", "trust the roots in this `file` instead of Mozilla's")

	f.StringVar(&o.format, "format", "text", "`format`: "+strings.Join(formats, ", "))
	f.BoolVar(&o.all, "all", false, "show also the connections that are healthy, or no TLS")
	f.BoolVar(&o.onlyFailed, "only-failed", false, "leave connections with a complete handshake out of json and ndjson")
	f.BoolVar(&o.exitCode, "exit-code", false, "exit with 3 if a handshake failed")
	f.Bool("no-discover", false, "use nothing of this host but what the flags name")
	f.BoolVarP(&o.version, "version", "V", false, "print the version and stop")
	return raw
}

// check understands the flags and finds what contradicts itself.
func (o *options) check(raw *rawFlags) error {
	switch {
	case o.interfaceName == "" && len(o.read) == 0:
		return usageError{"nothing to look at: neither an interface nor a capture was given",
			"sniwatch -i eth0 watches, sniwatch -r FILE analyses a capture, sniwatch --help shows the rest"}
	case o.interfaceName != "" && len(o.read) > 0:
		return usageError{"both an interface (-i) and a capture (-r) were given", "give one of them"}
	case !slices.Contains(formats, o.format):
		return usageError{fmt.Sprintf("unknown format %q", o.format), "the formats are " + strings.Join(formats, ", ")}
	case o.count < 0 || o.duration < 0 || o.snapLen < 0 || o.bufferKiB < 0:
		return usageError{"a count, time or size is negative", ""}
	case o.onlyFailed && o.format == "text":
		return usageError{"--only-failed is for --format json and ndjson", "text shows the failures only, unless --all is given"}
	case o.write == "-" && o.format != "":
		return usageError{"packets cannot go to standard output beside the report", "give -w a file"}
	}
	var err error
	if o.ports, err = parsePorts(raw.ports); err != nil {
		return err
	}
	if o.edges, err = parseEdges(raw.edges); err != nil {
		return err
	}
	if o.distribution, err = parseDistribution(raw); err != nil {
		return err
	}
	return o.readFilter(raw.filterFile)
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

// looksLikeFile catches the slip of a capture without -r, and of a word that is
// meant as a command.
func (o *options) looksLikeFile() error {
	words := o.flags.Args()
	if len(words) == 0 {
		return nil
	}
	if info, err := os.Stat(words[0]); err == nil && info.Mode().IsRegular() {
		return usageError{fmt.Sprintf("%q is a file, and stands where the filter is expected", words[0]),
			"captures are given with -r: sniwatch -r " + words[0]}
	}
	return nil
}

func parsePorts(raw []string) ([]uint16, error) {
	var ports []uint16
	for _, text := range raw {
		for part := range strings.SplitSeq(text, ",") {
			var n int
			if _, err := fmt.Sscanf(part+"\n", "%d\n", &n); err != nil || n < 1 || n > math.MaxUint16 {
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

func parseDistribution(raw *rawFlags) (edge.Distribution, error) {
	d := edge.Distribution{OriginDomain: raw.origin, ViewerDomains: raw.viewers}
	switch raw.forwardHost {
	case "":
	case "yes":
		d.ForwardHost = edge.Yes
	case "no":
		d.ForwardHost = edge.No
	default:
		return d, usageError{fmt.Sprintf("--forward-host is %q", raw.forwardHost), "it takes yes or no"}
	}
	for _, name := range append([]string{raw.origin}, raw.viewers...) {
		if strings.ContainsAny(name, "/: \t") {
			return d, usageError{fmt.Sprintf("%q is no domain name", name), "give the bare name, such as origin.example.com, without https:// and port"}
		}
	}
	return d, nil
}
