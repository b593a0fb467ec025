package tlswire

const (
	recordHeaderLength = 5
	maxFragment        = 1<<14 + 2048 // TLSCiphertext.length (RFC 5246, section 6.2.3); TLS 1.3 allows less
	maxLookahead       = 6            // bytes of a fragment that tell a hello from encrypted bytes
)

// parse reads the first five bytes of a record (RFC 8446, section 5.1), which
// stands at offset in the stream.
func (r *Record) parse(b []byte, offset int64) {
	*r = Record{
		Type:    ContentType(b[0]),
		Version: Version(be16(b[1:])),
		Length:  int(be16(b[3:])),
		Offset:  offset,
	}
}

// plausibleHeader tells whether the first five bytes of b can be a record header.
func plausibleHeader(b []byte) bool {
	var r Record
	r.parse(b, 0)
	return r.fault() == ""
}

// fault names the first field of the header that no record can have, or "".
func (r *Record) fault() string {
	switch {
	case r.Type < TypeChangeCipherSpec || r.Type > TypeHeartbeat:
		return "type"
	case r.Version < SSL30 || r.Version > TLS13:
		return "legacy_record_version"
	case r.Length > maxFragment:
		return "length"
	}
	return ""
}

// header reads a record header, and sees as much of the fragment as is needed
// to say what the record is. It gives the number of bytes that it has used.
func (s *Stream) header(b []byte, v Visitor) (n int) {
	if s.nhead > 0 || len(b) < recordHeaderLength {
		return s.headerInPieces(b, v)
	}
	r := &s.record // no copy of it is made anywhere: that would cost as much as reading it
	r.parse(b, s.offset)
	if !s.checkHeader(r, v) {
		return 0
	}
	need := recordHeaderLength + s.lookahead(r)
	if len(b) < need {
		return s.headerInPieces(b, v)
	}
	s.begin(r, b[recordHeaderLength:need], v)
	return recordHeaderLength
}

// headerInPieces gathers in the head what header wants to see.
func (s *Stream) headerInPieces(b []byte, v Visitor) (n int) {
	if n = s.gather(b, recordHeaderLength); s.nhead < recordHeaderLength {
		return n
	}
	need := recordHeaderLength
	r := &s.record
	r.parse(s.head[:], s.offset)
	if r.fault() == "" {
		need += s.lookahead(r)
	}
	n += s.gather(b[n:], need)
	if s.nhead >= need {
		s.replay(n, v)
	}
	return n
}

// checkHeader tells whether r can be a record header. Where it cannot, the
// search for another one begins, or nothing more is read.
func (s *Stream) checkHeader(r *Record, v Visitor) bool {
	field := r.fault()
	if field == "" {
		return true
	}
	s.giveUp(v)
	s.beginSearch()
	if s.doubt > 0 {
		return false // what the search had found was no record: no fault of the sender
	}
	v.Fault(Fault{Field: field, Offset: int(r.Offset)})
	if field == "length" {
		s.state = stopped
	}
	return false
}

// lookahead gives how many bytes of the fragment must be seen to know whether
// the record is in clear.
func (s *Stream) lookahead(r *Record) int {
	if r.Type == TypeAlert || r.Type == TypeHandshake && (s.encrypted || s.unsure) {
		return min(r.Length, maxLookahead)
	}
	return 0
}

// flushHead begins the record whose header is read but whose lookahead is not:
// the bytes that would tell more will not come.
func (s *Stream) flushHead(v Visitor) {
	if s.state == atHeader && s.nhead >= recordHeaderLength {
		ahead := s.head
		length := s.nhead
		r := &s.record
		r.parse(ahead[:], s.offset-int64(length))
		s.begin(r, ahead[recordHeaderLength:length], v)
		s.fragment(ahead[recordHeaderLength:length], v)
	}
	s.nhead = 0
}

// begin starts the record of s, which is r. ahead holds the bytes that lookahead
// asked for, as far as they came.
func (s *Stream) begin(r *Record, ahead []byte, v Visitor) {
	if s.doubt > 0 {
		s.doubt--
	}
	s.seen = true
	s.interrupt(r, v)
	s.mode = skip
	switch r.Type {
	case TypeChangeCipherSpec:
		s.encrypted = true
	case TypeApplicationData:
		r.Encrypted, s.encrypted = true, true
	case TypeHeartbeat:
		r.Encrypted = s.encrypted
	case TypeAlert:
		if s.mode = readAlert; !s.clearAlert(r, ahead) {
			r.Encrypted, s.mode = true, skip
		}
	case TypeHandshake:
		if s.mode = readHandshake; !s.clearHandshake(r, ahead) {
			r.Encrypted, s.mode = true, skip
		}
	}
	s.left, s.state = r.Length, inFragment
	if s.mode == readAlert {
		s.alert.told = false
	} else {
		v.Record(*r)
	}
	s.advance(0, v)
}

// interrupt looks after what an earlier record left unfinished. A record of
// another type must not come in between (RFC 8446, section 5.1), but after an
// alert or a heartbeat the message may still go on.
func (s *Stream) interrupt(r *Record, v Visitor) {
	if r.Type != TypeAlert && s.alert.half {
		v.Fault(Fault{Field: "description", Offset: int(r.Offset)})
		s.alert = partialAlert{}
	}
	if r.Type == TypeHandshake || !s.message.pending() {
		return
	}
	v.Fault(Fault{Field: s.message.name(), Offset: int(r.Offset)})
	if r.Type == TypeChangeCipherSpec || r.Type == TypeApplicationData {
		s.message.abandon(v)
	}
}

// clearAlert tells whether an alert record is in clear. An encrypted one is
// always longer than two bytes; one of two bytes is in clear even in TLS 1.3,
// where OpenSSL sends it so. A longer one may hold several, before encryption.
func (s *Stream) clearAlert(r *Record, ahead []byte) bool {
	hidden := s.encrypted || s.unsure
	switch {
	case len(ahead) == 0:
		return !hidden
	case r.Length == 2:
		return !hidden || len(ahead) == 2 && legalLevel(ahead[0])
	}
	return !hidden && (s.alert.half || legalLevel(ahead[0]))
}

// clearHandshake tells whether a handshake record is in clear. After a
// ChangeCipherSpec it is encrypted, except that hellos may still follow the one
// that a HelloRetryRequest brings (RFC 8446, appendix D.4): they fill their
// record exactly, and an encrypted record does not look so by chance.
func (s *Stream) clearHandshake(r *Record, ahead []byte) bool {
	switch {
	case s.encrypted:
		return fillsRecord(r, ahead)
	case s.unsure:
		s.unsure = !beginsMessage(ahead)
		return !s.unsure
	}
	return true
}

// fillsRecord tells whether ahead begins a ClientHello or ServerHello that is
// exactly as long as its record.
func fillsRecord(r *Record, ahead []byte) bool {
	return len(ahead) == maxLookahead &&
		(ahead[0] == byte(TypeClientHello) || ahead[0] == byte(TypeServerHello)) &&
		4+be24(ahead[1:]) == r.Length && ahead[4] == 3
}

// beginsMessage tells whether ahead can be the beginning of a message that is
// sent in clear. HelloRequest is left out: it is four times zero, as the nonce
// of an encrypted record often is.
func beginsMessage(ahead []byte) bool {
	if len(ahead) < 4 || be24(ahead[1:]) > MaxMessage {
		return false
	}
	switch HandshakeType(ahead[0]) {
	case TypeClientHello, TypeServerHello, TypeNewSessionTicket, TypeCertificate, TypeServerKeyExchange,
		TypeCertificateRequest, TypeServerHelloDone, TypeCertificateVerify, TypeClientKeyExchange, TypeCertificateStatus:
		return true
	}
	return false
}

func be24(b []byte) int { return int(b[0])<<16 | int(b[1])<<8 | int(b[2]) }

// fragment reads b, which lies within the fragment of the record.
func (s *Stream) fragment(b []byte, v Visitor) {
	switch s.mode {
	case readAlert:
		s.readAlerts(b, v)
	case readHandshake:
		s.message.read(b, s, v)
	}
	s.advance(len(b), v)
}

// advance counts n bytes of the fragment, and ends the record after the last.
func (s *Stream) advance(n int, v Visitor) {
	s.left -= n
	if s.left > 0 {
		return
	}
	if s.mode == readAlert {
		s.endAlerts(v)
	}
	s.state = atHeader
}
