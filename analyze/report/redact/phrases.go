package redact

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// A phraseBook finds texts that are no single token: organisations, whole
// distinguished names, serial numbers, hostile names. They are kept by the word
// that they begin with, the longest first.
type phraseBook map[string][]phrase

// A phrase is a text and its replacement.
type phrase struct {
	from, to string
	partial  bool // its beginning counts, too: sentences cut what is too long
}

// leastPart is how many bytes of the beginning of a phrase are taken for it.
const leastPart = 12

// leastPhrase is how short a phrase may be, in bytes. "US" is found in USE.
const leastPhrase = 4

// learnPhrase lets Text replace from by to wherever it stands as a whole. What
// is too short, or a word of sniwatch's own, is left to the other rules.
func (r *Redactor) learnPhrase(from, to string) { r.learn(phrase{from: from, to: to}) }

// learnHostile does so for a name that is none of the DNS. Sentences hold it as
// it stands, or in quotation marks as Go writes it, and cut.
func (r *Redactor) learnHostile(from, to string) {
	quoted := strconv.Quote(from)
	r.learn(phrase{from, to, true})
	r.learn(phrase{quoted[1 : len(quoted)-1], to, true})
}

func (r *Redactor) learn(p phrase) {
	from, to := p.from, p.to
	if len(from) < leastPhrase || from == to || vocabulary[asciiLower(from)] || constants[asciiLower(from)] {
		return
	}
	word := firstWord(from)
	list := r.phrases[word]
	at, known := slices.BinarySearchFunc(list, from, func(p phrase, from string) int {
		if len(p.from) != len(from) {
			return len(from) - len(p.from)
		}
		return strings.Compare(p.from, from)
	})
	if !known && r.room(len(from)+len(to)) {
		r.phrases[word] = slices.Insert(list, at, p)
	}
}

// all gives the phrases as a map.
func (b phraseBook) all() map[string]string {
	out := map[string]string{}
	for _, list := range b {
		for _, p := range list {
			out[p.from] = p.to
		}
	}
	return out
}

// firstWord gives the word that s begins with, or its first byte if that is of
// no word.
func firstWord(s string) string {
	n := 0
	for n < len(s) && isWordByte(s[n]) {
		n++
	}
	return s[:max(n, min(len(s), 1))]
}

func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c >= 0x80
}

// at gives the replacement of the phrase that stands at s[i], and its length; 0
// where there is none.
func (b phraseBook) at(s string, i int) (to string, n int) {
	if len(b) == 0 || i > 0 && isWordByte(s[i-1]) && isWordByte(s[i]) {
		return "", 0
	}
	rest := s[i:]
	for _, p := range b[firstWord(rest)] {
		switch n := commonPrefix(rest, p.from); {
		case n == len(p.from) && endsWord(rest, n):
			return p.to, n
		case p.partial && n >= leastPart:
			return p.to[:min(n, len(p.to))], n
		}
	}
	return "", 0
}

// commonPrefix gives how many bytes a and b have in common at their beginning.
func commonPrefix(a, b string) (n int) {
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// endsWord tells whether a word may end before s[n].
func endsWord(s string, n int) bool {
	return n >= len(s) || !isWordByte(s[n]) || !isWordByte(s[n-1])
}

// isHardware knows six pairs of digits with colons between them.
func isHardware(s string) bool {
	if len(s) != 17 {
		return false
	}
	for i := range len(s) {
		if (i%3 == 2) != (s[i] == ':') || i%3 != 2 && !isHex(s[i]) {
			return false
		}
	}
	return true
}

func hardwareText(b [6]byte) string {
	text := hex.EncodeToString(b[:])
	return text[:2] + ":" + text[2:4] + ":" + text[4:6] + ":" + text[6:8] + ":" + text[8:10] + ":" + text[10:]
}
