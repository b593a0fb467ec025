package tlswire

import "bytes"

// A ServerHello is the server's choice (RFC 8446, section 4.1.3; RFC 5246,
// section 7.4.1.3). What was not sent is nil or zero.
//
// Random, SessionID and the Data of the Extensions are views of the message
// body.
type ServerHello struct {
	LegacyVersion     Version
	Random            []byte // 32 bytes
	SessionID         []byte
	CipherSuite       CipherSuite
	CompressionMethod uint8
	Extensions        []Extension // in wire order

	SelectedVersion Version // supported_versions; 0: TLS 1.2 or older
	Group           Group   // of key_share; in a HelloRetryRequest the one that is asked for
	ALPN            string  // as it stands; encrypted in TLS 1.3
	PSK             bool    // pre_shared_key: the session is resumed
	SessionTicket   bool    // session_ticket: a ticket will follow
	ServerNameAck   bool    // server_name: the name was understood
}

// helloRetryRequestRandom is what a HelloRetryRequest has in the place of its
// random: SHA-256 of "HelloRetryRequest" (RFC 8446, section 4.1.3).
var helloRetryRequestRandom = [32]byte{
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
}

// ParseServerHello reads the body of a ServerHello (RFC 8446, section 4.1.3),
// a HelloRetryRequest included. Where the body is malformed or cut, f names the
// field and h holds what stands before it.
func ParseServerHello(body []byte) (h ServerHello, f *Fault) {
	r := newReader(body)
	h.LegacyVersion = Version(r.uint16("legacy_version"))
	h.Random = r.bytes("random", 32)
	// The drafts of TLS 1.3 up to 21 had put their own version here, and left
	// out the two fields that later came back to please middleboxes.
	early := h.LegacyVersion.IsTLS13()
	if !early {
		at := r.at()
		if h.SessionID = r.vector8("legacy_session_id_echo"); len(h.SessionID) > 32 {
			r.note("legacy_session_id_echo", at)
		}
	}
	h.CipherSuite = CipherSuite(r.uint16("cipher_suite"))
	if !early {
		h.CompressionMethod = r.uint8("legacy_compression_method")
	}
	walk := r.walkExtensions()
	for e, ok := walk.next(); ok; e, ok = walk.next() {
		h.decode(e, &walk.inner)
	}
	h.Extensions = walk.list
	walk.end(&r)
	return h, r.fault
}

// decode reads one extension of a ServerHello.
func (h *ServerHello) decode(e Extension, r *reader) {
	switch e.Type {
	case ExtSupportedVersions:
		h.SelectedVersion = Version(r.uint16("selected_version"))
	case ExtKeyShare, ExtKeyShareDraft:
		h.Group = Group(r.uint16("group"))
		if !r.cut && len(r.rest) > 0 { // a HelloRetryRequest names the group only
			r.vector16("key_exchange")
		}
	case ExtALPN:
		if names := protocolNames(r); len(names) > 0 {
			h.ALPN = names[0]
		}
	case ExtPreSharedKey:
		r.uint16("selected_identity")
		h.PSK = !r.cut
	case ExtSessionTicket:
		h.SessionTicket = true
	case ExtServerName:
		h.ServerNameAck = true
		return // its content is empty, and nobody looks at it
	default:
		return
	}
	r.ended("extension_data")
}

// Version gives the version that was chosen.
func (h ServerHello) Version() Version {
	if h.SelectedVersion != 0 {
		return h.SelectedVersion
	}
	return h.LegacyVersion
}

// IsHelloRetryRequest tells whether h is none of a server that agrees, but one
// that asks for another ClientHello (RFC 8446, section 4.1.4).
func (h ServerHello) IsHelloRetryRequest() bool {
	return bytes.Equal(h.Random, helloRetryRequestRandom[:])
}
