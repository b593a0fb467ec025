//go:build linux

package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"
)

// A goServer is net/http with crypto/tls.
type goServer struct {
	change func(*tls.Config)
}

func (goServer) needs() []string { return nil }

func (g goServer) start(s *site) error {
	cert, err := tls.LoadX509KeyPair(s.file("served.pem"), s.file("served.key"))
	if err != nil {
		return err
	}
	out, err := os.Create(s.file("go.log"))
	if err != nil {
		return err
	}
	listener, err := s.listen()
	if err != nil {
		return err
	}
	config := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	if g.change != nil {
		g.change(config)
	}
	h := &http.Server{
		Handler:  http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok\n") }),
		ErrorLog: log.New(out, "", log.LstdFlags|log.LUTC), ReadHeaderTimeout: 5 * time.Second,
	}
	go h.Serve(tls.NewListener(listener, config)) // ends when it is closed
	s.after(func() {
		h.Close()
		out.Close()
	})
	return nil
}

func (goServer) logs(s *site) ([]remark, error) { return readLog(s, "go.log", classifyGo) }

// errUnknownName is what a server says that keeps its certificates by name.
var errUnknownName = errors.New("no certificate for this name")

// onlyViewer has a certificate for one name and an error for the others, as
// Caddy and programs with autocert do.
func onlyViewer(c *tls.Config) {
	certs := c.Certificates
	c.Certificates = nil
	c.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if hello.ServerName != viewerName {
			return nil, errUnknownName
		}
		return &certs[0], nil
	}
}

// staples adds what looks like an OCSP answer: in TLS 1.2 it is a message between
// Certificate and ServerKeyExchange (RFC 6066, section 8).
func staples(c *tls.Config) { c.Certificates[0].OCSPStaple = make([]byte, 500) }

// wantsClientCertificate accepts nobody without one.
func wantsClientCertificate(c *tls.Config) {
	c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
}

// listen opens port 443 of the origin for IPv4 and IPv6.
func (s *site) listen() (l net.Listener, err error) {
	err = s.origin.Do(func() error {
		l, err = net.Listen("tcp", ":443")
		return err
	})
	return l, err
}
