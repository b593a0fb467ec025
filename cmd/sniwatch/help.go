package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/pflag"

	"sniwatch/analyze/edge"
	"sniwatch/capture/live"
)

// version is set by the Makefile from git; a plain go build takes what the Go
// command noted.
var version string

func versionNumber() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "unreleased"
}

// versionText is what --version prints.
func versionText() string {
	capturing := "with live capture"
	if !live.Available {
		capturing = "without live capture"
	}
	return fmt.Sprintf("sniwatch %s (%s, %s/%s), %s, CloudFront list of %s", versionNumber(), runtime.Version(),
		runtime.GOOS, runtime.GOARCH, capturing, edge.Embedded().Created.Format("2006-01-02"))
}

// usage is what no arguments at all lead to.
const usage = `usage: sniwatch -i INTERFACE [flags] [filter]   watch this host's handshakes
       sniwatch -r FILE [flags] [filter]        explain those in a capture
       sniwatch check --cert FILE [flags]       will CloudFront accept it?
       sniwatch explain [FILE…] [flags]         what lines of a log mean
       sniwatch compare BEFORE AFTER            what is fixed, what is new?
       sniwatch restore [FILE…]                 undo --redact in a text
       sniwatch ranges [--update]               CloudFront's addresses
example: sudo sniwatch -i any --cert fullchain.pem
sniwatch --help explains the flags.
`

// helpText is what --help prints.
func helpText(groups []flagGroup) string {
	var b strings.Builder
	b.WriteString(`sniwatch explains why CloudFront refused your origin: why viewers get 502
while the server's log says only "peer closed connection in SSL handshake".

Usage:
  sniwatch -i INTERFACE [flags] [filter]    watch; Ctrl-C prints the summary
  sniwatch -r FILE [flags] [filter]         analyse a capture
  sniwatch check --cert FILE [flags]        will CloudFront accept it?
  sniwatch explain [FILE…] [flags]          what lines of a server's log mean
  sniwatch compare BEFORE AFTER [flags]     what is fixed, what is new?
  sniwatch restore [FILE…]                  undo --redact in a text
  sniwatch ranges [--update]                the list of CloudFront's addresses

Examples:
  sudo sniwatch -i eth0 --cert fullchain.pem
  sniwatch -r a.pcap --cert fullchain.pem --origin-domain origin.example.com
  sniwatch -r a.pcap --format ndjson net 130.176.0.0/16
  sniwatch -r a.pcap --report ticket.html --report ticket.zip

Captures may be pcap or pcapng, compressed with gzip or zstd. The filter is
tcpdump's (man pcap-filter). Exit codes: 0 done, 1 could not work, 2 usage,
3 a handshake failed and --exit-code was given.
`)
	return subcommandHelp(b.String(), groups)
}

// subcommandHelp is what --help prints behind a subcommand.
func subcommandHelp(text string, groups []flagGroup) string {
	var b strings.Builder
	b.WriteString(text)
	for _, g := range groups {
		fmt.Fprintf(&b, "\n%s:\n", g.title)
		writeFlags(&b, g.flags)
	}
	return b.String()
}

// Columns of the help.
const (
	helpWidth  = 80
	helpIndent = 31 // where the explanations begin
)

// writeFlags lists flags and what they do, side by side.
func writeFlags(b *strings.Builder, flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		value, explanation := pflag.UnquoteUsage(f)
		name := "      --" + f.Name
		if f.Shorthand != "" {
			name = "  -" + f.Shorthand + ", --" + f.Name
		}
		if value != "" {
			name += " " + value
		}
		for _, line := range wrap(explanation, helpWidth-helpIndent) {
			fmt.Fprintf(b, "%-*s%s\n", helpIndent, name, line)
			name = ""
		}
	})
}

// wrap breaks a text into lines of at most width columns; a longer word has a
// line to itself.
func wrap(text string, width int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}
