package tlswire

import (
	"crypto/tls"
	"testing"
)

// A silent visitor looks at nothing.
type silent struct{ records, messages int }

func (s *silent) Record(Record)         { s.records++ }
func (s *silent) Message(Message)       { s.messages++ }
func (s *silent) Fault(Fault)           {}
func (s *silent) NotTLS(string, []byte) {}

func pqHello(t testing.TB) []byte {
	client, server := configs(t, tls.VersionTLS13)
	return handshakeBody(t, shakeHands(t, client, server).client, TypeClientHello)
}

// TestFeedAllocatesNothing: whole messages and bulk data are read in place.
func TestFeedAllocatesNothing(t *testing.T) {
	hello := rec(TypeHandshake, TLS10, msg(TypeClientHello, helloBody(sni("a.example"))...)...)
	flight := serverFlight()
	bulk := rec(TypeApplicationData, TLS12, filled(1<<14, 1)...)
	for name, in := range map[string][]byte{"hello": hello, "server flight": flight, "bulk": bulk} {
		var v silent
		if n := testing.AllocsPerRun(100, func() {
			var s Stream
			s.Feed(in, &v)
		}); n > 1 { // the Stream itself, which the interface makes escape
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// TestParseClientHelloAllocations pins what reading a hello costs: a slice for
// each list that it carries, and the name.
func TestParseClientHelloAllocations(t *testing.T) {
	body := helloBody(sni("a.example"), ext(ExtSupportedGroups, vec16(0, 29)...), ext(ExtSignatureAlgorithms, vec16(4, 3)...),
		ext(ExtSupportedVersions, 2, 3, 4), ext(ExtKeyShare, vec16(0, 29, 0, 1, 9)...), ext(ExtALPN, vec16(2, 'h', '2')...))
	if n := testing.AllocsPerRun(100, func() { ParseClientHello(body) }); n != 9 {
		t.Errorf("%v allocations, want 9", n)
	}
}

func BenchmarkFeedHello(b *testing.B) {
	in := rec(TypeHandshake, TLS10, msg(TypeClientHello, pqHello(b)...)...)
	var v silent
	var s Stream
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		s.Reset()
		s.Feed(in, &v)
	}
}

func BenchmarkFeedHelloInTwoSegments(b *testing.B) {
	in := rec(TypeHandshake, TLS10, msg(TypeClientHello, pqHello(b)...)...)
	var v silent
	var s Stream
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		s.Reset()
		s.Feed(in[:1000], &v)
		s.Feed(in[1000:], &v)
	}
}

func BenchmarkFeedBulk(b *testing.B) {
	record := rec(TypeApplicationData, TLS12, filled(1<<14, 1)...)
	var in []byte
	for range 16 {
		in = append(in, record...)
	}
	var v silent
	var s Stream
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		for rest := in; len(rest) > 0; rest = rest[min(1448, len(rest)):] {
			s.Feed(rest[:min(1448, len(rest))], &v)
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	in := filled(1<<16, 0x5a)
	var v silent
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		var s Stream
		s.MidStream()
		s.Feed(in, &v)
	}
}

func BenchmarkParseClientHello(b *testing.B) {
	body := pqHello(b)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		ParseClientHello(body)
	}
}

func BenchmarkJA4(b *testing.B) {
	h, _ := ParseClientHello(pqHello(b))
	b.ReportAllocs()
	for b.Loop() {
		h.JA4()
	}
}
