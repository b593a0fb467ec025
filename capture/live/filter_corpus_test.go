//go:build cgo

package live

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"sniwatch/capture"
)

// TestFilterAgreesWithTcpdump counts what an expression lets through of
// captures that nobody of this project made, and lets tcpdump do the same.
func TestFilterAgreesWithTcpdump(t *testing.T) {
	const corpus = "../../../shared/captures/corpus"
	if _, err := os.Stat(corpus); err != nil {
		t.Skipf("NOT TESTED: the captures of %s are not here", corpus)
	}
	if _, err := exec.LookPath("tcpdump"); err != nil {
		t.Skip("NOT TESTED: tcpdump is not installed")
	}
	expressions := []string{"tcp port 443", portFilter(nil, false), PortFilter(nil),
		"greater 200 and not icmp", "ip6 or vlan", "tcp[tcpflags] & (tcp-syn|tcp-rst) != 0"}
	files, compared := 0, 0
	err := filepath.WalkDir(corpus, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasPrefix(filepath.Ext(path), ".pcap") {
			return err
		}
		if files++; files%40 != 0 {
			return nil
		}
		total, ok := tcpdumpCount(path, "")
		if !ok || total == 0 || ourCount(t, path, "") != total {
			return nil // broken or of mixed link types: not a matter of filters
		}
		for _, expression := range expressions {
			want, ok := tcpdumpCount(path, expression)
			got := ourCount(t, path, expression)
			if !ok {
				want = -1
			}
			if got != want {
				t.Errorf("%s: %q lets %d packets through, tcpdump %d", path, expression, got, want)
			}
			compared++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d counts compared", compared)
	if compared < 200 {
		t.Errorf("only %d counts were compared", compared)
	}
}

// tcpdumpCount is false where tcpdump does not read the file to its end, or
// does not take the expression.
func tcpdumpCount(path, expression string) (int, bool) {
	var out bytes.Buffer
	command := exec.Command("tcpdump", "-r", path, "--count", expression)
	command.Stdout = &out
	if command.Run() != nil {
		return 0, false
	}
	count, _, _ := strings.Cut(out.String(), " ")
	n, err := strconv.Atoi(count)
	return n, err == nil
}

// ourCount is -1 where the expression is refused for the file's link type.
func ourCount(t *testing.T, path, expression string) int {
	file, err := capture.Open(path, nil)
	if err != nil {
		return 0
	}
	defer file.Close()
	filters := map[capture.LinkType]*Filter{}
	count := 0
	for {
		var p capture.Packet
		if err := file.Next(&p); err != nil {
			if !errors.Is(err, io.EOF) {
				t.Logf("%s: %v", path, err)
			}
			return count
		}
		if filters[p.Link] == nil {
			if filters[p.Link], err = CompileFilter(p.Link, expression); err != nil {
				return -1
			}
		}
		if filters[p.Link].Match(&p) {
			count++
		}
	}
}
