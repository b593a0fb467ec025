package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// shown is how many differences are printed.
const shown = 10

// Differences are what sniwatch says otherwise than the truth.
type Differences struct {
	Total       int      // each wrong field of a connection is one, and each connection that lacks or is too many
	First       []string // at most shown of them
	Connections int      // that sniwatch told of
}

func (d *Differences) add(n int, format string, args ...any) {
	d.Total += n
	if len(d.First) < shown {
		d.First = append(d.First, fmt.Sprintf(format, args...))
	}
}

// Text says how many differences there are, and the first.
func (d *Differences) Text(c Capture, p Program) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s against the truth of %s: %s connections, differences: %s\n", p.Name, c.Path, grouped(int64(d.Connections)), grouped(int64(d.Total)))
	for _, line := range d.First {
		b.WriteString("  " + line + "\n")
	}
	return b.String()
}

// compareWith runs sniwatch once more, with its facts about every connection, and
// compares them with the truth while they come.
func compareWith(p Program, c Capture) (d Differences, err error) {
	file, err := os.Open(c.TruthPath())
	if err != nil {
		return d, err
	}
	defer file.Close()
	truth, err := ReadTruth(file)
	if err != nil {
		return d, fmt.Errorf("%s: %w", c.TruthPath(), err)
	}
	cmd := exec.Command(p.path, append(p.arguments(c.Path, ""), "--format", "ndjson")...)
	said := &tail{}
	cmd.Stderr = said
	answers, err := cmd.StdoutPipe()
	if err != nil {
		return d, err
	}
	if err := cmd.Start(); err != nil {
		return d, err
	}
	d, err = Compare(truth, answers)
	if err != nil {
		cmd.Process.Kill()
	}
	if failed := cmd.Wait(); failed != nil && err == nil {
		err = fmt.Errorf("%w: %s", failed, said.lastLine())
	}
	if err != nil {
		err = fmt.Errorf("%s on %s: %w", p.Name, c.Path, err)
	}
	return d, err
}

// An unlisted diagnosis is one of connections that have no line in the truth.
type unlisted struct {
	count   int
	example Key
}

// Compare compares sniwatch's NDJSON with the truth, whose connections it marks
// as seen.
func Compare(t *Truth, ndjson io.Reader) (Differences, error) {
	var d Differences
	others := map[string]*unlisted{}
	ended := false
	err := decode(ndjson, func(a *answer) {
		if a.report {
			ended = true
			if a.connections != t.Connections() {
				d.add(1, "the report counts %d connections, the truth has %d", a.connections, t.Connections())
			}
			return
		}
		d.Connections++
		t.compare(a, &d, others)
	})
	if err == nil && !ended {
		err = errors.New("the NDJSON ends without a report")
	}
	t.missing(&d)
	t.compareCounts(&d, others)
	return d, err
}

// compare compares one connection.
func (t *Truth) compare(a *answer, d *Differences, others map[string]*unlisted) {
	key, got := a.key, a.facts
	at, ok := t.listed[key]
	if !ok {
		if others[got.Diagnosis] == nil {
			others[got.Diagnosis] = &unlisted{example: key}
		}
		others[got.Diagnosis].count++
		return
	}
	if at.seen {
		d.add(1, "%s: told twice", key)
		return
	}
	at.seen = true
	t.listed[key] = at
	want := t.facts[at.facts]
	if oneOf(want.Diagnosis, got.Diagnosis) {
		want.Diagnosis = got.Diagnosis
	}
	if got == want {
		return
	}
	for _, field := range []struct{ name, got, want string }{
		{"SNI", got.SNI, want.SNI},
		{"alerts in clear", got.Alerts, want.Alerts},
		{"how it ended", got.EndHow, want.EndHow},
		{"who ended it", got.EndBy, want.EndBy},
		{"diagnosis", got.Diagnosis, want.Diagnosis},
		{"handshake", got.Handshake, want.Handshake},
	} {
		if field.got != field.want {
			d.add(1, "%s: %s: %s, in truth %s", key, field.name, field.got, field.want)
		}
	}
}

// oneOf tells whether a diagnosis is among those that are right.
func oneOf(right, diagnosis string) bool {
	return right == diagnosis || strings.Contains(right, "|") && slices.Contains(strings.Split(right, "|"), diagnosis)
}

// missing counts the listed connections that sniwatch did not tell of.
func (t *Truth) missing(d *Differences) {
	var keys []Key
	for key, at := range t.listed {
		if !at.seen {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b Key) int { return a.Client.Compare(b.Client) })
	for _, key := range keys {
		d.add(1, "%s: missing, in truth %s", key, t.facts[t.listed[key].facts].Diagnosis)
	}
}

// compareCounts compares the numbers of connections that are not listed.
func (t *Truth) compareCounts(d *Differences, others map[string]*unlisted) {
	for _, right := range slices.Sorted(maps.Keys(t.Counted)) {
		got := 0
		for _, diagnosis := range strings.Split(right, "|") {
			if o := others[diagnosis]; o != nil {
				got += o.count
				delete(others, diagnosis)
			}
		}
		if want := t.Counted[right]; got != want {
			d.add(max(got-want, want-got), "%s: %d connections, in truth %d", right, got, want)
		}
	}
	for _, diagnosis := range slices.Sorted(maps.Keys(others)) {
		o := others[diagnosis]
		d.add(o.count, "%s: %d connections that are not in the truth, such as %s", diagnosis, o.count, o.example)
	}
}
