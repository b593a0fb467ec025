package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	render "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"

	"sniwatch/analyze"
)

func writeMarkdown(t testing.TB, r *analyze.Report, o PageOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteMarkdown(&b, r, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriteMarkdownGolden(t *testing.T) {
	for _, s := range pageSamples {
		r, o := s.make()
		golden(t, s.name+".md", writeMarkdown(t, r, pageOptions(o)))
	}
}

// rendered gives Markdown as GitHub would show it, with raw HTML let through, so
// that it is seen.
func rendered(t *testing.T, text string) *html.Node {
	t.Helper()
	var b bytes.Buffer
	md := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(render.WithUnsafe()))
	if err := md.Convert([]byte(text), &b); err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// shape gives a page's elements in their order, without text, and the text.
func shape(n *html.Node, elements, text *strings.Builder) {
	switch n.Type {
	case html.ElementNode:
		elements.WriteString(n.Data + " ")
	case html.TextNode:
		text.WriteString(n.Data)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		shape(c, elements, text)
	}
}

// TestMarkdownHostile renders reports full of attacks: nothing of them is a link,
// a picture, HTML or a heading, and no table has more cells than columns.
func TestMarkdownHostile(t *testing.T) {
	seen := 0
	for i := range attacks {
		r, o := besieged(i)
		opts := pageOptions(o)
		opts.Command = attacks[i]
		text := writeMarkdown(t, r, opts)
		var elements, shown strings.Builder
		doc := rendered(t, text)
		shape(doc, &elements, &shown)
		for name := range strings.FieldsSeq(elements.String()) {
			if !markdownElements[name] {
				t.Errorf("attack %d: there is <%s>", i, name)
			}
		}
		if headings := strings.Count(elements.String(), "h1 "); headings != 1 {
			t.Errorf("attack %d: %d headings of the first level", i, headings)
		}
		if strings.Contains(shown.String(), "alert(1)</script>") {
			seen++
		}
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "|---") {
				continue
			}
			if n := strings.Count(line, "|"); strings.HasPrefix(line, "|") && (n < 3 || n > 7) {
				t.Errorf("attack %d: %d bars in %s", i, n, line)
			}
		}
	}
	if seen < len(attacks)/2 {
		t.Errorf("of %d scripts, %d are shown", len(attacks), seen)
	}
}

var markdownElements = set("html head body h1 h2 h3 p strong table thead tbody tr th td code pre ol ul li")
