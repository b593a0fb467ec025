package redact

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"

	"sniwatch/analyze/tlswire"
)

// plain gives what stands in place of a stream that is no TLS: as long, of the
// same kind, and without what it said.
func plain(looksLike string, b []byte) []byte {
	switch {
	case looksLike == tlswire.SSL2Server:
		out := make([]byte, len(b))
		copy(out, b[:min(len(b), 7)]) // up to the version; then certificates follow
		return out
	case bytes.HasPrefix(b, []byte("\r\n\r\n\x00\r\nQUIT\n")): // PROXY protocol, version 2
		out := bytes.Repeat([]byte{1}, len(b))
		copy(out, b[:12])
		return out
	case looksLike == "binary data":
		return bytes.Repeat([]byte{1}, len(b))
	}
	out := crossedOut(b)
	copy(out, b[:keptOf(b)])
	if line, _, _ := bytes.Cut(b, []byte("\r\n")); isRequestLine(line) {
		version := line[bytes.LastIndexByte(line, ' '):]
		copy(out[len(line)-len(version):], version)
		slash := bytes.IndexByte(line, ' ') + 1
		if slash < len(line)-len(version) && line[slash] == '/' {
			out[slash] = '/'
		}
	}
	return out
}

// crossedOut keeps the ends of lines and tabs of a text, nothing else.
func crossedOut(b []byte) []byte {
	out := bytes.Clone(b)
	for i, c := range out {
		if c != '\r' && c != '\n' && c != '\t' {
			out[i] = 'x'
		}
	}
	return out
}

// isRequestLine knows the first line of an HTTP request: method, target, version.
func isRequestLine(line []byte) bool {
	fields := strings.Split(string(line), " ")
	return len(fields) == 3 && (fields[2] == "HTTP/1.1" || fields[2] == "HTTP/1.0") && keptOf(line) > 0
}

// keptOf gives how many of the first bytes say what kind of text it is, and
// nothing more: a method, a greeting's number, the line of an HTTP status.
func keptOf(b []byte) int {
	for _, prefix := range []string{
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "PRI * HTTP/2",
		"GET ", "POST ", "HEAD ", "PUT ", "DELETE ", "OPTIONS ", "PATCH ", "CONNECT ", "TRACE ", "PROPFIND ",
		"PROXY ", "SSH-2.0-", "SSH-", "220 ", "220-", "EHLO ", "HELO ",
	} {
		if bytes.HasPrefix(b, []byte(prefix)) {
			return len(prefix)
		}
	}
	if !bytes.HasPrefix(b, []byte("HTTP/")) {
		return 0
	}
	line, _, _ := strings.Cut(string(b[:min(len(b), 128)]), "\r\n")
	fields := strings.SplitN(line, " ", 3)
	if len(fields) < 2 || len(fields[0]) != len("HTTP/1.1") || len(fields[1]) != 3 {
		return len("HTTP/")
	}
	code, err := strconv.Atoi(fields[1])
	switch {
	case err != nil:
		return len("HTTP/")
	case len(fields) == 3 && fields[2] == http.StatusText(code):
		return len(line)
	}
	return len("HTTP/1.1 400")
}
