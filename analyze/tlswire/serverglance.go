package tlswire

// Extensions that say nothing sniwatch asks for, and that servers often send.
const (
	extExtendedMainSecret ExtensionType = 23     // extended_master_secret, RFC 7627
	extRenegotiationInfo  ExtensionType = 0xff01 // RFC 5746
)

// GlanceServerHello reads of a ServerHello only what decides how the records
// behind it are read: LegacyVersion, CipherSuite, SelectedVersion, Group and
// PSK. It allocates nothing, and costs a fraction of ParseServerHello.
//
// It answers only for the bodies that servers usually send. ok is false for a
// HelloRetryRequest, an extension that is not expected, and wherever
// ParseServerHello might find a fault.
func GlanceServerHello(body []byte) (h ServerHello, ok bool) {
	const beforeSession = 2 + 32 // legacy_version, random
	if len(body) < beforeSession+1 {
		return h, false
	}
	h.LegacyVersion = Version(be16(body))
	rest := body[beforeSession+1:]
	session := int(body[beforeSession])
	if h.LegacyVersion.IsTLS13() || [32]byte(body[2:]) == helloRetryRequestRandom || session > 32 || len(rest) < session+3 {
		return ServerHello{}, false
	}
	rest = rest[session:]
	h.CipherSuite = CipherSuite(be16(rest))
	if rest = rest[3:]; len(rest) == 0 { // a hello without extensions ends here
		return h, true
	}
	if len(rest) < 2 || int(be16(rest)) != len(rest)-2 || !h.glanceExtensions(rest[2:]) {
		return ServerHello{}, false
	}
	return h, true
}

// glanceExtensions reads a whole list of extensions, each of which may come once.
func (h *ServerHello) glanceExtensions(list []byte) bool {
	seen := uint64(0)
	for len(list) > 0 {
		if len(list) < 4 {
			return false
		}
		kind, n := ExtensionType(be16(list)), int(be16(list[2:]))
		if n > len(list)-4 || !h.glanceExtension(kind, list[4:4+n]) {
			return false
		}
		bit := uint64(1) << (kind & 63) // no two of the expected types share one
		if seen&bit != 0 {
			return false
		}
		seen |= bit
		list = list[4+n:]
	}
	return true
}

// glanceExtension reads one extension, and tells whether it is as expected.
func (h *ServerHello) glanceExtension(kind ExtensionType, data []byte) bool {
	switch kind {
	case ExtServerName, ExtECPointFormats, extExtendedMainSecret, extRenegotiationInfo:
		return true
	case ExtSessionTicket:
		return len(data) == 0
	case ExtSupportedVersions:
		if len(data) != 2 {
			return false
		}
		h.SelectedVersion = Version(be16(data))
		return true
	case ExtKeyShare:
		if len(data) < 4 || int(be16(data[2:])) != len(data)-4 {
			return false
		}
		h.Group = Group(be16(data))
		return true
	case ExtPreSharedKey:
		h.PSK = true
		return len(data) == 2
	}
	return false
}
