//go:build linux

package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"time"
)

// A client makes one connection from the edge, from an address and port that are
// given, and says how it ended: nil if the handshake was completed and, where it
// asked, the answer was there.
type client interface {
	call(s *site, from netip.AddrPort) error
}

// A leaving is how a client goes that does not like the certificate.
type leaving int

const (
	// byReset closes with the rest of the server's flight unread: the kernel
	// sends RST. It is how CloudFront leaves.
	byReset leaving = iota
	byAlertAndReset
	byAlertAndFIN
	byFIN
	// byLateNotify waits, sends close_notify in clear, then closes as byReset
	// does. The library of AWS can do so, with 10 to 30 s; here it is 1 s.
	byLateNotify
	// byLateReset is byReset after 2 s of thought.
	byLateReset
	// bySilence reads everything, and says nothing until the server gives up.
	bySilence
)

// An edge is a client that behaves as CloudFront does towards an origin.
type edge struct {
	newest   uint16        // 0: TLS 1.3
	oldest   uint16        // 0: TLS 1.2
	as       *distribution // whose edge it is; nil: that of the site's distribution
	leaves   leaving
	shape    shape
	groups   []tls.CurveID // nil: CloudFront's
	alpn     []string
	requests int           // so many; 0: one; below 0: it leaves without one
	status   int           // of the answers; 0: 200
	pause    time.Duration // between requests
	sessions tls.ClientSessionCache
	patience time.Duration // with the whole; 0: 10 s, CloudFront's default for connecting
	abrupt   bool          // when its patience is over, it resets
}

// cloudFrontGroups are those of CloudFront that make crypto/tls send the one key
// share that CloudFront sends: P-256.
var cloudFrontGroups = []tls.CurveID{tls.CurveP256, tls.CurveP384}

var errRefused = errors.New("refused")

func (e edge) call(s *site, from netip.AddrPort) error {
	wire, err := e.connect(s, from)
	if err != nil {
		return err
	}
	defer wire.Close()
	secure := tls.Client(wire, e.config(s, wire))
	err = secure.Handshake()
	switch {
	case errors.Is(err, errRefused):
		return errors.Join(err, e.leave(wire))
	case err != nil:
		if e.abrupt {
			err = errors.Join(err, wire.SetLinger(0))
		}
		return err
	case e.requests < 0:
		return secure.Close()
	}
	return e.ask(s, secure)
}

// connect opens the connection, which ends when the edge's patience does.
func (e edge) connect(s *site, from netip.AddrPort) (*wire, error) {
	if e.patience == 0 {
		e.patience = 10 * time.Second
	}
	conn, err := s.dial(from, e.patience)
	if err != nil {
		return nil, err
	}
	return &wire{TCPConn: conn, shape: e.shape}, conn.SetDeadline(time.Now().Add(e.patience))
}

// config is what crypto/tls is told. The wire gives it one record at a time, so
// that it judges before the rest of the flight was read: in TLS 1.3 after the
// Certificate, in TLS 1.2 one record later. The client "exact" stops at the
// Certificate in both; the packets are the same.
func (e edge) config(s *site, w *wire) *tls.Config {
	host := e.host(s)
	c := &tls.Config{
		ServerName: host.serverName(), MinVersion: max(e.oldest, tls.VersionTLS12), MaxVersion: e.newest,
		CurvePreferences: e.groups, NextProtos: e.alpn,
		ClientSessionCache: e.sessions, InsecureSkipVerify: true,
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
			err := host.accepts(raw, s.lab.certs.roots)
			if err == nil {
				return nil
			}
			w.mute = e.leaves != byAlertAndReset && e.leaves != byAlertAndFIN
			return errors.Join(errRefused, err)
		},
	}
	if c.MaxVersion == 0 {
		c.MaxVersion = tls.VersionTLS13
	}
	if c.CurvePreferences == nil {
		c.CurvePreferences = cloudFrontGroups
	}
	return c
}

func (e edge) host(s *site) distribution {
	if e.as != nil {
		return *e.as
	}
	return s.host
}

// leave ends a connection whose certificate was refused.
func (e edge) leave(w *wire) error {
	switch e.leaves {
	case byFIN, byAlertAndFIN:
		return errors.Join(w.drain(), w.CloseWrite(), w.waitForEnd())
	case bySilence:
		return w.waitForEnd()
	case byLateReset:
		time.Sleep(2 * time.Second)
	case byLateNotify:
		time.Sleep(time.Second)
		closeNotify := []byte{21, 3, 3, 0, 2, 1, 0} // an alert record (RFC 8446, section 6.1)
		if _, err := w.TCPConn.Write(closeNotify); err != nil {
			return err
		}
	}
	return errors.Join(w.waitForUnread(), w.Close())
}

// ask sends requests over the connection and reads the answers, then says goodbye.
func (e edge) ask(s *site, secure *tls.Conn) error {
	answers := bufio.NewReader(secure)
	for n := range max(1, e.requests) {
		if n > 0 {
			time.Sleep(e.pause)
		}
		if _, err := fmt.Fprintf(secure, "GET / HTTP/1.1\r\nHost: %s\r\nUser-Agent: Amazon CloudFront\r\n\r\n", e.host(s).serverName()); err != nil {
			return err
		}
		answer, err := http.ReadResponse(answers, nil)
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			return err
		}
		if answer.StatusCode != max(e.status, http.StatusOK) {
			return fmt.Errorf("the server answers %s", answer.Status)
		}
	}
	return secure.Close()
}
