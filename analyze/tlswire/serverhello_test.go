package tlswire

import (
	"crypto/tls"
	"testing"
)

func TestServerHelloAgainstGo(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(Version(version).String(), func(t *testing.T) {
			client, server := configs(t, version)
			f := shakeHands(t, client, server)
			if f.err != nil {
				t.Fatal(f.err)
			}
			body := handshakeBody(t, f.server, TypeServerHello)
			h, fault := ParseServerHello(body)
			if fault != nil {
				t.Fatal(*fault)
			}
			if h.Version() != Version(f.state.Version) || h.CipherSuite != CipherSuite(f.state.CipherSuite) || h.IsHelloRetryRequest() {
				t.Errorf("%v %v, crypto/tls agreed on %x %x", h.Version(), h.CipherSuite, f.state.Version, f.state.CipherSuite)
			}
			group := h.Group
			if version < tls.VersionTLS13 {
				if h.ALPN != "http/1.1" {
					t.Errorf("ALPN %q", h.ALPN)
				}
				if group, fault = ParseServerKeyExchange(handshakeBody(t, f.server, TypeServerKeyExchange)); fault != nil {
					t.Error(*fault)
				}
			}
			if group != Group(f.state.CurveID) {
				t.Errorf("group %v, crypto/tls agreed on %v", group, f.state.CurveID)
			}
			legal := 2 + 32 + 1 + len(h.SessionID) + 2 + 1
			for n := range body {
				if _, f := ParseServerHello(body[:n]); (f == nil) != (n == legal) {
					t.Errorf("the first %d of %d bytes: fault %v", n, len(body), f)
				}
			}
		})
	}
}

func TestHelloRetryRequest(t *testing.T) {
	client, server := configs(t, tls.VersionTLS13)
	server.CurvePreferences = []tls.CurveID{tls.CurveP384}
	f := shakeHands(t, client, server)
	if f.err != nil {
		t.Fatal(f.err)
	}
	got := readAll(f.server)
	retry, fault := ParseServerHello(got.messages[0].Body)
	if fault != nil || !retry.IsHelloRetryRequest() || retry.Group != Secp384r1 || retry.Version() != TLS13 {
		t.Errorf("%+v, fault %v", retry, fault)
	}
	hello, fault := ParseServerHello(got.messages[1].Body)
	if fault != nil || hello.IsHelloRetryRequest() || hello.Group != Secp384r1 {
		t.Errorf("%+v, fault %v", hello, fault)
	}
}

func TestParseServerHello(t *testing.T) {
	head := join([]byte{3, 3}, filled(32, 5), []byte{0}, []byte{0xc0, 0x2f, 0})
	tests := []struct {
		name  string
		body  []byte
		fault Fault
		check func(ServerHello) bool
	}{
		{"no extensions", head, Fault{}, func(h ServerHello) bool { return h.Version() == TLS12 && h.CipherSuite == 0xc02f }},
		{"name, ticket, ALPN", join(head, vec16(join(ext(ExtServerName), ext(ExtSessionTicket), ext(ExtALPN, 0, 3, 2, 'h', '2'))...)), Fault{},
			func(h ServerHello) bool { return h.ServerNameAck && h.SessionTicket && h.ALPN == "h2" }},
		{"draft 18, without session id", join([]byte{0x7f, 18}, filled(32, 5), []byte{0x13, 1}, vec16(ext(ExtKeyShareDraft, 0, 29, 0, 1, 1)...)), Fault{},
			func(h ServerHello) bool {
				return h.Version() == 0x7f12 && h.CipherSuite == 0x1301 && h.Group == X25519
			}},
		{"a version cut", join(head, vec16(ext(ExtSupportedVersions, 3)...)), Fault{"selected_version", 44},
			func(h ServerHello) bool { return h.CipherSuite == 0xc02f }},
		{"bytes after the key share", join(head, vec16(ext(ExtKeyShare, 0, 29, 0, 1, 9, 9)...)), Fault{"extension_data", 49},
			func(h ServerHello) bool { return h.Group == X25519 }},
		{"a long session id", join([]byte{3, 3}, filled(32, 5), []byte{33}, filled(33, 1), []byte{0, 1, 0}), Fault{"legacy_session_id_echo", 34},
			func(h ServerHello) bool { return h.CipherSuite == 1 }},
	}
	for _, test := range tests {
		h, f := ParseServerHello(test.body)
		if f == nil {
			f = &Fault{}
		}
		if *f != test.fault || !test.check(h) {
			t.Errorf("%s: %+v, fault %v", test.name, h, *f)
		}
	}
}
