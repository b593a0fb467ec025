package logs

import (
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

// allLines reads what lines gives, each with whether it was whole or cut.
func allLines(t *testing.T, r io.Reader) []string {
	t.Helper()
	l := newLines(r)
	var out []string
	for {
		line, whole, err := l.next()
		if err == io.EOF {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		s := string(line)
		if !whole {
			s += "<torn>"
		}
		if l.cut {
			s += "<cut>"
		}
		out = append(out, s)
	}
}

func TestLines(t *testing.T) {
	long := strings.Repeat("x", maxLine)
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"empty", "", nil},
		{"two", "a\nb\n", []string{"a", "b"}},
		{"torn", "a\nb", []string{"a", "b<torn>"}},
		{"only 0x0A ends a line", "a\r\u0085\u2028\x0b\x0cb\n", []string{"a\r\u0085\u2028\x0b\x0cb"}},
		{"longest", long + "\nb\n", []string{long, "b"}},
		{"too long by one", long + "y\nb\n", []string{long + "<cut>", "b"}},
		{"far too long", strings.Repeat(long, 9) + "\nb\n", []string{long + "<cut>", "b"}},
		{"far too long and torn", strings.Repeat(long, 9), []string{long + "<cut>"}},
		{"a hole before a line", "a\n" + strings.Repeat("\x00", readSize*2) + "b\n", []string{"a", "b"}},
		{"NULs in a line", "a\x00b\n", []string{"a\x00b"}},
	} {
		for kind, r := range map[string]io.Reader{"": strings.NewReader(c.in), "half": iotest.HalfReader(strings.NewReader(c.in)),
			"error with data": iotest.DataErrReader(strings.NewReader(c.in))} {
			got := allLines(t, r)
			if strings.Join(got, "|") != strings.Join(c.want, "|") {
				t.Errorf("%s %s: %d lines, want %d: %.200q", c.name, kind, len(got), len(c.want), got)
			}
		}
	}
}

func TestLinesEndWithTheReadersError(t *testing.T) {
	broken := errors.New("broken")
	r := NewReader("x", io.MultiReader(strings.NewReader(nginxHead+"handshake rejected while SSL handshaking"+nginxTail+"\n"), iotest.ErrReader(broken)), Options{})
	var e Entry
	if err := r.Next(&e); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.Next(&e); err != broken {
			t.Errorf("the error is %v", err)
		}
	}
	if _, _, err := newLines(emptyReader{}).next(); err != io.ErrNoProgress {
		t.Errorf("a reader that gives nothing: %v", err)
	}
}

type emptyReader struct{}

func (emptyReader) Read([]byte) (int, error) { return 0, nil }

// A chopper gives random parts of what it reads.
type chopper struct {
	r   io.Reader
	rng *rand.Rand
}

func (c *chopper) Read(b []byte) (int, error) {
	most := 1 + c.rng.IntN(200)
	return c.r.Read(b[:min(len(b), most)])
}

// checkInvariants reads a log in two divisions and holds the entries against
// what must be so for any bytes.
func checkInvariants(t *testing.T, log string) {
	t.Helper()
	o := Options{Now: now}
	whole, counts := readAll(t, strings.NewReader(log), o)
	parts, partCounts := readAll(t, &chopper{strings.NewReader(log), rand.New(rand.NewPCG(1, uint64(len(log))))}, o)
	if len(whole) != len(parts) || counts != partCounts {
		t.Fatalf("%d entries, in parts %d; %+v and %+v", len(whole), len(parts), counts, partCounts)
	}
	for i, e := range whole {
		switch {
		case e != parts[i]:
			t.Fatalf("entry %d is %+v, in parts %+v", i, e, parts[i])
		case e.Line < 1 || int64(e.Line) > counts.Lines, len(e.Text) > MaxText, len(e.ErrorCode) > 200, len(e.ServerName) > maxName:
			t.Fatalf("entry %d is out of bounds: %+v", i, e)
		case MeaningOf(e.Class).Class == "", e.Program == Unknown:
			t.Fatalf("entry %d has no class or program: %+v", i, e)
		case e.Alert < -1 || e.Alert > 255 || (e.Alert >= 0) != (e.AlertFrom != NoAlert):
			t.Fatalf("entry %d has the alert %d from %d", i, e.Alert, e.AlertFrom)
		case e.Time.IsZero() != (e.Resolution == 0):
			t.Fatalf("entry %d has the time %v to %v", i, e.Time, e.Resolution)
		case strings.Contains(e.Text, "\n"):
			t.Fatalf("entry %d has more than a line: %q", i, e.Text)
		}
	}
	if counts.Entries != int64(len(whole)) || counts.Bytes != int64(len(log)) {
		t.Fatalf("%d entries, %d bytes, counts %+v", len(whole), len(log), counts)
	}
}

// Any bytes, in any division into reads, give the same entries: real logs, cut,
// shuffled and spoiled.
func TestAnyDivisionGivesTheSame(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 9))
	var text string
	for _, seed := range fuzzSeeds {
		text += seed
	}
	for _, name := range sampleLogs(t) {
		text += readFile(t, name)
	}
	for range 60 {
		b := []byte(text)
		from := rng.IntN(len(b) / 2)
		b = b[from : from+rng.IntN(len(b)-from)]
		for range rng.IntN(200) {
			if len(b) > 0 {
				b[rng.IntN(len(b))] = byte(rng.IntN(256))
			}
		}
		checkInvariants(t, string(b))
	}
}
