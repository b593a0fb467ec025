package tlswire

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"math/rand/v2"
	"reflect"
	"testing"
)

// FuzzStream checks that nothing that is told depends on how the bytes were cut.
func FuzzStream(f *testing.F) {
	hello := msg(TypeClientHello, helloBody(sni("a.example"))...)
	f.Add(rec(TypeHandshake, TLS10, hello...), uint64(1), uint16(0))
	f.Add(join(serverFlight(), rec(TypeChangeCipherSpec, TLS12, 1), rec(TypeHandshake, TLS12, hello...)), uint64(2), uint16(90))
	f.Add(join(rec(TypeAlert, TLS12, 1), rec(TypeAlert, TLS12, 0, 2), filled(20, 0x99), rec(TypeAlert, TLS12, 2, 40)), uint64(3), uint16(7))
	f.Add(join([]byte{0x80, 46, 1, 3, 1, 0, 21, 0, 0, 0, 16}, filled(37, 0)), uint64(4), uint16(30))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"), uint64(5), uint16(3))
	f.Fuzz(func(t *testing.T, b []byte, seed uint64, gap uint16) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		whole := readAll(b)
		split := readPieces(b, func() int { return 1 + rnd.IntN(1+rnd.IntN(40)) })
		if lost(whole) || lost(split) {
			// A search sees more where the pieces are larger. Up to there all is the same.
			whole, split = untilLost(whole), untilLost(split)
		}
		if !split.equal(whole) {
			t.Errorf("\nin pieces %q\nwhole     %q", split.lines, whole.lines)
		}
		at := min(int(gap), len(b))
		checkGap(t, b[:at], b[at:], int64(seed%512)-8)
	})
}

// lost tells whether the stream had to search for a record header.
func lost(r *recorder) bool { return len(untilLost(r).lines) < len(r.lines) }

// untilLost gives what was told up to the fault after which a search began.
func untilLost(r *recorder) *recorder {
	cut := &recorder{}
	for _, f := range r.faults {
		if f.Field != "type" && f.Field != "legacy_record_version" {
			continue
		}
		for i, line := range r.lines {
			if line == faultLine(f) {
				cut.lines = r.lines[:i+1]
				return cut
			}
		}
	}
	return r
}

func faultLine(f Fault) string {
	var r recorder
	r.Fault(f)
	return r.lines[0]
}

// checkGap checks that a gap breaks no bound.
func checkGap(t *testing.T, before, after []byte, n int64) {
	var s Stream
	var r recorder
	s.Feed(before, &r)
	s.Gap(n, &r)
	s.Feed(after, &r)
	if s.Buffered() > MaxMessage+startLength {
		t.Errorf("%d bytes are kept", s.Buffered())
	}
	s.End(&r)
	if s.Buffered() != 0 {
		t.Errorf("%d bytes are kept after the end", s.Buffered())
	}
	for _, m := range r.messages {
		if m.Missing < 0 || m.Records < 1 || m.Chunks < 1 {
			t.Errorf("impossible message %+v", m)
		}
	}
}

func FuzzClientHello(f *testing.F) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		client, server := configs(f, version)
		f.Add(handshakeBody(f, shakeHands(f, client, server).client, TypeClientHello))
	}
	f.Add(helloBody())
	f.Add(helloBody(sni("a.example"), ext(ExtALPN, vec16(2, 'h', '2')...), ext(ExtSupportedVersions, 2, 3, 4)))
	f.Fuzz(func(t *testing.T, body []byte) {
		h, fault := ParseClientHello(body)
		h.JA3()
		if ja4 := h.JA4(); len(ja4) != 36 {
			t.Errorf("JA4 %q", ja4)
		}
		if fault != nil && (fault.Field == "" || fault.Offset < 0 || fault.Offset > len(body)) {
			t.Errorf("fault %+v in %d bytes", *fault, len(body))
		}
		if h.ServerNameState != Present && h.ServerName != "" {
			t.Errorf("%v, but named %q", h.ServerNameState, h.ServerName)
		}
		if len(body) < 1<<16-4 {
			if read := whatGoReads(body); read != nil {
				compareWithGo(t, h, read)
			}
		}
		if name := ServerName(body); fault == nil && string(name) != h.ServerName {
			t.Errorf("ServerName finds %q, ParseClientHello %q", name, h.ServerName)
		}
		if fault == nil && len(body) < 1<<11 {
			checkPrefixes(t, body)
		}
		ParseSSL2ClientHello(body)
	})
}

func FuzzServerHello(f *testing.F) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		client, server := configs(f, version)
		f.Add(handshakeBody(f, shakeHands(f, client, server).server, TypeServerHello))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		h, fault := ParseServerHello(body)
		if fault != nil && (fault.Field == "" || fault.Offset < 0 || fault.Offset > len(body)) {
			t.Errorf("fault %+v in %d bytes", *fault, len(body))
		}
		if g, ok := GlanceServerHello(body); ok {
			want := ServerHello{LegacyVersion: h.LegacyVersion, CipherSuite: h.CipherSuite,
				SelectedVersion: h.SelectedVersion, Group: h.Group, PSK: h.PSK}
			if fault != nil || h.IsHelloRetryRequest() || !reflect.DeepEqual(g, want) {
				t.Errorf("at a glance %+v, and read %+v, fault %v", g, want, fault)
			}
		}
		if fault == nil && !h.LegacyVersion.IsTLS13() {
			legal := 38 + len(h.SessionID)
			for n := range min(len(body), 1<<11) {
				if _, f := ParseServerHello(body[:n]); (f == nil) != (n == legal) {
					t.Fatalf("the first %d of %d bytes: fault %v", n, len(body), f)
				}
			}
		}
	})
}

func FuzzCertificate(f *testing.F) {
	f.Add(vec24(join(vec24(1, 2, 3), vec24(4))...))
	f.Add(vec24())
	f.Add(join([]byte{3, 0, 29, 32}, filled(32, 1)))
	f.Fuzz(func(t *testing.T, body []byte) {
		certs, fault := ParseCertificate(body)
		if fault == nil { // then the list can be written again as it was
			var list []byte
			for _, cert := range certs {
				list = append(list, vec24(cert...)...)
			}
			if again := vec24(list...); !bytes.Equal(again, body) {
				t.Errorf("%x became %x", body, again)
			}
		}
		group, fault := ParseServerKeyExchange(body)
		if fault == nil && group != 0 && binary.BigEndian.Uint16(body[1:]) != uint16(group) {
			t.Errorf("group %v in %x", group, body)
		}
	})
}
