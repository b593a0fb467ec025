package report

import "strings"

// A paragraph is clean text, and below it the items of a list, where it has one.
type paragraph struct {
	Text  string // "": there is but the list
	Items []string
}

// paragraphs separates text at its empty lines and cleans each part. A line that
// begins with "- " begins an item; other line breaks count as spaces.
func paragraphs(s string) []paragraph {
	var out []paragraph
	left := maxParagraph
	for part := range strings.SplitSeq(s, "\n\n") {
		text, list, has := strings.Cut("\n"+part, "\n- ")
		p := paragraph{Text: cleanWords(strings.ReplaceAll(text, "\n", " "), left)}
		left -= len(p.Text)
		for item := range strings.SplitSeq(list, "\n- ") {
			if !has || left <= 0 {
				break
			}
			item = cleanWords(strings.ReplaceAll(item, "\n", " "), left)
			if item != "" {
				p.Items = append(p.Items, item)
			}
			left -= len(item)
		}
		if p.Text != "" || len(p.Items) > 0 {
			out = append(out, p)
		}
		if left <= 0 {
			break
		}
	}
	return out
}

// paragraph writes text and its list, wrapped: the first line begins with lead,
// the others are indented as far.
func (p *page) paragraph(lead string, text paragraph) {
	if text.Text != "" {
		p.block(lead, text.Text, plain)
		lead = strings.Repeat(" ", columns(lead))
	}
	for _, item := range text.Items {
		p.block(lead+"- ", item, plain)
		lead = strings.Repeat(" ", columns(lead))
	}
}

// paragraphs writes text with its lists.
func (m *markdown) paragraphs(s string) {
	for _, p := range paragraphs(s) {
		if p.Text != "" {
			m.line("", markdownText(p.Text))
		}
		for i, item := range p.Items {
			if i == 0 {
				m.line("")
			}
			m.line("- " + markdownText(item))
		}
	}
}
