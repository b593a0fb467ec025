//go:build linux

package main

import "fmt"

// A haproxy is the HAProxy of this machine.
type haproxy struct {
	bind string // further words of its bind line
}

func (haproxy) needs() []string { return []string{"haproxy"} }

func (h haproxy) start(s *site) error {
	conf, err := s.write("haproxy.cfg", fmt.Sprintf(`global
	log stdout format raw local0 info
defaults
	mode http
	log global
	option httplog
	timeout client 3s
	timeout connect 1s
	timeout server 3s
frontend lab
	bind :443 ssl crt %s/served.both %s
	http-request return status 200 content-type text/plain string ok
`, s.folder, h.bind))
	if err != nil {
		return err
	}
	if _, err := s.program(s.origin, "haproxy.log", "haproxy", "-db", "-f", conf); err != nil {
		return err
	}
	return s.listening(s.origin, 443)
}

func (haproxy) logs(s *site) ([]remark, error) { return readLog(s, "haproxy.log", classifyHAProxy) }
