package logs

import (
	"bytes"
	"net/netip"
	"strings"
)

// Programs in Go write "http: TLS handshake error from IP:PORT: ERROR"
// (net/http, server.go), through the log package or a logger of their own: Caddy
// and Traefik in several forms.
var goMark = []byte("TLS handshake error from ")

// maxPrefix is how much a logger may write before that.
const maxPrefix = 300

// takeGo takes a line that has goMark where a message can begin.
func (p *parser) takeGo(line []byte, env envelope) bool {
	at := bytes.Index(line[:min(len(line), maxPrefix)], goMark)
	if at < 0 || !canPrecede(line[:at]) {
		return false
	}
	prefix, rest := line[:at], line[at+len(goMark):]
	quoted := len(prefix) > 0 && bytes.IndexByte(prefix, '"') >= 0
	client, says, ok := cutClient(rest)
	if !ok {
		return false
	}
	if quoted {
		says = unquoted(says)
	}
	e := p.start(Go, &env)
	e.Client = client
	if env.caddy || bytes.Contains(prefix, []byte("http.stdlib")) {
		e.Program = Caddy
	}
	if e.Time.IsZero() {
		p.goTime(&e, prefix)
	}
	goVerdict(string(says), &e)
	p.emit(e)
	return true
}

// canPrecede tells whether a logger writes prefix: a quotation mark is there only
// where it opens the message. Otherwise somebody's request is quoted.
func canPrecede(prefix []byte) bool {
	prefix = bytes.TrimSuffix(prefix, []byte("http: "))
	i := bytes.IndexByte(prefix, '"')
	return i < 0 || bytes.HasSuffix(prefix, []byte(`msg="`)) || bytes.HasSuffix(prefix, []byte(`message="`))
}

// unquoted ends a text where its quotation mark closes.
func unquoted(b []byte) []byte {
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return b[:i]
		}
	}
	return b
}

// cutClient takes "IP:PORT: " off.
func cutClient(b []byte) (client netip.AddrPort, rest []byte, ok bool) {
	const longest = 64
	end := bytes.Index(b[:min(len(b), longest)], []byte(": "))
	if end < 0 {
		return client, b, false
	}
	client = readClient(b[:end])
	return client, b[end+2:], client.IsValid()
}

// goTime finds the time in what the logger wrote first. Zap's console format, as
// Caddy writes it, is in UTC unless time_local is set.
func (p *parser) goTime(e *Entry, prefix []byte) {
	zone := p.clock.zone
	if e.Program == Caddy {
		zone = caddyZone
	}
	for i := range prefix {
		if !isDigit(prefix[i]) || i > 0 && isDigit(prefix[i-1]) {
			continue
		}
		if t, resolution, _ := p.clock.slashedIn(prefix[i:], zone); resolution > 0 {
			e.at(t, resolution)
			return
		}
		if t, resolution, _, ok := p.clock.isoTime(prefix[i:]); ok {
			e.at(t, resolution)
			return
		}
	}
}

// goWordings are the errors of crypto/tls and net/http, of servers that choose
// certificates by themselves (certmagic, autocert, Traefik), and of the network.
var goWordings = []wording{
	{"connection reset by peer", PeerReset},
	{"broken pipe", PeerReset},
	{"i/o timeout", TimedOut},
	{"deadline exceeded", TimedOut},
	{"client sent an http request to an https server", PlainHTTP},
	{"first record does not look like a tls handshake", BadHello},
	{"unsupported sslv2 handshake", BadHello},
	{"oversized record", BadHello},
	{"client offered only unsupported versions", UnsupportedVersion},
	{"inappropriate protocol fallback", UnsupportedVersion},
	{"no cipher suite supported by both", NoSharedCipher},
	{"no ecdhe curve supported by both", NoSharedGroup},
	{"no key exchanges supported by both", NoSharedGroup},
	{"no supported elliptic curves offered", NoSharedGroup},
	{"unsupported application protocols", NoSharedALPN},
	{"did not request an application protocol", NoSharedALPN},
	{"peer doesn't support any of the certificate's signature algorithms", NoSharedSignature},
	{"peer doesn't support the certificate custom signature algorithms", NoSharedSignature},
	{"client didn't provide a certificate", ClientCertificate},
	{"failed to verify certificate", ClientCertificate},
	{"failed to parse client certificate", ClientCertificate},
	{"invalid signature by the client certificate", ClientCertificate},
	{"no certificates configured", SNIRejected},
	{"no certificate available for", SNIRejected},
	{"no certificate found for domain", SNIRejected},
	{"missing server name", SNIRejected},
	{"server name component count invalid", SNIRejected},
	{"not configured in hostwhitelist", SNIRejected},
	{"unexpected eof", PeerClosed},
}

// goVerdict understands the error at the end of a line.
func goVerdict(says string, e *Entry) {
	v := verdict{class: HandshakeFailureOther, reason: strings.TrimPrefix(says, "tls: ")}
	lower := strings.ToLower(says)
	remote, isRemote := strings.CutPrefix(lower, "remote error: tls: ")
	local, isLocal := strings.CutPrefix(lower, "local error: tls: ")
	switch {
	case isRemote:
		v.class, v.from = AlertReceived, FromClient
		v.alert, v.reason = goAlert(remote), remote
	case isLocal:
		v.from = FromServer
		v.alert, v.reason = goAlert(local), local
	case lower == "eof":
		v.class, v.reason = PeerClosed, ""
	default:
		for _, w := range goWordings {
			if strings.Contains(lower, w.says) {
				v.class, v.reason = w.class, withoutList(v.reason)
				break
			}
		}
	}
	if v.alert < 0 {
		v.from = NoAlert
	}
	v.into(e)
	if v.class == PeerReset || v.class == TimedOut {
		e.Server, e.ErrorCode = goSocket(says)
	}
	if v.class == SNIRejected {
		e.ServerName, e.HasServerName = quotedName(says)
	}
}

// withoutList cuts off what a client offered: it is the client's, and would make
// two of one reason.
func withoutList(reason string) string {
	for _, end := range []string{": [", "; client offered", " (["} {
		reason, _, _ = strings.Cut(reason, end)
	}
	return reason
}

// goSocket reads "read tcp 127.0.0.1:9301->127.0.0.1:39454: read: connection
// reset by peer" (net.OpError): this host's side, and the reason.
func goSocket(says string) (local netip.AddrPort, reason string) {
	const longest = 200
	if _, after, ok := strings.Cut(says, " tcp "); ok {
		from, _, _ := strings.Cut(after, "->")
		local, _ = netip.ParseAddrPort(from[:min(len(from), longest)])
	}
	reason = says
	if i := strings.LastIndex(says, ": "); i >= 0 {
		reason = says[i+2:]
	}
	return local, reason[:min(len(reason), longest)]
}

// quotedName finds the server name that a server had no certificate for:
// "no certificate available for 'x'", "host \"x\" not configured in
// HostWhitelist", "No certificate found for domain: \"x\"".
func quotedName(says string) (string, bool) {
	says = strings.ReplaceAll(says, `\"`, `"`)
	for _, quote := range []string{"'", `"`} {
		if _, after, ok := strings.Cut(says, quote); ok {
			if name, _, ok := strings.Cut(after, quote); ok && len(name) <= maxName {
				return name, true
			}
		}
	}
	return "", strings.Contains(says, "missing server name")
}

// goAlerts are the numbers of alerts (RFC 8446, section 6) by their names in
// crypto/tls, alert.go.
var goAlerts = map[string]int{
	"close notify": 0, "unexpected message": 10, "bad record mac": 20, "decryption failed": 21, "record overflow": 22,
	"decompression failure": 30, "handshake failure": 40, "bad certificate": 42, "unsupported certificate": 43,
	"revoked certificate": 44, "expired certificate": 45, "unknown certificate": 46, "illegal parameter": 47,
	"unknown certificate authority": 48, "access denied": 49, "error decoding message": 50, "error decrypting message": 51,
	"export restriction": 60, "protocol version not supported": 70, "insufficient security level": 71, "internal error": 80,
	"inappropriate fallback": 86, "user canceled": 90, "no renegotiation": 100, "missing extension": 109,
	"unsupported extension": 110, "certificate unobtainable": 111, "unrecognized name": 112,
	"bad certificate status response": 113, "bad certificate hash value": 114, "unknown psk identity": 115,
	"certificate required": 116, "no application protocol": 120, "encrypted client hello required": 121,
}

// goAlert gives the number of an alert, -1 where it is not known. Those without
// a name are "alert(200)".
func goAlert(name string) int {
	if text, ok := strings.CutPrefix(name, "alert("); ok {
		if n, ok := atoi([]byte(strings.TrimSuffix(text, ")"))); ok && n <= 255 {
			return n
		}
		return -1
	}
	if n, ok := goAlerts[name]; ok {
		return n
	}
	return -1
}
