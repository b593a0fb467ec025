package config

import "strings"

// An apacheLine is a directive of Apache, its continuations joined.
type apacheLine struct {
	text string // trimmed; never empty, never a comment
	line int    // the first one
}

// An apacheLexer gives the lines of one file, as ap_cfg_getline does: a
// backslash at the very end of a line joins the next one to it, comments too.
type apacheLexer struct {
	rest string
	line int
}

// next gives the next line that says something; false: there is none.
func (l *apacheLexer) next() (apacheLine, bool) {
	for l.rest != "" {
		first := l.line + 1
		text := strings.TrimSpace(l.joined())
		if text != "" && text[0] != '#' {
			return apacheLine{text, first}, true
		}
	}
	return apacheLine{}, false
}

// joined reads one line and those that continue it.
func (l *apacheLexer) joined() string {
	var parts []string
	for l.rest != "" {
		var line string
		line, l.rest, _ = strings.Cut(l.rest, "\n")
		l.line++
		line = strings.TrimSuffix(line, "\r")
		before, continued := strings.CutSuffix(line, `\`)
		parts = append(parts, before)
		if !continued {
			break
		}
	}
	return strings.Join(parts, "")
}

// apacheWords cuts a line into words, as ap_getword_conf does: quotes group,
// and a backslash in them protects the quote and itself.
func apacheWords(text string) []string {
	var out []string
	for {
		text = strings.TrimLeft(text, " \t\v\f\r")
		if text == "" {
			return out
		}
		var word string
		if quote := text[0]; quote == '"' || quote == '\'' {
			word, text = apacheQuoted(text[1:], quote)
		} else {
			end := strings.IndexAny(text, " \t\v\f\r")
			if end < 0 {
				end = len(text)
			}
			word, text = strings.ReplaceAll(text[:end], `\\`, `\`), text[end:]
		}
		out = append(out, word)
	}
}

// apacheQuoted reads up to the quote, or to the end where nothing closes it.
func apacheQuoted(text string, quote byte) (word, rest string) {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == quote:
			return out.String(), text[i+1:]
		case text[i] == '\\' && i+1 < len(text) && (text[i+1] == quote || text[i+1] == '\\'):
			i++
		}
		out.WriteByte(text[i])
	}
	return out.String(), ""
}

// sectionOf reads <Name arguments> and </Name>. ok is false for other lines.
func sectionOf(text string) (name, args string, closing, ok bool) {
	inner, ok := strings.CutPrefix(text, "<")
	if !ok {
		return "", "", false, false
	}
	inner, closing = strings.CutPrefix(inner, "/")
	inner = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(inner), ">"))
	end := strings.IndexAny(inner, " \t")
	if end < 0 {
		end = len(inner)
	}
	return strings.ToLower(inner[:end]), strings.TrimSpace(inner[end:]), closing, true
}
