package config

import "strings"

// A directive is one statement of nginx, with its block where it has one.
type directive struct {
	name  string
	args  []string
	block []directive
	at    Position
}

// kept are the directives that say something about TLS, and the blocks they
// stand in. The others are read over, and so are includes inside other blocks.
var kept = map[string]bool{
	"http": true, "stream": true, "server": true,
	"listen": true, "server_name": true, "error_log": true,
	"ssl": true, "ssl_certificate": true, "ssl_protocols": true, "ssl_ciphers": true, "ssl_ecdh_curve": true,
	"ssl_verify_client": true, "ssl_reject_handshake": true, "ssl_conf_command": true, "ssl_alpn": true,
	"ssl_preread": true, "proxy_pass": true, "http2": true,
}

// A nginxParser reads the files of one configuration into one tree.
type nginxParser struct {
	*source
	folder string // of the first file: what includes and certificates are relative to
	kept   int
	inMap  bool // whose entries are names, and all kept
}

// file reads a file into the block that includes it.
func (p *nginxParser) file(file string, at Position, into *[]directive) {
	text, ok := p.text(file, at)
	if !ok {
		return
	}
	defer p.leave()
	lex := newNginxLexer(text)
	for p.block(lex, file, into, 0) {
		p.note(Position{file, lex.line}, "", "a } closes no block")
	}
}

// block reads statements up to the end of the block; true: it ended with a }.
func (p *nginxParser) block(lex *nginxLexer, file string, into *[]directive, depth int) bool {
	for !p.full {
		d, end := p.statement(lex, file)
		switch end.kind {
		case endOfFile, closeBlock:
			if d.name != "" {
				p.note(d.at, "", "%s is not ended by a ;", d.name)
			}
			return end.kind == closeBlock
		case openBlock:
			p.enter(lex, file, &d, depth)
		}
		switch {
		case d.name == "include" && end.kind == terminator:
			p.include(d, into)
		case kept[d.name] || p.inMap || isMapOfNames(d):
			if p.kept++; p.kept > maxDirectives {
				p.limit(d.at, "the configuration has more than %d directives: the rest was not read", maxDirectives)
				return false
			}
			*into = append(*into, d)
		}
	}
	return false
}

// statement reads words up to the token that ends them.
func (p *nginxParser) statement(lex *nginxLexer, file string) (directive, token) {
	var d directive
	for {
		t := lex.next()
		if t.broken {
			p.note(Position{file, t.line}, "", "nothing closes the quote here: the rest of the file was not read")
			return d, token{}
		}
		switch {
		case t.kind != word:
			return d, t
		case d.at.File == "":
			d.name, d.at = t.text, Position{file, t.line}
		default:
			d.args = append(d.args, t.text)
		}
	}
}

// enter reads the block of a directive, or over it.
func (p *nginxParser) enter(lex *nginxLexer, file string, d *directive, depth int) {
	closed := false
	switch {
	case strings.HasSuffix(d.name, "_by_lua_block"):
		closed = lex.skipLua()
	case isMapOfNames(*d) && !p.inMap:
		p.inMap = true
		closed = p.block(lex, file, &d.block, depth+1)
		p.inMap = false
	case !kept[d.name]:
		closed = skipBlock(lex)
	case depth >= maxNesting:
		p.note(d.at, "", "blocks go deeper than %d: this one is not read", maxNesting)
		closed = skipBlock(lex)
	default:
		closed = p.block(lex, file, &d.block, depth+1)
	}
	if !closed && !p.full {
		p.note(d.at, "", "nothing closes the block of %q", d.name)
	}
}

// skipBlock reads over a block whose { was read.
func skipBlock(lex *nginxLexer) (closed bool) {
	name := "" // of the statement, to know Lua by
	for depth := 1; depth > 0; {
		t := lex.next()
		switch t.kind {
		case endOfFile:
			return false
		case word:
			if name == "" {
				name = t.text
			}
			continue
		case openBlock:
			if strings.HasSuffix(name, "_by_lua_block") {
				lex.skipLua()
			} else {
				depth++
			}
		case closeBlock:
			depth--
		}
		name = ""
	}
	return true
}

// include reads the files that a directive names into its own block.
func (p *nginxParser) include(d directive, into *[]directive) {
	if len(d.args) != 1 {
		p.note(d.at, "", "include has %d arguments, not one", len(d.args))
		return
	}
	for _, file := range p.included(within(p.folder, d.args[0]), d.at, false) {
		p.file(file, d.at, into)
	}
}
