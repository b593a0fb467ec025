package logs

import (
	"bytes"
	"net/netip"
	"strings"
	"time"
)

// Apache httpd 2.4 writes several lines for a connection, which belong together
// by process and thread:
//
//	[date] [ssl:info] [pid 11868:tid 11894] [client 127.0.0.1:52012] AH01964: Connection to child 1 established (server www.example.com:443)
//	[date] [ssl:info] [pid 11868:tid 11894] [client 127.0.0.1:52012] AH02008: SSL library error 1 in handshake (server www.example.com:443)
//	[date] [ssl:info] [pid 11868:tid 11894] SSL Library Error: error:0A0000C1:SSL routines::no shared cipher -- Too restrictive …
//	[date] [ssl:info] [pid 11868:tid 11894] [client 127.0.0.1:52012] AH01998: Connection closed to child 1 with abortive shutdown (server www.example.com:443)
//
// A reset leaves the first and the last of them alone.

// An apacheLine is a line in its parts.
type apacheLine struct {
	date    []byte
	process []byte // pid:tid
	client  netip.AddrPort
	remote  bool   // the peer is a server that Apache connected to
	errno   []byte // "(104)Connection reset by peer"
	message []byte // from AH on, or "SSL Library Error: …"
}

// An apacheConnection is one that is open, as far as the log told.
type apacheConnection struct {
	client   netip.AddrPort
	listener string
	name     string
	hasName  bool
	told     bool   // there was an entry for it
	waiting  *Entry // for the line with the reason
}

// apacheMarks are what the lines have that matter.
var apacheMarks = [][]byte{[]byte("AH0"), []byte("SSL Library Error"), []byte("AH10")}

// takeApache tells whether a line that begins with a bracket is one of Apache's.
func (p *parser) takeApache(line []byte, env envelope) bool {
	if !containsAny(line[:min(len(line), 512)], apacheMarks) {
		return false
	}
	l, ok := splitApache(line)
	switch {
	case !ok:
	case l.remote:
		p.counts.Upstream++
	default:
		p.takeApacheLine(&l, &env)
	}
	return ok
}

func (p *parser) takeApacheLine(l *apacheLine, env *envelope) {
	key := string(l.process)
	c, _ := p.apache.get(key)
	if says, ok := bytes.CutPrefix(l.message, []byte("SSL Library Error: ")); ok {
		p.apacheReason(key, c, string(says))
		return
	}
	number, says, ok := bytes.Cut(l.message, []byte(": "))
	if ok {
		p.apacheMessage(l, key, c, string(number), string(says), env)
	}
}

// splitApache takes a line apart. The parts in brackets are known by their first
// word; an error of the system may stand before the client.
func splitApache(line []byte) (l apacheLine, ok bool) {
	rest := line
	for range 7 {
		if source := bytes.Index(rest[:min(len(rest), 64)], []byte(".c(")); source > 0 { // ssl_engine_kernel.c(2230): , at the level debug
			_, after, ok := bytes.Cut(rest[source:], []byte("): "))
			if ok && bytes.IndexByte(rest[:source], ' ') < 0 {
				rest = after
			}
		}
		if len(rest) > 0 && rest[0] == '(' { // (104)Connection reset by peer: [client …
			i := bytes.Index(rest, []byte(": ["))
			if i < 0 {
				return l, false
			}
			l.errno, rest = rest[:i], rest[i+2:]
		}
		if len(rest) == 0 || rest[0] != '[' {
			break
		}
		end := bytes.Index(rest, []byte("] "))
		if end < 0 {
			return l, false
		}
		l.part(rest[1:end])
		rest = rest[end+2:]
	}
	l.message = rest
	return l, l.date != nil || l.process != nil
}

// part takes the inside of one pair of brackets.
func (l *apacheLine) part(b []byte) {
	word, value, _ := bytes.Cut(b, []byte(" "))
	switch string(word) {
	case "pid":
		pid, tid, _ := bytes.Cut(value, []byte(":tid "))
		l.process = pid
		if tid != nil {
			l.process = bytes.Join([][]byte{pid, tid}, []byte(":"))
		}
	case "client":
		l.client = readClient(value)
	case "remote":
		l.remote = true
	default:
		if l.date == nil && len(value) > 0 {
			l.date = b
		}
	}
}

// apacheClasses are the messages that say by themselves what happened
// (modules/ssl/ssl_engine_io.c and ssl_engine_kernel.c, mod_reqtimeout.c,
// server/protocol.c).
var apacheClasses = map[string]Class{
	"AH01996": PlainHTTP,
	"AH02006": PeerClosed,
	"AH01382": TimedOut,
	"AH02031": HostMismatch,
	"AH02032": HostMismatch,
	"AH02033": HostMismatch,
	"AH02039": ClientCertificate,
	"AH00126": TLSToPlainPort,
}

// apacheMessage takes a line with a number.
func (p *parser) apacheMessage(l *apacheLine, key string, c apacheConnection, number, says string, env *envelope) {
	switch number {
	case "AH01964": // Connection to child %d established (server %s)
		p.apacheGiveUp(c)
		p.apache.put(key, apacheConnection{client: l.client, listener: apacheServer(says)})
		return
	case "AH02043", "AH02044": // (No matching) SSL virtual host for servername %s found
		c.name, c.hasName = apacheName(says), true
		p.apache.put(key, c)
		return
	case "AH02645": // Server name not provided via TLS extension
		c.name, c.hasName = "", true
		p.apache.put(key, c)
		return
	case "AH01998": // Connection closed to child %d with %s shutdown (server %s)
		p.apacheClosed(l, key, c, says, env)
		return
	}
	class, known := apacheClasses[number]
	switch number {
	case "AH02008", "AH02007": // SSL library error %d in handshake; SSL handshake interrupted by system
		class, known = HandshakeFailed, true
	}
	if !known || number == "AH00126" && !bytes.Contains(l.message, []byte(`\x16\x03`)) {
		return
	}
	e := p.apacheEntry(l, c, env)
	e.Class = class
	if number == "AH02007" {
		fromApacheErrno(l.errno).into(&e)
	}
	c.told = true
	if number == "AH02008" {
		e.Text = p.text()
		p.apacheGiveUp(c)
		c.waiting = &e
	} else {
		p.emit(e)
	}
	p.apache.put(key, c)
}

// apacheEntry makes the entry for a line.
func (p *parser) apacheEntry(l *apacheLine, c apacheConnection, env *envelope) Entry {
	e := p.start(Apache, env)
	e.Process, e.Client, e.Listener = string(l.process), l.client, c.listener
	if !e.Client.IsValid() {
		e.Client = c.client
	}
	if c.client == e.Client {
		e.ServerName, e.HasServerName = c.name, c.hasName
	}
	if t, resolution := p.clock.apacheTime(l.date); !t.IsZero() && (e.Time.IsZero() || resolution < time.Second) {
		e.Time, e.Resolution = t, resolution
	}
	return e
}

// apacheReason takes the line that says why a handshake failed. It has no client.
func (p *parser) apacheReason(key string, c apacheConnection, says string) {
	if c.waiting == nil {
		return
	}
	e := *c.waiting
	if v, ok := fromOpenSSL(says); ok {
		v.into(&e)
	}
	e.Line, e.Text = max(p.number, 0), p.text()
	p.emit(e)
	c.waiting = nil
	p.apache.put(key, c)
}

// apacheClosed takes the last line of a connection: where nothing was said of it
// and it was broken off, the client had reset it.
func (p *parser) apacheClosed(l *apacheLine, key string, c apacheConnection, says string, env *envelope) {
	p.apacheGiveUp(c)
	told := c.told && c.client == l.client
	p.apache.put(key, apacheConnection{})
	if told || !strings.Contains(says, "abortive shutdown") {
		return
	}
	if c.client != l.client {
		c = apacheConnection{listener: apacheServer(says)}
	}
	e := p.apacheEntry(l, c, env)
	e.Class = PeerReset
	p.emit(e)
}

// apacheGiveUp emits what waited in vain for its reason.
func (p *parser) apacheGiveUp(c apacheConnection) {
	if c.waiting != nil {
		p.emit(*c.waiting)
	}
}

// flushApache does so for all connections, in the order of their lines.
func (p *parser) flushApache() {
	for i := range p.apache.order {
		key := p.apache.order[(p.apache.oldest+i)%len(p.apache.order)]
		if c, ok := p.apache.get(key); ok && c.waiting != nil {
			p.apacheGiveUp(c)
			c.waiting = nil
			p.apache.put(key, c)
		}
	}
}

// fromApacheErrno reads "(104)Connection reset by peer".
func fromApacheErrno(errno []byte) verdict {
	number, says, _ := strings.Cut(strings.TrimPrefix(string(errno), "("), ")")
	return fromErrno("("+number+": "+says+")", HandshakeFailed)
}

// apacheServer reads "(server www.example.com:443)".
func apacheServer(says string) string {
	_, after, _ := strings.Cut(says, "(server ")
	server, _, _ := strings.Cut(after, ")")
	return server[:min(len(server), maxName)]
}

// apacheName reads the name between "servername " and " found".
func apacheName(says string) string {
	_, after, _ := strings.Cut(says, "servername ")
	name, _, _ := strings.Cut(after, " found")
	return name[:min(len(name), maxName)]
}
