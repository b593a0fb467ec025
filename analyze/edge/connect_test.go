package edge

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// selfSigned makes a certificate; what it is worth makes no difference to Connect.
func selfSigned(t *testing.T, names ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, DNSNames: names,
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1, 0)} // expired, too
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// serveConn lets do answer connections on loopback until the test ends, and gives
// the address.
func serveConn(t *testing.T, do func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skip("no loopback: ", err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go do(conn)
		}
	}()
	return l.Addr().String()
}

// serveTLS answers as config says, and reports what came after the handshake.
func serveTLS(t *testing.T, config *tls.Config, after chan<- []byte) string {
	return serveConn(t, func(conn net.Conn) {
		defer conn.Close()
		server := tls.Server(conn, config)
		if server.Handshake() != nil {
			return
		}
		rest, _ := io.ReadAll(server)
		if after != nil {
			after <- rest
		}
	})
}

func connect(t *testing.T, addr, sni string, v Offer) *Answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	a, err := Connect(ctx, nil, addr, sni, v)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestConnectCompletes(t *testing.T) {
	cert := selfSigned(t, "other.example.org")
	after := make(chan []byte, 1)
	var asked string
	config := &tls.Config{Certificates: []tls.Certificate{cert}, GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		asked = h.ServerName
		return nil, nil
	}}
	addr := serveTLS(t, config, after)
	for _, tt := range []struct {
		offer   Offer
		version uint16
	}{{OfferFor(nil, true), tls.VersionTLS13}, {OfferFor(nil, false), tls.VersionTLS12}, {OfferFor([]string{"TLSv1.2"}, true), tls.VersionTLS13}} {
		a := connect(t, addr, originName, tt.offer)
		if a.Outcome != Completed || a.Version != tt.version || a.Suite == 0 || a.Err != nil || a.Remote != addr || a.WantsClient {
			t.Errorf("version %x: %+v", tt.version, a)
		}
		if len(a.Certificates) != 1 || !slices.Equal(a.Certificates[0], cert.Certificate[0]) {
			t.Errorf("version %x: %d certificates, not the server's", tt.version, len(a.Certificates))
		}
		if !slices.Contains(tt.offer.Groups, a.Group) {
			t.Errorf("version %x: group %v was not offered", tt.version, a.Group)
		}
		if rest := <-after; len(rest) != 0 || asked != originName || a.SNI != originName {
			t.Errorf("version %x: SNI %q, %d bytes after the handshake", tt.version, asked, len(rest))
		}
	}
	if a := connect(t, addr, "", OfferFor(nil, true)); a.Outcome != Completed || asked != "" {
		t.Errorf("without SNI: %+v, asked for %q", a, asked)
	}
}

// TestConnectFails: what a server can answer, and what it is called.
func TestConnectFails(t *testing.T) {
	cert := selfSigned(t, originName)
	one := []tls.Certificate{cert}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	l.Close()
	raw := func(answer string) string {
		return serveConn(t, func(conn net.Conn) {
			defer conn.Close()
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = io.WriteString(conn, answer)
		})
	}
	tests := []struct {
		name    string
		addr    string
		offer   Offer
		outcome Outcome
		alert   tls.AlertError
	}{
		{"TLS 1.3 only, older offer", serveTLS(t, &tls.Config{Certificates: one, MinVersion: tls.VersionTLS13}, nil), OfferFor(nil, false), AlertReceived, 70},
		{"TLS 1.3 only, newer offer", serveTLS(t, &tls.Config{Certificates: one, MinVersion: tls.VersionTLS13}, nil), OfferFor(nil, true), Completed, 0},
		{"no shared suite", serveTLS(t, &tls.Config{Certificates: one, MaxVersion: tls.VersionTLS12,
			CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256}}, nil), OfferFor(nil, true), AlertReceived, 40},
		{"no shared group", serveTLS(t, &tls.Config{Certificates: one, MinVersion: tls.VersionTLS13,
			CurvePreferences: []tls.CurveID{tls.CurveP521}}, nil), OfferFor(nil, true), AlertReceived, 40},
		{"only P-384", serveTLS(t, &tls.Config{Certificates: one, MinVersion: tls.VersionTLS13,
			CurvePreferences: []tls.CurveID{tls.CurveP384}}, nil), OfferFor(nil, true), Completed, 0},
		{"SNI refused", raw("\x15\x03\x03\x00\x02\x02\x70"), OfferFor(nil, true), AlertReceived, 112},
		{"SNI refused by Go", serveTLS(t, &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return nil, errors.New("no such name")
		}}, nil), OfferFor(nil, true), AlertReceived, 80},
		{"plain HTTP", raw("HTTP/1.1 400 Bad Request\r\n\r\n"), OfferFor(nil, true), PlainHTTP, 0},
		{"something else", raw("SSH-2.0-OpenSSH_9.6\r\n"), OfferFor(nil, true), NotTLS, 0},
		{"closed in the handshake", raw(""), OfferFor(nil, true), Hangup, 0},
		{"half a record", raw("\x16\x03\x03"), OfferFor(nil, true), Hangup, 0},
		{"a broken ServerHello", raw("\x16\x03\x03\x00\x04\x02\x00\x00\x00"), OfferFor(nil, true), Incompatible, 0},
		{"reset", serveConn(t, func(conn net.Conn) {
			_, _ = conn.Read(make([]byte, 16)) // the rest stays unread, so close resets
			_ = conn.(*net.TCPConn).SetLinger(0)
			conn.Close()
		}), OfferFor(nil, true), Reset, 0},
		{"closed port", closed, OfferFor(nil, true), PortClosed, 0},
	}
	for _, tt := range tests {
		a := connect(t, tt.addr, originName, tt.offer)
		if a.Outcome != tt.outcome || a.Alert != tt.alert || (a.Err == nil) != (tt.outcome == Completed) {
			t.Errorf("%s: %s, alert %d (%v); want %s, alert %d", tt.name, a.Outcome, a.Alert, a.Err, tt.outcome, tt.alert)
		}
	}
}

func TestConnectWantsClientCertificate(t *testing.T) {
	addr := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}, ClientAuth: tls.RequestClientCert}, nil)
	if a := connect(t, addr, originName, OfferFor(nil, true)); a.Outcome != Completed || !a.WantsClient {
		t.Errorf("%+v", a)
	}
}

// TestConnectBreaksOff: the certificate is kept where the handshake fails after it.
func TestConnectBreaksOff(t *testing.T) {
	addr := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}, MaxVersion: tls.VersionTLS12, ClientAuth: tls.RequireAnyClientCert}, nil)
	a := connect(t, addr, originName, OfferFor(nil, true))
	if a.Outcome != AlertReceived || len(a.Certificates) != 1 || !a.WantsClient {
		t.Errorf("%+v", a)
	}
}

func TestConnectDeadline(t *testing.T) {
	silent := serveConn(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if a, err := Connect(ctx, nil, silent, originName, OfferFor(nil, true)); err != nil || a.Outcome != TimedOut {
		t.Errorf("silent server: %+v, %v", a, err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if a, err := Connect(ctx, nil, silent, originName, OfferFor(nil, true)); !errors.Is(err, context.Canceled) || a != nil {
		t.Errorf("cancelled: %+v, %v", a, err)
	}
}

// TestConnectDials: one connection, by the dial that was given, and its failures.
func TestConnectDials(t *testing.T) {
	addr := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}}, nil)
	calls := 0
	dial := func(ctx context.Context, network, to string) (net.Conn, error) {
		calls++
		if network != "tcp" || to != "origin.example.com:443" {
			t.Errorf("dialled %s %s", network, to)
		}
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	if a, err := Connect(t.Context(), dial, "origin.example.com:443", originName, OfferFor(nil, true)); err != nil || a.Outcome != Completed || calls != 1 {
		t.Errorf("%+v, %v, %d connections", a, err, calls)
	}
	for want, failure := range map[Outcome]error{NoAddress: &net.DNSError{Err: "no such host"}, Unreachable: errors.New("no route to host")} {
		failing := func(context.Context, string, string) (net.Conn, error) { return nil, failure }
		if a, err := Connect(t.Context(), failing, "h:443", originName, OfferFor(nil, true)); err != nil || a.Outcome != want || a.Remote != "" {
			t.Errorf("%v: %+v, %v", failure, a, err)
		}
	}
	for _, wrong := range [][2]string{{"127.0.0.1", originName}, {"127.0.0.1:443", "*.example.com"}, {"127.0.0.1:443", "192.0.2.1"}} {
		_, err := Connect(t.Context(), dial, wrong[0], wrong[1], OfferFor(nil, true))
		var e *InputError
		if !errors.As(err, &e) || e.Hint() == "" || calls != 1 {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

// TestOfferFor: versions follow OriginSslProtocols.
func TestOfferFor(t *testing.T) {
	for _, tt := range []struct {
		protocols []string
		newer     bool
		min, max  uint16
	}{
		{nil, false, tls.VersionTLS12, tls.VersionTLS12},
		{nil, true, tls.VersionTLS12, tls.VersionTLS13},
		{[]string{"TLSv1", "TLSv1.1", "TLSv1.2"}, true, tls.VersionTLS10, tls.VersionTLS13},
		{[]string{"TLSv1.1"}, false, tls.VersionTLS11, tls.VersionTLS11},
		{[]string{"SSLv3"}, false, tls.VersionTLS10, tls.VersionTLS10},
		{[]string{"TLSv9"}, false, tls.VersionTLS12, tls.VersionTLS12},
	} {
		if o := OfferFor(tt.protocols, tt.newer); o.MinVersion != tt.min || o.MaxVersion != tt.max {
			t.Errorf("%q, newer %v: %+v", tt.protocols, tt.newer, o)
		}
	}
}

// TestOffersAreCloudFronts holds what a server receives against the description
// of s2n-tls's policies.
func TestOffersAreCloudFronts(t *testing.T) {
	const path = "../../../shared/data/cloudfront-origin-clienthello-policies.json"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Skip("NOT TESTED: the offers against the published policies, which are not here: ", err)
	}
	var file struct {
		Policies map[string]struct {
			Ciphers []string `json:"ciphers_in_order"`
			Groups  []string `json:"groups"`
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	unsupported := []uint16{0xc024, 0xc028, 0x0004}
	for name, policy := range file.Policies {
		newer := strings.HasPrefix(name, "CloudFront-Upstream-2025 ")
		if !newer && !strings.HasPrefix(name, "CloudFront-Upstream (") {
			continue
		}
		var want []uint16
		for _, word := range policy.Ciphers {
			n, err := strconv.ParseUint(strings.Fields(word)[0], 0, 16)
			if err != nil {
				t.Fatal(err)
			}
			if id := uint16(n); !slices.Contains(unsupported, id) {
				want = append(want, id)
			}
		}
		offer := OfferFor(nil, newer)
		hello := helloOf(t, offer)
		configured := slices.Concat([]uint16{0x1301, 0x1302, 0x1303}, offer.Suites)
		if !newer {
			configured = offer.Suites
		}
		if !slices.Equal(configured, want) {
			t.Errorf("%s: configured %04x, want %04x", name, configured, want)
		}
		got := slices.Clone(hello.CipherSuites)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: sent %04x, want %04x", name, got, want)
		}
		if len(hello.SupportedCurves) != 3 || len(policy.Groups) != 3 || hello.SupportedProtos != nil {
			t.Errorf("%s: groups %v, want those of %q; ALPN %q", name, hello.SupportedCurves, policy.Groups, hello.SupportedProtos)
		}
	}
}

// helloOf gives what a server of crypto/tls makes of the ClientHello of an offer.
func helloOf(t *testing.T, o Offer) (hello tls.ClientHelloInfo) {
	t.Helper()
	server, client := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer server.Close()
		_ = tls.Server(server, &tls.Config{GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			hello = *h
			return nil, errors.New("seen")
		}}).Handshake()
	}()
	dial := func(context.Context, string, string) (net.Conn, error) { return client, nil }
	if _, err := Connect(t.Context(), dial, "pipe:443", originName, o); err != nil {
		t.Fatal(err)
	}
	<-done
	return hello
}
