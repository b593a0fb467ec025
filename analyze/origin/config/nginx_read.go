package config

import (
	"cmp"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
)

// ReadNginx reads nginx.conf and what it includes. prefix is nginx's -p, which
// logs are relative to; "": that of the layout the file lies in. It never fails:
// what cannot be read is in the Notes.
func ReadNginx(system System, file, prefix string) *Configuration {
	file = path.Clean("/" + file)
	folder := path.Dir(file)
	if prefix == "" {
		prefix = nginxPrefix(folder)
	}
	p := &nginxParser{source: &source{system: system}, folder: folder}
	var tree []directive
	p.file(file, Position{}, &tree)
	r := &nginxReader{source: p.source, folder: folder, prefix: prefix, room: maxInstructions}
	if name, err := system.readFile("/proc/sys/kernel/hostname", 256); err == nil {
		r.hostname = normal(strings.TrimSpace(string(name)))
	}
	c := &Configuration{Program: Nginx, File: file}
	top := levelOf(tree)
	c.ErrorLogs = r.errorLogs([]level{top})
	for _, d := range tree {
		if d.name != "http" && d.name != "stream" {
			continue
		}
		outer, maps := levelOf(d.block), r.maps(d.block)
		for _, server := range d.block {
			if server.name != "server" {
				continue
			}
			if len(c.Sites) >= maxSites {
				r.limit(server.at, "the configuration has more than %d server blocks: the rest was not read", maxSites)
				break
			}
			c.Sites = append(c.Sites, r.site(d.name, server, []level{levelOf(server.block), outer, top}, maps))
		}
	}
	c.Notes = r.notes
	return c
}

// nginxPrefix guesses what nginx was built with: packages have their files in
// /etc/nginx, a build from source has all in one folder.
func nginxPrefix(folder string) string {
	if folder == "/etc/nginx" {
		return "/usr/share/nginx"
	}
	if path.Base(folder) == "conf" {
		return path.Dir(folder)
	}
	return folder
}

// A nginxReader makes sites of the tree.
type nginxReader struct {
	*source
	folder   string // of nginx.conf
	prefix   string
	hostname string // of this host, in lower case
	room     int    // for regular expressions
}

// A level is a block's directives by name, those without arguments left out.
type level map[string][]directive

func levelOf(block []directive) level {
	l := level{}
	for _, d := range block {
		if len(d.args) > 0 {
			l[d.name] = append(l[d.name], d)
		}
	}
	return l
}

// innermost gives the directives of that name of the innermost level that has
// any: so nginx inherits what this package reads, lists included. Levels are
// given from the inside.
func innermost(levels []level, name string) []directive {
	for _, l := range levels {
		if found := l[name]; found != nil {
			return found
		}
	}
	return nil
}

// words gives the arguments of the last directive of that name.
func words(levels []level, name string) []string {
	found := innermost(levels, name)
	if found == nil {
		return nil
	}
	return found[len(found)-1].args
}

// first gives the first of those arguments, "" where there is none.
func first(levels []level, name string) string {
	if args := words(levels, name); len(args) > 0 {
		return args[0]
	}
	return ""
}

// site makes a Site of a server block in http or stream.
func (r *nginxReader) site(module string, server directive, levels []level, maps map[string]*nginxMap) *Site {
	tls := levels[:2] // what is written at the main level is not for servers
	site := &Site{
		At:              server.at,
		Protocols:       words(tls, "ssl_protocols"),
		Ciphers:         first(tls, "ssl_ciphers"),
		Groups:          first(tls, "ssl_ecdh_curve"),
		VerifyClient:    first(tls, "ssl_verify_client"),
		RejectHandshake: first(tls, "ssl_reject_handshake") == "on",
		ALPN:            words(tls, "ssl_alpn"),
		ErrorLogs:       r.errorLogs(levels),
		maps:            maps,
	}
	if site.VerifyClient == "off" {
		site.VerifyClient = ""
	}
	for _, d := range innermost(tls, "ssl_conf_command") {
		if len(d.args) == 2 && strings.EqualFold(d.args[0], "Ciphersuites") {
			site.Suites = d.args[1]
		}
	}
	r.listens(module, site, tls)
	r.serverNames(site, levels[0])
	for _, d := range innermost(tls, "ssl_certificate") {
		r.certificate(site, d)
	}
	site.PassesThrough = module == "stream" && !slices.ContainsFunc(site.Listens, func(l Listen) bool { return l.TLS }) &&
		(first(tls, "ssl_preread") == "on" || first(tls, "proxy_pass") != "")
	return site
}

func (r *nginxReader) certificate(site *Site, d directive) {
	file := d.args[0]
	if strings.HasPrefix(file, "data:") || strings.HasPrefix(file, "engine:") || strings.HasPrefix(file, "store:") {
		r.note(d.at, "", "the certificate is in no file, but in %q", file)
		return
	}
	switch name := unknownVariable(file, site.maps); {
	case name == "":
	case site.captures(name):
		r.note(d.at, "write $ssl_server_name", "the certificate depends on $%s, a part of server_name that nginx does not know yet when it chooses the certificate: the handshake fails", name)
	default:
		r.note(d.at, "sniwatch --probe asks the server what it serves", "the certificate depends on $%s, which is not known here", name)
	}
	site.Certificates = append(site.Certificates, CertificateFile{File: within(r.folder, file), At: d.at})
}

// listens reads the listen directives of a server.
func (r *nginxReader) listens(module string, site *Site, levels []level) {
	oldSSL := first(levels, "ssl") == "on" // until nginx 1.25
	http2 := first(levels, "http2") == "on"
	written := false
	for _, d := range levels[0]["listen"] {
		written = true
		if slices.Contains(d.args, "quic") || slices.Contains(d.args, "udp") || strings.HasPrefix(d.args[0], "unix:") {
			continue
		}
		listen, ok := nginxListen(d.args)
		if !ok {
			r.note(d.at, "", "listen %q is not understood", d.args[0])
			continue
		}
		if listen.Host != "" {
			r.note(d.at, "", "listen has the host name %q, which is not looked up: it is taken as any address", listen.Host)
		}
		listen.TLS = listen.TLS || oldSSL
		http2 = http2 || slices.Contains(d.args, "http2")
		site.Listens = append(site.Listens, listen)
	}
	if !written && module == "http" {
		site.Listens = []Listen{{Address: netip.IPv4Unspecified(), Port: 80, TLS: oldSSL}}
	}
	if module == "http" && slices.ContainsFunc(site.Listens, func(l Listen) bool { return l.TLS }) {
		site.ALPN = []string{"http/1.1", "http/1.0", "http/0.9"}
		if http2 {
			site.ALPN = slices.Insert(site.ALPN, 0, "h2")
		}
	}
}

// nginxListen reads one listen: an address, a port or both, then parameters
// (https://nginx.org/en/docs/http/ngx_http_core_module.html#listen).
func nginxListen(args []string) (Listen, bool) {
	host, port := args[0], ""
	switch i := strings.LastIndexByte(host, ':'); {
	case i >= 0 && !strings.HasSuffix(host, "]"):
		host, port = host[:i], host[i+1:]
	case strings.Trim(host, "0123456789-") == "":
		host, port = "*", host
	}
	l := Listen{Port: 80}
	if port != "" {
		var ok bool
		if l.Port, l.LastPort, ok = portRange(port); !ok {
			return l, false
		}
	}
	dual := false
	for _, arg := range args[1:] {
		switch arg {
		case "ssl":
			l.TLS = true
		case "default_server", "default":
			l.Default = true
		case "ipv6only=off":
			dual = true
		}
	}
	if !l.setHost(host, netip.IPv4Unspecified()) {
		return l, false
	}
	if dual && l.Address == netip.IPv6Unspecified() {
		l.Address = netip.Addr{}
	}
	return l, true
}

// setHost reads the host part of an address; star is what * stands for.
func (l *Listen) setHost(host string, star netip.Addr) bool {
	bare, bracketed := strings.CutPrefix(host, "[")
	if bracketed {
		bare = strings.TrimSuffix(bare, "]")
	}
	address, err := netip.ParseAddr(bare)
	switch {
	case host == "*":
		l.Address = star
	case err == nil:
		l.Address = address.WithZone("").Unmap()
	case bracketed || host == "":
		return false
	case strings.EqualFold(host, "localhost"):
		l.Address = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	default:
		l.Host = host
	}
	return true
}

// portRange reads PORT or FIRST-LAST.
func portRange(text string) (port, last uint16, ok bool) {
	low, high, isRange := strings.Cut(text, "-")
	a, errLow := strconv.ParseUint(low, 10, 16)
	b, errHigh := strconv.ParseUint(cmp.Or(high, low), 10, 16)
	if errLow != nil || errHigh != nil || a == 0 || b < a {
		return 0, 0, false
	}
	if !isRange {
		b = 0
	}
	return uint16(a), uint16(b), true
}

// serverNames reads all the server_name directives of a block.
func (r *nginxReader) serverNames(site *Site, block level) {
	for _, d := range block["server_name"] {
		for _, arg := range d.args {
			if arg == "$hostname" {
				arg = r.hostname
			}
			if arg == "" {
				continue // for requests without a name, never for an SNI
			}
			name, problem := nginxName(arg, &r.room)
			if problem != "" {
				r.note(d.at, "", "%s", problem)
				continue
			}
			site.Names = append(site.Names, name)
		}
	}
}

// errorLogs reads error_log; without any nginx writes errors to the file that
// it was built with.
func (r *nginxReader) errorLogs(levels []level) []ErrorLog {
	var logs []ErrorLog
	for _, d := range innermost(levels, "error_log") {
		log := ErrorLog{File: d.args[0], Level: "error", At: d.at}
		if len(d.args) > 1 {
			log.Level = d.args[1]
			log.LevelAt = d.at
		}
		if log.File != "stderr" && !strings.HasPrefix(log.File, "syslog:") && !strings.HasPrefix(log.File, "memory:") {
			log.File = within(r.prefix, log.File)
		}
		logs = append(logs, log)
	}
	if logs == nil {
		file := within(r.prefix, "logs/error.log")
		if r.prefix == "/usr/share/nginx" || r.prefix == "/etc/nginx" {
			file = "/var/log/nginx/error.log"
		}
		logs = []ErrorLog{{File: file, Level: "error"}}
	}
	return logs
}
