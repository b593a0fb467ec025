package config

import (
	"net/netip"
	"path"
	"slices"
	"strings"
)

// maxCertificates bounds the certificates of all bind lines together.
const maxCertificates = 100_000

// bindValues are the words of a bind line that another word follows, which is
// not to be taken for a word of its own (manual, section 5.1).
var bindValues = map[string]bool{
	"alpn": true, "backlog": true, "ca-file": true, "ca-ignore-err": true, "ca-sign-file": true, "ca-sign-pass": true, "ca-verify-file": true,
	"ciphers": true, "ciphersuites": true, "client-sigalgs": true, "crl-file": true, "crt": true, "crt-ignore-err": true, "crt-list": true,
	"curves": true, "default-crt": true, "ecdhe": true, "gid": true, "group": true, "id": true, "interface": true, "level": true, "maxconn": true,
	"mode": true, "mss": true, "name": true, "namespace": true, "nice": true, "npn": true, "process": true, "proto": true, "severity-output": true,
	"shards": true, "sigalgs": true, "ssl-max-ver": true, "ssl-min-ver": true, "tcp-ut": true, "thread": true, "tls-ticket-keys": true,
	"uid": true, "user": true, "verify": true,
}

// bind makes a Site of a bind line.
func (p *haproxyParser) bind(args []string, at Position) {
	if len(p.sites)+len(p.pending) >= maxSites {
		p.limit(at, "the configuration has more than %d bind lines: the rest was not read", maxSites)
		return
	}
	site := &Site{At: at, Label: p.proxy.name, Ciphers: p.global.ciphers, Suites: p.global.suites, Groups: p.global.curves}
	versions := haproxyVersions{}
	versions.read(p.global.options)
	versions.read(args[1:])
	tls := false
	for i := 1; i < len(args); i++ {
		keyword, value := args[i], ""
		if bindValues[keyword] && i+1 < len(args) {
			i++
			value = args[i]
		}
		tls = tls || keyword == "ssl"
		p.bindWord(site, keyword, value, at)
	}
	site.Listens = p.bindAddresses(args, tls, at)
	if !tls {
		site.Certificates = nil
	}
	site.Protocols = versions.allowed()
	if len(site.Listens) > 0 {
		p.pending = append(p.pending, site)
	}
}

// bindWord takes one word of a bind line, with the value that follows it.
func (p *haproxyParser) bindWord(site *Site, keyword, value string, at Position) {
	switch keyword {
	case "strict-sni":
		site.StrictSNI = true
	case "no-strict-sni":
		site.StrictSNI = false
	case "alpn":
		site.ALPN = strings.Split(value, ",")
	case "ciphers":
		site.Ciphers = value
	case "ciphersuites":
		site.Suites = value
	case "curves", "ecdhe":
		site.Groups = value
	case "verify":
		if site.VerifyClient = value; value == "none" {
			site.VerifyClient = ""
		}
	case "crt", "default-crt":
		if value != "" {
			p.certificates(site, CertificateFile{File: value, Default: keyword == "default-crt", At: at})
		}
	case "crt-list":
		if value != "" {
			p.certificateList(site, within(p.folder, value), at)
		}
	}
}

// bindAddresses reads the addresses of a bind line. Sockets that no packet
// comes to are left out.
func (p *haproxyParser) bindAddresses(args []string, tls bool, at Position) []Listen {
	var out []Listen
	for _, text := range strings.Split(args[0], ",") {
		family, address, prefixed := strings.Cut(text, "@")
		switch {
		case prefixed && family != "ipv4" && family != "ipv6" && family != "tcp" && family != "tcp4" && family != "tcp6":
			continue // unix@, fd@, abns@, quic4@ and the like
		case !prefixed:
			address = text
		}
		if strings.HasPrefix(address, "/") {
			continue
		}
		listen, ok := haproxyListen(address, strings.HasSuffix(family, "6") && prefixed, args[1:])
		if !ok {
			p.note(at, "", "the address %q of bind is not understood", text)
			continue
		}
		if listen.Host != "" {
			p.note(at, "", "bind has the host name %q, which is not looked up: it is taken as any address", listen.Host)
		}
		listen.TLS = tls
		out = append(out, listen)
	}
	return out
}

// haproxyListen reads ADDRESS:PORT or ADDRESS:FIRST-LAST. :: is IPv4 too, as
// Linux has it, but for v6only.
func haproxyListen(text string, ipv6 bool, options []string) (Listen, bool) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 {
		return Listen{}, false
	}
	host, port := text[:i], text[i+1:]
	var l Listen
	var ok bool
	if l.Port, l.LastPort, ok = portRange(port); !ok {
		return l, false
	}
	star := netip.IPv4Unspecified()
	if ipv6 {
		star = netip.IPv6Unspecified()
	}
	if host == "" {
		host = "*"
	}
	ok = l.setHost(host, star)
	if l.Address == netip.IPv6Unspecified() && !slices.Contains(options, "v6only") {
		l.Address = netip.Addr{}
	}
	return l, ok
}

// certificates adds the file of a crt, the files of its folder, or the files of
// its bundle: NAME.ecdsa and NAME.rsa, where there is no NAME.
func (p *haproxyParser) certificates(site *Site, cert CertificateFile) {
	if strings.HasPrefix(cert.File, "@") {
		p.note(cert.At, "", "the crt-store of %q is not read", cert.File)
		return
	}
	base := p.folder
	if p.global.crtBase != "" {
		base = p.global.crtBase
	}
	cert.File = within(base, cert.File)
	info, err := p.system.stat(cert.File)
	switch {
	case err == nil && info.IsDir():
		p.certificateFolder(site, cert)
		return
	case err == nil || p.global.noBundle:
		p.addCertificate(site, cert)
		return
	}
	found := false
	for _, kind := range []string{".dsa", ".ecdsa", ".rsa"} { // the order in which HAProxy looks
		part := cert
		if part.File += kind; p.system.exists(part.File) {
			found = true
			p.addCertificate(site, part)
		}
	}
	if !found {
		p.unreadable(cert.File, cert.At, err)
		p.addCertificate(site, cert)
	}
}

// certificateFolder adds the files of a folder in the order of their names.
func (p *haproxyParser) certificateFolder(site *Site, cert CertificateFile) {
	names, full, err := p.system.entries(cert.File)
	if err != nil {
		p.unreadable(cert.File, cert.At, err)
	}
	if full {
		p.note(cert.At, "", "%s has more than %d files: the rest was not looked at", cert.File, maxEntries)
	}
	for _, name := range names {
		reserved := slices.Contains([]string{".key", ".issuer", ".ocsp", ".sctl"}, path.Ext(name))
		file := path.Join(cert.File, name)
		if reserved || strings.HasPrefix(name, ".") || !p.system.exists(file) {
			continue
		}
		part := cert
		part.File = file
		p.addCertificate(site, part)
	}
}

func (p *haproxyParser) addCertificate(site *Site, cert CertificateFile) {
	if p.certs++; p.certs > maxCertificates {
		p.limit(cert.At, "the configuration has more than %d certificates: the rest was not read", maxCertificates)
		return
	}
	site.Certificates = append(site.Certificates, cert)
}

// certificateList reads a crt-list: FILE [options] filters, one line each.
func (p *haproxyParser) certificateList(site *Site, file string, at Position) {
	text, ok := p.text(file, at)
	if !ok {
		return
	}
	defer p.leave()
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || p.full {
			continue
		}
		cert := CertificateFile{At: Position{file, number}}
		if before, after, ok := strings.Cut(line, "["); ok {
			options, filters, closed := strings.Cut(after, "]")
			if !closed {
				p.note(cert.At, "", "nothing closes the [")
				continue
			}
			cert.Options = strings.Fields(options)
			line = before + " " + filters
		}
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		cert.File = fields[0]
		if len(fields) > 1 {
			cert.Filters = strings.Fields(strings.ToLower(strings.Join(fields[1:], " ")))
		}
		p.certificates(site, cert)
	}
}

// haproxyVersions are the versions of TLS that a bind line allows.
type haproxyVersions struct {
	said     bool // anything at all
	min, max string
	not      []string
}

// read takes the words that say something about versions, over what the global
// section has said.
func (v *haproxyVersions) read(args []string) {
	for i, arg := range args {
		version := strings.Replace(strings.TrimPrefix(strings.TrimPrefix(arg, "force-"), "no-"), "tlsv1", "TLSv1.", 1)
		version = strings.TrimSuffix(version, ".0")
		known := slices.Contains(tlsVersions, version)
		switch {
		case arg == "ssl-min-ver" && i+1 < len(args):
			v.min = strings.TrimSuffix(args[i+1], ".0")
		case arg == "ssl-max-ver" && i+1 < len(args):
			v.max = strings.TrimSuffix(args[i+1], ".0")
		case known && strings.HasPrefix(arg, "force-"):
			v.min, v.max = version, version
		case known && strings.HasPrefix(arg, "no-"):
			v.not = append(v.not, version)
		default:
			continue
		}
		v.said = true
	}
}

// allowed lists the versions; nil: nothing was said. Without ssl-min-ver the
// least is TLS 1.2, since HAProxy 2.2.
func (v *haproxyVersions) allowed() []string {
	if !v.said {
		return nil
	}
	from, to := slices.Index(tlsVersions, v.min), slices.Index(tlsVersions, v.max)
	if v.min == "" {
		from = slices.Index(tlsVersions, "TLSv1.2")
	}
	if to < 0 {
		to = len(tlsVersions) - 1
	}
	out := []string{}
	for i, version := range tlsVersions {
		if i >= from && i <= to && !slices.Contains(v.not, version) {
			out = append(out, version)
		}
	}
	return out
}
