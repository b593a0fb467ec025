package tlsbytes

import "crypto/ecdh"

// Extension types (IANA).
const (
	extServerName           = 0
	extStatusRequest        = 5
	extSupportedGroups      = 10
	extECPointFormats       = 11
	extSignatureAlgorithms  = 13
	extALPN                 = 16
	extExtendedMasterSecret = 23
	extSessionTicket        = 35
	extPreSharedKey         = 41
	extSupportedVersions    = 43
	extPSKModes             = 45
	extKeyShare             = 51
	extECH                  = 0xfe0d
	extRenegotiationInfo    = 0xff01
)

// Groups (IANA).
const (
	secp256r1          = 0x0017
	secp384r1          = 0x0018
	secp521r1          = 0x0019
	x25519             = 0x001d
	secp256r1MLKEM768  = 0x11eb
	x25519MLKEM768     = 0x11ec
	secp384r1MLKEM1024 = 0x11ed
)

// An Extension is one extension of a hello.
type Extension struct {
	Type uint16
	Data []byte
}

// A ClientHello is RFC 8446, section 4.1.2.
type ClientHello struct {
	RecordVersion uint16
	Version       uint16 // legacy_version
	Random        []byte
	SessionID     []byte
	CipherSuites  []uint16
	Extensions    []Extension
}

// Message gives the handshake message, without record.
func (h ClientHello) Message() []byte {
	var extensions []byte
	for _, e := range h.Extensions {
		extensions = append(append(extensions, numbers(e.Type)...), vec16(e.Data)...)
	}
	body := Join(numbers(h.Version), h.Random, vec8(h.SessionID), vec16(numbers(h.CipherSuites...)), []byte{1, 0})
	if h.Extensions != nil {
		body = append(body, vec16(extensions)...)
	}
	return message(clientHello, body)
}

// Bytes gives the hello in one record, or in several where it is over 16 KiB.
func (h ClientHello) Bytes() []byte {
	return Records(HandshakeRecord, h.RecordVersion, h.Message(), 1<<14)
}

// With gives the hello with one more extension at its end.
func (h ClientHello) With(more ...Extension) ClientHello {
	h.Extensions = append(append([]Extension(nil), h.Extensions...), more...)
	return h
}

// Replace gives the hello with other data in one of its extensions.
func (h ClientHello) Replace(kind uint16, data []byte) ClientHello {
	h.Extensions = append([]Extension(nil), h.Extensions...)
	for i := range h.Extensions {
		if h.Extensions[i].Type == kind {
			h.Extensions[i].Data = data
		}
	}
	return h
}

// Without gives the hello without an extension.
func (h ClientHello) Without(kind uint16) ClientHello {
	var kept []Extension
	for _, e := range h.Extensions {
		if e.Type != kind {
			kept = append(kept, e)
		}
	}
	h.Extensions = kept
	return h
}

// serverName is RFC 6066, section 3. The name is written as it is.
func serverName(name string) []byte {
	return vec16(append([]byte{0}, vec16([]byte(name))...))
}

// ALPN is the extension of RFC 7301.
func ALPN(protocols ...string) Extension {
	var list []byte
	for _, p := range protocols {
		list = append(list, vec8([]byte(p))...)
	}
	return Extension{extALPN, vec16(list)}
}

// WithoutSNI leaves the server name out.
func (h ClientHello) WithoutSNI() ClientHello { return h.Without(extServerName) }

var ocspRequest = []byte{1, 0, 0, 0, 0}

// The cipher suites of the policies, in their order; RC4 is left out, as the
// libraries of today do.
var (
	suitesUpstream = []uint16{0xc02c, 0xc030, 0xc02b, 0xc02f, 0xc024, 0xc028, 0xc00a, 0xc014, 0xc023, 0xc027, 0xc009, 0xc013,
		0x009d, 0x009c, 0x0035, 0x003c, 0x002f, 0x000a, 0x00ff}
	suitesUpstream2025 = []uint16{0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xc023, 0xc027, 0xc024, 0xc028, 0xc009, 0xc013,
		0xc00a, 0xc014, 0x009c, 0x009d, 0x003c, 0x002f, 0x0035, 0x000a, 0x00ff}
	schemes     = []uint16{0x0401, 0x0501, 0x0601, 0x0301, 0x0403, 0x0503, 0x0603, 0x0303, 0x0201, 0x0203}
	schemes2025 = []uint16{0x0403, 0x0503, 0x0603, 0x0303, 0x0809, 0x080a, 0x080b, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0301, 0x0201, 0x0203}
	schemesPQ   = append([]uint16{0x0904, 0x0905, 0x0906}, schemes2025...)
	groups      = []uint16{secp256r1, x25519, secp384r1}
	groupsPQ    = []uint16{x25519MLKEM768, secp256r1MLKEM768, secp384r1MLKEM1024, secp256r1, x25519, secp384r1}
)

// CloudFront12 is the hello of the policy "CloudFront-Upstream": TLS 1.2 at
// most.
func CloudFront12(src Source, sni string) ClientHello {
	return ClientHello{
		RecordVersion: TLS10, Version: TLS12, Random: src.Bytes(32), CipherSuites: suitesUpstream,
		Extensions: []Extension{
			{extSupportedGroups, vec16(numbers(groups...))},
			{extSignatureAlgorithms, vec16(numbers(schemes...))},
			{extServerName, serverName(sni)},
			{extStatusRequest, ocspRequest},
			{extECPointFormats, []byte{1, 0}},
			{extExtendedMasterSecret, nil},
		},
	}
}

// CloudFront13 is the hello of the policy "CloudFront-Upstream-2025" with the
// lowest protocol that the distribution allows. SSL30 is the widest form.
func CloudFront13(src Source, sni string, lowest uint16) ClientHello {
	var versions []uint16
	for v := uint16(TLS13); v >= lowest; v-- {
		versions = append(versions, v)
	}
	share := Join(numbers(secp256r1), vec16(src.share(ecdh.P256(), 32)))
	return ClientHello{
		RecordVersion: TLS10, Version: TLS12, Random: src.Bytes(32), SessionID: src.Bytes(32), CipherSuites: suitesUpstream2025,
		Extensions: []Extension{
			{extSupportedVersions, vec8(numbers(versions...))},
			{extSupportedGroups, vec16(numbers(groups...))},
			{extKeyShare, vec16(share)},
			{extSignatureAlgorithms, vec16(numbers(schemes2025...))},
			{extServerName, serverName(sni)},
			{extStatusRequest, ocspRequest},
			{extECPointFormats, []byte{1, 0}},
			{extExtendedMasterSecret, nil},
		},
	}
}

// CloudFrontPQ is the hello of the policy "CloudFront-Upstream-2025-PQ": its
// shares do not fit into one segment.
func CloudFrontPQ(src Source, sni string) ClientHello {
	h := CloudFront13(src, sni, TLS12)
	hybrid := append(src.Bytes(1184), src.share(ecdh.X25519(), 32)...) // ML-KEM-768 key, then X25519
	shares := Join(numbers(x25519MLKEM768), vec16(hybrid), numbers(secp256r1), vec16(src.share(ecdh.P256(), 32)))
	h = h.Replace(extKeyShare, vec16(shares))
	h = h.Replace(extSupportedGroups, vec16(numbers(groupsPQ...)))
	return h.Replace(extSignatureAlgorithms, vec16(numbers(schemesPQ...)))
}

// AfterRetry is the second hello, after a HelloRetryRequest for x25519
// (RFC 8446, section 4.1.2): the same but for its key share.
func (h ClientHello) AfterRetry(src Source) ClientHello {
	share := Join(numbers(x25519), vec16(src.share(ecdh.X25519(), 32)))
	h.RecordVersion = TLS12
	return h.Replace(extKeyShare, vec16(share))
}

// OpenSSL is the hello of OpenSSL 3 as curl uses it.
func OpenSSL(src Source, sni string) ClientHello {
	share := Join(numbers(x25519), vec16(src.share(ecdh.X25519(), 32)))
	return ClientHello{
		RecordVersion: TLS10, Version: TLS12, Random: src.Bytes(32), SessionID: src.Bytes(32),
		CipherSuites: []uint16{0x1302, 0x1303, 0x1301, 0xc02c, 0xc030, 0x009f, 0xcca9, 0xcca8, 0xccaa, 0xc02b, 0xc02f, 0x009e, 0xc024, 0xc028,
			0x006b, 0xc023, 0xc027, 0x0067, 0xc00a, 0xc014, 0x0039, 0xc009, 0xc013, 0x0033, 0x009d, 0x009c, 0x003d, 0x003c, 0x0035, 0x002f, 0x00ff},
		Extensions: []Extension{
			{extServerName, serverName(sni)},
			{extECPointFormats, []byte{3, 0, 1, 2}},
			{extSupportedGroups, vec16(numbers(x25519, secp256r1, 0x001e, secp521r1, secp384r1))},
			{extSessionTicket, nil},
			{22, nil}, // encrypt_then_mac
			{extExtendedMasterSecret, nil},
			{extSignatureAlgorithms, vec16(numbers(0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0809, 0x080a, 0x080b, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601))},
			{extSupportedVersions, vec8(numbers(TLS13, TLS12))},
			{extPSKModes, []byte{1, 1}},
			{extKeyShare, vec16(share)},
		},
	}
}

// Browser is a hello with GREASE (RFC 8701) and an encrypted ClientHello
// (RFC 9849), whose outer name is sni.
func Browser(src Source, sni string) ClientHello {
	share := Join(numbers(0x3a3a), vec16([]byte{0}), numbers(x25519), vec16(src.share(ecdh.X25519(), 32)))
	ech := Join([]byte{0}, numbers(1, 1), src.Bytes(1), vec16(src.Bytes(32)), vec16(src.Bytes(208)))
	return ClientHello{
		RecordVersion: TLS10, Version: TLS12, Random: src.Bytes(32), SessionID: src.Bytes(32),
		CipherSuites: []uint16{0x4a4a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035},
		Extensions: []Extension{
			{0x5a5a, nil},
			{extServerName, serverName(sni)},
			{extSupportedVersions, vec8(numbers(0x6a6a, TLS13, TLS12))},
			{extSupportedGroups, vec16(numbers(0x3a3a, x25519, secp256r1, secp384r1))},
			{extECH, ech},
			{extStatusRequest, ocspRequest},
			{extSignatureAlgorithms, vec16(numbers(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601))},
			{extKeyShare, vec16(share)},
			{extPSKModes, []byte{1, 1}},
			ALPN("h2", "http/1.1"),
			{0x7a7a, []byte{0}},
		},
	}
}

// TLS10Hello is the hello of a client of the year 2005: no extensions but the
// name.
func TLS10Hello(src Source, sni string) ClientHello {
	return ClientHello{
		RecordVersion: TLS10, Version: TLS10, Random: src.Bytes(32), CipherSuites: []uint16{0x002f, 0x0035, 0x000a},
		Extensions: []Extension{{extServerName, serverName(sni)}},
	}
}

// SSL2Hello is a CLIENT-HELLO in the format of SSL 2.0 that offers up to TLS
// 1.0 (RFC 5246, appendix E.2).
func SSL2Hello(src Source) []byte {
	var specs []byte
	for _, suite := range []uint32{0x00002f, 0x000035, 0x00000a, 0x010080, 0x0700c0} {
		specs = append(specs, byte(suite>>16), byte(suite>>8), byte(suite))
	}
	body := Join([]byte{1}, numbers(TLS10, uint16(len(specs)), 0, 16), specs, src.Bytes(16))
	return append(be.AppendUint16(nil, 0x8000|uint16(len(body))), body...)
}

// WithTicket is the hello that resumes a session: with a ticket in TLS 1.2
// (RFC 5077), with a pre-shared key in TLS 1.3, which must stand last.
func (h ClientHello) WithTicket(src Source, tls13 bool) ClientHello {
	if !tls13 {
		h.SessionID = src.Bytes(32)
		return h.With(Extension{extSessionTicket, src.Bytes(192)})
	}
	identity := Join(vec16(src.Bytes(224)), src.Bytes(4))
	psk := append(vec16(identity), vec16(vec8(src.Bytes(32)))...)
	return h.With(Extension{extPSKModes, []byte{1, 1}}, Extension{extPreSharedKey, psk})
}
