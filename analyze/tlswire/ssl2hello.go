package tlswire

// ParseSSL2ClientHello reads the body of a CLIENT-HELLO in the format of
// SSL 2.0, after its msg_type (RFC 5246, appendix E.2). Old clients send it to
// offer anything up to TLS 1.2. The challenge is given as Random. Cipher kinds
// of SSL 2.0 itself have three bytes and no place among the CipherSuites; they
// are passed over.
func ParseSSL2ClientHello(body []byte) (h ClientHello, f *Fault) {
	r := newReader(body)
	h.ServerNameState = Absent // the format has no place for it
	h.LegacyVersion = Version(r.uint16("version"))
	at := r.at()
	specs := int(r.uint16("cipher_spec_length"))
	if !r.cut && (specs == 0 || specs%3 != 0) {
		r.note("cipher_spec_length", at)
	}
	sessionID := int(r.uint16("session_id_length"))
	challenge := int(r.uint16("challenge_length"))
	h.CipherSuites = ssl2Suites(r.bytes("cipher_specs", specs))
	h.SessionID = r.bytes("session_id", sessionID)
	h.Random = r.bytes("challenge", challenge)
	r.ended("challenge")
	return h, r.fault
}

// ssl2Suites gives those of the cipher kinds that are suites of TLS: their
// first byte is 0.
func ssl2Suites(specs []byte) (list []CipherSuite) {
	for ; len(specs) >= 3; specs = specs[3:] {
		if specs[0] == 0 {
			list = append(list, CipherSuite(specs[1])<<8|CipherSuite(specs[2]))
		}
	}
	return list
}

// ssl2HelloLength tells whether b begins with a CLIENT-HELLO in the format of
// SSL 2.0, and how many bytes follow its two-byte header. All lengths in it
// must agree, because there is nothing else to recognise it by. b holds at
// least ssl2HeaderLength bytes.
func ssl2HelloLength(b []byte) (n int, ok bool) {
	n = int(b[0]&0x7f)<<8 | int(b[1])
	version := be16(b[3:])
	specs, sessionID, challenge := int(be16(b[5:])), int(be16(b[7:])), int(be16(b[9:]))
	ok = b[0]&0x80 != 0 && b[2] == byte(TypeClientHello) &&
		(version == uint16(SSL20) || version>>8 == 3) &&
		specs > 0 && specs%3 == 0 &&
		(sessionID == 0 || sessionID == 16) &&
		challenge >= 16 && challenge <= 32 &&
		n == 9+specs+sessionID+challenge
	return n, ok
}

// beginSSL2 begins the record of a CLIENT-HELLO in the format of SSL 2.0, with
// which b begins. It gives the number of bytes that it has used.
func (s *Stream) beginSSL2(b []byte, v Visitor) int {
	n, _ := ssl2HelloLength(b)
	s.record = Record{Type: TypeHandshake, Version: Version(be16(b[3:])), Length: n, Offset: s.offset}
	s.seen, s.mode, s.state, s.left = true, readHandshake, inFragment, n-1
	v.Record(s.record)
	s.message.open(&s.record, s.piece)
	s.message.about.SSL2 = true
	// From here on it is a message like any other, once it has their header.
	*s.message.buf = append(*s.message.buf, byte(TypeClientHello), 0, byte((n-1)>>8), byte(n-1))
	return 3
}

// isSSL2ServerHello tells whether b begins with the SERVER-HELLO of a server
// that speaks SSL 2.0 alone: msg_type 4, two flags and the version.
func isSSL2ServerHello(b []byte) bool {
	return len(b) >= ssl2ServerHelloLength && b[0]&0x80 != 0 && b[2] == 4 && b[3] <= 1 && b[4] <= 1 && be16(b[5:]) == uint16(SSL20)
}

const (
	ssl2HeaderLength      = 11 // record header, msg_type and the fixed fields of a CLIENT-HELLO
	ssl2ServerHelloLength = 7  // the same up to the version of a SERVER-HELLO
)

func be16(b []byte) uint16 { return uint16(b[0])<<8 | uint16(b[1]) }
