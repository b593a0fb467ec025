//go:build linux

package config

import (
	"os/exec"
	"testing"
)

// TestRealNginx compares with nginx itself.
func TestRealNginx(t *testing.T) {
	n, program := alone(t, "nginx")
	h := newHost(t)
	for _, name := range []string{"exact.pem", "exact-rsa.pem", "wild.pem", "longer.pem", "tail.pem", "tail-longer.pem", "regex.pem", "regex-second.pem",
		"default.pem", "dotted.pem", "first.pem", "one.pem", "var-a.test.pem", "inherited.pem", "single.pem", "capitals.pem"} {
		h.certificate(t, name, "names.of.certificates.do.not.count")
	}
	h.certificate(t, "capture-bob.pem", "x")
	serve := func(name, extra string) string {
		return "server { " + extra + " ssl_certificate " + name + ".pem; ssl_certificate_key " + name + ".pem.key; }\n"
	}
	h.write(t, "map/a", "*.m.test wild; v.test var-a.$ssl_server_name; mail.* tail;")
	h.certificate(t, "var-a.v.test.pem", "x")
	h.write(t, "sites/10.conf", ""+
		serve("first", "listen 8443 ssl; server_name first.test;")+
		serve("wild", "listen 8443; server_name *.example.test;")+
		serve("exact", "listen 8443; server_name other.test WWW.Example.Test; ssl_certificate exact-rsa.pem; ssl_certificate_key exact-rsa.pem.key;")+
		serve("longer", "listen 8443; server_name *.sub.example.test;")+
		serve("tail", "listen 8443; server_name mail.*;")+
		serve("tail-longer", "listen 8443; server_name mail.example.*;")+
		serve("dotted", "listen 8443; server_name .dotted.test;")+
		serve("capitals", `listen 8443; server_name "~^CAP[A-Z]+\.test$";`)+
		serve("regex", `listen 8443; server_name "~^(?<user>[a-z]{3})\.users\.test$";`)+
		serve("regex-second", `listen 8443; server_name ~users\.test$;`)+
		serve("default", "listen 8443 default_server; server_name _;")+
		serve("exact", "listen 8443; server_name exact-later.test;")+
		"server { listen 8443; server_name twice.test; ssl_certificate exact.pem; ssl_certificate_key exact.pem.key; ssl_certificate one.pem; ssl_certificate_key one.pem.key; }")
	h.write(t, "sites/20.conf", `
		server { listen 127.0.0.2:8443 ssl; server_name www.example.test; ssl_certificate one.pem; ssl_certificate_key one.pem.key; }
		server { listen 127.0.0.2:8443; server_name refuse.test; ssl_reject_handshake on; }
		server { listen 127.0.0.3:8443 ssl default_server; ssl_reject_handshake on; }
		server { listen 127.0.0.3:8443 ssl; server_name good.test; ssl_certificate one.pem; ssl_certificate_key one.pem.key; }
		server { listen 8444 ssl; server_name a.test; ssl_certificate FOLDER/var-$ssl_server_name.pem; ssl_certificate_key FOLDER/var-$ssl_server_name.pem.key; }
		server { listen 8445 ssl; }
		server { listen 8448 ssl; ssl_certificate FOLDER/$mapped.pem; ssl_certificate_key FOLDER/$mapped.pem.key; }
		server { listen 8446; server_name www.example.test; }
		server { listen [::]:8447 ssl ipv6only=off; ssl_certificate single.pem; ssl_certificate_key single.pem.key; }
	`)
	file := h.write(t, "nginx.conf", `daemon off; user root; worker_processes 1; pid FOLDER/nginx.pid; error_log relative.log crit;
		events {}
		http { access_log off; server_names_hash_bucket_size 128;
			ssl_certificate inherited.pem; ssl_certificate_key inherited.pem.key;
			map $ssl_server_name $mapped { hostnames; default default; m.test one; include map/*; ~^r[0-9]+\.test$ regex; *.sub.m.test longer; }
			include sites/*.conf; }`)
	h.write(t, "prefix/README", "")
	n.Serve(t, "127.0.0.1:8443", exec.Command(program, "-c", file, "-p", h.path("prefix"), "-e", h.path("error.log")))
	finds(t, file)
	c := ReadNginx(System{}, file, h.path("prefix"))
	if log := c.ErrorLogs[0].File; !exists(log) || log != h.path("prefix/relative.log") {
		t.Errorf("nginx does not log to %s", log)
	}
	compare(t, h, c, []served{
		{"127.0.0.1:8443", "www.example.test", ByExact, "exact.pem exact-rsa.pem"},
		{"127.0.0.1:8443", "first.test", ByExact, "first.pem"},
		{"127.0.0.1:8443", "twice.test", ByExact, "one.pem exact.pem"},
		{"127.0.0.1:8443", "exact-later.test", ByExact, "exact.pem"},
		{"127.0.0.1:8443", "a.example.test", ByWildcard, "wild.pem"},
		{"127.0.0.1:8443", "a.b.example.test", ByWildcard, "wild.pem"},
		{"127.0.0.1:8443", "a.sub.example.test", ByWildcard, "longer.pem"},
		{"127.0.0.1:8443", "sub.example.test", ByWildcard, "wild.pem"},
		{"127.0.0.1:8443", "example.test", ByDefault, "default.pem"},
		{"127.0.0.1:8443", "mail.example.test", ByWildcard, "wild.pem"},
		{"127.0.0.1:8443", "mail.example.org", ByWildcard, "tail-longer.pem"},
		{"127.0.0.1:8443", "mail.a.b.c", ByWildcard, "tail.pem"},
		{"127.0.0.1:8443", "dotted.test", ByWildcard, "dotted.pem"},
		{"127.0.0.1:8443", "x.dotted.test", ByWildcard, "dotted.pem"},
		{"127.0.0.1:8443", "xdotted.test", ByDefault, "default.pem"},
		{"127.0.0.1:8443", "bob.users.test", ByRegex, "regex.pem"},
		{"127.0.0.1:8443", "alice.users.test", ByRegex, "regex-second.pem"},
		{"127.0.0.1:8443", "capital.test", ByRegex, "capitals.pem"},
		{"127.0.0.1:8443", "unknown.test", ByDefault, "default.pem"},
		{"127.0.0.1:8443", "", ByDefault, "default.pem"},
		{"127.0.0.2:8443", "www.example.test", ByExact, "one.pem"},
		{"127.0.0.2:8443", "first.test", ByDefault, "one.pem"},
		{"127.0.0.2:8443", "refuse.test", ByExact, "refused"},
		{"127.0.0.3:8443", "good.test", ByExact, "one.pem"},
		{"127.0.0.3:8443", "bad.test", ByDefault, "refused"},
		{"127.0.0.3:8443", "", ByDefault, "refused"},
		{"127.0.0.1:8444", "a.test", ByExact, "var-a.test.pem"},
		{"127.0.0.1:8448", "m.test", ByOnly, "one.pem"},
		{"127.0.0.1:8448", "x.m.test", ByOnly, "wild.pem"},
		{"127.0.0.1:8448", "x.sub.m.test", ByOnly, "longer.pem"},
		{"127.0.0.1:8448", "mail.x", ByOnly, "tail.pem"},
		{"127.0.0.1:8448", "r7.test", ByOnly, "regex.pem"},
		{"127.0.0.1:8448", "v.test", ByOnly, "var-a.v.test.pem"},
		{"127.0.0.1:8448", "other.test", ByOnly, "default.pem"},
		{"127.0.0.1:8448", "", ByOnly, "default.pem"},
		{"127.0.0.1:8445", "a.test", ByOnly, "inherited.pem"},
		{"127.0.0.1:8446", "www.example.test", ByExact, "plain"},
		{"127.0.0.1:8447", "a.test", ByOnly, "single.pem"},
		{"[::1]:8447", "a.test", ByOnly, "single.pem"},
	})
}

// TestRealApache compares with Apache httpd itself.
func TestRealApache(t *testing.T) {
	n, program := alone(t, "apache2", "httpd")
	loading := apacheModules(t)
	h := newHost(t)
	for _, name := range []string{"exact.pem", "exact-rsa.pem", "wild.pem", "first.pem", "later.pem", "one.pem", "main.pem", "main-rsa.pem", "inner.pem", "off.pem"} {
		h.certificate(t, name, "names.of.certificates.do.not.count")
	}
	h.write(t, "sites/10-first.conf", `
		<VirtualHost *:8443>
			ServerName first.test
			SSLEngine on
			SSLCertificateFile ${CERTS}/first.pem
			SSLCertificateKeyFile ${CERTS}/first.pem.key
		</VirtualHost>
		<VirtualHost *:8443>
			ServerName www.example.test
			ServerAlias also.test \
				Third.Test
			SSLEngine on
			SSLCertificateFile "exact.pem"
			SSLCertificateKeyFile exact.pem.key
			SSLCertificateFile exact-rsa.pem
			SSLCertificateKeyFile exact-rsa.pem.key
		</VirtualHost>
		<VirtualHost *:8443>
			ServerName wild.test
			ServerAlias *.example.test in?de.test
			SSLEngine on
			SSLCertificateFile wild.pem
			SSLCertificateKeyFile wild.pem.key
		</VirtualHost>
		<VirtualHost *:8443>
			ServerName later.example.test
			SSLEngine on
			SSLCertificateFile later.pem
			SSLCertificateKeyFile later.pem.key
		</VirtualHost>
		<VirtualHost *:8443>
			ServerName off.test
		</VirtualHost>`)
	h.write(t, "sites/20-others.conf", `
		<IfModule mod_ssl.c>
		<VirtualHost 127.0.0.2:8443>
			ServerName one.test
			SSLEngine on
			SSLCertificateFile one.pem
			SSLCertificateKeyFile one.pem.key
		</VirtualHost>
		</IfModule>
		<IfModule mod_missing.c>
		<VirtualHost 127.0.0.2:8443>
			ServerName missing.test
		</VirtualHost>
		</IfModule>
		<VirtualHost _default_:8444>
			SSLEngine on
			<IfDefine INNER>
			Include parts
			</IfDefine>
		</VirtualHost>
		<VirtualHost *:8445>
			ServerName plain.test
		</VirtualHost>
		<VirtualHost *:8446>
			ServerName half.test
			SSLEngine on
			SSLCertificateFile one.pem
			SSLCertificateKeyFile one.pem.key
			SSLCertificateFile inner.pem
			SSLCertificateKeyFile inner.pem.key
		</VirtualHost>
		<VirtualHost *:8448>
			ServerName rsa.test
			SSLEngine on
			SSLCertificateFile exact-rsa.pem
			SSLCertificateKeyFile exact-rsa.pem.key
		</VirtualHost>
		<VirtualHost *:8447>
			ServerName none.test
			SSLEngine on
		</VirtualHost>`)
	h.write(t, "parts/inner.conf", "SSLCertificateFile inner.pem\nSSLCertificateKeyFile inner.pem.key\n")
	file := h.write(t, "httpd.conf", apacheMain(loading)+`ErrorLog FOLDER/error.log
		Define CERTS FOLDER
		Define INNER
		Listen 8443
		Listen 8444
		Listen 8445
		Listen 8446
		Listen 8447
		Listen 8448
		SSLCertificateFile main.pem
		SSLCertificateKeyFile main.pem.key
		SSLCertificateFile main-rsa.pem
		SSLCertificateKeyFile main-rsa.pem.key
		IncludeOptional sites/*.conf
		IncludeOptional nothing/*.conf
		`)
	n.Serve(t, "127.0.0.1:8443", exec.Command(program, "-f", file, "-DFOREGROUND"))
	finds(t, file)
	compare(t, h, ReadApache(System{}, file, ""), []served{
		{"127.0.0.1:8443", "first.test", ByExact, "main-rsa.pem first.pem"},
		{"127.0.0.1:8443", "www.example.test", ByExact, "exact-rsa.pem exact.pem"},
		{"127.0.0.1:8443", "third.test", ByExact, "exact-rsa.pem exact.pem"},
		{"127.0.0.1:8443", "wild.test", ByExact, "main-rsa.pem wild.pem"},
		{"127.0.0.1:8443", "a.b.example.test", ByWildcard, "main-rsa.pem wild.pem"},
		{"127.0.0.1:8443", "inside.test", ByDefault, "main-rsa.pem first.pem"},
		{"127.0.0.1:8443", "inxde.test", ByWildcard, "main-rsa.pem wild.pem"},
		{"127.0.0.1:8443", "later.example.test", ByWildcard, "main-rsa.pem wild.pem"},
		{"127.0.0.1:8443", "off.test", ByExact, "main-rsa.pem first.pem"},
		{"127.0.0.1:8443", "unknown.test", ByDefault, "main-rsa.pem first.pem"},
		{"127.0.0.1:8443", "", ByDefault, "main-rsa.pem first.pem"},
		{"127.0.0.2:8443", "one.test", ByExact, "main-rsa.pem one.pem"},
		{"127.0.0.2:8443", "www.example.test", ByOnly, "main-rsa.pem one.pem"},
		{"127.0.0.1:8444", "any.test", ByOnly, "main-rsa.pem inner.pem"},
		{"127.0.0.1:8445", "plain.test", ByExact, "plain"},
		{"127.0.0.1:8446", "half.test", ByExact, "inner.pem one.pem"},
		{"127.0.0.1:8447", "none.test", ByExact, "main-rsa.pem main.pem"},
		{"127.0.0.1:8448", "rsa.test", ByExact, "main-rsa.pem exact-rsa.pem"},
	})
}

// TestRealHAProxy compares with HAProxy itself.
func TestRealHAProxy(t *testing.T) {
	n, program := alone(t, "haproxy")
	h := newHost(t)
	h.bundle(t, "dir/a.pem", "www.example.test", "shared.test")
	h.bundle(t, "dir/b-rsa.pem", "www.example.test")
	h.bundle(t, "dir/c.pem", "*.example.test")
	h.bundle(t, "dir/d-rsa.pem", "*.mixed.test")
	h.bundle(t, "dir/e.pem", "rsaexact.mixed.test", "shared.test")
	h.bundle(t, "default.pem", "default.test")
	h.bundle(t, "list/a.pem", "unused.test")
	h.bundle(t, "list/b.pem", "not.used.either.test")
	h.bundle(t, "list/c.pem", "own.test")
	h.bundle(t, "pair.pem.ecdsa", "pair.test")
	h.bundle(t, "pair.pem.rsa", "pair.test")
	h.write(t, "dir/.hidden", "not a certificate")
	h.write(t, "dir/z.key", "not a certificate")
	h.write(t, "crt.list", "# comment\nFOLDER/list/a.pem !*\n\nlist/b.pem [alpn h2,http/1.1] *.filter.test Exact.Test !no.filter.test\nlist/c.pem\n")
	file := h.write(t, "haproxy.cfg", `global
	log stderr local0 crit
	crt-base FOLDER
	ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
	mode http
	log global
	option dontlognull
	timeout client 5s
	timeout connect 5s
	timeout server 5s
frontend web
	bind 127.0.0.1:8443,127.0.0.2:8443 ssl crt default.pem crt dir
	bind :8444 ssl crt dir strict-sni
	bind *:8445-8446 ssl crt-list FOLDER/crt.list
	bind "127.0.0.1:8447" ssl crt pair.pem
	bind 127.0.0.1:8448
`)
	n.Serve(t, "127.0.0.1:8443", exec.Command(program, "-db", "-f", file))
	finds(t, file)
	compare(t, h, ReadHAProxy(System{}, "/", file), []served{
		{"127.0.0.1:8443", "www.example.test", ByExact, "dir/a.pem dir/b-rsa.pem dir/c.pem"},
		{"127.0.0.2:8443", "www.example.test", ByExact, "dir/a.pem dir/b-rsa.pem dir/c.pem"},
		{"127.0.0.1:8443", "x.example.test", ByWildcard, "dir/c.pem"},
		{"127.0.0.1:8443", "x.y.example.test", ByDefault, "default.pem"},
		{"127.0.0.1:8443", "default.test", ByExact, "default.pem"},
		{"127.0.0.1:8443", "unknown.test", ByDefault, "default.pem"},
		{"127.0.0.1:8443", "shared.test", ByExact, "dir/a.pem dir/e.pem"},
		{"127.0.0.1:8443", "", ByDefault, "default.pem"},
		{"127.0.0.1:8443", "rsaexact.mixed.test", ByExact, "dir/e.pem dir/d-rsa.pem"},
		{"127.0.0.1:8443", "c.pem", ByExact, "dir/c.pem"}, // the common name counts
		{"127.0.0.1:8444", "x.example.test", ByWildcard, "dir/c.pem"},
		{"127.0.0.1:8444", "unknown.test", ByDefault, "refused"},
		{"127.0.0.1:8444", "", ByDefault, "refused"},
		{"127.0.0.1:8445", "exact.test", ByExact, "list/b.pem"},
		{"127.0.0.1:8446", "x.filter.test", ByWildcard, "list/b.pem"},
		{"127.0.0.1:8446", "no.filter.test", ByDefault, "list/a.pem"},
		{"127.0.0.1:8445", "not.used.either.test", ByDefault, "list/a.pem"},
		{"127.0.0.1:8445", "own.test", ByExact, "list/c.pem"},
		{"127.0.0.1:8445", "unused.test", ByDefault, "list/a.pem"},
		{"127.0.0.1:8447", "pair.test", ByExact, "pair.pem.ecdsa pair.pem.rsa"},
		{"127.0.0.1:8447", "other.test", ByDefault, "pair.pem.ecdsa"},
		{"127.0.0.1:8448", "other.test", ByOnly, "plain"},
	})
}
