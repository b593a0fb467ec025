//go:build linux

package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"time"

	"sniwatch/pcaps/netns"
)

// An nginx is the nginx of this machine.
type nginx struct {
	options string // directives for all servers
	servers string // further server blocks; a certificate is FOLDER/NAME.pem, see wallet
	http2   bool   // it speaks HTTP/2, too
	plain   bool   // port 443 without ssl
	rejects bool   // the default server knows no name: ssl_reject_handshake
	silent  bool   // the worker is stopped before the first packet
}

func (nginx) needs() []string { return []string{"nginx"} }

func (n nginx) start(s *site) error {
	conf, err := s.write("nginx.conf", n.configuration(s))
	if err != nil {
		return err
	}
	master, err := s.program(s.origin, "nginx.out", "nginx", "-c", conf, "-e", s.file("error.log"))
	if err != nil {
		return err
	}
	if err := s.listening(s.origin, 443); err != nil {
		return err
	}
	if !netns.Until(2*time.Second, func() bool { return len(children(master.Process.Pid)) > 0 }) {
		return errors.New("nginx has no workers")
	}
	if n.silent {
		return s.workers(syscall.SIGSTOP)
	}
	return nil
}

// workers sends a signal to the workers of the site's server. SIGSTOP is what a
// debugger does, or a host that swaps: the kernel goes on to accept and to
// acknowledge.
func (s *site) workers(signal syscall.Signal) error {
	var errs []error
	for _, worker := range children(s.running[0].Process.Pid) {
		errs = append(errs, syscall.Kill(worker, signal))
	}
	return errors.Join(errs...)
}

// children gives the processes that a process has started.
func children(parent int) []int {
	var out []int
	for _, text := range strings.Fields(string(read(fmt.Sprintf("/proc/%d/task/%d/children", parent, parent)))) {
		if pid, err := strconv.Atoi(text); err == nil {
			out = append(out, pid)
		}
	}
	return out
}

// bothProtocols is for the directive that nginx's default lacked until 1.23.4.
const bothProtocols = "ssl_protocols TLSv1.2 TLSv1.3;"

// configuration gives nginx.conf. A handshake may take 3 s, so that a silent
// client is sent away soon.
func (n nginx) configuration(s *site) string {
	listen := "listen 443 ssl; listen [::]:443 ssl;"
	if n.http2 {
		listen = "listen 443 ssl http2; listen [::]:443 ssl http2;"
	}
	if n.plain {
		listen = "listen 443; listen [::]:443;"
	}
	options := n.options
	if !strings.Contains(options, "ssl_protocols") {
		options += bothProtocols
	}
	own := "ssl_certificate served.pem; ssl_certificate_key served.key;"
	if n.rejects {
		own = "ssl_reject_handshake on;"
	}
	var b strings.Builder
	fmt.Fprintf(&b, `daemon off;
user root;
worker_processes 1;
pid %[1]s/nginx.pid;
error_log %[1]s/error.log info;
events { worker_connections 1024; }
http {
	access_log off;
	client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
	client_header_timeout 3s;
	keepalive_timeout 5s;
	%[2]s
	server {
		%[3]s
		%[4]s
		location / { return 200 "ok\n"; }
	}
	%[5]s
}
`, s.folder, options, listen, own, strings.ReplaceAll(n.servers, "FOLDER", s.lab.certs.folder))
	return b.String()
}

func (n nginx) logs(s *site) ([]remark, error) { return readLog(s, "error.log", classifyNginx) }
