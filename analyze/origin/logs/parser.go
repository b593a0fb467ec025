package logs

import (
	"bytes"
	"strings"
)

// A parser turns lines into entries. It holds what earlier lines told of
// connections that are still open.
type parser struct {
	name string
	o    Options

	counts Counts
	number int // of the line in hand; negative: not known
	source []byte
	queue  []Entry
	clock  clock
	nginx  bounded[nginxKey, opening]
	apache bounded[string, apacheConnection]
}

func newParser(name string, o Options) *parser {
	return &parser{name: name, o: o, clock: newClock(o)}
}

// takeFrom takes a line of l.
func (p *parser) takeFrom(l *lines, line []byte) {
	if l.cut {
		p.counts.Cut++
	}
	p.counts.Lines++
	if p.number >= 0 {
		p.number++
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	p.source = line
	p.take(line, envelope{})
}

// take finds out by the first bytes who wrote a line. Most lines of a large log
// end here: they are told from others by their first 30 bytes.
func (p *parser) take(line []byte, env envelope) {
	switch {
	case isNginx(line):
		p.takeNginx(line, env)
	case len(line) > 0 && line[0] == '[' && p.takeApache(line, env):
	case env.depth == 0:
		if isCandidate(line) {
			p.takeWrapped(line)
		}
	default:
		p.takeMessage(line, env)
	}
}

// marks are what the lines have that matter, of programs that do not begin them
// with a date in a form that tells them. "while " is nginx's.
var marks = [][]byte{[]byte("handshak"), []byte("SSL"), []byte("while "), []byte(" accept: "), []byte("AH0")}

// isCandidate tells whether a line can matter, whatever it is wrapped in.
func isCandidate(line []byte) bool {
	if isAccess(line) {
		return false
	}
	for _, mark := range marks {
		if bytes.Contains(line, mark) {
			return true
		}
	}
	return len(line) > 0 && line[0] == '{' && hasBytes(line)
}

// hasBytes tells whether a line is one of a journal in JSON with a message that
// is not text: a list of numbers.
func hasBytes(line []byte) bool {
	_, after, ok := bytes.Cut(line, []byte(`"MESSAGE"`))
	after = bytes.TrimLeft(after, " :")
	return ok && len(after) > 0 && after[0] == '['
}

// isAccess tells a line of an access log, by its date: "[16/Jan/2024:03:41:18
// +0000] ". Whole logs of them are given by mistake.
func isAccess(line []byte) bool {
	i := bytes.IndexByte(line, '[')
	return i > 0 && len(line) > i+28 && line[i+3] == '/' && line[i+7] == '/' && line[i+21] == ' ' && line[i+27] == ']'
}

// takeWrapped takes what a system of logging has put around a line off.
func (p *parser) takeWrapped(line []byte) {
	env := envelope{depth: 1}
	inner := p.unwrap(line, &env)
	if env.broken {
		p.counts.Undecodable++
		return
	}
	if env.stored {
		p.source = inner
	}
	p.take(inner, env)
}

// takeMessage takes a line of a program that is known by its message alone.
func (p *parser) takeMessage(line []byte, env envelope) {
	if p.takeGo(line, env) || p.takeHAProxy(line, env) {
		return
	}
	if saysHandshakeFailed(line) {
		p.counts.Undecodable++
	}
}

// saysHandshakeFailed tells whether a line that nobody understood should have
// been understood. A request that is quoted in an access log says anything.
func saysHandshakeFailed(line []byte) bool {
	for _, says := range []string{"TLS handshake error", "SSL handshake failure", "while SSL handshaking", "SSL_do_handshake() failed"} {
		if at := bytes.Index(line, []byte(says)); at >= 0 && bytes.IndexByte(line[:at], '"') < 0 {
			return true
		}
	}
	return false
}

// start makes an entry of the line in hand.
func (p *parser) start(program Program, env *envelope) Entry {
	return Entry{File: p.name, Line: max(p.number, 0), Program: program, Alert: -1, Process: env.process,
		Time: env.time, Resolution: env.resolution}
}

// emit gives an entry out.
func (p *parser) emit(e Entry) {
	if p.o.Program != Unknown && p.o.Program != e.Program {
		return
	}
	if e.Text == "" {
		e.Text = p.text()
	}
	e.ErrorCode = strings.Clone(e.ErrorCode)
	p.counts.Entries++
	p.queue = append(p.queue, e)
}

// text is the line in hand, as an entry keeps it.
func (p *parser) text() string { return string(p.source[:min(len(p.source), MaxText)]) }

// pop gives the oldest entry that was not given out.
func (p *parser) pop(e *Entry) bool {
	if len(p.queue) == 0 {
		return false
	}
	*e = p.queue[0]
	p.queue = p.queue[1:]
	if len(p.queue) == 0 {
		p.queue = p.queue[:0:0]
	}
	return true
}

// flush gives out what waits for a line that will not come.
func (p *parser) flush() { p.flushApache() }

// A bounded map forgets the key that was put in first when it is full: a log can
// name any number of connections.
type bounded[K comparable, V any] struct {
	values map[K]V
	order  []K // a ring, once it is full
	oldest int
}

// maxOpen is how many connections are remembered.
const maxOpen = 16 << 10

func (b *bounded[K, V]) get(k K) (V, bool) {
	v, ok := b.values[k]
	return v, ok
}

func (b *bounded[K, V]) put(k K, v V) {
	if _, known := b.values[k]; !known {
		if len(b.order) < maxOpen {
			b.order = append(b.order, k)
		} else {
			delete(b.values, b.order[b.oldest])
			b.order[b.oldest] = k
			b.oldest = (b.oldest + 1) % maxOpen
		}
	}
	if b.values == nil {
		b.values = make(map[K]V)
	}
	b.values[k] = v
}
