package config

import (
	"strconv"
	"strings"
)

// haproxyWords cuts a line into words, as HAProxy does (configuration manual,
// section 2.2, "Quoting and escaping"): a backslash protects one character,
// '…' everything, "…" all but variables. variable gives the value of one.
func haproxyWords(line string, variable func(name string) string) []string {
	x := haproxyLine{text: line, variable: variable}
	for x.at < len(x.text) && x.word.Len() <= maxLine {
		x.step()
	}
	x.endWord()
	return x.words
}

// A haproxyLine is a line that is being cut into words.
type haproxyLine struct {
	text     string
	at       int
	quote    byte // that is open; 0: none
	word     strings.Builder
	started  bool // a word, be it empty as "" is
	words    []string
	variable func(string) string
}

func (x *haproxyLine) endWord() {
	if x.started {
		x.words = append(x.words, x.word.String())
	}
	x.word.Reset()
	x.started = false
}

// step reads one character, or what an escape or a variable stands for.
func (x *haproxyLine) step() {
	c := x.text[x.at]
	x.at++
	switch {
	case x.quote == 0 && strings.IndexByte(" \t\r", c) >= 0:
		x.endWord()
		return
	case x.quote == 0 && c == '#':
		x.at = len(x.text)
		return
	case c == x.quote && c != 0:
		x.quote = 0
	case x.quote == 0 && (c == '"' || c == '\''):
		x.quote = c
	case c == '\\' && x.quote != '\'' && x.at < len(x.text):
		x.escape()
	case c == '$' && x.quote == '"':
		x.expand()
	default:
		x.word.WriteByte(c)
	}
	x.started = true
}

// escape reads what follows a backslash.
func (x *haproxyLine) escape() {
	c := x.text[x.at]
	x.at++
	switch c {
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'x':
		if x.at+2 <= len(x.text) {
			if code, err := strconv.ParseUint(x.text[x.at:x.at+2], 16, 8); err == nil {
				c = byte(code)
				x.at += 2
			}
		}
	case ' ', '#', '\\', '"', '\'', '$':
	default:
		x.word.WriteByte('\\')
	}
	x.word.WriteByte(c)
}

// expand reads a variable, $NAME or ${NAME} or ${NAME-default}.
func (x *haproxyLine) expand() {
	rest := x.text[x.at:]
	if inner, ok := strings.CutPrefix(rest, "{"); ok {
		name, _, closed := strings.Cut(inner, "}")
		if closed {
			x.at += len(name) + 2
			x.word.WriteString(x.variable(strings.TrimSuffix(name, "[*]")))
			return
		}
	}
	end := 0
	for end < len(rest) && (rest[end] == '_' || rest[end] == '.' && end == 0 || isAlphanumeric(rest[end])) {
		end++
	}
	if end == 0 {
		x.word.WriteByte('$')
		return
	}
	x.at += end
	x.word.WriteString(x.variable(rest[:end]))
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
