package config

import (
	"reflect"
	"strings"
	"testing"
)

func TestApacheLexer(t *testing.T) {
	lex := &apacheLexer{rest: "# one \\\nstill a comment\n\n  A  b\\\r\n c\r\n<If \"x\">\nlast\\"}
	var got []apacheLine
	for line, ok := lex.next(); ok; line, ok = lex.next() {
		got = append(got, line)
	}
	want := []apacheLine{{"A  b c", 4}, {`<If "x">`, 6}, {"last", 7}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestApacheWords(t *testing.T) {
	for text, want := range map[string][]string{
		`A b "c d" 'e "f'`: {"A", "b", "c d", `e "f`},
		`A "b\"c\\d\e"`:    {"A", `b"c\d\e`},
		`A b\c b\\c`:       {"A", `b\c`, `b\c`},
		`A "b`:             {"A", "b"},
		`A ""`:             {"A", ""},
		"":                 nil,
	} {
		if got := apacheWords(text); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q", text, got)
		}
	}
}

// debian is the layout of Debian and Ubuntu, shortened.
var debian = map[string]string{
	"/etc/apache2/apache2.conf": "DefaultRuntimeDir ${APACHE_RUN_DIR}\nErrorLog ${APACHE_LOG_DIR}/error.log\nLogLevel warn\n" +
		"IncludeOptional mods-enabled/*.load\nIncludeOptional mods-enabled/*.conf\nInclude ports.conf\n" +
		"IncludeOptional conf-enabled/*.conf\nIncludeOptional sites-enabled/*.conf\n<Directory />\n\tSSLVerifyClient require\n</Directory>\n",
	"/etc/apache2/envvars": "# a comment\nunset HOME\nif [ \"${APACHE_CONFDIR##/etc/apache2-}\" != \"${APACHE_CONFDIR}\" ] ; then\n" +
		"\tSUFFIX=\"-${APACHE_CONFDIR##/etc/apache2-}\"\nelse\n\tSUFFIX=\nfi\nexport APACHE_RUN_DIR=/var/run/apache2$SUFFIX\n" +
		"export APACHE_LOG_DIR=\"/var/log/apache2$SUFFIX\" # where\n: ${LANG:=C}\nexport LANG\nexport DANGER=$(touch /x)\n",
	"/etc/apache2/mods-enabled/ssl.load": "-> ../mods-available/ssl.load",
	"/etc/apache2/mods-available/ssl.load": "# Depends: setenvif mime socache_shmcb\n" +
		"LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so\n",
	"/etc/apache2/mods-enabled/ssl.conf":    "SSLProtocol all -SSLv3 -TLSv1 -TLSv1.1\nSSLCipherSuite HIGH:!aNULL\nSSLCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256\n",
	"/etc/apache2/ports.conf":               "Listen 80\n<IfModule ssl_module>\n\tListen 443\n</IfModule>\n<IfModule mod_gnutls.c>\n\tListen 443\n</IfModule>\n",
	"/etc/apache2/sites-enabled/000.conf":   "-> /etc/apache2/sites-available/default.conf",
	"/etc/apache2/sites-available/old.conf": "<VirtualHost *:443>\nSSLEngine on\nSSLCertificateFile /old.pem\n</VirtualHost>\n",
	"/etc/apache2/sites-available/default.conf": "<VirtualHost *:80>\n\tServerName www.example.com\n</VirtualHost>\n" +
		"<IfModule mod_ssl.c>\n<VirtualHost *:443>\n\tServerName https://www.example.com:443\n\tServerAlias *.example.org\n\tSSLEngine on\n" +
		"\tSSLCertificateFile\t/etc/letsencrypt/live/www/fullchain.pem\n\tSSLCertificateKeyFile /etc/letsencrypt/live/www/privkey.pem\n" +
		"\tSSLCertificateChainFile chain.pem\n\tLogLevel info ssl:warn\n\tSSLVerifyClient require\n\tSSLStrictSNIVHostCheck on\n\tProtocols h2 http/1.1\n" +
		"\tSSLOpenSSLConfCmd Curves X25519:P-256\n" +
		"\t<FilesMatch \"\\.php$\">\n\t\tSSLOptions +StdEnvVars\n\t</FilesMatch>\n</VirtualHost>\n</IfModule>\n",
}

func TestApacheOfDebian(t *testing.T) {
	c := ReadApache(tree(t, debian), "/etc/apache2/apache2.conf", "")
	noNotes(t, c)
	if got := chosen(c, "www.example.com", "192.0.2.1:443"); got != "/etc/letsencrypt/live/www/fullchain.pem" {
		t.Errorf("certificate: %s", got)
	}
	if got := chosen(c, "www.example.com", "[2001:db8::1]:443"); got != "/etc/letsencrypt/live/www/fullchain.pem" {
		t.Errorf("certificate on IPv6: %s", got)
	}
	choice, _ := c.Choose("a.example.org", address("192.0.2.1:443"))
	site := choice.Site
	if choice.Why != ByWildcard || choice.Name != "*.example.org" || !reflect.DeepEqual(choice.Chains, []string{"/etc/apache2/chain.pem"}) {
		t.Errorf("%+v", choice)
	}
	for what, pair := range map[string][2]any{
		"protocols": {site.Protocols, []string{"TLSv1.2", "TLSv1.3"}},
		"ciphers":   {[]string{site.Ciphers, site.Suites, site.Groups, site.VerifyClient}, []string{"HIGH:!aNULL", "TLS_AES_128_GCM_SHA256", "X25519:P-256", "require"}},
		"log":       {[]string{site.ErrorLogs[0].File, site.ErrorLogs[0].Level}, []string{"/var/log/apache2/error.log", "warn"}},
		"main log":  {[]string{c.ErrorLogs[0].File, c.ErrorLogs[0].Level}, []string{"/var/log/apache2/error.log", "warn"}},
		"strict":    {site.StrictSNI, true},
		"ALPN":      {site.ALPN, []string{"h2", "http/1.1"}},
		"sites":     {len(c.Sites), 3},
		"position":  {site.At, Position{"/etc/apache2/sites-available/default.conf", 5}},
	} {
		if what == "position" { // the link's own name: that is where the server reads it
			pair[1] = Position{"/etc/apache2/sites-enabled/000.conf", 5}
		}
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s: %v, want %v", what, pair[0], pair[1])
		}
	}
	if got := chosen(c, "www.example.com", "192.0.2.1:80"); got != "plain" {
		t.Errorf("port 80: %s", got)
	}
	if got := chosen(c, "www.example.com", "192.0.2.1:8080"); got != "nothing" {
		t.Errorf("port 8080: %s", got)
	}
}

// TestApacheOfAmazonLinux is the layout of Amazon Linux and Red Hat, shortened.
func TestApacheOfAmazonLinux(t *testing.T) {
	c := ReadApache(tree(t, map[string]string{
		"/etc/httpd/conf/httpd.conf": "ServerRoot \"/etc/httpd\"\nListen 80\nInclude conf.modules.d/*.conf\n" +
			"ErrorLog \"logs/error_log\"\nLogLevel warn\nIncludeOptional conf.d/*.conf\n",
		"/etc/httpd/conf.modules.d/00-ssl.conf": "LoadModule ssl_module modules/mod_ssl.so\n",
		"/etc/httpd/conf.d/ssl.conf": "Listen 443 https\n<VirtualHost _default_:443>\nErrorLog logs/ssl_error_log\nLogLevel warn\nSSLEngine on\n" +
			"SSLCertificateFile /etc/pki/tls/certs/localhost.crt\n</VirtualHost>\n",
	}), "/etc/httpd/conf/httpd.conf", "")
	noNotes(t, c)
	if got := chosen(c, "x", "192.0.2.1:443"); got != "/etc/pki/tls/certs/localhost.crt" {
		t.Errorf("certificate: %s", got)
	}
	if log := c.Sites[0].ErrorLogs[0]; log.File != "/etc/httpd/logs/ssl_error_log" || log.At.Line != 3 || log.LevelAt.Line != 4 {
		t.Errorf("%+v", log)
	}
	if hidden, is := c.Hides(c.Sites[0]); !is || hidden.Write != "LogLevel ssl:info" || hidden.At.Line != 4 {
		t.Errorf("%v %+v", is, hidden)
	}
}

// TestApacheConditions: which sections count.
func TestApacheConditions(t *testing.T) {
	site := "<VirtualHost *:443>\nSSLEngine on\nSSLCertificateFile /c.pem\n</VirtualHost>\n"
	for before, want := range map[string]bool{
		"<IfModule mod_ssl.c>\n":                       true, // nothing was loaded: all is built in
		"LoadModule a m/a.so\n<IfModule mod_ssl.c>\n":  false,
		"LoadModule a m/a.so\n<IfModule !mod_ssl.c>\n": true,
		"<IfDefine X>\n":                               false,
		"<IfDefine !X>\n":                              true,
		"Define X\n<IfDefine X>\n":                     true,
		"Define X\nUnDefine X\n<IfDefine X>\n":         false,
		"<IfDefine FLAG>\n":                            true,
		"<IfVersion >= 2.4>\n":                         true,
		"<IfVersion < 2.4>\n":                          false,
		"<IfVersion !< 2.4>\n":                         true,
		"<IfVersion >= 2.4.7>\n":                       true,
		"<IfVersion 2.2>\n":                            false,
		"<IfFile /etc/httpd/conf/httpd.conf>\n":        true,
		"<IfFile /nowhere>\n":                          false,
		"<Macro M>\n":                                  false,
		"<Location />\n":                               false,
	} {
		name, _, _ := strings.Cut(strings.TrimPrefix(before[strings.Index(before, "<"):], "<"), " ")
		text := "Listen 443\n" + before + site + "</" + strings.TrimSuffix(name, ">\n") + ">\n"
		c := ReadApache(tree(t, map[string]string{"/etc/httpd/conf/httpd.conf": text}), "/etc/httpd/conf/httpd.conf", "", "FLAG")
		if got := len(c.Sites) == 2; got != want {
			t.Errorf("%q: the VirtualHost counts: %v", before, got)
		}
	}
}

// TestApacheMainServer answers where no VirtualHost does.
func TestApacheMainServer(t *testing.T) {
	c := ReadApache(tree(t, map[string]string{"/etc/httpd/conf/httpd.conf": "Listen 443\nListen 192.0.2.1:8443\nSSLEngine on\nSSLCertificateFile /main.pem\n" +
		"<VirtualHost 192.0.2.1:443>\nSSLCertificateFile /one.pem\n</VirtualHost>\n<VirtualHost 192.0.2.9:*>\nSSLCertificateFile /any.pem\n</VirtualHost>\n"}),
		"/etc/httpd/conf/httpd.conf", "")
	for server, want := range map[string]string{
		"192.0.2.1:443": "/one.pem", "192.0.2.2:443": "/main.pem", "192.0.2.1:8443": "/main.pem", "192.0.2.2:8443": "nothing", "192.0.2.9:4711": "/any.pem",
	} {
		if got := chosen(c, "x", server); got != want {
			t.Errorf("%s: %s, want %s", server, got, want)
		}
	}
}

func TestApacheProtocols(t *testing.T) {
	for text, want := range map[string]string{
		"all -SSLv3 -TLSv1 -TLSv1.1": "TLSv1.2 TLSv1.3",
		"TLSv1.2":                    "TLSv1.2",
		"-all +TLSv1.3":              "TLSv1.3",
		"tlsv1.2 +TLSV1.3":           "TLSv1.2 TLSv1.3",
		"all":                        "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3",
		"SSLv3":                      "",
	} {
		if got := strings.Join(apacheProtocols(strings.Fields(text)), " "); got != want {
			t.Errorf("%s: %q", text, got)
		}
	}
}

func TestApacheNotes(t *testing.T) {
	for text, says := range map[string]string{
		"Include missing.conf":                  "missing.conf cannot be read",
		"Include missing/*.conf":                "matches no file",
		"<VirtualHost *:443>\nServerName x":     "nothing closes <virtualhost>",
		"<Directory />\n":                       "nothing closes <directory>",
		"</VirtualHost>":                        "closes no section",
		"<VirtualHost *:x>\n</VirtualHost>":     "not understood",
		"<VirtualHost a.b:443>\n</VirtualHost>": "not looked up",
		"Listen x:y":                            "not understood",
		"ErrorLog ${NOWHERE}/x":                 `"NOWHERE" has no value`,
		"Use Site x":                            "Macro",
		"<Macro Site $x>\n</Macro>":             "Macro",
		"Include conf":                          "includes itself",
		"<VirtualHost *:1>\n<VirtualHost *:2>\n</VirtualHost>": "stands in another",
		"SSLCertificateFile pkcs11:x":                          "in no file",
		"Include loop":                                         "cannot be read",
	} {
		c := ReadApache(tree(t, map[string]string{
			"/etc/httpd/conf/httpd.conf": "<VirtualHost *:9443>\nSSLEngine on\nSSLCertificateFile /kept.pem\n</VirtualHost>\n" + text + "\n",
			"/etc/httpd/loop":            "-> loop",
		}), "/etc/httpd/conf/httpd.conf", "")
		hasNote(t, c, says)
		if got := chosen(c, "x", "192.0.2.1:9443"); got != "/kept.pem" {
			t.Errorf("%q: the rest is %q", text, got)
		}
	}
}

// TestApacheVariablesDoNotGrow: each Define has the one before it twice.
func TestApacheVariablesDoNotGrow(t *testing.T) {
	var text strings.Builder
	text.WriteString("Define A0 xxxxxxxxxxxxxxxx\n")
	for range 5000 {
		text.WriteString("Define A ${A0}${A}${A}\nServerAlias ${A}\n")
	}
	c := ReadApache(tree(t, map[string]string{"/etc/httpd/conf/httpd.conf": text.String()}), "/etc/httpd/conf/httpd.conf", "")
	hasNote(t, c, "longer than")
	hasNote(t, c, "larger than")
}
