// Package play acts out TLS connections: the lines of client and server in the
// order, the sizes and the rhythm of real ones, from the SYN to whoever leaves
// first.
package play

import (
	"fmt"
	"net/netip"
	"time"

	"sniwatch/pcaps/gen/certs"
	"sniwatch/pcaps/gen/frames"
	"sniwatch/pcaps/gen/tlsbytes"
)

// Terms are what the server chooses.
type Terms struct {
	Version    uint16
	Suite      tlsbytes.Suite
	Chain      certs.Chain
	ALPN       string
	AskForCert bool // it wants a client certificate
	Packed     bool // up to TLS 1.2: its flight is one record
	Resumed    bool // it goes on with an old session
	Unnamed    bool // it does not confirm the server name
}

// TLS12 are the usual terms up to TLS 1.2, TLS13 those of TLS 1.3.
func TLS12(chain certs.Chain) Terms {
	suite := tlsbytes.ECDHERSA256GCM
	if chain.ECDSA {
		suite = tlsbytes.ECDHEECDSA256
	}
	return Terms{Version: tlsbytes.TLS12, Suite: suite, Chain: chain}
}

// TLS13 are the usual terms of TLS 1.3.
func TLS13(chain certs.Chain) Terms {
	return Terms{Version: tlsbytes.TLS13, Suite: tlsbytes.AES128GCM13, Chain: chain}
}

// A Call is one TLS connection. Its methods say one line each.
type Call struct {
	*frames.Conversation
	Trace *frames.Trace
	Src   tlsbytes.Source

	hello   tlsbytes.ClientHello
	terms   Terms
	retried bool
}

// NewCall opens a TCP connection. What looks random in it derives from the
// addresses and the time.
func NewCall(trace *frames.Trace, client, server netip.AddrPort) *Call {
	c := Prepare(trace, client, server)
	c.Open()
	return c
}

// Prepare is NewCall without the packets: the connection is yet to be opened.
func Prepare(trace *frames.Trace, client, server netip.AddrPort) *Call {
	src := tlsbytes.NewSource(fmt.Sprintf("%v %v %d", client, server, trace.Now.UnixNano()))
	return &Call{Conversation: trace.Conversation(client, server, src.Uint32(), src.Uint32()), Trace: trace, Src: src}
}

// Hello sends the ClientHello; the server's kernel acknowledges it.
func (c *Call) Hello(h tlsbytes.ClientHello) *Call {
	c.hello = h
	c.Trace.Wait(700 * time.Microsecond)
	c.Client.Send(h.Bytes())
	return c
}

// Said notes h as the hello that was sent by other means.
func (c *Call) Said(h tlsbytes.ClientHello) { c.hello = h }

// Retry is a HelloRetryRequest for x25519 and the second hello.
func (c *Call) Retry(suite tlsbytes.Suite) *Call {
	c.Trace.Wait(300 * time.Microsecond)
	c.Server.Send(tlsbytes.Join(tlsbytes.HelloRetryRequest(c.hello, suite).Bytes(), tlsbytes.CCS()))
	c.retried = true
	h := c.hello.AfterRetry(c.Src)
	c.Client.Send(tlsbytes.CCS())
	c.Hello(h)
	return c
}

// FlightBytes gives the server's flight, without sending it.
func (c *Call) FlightBytes(t Terms) []byte {
	c.terms = t
	f := tlsbytes.Flight{Version: t.Version, Suite: t.Suite, Chain: t.Chain.DER, Signature: t.Chain.Signature, ECDSA: t.Chain.ECDSA,
		AskForCert: t.AskForCert, Packed: t.Packed, SNI: !t.Unnamed, Groups: !c.retried && !t.Unnamed, ALPN: t.ALPN}
	switch {
	case t.Version == tlsbytes.TLS13:
		if t.Resumed {
			f.Chain = nil
		}
		return f.Bytes13(c.Src, tlsbytes.ServerHello13(c.Src, c.hello, t.Suite, t.Resumed), !c.retried)
	case t.Resumed:
		sh := tlsbytes.ServerHello12(c.Src, c.hello, t.Version, t.Suite, t.ALPN)
		sh.SessionID = c.hello.SessionID
		return tlsbytes.Join(sh.Bytes(), tlsbytes.Finish12(c.Src, t.Suite, t.Version))
	}
	return f.Bytes12(c.Src, tlsbytes.ServerHello12(c.Src, c.hello, t.Version, t.Suite, t.ALPN))
}

// Answer sends the server's flight; the client's kernel acknowledges it.
func (c *Call) Answer(t Terms) *Call {
	flight := c.FlightBytes(t)
	c.Trace.Wait(950 * time.Microsecond)
	c.Server.Send(flight)
	return c
}

// Finish ends the handshake on both sides.
func (c *Call) Finish() *Call {
	c.ClientFinish()
	switch {
	case c.terms.Version == tlsbytes.TLS13:
		if !c.terms.Resumed {
			ticket := 266 + (c.terms.Suite.Hash - 32)
			c.Server.Send(c.Src.Noise(tlsbytes.ApplicationData, ticket))
			c.Server.Send(c.Src.Noise(tlsbytes.ApplicationData, ticket))
		}
	case !c.terms.Resumed:
		c.Server.Send(tlsbytes.Finish12(c.Src, c.terms.Suite, c.terms.Version))
	}
	return c
}

// ClientFinish is the client's half of Finish.
func (c *Call) ClientFinish() {
	c.Trace.Wait(1200 * time.Microsecond)
	t := c.terms
	if t.Version == tlsbytes.TLS13 {
		var lines []byte
		if !c.retried {
			lines = tlsbytes.CCS()
		}
		if t.AskForCert {
			lines = append(lines, c.Src.Noise(tlsbytes.ApplicationData, 25)...) // an empty Certificate
		}
		c.Client.Send(append(lines, c.Src.Noise(tlsbytes.ApplicationData, t.Suite.Finished13())...))
		return
	}
	if t.Resumed {
		c.Client.Send(tlsbytes.Finish12(c.Src, t.Suite, t.Version))
		return
	}
	if t.AskForCert {
		c.Client.Send(tlsbytes.EmptyCertificate())
	}
	c.Client.Send(tlsbytes.ClientKeyExchange(c.Src, t.Suite, t.Version))
	c.Client.Send(tlsbytes.Finish12(c.Src, t.Suite, t.Version))
}

// data gives n bytes of application data in one record.
func (c *Call) data(n int) []byte {
	return tlsbytes.Record(tlsbytes.ApplicationData, min(c.terms.Version, tlsbytes.TLS12), c.Src.Bytes(c.terms.Suite.Data(n)))
}

// Exchange is one HTTP request and its response, in records of at most 16 KiB.
func (c *Call) Exchange(request, response int) *Call {
	c.Trace.Wait(150 * time.Microsecond)
	c.Client.Send(c.data(request))
	c.Trace.Wait(2 * time.Millisecond)
	var body []byte
	for left := response; left > 0; {
		n := min(left, 1<<14)
		body = append(body, c.data(n)...)
		left -= n
	}
	c.Server.Send(body)
	return c
}

// Alert gives an alert of the terms: encrypted, so only its length shows.
func (c *Call) Alert() []byte {
	if c.terms.Version == tlsbytes.TLS13 {
		return c.Src.Noise(tlsbytes.ApplicationData, c.terms.Suite.Alert)
	}
	return tlsbytes.Record(tlsbytes.AlertRecord, c.terms.Version, c.Src.Bytes(c.terms.Suite.Alert))
}

// Goodbye is close_notify and FIN by the client, then by the server.
func (c *Call) Goodbye() {
	c.Trace.Wait(30 * time.Millisecond)
	c.Client.Push(c.Alert())
	c.Client.Fin()
	c.Server.Ack()
	c.Server.Push(c.Alert())
	c.Server.Fin()
	c.Client.ResetBare()
}

// ServerGoodbye is close_notify and FIN by the server, FIN by the client.
func (c *Call) ServerGoodbye() {
	c.Trace.Wait(5 * time.Second)
	c.Server.Push(c.Alert())
	c.Server.Fin()
	c.Client.Receive()
	c.Client.Push(c.Alert())
	c.Client.Fin()
	c.Server.ResetBare()
}

// Succeed is Finish, one exchange, and Goodbye.
func (c *Call) Succeed() { c.Finish().Exchange(420, 2300).Goodbye() }

// RefuseByReset is how CloudFront leaves: RST 1.1 ms after the last byte of the
// server's flight, all of it acknowledged, no alert.
func (c *Call) RefuseByReset() {
	c.Server.AfterLast(1100 * time.Microsecond)
	c.Client.Reset()
}

// RefuseByAlert sends an alert in clear, then both sides close.
func (c *Call) RefuseByAlert(description byte) {
	c.Server.AfterLast(1500 * time.Microsecond)
	c.Client.Push(tlsbytes.Alert(tlsbytes.TLS12, tlsbytes.Fatal, description))
	c.Server.Receive()
	c.closeBoth(c.Server, c.Client)
}

// ServerAlert is an alert in clear in place of the server's flight, then both
// sides close.
func (c *Call) ServerAlert(description byte) {
	c.Trace.Wait(400 * time.Microsecond)
	c.Server.Send(tlsbytes.Alert(tlsbytes.TLS12, tlsbytes.Fatal, description))
	c.closeBoth(c.Server, c.Client)
}

// closeBoth ends the connection with a FIN of first, then of the other side.
func (c *Call) closeBoth(first, second *frames.Side) {
	first.Fin()
	second.Receive()
	second.Fin()
	first.Ack()
}

// CloseByServer ends the connection with FINs, the server's first.
func (c *Call) CloseByServer() { c.closeBoth(c.Server, c.Client) }

// CloseByClient ends the connection with FINs, the client's first.
func (c *Call) CloseByClient() { c.closeBoth(c.Client, c.Server) }
