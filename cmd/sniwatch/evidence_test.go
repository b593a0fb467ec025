package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// A failure is what must be the same of a connection that is read from the
// evidence.
type failure struct {
	Client, SNI, Code, Certainty, Handshake, End, Stage string
}

// failures gives those of a report in NDJSON, in a fixed order.
func failures(t *testing.T, ndjson string) (all []failure) {
	t.Helper()
	for line := range strings.Lines(ndjson) {
		var c struct {
			Type   string
			Client struct {
				IP      string
				Port    int
				Network string
			}
			Hello     struct{ SNI string } `json:"client_hello"`
			Diagnosis struct{ Code, Certainty string }
			End       struct{ How, By, Stage string }
			Handshake string
		}
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		plain := c.Diagnosis.Code == "client-not-tls" && c.Client.Network != "other"
		if c.Type != "connection" || c.Handshake != "refused" && c.Handshake != "failed" && !plain {
			continue
		}
		all = append(all, failure{fmt.Sprintf("%s %d", c.Client.IP, c.Client.Port), c.Hello.SNI,
			c.Diagnosis.Code, c.Diagnosis.Certainty, c.Handshake, c.End.How + c.End.By, c.End.Stage})
	}
	slices.SortFunc(all, func(a, b failure) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return all
}

// evidenceOf gives what failed in a capture, and the evidence, as a run with the
// text for people writes it.
func evidenceOf(t *testing.T, args ...string) (failed []failure, evidence string) {
	t.Helper()
	out, _, _ := sniwatch(t, append([]string{"--no-discover", "--format", "ndjson"}, args...)...)
	failed = failures(t, out)
	return failed, evidenceIn(t, "text", args...)
}

// evidenceIn writes the evidence in a run that says what it has to say in format.
func evidenceIn(t *testing.T, format string, args ...string) string {
	t.Helper()
	evidence := filepath.Join(t.TempDir(), "evidence.pcapng")
	out, errs, _ := sniwatch(t, append([]string{"--no-discover", "--format", format, "--evidence", evidence}, args...)...)
	if _, err := os.Stat(evidence); err != nil && out != "" {
		t.Fatalf("no evidence: %v: %s", err, errs)
	}
	return evidence
}

// sameAgain reads the evidence and compares.
func sameAgain(t *testing.T, want []failure, evidence string, args ...string) {
	t.Helper()
	out, errs, status := sniwatch(t, append([]string{"-r", evidence, "--no-discover", "--format", "ndjson"}, args...)...)
	if len(want) > 0 && status != exitDone {
		t.Errorf("exit code %d: %s", status, errs)
	}
	if diff := gocmp.Diff(want, failures(t, out)); diff != "" {
		t.Errorf("other diagnoses of the evidence (-capture +evidence):\n%s", diff)
	}
}

// TestEvidenceSaysTheSame: sniwatch says of the evidence what it says of the
// capture, for every sample.
func TestEvidenceSaysTheSame(t *testing.T) {
	inSamples(t)
	for _, s := range readSamples(t) {
		t.Run(s.file, func(t *testing.T) {
			want, evidence := evidenceOf(t, append([]string{"-r", s.file}, s.args...)...)
			sameAgain(t, want, evidence, s.args...)
			sameAgain(t, want, evidenceIn(t, "ndjson", append([]string{"-r", s.file}, s.args...)...), s.args...)
		})
	}
}

// TestEvidenceOfOthers does the same for captures that others made.
func TestEvidenceOfOthers(t *testing.T) {
	names := captureFiles(t)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	failing := 0
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			out, _, _ := sniwatch(t, "-r", name, "--no-discover", "--format", "ndjson")
			want := failures(t, out)
			if len(want) == 0 {
				return
			}
			failing++
			sameAgain(t, want, evidenceIn(t, "ndjson", "-r", name))
		})
	}
	t.Logf("%d of %d captures have a failure", failing, len(names))
	if failing < 20 {
		t.Errorf("only %d of %d captures have a failure", failing, len(names))
	}
}

// captureFiles are all captures beside the project, or skips the test.
func captureFiles(t *testing.T) (names []string) {
	t.Helper()
	filepath.WalkDir(captures, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && strings.Contains(filepath.Ext(path), "cap") {
			names = append(names, path)
		}
		return nil
	})
	if len(names) < 100 {
		t.Skipf("SKIPPED: the captures of others are not here: %d found", len(names))
	}
	return names
}
