package report

import (
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ellipsis stands for what Clean left out.
const ellipsis = "…"

// maxMarks is how many combining marks may follow one letter. Real scripts need
// one or two; without a limit a short name could paint over the lines around it.
const maxMarks = 2

// Clean makes an untrusted string safe to show on a terminal, in one line and
// at most max columns wide; max <= 0 sets no limit. What is not visible by
// itself is shown as an escape: control characters and bytes that are not UTF-8
// as \x1b; marks that turn the direction of writing, characters of no width,
// spaces other than ' ' and code points without a character as \u202e. What is
// too long loses its middle, since both ends of a host name matter. A backslash
// stays as it is: the result is for the eye, not to be parsed.
func Clean(s string, max int) string {
	if isPlain(s) && (max <= 0 || len(s) <= max) {
		return s
	}
	if max <= 0 {
		max = unlimited
	}
	whole, fits := cleanHead(s, max)
	if fits {
		return whole
	}
	tail := (max - 1) / 2
	head, _ := cleanHead(s, max-1-tail)
	return head + ellipsis + cleanTail(s, tail)
}

// isPlain tells whether s is printable ASCII.
func isPlain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// unlimited is a width that everything fits into.
const unlimited = math.MaxInt

// cleanHead cleans as much of the start of s as fits into max columns, and
// tells whether that was all of it.
func cleanHead(s string, max int) (clean string, all bool) {
	var b strings.Builder
	used, marks := 0, maxMarks // a mark at the very start has no letter to stand on
	for len(s) > 0 {
		p := nextPiece(s, &marks)
		if used += p.width; used > max {
			return b.String(), false
		}
		b.WriteString(p.text)
		s = s[p.size:]
	}
	return b.String(), true
}

// cleanTail cleans as much of the end of s as fits into max columns.
func cleanTail(s string, max int) string {
	// No piece of one column or more is longer than a letter with its marks.
	const pieceBytes = utf8.UTFMax * (1 + maxMarks)
	from := len(s) - (max+1)*pieceBytes
	if from < 0 {
		from = 0
	}
	for from < len(s) && !utf8.RuneStart(s[from]) {
		from++
	}
	var pieces []piece
	total, marks := 0, maxMarks
	for rest := s[from:]; len(rest) > 0; {
		p := nextPiece(rest, &marks)
		pieces, total = append(pieces, p), total+p.width
		rest = rest[p.size:]
	}
	for len(pieces) > 0 && (total > max || pieces[0].width == 0) {
		total -= pieces[0].width
		pieces = pieces[1:]
	}
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.text)
	}
	return b.String()
}

// A piece is one character as it is shown: itself, or an escape.
type piece struct {
	text  string
	width int // columns
	size  int // bytes of the original
}

// nextPiece takes the first character off s, which is not empty. marks counts
// the combining marks since the last letter.
func nextPiece(s string, marks *int) piece {
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case r == utf8.RuneError && size == 1:
		*marks = maxMarks
		return escaped(fmt.Sprintf(`\x%02x`, s[0]), size)
	case isInvisible(r):
		*marks = maxMarks
		return escaped(escapeRune(r), size)
	case unicode.IsMark(r):
		if *marks >= maxMarks {
			return escaped(escapeRune(r), size)
		}
		*marks++
		return piece{s[:size], columns(s[:size]), size}
	}
	*marks = 0
	return piece{s[:size], max(1, columns(s[:size])), size}
}

// isInvisible tells whether r shows nothing, or changes how its neighbours are
// shown. unicode.IsPrint excludes control and format characters, separators
// other than ' ' and code points that are not assigned; the two tables add
// letters and marks that Unicode wants to be shown as nothing (DerivedCoreProperties,
// Default_Ignorable_Code_Point).
func isInvisible(r rune) bool {
	return !unicode.IsPrint(r) || r == blankBraille ||
		r > unicode.MaxASCII && unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// blankBraille counts as a symbol, but looks like a space.
const blankBraille = '\u2800'

// escaped makes a piece of an escape, which is ASCII.
func escaped(text string, size int) piece { return piece{text, len(text), size} }

// escapeRune writes r as \x1b, \u202e or \U000e0001.
func escapeRune(r rune) string {
	switch {
	case r <= unicode.MaxASCII:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}
