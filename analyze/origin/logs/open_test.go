package logs

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func packed(t *testing.T, text string) map[string][]byte {
	t.Helper()
	var gz bytes.Buffer
	z := gzip.NewWriter(&gz)
	z.Write([]byte(text))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{"plain": []byte(text), "gzip": gz.Bytes(), "zstd": enc.EncodeAll([]byte(text), nil)}
}

func TestOpen(t *testing.T) {
	text := rejected(1) + rejected(2)
	for kind, content := range packed(t, text) {
		name := filepath.Join(t.TempDir(), "error.log.1") // the name does not tell
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, from := range []string{name, "-"} {
			r, err := Open(from, bytes.NewReader(content))
			if err != nil {
				t.Fatalf("%s %s: %v", kind, from, err)
			}
			got, err := io.ReadAll(r)
			if err != nil || string(got) != text {
				t.Errorf("%s %s: %q, %v", kind, from, got, err)
			}
			if err := r.Close(); err != nil {
				t.Errorf("%s %s: %v", kind, from, err)
			}
		}
	}
}

func TestOpenTornArchive(t *testing.T) {
	content := packed(t, strings.Repeat(rejected(1), 1000))["gzip"]
	r, err := Open("-", bytes.NewReader(content[:len(content)/2]))
	if err != nil {
		t.Fatal(err)
	}
	reader := NewReader("-", r, Options{})
	n := 0
	for err == nil {
		if err = reader.Next(new(Entry)); err == nil {
			n++
		}
	}
	if n == 0 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%d entries, then %v", n, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, c := range []struct{ name, content, says string }{
		{"missing", "", "cannot be opened: no such file"},
		{"-", "\x1f\x8b\x00", "standard input is a gzip file, but broken"},
		{"-", "BZh91AY", "compressed"},
		{"-", "\xd4\xc3\xb2\xa1", "a capture, not a log"},
		{t.TempDir(), "", "is a directory"},
	} {
		_, err := Open(c.name, strings.NewReader(c.content))
		if _, ok := errors.AsType[*OpenError](err); !ok || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s %q: %v", c.name, c.content, err)
		}
	}
	if _, err := Open("-", nil); err == nil {
		t.Error("no standard input is read")
	}
	if r, err := Open("-", strings.NewReader("")); err != nil || r.Close() != nil {
		t.Errorf("an empty log: %v", err)
	}
}
