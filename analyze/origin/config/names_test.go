package config

import (
	"strings"
	"testing"
)

func TestNginxNames(t *testing.T) {
	for _, test := range []struct {
		word     string
		kind     NameKind
		matching string // names, with spaces between
		other    string
		problem  bool
	}{
		{word: "WWW.example.com", matching: "www.example.com", other: "example.com a.www.example.com"},
		{word: "*.example.com", kind: Leading, matching: "a.example.com a.b.example.com", other: "example.com xexample.com .example.com"},
		{word: ".example.com", kind: Leading, matching: "example.com a.example.com", other: "xexample.com example.com.x"},
		{word: "www.*", kind: Ending, matching: "www.a www.a.b", other: "www www. wwwx.a"},
		{word: "_", matching: "_", other: "a.b"},
		{word: "*", problem: true, other: "a.b *"},
		{word: "w*.example.com", problem: true},
		{word: "*.example.*", kind: Leading, problem: true},
		{word: "*.", kind: Leading, problem: true},
		{word: "a.*.com", problem: true},
		{word: `~^(?<name>[a-z]+)\.x$`, kind: Regex, matching: "abc.x", other: "abc.xy 1.x"},
		{word: `~^(?P<name>[a-z]+)\.x$`, kind: Regex, matching: "abc.x"},
		{word: `~^(?'name'[a-z]+)-(?'other'[a-z]+)\.x$`, kind: Regex, matching: "a-b.x", other: "a.x"},
		{word: `~EXAMPLE`, kind: Regex, matching: "an.example.com"},
		{word: `~^(?!www)`, kind: Regex, problem: true, other: "a.b"},
		{word: `~(`, kind: Regex, problem: true, other: "("},
		{word: "~(?'", kind: Regex, problem: true},
		{word: "~" + strings.Repeat("a", maxExpression+1), kind: Regex, problem: true},
	} {
		room := maxInstructions
		name, problem := nginxName(test.word, &room)
		if (problem != "") != test.problem || name.Kind != test.kind {
			t.Errorf("%s: kind %v, problem %q", test.word, name.Kind, problem)
		}
		if test.problem && test.kind != Regex {
			continue // it is no name, and nobody asks it
		}
		for _, sni := range strings.Fields(test.matching) {
			if !name.matches(sni) {
				t.Errorf("%s does not match %s", test.word, sni)
			}
		}
		for _, sni := range strings.Fields(test.other) {
			if name.matches(sni) {
				t.Errorf("%s matches %s", test.word, sni)
			}
		}
	}
}

// TestExpressionsAreBounded: each alone is small enough, and together they are not.
func TestExpressionsAreBounded(t *testing.T) {
	room, understood := maxInstructions, 0
	for range 100 {
		if _, problem := nginxName("~"+strings.Repeat("a{999}", 100), &room); problem == "" {
			understood++
		}
	}
	if understood == 0 || understood > 20 {
		t.Errorf("%d of 100 huge expressions were compiled", understood)
	}
}

func TestShellPatterns(t *testing.T) {
	for _, test := range []struct {
		pattern, name string
		want          bool
	}{
		{"*.example.com", "a.b.example.com", true},
		{"*.example.com", "example.com", false},
		{"*", "", true},
		{"?", "", false},
		{"a?c", "abc", true},
		{"a*b*c", "aXbYbZc", true},
		{"a*b*c", "aXbYbZ", false},
		{"***", "x", true},
		{"", "", true},
		{"", "x", false},
		{"a*", "a", true},
	} {
		if got := matchesShell(test.pattern, test.name); got != test.want {
			t.Errorf("%q, %q: %v", test.pattern, test.name, got)
		}
	}
	if matchesShell(strings.Repeat("a*", 2000)+"b", strings.Repeat("a", 20000)) { // takes for ever where it goes back to every star
		t.Error("a pattern matches that cannot")
	}
}

func TestFillVariables(t *testing.T) {
	for _, test := range []struct{ file, sni, want string }{
		{"/a/$ssl_server_name.pem", "www.example.com", "/a/www.example.com.pem"},
		{"/a/${ssl_server_name}_x.pem", "A.b", "/a/A.b_x.pem"},
		{"/a/$ssl_server_name.pem", "", "/a/.pem"},
		{"/a/$ssl_server_name.pem", "../../etc/shadow", "/a/${ssl_server_name}.pem"},
		{"/a/$ssl_server_name.pem", "..", "/a/${ssl_server_name}.pem"},
		{"/a/$ssl_server_name.pem", "a\x00b", "/a/${ssl_server_name}.pem"},
		{"/a/$server_addr-$server_port.pem", "", "/a/192.0.2.1-443.pem"},
		{"/a/$other.pem", "x", "/a/${other}.pem"},
		{"/a/b.pem", "x", "/a/b.pem"},
	} {
		if got := fillVariables(test.file, test.sni, address("192.0.2.1:443"), nil); got != test.want {
			t.Errorf("%s for %q: %s, want %s", test.file, test.sni, got, test.want)
		}
	}
}
