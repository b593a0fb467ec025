package report

import (
	"testing"
	"unicode/utf8"
)

func TestUnicodeName(t *testing.T) {
	for name, want := range map[string]string{
		"xn--r8jz45g.jp":              "例え.jp",
		"www.xn--r8jz45g.xn--q9jyb4c": "www.例え.みんな",
		"XN--R8JZ45G.jp":              "例え.jp",
		"xn--3e0b707e.kr":             "한국.kr",
		"*.xn--r8jz45g.jp":            "*.例え.jp",
		"xn--80ak6aa92e.com":          "", // Cyrillic that looks like apple
		"xn--mnchen-3ya.de":           "", // a Latin letter that can look like another
		"xn--.jp":                     "",
		"xn--a-ecp.ru":                "",
		"xn--zzzzzzzzzzzz.jp":         "",
		"www.example.com":             "",
		"例え.jp":                       "",
	} {
		if got := unicodeName(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func FuzzUnicodeName(f *testing.F) {
	f.Add("xn--r8jz45g.jp")
	f.Add("xn--80ak6aa92e.com")
	f.Fuzz(func(t *testing.T, name string) {
		got := unicodeName(name)
		if got == "" {
			return
		}
		if !utf8.ValidString(got) && utf8.ValidString(name) {
			t.Errorf("%q: %q", name, got)
		}
	})
}
