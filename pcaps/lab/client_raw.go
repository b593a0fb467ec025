//go:build linux

package main

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"time"
)

// A raw client speaks TCP only.
type raw struct {
	says  string        // its first and only bytes
	waits time.Duration // for an answer, before it closes
	reset bool          // it ends by RST
}

var errNoTLS = errors.New("no handshake was tried")

func (r raw) call(s *site, from netip.AddrPort) error {
	conn, err := s.dial(from, 5*time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, r.says); err != nil {
		return err
	}
	if r.waits > 0 {
		conn.SetReadDeadline(time.Now().Add(r.waits))
		io.Copy(io.Discard, conn)
	}
	if r.reset {
		err = conn.SetLinger(0)
	}
	return errors.Join(errNoTLS, err)
}

// hangsUp is an edge that sends its ClientHello and resets at once, before any
// answer can be there.
type hangsUp struct{ edge }

func (h hangsUp) call(s *site, from netip.AddrPort) error {
	conn, err := s.dial(from, 5*time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	hello, err := h.hello(s)
	if err != nil {
		return err
	}
	if _, err := conn.Write(hello); err != nil {
		return err
	}
	return errors.Join(errLeft, conn.SetLinger(0))
}

// hello gives the record that the edge would begin with.
func (e edge) hello(s *site) ([]byte, error) {
	ours, theirs := net.Pipe()
	defer ours.Close()
	w := &wire{}
	go tls.Client(theirs, e.config(s, w)).Handshake() // ends when ours is closed
	buffer := make([]byte, 16<<10)
	n, err := ours.Read(buffer)
	return buffer[:n], err
}
