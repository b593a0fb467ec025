package report

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// left lists what is in a folder, hidden files included.
func left(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func content(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestFileAppearsWhole(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a.html")
	f, err := CreateFile(name, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("whole")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(name); err == nil {
		t.Error("it is there before it is whole")
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	f.Abort()
	if got := content(t, name); got != "whole" {
		t.Errorf("%q", got)
	}
	if names := left(t, dir); len(names) != 1 {
		t.Errorf("left: %q", names)
	}
	if info, _ := os.Stat(name); info.Mode().Perm()&0o600 != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}

func TestFileAborted(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a.html")
	if err := os.WriteFile(name, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := CreateFile(name, true)
	if err != nil {
		t.Fatal(err)
	}
	f.Write([]byte("half"))
	f.Abort()
	if names := left(t, dir); len(names) != 1 || content(t, name) != "old" {
		t.Errorf("left: %q", names)
	}
}

func TestFileRefusals(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(dir, "there.md")
	if err := os.WriteFile(there, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := CreateFile(there, false); !errors.Is(err, ErrExists) {
		t.Errorf("a file that exists: %v", err)
	}
	for _, name := range []string{filepath.Join(dir, "no", "a.md"), dir, filepath.Join(there, "a.md"), "/dev/null", "/proc/a.md"} {
		if f, err := CreateFile(name, true); err == nil {
			f.Abort()
			t.Errorf("%s: no error", name)
		}
	}
	if names := left(t, dir); len(names) != 1 {
		t.Errorf("left: %q", names)
	}
}

// TestFileDoesNotReplaceLatecomer: what came under the name meanwhile stays,
// unless it may be overwritten.
func TestFileDoesNotReplaceLatecomer(t *testing.T) {
	for _, force := range []bool{false, true} {
		dir := t.TempDir()
		name := filepath.Join(dir, "a.md")
		f, err := CreateFile(name, force)
		if err != nil {
			t.Fatal(err)
		}
		f.Write([]byte("ours"))
		if err := os.WriteFile(name, []byte("theirs"), 0o644); err != nil {
			t.Fatal(err)
		}
		err = f.Commit()
		want := "theirs"
		if force {
			want = "ours"
		}
		if got := content(t, name); got != want || errors.Is(err, ErrExists) == force {
			t.Errorf("force %v: %q, %v", force, got, err)
		}
		if names := left(t, dir); len(names) != 1 {
			t.Errorf("force %v: left: %q", force, names)
		}
	}
}

func TestFormatOf(t *testing.T) {
	for name, want := range map[string]Format{"a.html": HTML, "A.HTML": HTML, "x/y.md": Markdown, "a.json": JSONFile, "a.ndjson": NDJSON,
		"a.txt": Text, "a.csv": CSVFile, "a.zip": Bundle, "a": "", "a.pdf": "", ".html/a": ""} {
		got, ok := FormatOf(name)
		if got != want || ok != (want != "") {
			t.Errorf("%s: %q, %v", name, got, ok)
		}
	}
	for _, f := range Formats {
		if got, ok := ParseFormat(string(f)); !ok || got != f {
			t.Errorf("%s is not known", f)
		}
	}
	if _, ok := ParseFormat("zip"); ok {
		t.Error("a bundle cannot be written to standard output")
	}
}
