package tlswire

import (
	"slices"
	"testing"
)

func TestNotTLS(t *testing.T) {
	tests := []struct{ first, want string }{
		{"GET / HTTP/1.1\r\nHost: origin.example.com\r\n\r\n", "an HTTP request"},
		{"OPTIONS * HTTP/1.1\r\n", "an HTTP request"},
		{"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n", "an HTTP response"},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "an HTTP/2 connection preface"},
		{"SSH-2.0-OpenSSH_9.6\r\n", "an SSH greeting"},
		{"220 mail.example.com ESMTP\r\n", "an SMTP greeting"},
		{"EHLO a\r\n", "an SMTP command"},
		{"PROXY TCP4 1.2.3.4 5.6.7.8 1 443\r\n", "a PROXY protocol header"},
		{"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c", "a PROXY protocol header"},
		{"\x80\x21\x04\x00\x01\x00\x02\x00\x0a\x00\x03\x00\x10abcdefghijklm", "an SSL 2.0 server"},
		{"hello, world", "text"},
		{"\x00\x01\x02\x03", "binary data"},
		{"\x16\x03\x01\xff\xff and more that is no TLS at all", "binary data"},
		{"\x16\x09\x01\x00\x10 and more that is no TLS at all", "binary data"},
		{"\x80\x2d\x01\x03\x01\x00\x03\x00\x00\x00\x21\x00\x00\x2f a challenge that is too long", "binary data"},
		{"\x80\x2f\x01\x03\x01\x00\x15\x00\x00\x00\x10 a length that is wrong", "binary data"},
	}
	for _, test := range tests {
		in := []byte(test.first)
		got := readAll(in)
		if !slices.Equal(got.lines, []string{"not TLS: " + test.want}) {
			t.Errorf("%q: %q", test.first, got.lines)
		}
		if len(got.first) == 0 || string(got.first) != test.first[:len(got.first)] {
			t.Errorf("%q: first bytes %q", test.first, got.first)
		}
		checkSplitting(t, in, 2)
	}
	for _, short := range []string{"", "\x16", "\x16\x03", "\x15\x03\x03\x00"} {
		if got := readAll([]byte(short)); len(got.lines) > 0 {
			t.Errorf("%q is too short to say anything, but: %q", short, got.lines)
		}
	}
}

func TestNotTLSIsToldOnce(t *testing.T) {
	var s Stream
	var r recorder
	s.Feed([]byte("GET / HTTP/1.1\r\n"), &r)
	s.Feed(rec(TypeAlert, TLS12, 2, 40), &r)
	s.Gap(10, &r)
	s.Feed([]byte("GET / HTTP/1.1\r\n"), &r)
	s.End(&r)
	if len(r.lines) != 1 {
		t.Errorf("%q", r.lines)
	}
}
