//go:build linux

package main

import (
	"fmt"
	"os"
)

// apacheModules is where Debian keeps them.
const apacheModules = "/usr/lib/apache2/modules"

// An apache is the Apache of this machine.
type apache struct {
	options string // directives of the virtual host
}

func (apache) needs() []string { return []string{"apache2"} }

func (a apache) start(s *site) error {
	configuration := fmt.Sprintf(`ServerRoot %[1]s
ServerName %[2]s
PidFile %[1]s/apache.pid
DefaultRuntimeDir %[1]s
User www-data
Group www-data
StartServers 1
ServerLimit 2
LoadModule mpm_event_module %[3]s/mod_mpm_event.so
LoadModule authz_core_module %[3]s/mod_authz_core.so
LoadModule dir_module %[3]s/mod_dir.so
LoadModule ssl_module %[3]s/mod_ssl.so
ErrorLog %[1]s/error.log
LogLevel info
Listen 443
<VirtualHost *:443>
	DocumentRoot %[1]s/htdocs
	DirectoryIndex index.html
	SSLEngine on
	SSLCertificateFile %[1]s/served.pem
	SSLCertificateKeyFile %[1]s/served.key
	%[4]s
</VirtualHost>
`, s.folder, originName, apacheModules, a.options)
	conf, err := s.write("apache.conf", configuration)
	if err != nil {
		return err
	}
	if err := os.Mkdir(s.file("htdocs"), 0o755); err != nil {
		return err
	}
	if _, err := s.write("htdocs/index.html", "ok\n"); err != nil {
		return err
	}
	if _, err := s.program(s.origin, "apache.out", "apache2", "-f", conf, "-DFOREGROUND"); err != nil {
		return err
	}
	return s.listening(s.origin, 443)
}

func (apache) logs(s *site) ([]remark, error) { return readLog(s, "error.log", classifyApache) }
