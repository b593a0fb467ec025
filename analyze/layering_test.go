package analyze

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport is the structure of the project: for each package, what it may
// import of the project and of others. The standard library is free, but for
// the exceptions in laws. docs/ARCHITECTURE.md explains it.
var mayImport = map[string][]string{
	"cmd/sniwatch":            {"sniwatch/analyze", "sniwatch/analyze/edge", "sniwatch/analyze/origin", "sniwatch/analyze/origin/config", "sniwatch/analyze/origin/logs", "sniwatch/analyze/report", "sniwatch/capture", "sniwatch/capture/live", "github.com/spf13/pflag", "golang.org/x/term", "sniwatch/analyze/report/evidence", "sniwatch/analyze/report/redact", "github.com/landlock-lsm/go-landlock/landlock", "golang.org/x/sys/unix", "kernel.org/pub/linux/libs/security/libcap/psx", "github.com/coreos/go-systemd/v22/daemon"},
	"capture":                 {"github.com/klauspost/compress", "golang.org/x/sys/unix"},
	"capture/live":            {"sniwatch/capture", "github.com/google/gopacket", "golang.org/x/net/bpf"},
	"analyze":                 {"sniwatch/capture", "sniwatch/analyze/edge", "sniwatch/analyze/origin", "sniwatch/analyze/origin/config", "sniwatch/analyze/origin/logs", "sniwatch/analyze/join", "sniwatch/analyze/tcp", "sniwatch/analyze/tlswire"},
	"analyze/join":            {"sniwatch/analyze/origin/logs"},
	"analyze/tcp":             {"sniwatch/capture"},
	"analyze/tlswire":         {"golang.org/x/crypto/cryptobyte"},
	"analyze/edge":            {"github.com/gaissmai/bart"},
	"analyze/origin":          {"sniwatch/analyze/origin/config", "sniwatch/analyze/origin/config", "golang.org/x/crypto/x509roots/fallback/bundle", "golang.org/x/crypto/cryptobyte"},
	"analyze/origin/logs":     {"github.com/klauspost/compress"},
	"analyze/report":          {"sniwatch/analyze", "sniwatch/analyze/edge", "sniwatch/analyze/origin", "sniwatch/analyze/origin/logs", "sniwatch/analyze/tlswire", "sniwatch/capture", "github.com/olekukonko/tablewriter", "github.com/mattn/go-runewidth", "golang.org/x/net/idna", "golang.org/x/sys/unix"},
	"pcaps/bench":             {"sniwatch/pcaps/gen/bench"},
	"analyze/origin/config":   {},
	"pcaps/lab":               {"sniwatch/pcaps/netns", "sniwatch/pcaps/gen/bench", "sniwatch/pcaps/gen/keys", "sniwatch/pcaps/gen/tlsbytes", "golang.org/x/sys/unix"},
	"pcaps/netns":             {"golang.org/x/sys/unix"},
	"pcaps/netns/netnstest":   {"sniwatch/pcaps/netns"},
	"analyze/report/redact":   {"sniwatch/analyze", "sniwatch/analyze/edge", "sniwatch/analyze/origin", "sniwatch/analyze/tlswire", "sniwatch/capture", "golang.org/x/crypto/cryptobyte", "sniwatch/analyze/origin/config"},
	"analyze/report/evidence": {"sniwatch/analyze", "sniwatch/analyze/edge", "sniwatch/analyze/report", "sniwatch/analyze/tcp", "sniwatch/analyze/tlswire", "sniwatch/capture"},
}

// A source is one file of the project that is no test.
type source struct {
	folder, path string
	file         *ast.File
}

// sources reads the project's files in this process: the answer of a go list
// would come from the test cache after a violation.
func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	fset := token.NewFileSet()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != "..":
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel("..", path)
		out = append(out, source{filepath.ToSlash(filepath.Dir(rel)), rel, f})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 40 {
		t.Fatalf("only %d files were found: the laws are not tested", len(out))
	}
	return out
}

func imports(f *ast.File) []string {
	var out []string
	for _, spec := range f.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		out = append(out, path)
	}
	return out
}

func isStandard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && first != "sniwatch"
}

func TestImportsGoOneWay(t *testing.T) {
	for _, s := range sources(t) {
		allowed, known := mayImport[s.folder]
		inGenerator := s.folder == "pcaps/gen" || strings.HasPrefix(s.folder, "pcaps/gen/")
		if !known && !inGenerator {
			t.Errorf("%s: this folder is not part of the structure", s.path)
			continue
		}
		for _, path := range imports(s.file) {
			switch {
			case inGenerator && strings.HasPrefix(path, "sniwatch/") && !strings.HasPrefix(path, "sniwatch/pcaps/"):
				t.Errorf("%s imports %s: the generator shares no code with what it tests", s.path, path)
			case inGenerator || isStandard(path):
			case !slices.ContainsFunc(allowed, func(a string) bool {
				return path == a || !strings.HasPrefix(a, "sniwatch/") && strings.HasPrefix(path, a+"/")
			}):
				t.Errorf("%s imports %s, which package %s may not", s.path, path, s.folder)
			}
		}
	}
}

// Laws of the code that a reader cannot see at a glance.
func TestLaws(t *testing.T) {
	for _, s := range sources(t) {
		below := strings.HasPrefix(s.folder, "analyze") || s.folder == "capture"
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := sel.X.(*ast.Ident)
			if !ok {
				return true
			}
			switch call := pkg.Name + "." + sel.Sel.Name; {
			case call == "time.Now" && below:
				t.Errorf("%s asks for the time: the packets' time is the only clock there", s.path)
			case (call == "os.Exit" || strings.HasPrefix(call, "log.Fatal")) && s.path != filepath.FromSlash("cmd/sniwatch/main.go") && !strings.HasPrefix(s.folder, "pcaps"):
				t.Errorf("%s ends the process: only main does", s.path)
			}
			return true
		})
		if slices.Contains(imports(s.file), "C") && s.folder != "capture/live" {
			t.Errorf("%s uses cgo", s.path)
		}
	}
}

func TestEveryPackageHasADocComment(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range sources(t) {
		documented[s.folder] = documented[s.folder] || s.file.Doc != nil
	}
	for folder, ok := range documented {
		if !ok {
			t.Errorf("package %s has no doc comment", folder)
		}
	}
}
