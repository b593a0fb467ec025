package config

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
)

// An apacheServer is what the main server or a VirtualHost sets itself.
type apacheServer struct {
	at           Position
	listens      []Listen
	serverName   string
	aliases      []string
	engine       string // SSLEngine; "": not set
	certificates []CertificateFile
	chains       []string
	protocols    []string
	ciphers      string
	suites       string
	groups       string
	verify       string
	strict       string
	alpn         []string
	errorLog     ErrorLog // File "": not set
	level        string   // of LogLevel, for mod_ssl
	levelAt      Position
}

// set takes one directive that is for a whole server.
func (s *apacheServer) set(p *apacheParser, name string, args []string, at Position) {
	value := args[0]
	switch name {
	case "listen":
		if listen, ok := apacheListen(value); ok {
			p.main.listens = append(p.main.listens, listen)
		} else {
			p.note(at, "", "Listen %q is not understood", value)
		}
	case "servername":
		s.serverName = apacheHost(value)
	case "serveralias":
		s.aliases = append(s.aliases, args...)
	case "errorlog":
		s.errorLog = ErrorLog{File: value, At: at}
	case "loglevel":
		s.level, s.levelAt = sslLevel(s.level, args), at
	case "protocols":
		s.alpn = args
	default:
		if strings.HasPrefix(name, "ssl") {
			s.setTLS(p, name, args, at)
		}
	}
}

// setTLS takes a directive of mod_ssl
// (https://httpd.apache.org/docs/2.4/mod/mod_ssl.html). The directives that
// name keys are not among them.
func (s *apacheServer) setTLS(p *apacheParser, name string, args []string, at Position) {
	value := args[0]
	switch name {
	case "sslengine":
		s.engine = strings.ToLower(value)
	case "sslcertificatefile":
		if strings.HasPrefix(value, "pkcs11:") {
			p.note(at, "", "the certificate is in no file, but in %q", value)
			return
		}
		s.certificates = append(s.certificates, CertificateFile{File: within(p.root, value), At: at})
	case "sslcertificatechainfile":
		s.chains = []string{within(p.root, value)}
	case "sslprotocol":
		s.protocols = apacheProtocols(args)
	case "sslciphersuite":
		switch {
		case len(args) == 1:
			s.ciphers = value
		case strings.EqualFold(value, "TLSv1.3"):
			s.suites = args[1]
		default:
			s.ciphers = args[1]
		}
	case "sslopensslconfcmd":
		if len(args) > 1 && slices.Contains([]string{"curves", "groups"}, strings.ToLower(value)) {
			s.groups = args[1]
		}
	case "sslverifyclient":
		s.verify = strings.ToLower(value)
	case "sslstrictsnivhostcheck":
		s.strict = strings.ToLower(value)
	}
}

// apacheListen reads an address of Listen or VirtualHost: *, _default_ and a
// port alone stand for every address, and a missing port or * for every port.
func apacheListen(text string) (Listen, bool) {
	host, port := text, ""
	switch i := strings.LastIndexByte(text, ':'); {
	case i >= 0 && !strings.HasSuffix(text, "]"):
		host, port = text[:i], text[i+1:]
	case strings.Trim(text, "0123456789") == "":
		host, port = "*", text
	}
	var l Listen
	if port != "" && port != "*" {
		var ok bool
		if l.Port, l.LastPort, ok = portRange(port); !ok || l.LastPort != 0 {
			return l, false
		}
	}
	if strings.EqualFold(host, "_default_") || host == "0.0.0.0" {
		host = "*"
	}
	return l, l.setHost(host, netip.Addr{})
}

// apacheHost takes scheme and port off a ServerName.
func apacheHost(text string) string {
	if _, after, ok := strings.Cut(text, "://"); ok {
		text = after
	}
	name, _, _ := strings.Cut(text, ":")
	return name
}

var tlsVersions = []string{"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"}

// apacheProtocols works SSLProtocol out: a word without sign stands for itself
// alone, + and - add and take away. SSLv3 is in no OpenSSL of today.
func apacheProtocols(args []string) []string {
	allowed := map[string]bool{}
	for _, arg := range args {
		name, sign := strings.TrimLeft(arg, "+-"), arg[:min(1, len(arg))]
		if sign != "+" && sign != "-" {
			clear(allowed)
		}
		for _, version := range tlsVersions {
			if strings.EqualFold(name, version) || strings.EqualFold(name, "all") {
				allowed[version] = sign != "-"
			}
		}
	}
	out := []string{}
	for _, version := range tlsVersions {
		if allowed[version] {
			out = append(out, version)
		}
	}
	return out
}

// sslLevel works LogLevel out for mod_ssl: a level without a module is for all
// modules and forgets what was set before.
func sslLevel(before string, args []string) string {
	for _, arg := range args {
		module, level, qualified := strings.Cut(strings.ToLower(arg), ":")
		switch {
		case !qualified:
			before = module
		case slices.Contains([]string{"ssl", "ssl_module", "mod_ssl.c"}, module):
			before = level
		}
	}
	return before
}

// configuration makes sites of the servers. The main server comes last, as it
// answers only where no VirtualHost does.
func (p *apacheParser) configuration(file string) *Configuration {
	p.main.at = Position{File: file}
	c := &Configuration{Program: Apache, File: file}
	for _, server := range p.virtual {
		c.Sites = append(c.Sites, server.site(p.main, p.root))
	}
	main := p.main.site(p.main, p.root)
	main.Main = true
	c.Sites = append(c.Sites, main)
	c.ErrorLogs = main.ErrorLogs
	c.Notes = p.notes
	return c
}

// site merges a server with the main one, as Apache does it.
func (s *apacheServer) site(main *apacheServer, root string) *Site {
	site := &Site{
		At:           s.at,
		Listens:      slices.Clone(s.listens),
		Certificates: mergeCertificates(main.certificates, s.certificates),
		Chains:       either(s.chains, main.chains),
		Protocols:    either(s.protocols, main.protocols),
		Ciphers:      cmp.Or(s.ciphers, main.ciphers),
		Suites:       cmp.Or(s.suites, main.suites),
		Groups:       cmp.Or(s.groups, main.groups),
		VerifyClient: cmp.Or(s.verify, main.verify),
		StrictSNI:    cmp.Or(s.strict, main.strict) == "on",
		ALPN:         either(s.alpn, main.alpn),
	}
	if site.VerifyClient == "none" {
		site.VerifyClient = ""
	}
	for i := range site.Listens {
		site.Listens[i].TLS = cmp.Or(s.engine, main.engine) == "on"
	}
	for _, name := range append([]string{cmp.Or(s.serverName, main.serverName)}, s.aliases...) {
		if name = strings.ToLower(name); name == "" {
			continue
		}
		kind := Exact
		if strings.ContainsAny(name, "*?") {
			kind = Shell
		}
		site.Names = append(site.Names, Name{Pattern: name, Kind: kind})
	}
	site.ErrorLogs = []ErrorLog{s.log(main, root)}
	return site
}

// log gives the log of a server. Without ErrorLog Apache writes logs/error_log.
func (s *apacheServer) log(main *apacheServer, root string) ErrorLog {
	log := s.errorLog
	if log.File == "" {
		log = main.errorLog
	}
	if log.File == "" {
		log.File = "logs/error_log"
	}
	if !strings.HasPrefix(log.File, "|") && log.File != "syslog" && !strings.HasPrefix(log.File, "syslog:") {
		log.File = within(root, log.File)
	}
	log.Level, log.LevelAt = cmp.Or(s.level, main.level, "warn"), cmp.Or(s.levelAt, main.levelAt)
	return log
}

// mergeCertificates takes the place of each of the main server's certificates
// by one of the VirtualHost's, where it has as many: so mod_ssl does it.
func mergeCertificates(main, own []CertificateFile) []CertificateFile {
	merged := slices.Clone(own)
	if len(own) < len(main) {
		merged = append(merged, main[len(own):]...)
	}
	return merged
}

func either[T any](own, inherited []T) []T {
	if own != nil {
		return own
	}
	return inherited
}
