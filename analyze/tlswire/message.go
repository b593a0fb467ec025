package tlswire

import (
	"slices"
	"sync"
)

const messageHeaderLength = 4

// buffers holds the bytes of messages that are not yet whole. Few connections
// have such a message at any moment, so the Streams share them.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// A partialMessage is a handshake message of which a part has come.
type partialMessage struct {
	buf    *[]byte // what came of it, header included; nil: there is none
	rest   int     // bytes of a message that has been told already, still to be passed over
	about  Message // all but Body and Missing
	record int64   // offset of the last record that carried a part
	piece  int     // the last piece that carried a part
}

func (m *partialMessage) pending() bool { return m.buf != nil || m.rest > 0 }

// name gives the RFC's name of the pending message.
func (m *partialMessage) name() string {
	if m.buf == nil {
		return m.about.Type.String()
	}
	return HandshakeType((*m.buf)[0]).String()
}

// read reads b, a part of a fragment of s that carries handshake messages in
// clear. A message that lies whole in b is told as it lies there.
func (m *partialMessage) read(b []byte, s *Stream, v Visitor) {
	for len(b) > 0 {
		n := 0
		switch {
		case m.rest > 0:
			n = min(m.rest, len(b))
			m.rest -= n
		case m.buf == nil:
			if n = wholeMessage(b); n > 0 {
				v.Message(Message{
					Type: HandshakeType(b[0]), Body: b[messageHeaderLength:n:n],
					Offset: s.record.Offset, RecordVersion: s.record.Version, Records: 1, Chunks: 1,
				})
				break
			}
			m.open(&s.record, s.piece)
			n = m.keep(b, v)
		default:
			m.count(s.record.Offset, s.piece)
			n = m.keep(b, v)
		}
		b = b[n:]
	}
}

// wholeMessage gives the length of the message that b begins with, header
// included, or 0 where b does not hold all of it.
func wholeMessage(b []byte) int {
	if len(b) < messageHeaderLength {
		return 0
	}
	if n := messageHeaderLength + be24(b[1:]); n <= len(b) {
		return n
	}
	return 0
}

// open begins a message that is not whole yet, in record r.
func (m *partialMessage) open(r *Record, piece int) {
	m.buf = buffers.Get().(*[]byte)
	m.about = Message{Offset: r.Offset, RecordVersion: r.Version, Records: 1, Chunks: 1}
	m.record, m.piece = r.Offset, piece
}

// count notes that another record or piece carries a part of the message.
func (m *partialMessage) count(record int64, piece int) {
	if m.record != record {
		m.record = record
		m.about.Records++
	}
	if m.piece != piece {
		m.piece = piece
		m.about.Chunks++
	}
}

// keep takes bytes of b until the message is whole, or as long as it may get,
// and tells it then. It gives the number of bytes that it took, at least one.
func (m *partialMessage) keep(b []byte, v Visitor) (n int) {
	const firstRoom = 4 << 10 // most messages fit; a longer one must first show its bytes
	buf := *m.buf
	if len(buf) < messageHeaderLength {
		n = min(messageHeaderLength-len(buf), len(b))
		buf = append(buf, b[:n]...)
	}
	if len(buf) >= messageHeaderLength {
		want := min(messageHeaderLength+be24(buf[1:]), MaxMessage)
		part := min(want-len(buf), len(b)-n)
		if cap(buf) < want {
			buf = slices.Grow(buf, min(want-len(buf), max(part, firstRoom)))
		}
		buf = append(buf, b[n:n+part]...)
		n += part
		if *m.buf = buf; len(buf) == want {
			m.tell(v)
		}
		return n
	}
	*m.buf = buf
	return n
}

// tell tells the message as far as it has come, and gives back its buffer. The
// bytes that are missing are passed over should they come.
func (m *partialMessage) tell(v Visitor) {
	buf := *m.buf
	msg := m.about
	msg.Type = HandshakeType(buf[0])
	if len(buf) < messageHeaderLength {
		msg.Missing = 1 // at least: its length is not known
	} else {
		msg.Body = buf[messageHeaderLength:]
		msg.Missing = messageHeaderLength + be24(buf[1:]) - len(buf)
		m.rest = msg.Missing
	}
	v.Message(msg)
	m.about.Type = msg.Type
	m.release()
}

// gap passes over n missing bytes of the fragment. It gives false where they
// may have held the beginning of another message, so that nobody knows what the
// rest of the fragment is.
func (m *partialMessage) gap(n int, v Visitor) bool {
	if m.buf != nil {
		m.tell(v)
	}
	if n > m.rest {
		m.rest = 0
		return false
	}
	m.rest -= n
	return true
}

// abandon tells a message of which no more bytes will come.
func (m *partialMessage) abandon(v Visitor) {
	if m.buf != nil {
		m.tell(v)
	}
	m.rest = 0
}

// kept gives how many bytes are held.
func (m *partialMessage) kept() int {
	if m.buf == nil {
		return 0
	}
	return len(*m.buf)
}

// release gives the buffer back.
func (m *partialMessage) release() {
	if m.buf != nil {
		*m.buf = (*m.buf)[:0]
		buffers.Put(m.buf)
		m.buf = nil
	}
}
