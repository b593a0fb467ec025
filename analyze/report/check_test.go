package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
)

// checkOf makes a check of a certificate with one name, in the four cases of
// the names; an SNI is refused if no name covers it or the origin domain.
func checkOf(certificate, viewer, originDomain string) *analyze.Check {
	c := &analyze.Check{Version: "test", At: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), Roots: "Mozilla, 2026-10-30",
		Certificates: []analyze.CertificateUsed{{File: "/etc/" + certificate, Names: []string{certificate}}}}
	cert := edge.Certificate{File: "/etc/" + certificate, Names: []string{certificate}}
	for _, forwarded := range []bool{true, false} {
		combination := edge.Combination{ViewerDomain: viewer, OriginDomain: originDomain, HostForwarded: forwarded, SNI: originDomain}
		if forwarded {
			combination.SNI = viewer
		}
		row := analyze.CheckRow{Row: combination.With(cert)}
		if !row.Accepted {
			row.Problems = []analyze.CheckProblem{{Code: analyze.NameNotCovered, Title: "no name for " + combination.SNI, Says: "It is for " + certificate + ".",
				Fixes: []analyze.Fix{{Says: "Put " + originDomain + " into it:", Command: "certbot -d " + originDomain}}}}
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

// hostileCheck has everything that somebody else may choose, at its worst.
func hostileCheck() *analyze.Check {
	const evil = "a|b`c<script>alert(1)</script>\x1b]0;owned\x07\r\n| x | y |\n# *no* [link](http://evil) \u202e&lt; www.evil.example \\| "
	c := checkOf("cert"+evil, "viewer"+evil, "origin"+evil)
	c.Server, c.Source, c.Roots, c.Version = evil, evil, evil, evil
	c.Handshakes = []analyze.CheckHandshake{{SNI: evil, Offer: evil, Code: "x", Says: evil}}
	c.Warnings = []analyze.Warning{{Code: evil, Title: evil, Says: evil, Fixes: []analyze.Fix{{Says: evil, Command: "x\n```\n# fence broken\n" + evil}}}}
	c.Hints = []analyze.Fix{{Says: evil, Command: evil}}
	c.Certificates[0].Problems = []origin.Problem{{Kind: origin.ExpiresSoon, Says: evil}}
	for i := range c.Rows {
		c.Rows[i].Behavior, c.Rows[i].Assumed = fmt.Sprint("/", i, evil), []string{evil}
		c.Rows[i].Decision.Says, c.Rows[i].Decision.Policy = evil, evil
	}
	return c
}

// longCheck has more cases than anybody reads, and names as long as they get.
func longCheck() *analyze.Check {
	long := strings.Repeat("abcdefghi.", 25)
	c := &analyze.Check{Roots: "Mozilla", Source: "distribution.json"}
	for i := range 3 * maxCases {
		one := checkOf("www.example.com", fmt.Sprintf("n%d.%sexample.com", i, long[:220]), long+"example.com")
		for j := range one.Rows {
			one.Rows[j].Behavior = fmt.Sprintf("/path%d/*", i)
			one.Rows[j].InUse = []edge.Tristate{edge.Yes, edge.Unknown}[j]
		}
		c.Rows = append(c.Rows, one.Rows...)
	}
	return c
}

// manyColumns has paths and origins that differ, and other's certificate where that
// is another one: the most columns that there can be.
func manyColumns(other string) *analyze.Check {
	c := checkOf("www.example.com", "www.example.com", "origin.example.com")
	c.Rows = append(c.Rows, checkOf(other, "d111111abcdef8.cloudfront.net", "spare.example.com").Rows...)
	for i := range c.Rows {
		c.Rows[i].Behavior = fmt.Sprintf("/a/path/of/%d/*", i)
		c.Rows[i].InUse = []edge.Tristate{edge.Yes, edge.Unknown}[i%2]
	}
	return c
}

func checkText(t *testing.T, c *analyze.Check, width int) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteCheck(&b, c, CheckOptions{Width: width}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestCheckAnyWidth makes sure that neither names nor a narrow page break the
// layout, and that nothing reaches the terminal as it is.
func TestCheckAnyWidth(t *testing.T) {
	for name, c := range map[string]*analyze.Check{
		"row6": checkOf("www.example.com", "www.example.com", "origin.example.com"),
		"own":  checkOf("www.example.com", "d111111abcdef8.cloudfront.net", "origin.example.com"),
		"evil": hostileCheck(), "long": longCheck(), "many": manyColumns("www.example.com"), "all": manyColumns("origin.example.com"), "none": {},
	} {
		for _, width := range []int{80, 100, 133} {
			t.Run(fmt.Sprint(name, width), func(t *testing.T) { checkLines(t, checkText(t, c, width), width) })
		}
	}
}

// TestCheckVerdict: the first line is the answer.
func TestCheckVerdict(t *testing.T) {
	one := checkOf("www.example.com", "www.example.com", "origin.example.com")
	one.Rows = one.Rows[1:]
	paths := checkOf("origin.example.com", "www.example.com", "origin.example.com")
	paths.Rows = append(paths.Rows, paths.Rows...)
	for i, path := range []string{"/a", "/a", "/b", "/b"} {
		paths.Rows[i].Behavior = path
	}
	for want, c := range map[string]*analyze.Check{
		"in both cases. ":     paths, // two lines, for two paths each
		"in 1 of 2 cases.":    checkOf("www.example.com", "www.example.com", "origin.example.com"),
		"in both cases.":      checkOf("origin.example.com", "www.example.com", "origin.example.com"),
		"in none of 2 cases.": checkOf("else.example.com", "www.example.com", "origin.example.com"),
		"This is row 6: CloudFront will refuse the certif": one,
		"No case to judge": {},
	} {
		if first, _, _ := strings.Cut(checkText(t, c, 120), "\n"); !strings.Contains(first+" ", want) {
			t.Errorf("%q, want %q", first, want)
		}
	}
}

// TestCheckVerdictOfFaults: where something else than the names is wrong, the first
// sentence says what.
func TestCheckVerdictOfFaults(t *testing.T) {
	expired := analyze.CheckProblem{Code: analyze.CertificateExpired, Title: "the certificate has expired"}
	closed := analyze.CheckProblem{Code: analyze.PortClosed, Title: "nothing listens on the port"}
	unnamed := analyze.CheckProblem{Code: analyze.NameNotCovered, Title: "no name"}
	for _, tt := range []struct {
		matched, file string
		row           int
		problems      []analyze.CheckProblem
		want          string
	}{
		{edge.MatchedOrigin, "a.pem", 2, []analyze.CheckProblem{expired}, "This is row 2 by its names, but the certificate has expired: CloudFront will refuse it, and viewers get 502."},
		{"", "a.pem", 6, []analyze.CheckProblem{unnamed, expired}, "This is row 6, and the certificate has expired: CloudFront will refuse it, and viewers get 502."},
		{"", "a.pem", 0, []analyze.CheckProblem{expired}, "The certificate has expired: CloudFront will refuse it, and viewers get 502."},
		{"", "a.pem", 0, []analyze.CheckProblem{unnamed}, "CloudFront will refuse the certificate, and viewers get 502."},
		{"", "a.pem", 6, []analyze.CheckProblem{unnamed}, "This is row 6: CloudFront will refuse the certificate, and viewers get 502."},
		{"", "", 0, []analyze.CheckProblem{closed}, "Nothing listens on the port: CloudFront will get no certificate, and viewers get 502."},
	} {
		row := analyze.CheckRow{Row: edge.Row{Matched: tt.matched, ArticleRow: tt.row, ViewerStatus: 502, Certificate: edge.Certificate{File: tt.file}}, Problems: tt.problems}
		first, _, _ := strings.Cut(checkText(t, &analyze.Check{Rows: []analyze.CheckRow{row}}, 200), "\n")
		if first != tt.want {
			t.Errorf("%q, want %q", first, tt.want)
		}
	}
}

// TestCheckIfInUse: a problem of cases that may not be in use says so, and one of
// cases that are does not.
func TestCheckIfInUse(t *testing.T) {
	c := checkOf("www.example.com", "www.example.com", "origin.example.com") // forwarded: 200, not: 502
	for _, tt := range []struct {
		used [2]edge.Tristate
		want string
	}{
		{[2]edge.Tristate{edge.Yes, edge.Unknown}, "✗ Row 6, if in use: "},
		{[2]edge.Tristate{edge.Unknown, edge.Yes}, "✗ Row 6: "},
		{[2]edge.Tristate{edge.Unknown, edge.Unknown}, "✗ Row 6: "},
	} {
		c.Rows[0].InUse, c.Rows[1].InUse = tt.used[0], tt.used[1]
		if got := checkText(t, c, 80); !strings.Contains(got, tt.want) {
			t.Errorf("%v: %q is not in\n%s", tt.used, tt.want, got)
		}
	}
}

// TestCheckProblemsJoined: one problem of two cases is told once, with what viewers
// get where that is the same, and a fix that helps in one of them says in which.
func TestCheckProblemsJoined(t *testing.T) {
	c := checkOf("else.example.com", "d111111abcdef8.cloudfront.net", "origin.example.com") // 7 and 8
	both := analyze.Fix{Says: "Do both."}
	for i := range c.Rows {
		c.Rows[i].Problems = []analyze.CheckProblem{{Code: "x", Title: "title", Says: "Says.", Fixes: []analyze.Fix{both}}}
	}
	c.Rows[1].Problems[0].Fixes = []analyze.Fix{{Says: "Or do one."}, both}
	got := checkText(t, c, 80)
	for _, want := range []string{"✗ Both cases: title\n  x: viewers get 502\n", "1. Do both.\n  2. For row 8: Do one.\n"} {
		if strings.Count(got, want) != 1 {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	c.Rows[1].ViewerStatus = 504
	if got := checkText(t, c, 80); !strings.Contains(got, "✗ Both cases: title\n  x\n") {
		t.Errorf("viewers do not get the same:\n%s", got)
	}
}

// TestCheckFails: cases that may not be in use count only where there are no
// others.
func TestCheckFails(t *testing.T) {
	c := checkOf("www.example.com", "www.example.com", "origin.example.com") // forwarded: 200, not: 502
	for _, want := range []struct {
		used  [2]edge.Tristate
		fails bool
	}{
		{[2]edge.Tristate{edge.Unknown, edge.Unknown}, true},
		{[2]edge.Tristate{edge.Yes, edge.Unknown}, false},
		{[2]edge.Tristate{edge.Unknown, edge.Yes}, true},
		{[2]edge.Tristate{edge.Yes, edge.Yes}, true},
	} {
		c.Rows[0].InUse, c.Rows[1].InUse = want.used[0], want.used[1]
		if got := c.Fails(); got != want.fails {
			t.Errorf("%v: %v", want.used, got)
		}
	}
}

// cellBar is a bar that ends a cell of a table in GitHub's Markdown: one without
// a backslash before it, wherever it stands.
var cellBar = regexp.MustCompile(`(^|[^\\])\|`)

// TestCheckMarkdownHostile makes sure that no name breaks the tables or becomes
// something else than text.
func TestCheckMarkdownHostile(t *testing.T) {
	var b bytes.Buffer
	if err := WriteCheckMarkdown(&b, hostileCheck()); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	for _, never := range []string{"<script", "\x1b", "\r", "\u202e", "](http", "www.evil", "http://evil\n", "# fence broken"} {
		if strings.Contains(outsideCode(got), never) {
			t.Errorf("%q is in\n%s", never, got)
		}
	}
	cells := 0
	for line := range strings.Lines(outsideCode(got)) {
		if !strings.HasPrefix(line, "|") {
			cells = 0
			continue
		}
		n := len(cellBar.FindAllString(line, -1))
		if cells != 0 && n != cells {
			t.Errorf("%d cells, the line before has %d: %s", n, cells, line)
		}
		cells = n
	}
}

// outsideCode leaves fenced blocks out, where Markdown means nothing. A fence
// ends with as many backticks as it began with, alone on their line.
func outsideCode(text string) string {
	var b strings.Builder
	fence := ""
	for line := range strings.Lines(text) {
		bare := strings.TrimSpace(line)
		switch {
		case fence == "" && strings.HasPrefix(bare, "```"):
			fence = strings.TrimSuffix(bare, "sh")
		case fence != "" && bare == fence:
			fence = ""
		case fence == "":
			b.WriteString(line)
		}
	}
	return b.String()
}

func FuzzMarkdownName(f *testing.F) {
	for _, s := range []string{"www.example.com", "a|b", "`", "``x``", "<b>", "a\\|b", "\n# x", "www.", "http://x", "&amp;", "\x1b[0m", "–", " "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		code, text := markdownCode(s), markdownText(s)
		for _, got := range []string{strings.TrimSuffix(strings.TrimPrefix(code, "<code>"), "</code>"), text} {
			if strings.HasPrefix(got, "`") && strings.HasSuffix(got, "`") && len(got) > 1 {
				got = got[1 : len(got)-1]
			}
			if strings.ContainsAny(got, "|`<>[]\\\n\r\x1b") || !utf8.ValidString(got) {
				t.Errorf("%q gives %q", s, got)
			}
		}
	})
}

// TestCheckJSON holds the object against the fields of docs/schema.md.
func TestCheckJSON(t *testing.T) {
	var b bytes.Buffer
	if err := WriteCheckJSON(&b, hostileCheck()); err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	if err := json.Unmarshal(b.Bytes(), &object); err != nil {
		t.Fatalf("%v in %s", err, b.String())
	}
	if object["type"] != "check" || object["schema"] != 1.0 {
		t.Errorf("%v, %v", object["type"], object["schema"])
	}
	b.Reset()
	c := checkOf("www.example.com", "www.example.com", "origin.example.com")
	for i := range c.Rows {
		c.Rows[i].Behavior, c.Rows[i].Origin, c.Rows[i].InUse = "/a", "web", []edge.Tristate{edge.Yes, edge.Unknown}[i]
	}
	if err := WriteCheckJSON(&b, c); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"viewer_domain":"www.example.com"`, `"origin_domain":"origin.example.com"`, `"certificate":"/etc/www.example.com"`,
		`"host_forwarded":false`, `"sni":"origin.example.com"`, `"accepted":false`, `"matched":"host"`, `"viewer_status":502`,
		`"article_row":6`, `"behavior":"/a","origin":"web","in_use":true,"sni":"www.example.com"`, `"behavior":"/a","origin":"web","sni":"origin.example.com"`, `"problems":[{"code":"name-not-covered","title":"no name for origin.example.com"`, `"warnings":[]`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s is not in %s", want, b.String())
		}
	}
}

// TestCheckGolden shows the layout; the words are the caller's.
func TestCheckGolden(t *testing.T) {
	golden(t, "check-80.txt", checkText(t, checkOf("www.example.com", "d111111abcdef8.cloudfront.net", "origin.example.com"), 80))
	var b bytes.Buffer
	if err := WriteCheck(&b, checkOf("www.example.com", "www.example.com", "origin.example.com"), CheckOptions{Colour: true}); err != nil {
		t.Fatal(err)
	}
	golden(t, "check-colour.txt", b.String())
}
