package config

import (
	"os"
	"path"
	"slices"
	"strings"
)

// Where packages and builds from source have their configuration.
var (
	nginxFiles = []string{
		"/etc/nginx/nginx.conf",
		"/usr/local/nginx/conf/nginx.conf",
		"/usr/local/openresty/nginx/conf/nginx.conf",
		"/usr/local/etc/nginx/nginx.conf",
		"/opt/nginx/conf/nginx.conf",
		"/opt/bitnami/nginx/conf/nginx.conf",
	}
	apacheFiles = []string{
		"/etc/apache2/apache2.conf",  // Debian
		"/etc/httpd/conf/httpd.conf", // Amazon Linux, Red Hat
		"/usr/local/apache2/conf/httpd.conf",
		"/opt/bitnami/apache/conf/httpd.conf",
	}
	haproxyFiles = []string{
		"/etc/haproxy/haproxy.cfg",
		"/usr/local/etc/haproxy/haproxy.cfg",
	}
)

// Find reads the configurations of the servers that run on the system, as their
// command lines in /proc name them. Where none runs it reads those that are
// installed at their usual places. None at all: nil. A server in another network
// namespace than the calling thread is left out, with a note.
func Find(system System) []*Configuration {
	running, notes := processes(system)
	var found []*Configuration
	seen := map[string]bool{}
	for _, process := range running {
		key := process.key(system)
		if seen[key] {
			continue // a worker with the command line of its master
		}
		seen[key] = true
		c := process.read(system)
		c.Running = true
		found = append(found, c)
	}
	if found == nil {
		found = installed(system)
	}
	if len(found) == 0 && len(notes) > 0 {
		found = []*Configuration{{Program: notes[0].program}}
	}
	for _, n := range notes {
		found[0].Notes = append(found[0].Notes, n.note())
	}
	return found
}

// installed reads what lies at the usual places, of each program one.
func installed(system System) []*Configuration {
	var found []*Configuration
	if file := firstOf(system, nginxFiles); file != "" {
		found = append(found, ReadNginx(system, file, ""))
	}
	if file := firstOf(system, apacheFiles); file != "" {
		found = append(found, ReadApache(system, file, ""))
	}
	if file := firstOf(system, haproxyFiles); file != "" {
		files := []string{file}
		if folder := path.Join(path.Dir(file), "conf.d"); system.isFolder(folder) {
			files = append(files, folder)
		}
		found = append(found, ReadHAProxy(system, "/", files...))
	}
	return found
}

// firstOf gives the first file that is there, "" where none is.
func firstOf(system System, files []string) string {
	for _, file := range files {
		if system.exists(file) {
			return file
		}
	}
	return ""
}

// CertbotLive gives the chains that certbot keeps, /etc/letsencrypt/live, in
// the order of their names. They say what a server could serve where no
// configuration is found. notes tells why the folder cannot be read.
func CertbotLive(system System) (files []string, notes []Note) {
	const folder = "/etc/letsencrypt/live"
	s := &source{system: system}
	if _, err := system.stat(folder); err != nil && !os.IsPermission(err) {
		return nil, nil
	}
	names, full, err := system.entries(folder)
	if err != nil {
		s.unreadable(folder, Position{File: folder}, err)
	}
	if full {
		s.note(Position{File: folder}, "", "it has more than %d entries: the rest was not looked at", maxEntries)
	}
	for _, name := range names {
		if file := path.Join(folder, name, "fullchain.pem"); system.exists(file) {
			files = append(files, file)
		}
	}
	return files, s.notes
}

// read reads the configuration that a process uses.
func (p process) read(system System) *Configuration {
	switch p.program {
	case Nginx:
		file, prefix := p.nginxFile(system)
		return ReadNginx(system, file, prefix)
	case Apache:
		file, root := p.apacheFile(system)
		return ReadApache(system, file, root, p.values("-D")...)
	}
	return ReadHAProxy(system, p.haproxyFolder(), p.haproxyFiles()...)
}

// key is the same for processes with the same configuration.
func (p process) key(system System) string {
	parts := []string{string(p.program)}
	switch p.program {
	case Nginx:
		file, prefix := p.nginxFile(system)
		parts = append(parts, file, prefix)
	case Apache:
		file, root := p.apacheFile(system)
		parts = append(append(parts, file, root), p.values("-D")...)
	default:
		parts = append(append(parts, p.haproxyFolder()), p.haproxyFiles()...)
	}
	return strings.Join(parts, "\x00")
}

// nginxFile gives -c, which is relative to -p. Without them what nginx was
// built with is guessed from where the program lies.
func (p process) nginxFile(system System) (file, prefix string) {
	prefix = p.value("-p")
	built := prefix
	if built == "" && path.Base(path.Dir(p.executable)) == "sbin" {
		built = path.Dir(path.Dir(p.executable))
	}
	usual := firstOf(system, nginxFiles)
	if own := path.Join(built, "conf/nginx.conf"); built != "" && (usual == "" || system.exists(own)) {
		usual = own
	}
	if usual == "" {
		usual = nginxFiles[0]
	}
	if file = p.value("-c"); file == "" {
		return usual, prefix
	}
	if prefix == "" {
		built = nginxPrefix(path.Dir(usual))
	}
	return within(built, file), prefix
}

// apacheFile gives -f, which is relative to the ServerRoot of -d.
func (p process) apacheFile(system System) (file, root string) {
	root = p.value("-d")
	usual := firstOf(system, apacheFiles)
	if usual == "" || path.Base(p.executable) == "httpd" && system.exists(apacheFiles[1]) {
		usual = apacheFiles[1]
	}
	if file = p.value("-f"); file == "" {
		return usual, root
	}
	if path.IsAbs(file) {
		return file, root
	}
	if root == "" {
		root = apacheRoot(usual)
	}
	return within(root, file), root
}

// haproxyFiles gives all -f, and the words after --.
func (p process) haproxyFiles() []string {
	files := p.values("-f")
	if i := slices.Index(p.args, "--"); i >= 0 {
		files = append(files, p.args[i+1:]...)
	}
	if files == nil {
		return haproxyFiles[:1]
	}
	return files
}

func (p process) haproxyFolder() string {
	if folder := p.value("-C"); folder != "" {
		return within(p.folder, folder)
	}
	return p.folder
}
