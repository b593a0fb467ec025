package main

import (
	"bytes"
	"compress/gzip"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const folder = ".." // the committed samples

func generated(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Deflate may change between versions of Go: of a .gz the bytes inside count.
func inside(t *testing.T, name string, b []byte) []byte {
	t.Helper()
	if !strings.HasSuffix(name, ".gz") {
		return b
	}
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return plain
}

func TestCommittedFilesAreTheGeneratedOnes(t *testing.T) {
	files := generated(t)
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Errorf("%v: run go run ./pcaps/gen -o pcaps", err)
			continue
		}
		if !bytes.Equal(inside(t, name, got), inside(t, name, want)) {
			t.Errorf("%s is not what the generator makes: run go run ./pcaps/gen -o pcaps", name)
		}
	}
	for _, pattern := range []string{"*.pcap*", "certs/*"} {
		there, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range there {
			name, err := filepath.Rel(folder, path)
			if err != nil {
				t.Fatal(err)
			}
			if filepath.Ext(name) == ".txt" {
				continue // the report beside a capture
			}
			if files[filepath.ToSlash(name)] == nil {
				t.Errorf("%s is not made by the generator", name)
			}
		}
	}
}

func TestTheSamplesStaySmall(t *testing.T) {
	total := 0
	for _, b := range generated(t) {
		total += len(b)
	}
	if total > 3<<19 {
		t.Errorf("%d bytes of samples, want at most 1.5 MiB", total)
	}
}

// diagnoses are those that need no server configuration and no log,
// reportCodes what is said of a report as a whole.
var diagnoses = strings.Fields(`certificate-expired certificate-not-yet-valid certificate-self-signed certificate-untrusted-issuer
	intermediate-missing intermediate-expired name-not-covered certificate-unusable certificate-rejected
	sni-refused no-shared-cipher no-shared-group no-shared-version no-shared-alpn client-certificate-required not-tls
	port-closed syn-unanswered synack-unanswered server-silent server-flight-lost server-closed client-left-early client-silent client-not-tls
	ok ok-resumed completed-abandoned open incomplete-capture`)

var reportCodes = strings.Fields(`no-cloudfront-traffic server-not-reloaded certificate-changed chain-out-of-order root-sent expires-soon capture-lost-packets`)

func TestEachDiagnosisFiresOnceAndStaysAwayOnce(t *testing.T) {
	fires, away := map[string]bool{}, map[string]bool{}
	for _, s := range samples() {
		for _, code := range append(append([]string(nil), s.want...), s.warn...) {
			for _, either := range strings.Split(code, "|") {
				fires[either] = true
			}
		}
		for _, code := range strings.Split(list(s.never), ",") {
			away[code] = true
			if slices.Contains(s.want, code) || slices.Contains(reportCodes, code) && slices.Contains(s.warn, code) {
				t.Errorf("%s must and must not give %s", s.file, code)
			}
		}
	}
	for _, code := range append(diagnoses, reportCodes...) {
		if !fires[code] {
			t.Errorf("no sample gives %s", code)
		}
		if !away[code] {
			t.Errorf("no sample is the counterpart of %s", code)
		}
	}
}

func TestManifestLinesHaveSixFields(t *testing.T) {
	for _, line := range strings.Split(strings.TrimSpace(string(manifest(samples()))), "\n") {
		if !strings.HasPrefix(line, "#") && strings.Count(line, "\t") != 5 {
			t.Errorf("not six fields: %q", line)
		}
	}
	if got := folded([]string{"a", "b", "b", "b", "a"}); got != "a,3*b,a" {
		t.Errorf("folded: %q", got)
	}
}

func TestArgumentsNameFilesThatExist(t *testing.T) {
	files := generated(t)
	for _, s := range samples() {
		for _, word := range strings.Fields(s.args) {
			if strings.HasPrefix(word, "certs/") && files[word] == nil {
				t.Errorf("%s: there is no %s", s.file, word)
			}
		}
	}
}

// The generator and the parsers must not share a mistake.
func TestNothingOfTheParsersIsImported(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range file.Imports {
			seen++
			if name := strings.Trim(i.Path.Value, `"`); strings.HasPrefix(name, "sniwatch/") && !strings.HasPrefix(name, "sniwatch/pcaps/gen/") {
				t.Errorf("%s imports %s", path, name)
			}
		}
		return nil
	})
	if err != nil || seen == 0 {
		t.Fatalf("%d imports read: %v", seen, err)
	}
}
