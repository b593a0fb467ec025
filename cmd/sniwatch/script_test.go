package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"

	"sniwatch/capture/live"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sniwatch": main})
}

// TestScripts runs the program as a user does, by the scripts in
// testdata/script. In them, $PCAPS is the folder of the samples, $TESTDATA that of
// the other test data.
func TestScripts(t *testing.T) {
	pcaps, err := filepath.Abs(filepath.Join("..", "..", "pcaps"))
	if err != nil {
		t.Fatal(err)
	}
	testdata, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("PCAPS", pcaps)
			env.Setenv("TESTDATA", testdata)
			env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, "cache"))
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name == "live" {
				return live.Available, nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"json": scriptJSON, "printable": scriptPrintable, "glob": scriptGlob},
	})
}

// scriptJSON is the command "json FILE PATH=VALUE…": FILE holds nothing but JSON
// objects, and for each PATH one of them has the VALUE there. "! json" demands
// that none has. A path is "diagnosis.code"; in a list, any element will do.
func scriptJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 1 {
		ts.Fatalf("usage: json FILE PATH=VALUE…")
	}
	var objects []map[string]any
	for d := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0]))); ; {
		var o map[string]any
		if err := d.Decode(&o); err == io.EOF {
			break
		} else if err != nil {
			ts.Fatalf("%s is no JSON: %v", args[0], err)
		}
		objects = append(objects, o)
	}
	if len(objects) == 0 {
		ts.Fatalf("%s is empty", args[0])
	}
	for _, arg := range args[1:] {
		path, want, _ := strings.Cut(arg, "=")
		found := false
		for _, o := range objects {
			found = found || holds(o, strings.Split(path, "."), want)
		}
		if found == neg {
			ts.Fatalf("%s: is %s = %q? %t", args[0], path, want, found)
		}
	}
}

// holds tells whether value has want at path.
func holds(value any, path []string, want string) bool {
	switch v := value.(type) {
	case []any:
		for _, element := range v {
			if holds(element, path, want) {
				return true
			}
		}
		return false
	case map[string]any:
		return len(path) > 0 && holds(v[path[0]], path[1:], want)
	default:
		return len(path) == 0 && fmt.Sprint(v) == want
	}
}

// scriptPrintable is the command "printable FILE [WIDTH]": no byte of it can
// steer a terminal, and no line has more columns.
func scriptPrintable(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: printable FILE [WIDTH]")
	}
	width := 0
	if len(args) > 1 {
		width, _ = strconv.Atoi(args[1])
	}
	for i, line := range strings.Split(ts.ReadFile(args[0]), "\n") {
		if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' }) {
			ts.Fatalf("line %d of %s can steer a terminal: %q", i+1, args[0], line)
		}
		if n := utf8.RuneCountInString(line); width > 0 && n > width {
			ts.Fatalf("line %d of %s has %d columns: %s", i+1, args[0], n, line)
		}
	}
}

// TestHelpHasEveryFlag holds the help against the flags, at 80 columns.
func TestHelpHasEveryFlag(t *testing.T) {
	o := &options{}
	o.define()
	help := helpText(o.groups)
	for _, g := range o.groups {
		if !g.flags.HasFlags() {
			t.Errorf("no flags under %q", g.title)
		}
	}
	for _, name := range []string{"interface", "read", "cert", "origin-domain", "format", "help"} {
		if o.flags.Lookup(name) == nil || !strings.Contains(help, "--"+name) {
			t.Errorf("--%s is lacking", name)
		}
	}
	for line := range strings.Lines(help) {
		if len(line) > 81 {
			t.Errorf("%d columns: %s", len(line)-1, line)
		}
		if strings.Contains(line, "`") {
			t.Errorf("a quote is left over: %s", line)
		}
	}
}

// TestConnectionsAreInOrderOfTime: they come as they end, and are listed as
// they began.
func TestConnectionsAreInOrderOfTime(t *testing.T) {
	inSamples(t)
	out, _, _ := sniwatch(t, "-r", "many.pcap", "-r", "ok-tls12.pcap", "--all")
	times := regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d `).FindAllString(out, -1)
	if len(times) < 10 {
		t.Fatalf("%d connections are listed", len(times))
	}
	if !slices.IsSorted(times) {
		t.Errorf("not in order: %v", times)
	}
}

// TestReadmeShowsWhatHappens holds the example in the README against the
// program.
func TestReadmeShowsWhatHappens(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Chdir(filepath.Join("..", ".."))
	out, _, status := sniwatch(t, "-r", "pcaps/article.pcap", "--cert", "pcaps/certs/www.pem",
		"--roots", "pcaps/certs/root.pem", "--origin-domain", "origin.example.com")
	if status != exitDone {
		t.Fatalf("exit code %d", status)
	}
	told, _, _ := strings.Cut(out, "Connections that failed")
	for line := range strings.Lines(told) {
		if line = strings.TrimSpace(line); !strings.Contains(string(readme), line) {
			t.Errorf("the README does not show %q", line)
		}
	}
}

// scriptGlob is the command "glob PATTERN": a file in the work folder matches,
// or with "!" none does.
func scriptGlob(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: glob PATTERN")
	}
	found, err := filepath.Glob(ts.MkAbs(args[0]))
	if err != nil {
		ts.Fatalf("%v", err)
	}
	if (len(found) > 0) == neg {
		ts.Fatalf("%s: %q", args[0], found)
	}
}
