package capture

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

var samplePackets = []got{
	{Packet{1, 1700000000123456789, LinkEthernet, 3, nil}, "one"},
	{Packet{2, 1700000000123456790, LinkSLL2, 1500, nil}, "two and more"},
	{Packet{3, 0, LinkEthernet, 0, nil}, ""},
	{Packet{4, 1 << 62, 300, 5, nil}, "three"},
}

func write(t testing.TB, to Sink, packets []got, comment string) {
	t.Helper()
	for _, g := range packets {
		p := g.Packet
		p.Data = []byte(g.data)
		if err := to.Write(&p, comment); err != nil {
			t.Fatal(err)
		}
	}
	if err := to.Flush(); err != nil {
		t.Fatal(err)
	}
}

func TestWriter(t *testing.T) {
	for _, comment := range []string{"", "refused", strings.Repeat("長", 40000), "bad \xff"} {
		var file bytes.Buffer
		w, err := NewWriter(&file, WriterOptions{Hardware: "x86", OS: "Linux", Application: "sniwatch", Interface: "eth0", SnapLen: 65535})
		if err != nil {
			t.Fatal(err)
		}
		write(t, w, samplePackets, comment)
		packets, err := readBytes(t, file.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		diff(t, packets, samplePackets)
		if comment == "refused" && bytes.Count(file.Bytes(), []byte(comment)) != len(samplePackets) {
			t.Error("comments are missing")
		}
	}
}

// What is too long for an option is cut between two characters.
func TestShorten(t *testing.T) {
	for _, before := range []string{"", "a", "ab", "abc"} {
		text := before + strings.Repeat("長", maxOption)
		short := shorten(text)
		if !utf8.ValidString(short) || len(short) > maxOption || len(short) <= maxOption-3 || !strings.HasPrefix(text, short) {
			t.Errorf("%q before: %d bytes, valid %v", before, len(short), utf8.ValidString(short))
		}
	}
}

// Wireshark reads what Writer writes, comments, names and all.
func TestWriterAgainstTshark(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("SKIPPED: tshark is not installed, the pcapng writer is checked against our own reader only")
	}
	name := filepath.Join(t.TempDir(), "out.pcapng")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w, err := NewWriter(file, WriterOptions{Application: "sniwatch", Interface: "eth0"})
	if err != nil {
		t.Fatal(err)
	}
	write(t, w, samplePackets[:3], "CloudFront refused it")
	out, err := exec.Command(tshark, "-n", "-r", name, "-T", "fields", "-e", "frame.number", "-e", "frame.time_epoch",
		"-e", "frame.cap_len", "-e", "frame.len", "-e", "frame.interface_name", "-e", "frame.comment").Output()
	if err != nil {
		t.Fatal(err)
	}
	diff(t, string(out), "1\t1700000000.123456789\t3\t3\teth0\tCloudFront refused it\n"+
		"2\t1700000000.123456790\t12\t1500\teth0\tCloudFront refused it\n"+
		"3\t0.000000000\t0\t0\teth0\tCloudFront refused it\n")
}

func TestPcapWriter(t *testing.T) {
	var file bytes.Buffer
	want := []got{samplePackets[0], samplePackets[2]}
	want[1].Number = 2
	write(t, NewPcapWriter(&file, WriterOptions{}), want, "not kept")
	packets, err := readBytes(t, file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	diff(t, packets, want)

	w := NewPcapWriter(io.Discard, WriterOptions{})
	if err := w.Write(&Packet{Link: LinkEthernet}, ""); err != nil {
		t.Fatal(err)
	}
	var mixed *MixedLinks
	if err := w.Write(&Packet{Link: LinkSLL2}, ""); !errors.As(err, &mixed) || !strings.Contains(mixed.Hint(), ".pcapng") {
		t.Errorf("mixed link types: %v", err)
	}

	file.Reset()
	write(t, NewPcapWriter(&file, WriterOptions{}), nil, "")
	if packets, err := readBytes(t, file.Bytes()); err != nil || len(packets) != 0 {
		t.Errorf("no packets: %d, %v", len(packets), err)
	}
}

// A full disk is an error, not silence.
func TestWriterError(t *testing.T) {
	w, err := NewWriter(fullDisk{}, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p := Packet{Link: LinkEthernet, Data: make([]byte, 2*blockSize)}
	if w.Write(&p, "") == nil && w.Flush() == nil {
		t.Error("no error")
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }
