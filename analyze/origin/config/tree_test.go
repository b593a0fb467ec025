package config

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree makes a system of files, given by absolute path. A text that begins with
// "-> " makes a symbolic link.
func tree(t testing.TB, files map[string]string) System {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if target, ok := strings.CutPrefix(text, "-> "); ok {
			err = os.Symlink(target, file)
		} else {
			err = os.WriteFile(file, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return System{Root: root}
}

func address(text string) netip.AddrPort { return netip.MustParseAddrPort(text) }

// noNotes fails for each note.
func noNotes(t *testing.T, c *Configuration) {
	t.Helper()
	for _, n := range c.Notes {
		t.Errorf("note: %s: %s", n.At, n.Says)
	}
}

// hasNote fails unless a note has that text.
func hasNote(t *testing.T, c *Configuration, part string) {
	t.Helper()
	for _, n := range c.Notes {
		if strings.Contains(n.Says, part) {
			return
		}
	}
	t.Errorf("none of %d notes says %q: %+v", len(c.Notes), part, c.Notes[:min(5, len(c.Notes))])
}

// chosen gives the certificates of a Choice as one text.
func chosen(c *Configuration, sni, server string) string {
	choice, ok := c.Choose(sni, address(server))
	switch {
	case !ok:
		return "nothing"
	case choice.Refuses:
		return "refused"
	case !choice.TLS:
		return "plain"
	}
	return strings.Join(choice.Certificates, " ")
}
