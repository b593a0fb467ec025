package tlswire

import (
	"bytes"
	"crypto/tls"
	"slices"
	"strings"
	"testing"
)

// plainHello is the beginning of a ClientHello's body, enough to be recognised.
func plainHello(n int) []byte { return append([]byte{3, 3}, filled(n-2, 0x5a)...) }

func TestStream(t *testing.T) {
	hello := msg(TypeClientHello, plainHello(40)...)
	ccs := rec(TypeChangeCipherSpec, TLS12, 1)
	tests := []struct {
		name string
		in   []byte
		want []string
	}{
		{"a message in a record", rec(TypeHandshake, TLS10, hello...), []string{
			"record handshake TLS 1.0 44 at 0", "message client_hello 40 bytes at 0, 1 records"}},
		{"three messages in a record",
			rec(TypeHandshake, TLS12, join(msg(TypeServerHello, 3, 3), msg(TypeServerHelloDone), msg(99, 7))...), []string{
				"record handshake TLS 1.2 15 at 0", "message server_hello 2 bytes at 0, 1 records",
				"message server_hello_done 0 bytes at 0, 1 records", "message 0x63 1 bytes at 0, 1 records"}},
		{"a message over three records",
			join(rec(TypeHandshake, TLS10, hello[:2]...), rec(TypeHandshake, TLS12, hello[2:9]...), rec(TypeHandshake, TLS12, hello[9:]...)), []string{
				"record handshake TLS 1.0 2 at 0", "record handshake TLS 1.2 7 at 7", "record handshake TLS 1.2 35 at 19",
				"message client_hello 40 bytes at 0, 3 records"}},
		{"records of length 0", join(rec(TypeHandshake, TLS12), rec(TypeAlert, TLS12), rec(TypeHandshake, TLS12, hello...)), []string{
			"record handshake TLS 1.2 0 at 0", "record alert TLS 1.2 0 at 5", "record handshake TLS 1.2 44 at 10",
			"message client_hello 40 bytes at 10, 1 records"}},
		{"SSL 3.0", rec(TypeHandshake, SSL30, hello...), []string{
			"record handshake SSL 3.0 44 at 0", "message client_hello 40 bytes at 0, 1 records"}},
		{"an alert", rec(TypeAlert, TLS12, 2, 42), []string{"record alert TLS 1.2 2 at 0 fatal bad_certificate"}},
		{"two alerts in a record", rec(TypeAlert, TLS12, 1, 112, 2, 40), []string{
			"record alert TLS 1.2 4 at 0 warning unrecognized_name", "record alert TLS 1.2 4 at 0 fatal handshake_failure"}},
		{"an alert over two records", join(rec(TypeAlert, TLS12, 2), rec(TypeAlert, TLS12, 48)), []string{
			"record alert TLS 1.2 1 at 0", "record alert TLS 1.2 1 at 6 fatal unknown_ca"}},
		{"half an alert", join(rec(TypeAlert, TLS12, 2), ccs), []string{
			"record alert TLS 1.2 1 at 0", "fault description at 6", "record change_cipher_spec TLS 1.2 1 at 6"}},
		{"an alert with a level that is none", rec(TypeAlert, TLS12, 9, 40), []string{
			"record alert TLS 1.2 2 at 0 0x09 handshake_failure", "fault level at 0"}},
		{"a second alert with a level that is none", rec(TypeAlert, TLS12, 1, 112, 9, 40, 2, 40), []string{
			"record alert TLS 1.2 6 at 0 warning unrecognized_name", "record alert TLS 1.2 6 at 0 0x09 handshake_failure", "fault level at 0"}},
		{"an encrypted alert, the beginning not seen", rec(TypeAlert, TLS12, filled(26, 67)...), []string{
			"record alert TLS 1.2 26 at 0 encrypted"}},
		{"encrypted after ChangeCipherSpec", join(ccs, rec(TypeHandshake, TLS12, filled(40, 0)...), rec(TypeAlert, TLS12, filled(26, 1)...)), []string{
			"record change_cipher_spec TLS 1.2 1 at 0", "record handshake TLS 1.2 40 at 6 encrypted", "record alert TLS 1.2 26 at 51 encrypted"}},
		{"an alert in clear after encryption", join(rec(TypeApplicationData, TLS12, filled(30, 0)...), rec(TypeAlert, TLS12, 2, 42)), []string{
			"record application_data TLS 1.2 30 at 0 encrypted", "record alert TLS 1.2 2 at 35 fatal bad_certificate"}},
		{"two encrypted bytes are no alert", join(ccs, rec(TypeAlert, TLS12, 7, 42)), []string{
			"record change_cipher_spec TLS 1.2 1 at 0", "record alert TLS 1.2 2 at 6 encrypted"}},
		{"a second hello after ChangeCipherSpec", join(ccs, rec(TypeHandshake, TLS12, hello...), rec(TypeHandshake, TLS12, filled(40, 0)...)), []string{
			"record change_cipher_spec TLS 1.2 1 at 0", "record handshake TLS 1.2 44 at 6",
			"message client_hello 40 bytes at 6, 1 records", "record handshake TLS 1.2 40 at 55 encrypted"}},
		{"an alert inside a message", join(rec(TypeHandshake, TLS12, hello[:20]...), rec(TypeAlert, TLS12, 1, 90), rec(TypeHandshake, TLS12, hello[20:]...)), []string{
			"record handshake TLS 1.2 20 at 0", "fault client_hello at 25", "record alert TLS 1.2 2 at 25 warning user_canceled",
			"record handshake TLS 1.2 24 at 32", "message client_hello 40 bytes at 0, 2 records"}},
		{"ChangeCipherSpec inside a message", join(rec(TypeHandshake, TLS12, hello[:20]...), ccs), []string{
			"record handshake TLS 1.2 20 at 0", "fault client_hello at 25", "message client_hello 16 bytes at 0, 1 records, 24 missing",
			"record change_cipher_spec TLS 1.2 1 at 25"}},
		{"application data inside a message", join(rec(TypeHandshake, TLS12, hello[:20]...), rec(TypeApplicationData, TLS12, filled(30, 0)...)), []string{
			"record handshake TLS 1.2 20 at 0", "fault client_hello at 25", "message client_hello 16 bytes at 0, 1 records, 24 missing",
			"record application_data TLS 1.2 30 at 25 encrypted"}},
		{"encrypted, with the length of a hello", join(ccs, rec(TypeHandshake, TLS12, msg(TypeClientHello, filled(40, 7)...)...)), []string{
			"record change_cipher_spec TLS 1.2 1 at 0", "record handshake TLS 1.2 44 at 6 encrypted"}},
		{"the longest record", rec(TypeApplicationData, TLS12, filled(1<<14+2048, 0)...), []string{
			"record application_data TLS 1.2 18432 at 0 encrypted"}},
		{"a message that is cut", rec(TypeHandshake, TLS12, hello...)[:30], []string{
			"record handshake TLS 1.2 44 at 0", "message client_hello 21 bytes at 0, 1 records, 19 missing"}},
		{"a message header that is cut", rec(TypeHandshake, TLS12, hello...)[:7], []string{
			"record handshake TLS 1.2 44 at 0", "message client_hello 0 bytes at 0, 1 records, 1 missing"}},
		{"a record header that is cut", join(ccs, rec(TypeHandshake, TLS12, hello...)[:4]), []string{
			"record change_cipher_spec TLS 1.2 1 at 0"}},
		{"the fragment of an encrypted record is cut", join(ccs, rec(TypeHandshake, TLS12, hello...)[:8]), []string{
			"record change_cipher_spec TLS 1.2 1 at 0", "record handshake TLS 1.2 44 at 6 encrypted"}},
		{"an alert that is cut", rec(TypeAlert, TLS12, 2, 42)[:6], []string{"record alert TLS 1.2 2 at 0"}},
		{"a heartbeat", join(ccs, rec(TypeHeartbeat, TLS12, 1, 0, 3)), []string{
			"record change_cipher_spec TLS 1.2 1 at 0", "record heartbeat TLS 1.2 3 at 6 encrypted"}},
		{"a record that is too long", join(ccs, []byte{23, 3, 3, 0x48, 1, 1, 2, 3, 4}, ccs), []string{
			"record change_cipher_spec TLS 1.2 1 at 0", "fault length at 6"}},
		{"an unknown type, then TLS again", join(ccs, filled(11, 0x99), rec(TypeAlert, TLS12, 2, 80)), []string{
			"record change_cipher_spec TLS 1.2 1 at 0", "fault type at 6", "record alert TLS 1.2 2 at 17 fatal internal_error"}},
		{"a version that is none", join(ccs, []byte{22, 9, 9, 0, 1, 1}), []string{
			"record change_cipher_spec TLS 1.2 1 at 0", "fault legacy_record_version at 6"}},
		{"nothing", nil, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := readAll(test.in); !slices.Equal(got.lines, test.want) {
				t.Errorf("\n got %q\nwant %q", got.lines, test.want)
			}
			if len(test.in) > 0 {
				checkSplitting(t, test.in, 7)
			}
		})
	}
}

func TestStreamKeepsAtMostMaxMessage(t *testing.T) {
	long := msg(TypeCertificate, filled(200_000, 9)...)
	var in []byte
	for rest := join(long, msg(TypeServerHelloDone)); len(rest) > 0; {
		n := min(len(rest), 1<<14)
		in = append(in, rec(TypeHandshake, TLS12, rest[:n]...)...)
		rest = rest[n:]
	}
	var s Stream
	var r recorder
	for piece := range slices.Chunk(in, 1000) {
		s.Feed(piece, &r)
		if s.Buffered() > MaxMessage {
			t.Fatalf("%d bytes are kept", s.Buffered())
		}
	}
	if len(r.messages) != 2 {
		t.Fatalf("got %q", r.lines)
	}
	m := r.messages[0]
	if m.Type != TypeCertificate || len(m.Body) != MaxMessage-4 || m.Missing != 200_000-len(m.Body) {
		t.Errorf("%v: %d bytes, %d missing", m.Type, len(m.Body), m.Missing)
	}
	if r.messages[1].Type != TypeServerHelloDone {
		t.Errorf("after it came %v", r.messages[1].Type)
	}
	checkSplitting(t, in, 3)
}

func TestStreamCountsPieces(t *testing.T) {
	in := rec(TypeHandshake, TLS10, msg(TypeClientHello, plainHello(100)...)...)
	for _, test := range []struct {
		cuts []int
		want int
	}{{nil, 1}, {[]int{50}, 2}, {[]int{7, 20, 60}, 4}} {
		var s Stream
		var r recorder
		start := 0
		for _, cut := range append(test.cuts, len(in)) {
			s.Feed(in[start:cut], &r)
			start = cut
		}
		if len(r.messages) != 1 || r.messages[0].Chunks != test.want {
			t.Errorf("cut at %v: %+v", test.cuts, r.messages)
		}
	}
}

func TestStreamReset(t *testing.T) {
	in := rec(TypeHandshake, TLS10, msg(TypeClientHello, plainHello(100)...)...)
	var s Stream
	var r recorder
	s.Feed(in[:50], &r)
	if s.Buffered() != 45 {
		t.Errorf("%d bytes are kept, want 45", s.Buffered())
	}
	s.Reset()
	if s.Buffered() != 0 {
		t.Error("Reset keeps bytes")
	}
	r = recorder{}
	s.Feed(in, &r)
	if len(r.messages) != 1 || r.messages[0].Missing != 0 || r.messages[0].Offset != 0 {
		t.Errorf("after Reset: %q", r.lines)
	}
}

func TestStreamSSL2Hello(t *testing.T) {
	body := join([]byte{3, 1, 0, 9, 0, 0, 0, 16}, []byte{0, 0, 0x2f, 1, 0, 0x80, 0, 0, 0x35}, filled(16, 0xcc))
	in := append([]byte{0x80, byte(len(body) + 1), 1}, body...)
	got := readAll(append(in, rec(TypeAlert, TLS10, 2, 40)...))
	want := []string{"record handshake TLS 1.0 34 at 0", "message client_hello 33 bytes at 0, 1 records, SSL2",
		"record alert TLS 1.0 2 at 36 fatal handshake_failure"}
	if !slices.Equal(got.lines, want) {
		t.Fatalf("\n got %q\nwant %q", got.lines, want)
	}
	checkSplitting(t, in, 1)
	h, f := ParseSSL2ClientHello(got.messages[0].Body)
	if f != nil || h.LegacyVersion != TLS10 || !slices.Equal(h.CipherSuites, []CipherSuite{0x2f, 0x35}) ||
		!bytes.Equal(h.Random, filled(16, 0xcc)) || h.ServerNameState != Absent {
		t.Errorf("%+v, fault %v", h, f)
	}
	for n := range body {
		if _, f := ParseSSL2ClientHello(body[:n]); f == nil {
			t.Errorf("the first %d bytes have no fault", n)
		}
	}
	if _, f := ParseSSL2ClientHello(append(bytes.Clone(body), 0)); f == nil {
		t.Error("a byte too many has no fault")
	}
}

// TestStreamOfRealHandshakes reads what crypto/tls sends.
func TestStreamOfRealHandshakes(t *testing.T) {
	clear12 := "server_hello certificate server_key_exchange server_hello_done"
	tests := []struct {
		name           string
		version        uint16
		change         func(client, server *tls.Config)
		client, server string // messages in clear
	}{
		{"TLS 1.0", tls.VersionTLS10, nil, "client_hello client_key_exchange", clear12},
		{"TLS 1.1", tls.VersionTLS11, nil, "client_hello client_key_exchange", clear12},
		{"TLS 1.2", tls.VersionTLS12, func(client, _ *tls.Config) { client.ClientSessionCache = nil }, "client_hello client_key_exchange", clear12},
		{"TLS 1.2, client certificate", tls.VersionTLS12, func(client, server *tls.Config) {
			server.ClientAuth = tls.RequireAnyClientCert
			client.Certificates = server.Certificates[:1]
		}, "client_hello certificate client_key_exchange certificate_verify",
			"server_hello certificate server_key_exchange certificate_request server_hello_done"},
		{"TLS 1.3", tls.VersionTLS13, nil, "client_hello", "server_hello"},
		{"TLS 1.3, HelloRetryRequest", tls.VersionTLS13, func(_, server *tls.Config) {
			server.CurvePreferences = []tls.CurveID{tls.CurveP384}
		}, "client_hello client_hello", "server_hello server_hello"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, server := configs(t, test.version)
			if test.change != nil {
				test.change(client, server)
			}
			f := shakeHands(t, client, server)
			if f.err != nil {
				t.Fatal(f.err)
			}
			for _, side := range []struct {
				name string
				sent []byte
				want string
			}{{"client", f.client, test.client}, {"server", f.server, test.server}} {
				got := readAll(side.sent)
				if len(got.faults) > 0 || got.notTLS != "" {
					t.Errorf("%s: %q", side.name, got.lines)
				}
				// Go asks for a ticket and the server's NewSessionTicket is in clear in TLS 1.2.
				if names := strings.TrimSuffix(messageNames(got), " new_session_ticket"); names != side.want {
					t.Errorf("%s sends %s, want %s", side.name, names, side.want)
				}
				if last := got.records[len(got.records)-1]; !last.Encrypted {
					t.Errorf("%s: the last record is in clear: %+v", side.name, last)
				}
				checkSplitting(t, side.sent, 5)
			}
		})
	}
}

func messageNames(r *recorder) string {
	var names []string
	for _, m := range r.messages {
		names = append(names, m.Type.String())
		if m.Missing > 0 {
			names = append(names, "(partial)")
		}
	}
	return strings.Join(names, " ")
}
