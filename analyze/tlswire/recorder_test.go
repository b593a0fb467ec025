package tlswire

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// A recorder writes down what a Stream tells, one line each.
type recorder struct {
	lines    []string
	records  []Record
	messages []Message
	faults   []Fault
	notTLS   string
	first    []byte
}

func (r *recorder) Record(rec Record) {
	r.records = append(r.records, rec)
	line := fmt.Sprintf("record %v %v %d at %d", rec.Type, rec.Version, rec.Length, rec.Offset)
	if rec.Encrypted {
		line += " encrypted"
	}
	if rec.Alert != (Alert{}) {
		line += fmt.Sprintf(" %v %v", rec.Alert.Level, rec.Alert.Description)
	}
	r.lines = append(r.lines, line)
}

func (r *recorder) Message(m Message) {
	m.Body = bytes.Clone(m.Body)
	r.messages = append(r.messages, m)
	line := fmt.Sprintf("message %v %d bytes at %d, %d records", m.Type, len(m.Body), m.Offset, m.Records)
	if m.Missing > 0 {
		line += fmt.Sprintf(", %d missing", m.Missing)
	}
	if m.SSL2 {
		line += ", SSL2"
	}
	r.lines = append(r.lines, line)
}

func (r *recorder) Fault(f Fault) {
	r.faults = append(r.faults, f)
	r.lines = append(r.lines, fmt.Sprintf("fault %s at %d", f.Field, f.Offset))
}

func (r *recorder) NotTLS(looksLike string, first []byte) {
	r.notTLS, r.first = looksLike, bytes.Clone(first)
	r.lines = append(r.lines, "not TLS: "+looksLike)
}

// equal compares everything but the number of pieces, which is what differs.
func (r *recorder) equal(other *recorder) bool {
	return slices.Equal(r.lines, other.lines) &&
		slices.EqualFunc(r.messages, other.messages, func(a, b Message) bool { return bytes.Equal(a.Body, b.Body) })
}

// readAll feeds b in one piece and ends the stream.
func readAll(b []byte) *recorder {
	var s Stream
	var r recorder
	s.Feed(b, &r)
	s.End(&r)
	return &r
}

// readPieces feeds b in pieces whose lengths next gives, each in memory of its
// own that is overwritten afterwards, and ends the stream.
func readPieces(b []byte, next func() int) *recorder {
	var s Stream
	var r recorder
	for len(b) > 0 {
		n := min(max(next(), 1), len(b))
		piece := bytes.Clone(b[:n])
		s.Feed(piece, &r)
		for i := range piece {
			piece[i] = 0xee
		}
		b = b[n:]
	}
	s.End(&r)
	return &r
}

// checkSplitting feeds b whole, byte by byte and in random pieces: the events
// must be the same.
func checkSplitting(t *testing.T, b []byte, seed uint64) {
	t.Helper()
	whole := readAll(b)
	rnd := rand.New(rand.NewPCG(seed, 1))
	for name, next := range map[string]func() int{
		"byte by byte":  func() int { return 1 },
		"small pieces":  func() int { return 1 + rnd.IntN(12) },
		"large pieces":  func() int { return 1 + rnd.IntN(2000) },
		"TCP's pieces":  func() int { return 1448 },
		"three by fate": func() int { return 1 + rnd.IntN(len(b)) },
	} {
		if split := readPieces(b, next); !split.equal(whole) {
			t.Errorf("%s:\n got %q\nwant %q", name, split.lines, whole.lines)
		}
	}
}

// rec makes a record.
func rec(kind ContentType, version Version, fragment ...byte) []byte {
	n := len(fragment)
	return append([]byte{byte(kind), byte(version >> 8), byte(version), byte(n >> 8), byte(n)}, fragment...)
}

// msg makes a handshake message.
func msg(kind HandshakeType, body ...byte) []byte {
	n := len(body)
	return append([]byte{byte(kind), byte(n >> 16), byte(n >> 8), byte(n)}, body...)
}

// join puts pieces together.
func join(pieces ...[]byte) []byte { return bytes.Join(pieces, nil) }

// filled gives n bytes of value c.
func filled(n int, c byte) []byte { return bytes.Repeat([]byte{c}, n) }
