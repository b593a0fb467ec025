//go:build linux

package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A program is a client that other people wrote. It asks for SNI, and demands
// that the certificate is for it.
type program struct {
	name string
	// arguments may hold FROM, PORT, ROOTS, CERTS (the folder) and SNI. A program that cannot be told
	// its port has an address of the edge for itself.
	arguments []string
	sni       string
	// succeeds tells from what it printed whether it is content; nil: its exit
	// code does.
	succeeds func(output string) bool
}

var errUnhappy = errors.New("the client gave up")

func (p program) call(s *site, from netip.AddrPort) error {
	fill := strings.NewReplacer("FROM", from.Addr().String(), "PORT", strconv.Itoa(int(from.Port())),
		"ROOTS", s.lab.certs.chain("roots"), "CERTS", s.lab.certs.folder, "SNI", p.sni)
	arguments := make([]string, len(p.arguments))
	for i, a := range p.arguments {
		arguments[i] = fill.Replace(a)
	}
	name := filepath.Base(p.name) + ".out"
	c, err := s.program(s.edge, name, p.name, arguments...)
	if err != nil {
		return err
	}
	impatient := time.AfterFunc(10*time.Second, func() { c.Process.Kill() })
	defer impatient.Stop()
	err = c.Wait()
	output, readErr := os.ReadFile(s.file(name))
	switch {
	case readErr != nil:
		return readErr
	case p.succeeds != nil && !p.succeeds(string(output)) || p.succeeds == nil && err != nil:
		return errUnhappy
	}
	return nil
}

// openssl is the command of OpenSSL, with a request on its standard input left
// out: where it is content, it says goodbye at once.
func openssl(sni string, more ...string) program {
	return program{name: "openssl", sni: sni, arguments: append([]string{"s_client", "-connect", origin4 + ":443", "-bind", "FROM:PORT",
		"-servername", "SNI", "-verify_hostname", "SNI", "-verify_return_error", "-CAfile", "ROOTS"}, more...)}
}

func curl(sni string, more ...string) program {
	return program{name: "curl", sni: sni, arguments: append([]string{"--silent", "--show-error", "--fail", "--noproxy", "*", "--max-time", "5",
		"--interface", "FROM", "--local-port", "PORT", "--cacert", "ROOTS", "--resolve", "SNI:443:" + origin4, "https://SNI/"}, more...)}
}

// gnutls cannot be told its address: it has the first one of the edge.
func gnutls(sni, priority string) program {
	return program{name: "gnutls-cli", sni: sni, arguments: []string{"--priority", priority, "--x509cafile", "ROOTS", "--sni-hostname", "SNI",
		"--verify-hostname", "SNI", "--port", "443", origin4}}
}

// A goClient is crypto/tls as it comes: a post-quantum key share, and its own
// judgement of the certificate.
type goClient struct {
	sni    string
	newest uint16
}

func (g goClient) call(s *site, from netip.AddrPort) error {
	conn, err := s.dial(from, 5*time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	secure := tls.Client(conn, &tls.Config{ServerName: g.sni, RootCAs: s.lab.certs.roots, MaxVersion: g.newest})
	if err := secure.Handshake(); err != nil {
		return err
	}
	return edge{}.ask(s, secure)
}

// A proxy is nginx in front of the origin, as a client of it, that verifies the
// certificate.
type proxy struct{ sni, protocol string }

func (p proxy) call(s *site, from netip.AddrPort) error {
	folder := s.file("proxy")
	if err := os.Mkdir(folder, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	conf, err := s.write("proxy/nginx.conf", fmt.Sprintf(`daemon off;
user root;
worker_processes 1;
pid %[1]s/nginx.pid;
error_log %[1]s/error.log info;
events {}
http {
	access_log off;
	client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
	server {
		listen 127.0.0.1:80;
		location / {
			proxy_pass https://%[2]s;
			proxy_bind %[3]s;
			proxy_ssl_server_name on;
			proxy_ssl_name %[4]s;
			proxy_ssl_protocols %[6]s;
			proxy_ssl_verify on;
			proxy_ssl_verify_depth 3;
			proxy_ssl_trusted_certificate %[5]s;
		}
	}
}
`, folder, origin4, from.Addr(), p.sni, s.lab.certs.chain("roots"), p.protocol))
	if err != nil {
		return err
	}
	c, err := s.program(s.edge, "proxy/out", "nginx", "-c", conf, "-e", folder+"/error.log")
	if err != nil {
		return err
	}
	defer c.Wait()
	defer c.Process.Kill()
	if err := s.listening(s.edge, 80); err != nil {
		return err
	}
	ask := exec.Command("curl", "--silent", "--fail", "--noproxy", "*", "--max-time", "5", "http://127.0.0.1/")
	if err := s.edge.Start(ask); err != nil {
		return err
	}
	if ask.Wait() != nil {
		return errUnhappy
	}
	return nil
}
