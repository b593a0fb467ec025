package config

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// proc adds a process to the files of a system.
func proc(files map[string]string, id int, uid int, commandLine string) {
	folder := fmt.Sprintf("/proc/%d/", id)
	files[folder+"cmdline"] = commandLine
	files[folder+"status"] = fmt.Sprintf("Name:\tx\nUid:\t%d\t%d\t%d\t%d\n", uid, uid, uid, uid)
}

const (
	nginxText   = "http { server { listen 443 ssl; ssl_certificate nginx.pem; } }"
	apacheText  = "<VirtualHost *:443>\nSSLEngine on\nSSLCertificateFile apache.pem\n</VirtualHost>\n"
	haproxyText = "frontend f\n bind :443 ssl crt haproxy.pem\n"
)

// found gives what Find finds: the files and a certificate of each.
func found(system System) []string {
	var out []string
	for _, c := range Find(system) {
		out = append(out, fmt.Sprint(c.File, " ", chosen(c, "x", "192.0.2.1:443"), " ", c.Running))
	}
	return out
}

func TestFindRunning(t *testing.T) {
	for _, test := range []struct {
		name, command string
		links         map[string]string
		want          string
	}{
		{"nginx", "nginx: master process /usr/sbin/nginx\x00\x00\x00", nil, "/etc/nginx/nginx.conf /etc/nginx/nginx.pem true"},
		{"nginx -g", "nginx: master process /usr/sbin/nginx -g daemon on; master_process on;", nil, "/etc/nginx/nginx.conf /etc/nginx/nginx.pem true"},
		{"nginx -c", "nginx: master process nginx -c /srv/n.conf", nil, "/srv/n.conf /srv/nginx.pem true"},
		{"nginx -c of -p", "nginx: master process ./nginx -p /srv -c sub/n.conf", nil, "/srv/sub/n.conf /srv/sub/nginx.pem true"},
		{"nginx -p", "nginx: master process ./nginx -p /srv", nil, "/srv/conf/nginx.conf /srv/conf/nginx.pem true"},
		{"nginx from source", "nginx: master process /opt/x/sbin/nginx", nil, "/opt/x/conf/nginx.conf /opt/x/conf/nginx.pem true"},
		{"nginx by its link", "nginx: master process nginx", map[string]string{"exe": "/opt/x/sbin/nginx (deleted)"}, "/opt/x/conf/nginx.conf /opt/x/conf/nginx.pem true"},
		{"apache2", "/usr/sbin/apache2\x00-k\x00start\x00", nil, "/etc/apache2/apache2.conf /etc/apache2/apache.pem true"},
		{"httpd", "/usr/sbin/httpd\x00-DFOREGROUND\x00", nil, "/etc/httpd/conf/httpd.conf /etc/httpd/apache.pem true"},
		{"httpd -f", "/usr/sbin/httpd\x00-f\x00conf/other.conf\x00-d\x00/srv/a", nil, "/srv/a/conf/other.conf /srv/a/apache.pem true"},
		{"haproxy", "/usr/sbin/haproxy\x00-Ws\x00-f\x00/etc/haproxy/haproxy.cfg\x00-p\x00/run/haproxy.pid\x00", nil, "/etc/haproxy/haproxy.cfg /haproxy.pem true"},
		{"haproxy in a folder", "haproxy\x00-f\x00h.cfg\x00", map[string]string{"cwd": "/srv"}, "/srv/h.cfg /srv/haproxy.pem true"},
		{"haproxy -C", "haproxy\x00-C\x00/srv\x00-f\x00h.cfg\x00", nil, "/srv/h.cfg /srv/haproxy.pem true"},
		{"haproxy --", "haproxy\x00-db\x00--\x00/srv/h.cfg\x00", nil, "/srv/h.cfg /haproxy.pem true"},
	} {
		files := map[string]string{
			"/etc/nginx/nginx.conf": nginxText, "/srv/n.conf": nginxText, "/srv/sub/n.conf": nginxText, "/srv/conf/nginx.conf": nginxText, "/opt/x/conf/nginx.conf": nginxText,
			"/etc/apache2/apache2.conf": apacheText, "/etc/httpd/conf/httpd.conf": apacheText, "/srv/a/conf/other.conf": apacheText,
			"/etc/haproxy/haproxy.cfg": haproxyText, "/srv/h.cfg": haproxyText,
		}
		proc(files, 1, 0, "/sbin/init\x00")
		proc(files, 100, 0, test.command)
		proc(files, 101, 0, test.command) // workers, and the second ones of another user
		proc(files, 102, 1<<30, test.command)
		for name, target := range test.links {
			files["/proc/100/"+name] = "-> " + target
			files["/proc/101/"+name] = "-> " + target
		}
		system := tree(t, files)
		if got := found(system); !reflect.DeepEqual(got, []string{test.want}) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		for _, c := range Find(system) {
			for _, n := range c.Notes {
				if strings.Contains(n.Says, "left out") {
					t.Errorf("%s: %s", test.name, n.Says)
				}
			}
		}
	}
}

// TestFindInstalled: nothing runs, or nothing that counts.
func TestFindInstalled(t *testing.T) {
	files := map[string]string{
		"/etc/nginx/nginx.conf": nginxText, "/etc/httpd/conf/httpd.conf": apacheText, "/etc/haproxy/haproxy.cfg": haproxyText, "/etc/haproxy/conf.d/a.cfg": "",
	}
	proc(files, 50, 0, "vim\x00/etc/nginx/nginx.conf")
	proc(files, 60, 0, "nginx: worker process")
	want := []string{"/etc/nginx/nginx.conf /etc/nginx/nginx.pem false", "/etc/httpd/conf/httpd.conf /etc/httpd/apache.pem false", "/etc/haproxy/haproxy.cfg /haproxy.pem false"}
	if got := found(tree(t, files)); !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
	if got := Find(tree(t, nil)); got != nil {
		t.Errorf("on an empty system: %+v", got)
	}
	// Somebody else's process leads nowhere, and neither does one in a container.
	stranger := maps.Clone(files)
	proc(stranger, 100, os.Geteuid()+12345, "nginx: master process nginx -c /srv/n.conf")
	c := Find(tree(t, stranger))
	hasNote(t, c[0], "another user")
	contained := maps.Clone(files)
	proc(contained, 100, 0, "nginx: master process nginx -c /srv/n.conf")
	contained["/proc/100/ns/pid"], contained["/proc/self/ns/pid"] = "-> pid:[2]", "-> pid:[1]"
	c = Find(tree(t, contained))
	hasNote(t, c[0], "container")
	if c[0].File != "/etc/nginx/nginx.conf" {
		t.Errorf("%s was read", c[0].File)
	}
	apart := maps.Clone(files)
	proc(apart, 100, 0, "nginx: master process nginx -c /srv/n.conf")
	apart["/proc/100/ns/net"], apart["/proc/thread-self/ns/net"] = "-> net:[2]", "-> net:[1]"
	hasNote(t, Find(tree(t, apart))[0], "a network of its own")
	only := map[string]string{}
	proc(only, 100, 1<<30, "nginx: master process nginx")
	proc(only, 101, 1<<30, "nginx: master process nginx")
	if c = Find(tree(t, only)); len(c) != 1 || c[0].Program != Nginx || len(c[0].Notes) != 1 {
		t.Fatalf("%+v", c)
	}
	hasNote(t, c[0], "another user")
}

// TestFindHere must not fail, whatever runs on this machine.
func TestFindHere(t *testing.T) {
	for _, c := range Find(System{}) {
		t.Logf("%s: %s, %d sites, %d notes", c.Program, c.File, len(c.Sites), len(c.Notes))
	}
}

func TestCertbotLive(t *testing.T) {
	system := tree(t, map[string]string{
		"/etc/letsencrypt/archive/b/fullchain1.pem": "x", "/etc/letsencrypt/live/b/fullchain.pem": "-> ../../archive/b/fullchain1.pem",
		"/etc/letsencrypt/live/a/fullchain.pem": "x", "/etc/letsencrypt/live/README": "x", "/etc/letsencrypt/live/c/fullchain.pem": "-> nowhere",
	})
	files, notes := CertbotLive(system)
	if want := []string{"/etc/letsencrypt/live/a/fullchain.pem", "/etc/letsencrypt/live/b/fullchain.pem"}; !slices.Equal(files, want) || notes != nil {
		t.Errorf("%q, %+v", files, notes)
	}
	if path, err := system.Path(files[1]); err != nil || path != filepath.Join(system.Root, "/etc/letsencrypt/archive/b/fullchain1.pem") {
		t.Errorf("%s, %v", path, err)
	}
	if files, notes := CertbotLive(tree(t, nil)); files != nil || notes != nil {
		t.Errorf("without certbot: %q, %+v", files, notes)
	}
}
