package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// articleArgs analyse the sample of the article.
var articleArgs = []string{"-r", "article.pcap", "--cert", "certs/www.pem", "--roots", "certs/root.pem", "--origin-domain", "origin.example.com"}

// output runs a program of Wireshark's, or skips the test.
func outputOf(t *testing.T, program string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("NOT TESTED: %s is not installed", program)
	}
	var errs bytes.Buffer
	c := exec.Command(path, args...)
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s %s: %v: %s", program, strings.Join(args, " "), err, errs.String())
	}
	return string(out)
}

// TestEvidenceAgainstWireshark: tshark and capinfos accept the evidence, and show
// the comments.
func TestEvidenceAgainstWireshark(t *testing.T) {
	inSamples(t)
	for _, args := range [][]string{
		articleArgs,
		{"-r", "file-mixed-links.pcapng", "-r", "many.pcap", "-r", "file-two-sections.pcapng", "-r", "file-simple-packets.pcapng"},
		{"-r", "link-vxlan.pcap"}, {"-r", "link-sll2-ipv6.pcap"}, {"-r", "syn-unanswered.pcap"},
	} {
		failed, evidence := evidenceOf(t, args...)
		comments := outputOf(t, "tshark", "-r", evidence, "-Y", `frame.comment contains "sniwatch: ["`, "-T", "fields", "-e", "frame.comment")
		if n := strings.Count(comments, "sniwatch: ["); n != len(failed) || n == 0 {
			t.Errorf("%v: %d comments that tell a diagnosis, want %d:\n%s", args, n, len(failed), comments)
		}
		for _, f := range failed {
			if want := fmt.Sprintf("[%s] ", f.Certainty); !strings.Contains(comments, want) || !strings.Contains(comments, "("+f.Code+")") {
				t.Errorf("%v: nothing about %v", args, f)
			}
		}
		about := outputOf(t, "capinfos", evidence)
		for _, want := range []string{"Capture application: sniwatch", "Evidence of sniwatch", "Made by sniwatch"} {
			if !strings.Contains(about, want) {
				t.Errorf("%v: capinfos does not show %q:\n%s", args, want, about)
			}
		}
	}
}

// TestEvidenceHasNoSecrets: the keys in a capture do not go along.
func TestEvidenceHasNoSecrets(t *testing.T) {
	inSamples(t)
	capture, err := os.ReadFile("file-pcapng.pcapng")
	if err != nil {
		t.Fatal(err)
	}
	const secrets = "CLIENT_RANDOM 00 0000"
	body := binary.LittleEndian.AppendUint32(nil, 0x544c534b) // TLSK
	body = binary.LittleEndian.AppendUint32(body, uint32(len(secrets)))
	body = append(append(body, secrets...), make([]byte, (4-len(secrets)%4)%4)...)
	block := binary.LittleEndian.AppendUint32(nil, 0xa)
	block = binary.LittleEndian.AppendUint32(block, uint32(len(body)+12))
	block = binary.LittleEndian.AppendUint32(append(block, body...), uint32(len(body)+12))
	head := binary.LittleEndian.Uint32(capture[4:])
	name := filepath.Join(t.TempDir(), "with-keys.pcapng")
	if err := os.WriteFile(name, bytes.Join([][]byte{capture[:head], block, capture[head:]}, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	failed, evidence := evidenceOf(t, "-r", name)
	text, err := os.ReadFile(evidence)
	if err != nil || len(failed) != 1 || bytes.Contains(text, []byte("CLIENT_RANDOM")) {
		t.Errorf("%v, %v: the keys are in the evidence, or nothing is", err, failed)
	}
}

// TestEvidenceWithoutFailure is a capture without packets that says why.
func TestEvidenceWithoutFailure(t *testing.T) {
	inSamples(t)
	evidence := filepath.Join(t.TempDir(), "e.pcapng")
	_, errs, status := sniwatch(t, "-r", "ok-tls12.pcap", "--evidence", evidence)
	if status != exitDone || !strings.Contains(errs, "has no packets: no connection failed") {
		t.Errorf("exit code %d: %s", status, errs)
	}
	if about := outputOf(t, "capinfos", "-c", "-k", evidence); !strings.Contains(about, "no connection failed") {
		t.Errorf("capinfos: %s", about)
	}
	if out := outputOf(t, "tshark", "-r", evidence); out != "" {
		t.Errorf("packets: %s", out)
	}
}

// TestEvidenceOverwrites nothing that it was not told to.
func TestEvidenceOverwrites(t *testing.T) {
	inSamples(t)
	folder := t.TempDir()
	name := filepath.Join(folder, "e.pcapng")
	for _, tt := range []struct {
		before  string
		args    []string
		status  int
		written bool
	}{
		{"", nil, exitDone, true},
		{"mine", nil, exitUsage, false},
		{"mine", []string{"--force"}, exitDone, true},
		{"mine", []string{"--force", "-r", name}, exitUsage, false},
		{"mine", []string{"--force", "-w", name}, exitUsage, false},
	} {
		if tt.before != "" {
			if err := os.WriteFile(name, []byte(tt.before), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, errs, status := sniwatch(t, append(append(articleArgs, "--evidence", name), tt.args...)...)
		text, _ := os.ReadFile(name)
		if status != tt.status || tt.written != (len(text) > 10000) {
			t.Errorf("%q %v: exit code %d, %d bytes: %s", tt.before, tt.args, status, len(text), errs)
		}
	}
	if _, errs, status := sniwatch(t, append(articleArgs, "--evidence", folder, "--force")...); status != exitUsage {
		t.Errorf("a folder: exit code %d: %s", status, errs)
	}
	if _, errs, status := sniwatch(t, append(articleArgs, "--evidence", filepath.Join(folder, "none", "e.pcapng"))...); status != exitError {
		t.Errorf("no such folder: exit code %d: %s", status, errs)
	}
	only(t, folder, "e.pcapng")
}

// only fails if a folder holds anything else.
func only(t *testing.T, folder string, names ...string) {
	t.Helper()
	there, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, f := range there {
		found = append(found, f.Name())
	}
	if fmt.Sprint(found) != fmt.Sprint(names) {
		t.Errorf("the folder holds %v, want %v", found, names)
	}
}

// TestEvidenceKilled: whatever ends the program, there is no half file.
func TestEvidenceKilled(t *testing.T) {
	inSamples(t)
	folder := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	capture, err := os.ReadFile("article.pcap")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, filepath.Join(linked(t, self), "sniwatch"), "-r", "-", "--evidence", filepath.Join(folder, "e.pcapng"))
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(in, bytes.NewReader(capture)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond) // it waits for more
	c.Process.Kill()
	c.Wait()
	only(t, folder)
}

// linked gives a folder in which the test program has the name by which it is
// sniwatch.
func linked(t *testing.T, self string) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.Symlink(self, filepath.Join(folder, "sniwatch")); err != nil {
		t.Fatal(err)
	}
	return folder
}

// TestEvidenceOfHostileCaptures: broken and hostile captures give evidence that
// can be read, or an error.
func TestEvidenceOfHostileCaptures(t *testing.T) {
	names := malformed(t)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	evidence := filepath.Join(t.TempDir(), "e.pcapng")
	const most = 300
	for i := 0; i < len(names); i += 1 + len(names)/most {
		name := names[i]
		os.Remove(evidence)
		survive(t, name, "ndjson", "-r", filepath.Join(captures, "corpus", name), "--evidence", evidence)
		if _, err := os.Stat(evidence); err == nil {
			survive(t, name+": evidence", "text", "-r", evidence)
		}
	}
}
