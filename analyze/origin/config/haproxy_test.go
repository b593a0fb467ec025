package config

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestHAProxyWords(t *testing.T) {
	variables := func(name string) string { return "<" + name + ">" }
	for text, want := range map[string][]string{
		`bind :443 ssl # comment`:   {"bind", ":443", "ssl"},
		`a\ b "c d" 'e "f' g"h i"j`: {"a b", "c d", `e "f`, "gh ij"},
		`"$A" "${B}x" '$C' $D`:      {"<A>", "<B>x", "$C", "$D"},
		`"\$A" \# \\ \x41\n\q`:      {"$A", "#", `\`, "A\n\\q"},
		`"${A-b c}" "${A[*]}"`:      {"<A-b c>", "<A>"},
		`"" x`:                      {"", "x"},
		`"open`:                     {"open"},
		`\`:                         {`\`},
		`"$" "${"`:                  {"$", "${"},
		`  `:                        nil,
	} {
		if got := haproxyWords(text, variables); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestHAProxyAddresses(t *testing.T) {
	for _, test := range []struct{ bind, on, off string }{
		{":443", "192.0.2.1:443", "[2001:db8::1]:443 192.0.2.1:80"},
		{"*:443", "192.0.2.1:443", "[2001:db8::1]:443"},
		{":::443", "192.0.2.1:443 [2001:db8::1]:443", ""},
		{"[::]:443 v4v6", "192.0.2.1:443 [2001:db8::1]:443", ""},
		{":::443 v6only", "[2001:db8::1]:443", "192.0.2.1:443"},
		{"ipv6@:443 v6only", "[2001:db8::1]:443", "192.0.2.1:443"},
		{"ipv4@192.0.2.1:443,192.0.2.2:8443", "192.0.2.1:443 192.0.2.2:8443", "192.0.2.2:443"},
		{"192.0.2.1:8000-8001", "192.0.2.1:8001", "192.0.2.1:8002"},
		{"2001:db8::1:443", "[2001:db8::1]:443", "[2001:db8::2]:443"},
		{"/run/socket", "", "192.0.2.1:443"},
		{"unix@/run/socket", "", "192.0.2.1:443"},
		{"quic4@:443", "", "192.0.2.1:443"},
		{"host.example:443", "192.0.2.1:443", "192.0.2.1:80"},
		{"443", "", "192.0.2.1:443"},
	} {
		address, options, _ := strings.Cut(test.bind, " ")
		text := "frontend f\n bind " + address + " ssl crt /c.pem " + options + "\n"
		c := ReadHAProxy(tree(t, map[string]string{"/h.cfg": text, "/c.pem": ""}), "/", "/h.cfg")
		for _, server := range strings.Fields(test.on) {
			if got := chosen(c, "x", server); got != "/c.pem" {
				t.Errorf("%s: %s has %q", test.bind, server, got)
			}
		}
		for _, server := range strings.Fields(test.off) {
			if got := chosen(c, "x", server); got != "nothing" {
				t.Errorf("%s: %s has %q", test.bind, server, got)
			}
		}
	}
}

func TestHAProxyVersions(t *testing.T) {
	for _, test := range []struct{ global, bind, want string }{
		{"", "", "[]"},
		{"ssl-min-ver TLSv1.0", "", "[TLSv1 TLSv1.1 TLSv1.2 TLSv1.3]"},
		{"ssl-min-ver TLSv1.2 no-tls-tickets", "", "[TLSv1.2 TLSv1.3]"},
		{"ssl-min-ver TLSv1.2", "ssl-min-ver TLSv1.3", "[TLSv1.3]"},
		{"", "ssl-max-ver TLSv1.2", "[TLSv1.2]"},
		{"", "force-tlsv12", "[TLSv1.2]"},
		{"no-tlsv13", "", "[TLSv1.2]"},
		{"no-tlsv10 no-tlsv11 no-tlsv12", "", "[TLSv1.3]"},
		{"ssl-min-ver TLSv1.0 no-tlsv10", "", "[TLSv1.1 TLSv1.2 TLSv1.3]"},
	} {
		text := "global\n ssl-default-bind-options " + test.global + "\nfrontend f\n bind :443 ssl crt /c.pem " + test.bind + "\n"
		c := ReadHAProxy(tree(t, map[string]string{"/h.cfg": text, "/c.pem": ""}), "/", "/h.cfg")
		noNotes(t, c)
		if got := fmt.Sprint(c.Sites[0].Protocols); got != test.want {
			t.Errorf("%q, %q: %s, want %s", test.global, test.bind, got, test.want)
		}
	}
}

// TestHAProxySections: what a frontend has from global and defaults.
func TestHAProxySections(t *testing.T) {
	c := ReadHAProxy(tree(t, map[string]string{
		"/etc/haproxy/haproxy.cfg": `
global
	log /dev/log local0
	log /dev/log local1 notice
	ssl-default-bind-ciphers HIGH
	ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256
	ssl-default-bind-curves X25519
	setenv PORT 8443
	default-path config
defaults first
	mode http
	log global
	option httplog
defaults
	mode tcp
frontend plain
	bind :80
frontend web from first
	bind ":${PORT}" ssl crt c.pem alpn h2,http/1.1 verify required ciphers LOW curves P-256 name web
backend b
	bind :1 ssl crt c.pem
`,
		"/etc/haproxy/conf.d/a.cfg":     "listen more\n mode http\n log 192.0.2.9:514 len 2048 format rfc5424 local0 err\n bind :9443 ssl crt /c.pem strict-sni\n",
		"/etc/haproxy/conf.d/.hidden":   "nonsense",
		"/etc/haproxy/conf.d/readme.md": "nonsense",
		"/etc/haproxy/c.pem":            "", "/c.pem": "",
	}), "/", "/etc/haproxy/haproxy.cfg", "/etc/haproxy/conf.d")
	noNotes(t, c)
	if len(c.Sites) != 3 {
		t.Fatalf("%d sites", len(c.Sites))
	}
	plain, web, more := c.Sites[0], c.Sites[1], c.Sites[2]
	for what, pair := range map[string][2]any{
		"labels":    {[]string{plain.Label, web.Label, more.Label}, []string{"plain", "web", "more"}},
		"passes":    {[]bool{plain.PassesThrough, web.PassesThrough, more.PassesThrough}, []bool{true, false, false}},
		"ciphers":   {[]string{web.Ciphers, web.Suites, web.Groups, more.Ciphers, more.Groups}, []string{"LOW", "TLS_AES_128_GCM_SHA256", "P-256", "HIGH", "X25519"}},
		"ALPN":      {web.ALPN, []string{"h2", "http/1.1"}},
		"clients":   {web.VerifyClient, "required"},
		"strict":    {more.StrictSNI, true},
		"port":      {web.Listens[0].Port, uint16(8443)},
		"file":      {web.Certificates[0].File, "/etc/haproxy/c.pem"},
		"web logs":  {[]string{web.ErrorLogs[0].Level, web.ErrorLogs[1].Level}, []string{"debug", "notice"}},
		"more logs": {[]string{more.ErrorLogs[0].File, more.ErrorLogs[0].Level}, []string{"192.0.2.9:514", "err"}},
		"no logs":   {len(plain.ErrorLogs), 0},
		"main logs": {len(c.ErrorLogs), 2},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s: %v, want %v", what, pair[0], pair[1])
		}
	}
	if _, hides := c.Hides(web); hides {
		t.Error("the log of web is said to hide")
	}
}

func TestHAProxyConditions(t *testing.T) {
	for text, want := range map[string]string{
		".if 1\nA\n.else\nB\n.endif":                      "a",
		".if 0\nA\n.elif 1\nB\n.else\nC\n.endif":          "b",
		".if 0\nA\n.elif 0\nB\n.else\nC\n.endif":          "c",
		".if 1\n.if 0\nA\n.endif\nB\n.endif":              "b",
		".if 0\n.if 1\nA\n.endif\n.endif\nB":              "b",
		".if feature(OPENSSL)\nA\n.else\nB\n.endif":       "a",
		".if 1\nA\n.elif defined(X)\nB\n.else\nC\n.endif": "a",
	} {
		for _, letter := range "ABC" {
			text = strings.Replace(text, "\n"+string(letter), "\nfrontend "+strings.ToLower(string(letter))+"\nbind :443", 1)
		}
		c := ReadHAProxy(tree(t, map[string]string{"/h.cfg": text}), "/", "/h.cfg")
		if len(c.Sites) != 1 || c.Sites[0].Label != want {
			t.Errorf("%s: %+v, want %s", text, c.Sites, want)
		}
	}
}

func TestHAProxyNotes(t *testing.T) {
	for text, says := range map[string]string{
		"bind :443 ssl crt /missing.pem":  "missing.pem cannot be read",
		"bind :443 ssl crt-list /missing": "missing cannot be read",
		"bind :443 ssl crt-list /list":    "nothing closes the [",
		"bind :443 ssl crt @store/x":      "crt-store",
		"bind x":                          "not understood",
		"bind host.example:443":           "not looked up",
		`log "$NOWHERE" local0`:           `"NOWHERE" has no value`,
		".if feature(X)\n.endif":          "taken as true",
		".endif":                          ".endif without .if",
		".else":                           ".else without .if",
		".if 1":                           "nothing ends an .if",
		"bind :443 ssl crt /loop":         "too many levels",
	} {
		c := ReadHAProxy(tree(t, map[string]string{
			"/h.cfg":    "frontend f\n bind :9443 ssl crt /kept.pem\n" + text + "\n",
			"/kept.pem": "", "/list": "c.pem [alpn h2\n", "/loop": "-> loop",
		}), "/", "/h.cfg")
		hasNote(t, c, says)
		if got := chosen(c, "x", "192.0.2.1:9443"); got != "/kept.pem" {
			t.Errorf("%q: the rest is %q", text, got)
		}
	}
}

// TestHAProxyWithoutNames: nobody has read the certificates yet.
func TestHAProxyWithoutNames(t *testing.T) {
	c := ReadHAProxy(tree(t, map[string]string{"/h.cfg": "frontend f\n bind :443 ssl crt /a.pem crt /b.pem default-crt /c.pem\n", "/a.pem": "", "/b.pem": "", "/c.pem": ""}), "/", "/h.cfg")
	if got := chosen(c, "x", "192.0.2.1:443"); got != "/c.pem" {
		t.Errorf("%s", got)
	}
}
