package tlswire

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// ext makes an extension.
func ext(kind ExtensionType, data ...byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(kind))
	return append(binary.BigEndian.AppendUint16(b, uint16(len(data))), data...)
}

// vec16 puts the length of two bytes before b.
func vec16(b ...byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)
}

// sni makes a server_name extension with one name.
func sni(name string) []byte {
	return ext(ExtServerName, vec16(append([]byte{0}, vec16([]byte(name)...)...)...)...)
}

// helloBody makes the body of a ClientHello with these extensions; none at all
// leaves their list out.
func helloBody(extensions ...[]byte) []byte {
	b := join([]byte{3, 3}, filled(32, 0x11), []byte{2, 7, 8}, vec16(0x13, 0x01, 0x1a, 0x1a, 0xc0, 0x2f), []byte{1, 0})
	if len(extensions) > 0 {
		b = append(b, vec16(join(extensions...)...)...)
	}
	return b
}

func TestParseClientHello(t *testing.T) {
	body := helloBody(
		ext(0x2a2a),
		sni("Origin.Example.com"),
		ext(ExtSupportedGroups, vec16(0x11, 0xec, 0, 29, 0, 23)...),
		ext(ExtECPointFormats, 2, 0, 1),
		ext(ExtSignatureAlgorithms, vec16(4, 3, 8, 4)...),
		ext(ExtALPN, vec16(append([]byte{2, 'h', '2', 8}, "http/1.1"...)...)...),
		ext(ExtSupportedVersions, 6, 0x3a, 0x3a, 3, 4, 3, 3),
		ext(ExtKeyShare, vec16(0x1a, 0x1a, 0, 1, 9, 0, 29, 0, 2, 1, 2)...),
		ext(ExtSessionTicket, 1, 2, 3),
		ext(ExtEarlyData),
		ext(ExtEncryptedClientHello, 0, 1),
		ext(ExtPreSharedKey, 1, 2, 3),
	)
	h, f := ParseClientHello(body)
	if f != nil {
		t.Fatal(*f)
	}
	types := h.extensionTypes()
	h.Extensions = nil
	want := ClientHello{
		LegacyVersion: TLS12, Random: filled(32, 0x11), SessionID: []byte{7, 8},
		CipherSuites: []CipherSuite{0x1301, 0x1a1a, 0xc02f}, CompressionMethods: []byte{0},
		ServerName: "Origin.Example.com", ServerNameState: Present, ECH: true,
		SupportedVersions: []Version{0x3a3a, TLS13, TLS12}, Groups: []Group{X25519MLKEM768, X25519, Secp256r1},
		KeyShares: []Group{0x1a1a, X25519}, SignatureSchemes: []SignatureScheme{0x0403, 0x0804},
		ALPN: []string{"h2", "http/1.1"}, ECPointFormats: []byte{0, 1},
		PSK: true, SessionTicket: true, TicketLength: 3, EarlyData: true,
	}
	if !reflect.DeepEqual(h, want) {
		t.Errorf("\n got %+v\nwant %+v", h, want)
	}
	if h.MaxVersion() != TLS13 {
		t.Errorf("MaxVersion is %v", h.MaxVersion())
	}
	if !slices.Equal(types, []ExtensionType{0x2a2a, 0, 10, 11, 13, 16, 43, 51, 35, 42, 0xfe0d, 41}) {
		t.Errorf("extensions %v", types)
	}
}

func TestClientHelloFaults(t *testing.T) {
	end := len(helloBody()) // where the list of extensions begins
	tests := []struct {
		name  string
		body  []byte
		fault Fault
		sni   string
		state Presence
	}{
		{"nothing", nil, Fault{"legacy_version", 0}, "", Unseen},
		{"cut in the random", helloBody()[:20], Fault{"random", 2}, "", Unseen},
		{"session id of 33 bytes", join([]byte{3, 3}, filled(32, 0), []byte{33}, filled(33, 1), vec16(0, 1), []byte{1, 0}), Fault{"legacy_session_id", 34}, "", Absent},
		{"cut in the cipher suites", helloBody()[:40], Fault{"cipher_suites", 37}, "", Unseen},
		{"odd cipher suites", join([]byte{3, 3}, filled(32, 0), []byte{0}, vec16(0, 1, 2), []byte{1, 0}), Fault{"cipher_suites", 37}, "", Absent},
		{"no compression method", join([]byte{3, 3}, filled(32, 0), []byte{0}, vec16(0, 1), []byte{0}), Fault{"legacy_compression_methods", 39}, "", Absent},
		{"extensions cut after the name", helloBody(sni("a.example"), ext(99, filled(40, 1)...))[:end+30], Fault{"extensions", end}, "a.example", Present},
		{"extensions cut in the name", helloBody(sni("a.example"))[:end+12], Fault{"extensions", end}, "", Unseen},
		{"extensions cut before the name", helloBody(ext(99, 1, 2), sni("a.example"))[:end+8], Fault{"extensions", end}, "", Unseen},
		{"bytes after the extensions", append(helloBody(sni("a.example")), 1, 2), Fault{"extensions", end + 20}, "a.example", Present},
		{"an extension longer than the list", helloBody(sni("a.example"), []byte{0, 10, 0, 9, 1}), Fault{"extension_data", end + 22}, "a.example", Present},
		{"the same extension twice", helloBody(sni("a.example"), sni("b.example")), Fault{"extension_type", end + 20}, "a.example", Present},
		{"an unknown extension twice", helloBody(ext(5000), ext(5000)), Fault{"extension_type", end + 6}, "", Absent},
		{"the second of two unknown extensions twice", helloBody(ext(5000), ext(5001), ext(5001)), Fault{"extension_type", end + 10}, "", Absent},
		{"an empty list of names", helloBody(ext(ExtServerName, 0, 0)), Fault{"server_name_list", end + 6}, "", Absent},
		{"an empty name", helloBody(ext(ExtServerName, 0, 3, 0, 0, 0)), Fault{"host_name", end + 9}, "", Absent},
		{"a name that is longer than its list", helloBody(ext(ExtServerName, 0, 5, 0, 0, 9, 'a', 'b')), Fault{"host_name", end + 9}, "", Absent},
		{"bytes after the list of names", helloBody(ext(ExtServerName, 0, 4, 0, 0, 1, 'a', 9)), Fault{"extension_data", end + 12}, "a", Present},
		{"odd groups, then the name", helloBody(ext(ExtSupportedGroups, 0, 3, 0, 23, 0), sni("a.example")), Fault{"named_group_list", end + 8}, "a.example", Present},
		{"no versions", helloBody(ext(ExtSupportedVersions, 0)), Fault{"versions", end + 7}, "", Absent},
		{"a key share cut", helloBody(ext(ExtKeyShare, vec16(0, 29, 0, 9, 1)...)), Fault{"key_exchange", end + 10}, "", Absent},
		{"an empty protocol name", helloBody(ext(ExtALPN, vec16(0)...)), Fault{"protocol_name", end + 9}, "", Absent},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h, f := ParseClientHello(test.body)
			if f == nil || *f != test.fault {
				t.Errorf("fault %v, want %v", f, test.fault)
			}
			if h.ServerName != test.sni || h.ServerNameState != test.state {
				t.Errorf("name %q %v, want %q %v", h.ServerName, h.ServerNameState, test.sni, test.state)
			}
		})
	}
}

func TestServerNames(t *testing.T) {
	hostile := "a\x1b[31m\n<script>\xff."
	tests := []struct {
		name  string
		body  []byte
		sni   string
		state Presence
	}{
		{"no extensions", helloBody(), "", Absent},
		{"an empty list", helloBody([]byte{}), "", Absent},
		{"another extension", helloBody(ext(23)), "", Absent},
		{"a hostile name stays as it is", helloBody(sni(hostile)), hostile, Present},
		{"a very long name", helloBody(sni(strings.Repeat("a", 60000))), strings.Repeat("a", 60000), Present},
		{"the first host_name counts", helloBody(ext(ExtServerName, 0, 12, 7, 0, 1, 'x', 0, 0, 1, 'a', 0, 0, 1, 'b')), "a", Present},
		{"ECH alone", helloBody(ext(ExtEncryptedClientHello, 0)), "", Encrypted},
		{"ECH's forerunner", helloBody(ext(ExtEncryptedServerName, 0)), "", Encrypted},
		{"ECH and the public name", helloBody(ext(ExtEncryptedClientHello, 0), sni("public.example")), "public.example", Present},
	}
	for _, test := range tests {
		h, f := ParseClientHello(test.body)
		if f != nil || h.ServerName != test.sni || h.ServerNameState != test.state {
			t.Errorf("%s: %q %v, fault %v", test.name, h.ServerName, h.ServerNameState, f)
		}
	}
}

func TestVersions(t *testing.T) {
	tests := []struct {
		legacy    Version
		supported []Version
		want      Version
	}{
		{TLS10, nil, TLS10},
		{TLS12, []Version{0xfafa, TLS12, TLS13}, TLS13},
		{TLS12, []Version{0x7f1c, TLS12}, 0x7f1c},
		{TLS12, []Version{0x7f1c, TLS13}, TLS13},
		{TLS12, []Version{0x1a1a}, TLS12},
		{SSL20, nil, SSL20},
	}
	for _, test := range tests {
		h := ClientHello{LegacyVersion: test.legacy, SupportedVersions: test.supported}
		if got := h.MaxVersion(); got != test.want {
			t.Errorf("%v %v: %v, want %v", test.legacy, test.supported, got, test.want)
		}
	}
	h := ClientHello{LegacyVersion: TLS11}
	if !slices.Equal(h.Versions(), []Version{TLS11}) {
		t.Errorf("Versions: %v", h.Versions())
	}
}

// deafConn gives a TLS server the bytes of one ClientHello, and swallows what
// the server answers.
type deafConn struct{ io.Reader }

func (deafConn) Write(b []byte) (int, error)      { return len(b), nil }
func (deafConn) Close() error                     { return nil }
func (deafConn) LocalAddr() net.Addr              { return nil }
func (deafConn) RemoteAddr() net.Addr             { return nil }
func (deafConn) SetDeadline(time.Time) error      { return nil }
func (deafConn) SetReadDeadline(time.Time) error  { return nil }
func (deafConn) SetWriteDeadline(time.Time) error { return nil }

// whatGoReads gives what crypto/tls reads in the same body, or nil where it
// refuses it.
func whatGoReads(body []byte) (read *tls.ClientHelloInfo) {
	var wire []byte
	for piece := range slices.Chunk(msg(TypeClientHello, body...), 1<<14) {
		wire = append(wire, rec(TypeHandshake, TLS10, piece...)...)
	}
	conn := tls.Server(deafConn{bytes.NewReader(wire)}, &tls.Config{
		GetConfigForClient: func(info *tls.ClientHelloInfo) (*tls.Config, error) {
			copied := *info
			read = &copied
			return nil, errors.New("seen enough")
		},
	})
	conn.Handshake()
	return read
}

// compareWithGo checks h against what crypto/tls has read.
func compareWithGo(t *testing.T, h ClientHello, want *tls.ClientHelloInfo) {
	t.Helper()
	same := func(field string, got, want any) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, crypto/tls reads %v", field, got, want)
		}
	}
	same("server_name", h.ServerName, want.ServerName)
	same("cipher_suites", numbers(h.CipherSuites), numbers(want.CipherSuites))
	same("named_group_list", numbers(h.Groups), numbers(want.SupportedCurves))
	same("supported_signature_algorithms", numbers(h.SignatureSchemes), numbers(want.SignatureSchemes))
	same("protocol_name_list", strings.Join(h.ALPN, "\n"), strings.Join(want.SupportedProtos, "\n"))
	same("extensions", numbers(h.extensionTypes()), numbers(want.Extensions))
	same("ec_point_format_list", string(h.ECPointFormats), string(want.SupportedPoints))
	if len(h.SupportedVersions) > 0 {
		same("versions", numbers(h.SupportedVersions), numbers(want.SupportedVersions))
	}
}

func numbers[T ~uint16](list []T) []uint16 {
	n := make([]uint16, len(list))
	for i, v := range list {
		n[i] = uint16(v)
	}
	return n
}

func TestClientHelloAgainstGo(t *testing.T) {
	for name, version := range map[string]uint16{"TLS 1.0": tls.VersionTLS10, "TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) {
			client, server := configs(t, version)
			f := shakeHands(t, client, server)
			body := handshakeBody(t, f.client, TypeClientHello)
			h, fault := ParseClientHello(body)
			if fault != nil {
				t.Fatal(*fault)
			}
			compareWithGo(t, h, whatGoReads(body))
			if version == tls.VersionTLS13 && (len(body) < 1200 || !slices.Contains(h.KeyShares, X25519MLKEM768)) {
				t.Errorf("no post-quantum key share in %d bytes: %v", len(body), h.KeyShares)
			}
			checkPrefixes(t, body)
		})
	}
}

// checkPrefixes checks that each strict prefix of a good body has a fault, but
// the one that ends before the extensions.
func checkPrefixes(t *testing.T, body []byte) {
	t.Helper()
	h, _ := ParseClientHello(body)
	legal := 2 + 32 + 1 + len(h.SessionID) + 2 + 2*len(h.CipherSuites) + 1 + len(h.CompressionMethods)
	for n := range body {
		if _, f := ParseClientHello(body[:n]); (f == nil) != (n == legal) {
			t.Errorf("the first %d of %d bytes: fault %v", n, len(body), f)
		}
	}
}

func TestClientHelloResumption(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		client, server := configs(t, version)
		client.ClientSessionCache = tls.NewLRUClientSessionCache(1)
		shakeHands(t, client, server)
		f := shakeHands(t, client, server)
		if f.err != nil || !f.state.DidResume {
			t.Fatalf("not resumed: %v", f.err)
		}
		h, fault := ParseClientHello(handshakeBody(t, f.client, TypeClientHello))
		s, serverFault := ParseServerHello(handshakeBody(t, f.server, TypeServerHello))
		if fault != nil || serverFault != nil {
			t.Fatal(fault, serverFault)
		}
		if version == tls.VersionTLS13 && (!h.PSK || !s.PSK) {
			t.Errorf("TLS 1.3: PSK %v %v", h.PSK, s.PSK)
		}
		if version == tls.VersionTLS12 && (h.TicketLength == 0 || !bytes.Equal(h.SessionID, s.SessionID)) {
			t.Errorf("TLS 1.2: ticket of %d bytes, session %x and %x", h.TicketLength, h.SessionID, s.SessionID)
		}
	}
}
