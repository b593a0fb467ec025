package logs

import (
	"net/netip"
	"time"
)

// An Entry is one event in a server's log: mostly one line; in Apache the lines
// of one handshake that belong together. Its texts are untrusted: whoever prints
// them cleans them.
type Entry struct {
	File string
	Line int    // from 1; of the line that names the failure
	Text string // the line as it is, without its end, at most MaxText bytes of it; where the journal or Docker wrapped it in JSON: what is inside

	Program    Program
	Time       time.Time     // by the log's clock; zero: the line has none
	Resolution time.Duration // of Time: 1 s for nginx, 1 ms, 1 µs
	TimeOf     Moment

	Client     netip.AddrPort // Port 0: the log has none; invalid Addr: none
	Server     netip.AddrPort // as far as told ("server: 0.0.0.0:443"), zero otherwise
	Listener   string         // HAProxy's "frontend/bind", Apache's "server:port"; "": none
	Connection uint64         // nginx's *N; 0: none
	Process    string         // "pid:tid" or "pid#tid" as the log has it; "": none

	// ServerName is the name that the client asked for (SNI), from the line or
	// from debug lines of the same connection. HasServerName false: the log does
	// not tell; true with "": the client asked for none.
	ServerName    string
	HasServerName bool

	Class     Class
	Alert     int       // TLS alert number in the text (RFC 8446, section 6); -1: none
	AlertFrom AlertSide // who sent Alert
	ErrorCode string    // the reason in the words of OpenSSL or Go, such as "no shared cipher"; "": none
}

// MaxText is how many bytes of a line an Entry keeps.
const MaxText = 4 << 10

// A Program is what wrote a log.
type Program string

// The programs, as the JSON writes them.
const (
	Unknown Program = ""
	Nginx   Program = "nginx"
	Apache  Program = "apache"
	HAProxy Program = "haproxy"
	Go      Program = "go" // net/http: any program in Go
	Caddy   Program = "caddy"
)

// A Moment tells which moment of a connection the time of an Entry is.
type Moment uint8

// The moments.
const (
	AtFailure Moment = iota // when the server gave the connection up
	AtAccept                // when it accepted it: HAProxy
)

// An AlertSide tells who sent an alert.
type AlertSide uint8

// The sides.
const (
	NoAlert    AlertSide = iota // no alert is told of
	FromClient                  // the server read it
	FromServer                  // the server sent it
)
