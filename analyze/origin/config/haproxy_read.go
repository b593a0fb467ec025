package config

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// ReadHAProxy reads the files of haproxy's -f in their order; of a folder its
// *.cfg. folder is the one that haproxy was started in, or its -C, which
// relative paths begin at; "": the root. It never fails: what cannot be read is
// in the Notes.
func ReadHAProxy(system System, folder string, files ...string) *Configuration {
	folder = path.Clean("/" + folder)
	p := &haproxyParser{source: &source{system: system}, start: folder, folder: folder, variables: map[string]string{}}
	c := &Configuration{Program: HAProxy}
	for _, file := range files {
		file = within(folder, file)
		if c.File == "" {
			c.File = file
		}
		if !system.isFolder(file) {
			p.file(file)
			continue
		}
		for _, inner := range p.included(path.Join(file, "*.cfg"), Position{File: file}, true) {
			p.file(inner)
		}
	}
	p.endSection()
	c.Sites, c.ErrorLogs, c.Notes = p.sites, p.global.logs, p.notes
	return c
}

// A haproxyParser reads the files of one configuration: sections one after the
// other, each up to the next one.
type haproxyParser struct {
	*source
	start     string // the folder of default-path current
	folder    string // that relative paths begin at now
	variables map[string]string
	global    haproxyGlobal
	section   string // its keyword, such as "frontend"
	proxy     haproxyProxy
	defaults  haproxyProxy            // the last section defaults
	named     map[string]haproxyProxy // the defaults that have a name
	sites     []*Site
	pending   []*Site // those of the section being read
	certs     int     // of all sites
	branches  []branch
	lines     int
}

// haproxyGlobal is what the section global says of TLS.
type haproxyGlobal struct {
	logs                    []ErrorLog
	crtBase                 string
	ciphers, suites, curves string
	options                 []string // ssl-default-bind-options
	noBundle                bool     // ssl-load-extra-files without bundle
}

// A haproxyProxy is what a frontend has from its defaults or sets itself.
type haproxyProxy struct {
	name    string
	mode    string // "tcp" where nothing is said
	logs    []ErrorLog
	options haproxyOptions
}

// haproxyOptions are those that decide what is logged.
type haproxyOptions struct {
	format         bool // a format of log lines is set: without one only whole connections are logged
	separateErrors bool // option log-separate-errors
}

// A branch is an open .if: whether its lines count, and whether one of its
// alternatives has counted.
type branch struct{ counts, taken bool }

func (p *haproxyParser) file(file string) {
	text, ok := p.text(file, Position{File: file})
	if !ok {
		return
	}
	defer p.leave()
	p.branches = nil
	number := 0
	for line := range strings.Lines(text) {
		number++
		at := Position{file, number}
		words := haproxyWords(strings.TrimRight(line, "\r\n"), func(name string) string { return p.value(name, at) })
		if len(words) == 0 || p.full {
			continue
		}
		if p.lines++; p.lines > maxDirectives {
			p.limit(at, "the configuration has more than %d lines: the rest was not read", maxDirectives)
			return
		}
		if strings.HasPrefix(words[0], ".") {
			p.conditional(words, at)
		} else if !slices.ContainsFunc(p.branches, func(b branch) bool { return !b.counts }) {
			p.line(words, at)
		}
	}
	if len(p.branches) > 0 {
		p.note(Position{File: file}, "", "nothing ends an .if")
	}
}

// value gives a variable of the environment: HAProxy's own is not known, but
// for what setenv says.
func (p *haproxyParser) value(name string, at Position) string {
	name, fallback, _ := strings.Cut(name, "-")
	value, ok := p.variables[name]
	if !ok && fallback == "" && !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "HAPROXY_") {
		p.note(at, "", "the variable %q has no value here", name)
	}
	if !ok {
		value = fallback
	}
	if p.bytes += len(value); p.bytes > maxBytes {
		p.limit(at, "the configuration is larger than %d MiB with its variables: the rest was not read", maxBytes>>20)
		return ""
	}
	return value
}

// conditional reads .if, .elif, .else and .endif. Of conditions only numbers
// are worked out; others count as true, and a note says so.
func (p *haproxyParser) conditional(words []string, at Position) {
	last := len(p.branches) - 1
	switch words[0] {
	case ".if":
		counts := p.condition(words[1:], at)
		if len(p.branches) < maxNesting {
			p.branches = append(p.branches, branch{counts, counts})
		}
	case ".elif", ".else":
		if last < 0 {
			p.note(at, "", "%s without .if", words[0])
			return
		}
		b := &p.branches[last]
		b.counts = !b.taken && (words[0] == ".else" || p.condition(words[1:], at))
		b.taken = b.taken || b.counts
	case ".endif":
		if last < 0 {
			p.note(at, "", ".endif without .if")
			return
		}
		p.branches = p.branches[:last]
	}
}

func (p *haproxyParser) condition(words []string, at Position) bool {
	text := strings.Join(words, " ")
	number, err := strconv.Atoi(text)
	if text == "" || err == nil {
		return number != 0
	}
	p.note(at, "", "the condition %q is taken as true", text)
	return true
}

var haproxySections = []string{"global", "defaults", "frontend", "listen", "backend", "peers", "resolvers", "userlist", "program", "mailers",
	"cache", "http-errors", "ring", "log-forward", "log-profile", "fcgi-app", "crt-store", "traces", "acme"}

func (p *haproxyParser) line(words []string, at Position) {
	keyword, args := words[0], words[1:]
	if slices.Contains(haproxySections, keyword) {
		p.endSection()
		p.begin(keyword, args)
		return
	}
	switch {
	case p.section == "global":
		p.globalLine(keyword, args, at)
	case p.section == "defaults" || p.section == "frontend" || p.section == "listen":
		p.proxyLine(keyword, args, at)
	}
}

// begin starts a section; a proxy has what its defaults say.
func (p *haproxyParser) begin(keyword string, args []string) {
	p.section = keyword
	p.proxy = haproxyProxy{mode: "tcp"}
	from := slices.Index(args, "from")
	switch {
	case from >= 0 && from+1 < len(args):
		if named, ok := p.named[args[from+1]]; ok {
			p.proxy = named
		}
	case keyword != "defaults" && p.defaults.mode != "":
		p.proxy = p.defaults
	}
	p.proxy.logs = slices.Clone(p.proxy.logs)
	p.proxy.name = ""
	if len(args) > 0 && from != 0 {
		p.proxy.name = args[0]
	}
}

// endSection gives the sites of a frontend what the whole section says, and
// keeps defaults.
func (p *haproxyParser) endSection() {
	if p.section == "defaults" {
		p.defaults = p.proxy
		if p.named == nil {
			p.named = map[string]haproxyProxy{}
		}
		if p.proxy.name != "" {
			p.named[p.proxy.name] = p.proxy
		}
	}
	var logs []ErrorLog
	for _, log := range p.proxy.logs {
		if log.File == "global" {
			logs = append(logs, p.global.logs...)
		} else {
			logs = append(logs, log)
		}
	}
	for _, site := range p.pending {
		site.ErrorLogs, site.options = logs, p.proxy.options
		site.PassesThrough = !site.speaksTLS() && p.proxy.mode == "tcp"
	}
	p.sites = append(p.sites, p.pending...)
	p.pending, p.section = nil, ""
}

func (p *haproxyParser) globalLine(keyword string, args []string, at Position) {
	if len(args) == 0 {
		return
	}
	value := args[0]
	switch keyword {
	case "log":
		p.global.logs = append(p.global.logs, haproxyLog(args, at))
	case "crt-base":
		p.global.crtBase = within(p.folder, value)
	case "ssl-default-bind-ciphers":
		p.global.ciphers = value
	case "ssl-default-bind-ciphersuites":
		p.global.suites = value
	case "ssl-default-bind-curves":
		p.global.curves = value
	case "ssl-default-bind-options":
		p.global.options = append(p.global.options, args...)
	case "ssl-load-extra-files":
		p.global.noBundle = !slices.Contains(args, "bundle") && !slices.Contains(args, "all")
	case "setenv", "presetenv":
		if _, known := p.variables[value]; len(args) > 1 && (keyword == "setenv" || !known) {
			p.variables[value] = args[1]
		}
	case "unsetenv":
		delete(p.variables, value)
	case "default-path":
		p.folder = p.defaultPath(args, path.Dir(at.File))
	}
}

// defaultPath is where relative paths begin from now on.
func (p *haproxyParser) defaultPath(args []string, config string) string {
	switch {
	case args[0] == "config":
		return config
	case args[0] == "parent":
		return path.Dir(config)
	case args[0] == "origin" && len(args) > 1:
		return within(p.start, args[1])
	}
	return p.start
}

func (p *haproxyParser) proxyLine(keyword string, args []string, at Position) {
	no := keyword == "no"
	if no && len(args) > 0 {
		keyword, args = args[0], args[1:]
	}
	switch {
	case keyword == "log" && no:
		p.proxy.logs = nil
	case len(args) == 0:
	case keyword == "log":
		p.proxy.logs = append(p.proxy.logs, haproxyLog(args, at))
	case keyword == "mode":
		p.proxy.mode = args[0]
	case keyword == "log-format", keyword == "option" && slices.Contains([]string{"httplog", "httpslog", "tcplog"}, args[0]):
		p.proxy.options.format = !no
	case keyword == "option" && args[0] == "log-separate-errors":
		p.proxy.options.separateErrors = !no
	case keyword == "bind" && p.section != "defaults":
		p.bind(args, at)
	}
}

// haproxyLog reads the words after log: a target, options with one value each,
// a facility, and the least level that is sent; without that all are, "debug".
func haproxyLog(args []string, at Position) ErrorLog {
	log := ErrorLog{File: args[0], Level: "debug", At: at}
	rest := args[1:]
	for len(rest) > 1 && slices.Contains([]string{"len", "format", "sample", "profile"}, rest[0]) {
		rest = rest[2:]
	}
	if len(rest) > 1 {
		log.Level, log.LevelAt = rest[1], at
	}
	return log
}
