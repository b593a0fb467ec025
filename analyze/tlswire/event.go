// Package tlswire turns the bytes of one side of a TLS connection into
// records, handshake messages, alerts and faults.
//
// It is pure: no packets, no clock, no opinion. A Stream is fed with bytes in
// order, in pieces of any size, and tells a Visitor what it reads, in the order
// of the wire. The messages themselves are parsed by functions of their own,
// named after the structs of RFC 8446 and RFC 5246. Unknown values and GREASE
// survive; what is malformed becomes a Fault, and what was read before it stays.
package tlswire

// A Visitor is told what a Stream reads, in the order of the wire.
type Visitor interface {
	// Record is called once for each record, when its header has been read;
	// for alerts, when the alert has been read: once more for each further alert
	// of the same record, and with a zero Alert where the bytes of it did not come.
	Record(Record)
	// Message is called for each handshake message in clear, when it is whole
	// or when the rest of it can no longer come.
	Message(Message)
	// Fault is called where the bytes contradict the RFC.
	Fault(Fault)
	// NotTLS is called once, instead of all others, when the first bytes of the
	// stream are no TLS record. looksLike names them ("an HTTP request"), first
	// holds them as far as they are there, at most 256. For a stream that was
	// joined in its middle it is called when 64 KiB hold no record; first is nil.
	NotTLS(looksLike string, first []byte)
}

// A Record is the header of one TLS record (RFC 8446, section 5.1).
type Record struct {
	Type      ContentType
	Version   Version // legacy_record_version, as it stands there
	Length    int     // bytes of the fragment, from the header
	Offset    int64   // of the header, in the stream
	Encrypted bool    // Type 23, or after ChangeCipherSpec in TLS 1.2 and before; after lost bytes, what does not look clear
	Alert     Alert   // of a record of type alert that is in clear
}

// An Alert is an alert in clear (RFC 8446, section 6).
type Alert struct {
	Level       AlertLevel
	Description AlertDescription
}

// A Message is one handshake message in clear (RFC 8446, section 4).
type Message struct {
	Type          HandshakeType
	Body          []byte  // without the header of 4 bytes; valid until the Visitor returns
	Missing       int     // bytes of the body that did not come, 1 where its length did not either; 0: the message is whole
	Offset        int64   // of its first byte's record header, in the stream
	RecordVersion Version // legacy_record_version of the first record that carries it
	Records       int     // records that carry it
	Chunks        int     // pieces, as fed, that carry it: segments of TCP
	SSL2          bool    // a CLIENT-HELLO in the format of SSL 2.0 (RFC 5246, appendix E.2)
}

// A Fault names the field that broke the wire format. It is evidence, not an
// error: everything read before it stays valid.
type Fault struct {
	Field  string // RFC name, such as "cipher_suites"
	Offset int    // bytes from the start of the message body, or of the stream for a record header
}

// Presence tells what is known of something that a connection may carry.
type Presence uint8

// What was not seen is not absent.
const (
	Unseen Presence = iota // the bytes that would hold it were not captured
	Absent
	Present
	Encrypted // it is there, but cannot be read
)

// String gives the word that the JSON uses.
func (p Presence) String() string {
	return [...]string{"unseen", "absent", "present", "encrypted"}[p]
}
