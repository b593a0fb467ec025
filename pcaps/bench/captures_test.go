package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMakeCaptureKeepsWhatIsStillRight(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	c, err := MakeCapture(dir, "handshake", 1<<20, 3)
	if err != nil || c.Bytes < 1<<20 || c.Connections < 100 || filepath.Base(c.Path) != "handshake-1M-3.pcap" {
		t.Fatalf("%+v, %v", c, err)
	}
	made, err := os.Stat(c.Path)
	if err != nil {
		t.Fatal(err)
	}
	again := func(kept bool, why string) {
		t.Helper()
		if _, err := MakeCapture(dir, "handshake", 1<<20, 3); err != nil {
			t.Fatal(err)
		}
		now, err := os.Stat(c.Path)
		if err != nil {
			t.Fatal(err)
		}
		if os.SameFile(made, now) != kept {
			t.Errorf("%s: kept is %v", why, !kept)
		}
		made = now
	}
	again(true, "the same")
	for _, path := range []string{c.Path, c.TruthPath()} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)/2]++
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		again(false, "a changed byte in "+path)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if _, err := MakeCapture(dir, "handshake", 1<<20, 3); err != nil {
			t.Fatal(err)
		}
		if made, err = os.Stat(c.Path); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMakeCaptureFails(t *testing.T) {
	if _, err := MakeCapture(t.TempDir(), "nonsense", 1, 1); err == nil {
		t.Error("a kind that does not exist was made")
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{"17": 17, "2K": 2048, "3M": 3 << 20, "8G": 8 << 30, "64M": 64 << 20} {
		var got int64
		if err := sizeInto(&got)(text); err != nil || got != want || sizeText(got) != text {
			t.Errorf("%s: %d, %v, text %s", text, got, err, sizeText(got))
		}
	}
	for _, text := range []string{"", "M", "1KM", "-1", "0", "x", "99999999999G"} {
		var got int64
		if err := sizeInto(&got)(text); err == nil {
			t.Errorf("%q: %d, want an error", text, got)
		}
	}
}
