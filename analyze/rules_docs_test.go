package analyze

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestDocsNameEveryRule keeps docs/diagnoses.md in step with the rules: the same
// codes in the same order, with the same condition.
func TestDocsNameEveryRule(t *testing.T) {
	text, err := os.ReadFile("../docs/diagnoses.md")
	if err != nil {
		t.Fatal(err)
	}
	rows, report, found := strings.Cut(string(text), "## For the report as a whole")
	if !found {
		t.Fatal("the section about the whole report is gone")
	}
	line := regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| ([^|]*) \\|")
	var documented []string
	for _, m := range line.FindAllStringSubmatch(rows, -1) {
		documented = append(documented, m[1]+": "+m[2])
	}
	var known []string
	for _, r := range rules {
		known = append(known, string(r.Code)+": "+r.Needs)
	}
	for i := range max(len(documented), len(known)) {
		if i >= len(documented) || i >= len(known) || documented[i] != known[i] {
			t.Fatalf("row %d differs\ndocumented: %q\nrule:       %q", i, documented[min(i, len(documented)):], known[min(i, len(known)):])
		}
	}
	var forReport []Code
	for _, m := range line.FindAllStringSubmatch(report, -1) {
		forReport = append(forReport, Code(m[1]))
	}
	want := []Code{NoCloudFrontTraffic, ServerNotReloaded, CertificateChanged, ChainOutOfOrder, RootSent, ExpiresSoon, RangesOld, CaptureLostPackets, LogContradictsCapture, LogLevelHidesThis, WrongVirtualHost}
	if !slices.Equal(forReport, want) {
		t.Errorf("for the report: documented %v, known %v", forReport, want)
	}
}

// TestRulesAreSound checks what nobody sees by reading one rule alone.
func TestRulesAreSound(t *testing.T) {
	seen := map[Code]bool{}
	for _, r := range rules {
		if seen[r.Code] || r.Needs == "" || r.Fires == nil || r.Words == nil {
			t.Errorf("%s: twice, or not whole", r.Code)
		}
		seen[r.Code] = true
	}
	for _, r := range rules {
		for _, hidden := range r.Hides {
			if !seen[hidden] || hidden == r.Code {
				t.Errorf("%s hides %s", r.Code, hidden)
			}
		}
	}
}
