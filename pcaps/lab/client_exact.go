//go:build linux

package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"sniwatch/pcaps/gen/tlsbytes"
)

// An exact client sends CloudFront's ClientHello byte for byte as AWS's library
// would, which crypto/tls cannot: it offers no Ed25519, no P-521 and no ChaCha20
// below TLS 1.3. It has no keys, so it can be refused, or refuse every certificate,
// and no more.
type exact struct{ newest uint16 }

var errServerRefused = errors.New("the server refused")

func (e exact) call(s *site, from netip.AddrPort) error {
	conn, err := s.dial(from, 5*time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	source := tlsbytes.NewSource(fmt.Sprint(s.folder, from, time.Now().UnixNano()))
	hello := tlsbytes.CloudFront12(source, s.host.serverName())
	if e.newest == tls.VersionTLS13 {
		hello = tlsbytes.CloudFront13(source, s.host.serverName(), tls.VersionTLS12)
	}
	if _, err := conn.Write(hello.Bytes()); err != nil {
		return err
	}
	w := &wire{TCPConn: conn}
	if err := toCertificate(w); err != nil {
		return err
	}
	return errors.Join(errRefused, w.waitForUnread(), w.Close())
}

// toCertificate reads up to the end of the record with the server's Certificate.
// In TLS 1.3 that is the second encrypted one: before it are the
// EncryptedExtensions.
func toCertificate(w *wire) error {
	const alert, handshake, applicationData, certificate = 21, 22, 23, 11
	for encrypted := 0; ; {
		kind, body, err := w.record()
		switch {
		case err != nil:
			return err
		case kind == alert:
			return errors.Join(errServerRefused, w.waitForEnd())
		case kind == handshake && len(body) > 0 && body[0] == certificate:
			return nil
		case kind == applicationData:
			if encrypted++; encrypted == 2 {
				return nil
			}
		}
	}
}
