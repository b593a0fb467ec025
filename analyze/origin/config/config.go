// Package config reads what a local server's configuration says about TLS: for
// nginx, Apache httpd and HAProxy, which certificate files it serves for which
// name on which address, and whether its log shows handshakes that fail.
//
// Find looks for the servers of this host; ReadNginx, ReadApache and ReadHAProxy
// read one configuration; Configuration.Choose answers as the server would.
//
// A configuration is somebody else's text, often half broken: what cannot be
// read is a Note, and the rest stays useful. Everything is opened for reading
// only, regular files only, within the limits in source.go. Of a key nothing is
// read, not even its name. Certificates are not opened here either: the caller
// opens the files named, and reads only their CERTIFICATE blocks, since a file
// of HAProxy's crt holds the key beside the certificate.
package config

import (
	"fmt"
	"net/netip"
	"regexp"
)

// A Program is a server whose configuration is understood.
type Program string

// The programs.
const (
	Nginx   Program = "nginx"
	Apache  Program = "Apache httpd"
	HAProxy Program = "HAProxy"
)

// A Position is a line of a configuration file. The zero Position stands for a
// default that is written nowhere.
type Position struct {
	File string // absolute
	Line int    // from 1; 0: the file as a whole
}

// String gives FILE:LINE, as compilers do; "" for the zero Position.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// A Note is something that could not be read or was not understood. What it
// says can hold text of the configuration: it is to be cleaned where it is
// printed.
type Note struct {
	At   Position
	Says string
	Hint string // what to do about it; "": nothing to say
}

// A Configuration is what the files of one server say.
type Configuration struct {
	Program Program
	File    string // the file that was read first, absolute
	Running bool   // a process that uses it was found
	// Sites are in the order of the files. Apache's main server stands last.
	Sites []*Site
	// ErrorLogs are those of the server as a whole, nginx's main level. Never
	// empty for nginx and Apache: their defaults stand for what is not written.
	ErrorLogs []ErrorLog
	Notes     []Note
	// CertificateNames gives the names in a certificate file, its common name
	// among them, wildcards as "*.example.com". The caller sets it before the
	// first Choose: HAProxy chooses by these names. nil: no name is known, and
	// only the filters of a crt-list choose.
	CertificateNames func(file string) []string
}

// A Site is what has certificates of its own: a server block of nginx, a
// VirtualHost of Apache, a bind line of HAProxy. What it does not set itself it
// has from the level above, as the server does it.
type Site struct {
	At Position
	// Label is the name of HAProxy's frontend, "" otherwise.
	Label   string
	Main    bool // Apache's main server: for connections that no VirtualHost is for
	Listens []Listen
	Names   []Name
	// Certificates are in the order of the files. nginx and Apache serve one
	// for each kind of key.
	Certificates []CertificateFile
	Chains       []string // Apache's SSLCertificateChainFile, absolute
	// Protocols are the versions allowed, as OpenSSL calls them, such as
	// "TLSv1.2"; nil: what the program's version and OpenSSL have as default.
	Protocols []string
	Ciphers   string // up to TLS 1.2, in OpenSSL's language; "": the default
	Suites    string // of TLS 1.3; "": the default
	Groups    string // ECDHE groups (curves), in OpenSSL's language; "": the default
	ALPN      []string
	// VerifyClient is the word for client certificates: "on" or "optional" in
	// nginx, "require" in Apache, "required" in HAProxy; "": the default, none.
	VerifyClient    string
	RejectHandshake bool // nginx's ssl_reject_handshake: every handshake is refused
	// StrictSNI: HAProxy refuses the handshake if no certificate has the name;
	// Apache completes it, and answers requests without a server name with 403.
	StrictSNI     bool
	PassesThrough bool       // TLS is not ended here but behind: ssl_preread, or HAProxy's mode tcp
	ErrorLogs     []ErrorLog // those in force for this site

	options haproxyOptions
	maps    map[string]*nginxMap // variables that follow from the SNI
}

// A Listen is an address that a Site answers on.
type Listen struct {
	// Address is 0.0.0.0 or :: for every address of its family, and the zero
	// Addr for every address.
	Address  netip.Addr
	Host     string // a host name that is not looked up, instead of Address
	Port     uint16 // 0: every port
	LastPort uint16 // of a range of ports; 0: no range
	TLS      bool
	Default  bool // default_server
}

// A NameKind is a form of server name.
type NameKind uint8

// The forms.
const (
	Exact   NameKind = iota
	Leading          // *.example.com, or .example.com, which is also example.com itself
	Ending           // www.example.*
	Regex            // ~^(?<name>.+)\.example\.com$
	Shell            // Apache's ServerAlias: * and ? stand anywhere
)

// String gives the word for messages.
func (k NameKind) String() string {
	switch k {
	case Exact:
		return "exact"
	case Regex:
		return "regex"
	}
	return "wildcard"
}

// A Name is one name of a Site.
type Name struct {
	Pattern string // in lower case but for a Regex, which is as written, with its ~
	Kind    NameKind

	expression *regexp.Regexp // of a Regex; nil: it cannot be compiled here
}

// A CertificateFile is a file that a Site serves.
type CertificateFile struct {
	File string // absolute; may hold $variables of nginx
	// Filters are the names for which HAProxy's crt-list wants it, in lower
	// case, with ! for exclusions; nil: the names of the certificate count.
	Filters []string
	// Options are what the crt-list sets for this certificate alone, such as
	// "alpn", "h2".
	Options []string
	Default bool // HAProxy's default-crt
	At      Position
}

// An ErrorLog is a place where the server writes what went wrong.
type ErrorLog struct {
	File  string // absolute; what is no file, such as "stderr" or "syslog:…", as written
	Level string // as written, or the program's default; in Apache that for mod_ssl
	At    Position
	// LevelAt is where the level stands: in Apache not beside the file.
	LevelAt Position
}
