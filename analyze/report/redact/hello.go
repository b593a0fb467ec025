package redact

import "sniwatch/analyze/tlswire"

// clientHello redacts a ClientHello (RFC 8446, section 4.1.2).
func (m *messages) clientHello(body []byte) {
	v := vectors{rest: body}
	v.take(2 + 32) // legacy_version, random
	m.key.noise("session", v.vector(1))
	v.vector(2) // cipher_suites
	v.vector(1) // legacy_compression_methods
	m.extensions(&v, m.clientExtension)
	v.end()
}

// serverHello redacts a ServerHello (RFC 8446, section 4.1.3). Early drafts of
// TLS 1.3 have no session and no compression in it, and say so by the version.
func (m *messages) serverHello(body []byte) {
	const draft, lastDraft = 0x7f, 21
	v := vectors{rest: body}
	if len(body) > 1 && body[0] == draft && body[1] <= lastDraft {
		v.take(2 + 32 + 2)
	} else {
		v.take(2 + 32)
		m.key.noise("session", v.vector(1))
		v.take(2 + 1) // cipher_suite, legacy_compression_method
	}
	m.extensions(&v, m.serverExtension)
	v.end()
}

// extensions goes over the list that ends a hello. Of a list that was cut, those
// that are whole are read.
func (m *messages) extensions(v *vectors, redact func(tlswire.ExtensionType, []byte)) {
	length := v.take(2)
	if length == nil {
		return
	}
	list := vectors{rest: v.take(min(int(length[0])<<8|int(length[1]), len(v.rest)))}
	for list.more() {
		code := list.take(2)
		data := list.vector(2)
		if code != nil {
			redact(tlswire.ExtensionType(code[0])<<8|tlswire.ExtensionType(code[1]), data)
		}
	}
	list.end()
}

// clientExtension redacts one extension of a ClientHello.
func (m *messages) clientExtension(t tlswire.ExtensionType, data []byte) {
	if t == tlswire.ExtServerName {
		m.serverName(data)
		return
	}
	m.extension(t, data, true)
}

// serverExtension redacts one extension of a ServerHello.
func (m *messages) serverExtension(t tlswire.ExtensionType, data []byte) {
	if t == tlswire.ExtServerName {
		fill(data, 0) // it is empty, or nonsense
		return
	}
	m.extension(t, data, false)
}

// serverName replaces the names of a ServerNameList (RFC 6066, section 3).
func (m *messages) serverName(data []byte) {
	v := vectors{rest: data}
	list := vectors{rest: v.vector(2)}
	v.end()
	for list.more() {
		kind := list.take(1)
		name := list.vector(2)
		if len(kind) == 1 && kind[0] != 0 {
			fill(name, 'x')
			continue
		}
		m.replaceName(name)
	}
}

// Extensions that hold numbers of the registries, random bytes, keys for one
// connection, or nothing. ALPN holds names of protocols. They stay as they are.
var keptExtensions = map[tlswire.ExtensionType]bool{
	1: true, 10: true, 11: true, 13: true, 15: true, 16: true, 22: true, 23: true, 27: true, 28: true, 34: true,
	42: true, 43: true, 45: true, 49: true, 50: true, 51: true, 0xfe0d: true, 17513: true, 17613: true, 13172: true,
	tlswire.ExtKeyShareDraft: true,
}

// extension redacts an extension of either hello, but for names. Those that are
// not known are overwritten.
func (r *Redactor) extension(t tlswire.ExtensionType, data []byte, client bool) {
	const (
		statusRequest     = 5
		signedTimestamps  = 18
		padding           = 21
		authorities       = 47
		renegotiationInfo = 0xff01
	)
	switch {
	case keptExtensions[t]:
	case t == statusRequest && len(data) == 5: // OCSP, without responders and extensions
	case t == signedTimestamps:
		r.timestamps(data)
	case t == padding:
		fill(data, 0)
	case t == authorities:
		v := vectors{rest: data}
		r.authorities(v.vector(2))
		v.end()
	case t == tlswire.ExtPreSharedKey && client:
		r.sharedKeys(data)
	case t == renegotiationInfo && len(data) > 1: // verify_data of the last handshake
		r.key.noise("extension", data[1:])
	case len(data) > 1:
		r.key.noise("extension", data)
	}
}

// sharedKeys overwrites the identities of pre_shared_key (RFC 8446, section
// 4.2.11), which are tickets: one connection could be linked to another by them.
func (r *Redactor) sharedKeys(data []byte) {
	v := vectors{rest: data}
	for list := (vectors{rest: v.vector(2)}); list.more(); {
		r.key.noise("ticket", list.vector(2))
		list.take(4) // obfuscated_ticket_age
	}
	for binders := (vectors{rest: v.vector(2)}); binders.more(); {
		r.key.noise("binder", binders.vector(1))
	}
	v.end()
}

// timestamps overwrites the certificate transparency proofs of a list (RFC 6962,
// section 3.3): a log tells by them which certificate it was. Lengths and
// algorithms stay.
func (r *Redactor) timestamps(data []byte) {
	v := vectors{rest: data}
	for list := (vectors{rest: v.vector(2)}); list.more(); {
		sct := vectors{rest: list.vector(2)}
		sct.take(1)                             // version
		r.key.noise("timestamp", sct.take(32))  // log
		fill(sct.take(8), 0)                    // time
		r.key.noise("timestamp", sct.vector(2)) // extensions
		sct.take(2)                             // algorithms
		r.key.noise("timestamp", sct.vector(2)) // signature
		sct.end()
	}
	v.end()
}
