package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the reports of the samples anew")

// A sample is one line of pcaps/samples.txt, which says what must be found.
type sample struct {
	file, shows     string
	args            []string
	diagnoses       []string // one for each connection, "a|b" for either
	warnings, never []string
}

// inSamples makes pcaps the current folder and hides the user's own files, so
// that a report is the same everywhere.
func inSamples(t *testing.T) {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Chdir(filepath.Join("..", "..", "pcaps"))
}

func readSamples(t *testing.T) []sample {
	t.Helper()
	f, err := os.Open("samples.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []sample
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if line := lines.Text(); line != "" && line[0] != '#' {
			out = append(out, parseSample(t, line))
		}
	}
	return out
}

func parseSample(t *testing.T, line string) sample {
	t.Helper()
	fields := strings.Split(line, "\t")
	if len(fields) != 6 {
		t.Fatalf("samples.txt: %d fields, want 6: %s", len(fields), line)
	}
	s := sample{file: fields[0], args: strings.Fields(fields[1]), shows: fields[5],
		warnings: codes(fields[3]), never: codes(fields[4])}
	for _, code := range codes(fields[2]) {
		times, what, many := strings.Cut(code, "*")
		n := 1
		if many {
			n, _ = strconv.Atoi(times)
		} else {
			what = code
		}
		s.diagnoses = append(s.diagnoses, slices.Repeat([]string{what}, n)...)
	}
	return s
}

func codes(field string) []string {
	if field == "-" {
		return nil
	}
	return strings.Split(field, ",")
}

// sniwatch runs the program in this process, at a fixed date.
func sniwatch(t *testing.T, args ...string) (out, errs string, status int) {
	t.Helper()
	var o, e bytes.Buffer
	version = "test"
	date := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	status = run(t.Context(), args, streams{in: strings.NewReader(""), out: &o, err: &e, now: func() time.Time { return date }})
	return o.String(), e.String(), status
}

// said is what of the JSON the samples are about.
type said struct {
	Type      string
	Start     time.Time
	Packets   struct{ First int }
	Diagnosis struct {
		Code       string
		Certainty  string
		Evidence   []struct{ Packet int }
		Also       []string
		ArticleRow int `json:"article_row"`
	}
	Handshake          string
	Findings, Warnings []struct{ Code string }
}

func sayings(t *testing.T, ndjson string) (connections []said, report said) {
	t.Helper()
	for line := range strings.Lines(ndjson) {
		var s said
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if s.Type == "report" {
			report = s
		} else {
			connections = append(connections, s)
		}
	}
	slices.SortStableFunc(connections, func(a, b said) int {
		if c := a.Start.Compare(b.Start); c != 0 {
			return c
		}
		return a.Packets.First - b.Packets.First
	})
	return connections, report
}

// TestSamples holds what sniwatch says of each sample against what the
// generator, which shares no code with it, says that the sample shows.
func TestSamples(t *testing.T) {
	inSamples(t)
	for _, s := range readSamples(t) {
		t.Run(s.file, func(t *testing.T) {
			out, errs, status := sniwatch(t, append([]string{"-r", s.file, "--no-discover", "--format", "ndjson"}, s.args...)...)
			if status != exitDone && (status != exitError || errs == "") {
				t.Fatalf("exit code %d: %s", status, errs)
			}
			connections, report := sayings(t, out)
			s.compare(t, connections, report)
		})
	}
}

func (s sample) compare(t *testing.T, connections []said, report said) {
	t.Helper()
	var got []string
	for _, c := range connections {
		got = append(got, c.Diagnosis.Code)
		if c.Diagnosis.Code != "" && len(c.Diagnosis.Evidence) == 0 {
			t.Errorf("%s without evidence", c.Diagnosis.Code)
		}
	}
	same := slices.EqualFunc(s.diagnoses, got, func(want, got string) bool {
		return slices.Contains(strings.Split(want, "|"), got)
	})
	if !same {
		t.Errorf("diagnoses %v, want %v (%s)", got, s.diagnoses, s.shows)
	}
	for _, f := range report.Findings {
		got = append(got, f.Code)
	}
	var warnings []string
	for _, w := range report.Warnings {
		warnings = append(warnings, w.Code)
	}
	for _, w := range s.warnings {
		if !slices.Contains(warnings, w) && !slices.Contains(got, w) {
			t.Errorf("the report lacks %s; it has %v and %v", w, got, warnings)
		}
	}
	for _, n := range s.never {
		// A fault of the certificate that nobody was refused for is a warning.
		fault := strings.HasPrefix(n, "certificate-") || strings.HasPrefix(n, "intermediate-")
		if slices.Contains(got, n) || slices.Contains(warnings, n) && !fault {
			t.Errorf("%s is in the report, and must not be (%s)", n, s.shows)
		}
	}
}

// TestSamplesText holds the words for each sample against the report beside it.
func TestSamplesText(t *testing.T) {
	inSamples(t)
	for _, s := range readSamples(t) {
		t.Run(s.file, func(t *testing.T) {
			out, errs, status := sniwatch(t, append([]string{"-r", s.file, "--no-discover"}, s.args...)...)
			got := fmt.Sprintf("$ sniwatch -r %s %s\n", s.file, strings.Join(s.args, " "))
			for line := range strings.Lines(errs) {
				got += "! " + line
			}
			if status != exitDone {
				got += fmt.Sprintf("! exit code %d\n", status)
			}
			got += "\n" + out
			name := strings.TrimSuffix(s.file, ".pcap") + ".txt"
			golden(t, name, got)
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the words have changed; if they are right, 'make golden' writes them (-want +got):\n%s", diff)
	}
}
