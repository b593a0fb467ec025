package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParagraphs(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []paragraph
	}{
		{"nothing", "", nil},
		{"line breaks are spaces", "one\ntwo\n\nthree", []paragraph{{Text: "one two"}, {Text: "three"}}},
		{"a list", "What is left:\n- one;\n- two\nlines.\n\nAfter.", []paragraph{{"What is left:", []string{"one;", "two lines."}}, {Text: "After."}}},
		{"a list alone", "- one\n- two", []paragraph{{"", []string{"one", "two"}}}},
		{"a dash in a line", "one - two\n-three", []paragraph{{Text: "one - two -three"}}},
		{"an empty item", "one\n- \n- two", []paragraph{{"one", []string{"two"}}}},
		{"a steering character", "a\x1b[2J\n- b\x1b", []paragraph{{`a\x1b[2J`, []string{`b\x1b`}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, paragraphs(test.text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestParagraphsAreBounded: neither long text nor many items get through.
func TestParagraphsAreBounded(t *testing.T) {
	for _, text := range []string{strings.Repeat("word ", 10_000), strings.Repeat("\n- item", 100_000), strings.Repeat("a\n\n", 100_000)} {
		n := 0
		for _, p := range paragraphs(text) {
			n += len(p.Text) + len(strings.Join(p.Items, ""))
		}
		if n == 0 || n > maxParagraph+maxWord {
			t.Errorf("%d bytes of %d", n, len(text))
		}
	}
}

// TestListIsIndented: an item's second line stands below its first.
func TestListIsIndented(t *testing.T) {
	p := &page{width: 20}
	p.paragraph("  ", paragraph{"Left:", []string{"one two three four five", "six"}})
	if diff := cmp.Diff("  Left:\n  - one two three\n    four five\n  - six\n", p.buf.String()); diff != "" {
		t.Error(diff)
	}
}
