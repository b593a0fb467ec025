package tlsbytes

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"testing"
)

var errSeen = errors.New("seen")

// read lets crypto/tls parse a hello and gives what it found.
func read(t *testing.T, hello []byte) *tls.ClientHelloInfo {
	t.Helper()
	near, far := net.Pipe()
	defer near.Close()
	var seen *tls.ClientHelloInfo
	done := make(chan error, 1)
	go func() {
		done <- tls.Server(far, &tls.Config{GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			seen = h
			return nil, errSeen
		}}).Handshake()
		far.Close()
	}()
	go func() { _, _ = near.Write(hello) }()
	_, _ = near.Read(make([]byte, 16)) // the alert that follows
	near.Close()
	if err := <-done; !errors.Is(err, errSeen) {
		t.Fatalf("crypto/tls does not accept the hello: %v", err)
	}
	return seen
}

func TestCryptoTLSReadsTheHellos(t *testing.T) {
	src := NewSource("hello test")
	const name = "origin.example.com"
	for what, h := range map[string]ClientHello{
		"CloudFront12": CloudFront12(src, name), "CloudFront13": CloudFront13(src, name, SSL30), "CloudFrontPQ": CloudFrontPQ(src, name),
		"OpenSSL": OpenSSL(src, name), "Browser": Browser(src, name), "TLS10": TLS10Hello(src, name),
		"ALPN": CloudFront12(src, name).With(ALPN("http/1.1")), "ticket": CloudFront12(src, name).WithTicket(src, false),
		"PSK": CloudFront13(src, name, TLS12).WithTicket(src, true), "retry": CloudFront13(src, name, TLS12).AfterRetry(src),
	} {
		got := read(t, h.Bytes())
		if got.ServerName != name {
			t.Errorf("%s: name %q, want %q", what, got.ServerName, name)
		}
		if !slices.Equal(got.CipherSuites, h.CipherSuites) {
			t.Errorf("%s: suites %x, want %x", what, got.CipherSuites, h.CipherSuites)
		}
	}
}

// The lengths are those of s2n-tls itself, with a name of 18 characters.
func TestHellosHaveTheLengthsOfTheLibrary(t *testing.T) {
	src := NewSource("length test")
	if n := len(CloudFront12(src, "origin.example.com").Bytes()) - 5; n != 167 {
		t.Errorf("TLS 1.2: record of %d bytes, want 167", n)
	}
	if n := len(CloudFront13(src, "origin.example.com", SSL30).Bytes()) - 5; n != 307 {
		t.Errorf("TLS 1.3: record of %d bytes, want 307", n)
	}
	if n := len(CloudFrontPQ(src, "origin.example.com").Bytes()); n <= 1448 {
		t.Errorf("post-quantum: %d bytes fit into one segment", n)
	}
}

// The lengths of nginx 1.22 with OpenSSL 3.0: ServerHello 97, ServerKeyExchange
// 333, ServerHelloDone 4; TLS 1.3: 155, 53, 281, 53.
func TestFlightsHaveTheLengthsOfOpenSSL(t *testing.T) {
	src := NewSource("flight test")
	chain := [][]byte{make([]byte, 700), make([]byte, 900)}
	f := Flight{Version: TLS12, Suite: ECDHERSA256GCM, Chain: chain, Signature: 256}
	got := lengths(f.Bytes12(src, ServerHello12(src, CloudFront12(src, "a.example"), TLS12, f.Suite, "")))
	if want := []int{97, 4 + 3 + 703 + 903, 333, 4}; !slices.Equal(got, want) {
		t.Errorf("TLS 1.2: %v, want %v", got, want)
	}
	f = Flight{Version: TLS13, Suite: AES128GCM13, Chain: chain, Signature: 256, SNI: true, Groups: true}
	got = lengths(f.Bytes13(src, ServerHello13(src, CloudFront13(src, "a.example", TLS12), f.Suite, false), true))
	if want := []int{155, 1, 53, 4 + 1 + 3 + 705 + 905 + 17, 281, 53}; !slices.Equal(got, want) {
		t.Errorf("TLS 1.3: %v, want %v", got, want)
	}
}

func lengths(b []byte) (n []int) {
	for len(b) >= 5 {
		l := int(be.Uint16(b[3:]))
		n = append(n, l)
		b = b[5+l:]
	}
	return n
}

func TestRetryRandomIsTheHashOfItsName(t *testing.T) {
	if h := sha256.Sum256([]byte("HelloRetryRequest")); !bytes.Equal(h[:], retryRandom) {
		t.Error("the random of a HelloRetryRequest is wrong")
	}
}

func TestRecordLengthsOfData(t *testing.T) {
	for _, c := range []struct {
		suite Suite
		n     int
		want  int
	}{
		{AES128GCM13, 100, 117}, {ECDHERSA256GCM, 46, 70}, {ECDHERSAChaCha, 2, 18}, {ECDHERSA128GCM, 2, 26},
	} {
		if got := c.suite.Data(c.n); got != c.want {
			t.Errorf("%04x: %d bytes of data in %d, want %d", c.suite.ID, c.n, got, c.want)
		}
	}
}
