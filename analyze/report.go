package analyze

import (
	"net/netip"
	"time"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/capture"
)

// A Report is everything that sniwatch says about its input, as data.
// Printers lay it out and decide nothing.
type Report struct {
	Version    string
	Made       time.Time         // when the report was made: the only thing not from packets
	Start, End capture.Timestamp // first and last packet; 0 where there was none
	Live       bool
	Interim    bool // the input goes on: another report will come

	Inputs       []Input
	Ranges       RangesUsed
	Distribution edge.Distribution // what was known of it
	Certificates []CertificateUsed
	Roots        string // which roots count as trusted: "Mozilla, 2026-10-30"
	Counts       Counts
	Timeline     Timeline
	Crowds       []Crowd   // clients by prefix: CloudFront's first, then those with the most failures
	Findings     []Finding // those about CloudFront first, then by the number of connections
	Warnings     []Warning
	Logs         []LogUsed
	Servers      []ServerUsed // of this host, whose configuration was read
	Notes        []Note       // about what was not understood of this host
	Unanalysed   Unanalysed
}

// An Input is one capture file, or one interface.
type Input struct {
	Name      string
	Packets   int
	Bytes     int64 // on the wire
	First     capture.Timestamp
	Last      capture.Timestamp
	LinkTypes []capture.LinkType // in order of first sight
	Broken    string             // where and why reading stopped early: "after packet 812, at byte 90122: …"
}

// RangesUsed tells which list of CloudFront's addresses was used.
type RangesUsed struct {
	Source  string // "embedded", or the file
	Created time.Time
	AgeDays int // at the time the report was made
}

// A CertificateUsed is one of the host's certificates, or one seen on the wire that is none of them.
type CertificateUsed struct {
	File     string // "" where it was seen on the wire only
	Names    []string
	NotAfter time.Time
	Problems []origin.Problem
	Chain    *origin.Chain // as the file or the wire has it
}

// Counts are connections, by what became of their handshake.
type Counts struct {
	Connections, CloudFront                  int
	Complete, Refused, Failed, None, Unknown int
	// Of CloudFront's connections alone:
	CloudFrontRefused, CloudFrontFailed, CloudFrontComplete int
}

// A Finding is one cause, with all the connections that it explains.
type Finding struct {
	Diagnosis        // of the example
	CloudFront  bool // the clients are CloudFront's (or given by --edge)
	Connections int
	Of          int // connections from the same kind of client, whatever became of them
	Logged      int // of Connections, those whose line in the server's log is known
	First, Last capture.Timestamp
	SNI         []string // distinct, in order of first sight, at most maxNames
	MoreSNI     int      // names beyond those
	Clients     int      // distinct addresses; a lower bound where MoreClients
	MoreClients bool
	Addresses   []netip.Addr // the first few of them
	Example     *Connection
}

// A ServerUsed is a server of this host whose configuration was read.
type ServerUsed struct {
	Program string // "nginx", "Apache httpd", "HAProxy"
	File    string // its configuration
	Running bool
	Sites   int
}

// A Note is something about this host that could not be read, or was not
// understood. All of it is untrusted.
type Note struct {
	At   string // FILE:LINE, "": no place
	Says string
	Hint string // what to do about it, "": nothing
}

// A Warning is something the operator should know that explains no failure.
type Warning struct {
	Code  Code
	Title string // one line
	Says  string // the rest; may be ""
	Fixes []Fix
}

// Unanalysed counts what could not be looked at, by reason. All zero: seen whole.
type Unanalysed struct {
	DroppedByKernel     int // live: the kernel had no room
	DroppedByInterface  int
	PacketsTruncated    int // connections of which the snap length cut packets before a handshake was over
	Fragments           int
	Undecodable         int
	UnknownLink         int
	HeadersTruncated    int
	Stray               int   // segments of connections whose beginning was not captured, without payload
	ConnectionsEvicted  int   // given up to stay within the memory limit
	BytesMissing        int64 // in gaps
	ConnectionsWithGaps int   // connections of which packets are missing; not those of PacketsTruncated
	NotTCP              int   // not a loss: told for completeness
	ConnectionsLeftOut  int   // not looked at, to spare the host; a SYN that is repeated counts again
	PacketsLeftOut      int   // of those connections
}
