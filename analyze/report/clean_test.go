package report

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	tests := []struct {
		name, in string
		max      int
		want     string
	}{
		{"plain", "www.example.com", 20, "www.example.com"},
		{"empty", "", 5, ""},
		{"exactly as wide", "www.example.com", 15, "www.example.com"},
		{"one too wide", "www.example.com", 14, "www.exa…le.com"},
		{"no limit", strings.Repeat("a", 300), 0, strings.Repeat("a", 300)},
		{"one column", "www.example.com", 1, "…"},
		{"two columns", "www.example.com", 2, "w…"},
		{"escape sequence", "\x1b[2Jx\x7f", 20, `\x1b[2Jx\x7f`},
		{"newline and tab", "a\r\n\tb", 20, `a\x0d\x0a\x09b`},
		{"C1 as rune", "a\u009b2J", 20, `a\u009b2J`},
		{"C1 as byte", "a\x9b2J", 20, `a\x9b2J`},
		{"invalid UTF-8", "a\xff\xc3", 20, `a\xff\xc3`},
		{"a surrogate", "\xed\xa0\x80", 20, `\xed\xa0\x80`},
		{"the real U+FFFD", "a\ufffdb", 20, "a\ufffdb"},
		{"bidirectional", "a\u202egnp.exe\u2066\u200f\u061c", 99, `a\u202egnp.exe\u2066\u200f\u061c`},
		{"no width", "a\u200bb\u200d\ufeff\u00ad\u2060", 99, `a\u200bb\u200d\ufeff\u00ad\u2060`},
		{"separators", "a\u2028b\u2029\u0085\u00a0\u3000", 99, `a\u2028b\u2029\u0085\u00a0\u3000`},
		{"nothing to see", "\u3164\u115f\u2800\U000e0001\U000e0100\ufe0f\u034f", 99, `\u3164\u115f\u2800\U000e0001\U000e0100\ufe0f\u034f`},
		{"unassigned and private", "\u0378\ue000\U0010ffff", 99, `\u0378\ue000\U0010ffff`},
		{"Japanese", "画像.example.jp", 15, "画像.example.jp"},
		{"Japanese, shortened", "画像画像画像画像", 9, "画像…画像"},
		{"Japanese, half a character", "画像画像画像画像", 8, "画像…像"},
		{"letters with marks", "e\u0301tude", 20, "e\u0301tude"},
		{"a heap of marks", "e" + strings.Repeat("\u0301", 4), 40, "e\u0301\u0301" + `\u0301\u0301`},
		{"a mark alone", "\u0301a", 20, `\u0301a`},
		{"shortened before an escape", "aaaaaaaaaa\x1b", 9, `aaaa…\x1b`},
		{"no room for an escape", "aaaaaaaaaa\x1b", 7, `aaa…`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Clean(test.in, test.max); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// TestCleanHugeName makes sure that the work does not grow with what is left out.
func TestCleanHugeName(t *testing.T) {
	for _, s := range []string{attack, "\u0301", "画", "\xff", "a\u0301\u0301\u0301"} {
		huge := strings.Repeat(s, 64<<10)
		got := Clean(huge, 40)
		if n := columns(got); n > 40 || n < 20 {
			t.Errorf("%q: %d columns: %q", s, n, got)
		}
		if allocs := testing.AllocsPerRun(5, func() { Clean(huge, 40) }); allocs > 2000 { // one an escape would be 64 Ki
			t.Errorf("%q: %v allocations", s, allocs)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "www.example.com", attack, "画像.example.jp", "e\u0301\u0301\u0301", "👩‍👩‍👧‍👦🇯🇵1️⃣", "한국\u1100\u1161\u11a8",
		"\u0627\u0644", "\xed\xa0\x80", "क्षि", "\u0e33\u0e33"} {
		for _, max := range []int{0, 1, 5, 12} {
			f.Add(s, max)
		}
	}
	f.Fuzz(func(t *testing.T, s string, max int) {
		got := Clean(s, max)
		if !utf8.ValidString(got) {
			t.Errorf("not UTF-8: %q", got)
		}
		for _, r := range got {
			if unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
				t.Errorf("%U survives in %q", r, got)
			}
		}
		if n := columns(got); max > 0 && n > max {
			t.Errorf("%d columns, want at most %d: %q", n, max, got)
		}
		if max > 0 && len(got) > (max+1)*utf8.UTFMax*(1+maxMarks) {
			t.Errorf("%d bytes for %d columns: %q", len(got), max, got)
		}
	})
}

func TestWrap(t *testing.T) {
	tests := []struct {
		in    string
		width int
		want  string
	}{
		{"", 10, ""},
		{"one two three", 7, "one two|three"},
		{"one two three", 13, "one two three"},
		{"a verylongword b", 5, "a|veryl|ongwo|rd b"},
		{"画像画像画像", 5, "画像|画像|画像"},
		{"画", 1, "画"},
	}
	for _, test := range tests {
		if got := strings.Join(wrap(test.in, test.width), "|"); got != test.want {
			t.Errorf("wrap(%q, %d) = %q, want %q", test.in, test.width, got, test.want)
		}
	}
}

func BenchmarkClean(b *testing.B) {
	for name, s := range map[string]string{"plain": "origin.example.shibata.tech", "Japanese": "画像.example.jp", "attack": attack,
		"huge": strings.Repeat(attack, 1000)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Clean(s, 40)
			}
		})
	}
}
