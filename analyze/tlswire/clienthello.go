package tlswire

import "golang.org/x/crypto/cryptobyte"

// A ClientHello is the client's offer (RFC 8446, section 4.1.2; RFC 5246,
// section 7.4.1.2). What was not sent is nil or zero.
//
// Random, SessionID, CompressionMethods, ECPointFormats and the Data of the
// Extensions are views of the message body.
type ClientHello struct {
	LegacyVersion      Version
	Random             []byte // 32 bytes; in SSL 2.0 the challenge
	SessionID          []byte
	CipherSuites       []CipherSuite // GREASE kept, like everywhere here
	CompressionMethods []byte
	Extensions         []Extension // in wire order, repeated ones included

	ServerName      string   // of the first host_name entry, as it stands: it may be hostile
	ServerNameState Presence // Encrypted: only an ECH extension is there
	ECH             bool     // encrypted_client_hello or its forerunner is there, possibly as GREASE

	SupportedVersions []Version
	Groups            []Group
	KeyShares         []Group // groups of the key shares
	SignatureSchemes  []SignatureScheme
	ALPN              []string // as they stand
	ECPointFormats    []byte

	PSK           bool // pre_shared_key: resumption in TLS 1.3
	SessionTicket bool // session_ticket: RFC 5077
	TicketLength  int  // bytes of that ticket; 0: the client has none and asks for one
	EarlyData     bool
}

// ParseClientHello reads the body of a ClientHello (RFC 8446, section 4.1.2).
// Where the body is malformed or cut, f names the field and h holds what stands
// before it; of a list of extensions that is cut, those that are whole. The body
// may end before the extensions. Of a repeated extension the first counts.
func ParseClientHello(body []byte) (h ClientHello, f *Fault) {
	r := newReader(body)
	h.LegacyVersion = Version(r.uint16("legacy_version"))
	h.Random = r.bytes("random", 32)
	at := r.at()
	if h.SessionID = r.vector8("legacy_session_id"); len(h.SessionID) > 32 {
		r.note("legacy_session_id", at)
	}
	h.CipherSuites = codes[CipherSuite](&r, "cipher_suites", r.vector16("cipher_suites"))
	at = r.at()
	if h.CompressionMethods = r.vector8("legacy_compression_methods"); len(h.CompressionMethods) == 0 && !r.cut {
		r.note("legacy_compression_methods", at)
	}
	walk := r.walkExtensions()
	for e, ok := walk.next(); ok; e, ok = walk.next() {
		h.decode(e, &walk.inner)
	}
	h.Extensions = walk.list
	h.ServerNameState = h.serverNameState(walk.end(&r))
	return h, r.fault
}

// decode reads one extension of a ClientHello.
func (h *ClientHello) decode(e Extension, r *reader) {
	switch e.Type {
	case ExtServerName:
		h.serverName(r)
	case ExtSupportedGroups:
		h.Groups = codes[Group](r, "named_group_list", r.vector16("named_group_list"))
	case ExtECPointFormats:
		h.ECPointFormats = r.vector8("ec_point_format_list")
	case ExtSignatureAlgorithms:
		h.SignatureSchemes = codes[SignatureScheme](r, "supported_signature_algorithms", r.vector16("supported_signature_algorithms"))
	case ExtALPN:
		h.ALPN = protocolNames(r)
	case ExtSupportedVersions:
		h.SupportedVersions = codes[Version](r, "versions", r.vector8("versions"))
	case ExtKeyShare, ExtKeyShareDraft:
		h.keyShares(r)
	case ExtSessionTicket:
		h.SessionTicket, h.TicketLength = true, len(e.Data)
		return
	case ExtPreSharedKey:
		h.PSK = true
		return
	case ExtEarlyData:
		h.EarlyData = true
		return
	case ExtEncryptedClientHello, ExtEncryptedServerName:
		h.ECH = true
		return
	default:
		return
	}
	r.ended("extension_data")
}

// ServerName gives the name that a ClientHello asks for, as a view of its body:
// what ParseClientHello finds in one without a fault, at a tenth of the cost, for
// those who want nothing else. It is nil where there is none.
func ServerName(body []byte) []byte {
	var extensions, data, list, name cryptobyte.String
	s := cryptobyte.String(body)
	if !s.Skip(2+32) || // legacy_version, random
		!s.ReadUint8LengthPrefixed(&data) || // legacy_session_id
		!s.ReadUint16LengthPrefixed(&data) || // cipher_suites
		!s.ReadUint8LengthPrefixed(&data) || // legacy_compression_methods
		!s.ReadUint16LengthPrefixed(&extensions) {
		return nil
	}
	var kind uint16
	for extensions.ReadUint16(&kind) && extensions.ReadUint16LengthPrefixed(&data) {
		if ExtensionType(kind) != ExtServerName || !data.ReadUint16LengthPrefixed(&list) {
			continue
		}
		var nameType uint8
		for list.ReadUint8(&nameType) && list.ReadUint16LengthPrefixed(&name) {
			if nameType == 0 && len(name) > 0 {
				return name
			}
		}
		return nil
	}
	return nil
}

// serverName reads a ServerNameList (RFC 6066, section 3). Entries of a type
// other than host_name are passed over; they have never been defined.
func (h *ClientHello) serverName(r *reader) {
	at := r.at()
	list := r.vector16("server_name_list")
	if !r.cut && len(list) == 0 {
		r.note("server_name_list", at)
	}
	names := r.within(list)
	found := false
	for !names.cut && len(names.rest) > 0 {
		kind := names.uint8("name_type")
		at := names.at()
		name := names.vector16("host_name")
		if names.cut || kind != 0 || found {
			continue
		}
		if len(name) == 0 {
			names.note("host_name", at)
			continue
		}
		h.ServerName, h.ServerNameState, found = string(name), Present, true
	}
	r.take(&names)
}

// keyShares reads the groups of a KeyShareClientHello (RFC 8446, section
// 4.2.8). An empty list is legal: it asks for a HelloRetryRequest.
func (h *ClientHello) keyShares(r *reader) {
	list := r.vector16("client_shares")
	if r.cut {
		return
	}
	const least = 5 // bytes of a share: group, length, one byte of key
	h.KeyShares = make([]Group, 0, min(len(list)/least, 4))
	shares := r.within(list)
	for !shares.cut && len(shares.rest) > 0 {
		group := Group(shares.uint16("group"))
		at := shares.at()
		key := shares.vector16("key_exchange")
		if shares.cut {
			break
		}
		if len(key) == 0 {
			shares.note("key_exchange", at)
		}
		h.KeyShares = append(h.KeyShares, group)
	}
	r.take(&shares)
}

// serverNameState says what is known of the name that the client asked for.
func (h *ClientHello) serverNameState(whole bool) Presence {
	switch {
	case h.ServerNameState == Present:
		return Present
	case !whole:
		return Unseen
	case h.ECH:
		return Encrypted
	}
	return Absent
}

// Versions gives the versions that the client offers, GREASE kept:
// supported_versions, or the legacy version of a client that sends none.
func (h ClientHello) Versions() []Version {
	if len(h.SupportedVersions) > 0 {
		return h.SupportedVersions
	}
	return []Version{h.LegacyVersion}
}

// MaxVersion gives the highest version that the client offers. A draft of
// TLS 1.3 is above TLS 1.2 and below TLS 1.3; GREASE and codes that belong to
// no version do not count.
func (h ClientHello) MaxVersion() Version {
	var highest Version
	for _, v := range h.SupportedVersions {
		if v.rank() > highest.rank() {
			highest = v
		}
	}
	if highest == 0 {
		return h.LegacyVersion
	}
	return highest
}

// rank orders versions; 0 is no version.
func (v Version) rank() int {
	switch {
	case v&0xff00 == draftTLS13:
		return int(TLS12)<<8 + int(v&0xff)
	case v>>8 == 3:
		return int(v) << 8
	case v == SSL20:
		return 1
	}
	return 0
}
