//go:build cgo && linux

package main

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestEvidenceLive watches a real nginx, whose certificate the edge refuses
// twice, and reads the evidence.
func TestEvidenceLive(t *testing.T) {
	origin, edge := wiredNamespaces(t)
	folder := t.TempDir()
	writeCertificates(t, folder)
	startNginx(t, origin, folder)
	known := []string{"--cert", filepath.Join(folder, "fullchain.pem"), "--roots", filepath.Join(folder, "roots.pem"), "--origin-domain", "origin.example.com"}
	evidence := filepath.Join(folder, "evidence.pcapng")
	w := startSniwatch(t, origin, append([]string{"-i", "wire", "-Z", "root", "--evidence", evidence}, known...)...)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		err := edge.Do(func() error {
			_, err := refuse(version)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		w.stdout.wait(t, "name-not-covered")
	}
	if _, err := os.Stat(evidence); err == nil {
		t.Error("the evidence is there before it is whole")
	}
	w.signal(t, syscall.SIGINT)
	if code := w.exitCode(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if told := w.stderr.rest(); !strings.Contains(told, "of 2 failed connections") {
		t.Errorf("it is not said: %s", told)
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	out, _, _ := sniwatch(t, append([]string{"-r", evidence, "--no-discover", "--format", "ndjson"}, known...)...)
	again := failures(t, out)
	if len(again) != 2 || again[0].Code != "name-not-covered" || again[0].Certainty != "proven" || again[1].Code != "name-not-covered" || again[1].Certainty != "likely" && again[1].Certainty != "proven" {
		t.Errorf("%+v", again)
	}
	about := outputOf(t, "capinfos", evidence)
	for _, want := range []string{"Name = wire", "Time resolution = 0x09"} {
		if !strings.Contains(about, want) {
			t.Errorf("no %q:\n%s", want, about)
		}
	}
}
