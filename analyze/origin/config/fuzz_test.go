package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fuzzSystem is a system whose one file the fuzzer writes, beside files that it
// can include.
func fuzzSystem(f *testing.F, file string) (System, func(text string)) {
	root := f.TempDir()
	write := func(name, text string) {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			f.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			f.Fatal(err)
		}
	}
	write("/f/part", "ServerName part.test\nserver_name part.test;")
	write("/f/c.pem", "")
	return System{Root: root}, func(text string) { write(file, text) }
}

// checkConfiguration holds for whatever a configuration says.
func checkConfiguration(t *testing.T, c *Configuration) {
	t.Helper()
	if len(c.Notes) > maxNotes+1 {
		t.Errorf("%d notes", len(c.Notes))
	}
	c.CertificateNames = func(string) []string { return []string{"*.example.test", "a.test"} }
	for _, site := range c.Sites {
		c.Hides(site)
		for _, cert := range site.Certificates {
			if !filepath.IsAbs(cert.File) {
				t.Errorf("certificate %q is not absolute", cert.File)
			}
		}
	}
	for _, server := range []string{"192.0.2.1:443", "[2001:db8::1]:8443", "127.0.0.1:80"} {
		for _, sni := range []string{"", "www.example.test", "a.test", "../x"} {
			choice, ok := c.Choose(sni, address(server))
			if ok != (choice.Site != nil) || ok && choice.Why == "" || !ok && choice.TLS {
				t.Errorf("%s %q: %v %+v", server, sni, ok, choice)
			}
		}
	}
}

func FuzzNginx(f *testing.F) {
	system, write := fuzzSystem(f, "/f/nginx.conf")
	for _, seed := range []string{
		"http {" + lua + "}",
		"error_log /e info; http { ssl_protocols TLSv1.2; server { listen [::]:443 ssl default_server; server_name .a.test ~^(?<u>x).*$ a.*; include part; include p*; ssl_certificate \"$u.pem\"; } }",
		"stream { server { listen 192.0.2.1:443-444; ssl_preread on; } }",
		"a '\\'' \"${b}\" {{{ } ;;", "include nginx.conf;",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		write(text)
		checkConfiguration(t, ReadNginx(system, "/f/nginx.conf", ""))
	})
}

func FuzzApache(f *testing.F) {
	system, write := fuzzSystem(f, "/f/httpd.conf")
	for name, seed := range debian {
		if !strings.HasPrefix(seed, "-> ") && name != "/etc/apache2/envvars" {
			f.Add(seed)
		}
	}
	f.Add("Define A \"${A}x\"\nInclude .\n<IfVersion >= 2.4.1>\nInclude ${A}*\n</IfVersion>\n<VirtualHost [::1]:443 *:*>\nSSLEngine on\nLogLevel ssl:info\\\n x")
	f.Fuzz(func(t *testing.T, text string) {
		write(text)
		checkConfiguration(t, ReadApache(system, "/f/httpd.conf", ""))
	})
}

// FuzzEnvvars reads the shell script of Debian, which is not run.
func FuzzEnvvars(f *testing.F) {
	system, write := fuzzSystem(f, "/f/envvars")
	if err := os.WriteFile(filepath.Join(system.Root, "/f/apache2.conf"), []byte("ErrorLog ${APACHE_LOG_DIR}/x\nListen ${A}\n"), 0o644); err != nil {
		f.Fatal(err)
	}
	f.Add(debian["/etc/apache2/envvars"])
	f.Add("A=${A:-'x'}$A\nexport A=\"")
	f.Fuzz(func(t *testing.T, text string) {
		write(text)
		checkConfiguration(t, ReadApache(system, "/f/apache2.conf", ""))
	})
}

func FuzzHAProxy(f *testing.F) {
	system, write := fuzzSystem(f, "/f/h.cfg")
	for _, seed := range []string{
		"global\n crt-base /f\n setenv A \"$A$A\"\ndefaults d\n log stdout len 9 local0 info\nfrontend f from d\n bind :443,192.0.2.1:80-81 ssl crt . crt-list part strict-sni ssl-min-ver TLSv1.3\n",
		".if 0\n.elif x\n.else\n.endif\nlisten x\n bind \"ipv6@[::]:443\" ssl crt c.pem v6only\n no log\n no option httplog\n",
		"bind '", "\"\\x4", "frontend\nbind ::: ssl",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		write(text)
		checkConfiguration(t, ReadHAProxy(system, "/f", "h.cfg"))
	})
}

// FuzzCrtList reads the list of certificates and filters.
func FuzzCrtList(f *testing.F) {
	system, write := fuzzSystem(f, "/f/list")
	if err := os.WriteFile(filepath.Join(system.Root, "/f/h.cfg"), []byte("frontend f\n bind :443 ssl crt-list list\n"), 0o644); err != nil {
		f.Fatal(err)
	}
	f.Add("c.pem [alpn h2] *.example.test !www.example.test\n# x\nc.pem !*\n[x] \n")
	f.Fuzz(func(t *testing.T, text string) {
		write(text)
		checkConfiguration(t, ReadHAProxy(system, "/f", "h.cfg"))
	})
}
