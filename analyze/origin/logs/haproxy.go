package logs

import (
	"bytes"
	"net/netip"
)

// HAProxy writes "IP:PORT [23/Nov/2026:11:48:13.296] FRONTEND/BIND: ERROR" for a
// connection that failed before it had a stream (doc/configuration.txt, section
// 8.2.6, "Error log format"). The time is that at which it was accepted.

// haproxyWordings are the texts of conn_err_code_str (connection.c). Before the
// reason in parentheses, which newer versions add.
var haproxyWordings = []wording{
	{"SSL handshake failure", HandshakeFailed},
	{"Connection closed during SSL handshake", ClosedBeforeHello},
	{"Connection error during SSL handshake", ResetBeforeHello},
	{"Timeout during SSL handshake", TimedOut},
	{"SSL client CA chain cannot be verified", ClientCertificate},
	{"SSL client certificate not trusted", ClientCertificate},
	{"Too many SSL connections", HandshakeFailureOther},
	{"Out of memory when initializing an SSL connection", HandshakeFailureOther},
	{"Stopped a TLSv1 heartbeat attack", HandshakeFailureOther},
}

// takeHAProxy takes a line that has HAProxy's form.
func (p *parser) takeHAProxy(line []byte, env envelope) bool {
	const longestHead = 512
	head := line[:min(len(line), longestHead)]
	address, rest, ok := bytes.Cut(head, []byte(" ["))
	if !ok {
		return false
	}
	client, ok := haproxyClient(address)
	if !ok {
		return false
	}
	date, rest, ok := bytes.Cut(rest, []byte("] "))
	if !ok {
		return false
	}
	listener, says, ok := bytes.Cut(rest, []byte(": "))
	if !ok || bytes.IndexByte(listener, ' ') >= 0 {
		return false
	}
	v, ok := haproxyVerdict(string(says))
	if !ok {
		return false
	}
	e := p.start(HAProxy, &env)
	v.into(&e)
	e.Client, e.Listener = client, string(listener)
	if t, resolution := p.clock.haproxyTime(date); !t.IsZero() {
		e.Time, e.Resolution, e.TimeOf = t, resolution, AtAccept
	}
	p.emit(e)
	return true
}

// haproxyClient reads an address and a port with a colon between them, IPv6
// without brackets.
func haproxyClient(b []byte) (netip.AddrPort, bool) {
	i := bytes.LastIndexByte(b, ':')
	if i < 0 || len(b) > 64 {
		return netip.AddrPort{}, false
	}
	a, err := netip.ParseAddr(string(bytes.Trim(b[:i], "[]")))
	port, ok := atoi(b[i+1:])
	if err != nil || !ok || port > 65535 {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(a.Unmap(), uint16(port)), true
}

// haproxyVerdict understands the text after the listener.
func haproxyVerdict(says string) (verdict, bool) {
	for _, w := range haproxyWordings {
		if len(says) < len(w.says) || says[:len(w.says)] != w.says {
			continue
		}
		if v, ok := fromOpenSSL(says); ok {
			return v, true
		}
		if w.class == HandshakeFailureOther || w.class == ClientCertificate {
			return verdict{class: w.class, reason: w.says}, true
		}
		return verdict{class: w.class}, true
	}
	return verdict{}, false
}
