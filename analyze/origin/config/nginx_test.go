package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestNginxLexer(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"a b;\nc{d;}", "1:a 1:b 1; 2:c 2{ 2:d 2; 2}"},
		{"# comment { ;\na;", "2:a 2;"},
		{"a#b c;#d", "1:a#b 1:c 1;"},
		{`a "b c" 'd "e' "f\"g" "h\\i";`, `1:a 1:b c 1:d "e 1:f"g 1:h\i 1;`},
		{`a "~^\w+\.b$" ~\d;`, `1:a 1:~^\w+\.b$ 1:~\d 1;`},
		{"a /${b}c;", "1:a 1:/${b}c 1;"},
		{"a b$c{", "1:a 1:b$c 1{"},
		{"a b\\ c;", "1:a 1:b\\ c 1;"},
		{"a \"b\nc\" d;", "1:a 1:b\nc 2:d 2;"},
		{"a}", "1:a}"},
		{"a \"b", "1:a 1!"},
		{"\xff\x00;", "1:\xff\x00 1;"},
		{"", ""},
	} {
		var got []string
		lex := newNginxLexer(test.text)
		for t := lex.next(); t.kind != endOfFile; t = lex.next() {
			sign := map[tokenKind]string{terminator: ";", openBlock: "{", closeBlock: "}", word: ":" + t.text}[t.kind]
			if t.broken {
				sign = "!"
			}
			got = append(got, fmt.Sprint(t.line, sign))
		}
		if got := strings.Join(got, " "); got != test.want {
			t.Errorf("%q:\n got %q\nwant %q", test.text, got, test.want)
		}
	}
}

// lua has braces in every place where they are not braces.
const lua = `
	server {
		listen 443 ssl;
		ssl_certificate_by_lua_block {
			local a = "}" -- } '
			--[[ } ]] local b = '\'}' --[==[
			} ]] ]==]
			local c = [[ } ]] .. [=[ }]] ]=]
			if a then b = { c = {} } end
		}
		location / { content_by_lua_block { ngx.say("}") } }
		ssl_certificate lua.pem;
	}`

func TestNginxLua(t *testing.T) {
	c := ReadNginx(tree(t, map[string]string{"/etc/nginx/nginx.conf": "http {" + lua + "}"}), "/etc/nginx/nginx.conf", "")
	noNotes(t, c)
	if got := chosen(c, "", "192.0.2.1:443"); got != "/etc/nginx/lua.pem" {
		t.Errorf("after Lua: %s", got)
	}
	if len(c.Sites) != 1 || c.Sites[0].Certificates[0].At.Line != 12 {
		t.Errorf("%+v", c.Sites)
	}
}

func TestNginxListen(t *testing.T) {
	for _, test := range []struct{ directive, on, off string }{
		{"listen 443 ssl;", "192.0.2.1:443", "[2001:db8::1]:443 192.0.2.1:80"},
		{"listen *:443 ssl;", "192.0.2.1:443", "[2001:db8::1]:443"},
		{"listen [::]:443 ssl;", "[2001:db8::1]:443", "192.0.2.1:443"},
		{"listen [::]:443 ssl ipv6only=off;", "[2001:db8::1]:443 192.0.2.1:443", "192.0.2.1:80"},
		{"listen 192.0.2.1:443 ssl;", "192.0.2.1:443 [::ffff:192.0.2.1]:443", "192.0.2.2:443"},
		{"listen 192.0.2.1 ssl;", "192.0.2.1:80", "192.0.2.1:443"},
		{"listen [2001:db8::1]:443 ssl;", "[2001:db8::1]:443", "[2001:db8::2]:443"},
		{"listen 8000-8010 ssl;", "192.0.2.1:8000 192.0.2.1:8010", "192.0.2.1:8011 192.0.2.1:7999"},
		{"listen localhost:443 ssl;", "127.0.0.1:443", "192.0.2.1:443"},
		{"listen www.example.com:443 ssl;", "192.0.2.1:443", "192.0.2.1:80"},
		{"listen unix:/run/x ssl;", "", "192.0.2.1:443 192.0.2.1:80"},
		{"listen 443 quic;", "", "192.0.2.1:443"},
		{"listen 443; ssl on;", "192.0.2.1:443", ""},
		{"ssl on;", "192.0.2.1:80", "192.0.2.1:443"},
		{"listen 99999 ssl;", "", "192.0.2.1:443"},
		{"listen [::x]:443 ssl;", "", "192.0.2.1:443"},
	} {
		text := "http { server { ssl_certificate c.pem; " + test.directive + " } }"
		c := ReadNginx(tree(t, map[string]string{"/etc/nginx/nginx.conf": text}), "/etc/nginx/nginx.conf", "")
		for _, server := range strings.Fields(test.on) {
			if got := chosen(c, "x", server); got != "/etc/nginx/c.pem" {
				t.Errorf("%s: %s has %q", test.directive, server, got)
			}
		}
		for _, server := range strings.Fields(test.off) {
			if got := chosen(c, "x", server); got != "nothing" {
				t.Errorf("%s: %s has %q", test.directive, server, got)
			}
		}
	}
}

// TestNginxInheritance: what a server sets takes the place of what http sets,
// as a whole, wherever in the file it stands.
func TestNginxInheritance(t *testing.T) {
	c := ReadNginx(tree(t, map[string]string{
		"/etc/nginx/nginx.conf": `
			error_log /var/log/nginx/main.log;
			http {
				include sites/*;
				error_log logs/http.log warn;
				ssl_certificate a.pem; ssl_certificate /b.pem;
				ssl_protocols TLSv1.2; ssl_ciphers HIGH; ssl_ecdh_curve X25519:P-256; ssl_verify_client on;
			}`,
		"/etc/nginx/sites/1": `server { listen 443 ssl http2; }`,
		"/etc/nginx/sites/2": `server { listen 443 ssl; server_name two; ssl_certificate "sub dir/c.pem"; ssl_protocols TLSv1.2 TLSv1.3;
			ssl_verify_client off; error_log syslog:server=x info; error_log /e; ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256; ssl_reject_handshake on; }`,
	}), "/etc/nginx/nginx.conf", "/opt/prefix")
	noNotes(t, c)
	if len(c.Sites) != 2 {
		t.Fatalf("%d sites", len(c.Sites))
	}
	one, two := c.Sites[0], c.Sites[1]
	for what, pair := range map[string][2]any{
		"certificates of one": {[]string{one.Certificates[0].File, one.Certificates[1].File}, []string{"/etc/nginx/a.pem", "/b.pem"}},
		"certificates of two": {[]string{two.Certificates[0].File}, []string{"/etc/nginx/sub dir/c.pem"}},
		"protocols":           {[][]string{one.Protocols, two.Protocols}, [][]string{{"TLSv1.2"}, {"TLSv1.2", "TLSv1.3"}}},
		"ciphers":             {[]string{one.Ciphers, two.Ciphers, two.Suites, one.Groups}, []string{"HIGH", "HIGH", "TLS_AES_128_GCM_SHA256", "X25519:P-256"}},
		"clients":             {[]string{one.VerifyClient, two.VerifyClient}, []string{"on", ""}},
		"logs of one":         {[]string{one.ErrorLogs[0].File, one.ErrorLogs[0].Level}, []string{"/opt/prefix/logs/http.log", "warn"}},
		"logs of two":         {[]string{two.ErrorLogs[0].File, two.ErrorLogs[0].Level, two.ErrorLogs[1].File, two.ErrorLogs[1].Level}, []string{"syslog:server=x", "info", "/e", "error"}},
		"main log":            {c.ErrorLogs[0].File, "/var/log/nginx/main.log"},
		"h2":                  {[]bool{slices.Contains(one.ALPN, "h2"), slices.Contains(two.ALPN, "h2")}, []bool{true, false}},
		"reject":              {[]bool{one.RejectHandshake, two.RejectHandshake}, []bool{false, true}},
		"position":            {two.Certificates[0].At, Position{"/etc/nginx/sites/2", 1}},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s: %v, want %v", what, pair[0], pair[1])
		}
	}
}

// TestNginxDefaultLog: without error_log the log is where packages and builds
// from source have it.
func TestNginxDefaultLog(t *testing.T) {
	for file, want := range map[string]string{
		"/etc/nginx/nginx.conf":            "/var/log/nginx/error.log",
		"/usr/local/nginx/conf/nginx.conf": "/usr/local/nginx/logs/error.log",
	} {
		c := ReadNginx(tree(t, map[string]string{file: "http { server {} }"}), file, "")
		if c.ErrorLogs[0].File != want || c.ErrorLogs[0].Level != "error" || c.Sites[0].ErrorLogs[0] != c.ErrorLogs[0] {
			t.Errorf("%s: %+v", file, c.ErrorLogs)
		}
		if hidden, is := c.Hides(c.Sites[0]); !is || hidden.Write != "error_log "+want+" info;" || hidden.At != (Position{}) {
			t.Errorf("%s: %+v", file, hidden)
		}
	}
}

func TestNginxStream(t *testing.T) {
	c := ReadNginx(tree(t, map[string]string{"/etc/nginx/nginx.conf": `
		stream {
			server { listen 443 ssl; ssl_certificate c.pem; proxy_pass x; }
			server { listen 8443; ssl_preread on; proxy_pass $x; }
		}
		http { server { listen 80; } }`}), "/etc/nginx/nginx.conf", "")
	if got := chosen(c, "x", "192.0.2.1:443"); got != "/etc/nginx/c.pem" || c.Sites[0].PassesThrough {
		t.Errorf("443: %s", got)
	}
	choice, _ := c.Choose("x", address("192.0.2.1:8443"))
	if choice.TLS || choice.Site == nil || !choice.Site.PassesThrough {
		t.Errorf("8443: %+v", choice)
	}
	if choice, _ := c.Choose("x", address("192.0.2.1:80")); choice.Site == nil || choice.Site.PassesThrough {
		t.Errorf("80: %+v", choice)
	}
}

// TestNginxNotes: what is broken is said, and the rest is read.
func TestNginxNotes(t *testing.T) {
	for text, says := range map[string]string{
		"include missing.conf;":                        "missing.conf cannot be read",
		"include nowhere/*.conf;":                      "matches no file",
		"include a b;":                                 "2 arguments",
		"http { server { listen 443 ssl;":              "nothing closes the block",
		"} }":                                          "closes no block",
		"http { server { listen 443 ssl }":             "not ended by a ;",
		"error_log \"x;":                               "nothing closes the quote",
		"http { server { server_name a.*.b; } }":       "a * stands only first or last",
		"http { server { server_name ~(?=a); } }":      "regular expression",
		"http { server { listen x:y:z; } }":            "listen",
		"http { server { listen host.example:443; } }": "not looked up",
		"http { server { ssl_certificate /$x.pem; } }": "depends on $x",
		"http { server { ssl_certificate data:x; } }":  "in no file",
		"include nginx.conf;":                          "includes itself",
		"include loop;":                                "cannot be read",
		"include folder;":                              "not a regular file",
		strings.Repeat("http { ", 60):                  "deeper than 50",
		`http { server { server_name ~(?<u>.*); ssl_certificate $u; }}`: "the handshake fails",
	} {
		c := ReadNginx(tree(t, map[string]string{
			"/etc/nginx/nginx.conf":  "http { server { listen 9443 ssl; ssl_certificate kept.pem; } }\n" + text,
			"/etc/nginx/loop":        "-> pool",
			"/etc/nginx/pool":        "-> loop",
			"/etc/nginx/folder/file": "",
		}), "/etc/nginx/nginx.conf", "")
		hasNote(t, c, says)
		if got := chosen(c, "", "192.0.2.1:9443"); got != "/etc/nginx/kept.pem" {
			t.Errorf("%s: the rest is %q", text, got)
		}
	}
}
