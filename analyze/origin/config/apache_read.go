package config

import (
	"path"
	"slices"
	"strings"
)

// ReadApache reads httpd.conf or apache2.conf and what it includes. root is
// Apache's -d, the ServerRoot until the file sets it; "": that of the layout
// the file lies in. defines are the names of -D. Where a file envvars lies
// beside it, as Debian has it, its variables are used. It never fails: what
// cannot be read is in the Notes.
func ReadApache(system System, file, root string, defines ...string) *Configuration {
	file = path.Clean("/" + file)
	if root == "" {
		root = apacheRoot(file)
	}
	p := &apacheParser{
		source: &source{system: system}, root: root, defined: map[string]string{}, modules: map[string]bool{},
		main: &apacheServer{},
	}
	for _, name := range defines {
		p.defined[name] = ""
	}
	p.current = p.main
	p.environment = p.readEnvvars(path.Dir(file))
	p.file(file, Position{})
	return p.configuration(file)
}

// apacheRoot is the ServerRoot that packages build in.
func apacheRoot(file string) string {
	folder := path.Dir(file)
	if path.Base(folder) == "conf" {
		return path.Dir(folder)
	}
	return folder
}

// An apacheParser reads the files of one configuration.
type apacheParser struct {
	*source
	root        string
	defined     map[string]string // by Define and -D
	environment map[string]string // of Debian's envvars
	modules     map[string]bool   // by LoadModule: ssl_module and mod_ssl.c
	main        *apacheServer
	virtual     []*apacheServer
	current     *apacheServer // whose directives are read
	lines       int
}

// An apacheFrame is a section that is open.
type apacheFrame struct {
	name string
	at   Position
}

// file reads one file. A section ends with its file at the latest.
func (p *apacheParser) file(file string, at Position) {
	text, ok := p.text(file, at)
	if !ok {
		return
	}
	defer p.leave()
	outside := p.current
	var open []apacheFrame
	lex := &apacheLexer{rest: text}
	for !p.full {
		line, ok := lex.next()
		if !ok {
			break
		}
		at := Position{file, line.line}
		if p.lines++; p.lines > maxDirectives {
			p.limit(at, "the configuration has more than %d directives: the rest was not read", maxDirectives)
			break
		}
		text := p.replaceVariables(line.text, at)
		name, args, closing, isSection := sectionOf(text)
		switch {
		case !isSection:
			p.directive(apacheWords(text), at)
		case closing:
			open = p.closeSection(open, name, at, outside)
		case p.enters(name, args, at) && len(open) < maxNesting:
			open = append(open, apacheFrame{name, at})
		default:
			if !skipSection(lex, name) {
				p.note(at, "", "nothing closes <%s>", name)
			}
		}
	}
	for _, frame := range open {
		p.note(frame.at, "", "nothing closes <%s>", frame.name)
	}
	p.current = outside
}

func (p *apacheParser) closeSection(open []apacheFrame, name string, at Position, outside *apacheServer) []apacheFrame {
	last := len(open) - 1
	if last < 0 || open[last].name != name {
		p.note(at, "", "</%s> closes no section", name)
		return open
	}
	if name == "virtualhost" {
		p.current = outside
	}
	return open[:last]
}

// skipSection reads over a section; false: nothing closes it.
func skipSection(lex *apacheLexer, name string) bool {
	for depth := 1; ; {
		line, ok := lex.next()
		if !ok {
			return false
		}
		inner, _, closing, _ := sectionOf(line.text)
		switch {
		case inner != name:
		case !closing:
			depth++
		default:
			if depth--; depth == 0 {
				return true
			}
		}
	}
}

// enters tells whether what stands in a section is for whole servers, and takes
// what stands in a VirtualHost for a new one.
func (p *apacheParser) enters(name, args string, at Position) bool {
	words := apacheWords(args)
	condition, negated := "", false
	if len(words) > 0 {
		condition, negated = strings.CutPrefix(words[0], "!")
	}
	switch name {
	case "virtualhost":
		return p.enterVirtualHost(words, at)
	case "ifmodule":
		return p.hasModule(condition) != negated
	case "ifdefine":
		_, ok := p.defined[condition]
		return ok != negated
	case "iffile":
		return p.system.exists(within(p.root, condition)) != negated
	case "ifversion":
		return ifVersion(words)
	case "ifdirective", "ifsection":
		return !negated
	case "macro":
		p.note(at, "", "the Macro %q is not followed", condition)
	}
	return false
}

func (p *apacheParser) enterVirtualHost(addresses []string, at Position) bool {
	if p.current != p.main || len(p.virtual) >= maxSites {
		p.note(at, "", "this VirtualHost is not read: it stands in another, or there are too many")
		return false
	}
	server := &apacheServer{at: at}
	for _, address := range addresses {
		listen, ok := apacheListen(address)
		if !ok {
			p.note(at, "", "the address %q is not understood", address)
			continue
		}
		if listen.Host != "" {
			p.note(at, "", "VirtualHost has the host name %q, which is not looked up: it is taken as any address", listen.Host)
		}
		server.listens = append(server.listens, listen)
	}
	p.virtual = append(p.virtual, server)
	p.current = server
	return true
}

// builtIn are modules that distributions compile into the program.
var builtIn = map[string]bool{
	"core.c": true, "http_core.c": true, "mod_so.c": true, "mod_log_config.c": true, "mod_logio.c": true,
	"mod_unixd.c": true, "mod_version.c": true, "mod_watchdog.c": true,
	"core_module": true, "http_module": true, "so_module": true, "log_config_module": true, "logio_module": true,
	"unixd_module": true, "version_module": true, "watchdog_module": true,
}

// hasModule tells whether a module is loaded. Where nothing was loaded, all are
// taken to be in the program.
func (p *apacheParser) hasModule(name string) bool {
	return p.modules[name] || builtIn[name] || len(p.modules) == 0
}

// ifVersion compares with 2.4, the only version that is understood here.
func ifVersion(words []string) bool {
	if len(words) == 0 {
		return true
	}
	operator, version := "=", words[0]
	if len(words) > 1 {
		operator, version = strings.TrimPrefix(words[0], "!"), words[1]
	}
	parts := strings.Split(version, ".")
	order := 1 // 2.4 against the version, whose last number is taken as older
	if len(parts) > 1 {
		order = slices.Compare([]string{"2", "4"}, parts[:2])
	}
	if order == 0 && len(parts) > 2 {
		order = 1
	}
	result := map[string]bool{"=": order == 0, "==": order == 0, ">": order > 0, ">=": order >= 0, "<": order < 0, "<=": order <= 0}[operator]
	return result != (len(words) > 1 && strings.HasPrefix(words[0], "!"))
}

// directive does what a line says that is no section.
func (p *apacheParser) directive(words []string, at Position) {
	if len(words) == 0 {
		return
	}
	name, args := strings.ToLower(words[0]), words[1:]
	switch {
	case len(args) == 0:
	case name == "include" || name == "includeoptional":
		p.include(args[0], at, name == "includeoptional")
	case name == "define":
		p.defined[args[0]] = strings.Join(args[1:], " ")
	case name == "undefine":
		delete(p.defined, args[0])
	case name == "serverroot":
		p.root = within("/", args[0])
	case name == "loadmodule" && len(args) > 1:
		p.modules[args[0]] = true
		p.modules[strings.TrimSuffix(path.Base(args[1]), ".so")+".c"] = true
	case name == "use":
		p.note(at, "", "the Macro %q is not followed", args[0])
	default:
		p.current.set(p, name, args, at)
	}
}

// include reads a file, the matches of a pattern, or a folder with all that is
// in it.
func (p *apacheParser) include(pattern string, at Position, optional bool) {
	pattern = within(p.root, pattern)
	if optional && !hasPattern(pattern) {
		if _, err := p.system.stat(pattern); err != nil {
			return
		}
	}
	for _, file := range p.included(pattern, at, optional) {
		p.fileOrFolder(file, at, 0)
	}
}

func (p *apacheParser) fileOrFolder(file string, at Position, depth int) {
	if !p.system.isFolder(file) {
		p.file(file, at)
		return
	}
	if depth > maxDepth {
		p.note(at, "", "%s is not read: folders go deeper than %d", file, maxDepth)
		return
	}
	names, full, err := p.system.entries(file)
	if err != nil {
		p.unreadable(file, at, err)
	}
	if full {
		p.note(at, "", "%s has more than %d files: the rest was not looked at", file, maxEntries)
	}
	for _, name := range names {
		if p.full {
			return
		}
		p.fileOrFolder(path.Join(file, name), at, depth+1)
	}
}
