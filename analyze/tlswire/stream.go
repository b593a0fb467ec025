package tlswire

// MaxMessage is how many bytes of one handshake message a Stream keeps, its
// header of 4 bytes included. It outlives any handshake that is to be
// explained; of a longer message the rest is counted, and told as Missing.
const MaxMessage = 64 << 10

// A Stream reads the bytes of one side of a connection. Its zero value is ready
// for the first byte of a connection. Bytes are kept only where a header or a
// handshake message is not yet whole, and never those of encrypted records.
type Stream struct {
	offset int64 // in the stream, of the next byte that is fed
	state  state
	mode   mode // of the fragment that is being read

	midStream bool  // the first bytes of the connection were not captured
	seen      bool  // at least one record was told
	encrypted bool  // ChangeCipherSpec or application data has been seen
	unsure    bool  // bytes are missing: whether handshake records are in clear must be seen from themselves
	doubt     uint8 // headers that must still follow before one found by searching is believed

	head  [startLength]byte // bytes that are not yet enough to decide
	nhead int

	record   Record // whose fragment is being read; until then, that of a header
	left     int    // bytes of its fragment that are still to come
	searched int    // bytes that were passed over since the last record

	alert   partialAlert
	message partialMessage
	piece   int // how many pieces have been fed
}

// A state says what the next byte belongs to.
type state uint8

const (
	atStart    state = iota // the first bytes: TLS or not
	atHeader                // a record header
	inFragment              // the fragment of record
	searching               // anything, until the next plausible record header
	stopped                 // nothing is told any more
)

// A mode says what is done with the bytes of a fragment.
type mode uint8

const (
	skip mode = iota
	readHandshake
	readAlert
)

// Feed reads b, which follows what was fed before. The pieces may be of any
// size. It tells v what it has read before it returns; it keeps no view of b.
func (s *Stream) Feed(b []byte, v Visitor) {
	s.piece++
	s.run(b, v)
}

func (s *Stream) run(b []byte, v Visitor) {
	for len(b) > 0 {
		n := 0
		switch s.state {
		case atStart:
			n = s.start(b, v)
		case atHeader:
			n = s.header(b, v)
		case inFragment:
			n = min(s.left, len(b))
			s.fragment(b[:n], v)
		case searching:
			n = s.search(b, v)
		case stopped:
			n = len(b)
		}
		s.offset += int64(n)
		b = b[n:]
	}
}

// gather moves bytes of b to the head until that holds want of them.
func (s *Stream) gather(b []byte, want int) (n int) {
	if want <= s.nhead {
		return 0
	}
	n = copy(s.head[s.nhead:want], b)
	s.nhead += n
	return n
}

// replay reads the bytes of the head as if they came now, in one piece. n is
// how many bytes of the piece at hand have been used.
func (s *Stream) replay(n int, v Visitor) {
	again := s.head
	length := s.nhead
	s.nhead = 0
	s.offset += int64(n - length)
	s.run(again[:length], v)
	s.offset -= int64(n)
}

// Gap says that n bytes are missing at this place; n <= 0: it is not known how
// many. Where the gap ends within a record whose length is known, reading goes
// on exactly there or at that record's end; otherwise at the next plausible
// record header.
func (s *Stream) Gap(n int64, v Visitor) {
	if s.state == stopped {
		return
	}
	s.flushHead(v)
	s.midStream = s.midStream || !s.seen
	s.offset += max(n, 0)
	if s.state == inFragment && n > 0 && n <= int64(s.left) {
		s.gapInFragment(int(n), v)
		return
	}
	s.giveUp(v)
	s.beginSearch()
}

// gapInFragment passes over n missing bytes that lie within the fragment.
func (s *Stream) gapInFragment(n int, v Visitor) {
	switch s.mode {
	case readAlert:
		s.giveUp(v)
		s.mode = skip
	case readHandshake:
		if !s.message.gap(n, v) {
			s.mode, s.unsure = skip, true
		}
	}
	s.advance(n, v)
}

// End says that no more bytes will come: what is half read is told as far as it goes.
func (s *Stream) End(v Visitor) {
	if s.state == stopped {
		return
	}
	if s.state == atStart {
		s.judgeShort(v)
	}
	s.flushHead(v)
	s.giveUp(v)
	s.state = stopped
}

// giveUp tells what is half read and can no longer become whole.
func (s *Stream) giveUp(v Visitor) {
	if s.state == inFragment && s.mode == readAlert {
		s.endAlerts(v)
	}
	s.alert = partialAlert{}
	s.message.abandon(v)
}

// MidStream says, before the first Feed, that the capture does not hold the
// beginning of the connection, so that the first byte may lie anywhere in a record.
func (s *Stream) MidStream() {
	s.midStream, s.unsure = true, true
}

// Buffered gives how many bytes are kept.
func (s *Stream) Buffered() int { return s.nhead + s.message.kept() }

// Reset makes s ready for another connection and gives back what it holds.
func (s *Stream) Reset() {
	s.message.release()
	*s = Stream{}
}
