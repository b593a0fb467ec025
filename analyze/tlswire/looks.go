package tlswire

import (
	"bytes"
	"slices"
	"strings"
)

// startLength is how many bytes tell apart what the first bytes can be; the
// preface of HTTP/2 is the longest mark among them.
const startLength = 24

// SSL2Server is what Visitor.NotTLS is told of a server that speaks SSL 2.0, which
// RFC 6176 forbids.
const SSL2Server = "an SSL 2.0 server"

// What a stream that is no TLS looks like otherwise.
const (
	httpRequest   = "an HTTP request"
	httpResponse  = "an HTTP response"
	http2Preface  = "an HTTP/2 connection preface"
	sshGreeting   = "an SSH greeting"
	smtpGreeting  = "an SMTP greeting"
	smtpCommand   = "an SMTP command"
	proxyProtocol = "a PROXY protocol header"
	plainText     = "text"
	binaryData    = "binary data"
)

// firstShown is how many of the first bytes are given to Visitor.NotTLS at most.
const firstShown = 256

// The verdicts on first bytes that are TLS; the others are the names above.
const (
	undecided = ""
	isTLS     = "TLS"
	isSSL2    = "SSL 2.0"
)

// start decides by the first bytes of the connection whether it is TLS. It
// gives the number of bytes that it has used.
func (s *Stream) start(b []byte, v Visitor) (n int) {
	if s.nhead == 0 {
		if verdict := judge(b); verdict != undecided {
			return s.settle(verdict, b, v)
		}
	}
	for n < len(b) && s.state == atStart {
		n += s.gather(b[n:], s.nhead+1)
		if judge(s.head[:s.nhead]) != undecided {
			s.replay(n, v)
		}
	}
	return n
}

// settle acts on the verdict that b, the first bytes, has brought.
func (s *Stream) settle(verdict string, b []byte, v Visitor) int {
	switch {
	case s.midStream && verdict == isTLS && plausibleAt(b):
		s.found()
	case s.midStream && verdict != isSSL2 && !isMark(verdict):
		s.state = searching // the middle of a record may look like anything
	case verdict == isTLS:
		s.state = atHeader
	case verdict == isSSL2:
		return s.beginSSL2(b, v)
	default:
		s.state = stopped
		v.NotTLS(verdict, b[:min(len(b), firstShown)])
		return len(b)
	}
	return 0
}

// judgeShort says what the first bytes look like when no more will come.
func (s *Stream) judgeShort(v Visitor) {
	first := s.head[:s.nhead]
	if len(first) > 0 && !mayBeHeader(first) && !s.midStream {
		s.state = stopped
		v.NotTLS(looksLike(first), bytes.Clone(first))
	}
}

// judge gives the verdict on the first bytes of a connection. It is the same
// for a longer b, so that it does not depend on how they were cut.
func judge(b []byte) string {
	switch {
	case mayBeHeader(b):
		if len(b) < recordHeaderLength {
			return undecided
		}
		return isTLS
	case b[0]&0x80 != 0 && (len(b) < 3 || b[2] == byte(TypeClientHello)):
		if len(b) < ssl2HeaderLength {
			return undecided
		}
		if _, ok := ssl2HelloLength(b); ok {
			return isSSL2
		}
	case bytes.HasPrefix(b, []byte(proxySignature)):
		return proxyProtocol
	case bytes.HasPrefix([]byte(proxySignature), b):
		return undecided
	}
	b = b[:min(len(b), startLength)]
	if end := bytes.IndexByte(b, '\n'); end >= 0 {
		return looksLike(b[:end+1])
	}
	if len(b) < startLength {
		return undecided
	}
	return looksLike(b)
}

// mayBeHeader tells whether b, as far as it goes, can begin the first record of
// a connection.
func mayBeHeader(b []byte) bool {
	switch {
	case b[0] < byte(TypeChangeCipherSpec) || b[0] > byte(TypeApplicationData):
		return false
	case len(b) > 1 && b[1] != 3, len(b) > 2 && b[2] > 4:
		return false
	}
	return len(b) < recordHeaderLength || plausibleHeader(b)
}

// proxySignature begins a header of the PROXY protocol, version 2.
const proxySignature = "\r\n\r\n\x00\r\nQUIT\n"

// The marks by which the protocols of text begin.
var marks = []struct {
	name     string
	prefixes []string
}{
	{httpResponse, []string{"HTTP/"}},
	{http2Preface, []string{"PRI * HTTP/2"}},
	{httpRequest, []string{"GET ", "POST ", "HEAD ", "PUT ", "DELETE ", "OPTIONS ", "PATCH ", "CONNECT ", "TRACE ", "PROPFIND "}},
	{proxyProtocol, []string{"PROXY "}},
	{sshGreeting, []string{"SSH-"}},
	{smtpGreeting, []string{"220 ", "220-"}},
	{smtpCommand, []string{"EHLO ", "HELO "}},
}

// StartLength is how many of the first bytes of a stream decide whether it is TLS.
const StartLength = startLength

// MarkLength gives how many of first, the first bytes of a stream that is no TLS,
// say what it is: the mark by which it was recognised, and the status of HTTP.
// What Visitor.NotTLS is told of it depends on no byte behind them, but for
// whether one within StartLength is printable, or ends a line.
func MarkLength(first []byte) int {
	for _, mark := range marks {
		for _, p := range mark.prefixes {
			if !bytes.HasPrefix(first, []byte(p)) {
				continue
			}
			if mark.name == httpResponse {
				return min(len(first), len("HTTP/1.1 400"))
			}
			return len(p)
		}
	}
	switch {
	case bytes.HasPrefix(first, []byte(proxySignature)):
		return len(proxySignature)
	case isSSL2ServerHello(first):
		return ssl2ServerHelloLength
	}
	return min(len(first), ssl2HeaderLength)
}

// isMark tells whether name is one that a mark has brought, and no mere guess.
func isMark(name string) bool {
	for _, mark := range marks {
		if mark.name == name {
			return true
		}
	}
	return false
}

// looksLike names what first, which is no TLS, looks like.
func looksLike(first []byte) string {
	text := string(first)
	for _, mark := range marks {
		if slices.ContainsFunc(mark.prefixes, func(p string) bool { return strings.HasPrefix(text, p) }) {
			return mark.name
		}
	}
	if isSSL2ServerHello(first) {
		return SSL2Server
	}
	for _, c := range first {
		if (c < ' ' || c > '~') && c != '\t' && c != '\r' && c != '\n' {
			return binaryData
		}
	}
	return plainText
}
