package report

import (
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// unicodeName gives an internationalised host name as people write it, beside
// its form in ASCII (RFC 5891); "" where it has none, or where it would not be
// safe to show. Only scripts are shown of which no letter looks like a Latin
// one: Han, Hiragana, Katakana and Hangul. A name in Cyrillic that looks like
// another in Latin stays in ASCII.
func unicodeName(name string) string {
	if len(name) > maxWord || !strings.Contains(strings.ToLower(name), "xn--") {
		return ""
	}
	labels := strings.Split(name, ".")
	for i, label := range labels {
		if !strings.HasPrefix(strings.ToLower(label), "xn--") {
			continue
		}
		decoded, err := idna.Display.ToUnicode(label)
		if err != nil || !plainScripts(decoded) {
			return ""
		}
		if again, err := idna.Lookup.ToASCII(decoded); err != nil || !strings.EqualFold(again, label) {
			return ""
		}
		labels[i] = decoded
	}
	return strings.Join(labels, ".")
}

// plainScripts tells whether a label is made of safe letters alone.
func plainScripts(label string) bool {
	for _, r := range label {
		switch {
		case r < unicode.MaxASCII:
		case r == 'ー', unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) && unicode.IsLetter(r):
		default:
			return false
		}
	}
	return true
}
