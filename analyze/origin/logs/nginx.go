package logs

import (
	"bytes"
	"net/netip"
	"strings"
	"time"
)

// nginx writes "2024/01/16 03:41:18 [info] 812#812: *27 MESSAGE while ACTION,
// client: ADDRESS, server: ADDRESS, request: …" (ngx_log.c, ngx_log_error_core).
// The number after the star is the connection's, the same in all its lines.

// isNginx tells whether a line begins as nginx writes it.
func isNginx(line []byte) bool {
	return len(line) > nginxTimeLength+2 && isNginxTime(line) && line[nginxTimeLength] == ' ' && line[nginxTimeLength+1] == '['
}

// An nginxKey is one connection of one worker.
type nginxKey struct{ pid, connection uint64 }

// An opening is what debug lines told of a connection before it failed.
type opening struct {
	client  netip.AddrPort
	name    string
	hasName bool
}

// The two lines of the level debug that matter. Their texts are those of
// ngx_event_accept.c and ngx_http_request.c.
var (
	acceptMark = []byte("accept: ")
	nameMark   = []byte("SSL server name: ")
)

// nginxMarks are what the lines have that matter, at other levels than debug.
var nginxMarks = [][]byte{[]byte("SSL"), []byte("waiting for request"), []byte("HTTPS port"), []byte("invalid method"),
	[]byte("server name different")}

// An nginxLine is a line in its parts.
type nginxLine struct {
	process    []byte // pid#tid
	connection uint64
	message    []byte
}

func (p *parser) takeNginx(line []byte, env envelope) {
	if line[nginxTimeLength+2] == 'd' {
		p.takeNginxDebug(line)
		return
	}
	if !containsAny(line, nginxMarks) {
		return
	}
	l, ok := splitNginx(line)
	if !ok {
		if saysHandshakeFailed(line) {
			p.counts.Undecodable++
		}
		return
	}
	message, context, _ := bytes.Cut(l.message, []byte(" while "))
	if bytes.HasPrefix(context, []byte("SSL handshaking to upstream")) {
		p.counts.Upstream++
		return
	}
	found, ok := classifyNginx(string(message), context)
	if !ok {
		return
	}
	e := p.start(Nginx, &env)
	found.into(&e)
	e.Process, e.Connection = string(l.process), l.connection
	if e.Time.IsZero() { // the journal's time is finer, and has a zone
		e.Time, e.Resolution, _ = p.clock.slashed(line)
	}
	readNginxContext(&e, context)
	if known, ok := p.nginx.get(l.key()); ok {
		known.into(&e)
	}
	if e.Class == ClosedWaitingForRequest && isPlainPort(e.Server) {
		return
	}
	p.emit(e)
}

// isPlainPort leaves the port out that has no TLS: there the line is that of any
// visitor who changed their mind.
func isPlainPort(server netip.AddrPort) bool { return server.Port() == 80 }

// splitNginx takes a line apart after its time.
func splitNginx(line []byte) (l nginxLine, ok bool) {
	rest := line[nginxTimeLength+2:]
	end := bytes.Index(rest[:min(len(rest), 16)], []byte("] "))
	if end < 0 {
		return l, false
	}
	rest = rest[end+2:]
	if end = bytes.Index(rest[:min(len(rest), 48)], []byte(": ")); end < 0 {
		return l, false
	}
	l.process, rest = rest[:end], rest[end+2:]
	if len(rest) > 0 && rest[0] == '*' {
		i := 1
		for ; i < len(rest) && i < 20 && isDigit(rest[i]); i++ {
			l.connection = l.connection*10 + uint64(rest[i]-'0')
		}
		rest = bytes.TrimPrefix(rest[i:], []byte(" "))
	}
	l.message = rest
	return l, true
}

// key identifies the connection of l.
func (l *nginxLine) key() nginxKey {
	k := nginxKey{connection: l.connection}
	for _, c := range l.process {
		if !isDigit(c) {
			break
		}
		k.pid = k.pid*10 + uint64(c-'0')
	}
	return k
}

// takeNginxDebug takes one of the many lines of the level debug. The message
// begins within the first 80 bytes, and nothing more is looked at.
func (p *parser) takeNginxDebug(line []byte) {
	const longestHead = 80
	star := bytes.IndexByte(line[:min(len(line), longestHead)], '*')
	if star < 0 {
		return
	}
	rest := line[star+1:]
	for len(rest) > 0 && isDigit(rest[0]) {
		rest = rest[1:]
	}
	if len(rest) < 2 || rest[1] != acceptMark[0] && rest[1] != nameMark[0] {
		return
	}
	accepted, named := bytes.HasPrefix(rest[1:], acceptMark), bytes.HasPrefix(rest[1:], nameMark)
	if !accepted && !named {
		return
	}
	l, ok := splitNginx(line)
	if !ok || l.connection == 0 {
		return
	}
	if accepted {
		text, _, _ := bytes.Cut(l.message[len(acceptMark):], []byte(" fd:"))
		client, err := netip.ParseAddrPort(string(text))
		if err == nil {
			p.nginx.put(l.key(), opening{client: client})
		}
		return
	}
	o, _ := p.nginx.get(l.key())
	name := string(bytes.Trim(l.message[len(nameMark):], `"`))
	if string(l.message[len(nameMark):]) == "null" {
		name = ""
	}
	o.name, o.hasName = name[:min(len(name), maxName)], true
	p.nginx.put(l.key(), o)
}

// maxName is how many bytes of a server name are kept; a real one has at most
// 253 (RFC 1035, section 2.3.4).
const maxName = 1 << 10

// into adds what is known to an entry.
func (o *opening) into(e *Entry) {
	if o.client.IsValid() && (!e.Client.IsValid() || e.Client.Addr() == o.client.Addr()) {
		e.Client = o.client
	}
	if o.hasName {
		e.ServerName, e.HasServerName = o.name, true
	}
}

// classifyNginx understands the message before " while " and what comes after.
func classifyNginx(message string, context []byte) (found verdict, ok bool) {
	handshaking := bytes.HasPrefix(context, []byte("SSL handshaking"))
	begins := func(s string) bool { return strings.HasPrefix(message, s) }
	switch {
	case begins("peer closed connection in SSL handshake"):
		return fromErrno(message, PeerClosed), true
	case begins("client closed connection") && handshaking:
		return verdict{class: ClosedBeforeHello}, true
	case begins("client closed connection") && bytes.HasPrefix(context, []byte("waiting for request")):
		return verdict{class: ClosedWaitingForRequest}, true
	case begins("recv() failed") && handshaking:
		found = fromErrno(message, HandshakeFailureOther)
		if found.class == PeerReset {
			found.class = ResetBeforeHello
		}
		return found, true
	case begins("handshake rejected") && handshaking:
		return verdict{class: SNIRejected, reason: "handshake rejected"}, true
	case begins("client timed out") && handshaking:
		return verdict{class: TimedOut}, true
	case begins("client sent no required SSL certificate"), begins("client SSL certificate verify error"):
		return verdict{class: ClientCertificate, reason: message}, true
	case begins("client sent plain HTTP request to HTTPS port"):
		return verdict{class: PlainHTTP}, true
	case begins("client sent invalid method"):
		return verdict{class: TLSToPlainPort}, asksInTLS(context)
	case begins("client attempted to request the server name different"):
		return verdict{class: HostMismatch}, true
	case begins("SSL_do_handshake() failed"):
		return fromFailure(message), true
	case begins("SSL_read() failed"):
		found = fromFailure(message)
		return found, found.class == AlertReceived
	case begins("cannot load certificate"):
		return found, false // the failure itself follows in a line of its own
	}
	return verdict{class: HandshakeFailureOther, reason: message}, handshaking
}

// asksInTLS tells whether the request that a plain port got is a TLS record of
// the type handshake: nginx writes the bytes as they are, or escaped.
func asksInTLS(context []byte) bool {
	return bytes.Contains(context, []byte("request: \"\x16\x03")) || bytes.Contains(context, []byte(`request: "\x16\x03`))
}

// readNginxContext reads "…, client: 130.176.135.149, server: 0.0.0.0:443". What
// comes after is the client's, and could say the same.
func readNginxContext(e *Entry, context []byte) {
	const longest = 512
	context = context[:min(len(context), longest)]
	if text, rest, ok := field(context, ", client: "); ok {
		e.Client = readClient(text)
		if text, _, ok = field(rest, ", server: "); ok {
			e.Server, _ = netip.ParseAddrPort(string(text))
		}
	}
}

// field gives what is between name and the next comma.
func field(b []byte, name string) (value, rest []byte, ok bool) {
	_, after, ok := bytes.Cut(b, []byte(name))
	if !ok {
		return nil, b, false
	}
	end := bytes.IndexByte(after, ',')
	if end < 0 {
		end = len(after)
	}
	return after[:end], after[end:], true
}

// readClient reads an address with or without a port.
func readClient(text []byte) netip.AddrPort {
	if len(text) > 64 {
		return netip.AddrPort{}
	}
	s := string(text)
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.AddrPortFrom(a.Unmap(), 0)
	}
	if a, err := netip.ParseAddrPort(s); err == nil {
		return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
	}
	return netip.AddrPort{}
}

func containsAny(b []byte, marks [][]byte) bool {
	for _, m := range marks {
		if bytes.Contains(b, m) {
			return true
		}
	}
	return false
}

// at sets the time, where there is one.
func (e *Entry) at(t time.Time, resolution time.Duration) {
	if !t.IsZero() {
		e.Time, e.Resolution = t, resolution
	}
}
