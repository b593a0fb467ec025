package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sniwatch/pcaps/gen/bench"
)

// TestThreadsSayTheSame: a large capture gives the same report to the byte whatever
// the number of threads, where it can be divided and where, in a flood, it cannot.
func TestThreadsSayTheSame(t *testing.T) {
	for _, kind := range []string{"mixed", "handshake", "scan", "bulk"} {
		t.Run(kind, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), kind+".pcap")
			f, err := os.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := bench.Write(f, io.Discard, kind, 48<<20, 7); err != nil {
				t.Fatal(err)
			}
			now := time.Now()
			var one []byte
			for _, threads := range []string{"1", "2", "5"} {
				var out, errs bytes.Buffer
				code := run(t.Context(), []string{"-r", name, "--format", "markdown", "--threads", threads, "--memory", "128M"}, streams{out: &out, err: &errs, now: func() time.Time { return now }})
				if code != 0 || errs.Len() > 0 {
					t.Fatalf("%s threads: code %d, %s", threads, code, errs.String())
				}
				said := bytes.ReplaceAll(out.Bytes(), []byte("--threads "+threads), nil)
				if one == nil {
					one = said
				}
				if !bytes.Equal(one, said) {
					t.Errorf("%s threads say something else than one: %d bytes and %d", threads, len(said), len(one))
				}
			}
		})
	}
}

// What comes by a pipe cannot be read again, should it have to be analysed in a row.
func TestPipesAreNotDivided(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		read []string
		want bool
	}{{[]string{"big.pcap", "other.pcap"}, true}, {[]string{"big.pcap", pipe}, false}, {[]string{"-", "big.pcap"}, false}} {
		if r := (&watching{o: &options{read: tt.read}}); r.dividable() != tt.want {
			t.Errorf("%q: %v", tt.read, r.dividable())
		}
	}
}
