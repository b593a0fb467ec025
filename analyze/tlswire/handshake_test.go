package tlswire

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"
)

// A flow is what the two sides of a real handshake of crypto/tls have sent.
type flow struct {
	client, server []byte
	state          tls.ConnectionState // of the client; zero where the handshake failed
	err            error               // of the client
}

// tapped is a connection that remembers what is written to it.
type tapped struct {
	net.Conn
	mu   sync.Mutex
	sent bytes.Buffer
}

func (c *tapped) Write(b []byte) (int, error) {
	c.mu.Lock()
	c.sent.Write(b)
	c.mu.Unlock()
	return c.Conn.Write(b)
}

func (c *tapped) bytes() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Clone(c.sent.Bytes())
}

// shakeHands plays a handshake, one request and one answer over TCP on the
// loopback interface, where a side that refuses cannot block the other.
func shakeHands(t testing.TB, client, server *tls.Config) flow {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()

	serverSide := make(chan *tapped, 1)
	go func() {
		raw, err := l.Accept()
		if err != nil {
			serverSide <- nil
			return
		}
		tap := &tapped{Conn: raw}
		conn := tls.Server(tap, server)
		if conn.HandshakeContext(ctx) == nil {
			request := make([]byte, 4)
			if _, err := io.ReadFull(conn, request); err == nil {
				conn.Write([]byte("pong"))
			}
		}
		conn.Close()
		serverSide <- tap
	}()

	raw, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	tap := &tapped{Conn: raw}
	conn := tls.Client(tap, client)
	f := flow{err: conn.HandshakeContext(ctx)}
	if f.err == nil {
		conn.Write([]byte("ping"))
		io.ReadFull(conn, make([]byte, 4))
		f.state = conn.ConnectionState()
	}
	conn.Close()
	other := <-serverSide
	if other == nil {
		t.Fatal("the server did not accept")
	}
	f.client, f.server = tap.bytes(), other.bytes()
	return f
}

var testKeys = sync.OnceValues(func() (rsaKey, ecKey crypto.Signer) {
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	e, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return r, e
})

// selfSigned gives a certificate for the names.
func selfSigned(t testing.TB, key crypto.Signer, names ...string) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: names[0]},
		DNSNames:     names,
		NotBefore:    time.Unix(1700000000, 0),
		NotAfter:     time.Unix(4000000000, 0),
		IsCA:         true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// configs gives a client and a server that agree on version.
func configs(t testing.TB, version uint16) (client, server *tls.Config) {
	t.Helper()
	rsaKey, ecKey := testKeys()
	server = &tls.Config{
		Certificates: []tls.Certificate{selfSigned(t, rsaKey, "origin.example.com"), selfSigned(t, ecKey, "origin.example.com")},
		MinVersion:   version, MaxVersion: version,
	}
	client = &tls.Config{
		ServerName: "origin.example.com", InsecureSkipVerify: true,
		MinVersion: version, MaxVersion: version, NextProtos: []string{"http/1.1"},
	}
	server.NextProtos = client.NextProtos
	return client, server
}

// handshakeBody gives the body of the first message of that kind in the flow.
func handshakeBody(t testing.TB, sent []byte, kind HandshakeType) []byte {
	t.Helper()
	got := readAll(sent)
	for _, m := range got.messages {
		if m.Type == kind {
			return m.Body
		}
	}
	t.Fatalf("no %v in %v", kind, got.lines)
	return nil
}
