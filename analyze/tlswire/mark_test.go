package tlswire

import (
	"bytes"
	"testing"
)

func TestMarkLength(t *testing.T) {
	for first, want := range map[string]int{
		"GET /secret HTTP/1.1": 4, "HTTP/1.1 404 Not Found": 12, "HTTP/1": 6, "PRI * HTTP/2.0": 12, "EHLO mail": 5,
		proxySignature + "more": 12, "\x80\x20\x04\x00\x01\x00\x02\x99\x99": 7, "welcome to the machine": 11, "abc": 3, "": 0,
	} {
		if got := MarkLength([]byte(first)); got != want {
			t.Errorf("%q: %d, want %d", first, got, want)
		}
	}
}

// FuzzMarkLength: with other bytes of the same kinds behind the mark, a stream is
// still taken for the same.
func FuzzMarkLength(f *testing.F) {
	for _, first := range []string{"GET /secret HTTP/1.1\r\nHost", "HTTP/1.1 404 Not Found", "welcome to the machine, dear", "\x80\x20\x04\x00\x01\x00\x02\x99\x99\x99\x99\x99\x99\x99\x99\x99\x99\x99\x99\x99\x99\x99\x99\x99\x99"} {
		f.Add([]byte(first))
	}
	f.Fuzz(func(t *testing.T, first []byte) {
		if len(first) < StartLength {
			return
		}
		verdict := judge(first)
		if verdict == isTLS || verdict == isSSL2 {
			return
		}
		other := bytes.Clone(first)
		for i := MarkLength(first); i < len(other); i++ {
			switch c := other[i]; {
			case c == '\n' || c == '\r' || c == '\t':
			case c < ' ' || c > '~':
				other[i] = 0
			default:
				other[i] = 'x'
			}
		}
		if got := judge(other); got != verdict {
			t.Errorf("%q is %s, and %q %s", first, verdict, other, got)
		}
	})
}
