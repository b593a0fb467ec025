package report

import (
	"strings"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

// columns is how many columns of a terminal s takes, as the table's library
// measures it, so that both line up. What the environment says of East Asian
// terminals does not count: the same report always looks the same.
func columns(s string) int {
	if isPlain(s) {
		return len(s)
	}
	return twwidth.WidthWithOptions(s, twwidth.Options{})
}

// pad fills s up with spaces to a width of n columns.
func pad(s string, n int) string {
	return s + strings.Repeat(" ", max(0, n-columns(s)))
}

// padLeft does the same on the left: for numbers.
func padLeft(s string, n int) string {
	return strings.Repeat(" ", max(0, n-columns(s))) + s
}

// wrap breaks clean text into lines of at most width columns, between words
// where it can and inside a word that is longer than a line. Empty text gives
// no line.
func wrap(text string, width int) []string {
	var lines []string
	line, used := "", 0
	for _, word := range strings.Split(text, " ") {
		if word == "" {
			continue
		}
		n := columns(word)
		if used > 0 && used+1+n <= width {
			line, used = line+" "+word, used+1+n
			continue
		}
		if used > 0 {
			lines = append(lines, line)
		}
		for n > width {
			head, tail := split(word, width)
			lines, word = append(lines, head), tail
			n = columns(word)
		}
		line, used = word, n
	}
	if used > 0 {
		lines = append(lines, line)
	}
	return lines
}

// split cuts a clean word after as many columns as fit into width, at least one
// character, and never between a letter and its marks.
func split(word string, width int) (head, tail string) {
	at, used, marks := 0, 0, 0
	for at < len(word) {
		p := nextPiece(word[at:], &marks)
		if used += p.width; used > width && at > 0 {
			break
		}
		at += p.size
	}
	return word[:at], word[at:]
}

// Limits on untrusted text, in columns. A DNS name has at most 253 characters
// (RFC 1035, section 2.3.4), so that no name that can be real loses anything.
const (
	maxWord      = 260
	maxTitle     = 300
	maxValue     = 1000
	maxParagraph = 4000
	maxCommand   = 4000
)

// cleanWords cleans text word by word, so that one absurd name does not cost
// the words around it, and cuts it after about most columns.
func cleanWords(s string, most int) string {
	var b strings.Builder
	for word := range strings.SplitSeq(s, " ") {
		if word == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		word = Clean(word, maxWord)
		if b.Len()+len(word) > most {
			b.WriteString(ellipsis)
			break
		}
		b.WriteString(word)
	}
	return b.String()
}
