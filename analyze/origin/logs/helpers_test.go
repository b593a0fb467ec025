package logs

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// now is later than the logs of the tests.
var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// readAll gives the entries of a log.
func readAll(t testing.TB, r io.Reader, o Options) ([]Entry, Counts) {
	t.Helper()
	reader := NewReader("error.log", r, o)
	var out []Entry
	for {
		var e Entry
		if err := reader.Next(&e); err == io.EOF {
			return out, reader.Counts()
		} else if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
}

// short writes what matters of an entry in one line.
func short(e *Entry) string {
	parts := []string{fmt.Sprint(e.Line), string(e.Program), string(e.Class)}
	if !e.Time.IsZero() {
		parts = append(parts, e.Time.UTC().Format("15:04:05.999999"))
	}
	if e.Client.IsValid() {
		parts = append(parts, e.Client.String())
	}
	if e.Server.IsValid() {
		parts = append(parts, "server="+e.Server.String())
	}
	if e.Listener != "" {
		parts = append(parts, "listener="+e.Listener)
	}
	if e.Connection != 0 {
		parts = append(parts, fmt.Sprintf("*%d", e.Connection))
	}
	if e.Process != "" {
		parts = append(parts, "process="+e.Process)
	}
	if e.HasServerName {
		parts = append(parts, fmt.Sprintf("name=%q", e.ServerName))
	}
	if e.AlertFrom != NoAlert {
		parts = append(parts, fmt.Sprintf("alert=%d/%d", e.Alert, e.AlertFrom))
	}
	if e.ErrorCode != "" {
		parts = append(parts, "("+e.ErrorCode+")")
	}
	return strings.Join(parts, " ")
}

// shorts writes a log's entries, a line each.
func shorts(t testing.TB, log string, o Options) string {
	t.Helper()
	entries, _ := readAll(t, strings.NewReader(log), o)
	var out []string
	for i := range entries {
		out = append(out, short(&entries[i]))
	}
	return strings.Join(out, "\n")
}

// sampleLogs are real logs of servers, where they are on this machine.
func sampleLogs(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob("../../../../shared/captures/s2n/*.log")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

func readFile(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
