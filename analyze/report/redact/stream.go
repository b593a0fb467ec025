package redact

import (
	"cmp"
	"slices"

	"sniwatch/analyze/tlswire"
)

// A witness hears what tlswire reads of one side: which bytes are records, and
// which of these are in clear. Nothing else decides what is let through.
type witness struct {
	records []tlswire.Record // by their offset, each once
	faults  []tlswire.Fault  // of record headers
	notTLS  string
	first   bool // notTLS is set, and the first bytes of the connection were seen
	ssl2    bool // the first message is a CLIENT-HELLO of SSL 2.0
}

// Record notes a record.
func (w *witness) Record(rec tlswire.Record) {
	if n := len(w.records); n == 0 || w.records[n-1].Offset != rec.Offset {
		w.records = append(w.records, rec)
	}
}

// Message looks for the one message that has another format.
func (w *witness) Message(m tlswire.Message) { w.ssl2 = w.ssl2 || m.SSL2 }

// Fault notes where a record header should have been.
func (w *witness) Fault(f tlswire.Fault) {
	switch f.Field {
	case "type", "legacy_record_version", "length":
		w.faults = append(w.faults, f)
	}
}

// NotTLS notes what the stream looks like instead.
func (w *witness) NotTLS(looksLike string, first []byte) {
	w.notTLS, w.first = looksLike, first != nil
}

// redactStreams makes what stands in place of the bytes of both sides.
func (r *Redactor) redactStreams(conn *connection) error {
	for i := range conn.sides {
		s := &conn.sides[i]
		w := &witness{}
		s.tell(w, conn.opened)
		s.out = make([]byte, len(s.buf)) // what nobody vouches for is zero
		if w.notTLS != "" {
			if w.first {
				copy(s.out, plain(w.notTLS, s.buf))
			}
			continue
		}
		if err := r.redactRecords(s, w, conn); err != nil {
			return err
		}
	}
	return nil
}

// tell lets tlswire read the stream, gaps and all.
func (s *stream) tell(w *witness, opened bool) {
	var t tlswire.Stream
	if !opened {
		t.MidStream()
	}
	for at := 0; at < len(s.buf); {
		end := at
		for end < len(s.buf) && s.have[end] == s.have[at] {
			end++
		}
		if s.have[at] {
			t.Feed(s.buf[at:end], w)
		} else {
			t.Gap(int64(end-at), w)
		}
		at = end
	}
	t.End(w)
	slices.SortStableFunc(w.records, func(a, b tlswire.Record) int { return cmp.Compare(a.Offset, b.Offset) })
}

const recordHeader = 5

// redactRecords goes over the records of one side.
func (r *Redactor) redactRecords(s *stream, w *witness, conn *connection) error {
	for _, f := range w.faults {
		s.fault(f)
	}
	m := messages{Redactor: r, conn: conn, stream: s}
	next := 0
	for i, rec := range w.records {
		at := int(rec.Offset)
		if at != next { // bytes that are missing swallowed a header
			if err := m.abandon(); err != nil {
				return err
			}
		}
		next = at + recordHeader + rec.Length
		if i == 0 && w.ssl2 {
			next = at + 2 + rec.Length
			s.copyTo(at, next) // holds suites and random bytes only
			continue
		}
		body, end := at+recordHeader, min(at+recordHeader+rec.Length, len(s.buf))
		s.copyTo(at, body)
		if body >= end {
			continue
		}
		if err := m.record(rec, body, end); err != nil {
			return err
		}
	}
	return m.abandon()
}

// record redacts the fragment of one record.
func (m *messages) record(rec tlswire.Record, from, to int) error {
	switch {
	case rec.Encrypted:
		m.hide(m.stream, from, to)
		return nil
	case rec.Type == tlswire.TypeHandshake:
		return m.read(from, to)
	}
	m.stream.copyShort(rec.Type, from, to)
	if rec.Type == tlswire.TypeChangeCipherSpec || rec.Type == tlswire.TypeApplicationData {
		return m.abandon()
	}
	return nil
}

// copyTo lets bytes through as they are.
func (s *stream) copyTo(from, to int) {
	from, to = min(from, len(s.buf)), min(to, len(s.buf))
	copy(s.out[from:to], s.buf[from:to])
}

// copyShort lets ChangeCipherSpec, alerts and the header of a heartbeat through.
func (s *stream) copyShort(t tlswire.ContentType, from, to int) {
	switch t {
	case tlswire.TypeChangeCipherSpec:
		s.copyTo(from, from+1)
	case tlswire.TypeAlert:
		s.copyTo(from, min(to, from+2))
		for from += 2; from+2 <= to && (s.buf[from] == 1 || s.buf[from] == 2); from += 2 {
			s.copyTo(from, from+2) // further ones, as long as their levels are levels
		}
	case tlswire.TypeHeartbeat:
		s.copyTo(from, min(to, from+3)) // HeartbeatMessageType and payload_length (RFC 6520)
	}
}

// hide overwrites an encrypted fragment, so that not even those who have the
// keys can read in it. The first bytes stay: by them tlswire knows that it is
// encrypted.
func (r *Redactor) hide(s *stream, from, to int) {
	const lookahead = 6
	s.copyTo(from, min(from+lookahead, to))
	if from += lookahead; from < to {
		copy(s.out[from:to], s.buf[from:to])
		r.key.noise("encrypted", s.out[from:to])
	}
}

// fault puts a header that breaks the format in the same field in place of the
// bytes that did.
func (s *stream) fault(f tlswire.Fault) {
	header := map[string][]byte{
		"type":                  {0, 3, 3, 0, 0},
		"legacy_record_version": {22, 255, 255, 0, 0},
		"length":                {22, 3, 3, 255, 255},
	}[f.Field]
	if f.Offset >= 0 && f.Offset < len(s.out) {
		copy(s.out[f.Offset:], header)
	}
}

// messages goes over the handshake messages in clear of one side.
type messages struct {
	*Redactor
	conn   *connection
	stream *stream
	at     []int  // where the bytes of the message at hand stand in the stream
	b      []byte // those bytes
	whole  int    // how many of them were captured without a gap
}

const messageHeader = 4

// read goes over the fragment of a record.
func (m *messages) read(from, to int) error {
	for i := from; i < to; i++ {
		have := m.stream.have[i]
		if !have && len(m.b) < messageHeader {
			m.b, m.at, m.whole = m.b[:0], m.at[:0], 0
			return nil // the rest of the record is not understood
		}
		if have && m.whole == len(m.b) {
			m.whole++
		}
		m.b, m.at = append(m.b, m.stream.buf[i]), append(m.at, i)
		if len(m.b) >= messageHeader && len(m.b) == messageHeader+m.length() {
			if err := m.finish(); err != nil {
				return err
			}
		}
	}
	return nil
}

// length gives the length of the body that the message's header says.
func (m *messages) length() int { return int(m.b[1])<<16 | int(m.b[2])<<8 | int(m.b[3]) }

// abandon redacts a message of which no more will come.
func (m *messages) abandon() error {
	if len(m.b) < messageHeader {
		for i, at := range m.at { // its type and a part of its length
			m.stream.out[at] = m.b[i]
		}
		m.b, m.at, m.whole = m.b[:0], m.at[:0], 0
		return nil
	}
	return m.finish()
}

// finish redacts the message at hand and writes it to its places.
func (m *messages) finish() error {
	t := tlswire.HandshakeType(m.b[0])
	body := m.b[messageHeader:]
	known := body[:max(0, m.whole-messageHeader)]
	if err := m.message(t, known, len(known) == m.length()); err != nil {
		return err
	}
	fill(body[len(known):], 0) // behind a gap nobody knows what is what
	for i, at := range m.at {
		m.stream.out[at] = m.b[i]
	}
	m.b, m.at, m.whole = m.b[:0], m.at[:0], 0
	return nil
}
