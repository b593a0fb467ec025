package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestOracle builds the program and lets two judges look at what it says of
// captures that others made: tshark's dissection of some 700 of them, and the
// record of 37 handshakes of AWS's TLS library. docs/oracle-differences.md
// explains what the first still finds.
func TestOracle(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: takes a while")
	}
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skipf("SKIPPED: the judges are written in Python: %v", err)
	}
	binary := filepath.Join(t.TempDir(), "sniwatch")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, judge := range []string{"oracle-check", "s2n-check"} {
		t.Run(judge, func(t *testing.T) {
			script := filepath.Join("..", "..", "..", "shared", "bin", judge)
			if _, err := os.Stat(script); errors.Is(err, fs.ErrNotExist) {
				t.Skipf("SKIPPED: the captures and their judge are not here: %v", err)
			}
			cmd := exec.CommandContext(t.Context(), "python3", script, "--sniwatch", binary)
			cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir())
			out, err := cmd.CombinedOutput()
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			if t.Log(lines[len(lines)-1]); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		})
	}
}
