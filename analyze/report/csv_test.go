package report

import (
	"bytes"
	"encoding/csv"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"sniwatch/analyze"
)

func writeCSV(t testing.TB, list []*analyze.Connection) string {
	t.Helper()
	var b bytes.Buffer
	c := NewCSV(&b)
	for _, one := range list {
		if err := c.Connection(one); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(&analyze.Report{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCSVGolden(t *testing.T) {
	_, o := mixed()
	golden(t, "mixed.csv", writeCSV(t, o.Connections))
}

// TestCSVHostile reads it back with another's reader: as many fields as titles in
// each line, and none that a spreadsheet would calculate.
func TestCSVHostile(t *testing.T) {
	var list []*analyze.Connection
	for i := range attacks {
		r, _ := besieged(i)
		list = append(list, r.Findings[0].Example)
	}
	text := writeCSV(t, list)
	if strings.Count(text, "\r\n") != len(list)+1 || strings.Count(text, "\n") != len(list)+1 || strings.Count(text, "\r") != len(list)+1 {
		t.Error("the lines do not end in CR LF alone")
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		if len(row) != strings.Count(csvTitles, ",")+1 {
			t.Errorf("line %d has %d fields", i, len(row))
		}
		for _, field := range row {
			first, _ := utf8.DecodeRuneInString(strings.TrimLeft(field, " \u3000"))
			if strings.ContainsRune("=+-@＝＋－＠\t\r\n", first) && field != "" {
				t.Errorf("line %d: a formula: %.40q", i, field)
			}
			if strings.ContainsAny(field, "\x1b\x00\n\r\t\u202e") {
				t.Errorf("line %d is not clean: %.40q", i, field)
			}
		}
	}
}

func TestDefused(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a=1": "a=1", "=1": "'=1", "+1": "'+1", "-1": "'-1", "@x": "'@x", " =1": "' =1", "\u3000＝1": "'\u3000＝1", "'=1": "''=1",
		"2024-01-16": "2024-01-16", "origin.example.com": "origin.example.com", "\xff": "\xff",
	} {
		if got := defused(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzCSV(f *testing.F) {
	for _, a := range attacks {
		f.Add(a)
	}
	f.Fuzz(func(t *testing.T, name string) {
		r, _ := ticket()
		c := r.Findings[0].Example
		c.File, c.ClientHello.ServerName = name, name
		rows, err := csv.NewReader(strings.NewReader(writeCSV(t, []*analyze.Connection{c}))).ReadAll()
		if err != nil || len(rows) != 2 || rows[1][2] != rows[1][11] {
			t.Errorf("%v: %q", err, rows)
		}
	})
}

func BenchmarkCSV(b *testing.B) {
	b.ReportAllocs()
	r, _ := ticket()
	c := NewCSV(bytes.NewBuffer(nil))
	c.out.Reset(io.Discard)
	for b.Loop() {
		if err := c.Connection(r.Findings[0].Example); err != nil {
			b.Fatal(err)
		}
	}
}
