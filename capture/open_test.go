package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func TestNoCapture(t *testing.T) {
	tar := make([]byte, 512)
	copy(tar[257:], "ustar")
	erf := make([]byte, 2*64)
	for _, at := range []int{0, 64} {
		erf[at+1], erf[at+8], erf[at+11] = 0x80, 2, 64
	}
	tests := []struct{ name, content, problem, hint string }{
		{"empty", "", "is no capture but an empty file", "tcpdump"},
		{"png", "\x89PNG\r\n\x1a\n", "is no capture but a picture", ""},
		{"unknown", "\x89\x00NG\x00\x01", "is no capture: it begins with 89 00 4e 47", ""},
		{"one byte", "\x00", "is no capture: it begins with 00", ""},
		{"zeros", strings.Repeat("\x00", 600), "is no capture: it begins with 00 00 00 00", ""},
		{"text", "hello\n", "is no capture but a text file", "sniwatch explain "},
		{"utf-8 cut in the middle", strings.Repeat("x", 510) + "日本", "is no capture but a text file", ""},
		{"utf-16", "\xff\xfeh\x00i\x00", "is no capture but a text file", ""},
		{"apache log", "[Tue Jan 16 03:41:10 2024] [ssl:info] …", "is no capture but a text file", ""},
		{"certificate", "subject=x\n-----BEGIN CERTIFICATE-----\nMII", "is no capture but a PEM certificate", "--cert F"},
		{"key", "-----BEGIN EC PRIVATE KEY-----\nsecret", "is no capture but a private key", "reads no keys"},
		{"key and certificate", "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n", "is no capture but a private key", ""},
		{"json", " {\"a\": 1}", "is no capture but JSON", ""},
		{"html", "<!DOCTYPE html>", "is no capture but HTML", ""},
		{"elf", "\x7fELF\x02\x01", "is no capture but an ELF program", ""},
		{"zip", "PK\x03\x04\x14\x00", "is no capture but a zip archive", "unzip -p F | sniwatch -r -"},
		{"tar", string(tar), "is no capture but a tar archive", "tar -xOf F "},
		{"snoop", "snoop\x00\x00\x00\x00\x00\x00\x02", "is a capture of Solaris snoop", "editcap -F pcapng F OUT"},
		{"netmon", "GMBU\x00\x02", "is a capture of Microsoft Network Monitor", "editcap -F pcapng F OUT"},
		{"iptrace", "iptrace 2.0\x00", "is a capture of AIX iptrace", "editcap -F pcapng F OUT"},
		{"erf", string(erf), "is a capture of an Endace card", "editcap -F pcapng F OUT"},
		{"xz", "\xfd7zXZ\x00", "is compressed with xz", "xz -dc F | sniwatch -r -"},
		{"bzip2", "BZh91AY&SY", "is compressed with bzip2", "bzip2 -dc F | sniwatch -r -"},
		{"lz4", "\x04\x22\x4d\x18\x64", "is compressed with lz4", "lz4 -dc F | sniwatch -r -"},
		{"header cut", "\xd4\xc3\xb2\xa1\x02\x00", "is cut off in its file header: a pcap header has 24 bytes, this has 6", ""},
		{"gzip of nothing", string(gzipped(nil)), "is no capture but an empty file", ""},
		{"gzip of text", string(gzipped([]byte("hello"))), "is no capture but a text file", ""},
		{"gzip of gzip", string(gzipped(gzipped(littleMicro().header()))), "is compressed twice", "unpack it once"},
		{"gzip cut", string(gzipped(littleMicro().header())[:12]), "is a compressed file that ends before", ""},
		{"gzip broken", "\x1f\x8b\x08", "is a gzip file, but broken", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := NewReader(strings.NewReader(tt.content), "F")
			var open *OpenError
			if !errors.As(err, &open) {
				t.Fatalf("error %v", err)
			}
			if !strings.HasPrefix(open.Error(), "F "+tt.problem) || strings.Contains(open.Error(), "secret") {
				t.Errorf("error %q, want %q", open, tt.problem)
			}
			if !strings.Contains(open.Hint(), tt.hint) || strings.Contains(open.Hint(), "%!") || strings.Contains(open.Hint(), "--log") {
				t.Errorf("hint %q, want %q", open.Hint(), tt.hint)
			}
		})
	}
}

func TestHintQuotesTheName(t *testing.T) {
	for name, want := range map[string]string{
		"a b.pcap.xz": "xz -dc 'a b.pcap.xz' | sniwatch -r -",
		"it's.xz":     `xz -dc 'it'\''s.xz' | sniwatch -r -`,
		"-rf.xz":      "xz -dc ./-rf.xz | sniwatch -r -",
		"-":           "xz -dc | sniwatch -r -",
	} {
		_, err := NewReader(strings.NewReader("\xfd7zXZ\x00"), name)
		var open *OpenError
		if !errors.As(err, &open) || open.Hint() != want {
			t.Errorf("%q: %v, hint %q, want %q", name, err, open.Hint(), want)
		}
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	l := littleMicro()
	file := cat(l.header(), l.packet(1, 2, []byte("data")))
	name := filepath.Join(dir, "a.pcap")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	packets, err := readAll(t, f)
	if err != nil || len(packets) != 1 {
		t.Errorf("%d packets, %v", len(packets), err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if err := f.Next(new(Packet)); err != io.EOF {
		t.Errorf("Next after the end and Close: %v", err)
	}

	f, err = Open("-", bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if packets, err := readAll(t, f); err != nil || len(packets) != 1 {
		t.Errorf("standard input: %d packets, %v", len(packets), err)
	}

	for name, want := range map[string]string{
		dir:                           dir + " is no capture but a directory",
		filepath.Join(dir, "missing"): filepath.Join(dir, "missing") + " cannot be opened: no such file or directory",
		"-":                           "standard input is not connected",
	} {
		_, err := Open(name, nil)
		var open *OpenError
		if !errors.As(err, &open) || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// No packets are no error.
func TestHeaderOnly(t *testing.T) {
	for name, file := range map[string][]byte{"pcap": littleMicro().header(), "pcapng": section(binary.LittleEndian)} {
		if packets, err := readBytes(t, file); err != nil || len(packets) != 0 {
			t.Errorf("%s: %d packets, %v", name, len(packets), err)
		}
	}
}

// A pipe that has given a file header is open, and gives each packet as soon
// as that is there; also where it is compressed.
func TestLivePipe(t *testing.T) {
	for name, pack := range map[string]func(io.Writer) flushWriter{
		"plain": func(w io.Writer) flushWriter { return unbuffered{w} },
		"gzip":  func(w io.Writer) flushWriter { return gzip.NewWriter(w) },
		"zstd": func(w io.Writer) flushWriter {
			z, err := zstd.NewWriter(w)
			if err != nil {
				t.Fatal(err)
			}
			return z
		},
	} {
		t.Run(name, func(t *testing.T) { readLive(t, pack) })
	}
}

type flushWriter interface {
	io.Writer
	Flush() error
}

type unbuffered struct{ io.Writer }

func (unbuffered) Flush() error { return nil }

func readLive(t *testing.T, pack func(io.Writer) flushWriter) {
	r, w := io.Pipe()
	defer w.Close()
	l := littleMicro()
	next := make(chan []byte)
	defer close(next)
	go func() {
		out := pack(w)
		for b := range next {
			out.Write(b)
			out.Flush()
		}
	}()
	next <- l.header()
	f, err := NewReader(r, "-")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var p Packet
	for _, data := range []string{"one", "two"} {
		next <- l.packet(1, 0, []byte(data))
		if err := f.Next(&p); err != nil || string(p.Data) != data {
			t.Fatalf("%q, %v", p.Data, err)
		}
	}
}

// A named pipe can be given like a file.
func TestNamedPipe(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pipe")
	if out, err := exec.Command("mkfifo", name).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: mkfifo: %v: %s", err, out)
	}
	l := littleMicro()
	written := make(chan error, 1)
	go func() { written <- os.WriteFile(name, cat(l.header(), l.packet(1, 0, []byte("one"))), 0o600) }()
	f, err := Open(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if packets, err := readAll(t, f); err != nil || len(packets) != 1 || f.win.file != nil {
		t.Errorf("%d packets, %v, mapped %v", len(packets), err, f.win.file != nil)
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
}

// Whatever is opened and however far it is read, Close leaves no goroutine
// behind and no file open.
func TestCloseLeavesNothing(t *testing.T) {
	plain, ng := manyWindows(2 << 20)
	before, open := runtime.NumGoroutine(), openFiles(t)
	for name, content := range map[string][]byte{
		"pcap": plain, "pcapng": ng, "gzip": gzipped(plain), "zstd": zstandard(ng),
		"text": []byte("text"), "gzip of text": gzipped([]byte("text")), "zstd cut": zstandard(ng)[:20], "empty": nil,
	} {
		file := onDisk(t, content)
		for packets := range 3 {
			f, err := Open(file, nil)
			if err != nil {
				continue
			}
			for range packets {
				if err := f.Next(new(Packet)); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			if err := f.Close(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if err := f.Next(new(Packet)); !errors.Is(err, fs.ErrClosed) {
				t.Errorf("%s: Next after Close: %v", name, err)
			}
			if err := f.Close(); err != nil {
				t.Errorf("%s: closed again: %v", name, err)
			}
		}
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
	if after := openFiles(t); after > open {
		t.Errorf("%d files open before, %d after", open, after)
	}
}

// openFiles counts what the process has open, 0 where the system does not say.
func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil && runtime.GOOS == "linux" {
		t.Fatal(err)
	}
	return len(entries)
}

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

func zstandard(b []byte, options ...zstd.EOption) []byte {
	w, err := zstd.NewWriter(nil, options...)
	if err != nil {
		panic(err)
	}
	return w.EncodeAll(b, nil)
}

func TestCompressed(t *testing.T) {
	l := littleMicro()
	first := cat(l.header(), l.packet(1, 0, []byte("one")))
	second := cat(l.packet(2, 0, bytes.Repeat([]byte("two"), 50000)), l.packet(3, 0, nil))
	for name, file := range map[string][]byte{
		"gzip":                gzipped(cat(first, second)),
		"gzip of two members": cat(gzipped(first), gzipped(second)),
		"zstd":                zstandard(cat(first, second)),
		"zstd of two frames":  cat(zstandard(first), zstandard(second)),
	} {
		packets, err := readBytes(t, file)
		if err != nil || len(packets) != 3 || packets[1].Length != 150000 {
			t.Errorf("%s: %d packets, %v", name, len(packets), err)
		}
		// Cut anywhere: what was unpacked is read, and the rest is said.
		for n := len(file) / 2; n < len(file); n++ {
			f, err := NewReader(bytes.NewReader(file[:n]), "test")
			if err != nil {
				continue // nothing could be unpacked
			}
			packets, err := readAll(t, f)
			var broken *Broken
			if err != nil && (!errors.As(err, &broken) || !broken.Unpacked || !broken.Cut) {
				t.Errorf("%s cut to %d: %d packets, %v", name, n, len(packets), err)
			}
			if err == nil && len(packets) == 3 && strings.HasPrefix(name, "gzip") {
				t.Errorf("%s cut to %d: the missing checksum was not said", name, n)
			}
		}
	}
}

// A zstd file cannot make us hold more than maxWindow.
func TestZstdWindow(t *testing.T) {
	l := littleMicro()
	file := l.header()
	for range 300 {
		file = append(file, l.packet(1, 0, make([]byte, 200<<10))...)
	}
	for _, single := range []bool{false, true} {
		packed := zstandard(file, zstd.WithWindowSize(4*maxWindow), zstd.WithSingleSegment(single))
		_, err := NewReader(bytes.NewReader(packed), "F")
		var open *OpenError
		if !errors.As(err, &open) || open.Hint() != "zstd -dc --long=31 F | sniwatch -r -" {
			t.Fatalf("single segment %v: error %v", single, err)
		}
	}
	packed := zstandard(file, zstd.WithWindowSize(maxWindow))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	packets, err := readBytes(t, packed)
	runtime.ReadMemStats(&after)
	if err != nil || len(packets) != 300 {
		t.Errorf("%d packets, %v", len(packets), err)
	}
	// readAll itself keeps a copy of the packets.
	if took := after.TotalAlloc - before.TotalAlloc; took > uint64(len(file))+2*maxWindow {
		t.Errorf("allocated %d bytes", took)
	}
}

// A failing disk is said with what the operating system says.
func TestReadError(t *testing.T) {
	l := littleMicro()
	bad := errors.New("input/output error")
	src := io.MultiReader(bytes.NewReader(cat(l.header(), l.packet(1, 0, []byte("one")))), &failing{bad})
	f, err := NewReader(src, "F")
	if err != nil {
		t.Fatal(err)
	}
	packets, err := readAll(t, f)
	if len(packets) != 1 || !errors.Is(err, bad) || !strings.Contains(err.Error(), "F is broken after packet 1, at byte 43: reading failed: input/output error") {
		t.Errorf("%d packets, %v", len(packets), err)
	}
	if _, err := NewReader(&failing{nil}, "F"); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("a reader that gives nothing: %v", err)
	}
}

// Reads that give nothing are borne, unless too many follow each other.
func TestHesitantReader(t *testing.T) {
	l := littleMicro()
	file := cat(l.header(), l.packet(1, 0, []byte("one")))
	f, err := NewReader(&hesitant{rest: file}, "F")
	if err != nil {
		t.Fatal(err)
	}
	if packets, err := readAll(t, f); err != nil || len(packets) != 1 {
		t.Errorf("%d packets, %v", len(packets), err)
	}
}

// A hesitant reader gives a byte at a time, and nothing in between.
type hesitant struct {
	rest  []byte
	calls int
}

func (h *hesitant) Read(p []byte) (int, error) {
	if h.calls++; h.calls%(emptyReads/2) != 0 {
		return 0, nil
	}
	if len(h.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:1], h.rest)
	h.rest = h.rest[n:]
	return n, nil
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }
