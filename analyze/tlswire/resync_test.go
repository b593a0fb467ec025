package tlswire

import (
	"bytes"
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
	if s.state == searching {
		t.Error("a gap inside a record whose end is known needs no search")
	}
	s.Feed(in[8000:], &r)
	want := []string{"record application_data TLS 1.2 9000 at 0 encrypted", "record alert TLS 1.2 2 at 9005 warning close_notify"}
	if !slices.Equal(r.lines, want) {
		t.Errorf("\n got %q\nwant %q", r.lines, want)
	}
}

// A gap to the very end of a record needs no search: also a record that no
// search would believe in is told behind it.
func TestGapToTheEndOfARecord(t *testing.T) {
	in := join(rec(TypeApplicationData, TLS12, filled(100, 0x17)...), rec(TypeHeartbeat, TLS12, 1, 2, 3))
	var s Stream
	var r recorder
	s.Feed(in[:50], &r)
	s.Gap(55, &r)
	s.Feed(in[105:], &r)
	want := []string{"record application_data TLS 1.2 100 at 0 encrypted", "record heartbeat TLS 1.2 3 at 105 encrypted"}
	if !slices.Equal(r.lines, want) {
		t.Errorf("\n got %q\nwant %q", r.lines, want)
	}
}

// TestGapAcrossTwoMessages loses the end of a message and the beginning of the
// next, by one byte or more: what follows in that record is not read, and in the
// next one only what begins a message.
func TestGapAcrossTwoMessages(t *testing.T) {
	first, second := msg(TypeServerHello, filled(70, 1)...), msg(TypeCertificate, filled(200, 2)...)
	in := join(rec(TypeHandshake, TLS12, join(first, second[:100])...), rec(TypeHandshake, TLS12, second[100:]...),
		rec(TypeHandshake, TLS12, join([]byte{11, 0xff, 0xff, 0xff}, filled(50, 2))...), rec(TypeHandshake, TLS12, msg(TypeServerHelloDone)...))
	want := []string{"record handshake TLS 1.2 174 at 0", "message server_hello 41 bytes at 0, 1 records, 29 missing",
		"record handshake TLS 1.2 104 at 179 encrypted", "record handshake TLS 1.2 54 at 288 encrypted",
		"record handshake TLS 1.2 4 at 347", "message server_hello_done 0 bytes at 347, 1 records"}
	for _, beyond := range []int{1, 2, 4, 50} {
		var s Stream
		var r recorder
		s.Feed(in[:50], &r)
		s.Gap(int64(29+beyond), &r)
		s.Feed(in[50+29+beyond:], &r)
		s.End(&r)
		if !slices.Equal(r.lines, want) {
			t.Errorf("%d bytes of the second message are missing\n got %q\nwant %q", beyond, r.lines, want)
		}
	}
}

// What a search took for a record header and was none is no fault of the sender.
func TestSearchMakesNoFault(t *testing.T) {
	in := join(filled(50, 0xab), []byte{23, 3, 3, 0, 10}, filled(200, 0xcd), rec(TypeAlert, TLS12, 1, 0), rec(TypeAlert, TLS12, 1, 0))
	for _, size := range []int{1, 7, 60, 64} {
		var s Stream
		var r recorder
		s.MidStream()
		for piece := range slices.Chunk(in, size) {
			s.Feed(piece, &r)
		}
		s.End(&r)
		if len(r.faults) > 0 || len(r.records) != 3 || r.records[2].Alert != (Alert{Warning, CloseNotify}) {
			t.Errorf("in pieces of %d: %q", size, r.lines)
		}
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
	for name, in := range map[string][]byte{"too short to judge": filled(3, 'x'), "a heartbeat": join(filled(20, 'x'), rec(TypeHeartbeat, TLS12, filled(20, 'x')...))} {
		s, r = Stream{}, recorder{}
		s.MidStream()
		s.Feed(in, &r)
		s.End(&r)
		if len(r.lines) > 0 {
			t.Errorf("%s: %q", name, r.lines)
		}
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

// TestGapLosesOnlyWhatItTouches makes a gap anywhere in a stream of records and
// messages of all sizes: nothing is told twice, what is told whole is as it was
// sent, and what lies outside the records that the gap touches is not lost.
func TestGapLosesOnlyWhatItTouches(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	for range 250 {
		in, sent, starts := randomFlight(rnd)
		from := rnd.IntN(len(in))
		to := from + 1 + rnd.IntN(min(len(in)-from, 1<<rnd.IntN(18)))
		var s Stream
		var r recorder
		feed := func(b []byte) {
			for len(b) > 0 {
				n := min(len(b), 1+rnd.IntN(3000))
				s.Feed(b[:n], &r)
				b = b[n:]
			}
		}
		feed(in[:from])
		s.Gap(int64(to-from), &r)
		feed(in[to:])
		s.End(&r)

		told := map[byte]int{}
		for _, m := range r.messages {
			want, n := sent[byte(m.Type)], len(m.Body)
			if told[byte(m.Type)]++; told[byte(m.Type)] > 1 {
				t.Fatalf("gap %d to %d: %v is told twice: %q", from, to, m.Type, r.lines)
			}
			if n > MaxMessage-4 || m.Missing == 0 && !bytes.Equal(m.Body, want.body) || m.Missing > 0 && n > 0 && !bytes.HasPrefix(want.body, m.Body) {
				t.Fatalf("gap %d to %d: %v is not as it was sent: %q", from, to, m.Type, r.lines)
			}
		}
		var seen []int
		for _, record := range r.records {
			seen = append(seen, int(record.Offset))
		}
		for i, start := range starts[:len(starts)-1] {
			if (starts[i+1] <= from || start >= to) && !slices.Contains(seen, start) {
				t.Fatalf("gap %d to %d: the record at %d is not told: %q", from, to, start, r.lines)
			}
		}
		if !slices.IsSorted(seen) || len(slices.Compact(slices.Clone(seen))) != len(seen) {
			t.Fatalf("gap %d to %d: records at %v", from, to, seen)
		}
		for kind, m := range sent {
			// One above MaxMessage is not believed after a gap.
			if (m.to <= from || m.from >= to && len(m.body) <= MaxMessage) && told[kind] != 1 {
				t.Fatalf("gap %d to %d: message %d at %d to %d is not told: %q", from, to, kind, m.from, m.to, r.lines)
			}
		}
	}
}

// A sentMessage is where a message lies in a stream, and its body.
type sentMessage struct {
	from, to int
	body     []byte
}

// randomFlight gives handshake messages in records of random length, by their
// type, and where the records begin and the last one ends. No byte of a body
// can be taken for one of a record header.
func randomFlight(rnd *rand.Rand) (in []byte, sent map[byte]sentMessage, starts []int) {
	sent = map[byte]sentMessage{}
	kinds := []HandshakeType{TypeServerHello, TypeCertificate, TypeServerKeyExchange, TypeCertificateRequest, TypeServerHelloDone}
	for _, kind := range kinds {
		body := make([]byte, rnd.IntN(1<<(1+rnd.IntN(18))))
		for i := range body {
			body[i] = 0x80 | byte(rnd.Uint32())
		}
		m := sentMessage{from: len(in), body: body}
		for rest := msg(kind, body...); len(rest) > 0; {
			n := min(len(rest), 1+rnd.IntN(1<<14))
			starts = append(starts, len(in))
			in = append(in, rec(TypeHandshake, TLS12, rest[:n]...)...)
			rest = rest[n:]
		}
		m.to = len(in)
		sent[byte(kind)] = m
	}
	return in, sent, append(starts, len(in))
}
