package tlswire

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

// serverFlight is a flight of TLS 1.2, each message in a record of its own but
// the last two.
func serverFlight() []byte {
	return join(
		rec(TypeHandshake, TLS12, msg(TypeServerHello, filled(70, 1)...)...),                                        // 0 to 78
		rec(TypeHandshake, TLS12, msg(TypeCertificate, filled(991, 2)...)...),                                       // 79 to 1078
		rec(TypeHandshake, TLS12, join(msg(TypeServerKeyExchange, filled(100, 4)...), msg(TypeServerHelloDone))...), // 1079
	)
}

func TestGap(t *testing.T) {
	hello := "message server_hello 70 bytes at 0, 1 records"
	key := []string{"record handshake TLS 1.2 108 at 1079", "message server_key_exchange 100 bytes at 1079, 1 records",
		"message server_hello_done 0 bytes at 1079, 1 records"}
	flight := serverFlight()
	tests := []struct {
		name     string
		from, to int   // the bytes that are missing
		told     int64 // how many Gap is told, where that differs
		want     []string
	}{
		{"inside the Certificate", 200, 800, 0, append([]string{"record handshake TLS 1.2 74 at 0", hello, "record handshake TLS 1.2 995 at 79",
			"message certificate 112 bytes at 79, 1 records, 879 missing"}, key...)},
		{"to the end of the Certificate", 200, 1079, 0, append([]string{"record handshake TLS 1.2 74 at 0", hello, "record handshake TLS 1.2 995 at 79",
			"message certificate 112 bytes at 79, 1 records, 879 missing"}, key...)},
		{"beyond the Certificate's record", 200, 1090, 0, []string{"record handshake TLS 1.2 74 at 0", hello, "record handshake TLS 1.2 995 at 79",
			"message certificate 112 bytes at 79, 1 records, 879 missing"}},
		{"unknown length, inside the Certificate", 200, 800, -1, append([]string{"record handshake TLS 1.2 74 at 0", hello, "record handshake TLS 1.2 995 at 79",
			"message certificate 112 bytes at 79, 1 records, 879 missing"}, shift(key, -600)...)},
		{"a whole record", 79, 1079, 0, append([]string{"record handshake TLS 1.2 74 at 0", hello}, key...)},
		{"a record header", 70, 90, 0, append([]string{"record handshake TLS 1.2 74 at 0", "message server_hello 61 bytes at 0, 1 records, 9 missing"}, key...)},
		{"the beginning", 0, 50, 0, append([]string{"record handshake TLS 1.2 995 at 79", "message certificate 991 bytes at 79, 1 records"}, key...)},
		{"across two messages of one record", 1150, 1190, 0, []string{"record handshake TLS 1.2 74 at 0", hello, "record handshake TLS 1.2 995 at 79",
			"message certificate 991 bytes at 79, 1 records", key[0], "message server_key_exchange 62 bytes at 1079, 1 records, 38 missing"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var s Stream
			var r recorder
			n := int64(test.to - test.from)
			if test.told != 0 {
				n = test.told
			}
			s.Feed(flight[:test.from], &r)
			s.Gap(n, &r)
			s.Feed(flight[test.to:], &r)
			s.End(&r)
			if !slices.Equal(r.lines, test.want) {
				t.Errorf("\n got %q\nwant %q", r.lines, test.want)
			}
		})
	}
}

// shift gives the lines as they are when offsets are not known to have moved.
func shift(lines []string, by int) []string {
	at := 1079 + by
	return []string{
		"record handshake TLS 1.2 108 at " + strconv.Itoa(at), "message server_key_exchange 100 bytes at " + strconv.Itoa(at) + ", 1 records",
		"message server_hello_done 0 bytes at " + strconv.Itoa(at) + ", 1 records"}
}

func TestGapInApplicationData(t *testing.T) {
	in := join(rec(TypeApplicationData, TLS12, filled(9000, 0x17)...), rec(TypeAlert, TLS12, 1, 0))
	var s Stream
	var r recorder
	s.Feed(in[:1000], &r)
	s.Gap(7000, &r)
	if s.resyncing() {
		t.Error("a gap inside a record whose end is known needs no search")
	}
	s.Feed(in[8000:], &r)
	want := []string{"record application_data TLS 1.2 9000 at 0 encrypted", "record alert TLS 1.2 2 at 9005 warning close_notify"}
	if !slices.Equal(r.lines, want) {
		t.Errorf("\n got %q\nwant %q", r.lines, want)
	}
}

func TestGapInAnAlert(t *testing.T) {
	in := join(rec(TypeAlert, TLS12, 2, 42), rec(TypeAlert, TLS12, 2, 80))
	var s Stream
	var r recorder
	s.Feed(in[:6], &r)
	s.Gap(1, &r)
	s.Feed(in[7:], &r)
	want := []string{"record alert TLS 1.2 2 at 0", "record alert TLS 1.2 2 at 7 fatal internal_error"}
	if !slices.Equal(r.lines, want) {
		t.Errorf("\n got %q\nwant %q", r.lines, want)
	}
}

// TestMidStream joins a stream of application data at each of its bytes.
func TestMidStream(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 700)
	for i := range noise {
		noise[i] = byte(rnd.Uint32())
	}
	in := join(rec(TypeApplicationData, TLS12, noise...), rec(TypeApplicationData, TLS12, noise[:300]...), rec(TypeAlert, TLS12, 1, 0))
	for start := range 706 {
		for _, size := range []int{1, 7, 1448} {
			var s Stream
			var r recorder
			s.MidStream()
			if !s.resyncing() {
				t.Fatal("Resyncing is false after MidStream")
			}
			for piece := range slices.Chunk(in[start:], size) {
				s.Feed(piece, &r)
			}
			s.End(&r)
			want := 3
			if start > 0 {
				want = 2
			}
			if len(r.lines) != want || r.records[want-1].Alert != (Alert{Warning, CloseNotify}) {
				t.Fatalf("from byte %d in pieces of %d: %q", start, size, r.lines)
			}
		}
	}
}

func TestMidStreamThatIsNoTLS(t *testing.T) {
	var s Stream
	var r recorder
	s.MidStream()
	for range 70 {
		s.Feed(filled(1000, 'x'), &r)
	}
	if !slices.Equal(r.lines, []string{"not TLS: binary data"}) {
		t.Errorf("got %q", r.lines)
	}
	s, r = Stream{}, recorder{}
	s.MidStream()
	s.Feed([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), &r)
	if r.notTLS != "an HTTP request" {
		t.Errorf("got %q", r.lines)
	}
}

// TestMidStreamHandshake joins in the middle of a handshake: what is in clear
// must be recognised by itself, and what is encrypted must not be read.
func TestMidStreamHandshake(t *testing.T) {
	in := join(filled(100, 0xab), serverFlight()[79:], rec(TypeChangeCipherSpec, TLS12, 1), rec(TypeHandshake, TLS12, filled(40, 0)...))
	var s Stream
	var r recorder
	s.MidStream()
	s.Feed(in, &r)
	if got := messageNames(&r); got != "certificate server_key_exchange server_hello_done" {
		t.Errorf("got %s", got)
	}
	s, r = Stream{}, recorder{}
	s.MidStream()
	s.Feed(rec(TypeHandshake, TLS12, filled(40, 0)...), &r)
	if !slices.Equal(r.lines, []string{"record handshake TLS 1.2 40 at 0 encrypted"}) {
		t.Errorf("got %q", r.lines)
	}
}
