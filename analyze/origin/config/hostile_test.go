package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// quickly fails where f takes more than a few seconds: a server's configuration
// must never make sniwatch wait.
func quickly(t *testing.T, what string, f func()) {
	t.Helper()
	start := time.Now()
	f()
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("%s took %v", what, took)
	}
}

// TestHugeGlob: a folder with more files than any server has.
func TestHugeGlob(t *testing.T) {
	system := tree(t, map[string]string{"/etc/nginx/nginx.conf": "http { include sites/*.conf; }"})
	folder := filepath.Join(system.Root, "/etc/nginx/sites")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range maxFiles + 500 {
		text := fmt.Sprintf("server { listen 443 ssl; server_name s%d.test; ssl_certificate %d.pem; }", i, i)
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%05d.conf", i)), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	quickly(t, "a glob of ten thousand files", func() {
		c := ReadNginx(system, "/etc/nginx/nginx.conf", "")
		hasNote(t, c, "more than 10000 files")
		if got := chosen(c, "s9000.test", "192.0.2.1:443"); got != "/etc/nginx/9000.pem" {
			t.Errorf("s9000.test: %s", got)
		}
	})
}

// TestIncludesMultiply: each file includes the next one a hundred times.
func TestIncludesMultiply(t *testing.T) {
	nginx, apache := map[string]string{}, map[string]string{}
	for i := range 10 {
		nginx[fmt.Sprintf("/n/%d.conf", i)] = strings.Repeat(fmt.Sprintf("include %d.conf;\n", i+1), 100)
		apache[fmt.Sprintf("/a/%d.conf", i)] = strings.Repeat(fmt.Sprintf("Include %d.conf\n", i+1), 100)
	}
	nginx["/n/10.conf"], apache["/a/10.conf"] = "", ""
	quickly(t, "nginx's includes", func() { hasNote(t, ReadNginx(tree(t, nginx), "/n/0.conf", ""), "more than 10000 files") })
	quickly(t, "Apache's includes", func() { hasNote(t, ReadApache(tree(t, apache), "/a/0.conf", ""), "more than 10000 files") })
}

// TestDeepIncludes: each file includes the next one, without end.
func TestDeepIncludes(t *testing.T) {
	files := map[string]string{}
	for i := range 40 {
		files[fmt.Sprintf("/n/%d.conf", i)] = fmt.Sprintf("include %d.conf;", i+1)
	}
	hasNote(t, ReadNginx(tree(t, files), "/n/0.conf", ""), "deeper than 20 files")
}

// TestFoldersOfApache: a link that leads back makes a folder without end.
func TestFoldersOfApache(t *testing.T) {
	system := tree(t, map[string]string{
		"/etc/httpd/conf/httpd.conf": "Include all\n", "/etc/httpd/all/back": "-> ../all",
		"/etc/httpd/all/deep/x.conf": "<VirtualHost *:443>\nSSLEngine on\nSSLCertificateFile /c.pem\n</VirtualHost>\n",
	})
	quickly(t, "a folder in itself", func() {
		c := ReadApache(system, "/etc/httpd/conf/httpd.conf", "")
		hasNote(t, c, "folders go deeper")
		if got := chosen(c, "x", "192.0.2.1:443"); got != "/c.pem" {
			t.Errorf("%s", got)
		}
	})
}

// TestOddFiles: what is no file of text is a note.
func TestOddFiles(t *testing.T) {
	system := tree(t, map[string]string{
		"/etc/nginx/nginx.conf": "include pipe; include big; include binary; include null; http { server { listen 443 ssl; ssl_certificate c.pem; } }",
		"/etc/nginx/big":        strings.Repeat("#", maxFile+1),
		"/etc/nginx/binary":     string([]byte{0, 0xff, 0xfe, '{', 0x80, '"'}),
		"/etc/nginx/null":       "-> /dev/null",
	})
	if err := syscall.Mkfifo(filepath.Join(system.Root, "/etc/nginx/pipe"), 0o644); err != nil {
		t.Skipf("NOT TESTED: %v", err)
	}
	quickly(t, "a pipe", func() {
		c := ReadNginx(system, "/etc/nginx/nginx.conf", "")
		hasNote(t, c, "pipe cannot be read: it is not a regular file")
		hasNote(t, c, "big cannot be read: it is larger than 4096 KiB")
		hasNote(t, c, "null cannot be read")
		if got := chosen(c, "", "192.0.2.1:443"); got != "/etc/nginx/c.pem" {
			t.Errorf("the rest is %q", got)
		}
	})
}

// TestUnreadable: what this user may not read has a hint.
func TestUnreadable(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("NOT TESTED: root may read everything")
	}
	system := tree(t, map[string]string{"/etc/nginx/nginx.conf": "include secret;", "/etc/nginx/secret": ""})
	if err := os.Chmod(filepath.Join(system.Root, "/etc/nginx/secret"), 0); err != nil {
		t.Fatal(err)
	}
	c := ReadNginx(system, "/etc/nginx/nginx.conf", "")
	hasNote(t, c, "permission denied")
	if c.Notes[0].Hint == "" {
		t.Error("no hint")
	}
}

// TestKeysAreNotOpened: a key that could not be read without harm stays closed.
func TestKeysAreNotOpened(t *testing.T) {
	system := tree(t, map[string]string{
		"/etc/nginx/nginx.conf": "http { server { listen 443 ssl; ssl_certificate c.pem; ssl_certificate_key key.pem; ssl_certificate_key $x.pem; } }",
		"/etc/httpd/httpd.conf": "<VirtualHost *:443>\nSSLEngine on\nSSLCertificateFile /c.pem\nSSLCertificateKeyFile /key.pem\n</VirtualHost>\n",
	})
	for _, c := range []*Configuration{ReadNginx(system, "/etc/nginx/nginx.conf", ""), ReadApache(system, "/etc/httpd/httpd.conf", "")} {
		noNotes(t, c)
		if text := fmt.Sprintf("%+v", *c.Sites[0]); strings.Contains(text, "key.pem") {
			t.Errorf("%s: the name of the key is kept: %s", c.Program, text)
		}
	}
}

// TestHugeCrtFolder: more certificates than are looked at.
func TestHugeCrtList(t *testing.T) {
	list := strings.Repeat("/c.pem\n", maxCertificates+10)
	c := ReadHAProxy(tree(t, map[string]string{"/h.cfg": "frontend f\n bind :443 ssl crt-list /list\n", "/list": list, "/c.pem": ""}), "/", "/h.cfg")
	hasNote(t, c, "more than 100000 certificates")
}
