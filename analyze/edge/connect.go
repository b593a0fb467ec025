package edge

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"strings"
	"syscall"
)

// An Outcome is how a handshake went.
type Outcome string

// The outcomes.
const (
	Completed     Outcome = "completed"
	AlertReceived Outcome = "alert"        // Answer.Alert says which
	Reset         Outcome = "reset"        // RST, and no alert
	Hangup        Outcome = "closed"       // FIN, and no alert
	TimedOut      Outcome = "timeout"      // connected, then silence
	PlainHTTP     Outcome = "plain-http"   // HTTP in clear on this port
	NotTLS        Outcome = "not-tls"      // something else in clear
	PortClosed    Outcome = "port-closed"  // the connection was refused
	Unreachable   Outcome = "unreachable"  // no connection: no answer, or no route
	NoAddress     Outcome = "no-address"   // the host's name does not resolve
	Incompatible  Outcome = "incompatible" // the server's answer was one that this side does not take
)

// An Answer is what a server answered to one handshake.
type Answer struct {
	SNI          string // as it was sent; "": none
	Outcome      Outcome
	Version      uint16         // negotiated; 0: none, or not known
	Suite        uint16         // negotiated; 0: none, or not known
	Group        tls.CurveID    // negotiated; 0: none, or not known
	Certificates [][]byte       // DER, as sent and in that order; nil: none was seen
	Alert        tls.AlertError // the server's, where Outcome is AlertReceived
	WantsClient  bool           // the server asked for a client certificate
	Remote       string         // the address and port that it connected to; "": none
	Err          error          // what went wrong in Go's words; nil where Outcome is Completed
}

// Connect makes one connection to addr, HOST:PORT, and on it one TLS handshake
// that asks for sni ("": for no name) with the offer v. What the server sends
// back is taken as it is: no certificate is judged, so the handshake completes
// where CloudFront might have broken it off. Nothing but the handshake and its
// close_notify is sent, and nothing is read after it: what a server makes of a
// TLS 1.3 client's last flight is not heard.
//
// The deadline is that of ctx; without one Connect can wait as long as the
// server does. dial nil stands for a net.Dialer. Whatever the network does is an
// Answer; an error means that addr or sni is wrong, and nothing was tried, or
// that ctx was cancelled.
func Connect(ctx context.Context, dial func(ctx context.Context, network, addr string) (net.Conn, error), addr, sni string, v Offer) (*Answer, error) {
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return nil, &InputError{Source: addr, Says: "not HOST:PORT", Advice: "give a host and a port, such as 127.0.0.1:443", Err: err}
	}
	if sni != "" {
		if err := CheckOriginDomain(sni); err != nil {
			return nil, err
		}
	}
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	a := &Answer{SNI: sni}
	conn, err := dial(ctx, "tcp", addr)
	if errors.Is(ctx.Err(), context.Canceled) {
		if err == nil {
			conn.Close()
		}
		return nil, ctx.Err()
	}
	if err != nil {
		a.Err, a.Outcome = err, dialOutcome(err)
		return a, nil
	}
	defer conn.Close()
	a.Remote = conn.RemoteAddr().String()
	a.handshake(ctx, conn, v)
	if errors.Is(a.Err, context.Canceled) {
		return nil, a.Err
	}
	return a, nil
}

// handshake does it, and notes what can be seen.
func (a *Answer) handshake(ctx context.Context, conn net.Conn, v Offer) {
	config := v.config(a.SNI)
	config.VerifyPeerCertificate = func(raw [][]byte, _ [][]*x509.Certificate) error {
		a.Certificates = raw // also where the handshake breaks off after it
		return nil
	}
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		a.WantsClient = true
		return new(tls.Certificate), nil // none, as CloudFront without origin mTLS
	}
	client := tls.Client(conn, config)
	err := client.HandshakeContext(ctx)
	if state := client.ConnectionState(); state.Version != 0 {
		a.Version, a.Suite, a.Group = state.Version, state.CipherSuite, state.CurveID
	}
	if err != nil {
		if ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
			err = fmt.Errorf("%w: %w", ctx.Err(), err)
		}
		a.Err = err
		a.Outcome, a.Alert = handshakeOutcome(err)
		return
	}
	a.Outcome = Completed
	_ = client.Close() // close_notify: the server logs no error
}

// dialOutcome tells why there is no connection.
func dialOutcome(err error) Outcome {
	var lookup *net.DNSError
	switch {
	case errors.As(err, &lookup):
		return NoAddress
	case errors.Is(err, syscall.ECONNREFUSED):
		return PortClosed
	}
	return Unreachable
}

// handshakeOutcome tells why a handshake did not complete, and with which alert
// of the server's.
func handshakeOutcome(err error) (Outcome, tls.AlertError) {
	var header tls.RecordHeaderError
	var timeout net.Error
	if alert, ok := remoteAlert(err); ok {
		return AlertReceived, alert
	}
	switch {
	case errors.As(err, &header) && strings.HasPrefix(string(header.RecordHeader[:]), "HTTP/"):
		return PlainHTTP, 0
	case errors.As(err, &header) && header.Conn != nil:
		return NotTLS, 0
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return TimedOut, 0
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return Reset, 0
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return Hangup, 0
	}
	return Incompatible, 0
}

// remoteAlert gives the alert that ended a handshake. crypto/tls exports the type
// for QUIC alone; over TCP it is an unexported uint8 inside a net.OpError, so its
// number is read by reflection. A test fails if that ever changes.
func remoteAlert(err error) (tls.AlertError, bool) {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" {
		return 0, false
	}
	number := reflect.ValueOf(op.Err)
	if number.Kind() != reflect.Uint8 {
		return 0, false
	}
	return tls.AlertError(number.Uint()), true
}
