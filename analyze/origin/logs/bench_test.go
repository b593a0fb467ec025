package logs

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

// debugLog is a piece of nginx's log at the level debug: one failed handshake
// among the lines of some good requests, as the proportions are at a busy origin.
func debugLog(connections int) []byte {
	var b bytes.Buffer
	line := func(c int, format string, a ...any) {
		fmt.Fprintf(&b, "2024/01/16 03:%02d:%02d [debug] 812#812: *%d %s\n", c/60%60, c%60, c, fmt.Sprintf(format, a...))
	}
	for c := 1; c <= connections; c++ {
		line(c, "accept: 130.176.135.149:%d fd:3", 1024+c%60000)
		line(c, "event timer add: 3: 60000:%d", 90000+c)
		line(c, "SSL server name: \"origin.example.com\"")
		line(c, "SSL_do_handshake: -1")
		line(c, "SSL_get_error: 2")
		line(c, "reusable connection: 0")
		if c%20 == 0 {
			fmt.Fprintf(&b, "2024/01/16 03:%02d:%02d [info] 812#812: *%d peer closed connection in SSL handshake (104: Connection reset by peer) while SSL handshaking, client: 130.176.135.149, server: 0.0.0.0:443\n", c/60%60, c%60, c)
			continue
		}
		for i := range 60 {
			line(c, "http header: \"X-Header-%d: %s\"", i, strings.Repeat("v", 20+i%40))
			line(c, "posix_memalign: 0000%08X:4096 @16", i*4096)
			line(c, "SSL_read: %d", i)
		}
	}
	return b.Bytes()
}

// accessLog has nothing that matters.
func accessLog(lines int) []byte {
	var b bytes.Buffer
	for i := range lines {
		fmt.Fprintf(&b, "130.176.135.%d - - [16/Jan/2024:03:41:18 +0000] \"GET /assets/%d.css HTTP/1.1\" 200 %d \"https://www.example.com/\" \"Amazon CloudFront\"\n", i%256, i, i*7)
	}
	return b.Bytes()
}

func benchmarkLog(b *testing.B, log []byte, want int) {
	b.ReportAllocs()
	b.SetBytes(int64(len(log)))
	for b.Loop() {
		r := NewReader("error.log", bytes.NewReader(log), Options{})
		n := 0
		for r.Next(&Entry{}) == nil {
			n++
		}
		if n != want {
			b.Fatalf("%d entries", n)
		}
	}
}

func BenchmarkNginxDebug(b *testing.B) { benchmarkLog(b, debugLog(2000), 100) }
func BenchmarkAccessLog(b *testing.B)  { benchmarkLog(b, accessLog(100_000), 0) }

// BenchmarkFailures is a log of nothing but failures: a scan, or an outage.
func BenchmarkFailures(b *testing.B) {
	benchmarkLog(b, bytes.Repeat([]byte(fuzzSeeds[0]), 50_000), 50_000)
}

// Memory does not grow with the log: of 300,000 connections that are announced
// as many are kept as the limit says.
func TestMemoryIsBounded(t *testing.T) {
	pr, pw := io.Pipe()
	go func() {
		for c := range 300_000 {
			fmt.Fprintf(pw, "2024/01/16 03:41:18 [debug] 812#812: *%d accept: 130.176.135.149:41822 fd:3\n"+
				"2024/01/16 03:41:18 [debug] 812#812: *%d SSL server name: \"%0200d.example.com\"\n", c+1, c+1, c)
		}
		pw.Close()
	}()
	r := NewReader("error.log", pr, Options{})
	if err := r.Next(&Entry{}); err != io.EOF {
		t.Fatal(err)
	}
	if n := len(r.parser.nginx.values); n != maxOpen || len(r.parser.nginx.order) != maxOpen {
		t.Errorf("%d connections are kept", n)
	}
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	if m.HeapAlloc > 40<<20 {
		t.Errorf("%d MiB are in use", m.HeapAlloc>>20)
	}
	runtime.KeepAlive(r)
}
