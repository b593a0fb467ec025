//go:build linux

package main

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestLab plays every scenario: what sniwatch says live, what it says of
// tcpdump's file, the server's log and the truth must agree.
func TestLab(t *testing.T) {
	l := testLab(t)
	l.playAll(scenarios, func(r result) {
		t.Run(r.scenario.name, func(t *testing.T) {
			if r.skipped != "" {
				t.Skipf("NOT TESTED: %s", r.skipped)
			}
			if !r.agrees() {
				var out bytes.Buffer
				l.printWhole(&out, r)
				t.Error(out.String())
			}
		})
	})
}

// playedCodes gives every code that a scenario claims of a connection.
func playedCodes() map[string]bool {
	codes := map[string]bool{}
	for _, s := range scenarios {
		for _, c := range s.calls {
			codes[c.want.code] = true
		}
		for _, code := range s.report {
			codes[code] = true
		}
	}
	// Those of scenarios that play for themselves.
	for _, code := range []string{"server-silent", "syn-unanswered", "open", "incomplete-capture", "ok-resumed"} {
		codes[code] = true
	}
	return codes
}

// TestEveryDiagnosisIsPlayed compares the scenarios with docs/diagnoses.md, in
// both directions.
func TestEveryDiagnosisIsPlayed(t *testing.T) {
	page, err := os.ReadFile("../../docs/diagnoses.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for line := range strings.Lines(string(page)) {
		if code, ok := strings.CutPrefix(line, "| `"); ok {
			code, _, _ = strings.Cut(code, "`")
			documented[code] = true
		}
	}
	if len(documented) < 30 {
		t.Fatalf("only %d codes were found in docs/diagnoses.md", len(documented))
	}
	// These are held by the samples in pcaps and by other tests: the list's age is not
	// the lab's to change, a lab that loses packets proves nothing, and the last three
	// need the server's configuration and log, which the lab does not give.
	elsewhere := []string{"ranges-old", "capture-lost-packets", "log-contradicts-capture", "log-level-hides-this", "wrong-virtual-host"}
	all := playedCodes()
	for code := range documented {
		if !all[code] && !slices.Contains(elsewhere, code) {
			t.Errorf("no scenario plays %s", code)
		}
	}
	for code := range all {
		if !documented[code] {
			t.Errorf("a scenario plays %s, which docs/diagnoses.md does not have", code)
		}
	}
}

// TestScenariosAreComplete: a scenario without a name, a sentence or something to
// play would agree with everything.
func TestScenariosAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range scenarios {
		if s.name == "" || s.about == "" || s.server == nil || s.chain == "" || len(s.calls) == 0 && s.play == nil {
			t.Errorf("scenario %q is not complete", s.name)
		}
		if seen[s.name] || len(s.name) >= nameWidth {
			t.Errorf("the name %s is taken, or too long for the table", s.name)
		}
		seen[s.name] = true
		if !slices.ContainsFunc(leaves, func(l leaf) bool { return l.name == s.chain }) {
			t.Errorf("%s: there is no certificate %q", s.name, s.chain)
		}
		for _, c := range s.calls {
			if !slices.Contains([]string{"complete", "refused", "failed", "none"}, c.want.handshake) {
				t.Errorf("%s: a truth without an outcome: %+v", s.name, c.want)
			}
		}
	}
}

func TestChosen(t *testing.T) {
	for _, tt := range []struct {
		words []string
		want  int // 0: an error
	}{
		{[]string{"row6"}, 1}, {[]string{"row?"}, 8}, {[]string{"row6", "burst"}, 2}, {[]string{"row6", "row6"}, 1}, {nil, len(scenarios)},
		{[]string{"row9"}, 0}, {[]string{"row6", "row9"}, 0}, {[]string{"["}, 0},
	} {
		got, err := chosen(tt.words)
		if len(got) != tt.want || (err != nil) != (tt.want == 0) {
			t.Errorf("%q: %d scenarios, %v; want %d", tt.words, len(got), err, tt.want)
		}
	}
}

func TestRunUsage(t *testing.T) {
	for _, tt := range []struct {
		arguments []string
		code      int
		out, err  string
	}{
		{[]string{"row9"}, 2, "", `no scenario "row9"`},
		{[]string{"-parallel", "0"}, 2, "", "-parallel 0"},
		{[]string{"-nonsense"}, 2, "", "-nonsense"},
		{[]string{"-help"}, 0, "", "-save folder"},
		{[]string{"-list", "row6"}, 0, "row 6: viewers use www.example.com", ""},
	} {
		var out, said bytes.Buffer
		if code := run(tt.arguments, &out, &said); code != tt.code {
			t.Errorf("%q: exit code %d, want %d", tt.arguments, code, tt.code)
		}
		if !strings.Contains(out.String(), tt.out) || !strings.Contains(said.String(), tt.err) {
			t.Errorf("%q:\n%s\n%s", tt.arguments, out.String(), said.String())
		}
	}
}
