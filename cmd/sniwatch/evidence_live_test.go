//go:build cgo && linux

package main

import (
	"cmp"
	"crypto/tls"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestEvidenceLive watches a real nginx, whose certificate the edge refuses
// twice, gives up root meanwhile, and reads the evidence.
func TestEvidenceLive(t *testing.T) {
	origin, edge := wiredNamespaces(t)
	folder, reports := leftRunning(t)
	writeCertificates(t, folder)
	startNginx(t, origin, folder)
	t.Setenv("SUDO_USER", "")
	known := []string{"--cert", filepath.Join(folder, "fullchain.pem"), "--roots", filepath.Join(folder, "roots.pem"), "--origin-domain", "origin.example.com"}
	evidence := filepath.Join(reports, "evidence.pcapng")
	ticket := filepath.Join(reports, "ticket.zip")
	w := startSniwatch(t, origin, append([]string{"-i", "wire", "--evidence", evidence, "--report", ticket}, known...)...)
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
	checkOwned(t, evidence)
	checkOwned(t, ticket)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	out, _, _ := sniwatch(t, append([]string{"-r", evidence, "--no-discover", "--format", "ndjson"}, known...)...)
	again := failures(t, out) // in the order of the ports, which are the system's
	slices.SortFunc(again, func(a, b failure) int { return cmp.Compare(b.Certainty, a.Certainty) })
	if len(again) != 2 || again[0].Code != "name-not-covered" || again[1].Code != "name-not-covered" ||
		again[0].Certainty != "proven" || again[1].Certainty != "likely" { // TLS 1.2 shows its certificate, TLS 1.3 does not
		t.Errorf("%+v", again)
	}
	about := outputOf(t, "capinfos", evidence)
	for _, want := range []string{"Name = wire", "Time resolution = 0x09"} {
		if !strings.Contains(about, want) {
			t.Errorf("no %q:\n%s", want, about)
		}
	}
}

// TestRedactLive gives up root, and can still write the key and what belongs to it.
func TestRedactLive(t *testing.T) {
	origin, edge := wiredNamespaces(t)
	folder, reports := leftRunning(t)
	writeCertificates(t, folder)
	startNginx(t, origin, folder)
	t.Setenv("SUDO_USER", "")
	written := func(name string) string { return filepath.Join(reports, name) }
	w := startSniwatch(t, origin, "-i", "wire", "--roots", filepath.Join(folder, "roots.pem"), "--no-discover",
		"--evidence", written("e.pcapng"), "--report", written("r.json"), "--redact", "--redact-key", written("key"))
	refuseOnce(t, edge, tls.VersionTLS12)
	w.stdout.wait(t, "name-not-covered")
	w.signal(t, syscall.SIGINT)
	if code := w.exitCode(t); code != 0 {
		t.Errorf("exit code %d\n%s", code, w.stderr.rest())
	}
	for _, name := range []string{"e.pcapng", "e.roots.pem", "r.json", "key"} {
		checkOwned(t, written(name))
	}
	if text, err := os.ReadFile(written("r.json")); err != nil || strings.Contains(string(text), "example.com") {
		t.Errorf("%v: %s", err, text)
	}
}
