package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLogsOfS2N joins the logs of nginx, Apache, HAProxy and Go with the captures
// that were made beside them, which nobody of this project made: every failure has
// the line of its own kind, and no healthy connection has one.
func TestLogsOfS2N(t *testing.T) {
	folder := filepath.Join("..", "..", "..", "shared", "captures", "s2n")
	captures, _ := filepath.Glob(filepath.Join(folder, "*.pcap"))
	if len(captures) == 0 {
		t.Skip("NOT TESTED: the captures of s2n-tls are not beside the project")
	}
	args := []string{"--roots", filepath.Join(folder, "root.pem"), "--log-timezone", "UTC", "--no-discover", "--format", "ndjson"}
	for _, c := range captures {
		args = append(args, "-r", c)
	}
	for _, log := range []string{"nginx-1.22-error.log", "apache-2.4-error.log", "haproxy-2.6.log", "go-http-server.log"} {
		args = append(args, "--log", filepath.Join(folder, log))
	}
	want := map[string]string{}
	text, err := os.ReadFile(filepath.Join("testdata", "s2n-lines.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if name, rest, _ := strings.Cut(strings.TrimSpace(line), " "); name != "#" {
			want[name] = rest
		}
	}
	out, _ := runForTest(t, args...)
	for _, o := range objects(t, out) {
		if o["type"] != "connection" {
			continue
		}
		name, _, _ := strings.Cut(filepath.Base(o["file"].(string)), "-")
		var got []string
		lines, _ := o["log"].([]any)
		for _, l := range lines {
			l := l.(map[string]any)
			program, _, _ := strings.Cut(filepath.Base(l["file"].(string)), "-")
			got = append(got, program+" "+l["class"].(string)+" "+l["certainty"].(string))
			if l["contradicts"] != nil {
				t.Errorf("%s: %v", name, l["contradicts"])
			}
		}
		if strings.Join(got, ", ") != want[name] {
			t.Errorf("%s: %q, want %q", name, got, want[name])
		}
		delete(want, name)
	}
	for name := range want {
		t.Errorf("%s was not read", name)
	}
}
