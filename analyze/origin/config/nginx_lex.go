package config

import "strings"

// A tokenKind is what nginx's lexer tells apart.
type tokenKind uint8

const (
	endOfFile  tokenKind = iota
	word                 // unquoted, unescaped
	terminator           // ;
	openBlock            // {
	closeBlock           // }
)

type token struct {
	kind tokenKind
	text string // of a word
	line int
	// broken: a quote that nothing closes.
	broken bool
}

// A nginxLexer cuts a configuration of nginx into tokens, by the rules of
// ngx_conf_read_token in nginx's source. It does not mind what nginx refuses.
type nginxLexer struct {
	text string
	at   int
	line int
}

func newNginxLexer(text string) *nginxLexer { return &nginxLexer{text: text, line: 1} }

// next gives the next token; after the last one endOfFile for ever.
func (l *nginxLexer) next() token {
	l.skipSpace()
	t := token{line: l.line}
	if l.at >= len(l.text) {
		return t
	}
	switch c := l.text[l.at]; c {
	case ';':
		t.kind = terminator
		l.at++
	case '{':
		t.kind = openBlock
		l.at++
	case '}':
		t.kind = closeBlock
		l.at++
	case '"', '\'':
		t.kind = word
		t.text, t.broken = l.quoted(c)
	default:
		t.kind, t.text = word, l.bare()
	}
	return t
}

// skipSpace skips white space and comments, which begin only where a word could.
func (l *nginxLexer) skipSpace() {
	for l.at < len(l.text) {
		switch l.text[l.at] {
		case '\n':
			l.line++
			l.at++
		case ' ', '\t', '\r':
			l.at++
		case '#':
			if end := strings.IndexByte(l.text[l.at:], '\n'); end >= 0 {
				l.at += end
			} else {
				l.at = len(l.text)
			}
		default:
			return
		}
	}
}

// bare reads a word without quotes. A { after $ belongs to a variable.
func (l *nginxLexer) bare() string {
	start, variable := l.at, false
	for ; l.at < len(l.text); l.at++ {
		switch c := l.text[l.at]; {
		case c == '\\' && l.at+1 < len(l.text):
			l.at++
			l.line += strings.Count(l.text[l.at:l.at+1], "\n")
			variable = false
		case c == '{' && variable:
			variable = false
		case strings.IndexByte(" \t\r\n;{", c) >= 0:
			return unescape(l.text[start:l.at])
		default:
			variable = c == '$'
		}
	}
	return unescape(l.text[start:])
}

// quoted reads a word in quotes.
func (l *nginxLexer) quoted(quote byte) (text string, broken bool) {
	l.at++
	for start := l.at; l.at < len(l.text); l.at++ {
		switch c := l.text[l.at]; c {
		case quote:
			l.at++
			return unescape(l.text[start : l.at-1]), false
		case '\\':
			if l.at++; l.at < len(l.text) && l.text[l.at] == '\n' {
				l.line++
			}
		case '\n':
			l.line++
		}
	}
	l.at = len(l.text)
	return "", true
}

// unescape takes the backslashes away that nginx takes away.
func unescape(text string) string {
	if strings.IndexByte(text, '\\') < 0 {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '\\' && i+1 < len(text) {
			if at := strings.IndexByte(`"'\trn`, text[i+1]); at >= 0 {
				i++
				c = "\"'\\\t\r\n"[at]
			}
		}
		out.WriteByte(c)
	}
	return out.String()
}

// skipLua skips the body of a *_by_lua_block, whose { was read: Lua has braces
// in strings and comments of its own. false: nothing closes it.
func (l *nginxLexer) skipLua() bool {
	for depth := 1; l.at < len(l.text); {
		rest := l.text[l.at:]
		switch c := rest[0]; {
		case strings.HasPrefix(rest, "--"):
			l.at += 2
			if !l.skipLongBracket() {
				l.skipTo("\n")
			}
			continue
		case c == '[' && l.skipLongBracket():
			continue
		case c == '"' || c == '\'':
			l.skipLuaString(c)
			continue
		case c == '\n':
			l.line++
		case c == '{':
			depth++
		case c == '}':
			depth--
		}
		if l.at++; depth == 0 {
			return true
		}
	}
	return false
}

// skipLongBracket skips [[…]], [=[…]=] and so on, if one begins here.
func (l *nginxLexer) skipLongBracket() bool {
	rest := l.text[l.at:]
	if !strings.HasPrefix(rest, "[") {
		return false
	}
	level := 1
	for level < len(rest) && rest[level] == '=' {
		level++
	}
	if level >= len(rest) || rest[level] != '[' {
		return false
	}
	l.at += level + 1
	l.skipTo("]" + rest[1:level] + "]")
	return true
}

// skipTo goes behind the next end, or to the end of the file.
func (l *nginxLexer) skipTo(end string) {
	i := strings.Index(l.text[l.at:], end)
	if i < 0 {
		i = len(l.text) - l.at
	} else {
		i += len(end)
	}
	l.line += strings.Count(l.text[l.at:l.at+i], "\n")
	l.at += i
}

// skipLuaString skips a string in quotes; one that its line does not close ends
// there.
func (l *nginxLexer) skipLuaString(quote byte) {
	for l.at++; l.at < len(l.text); l.at++ {
		switch l.text[l.at] {
		case '\\':
			if l.at++; l.at < len(l.text) && l.text[l.at] == '\n' {
				l.line++
			}
		case quote:
			l.at++
			return
		case '\n':
			return
		}
	}
	l.at = len(l.text)
}
