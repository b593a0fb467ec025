package logs

import (
	"strconv"
	"strings"
)

// A verdict is what the text of a line says.
type verdict struct {
	class  Class
	alert  int
	from   AlertSide // NoAlert: alert is not set
	reason string
}

// into fills an entry in. The reason is cut: it can be a client's text.
func (v verdict) into(e *Entry) {
	const longest = 200
	e.Class, e.ErrorCode = v.class, v.reason[:min(len(v.reason), longest)]
	if v.from != NoAlert {
		e.Alert, e.AlertFrom = v.alert, v.from
	}
}

// A wording is how OpenSSL, its descendants or Go say why a handshake failed.
type wording struct {
	says  string // in small letters
	class Class
}

// opensslWordings are reasons of OpenSSL (include/openssl/sslerr.h), in both
// its spellings, and BoringSSL's, which writes them in capitals with underscores.
var opensslWordings = []wording{
	{"no shared cipher", NoSharedCipher},
	{"no suitable key share", NoSharedGroup},
	{"no suitable groups", NoSharedGroup},
	{"no shared group", NoSharedGroup},
	{"bad key share", NoSharedGroup},
	{"no suitable signature algorithm", NoSharedSignature},
	{"no shared signature algorithms", NoSharedSignature},
	{"no common signature algorithms", NoSharedSignature},
	{"unsupported protocol", UnsupportedVersion},
	{"version too low", UnsupportedVersion},
	{"unsupported ssl version", UnsupportedVersion},
	{"inappropriate fallback", UnsupportedVersion},
	{"no application protocol", NoSharedALPN},
	{"callback failed", SNIRejected},
	{"cert cb error", SNIRejected},
	{"http request", PlainHTTP},
	{"https proxy request", PlainHTTP},
	{"wrong version number", BadHello},
	{"unknown protocol", BadHello},
	{"bad record type", BadHello},
	{"packet length too long", BadHello},
	{"length mismatch", BadHello},
	{"peer did not return a certificate", ClientCertificate},
	{"certificate verify failed", ClientCertificate},
	{"unexpected eof while reading", PeerClosed},
}

// fromOpenSSL understands an error of OpenSSL as its error queue prints it:
// "error:14094412:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate:SSL
// alert number 42" (1.1), "error:0A000412:SSL routines::sslv3 alert bad
// certificate:SSL alert number 42" (3.x). That an alert has a number there means
// that it was received.
func fromOpenSSL(text string) (v verdict, ok bool) {
	_, after, found := strings.Cut(text, "error:")
	if !found {
		return v, false
	}
	parts := strings.SplitN(after, ":", 5)
	if len(parts) < 4 {
		return v, false
	}
	v.reason = opensslReason(parts[3])
	v.class = HandshakeFailureOther
	if n, ok := alertNumber(after, parts[0]); ok {
		v.class, v.alert, v.from = AlertReceived, n, FromClient
		return v, true
	}
	says := strings.ToLower(strings.ReplaceAll(v.reason, "_", " "))
	for _, w := range opensslWordings {
		if strings.Contains(says, w.says) {
			v.class = w.class
			break
		}
	}
	return v, true
}

// opensslReason cuts off what servers put after a reason.
func opensslReason(s string) string {
	for _, end := range []string{" (SSL alert", " error:", " -- ", "\""} {
		s, _, _ = strings.Cut(s, end)
	}
	if strings.Count(s, ")") > strings.Count(s, "(") { // it closes what was opened before the reason
		s = s[:strings.LastIndexByte(s, ')')]
	}
	return strings.TrimSpace(s)
}

// alertNumber finds the number of an alert that was received: in words, or in
// the code, where it is 1000 less than the reason in the lowest 12 bits
// (sslerr.h, SSL_AD_REASON_OFFSET).
func alertNumber(text, code string) (int, bool) {
	if _, after, ok := strings.Cut(text, "SSL alert number "); ok {
		end := 0
		for end < len(after) && end < 4 && isDigit(after[end]) {
			end++
		}
		if n, err := strconv.ParseUint(after[:end], 10, 8); err == nil {
			return int(n), true
		}
	}
	const offset, reasonBits, libSSL = 1000, 0xfff, 0x14
	n, err := strconv.ParseUint(code, 16, 32)
	isSSL := n>>24 == libSSL || n>>23 == libSSL // 1.1, 3.x
	if reason := n & reasonBits; err == nil && isSSL && reason >= offset && reason <= offset+255 {
		return int(reason - offset), true
	}
	return 0, false
}

// fromFailure understands what follows "SSL_do_handshake() failed": an error of
// OpenSSL, or one of the system.
func fromFailure(message string) verdict {
	if v, ok := fromOpenSSL(message); ok {
		return v
	}
	return fromErrno(message, HandshakeFailed)
}

// fromErrno understands an error of the system as nginx writes it, such as "(104:
// Connection reset by peer)"; otherwise is the class where there is none.
func fromErrno(message string, otherwise Class) verdict {
	_, text, _ := strings.Cut(strings.ReplaceAll(message, "()", ""), "(")
	text, _, _ = strings.Cut(text, ")")
	number, says, ok := strings.Cut(text, ": ")
	if !ok {
		return verdict{class: otherwise}
	}
	v := verdict{class: HandshakeFailureOther, reason: says}
	switch number {
	case "104", "54", "131", "32": // ECONNRESET of Linux, of the BSDs, of Solaris; EPIPE, which follows one
		v.class = PeerReset
	case "110", "60", "145": // ETIMEDOUT
		v.class = TimedOut
	}
	return v
}
