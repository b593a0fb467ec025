//go:build linux

package main

import (
	"regexp"
	"strings"
)

// Classes of log lines: what the server noticed of a handshake that failed. They
// are the lab's own reading, by a few plain strings, and know nothing of what
// sniwatch thinks.
const (
	logReset      = "reset"       // the peer sent RST
	logClosed     = "closed"      // the peer closed, with FIN or close_notify
	logNoHello    = "no hello"    // the peer closed before it had said a word
	logAlert      = "alert"       // the peer sent an alert; its number follows
	logName       = "name"        // the server refused the name
	logCipher     = "cipher"      // no common cipher suite
	logGroup      = "group"       // no common group
	logVersion    = "version"     // no common version
	logALPN       = "alpn"        // no common protocol
	logClientCert = "client cert" // the client has no certificate
	logPlainHTTP  = "plain http"  // HTTP on the port of HTTPS
	logNotTLS     = "not tls"     // bytes that are no TLS
	logTimeout    = "timeout"     // the peer said nothing for too long
	logLeft       = "left"        // it went after the handshake, before a request
	logHandshake  = "handshake"   // a failure, with no word about why
)

// A pattern is a piece of a log line and the class it stands for; "" is a line
// that is about something else.
type pattern struct{ text, class string }

var nginxPatterns = []pattern{
	{"while SSL handshaking to upstream", ""}, // there nginx is the client
	{"peer closed connection in SSL handshake (104", logReset},
	{"peer closed connection in SSL handshake", logClosed},
	{"SSL alert number ", logAlert},
	{"recv() failed (104", logNoHello},
	{"handshake rejected", logName},
	{"no suitable key share", logGroup},
	{"no shared cipher", logCipher},
	{"no suitable signature algorithm", logCipher},
	{"unsupported protocol", logVersion},
	{"version too low", logVersion},
	{"client sent plain HTTP request to HTTPS port", logPlainHTTP},
	{"client sent no required SSL certificate", logClientCert},
	{"client timed out (110: Connection timed out) while SSL handshaking", logTimeout},
	{"client closed connection while SSL handshaking", logNoHello},
	{"client closed connection while waiting for request", logLeft},
	{"client sent invalid method", logNotTLS}, // a hello, read as HTTP
	{"wrong version number", logNotTLS},
	{"http request", logPlainHTTP},
	{"while SSL handshaking", logHandshake},
}

var haproxyPatterns = []pattern{
	{"Connection closed during SSL handshake", logClosed},
	{"Timeout during SSL handshake", logTimeout},
	{"SSL handshake failure", logHandshake},
}

var goPatterns = []pattern{
	{"connection reset by peer", logReset},
	{"remote error: tls: bad certificate", logAlert + " 42"},
	{"remote error: tls: ", logAlert},
	{"tls: no cipher suite supported", logCipher},
	{"tls: client offered only unsupported versions", logVersion},
	{"tls: client requested unsupported application protocols", logALPN},
	{"tls: client didn't provide a certificate", logClientCert},
	{errUnknownName.Error(), logName},
	{"client sent an HTTP request to an HTTPS server", logPlainHTTP},
	{"first record does not look like a TLS handshake", logNotTLS},
	{"i/o timeout", logTimeout},
	{": EOF", logClosed},
	{"TLS handshake error", logHandshake},
}

// classify gives the class of the first pattern in a line.
func classify(line string, patterns []pattern) string {
	for _, p := range patterns {
		_, rest, found := strings.Cut(line, p.text)
		switch {
		case !found:
		case p.class == logAlert && strings.HasSuffix(p.text, "number "):
			number, _, _ := strings.Cut(rest, ")")
			number, _, _ = strings.Cut(number, ":")
			return logAlert + " " + number
		default:
			return p.class
		}
	}
	return ""
}

// remarksOf gives a remark for each line that has a class.
func remarksOf(text string, patterns []pattern) []remark {
	var out []remark
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if class := classify(line, patterns); class != "" {
			out = append(out, remark{class, line})
		}
	}
	return out
}

func classifyNginx(text string) []remark   { return remarksOf(text, nginxPatterns) }
func classifyHAProxy(text string) []remark { return remarksOf(text, haproxyPatterns) }

func classifyGo(text string) []remark {
	var out []remark
	for _, r := range remarksOf(text, goPatterns) {
		if strings.Contains(r.line, "TLS handshake error from") {
			out = append(out, r)
		}
	}
	return out
}

// apacheClient is the client in a line of Apache's log.
var apacheClient = regexp.MustCompile(`\[client ([^\]]+)\]`)

// classifyApache reads Apache's log, which needs several lines for a failure: the
// reason stands in a line of its own, without client, and a reset leaves none but
// an end that is "abortive".
func classifyApache(text string) []remark {
	var out []remark
	explained := map[string]bool{} // clients whose failure had a line
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		client := ""
		if m := apacheClient.FindStringSubmatch(line); m != nil {
			client = m[1]
		}
		class := ""
		switch {
		case strings.Contains(line, "SSL Library Error"):
			class = classify(line, []pattern{
				{"SSL alert number ", logAlert}, {"no shared cipher", logCipher}, {"unsupported protocol", logVersion},
				{"no suitable key share", logGroup}, {"peer did not return a certificate", logClientCert},
				{"http request", logPlainHTTP},
			})
		case strings.Contains(line, "AH02008"), strings.Contains(line, "AH01996"): // its reason follows
			explained[client] = true
		case strings.Contains(line, "AH02006"), strings.Contains(line, "AH02007"):
			explained[client], class = true, logClosed
		case strings.Contains(line, "AH01998") && strings.Contains(line, "abortive") && !explained[client]:
			class = logReset
		}
		if class != "" {
			out = append(out, remark{class, line})
		}
	}
	return out
}
