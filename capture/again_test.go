package capture

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file opened again ends where the first did, though it grows meanwhile.
func TestAgain(t *testing.T) {
	name := filepath.Join(t.TempDir(), "growing.pcap")
	l := littleMicro()
	data := cat(l.header(), l.packet(1, 0, []byte("one")), l.packet(2, 0, []byte("two")))
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Size() == 0 {
		t.Skip("SKIPPED: this system does not map files")
	}
	again, err := f.Again()
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if err := os.WriteFile(name, cat(data, l.packet(3, 0, []byte("three"))), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []*File{again, f} {
		var p Packet
		said := ""
		for err = file.Next(&p); err == nil; err = file.Next(&p) {
			said += string(p.Data) + " "
		}
		if said != "one two " || err != io.EOF {
			t.Errorf("%s%v", said, err)
		}
	}
	if _, err := f.Again(); err == nil {
		t.Error("opened again after the end")
	}
	if r, err := NewReader(strings.NewReader(string(data)), "a pipe"); err != nil {
		t.Error(err)
	} else if _, err := r.Again(); err == nil || r.Size() != 0 {
		t.Error("a pipe was opened again")
	}
}
