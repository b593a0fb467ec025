package report

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sniwatch/analyze"
)

// jsonOf writes a report as sniwatch does.
func jsonOf(t testing.TB, r *analyze.Report, connections []*analyze.Connection, ndjson bool) string {
	t.Helper()
	var b bytes.Buffer
	j := NewJSON(&b, ndjson)
	for _, c := range connections {
		if err := j.Connection(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestReadOutline: the outline of a report's JSON is that of the report.
func TestReadOutline(t *testing.T) {
	for _, s := range samples {
		if s.name == "hostile" {
			continue // JSON cannot hold bytes that are not UTF-8
		}
		r, o := s.make()
		for _, ndjson := range []bool{false, true} {
			for _, connections := range [][]*analyze.Connection{nil, o.Connections} {
				got, err := ReadOutline(strings.NewReader(jsonOf(t, r, connections, ndjson)), "a.json")
				if err != nil {
					t.Errorf("%s: %v", s.name, err)
				}
				want := r.Outline("a.json")
				if len(want.Findings) == 0 {
					want.Findings = nil
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", s.name, diff)
				}
			}
		}
	}
}

func TestReadOutlineRefuses(t *testing.T) {
	r, o := ticket()
	whole := jsonOf(t, r, o.Connections, true)
	for _, text := range []string{"", "{}", "[]", "1", `{"a":1}`, `{"type":"check","schema":1}`, `{"type":"report","schema":2}`,
		`{"type":"connection","schema":1}`, `{"schema":1,"type":"report"}`, whole[:len(whole)-3], whole[:100], `{"type":"report","counts":[]}`,
		`{"type":"report","findings":` + strings.Repeat("[", 100000)} {
		if _, err := ReadOutline(strings.NewReader(text), "x"); !errors.Is(err, ErrNoReport) {
			t.Errorf("%.60q: %v", text, err)
		}
	}
}

// endless is a field that does not end.
type endless struct {
	head io.Reader
	n    int64
}

func (e *endless) Read(p []byte) (int, error) {
	if n, err := e.head.Read(p); err == nil {
		return n, nil
	}
	for i := range p {
		p[i] = 'a'
	}
	e.n += int64(len(p))
	return len(p), nil
}

func TestReadOutlineIsBounded(t *testing.T) {
	for _, head := range []string{`{"type":"report","version":"`, `{"type":"connection","id":"`, `{"type":"report","findings":[{"code":"`, `{"`} {
		e := &endless{head: strings.NewReader(head)}
		if _, err := ReadOutline(e, "x"); err == nil || e.n > 4*maxReportField {
			t.Errorf("%s: %v after %d bytes", head, err, e.n)
		}
	}
}

func FuzzReadOutline(f *testing.F) {
	r, o := ticket()
	f.Add(jsonOf(f, r, o.Connections, true))
	f.Add(jsonOf(f, r, o.Connections[:1], false))
	f.Add(`{"type":"report","counts":{"connections":-1},"findings":[{"sni":["a"],"connections":-5,"of":-5}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ReadOutline(strings.NewReader(text), "x")
		if err != nil {
			return
		}
		c := analyze.Compare(got, got)
		if len(c.New)+len(c.Fixed)+len(c.Gone) > 0 {
			t.Errorf("a report differs from itself: %+v", c)
		}
		var b bytes.Buffer
		if err := errors.Join(WriteComparisonText(&b, c, 80, false), WriteComparisonMarkdown(&b, c), WriteComparisonJSON(&b, c)); err != nil {
			t.Error(err)
		}
	})
}

// comparison has something under each heading.
func comparison() *analyze.Comparison {
	finding := func(code analyze.Code, sni string, n int) analyze.OutlineFinding {
		return analyze.OutlineFinding{Code: code, Certainty: analyze.Proven, Title: "CloudFront refused your certificate: " + string(code),
			CloudFront: true, SNI: sni, Connections: n, Of: 1000}
	}
	counts := analyze.Counts{Connections: 1000, CloudFront: 1000, Complete: 800, CloudFrontComplete: 800, Refused: 200, CloudFrontRefused: 200}
	return analyze.Compare(
		analyze.Outline{Name: "before.json", Start: day("2024-01-15"), End: day("2024-01-16"), Counts: counts, Findings: []analyze.OutlineFinding{
			finding(analyze.NameNotCovered, "origin.example.com", 100), finding(analyze.CertificateExpired, "xn--r8jz45g.jp", 99), finding(analyze.ServerSilent, "", 1)}},
		analyze.Outline{Name: "after.pcap", Counts: counts, Findings: []analyze.OutlineFinding{
			finding(analyze.CertificateExpired, "xn--r8jz45g.jp", 4), finding(analyze.SNIRefused, "www.example.com", 196)}})
}

func TestComparisonGolden(t *testing.T) {
	var text, md, object bytes.Buffer
	c := comparison()
	if err := errors.Join(WriteComparisonText(&text, c, 80, false), WriteComparisonMarkdown(&md, c), WriteComparisonJSON(&object, c)); err != nil {
		t.Fatal(err)
	}
	checkLines(t, text.String(), 80)
	golden(t, "comparison.txt", text.String())
	golden(t, "comparison.md", md.String())
	golden(t, "comparison.json", object.String())
}

func TestComparisonHostile(t *testing.T) {
	for _, a := range attacks {
		c := comparison()
		for _, list := range [][]analyze.Change{c.New, c.Fixed, c.Gone, c.Remaining} {
			for i := range list {
				for _, f := range []*analyze.OutlineFinding{&list[i].Before, &list[i].After} {
					f.SNI, f.Title, f.Code = a, a, analyze.Code(a)
				}
			}
		}
		c.Before.Name = a
		var text, md bytes.Buffer
		if err := errors.Join(WriteComparisonText(&text, c, 80, false), WriteComparisonMarkdown(&md, c)); err != nil {
			t.Fatal(err)
		}
		checkLines(t, text.String(), 80)
		var elements, shown strings.Builder
		shape(rendered(t, md.String()), &elements, &shown)
		for name := range strings.FieldsSeq(elements.String()) {
			if !markdownElements[name] {
				t.Errorf("%.40q: there is <%s>", a, name)
			}
		}
	}
}
