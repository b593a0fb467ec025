package report

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"sniwatch/analyze"
)

// pageSamples are the reports of which pages are kept beside the tests.
var pageSamples = []struct {
	name string
	make func() (*analyze.Report, TextOptions)
}{{"ticket", ticket}, {"mixed", mixed}, {"healthy", healthy}, {"silent", silent}}

func pageOptions(o TextOptions) PageOptions {
	return PageOptions{Command: "sniwatch -r row6.pcap --cert fullchain.pem", Connections: o.Connections, MoreConnections: o.MoreConnections, All: o.All}
}

func writeHTML(t testing.TB, r *analyze.Report, o PageOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteHTML(&b, r, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriteHTMLGolden(t *testing.T) {
	for _, s := range pageSamples {
		r, o := s.make()
		golden(t, s.name+".html", writeHTML(t, r, pageOptions(o)))
	}
}

// TestHTMLIsSelfContained holds what the page promises: nothing that runs, and
// nothing that is fetched, whatever stands in the report.
func TestHTMLIsSelfContained(t *testing.T) {
	shown := 0
	for i := range attacks {
		r, o := besieged(i)
		opts := pageOptions(o)
		opts.Command = attacks[i]
		page := writeHTML(t, r, opts)
		text := inspectHTML(t, page)
		for _, bad := range []string{"\x1b", "\x00", "\u202e", "\u2066"} {
			if strings.Contains(text, bad) {
				t.Errorf("attack %d: %q is on the page", i, bad)
			}
		}
		if strings.Contains(text, "alert(1)</script>") {
			shown++
		}
	}
	if shown < len(attacks)/2 {
		t.Errorf("of %d scripts, %d are text of the page", len(attacks), shown)
	}
}

// inspectHTML parses a page as a browser does, complains of what may not be
// there, and gives the text of its body.
func inspectHTML(t *testing.T, page string) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	policy := false
	var walk func(*html.Node, bool)
	walk = func(n *html.Node, visible bool) {
		switch n.Type {
		case html.TextNode:
			if visible {
				text.WriteString(n.Data + "\n")
			}
		case html.ElementNode:
			if !elements[n.Data] {
				t.Errorf("there is an element <%s>", n.Data)
			}
			visible = visible || n.Data == "body"
			for _, a := range n.Attr {
				if !attributes[a.Key] {
					t.Errorf("<%s> has an attribute %s=%q", n.Data, a.Key, a.Val)
				}
				policy = policy || a.Key == "http-equiv" && a.Val == "Content-Security-Policy"
			}
		case html.CommentNode:
			t.Errorf("there is a comment: %q", n.Data)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, visible)
		}
	}
	walk(doc, false)
	if !policy {
		t.Error("there is no Content-Security-Policy")
	}
	for _, r := range text.String() {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Errorf("%U is on the page", r)
		}
	}
	return text.String()
}

// set makes a set of words.
func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// What a page is made of; all else is somebody else's.
var (
	elements = set(`html head meta title style body main header section div p h1 h2 h3 h4 h5 dl dt dd ul ol li table thead tbody tr th td
		span strong code bdi pre br figure figcaption svg g line path rect text`)
	attributes = set(`lang charset http-equiv content name class id scope data-title colspan role aria-label viewBox preserveAspectRatio
		x y x1 y1 x2 y2 d width height`)
)

// TestPagesAreSmall: neither a million connections nor names of 64 KiB make a
// page that nobody can open.
func TestPagesAreSmall(t *testing.T) {
	r, o := huge()
	if n := len(writeHTML(t, r, o)); n > 2_000_000 {
		t.Errorf("the HTML has %d bytes", n)
	}
	if n := len(writeMarkdown(t, r, o)); n > 300_000 {
		t.Errorf("the Markdown has %d bytes", n)
	}
	real, text := ticket()
	if n := len(writeMarkdown(t, real, pageOptions(text))); n > 65_536 {
		t.Errorf("the Markdown of an ordinary report has %d bytes, and GitHub takes 65536", n)
	}
}

func BenchmarkWriteHTML(b *testing.B) {
	b.ReportAllocs()
	r, o := ticket()
	for b.Loop() {
		var out bytes.Buffer
		if err := WriteHTML(&out, r, pageOptions(o)); err != nil {
			b.Fatal(err)
		}
	}
}
