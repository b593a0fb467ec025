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

// helpText is what --help prints.
func helpText(f *pflag.FlagSet) string {
	var b strings.Builder
	b.WriteString(`sniwatch explains why CloudFront refused your origin: why viewers get 502
while the server's log says only "peer closed connection in SSL handshake".

Usage:
  sniwatch -i INTERFACE [flags] [filter]    watch; Ctrl-C prints the summary
  sniwatch -r FILE [flags] [filter]         analyse a capture; '-' is standard input
  sniwatch ranges [--update]                the list of CloudFront's addresses

Examples:
  sudo sniwatch -i eth0 --cert /etc/letsencrypt/live/www.example.com/fullchain.pem
  sniwatch -r capture.pcap --cert fullchain.pem --origin-domain origin.example.com
  sniwatch -r capture.pcap --format ndjson net 130.176.0.0/16

Captures may be pcap or pcapng, compressed with gzip or zstd. The filter is
tcpdump's (man pcap-filter). Exit codes: 0 done, 1 could not work, 2 usage,
3 a handshake failed and --exit-code was given.

Flags:
`)
	b.WriteString(f.FlagUsagesWrapped(80))
	return b.String()
}
