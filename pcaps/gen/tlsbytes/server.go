package tlsbytes

import "crypto/ecdh"

// A Suite is a cipher suite with what it does to lengths.
type Suite struct {
	ID       uint16
	Hash     int  // bytes of its hash
	Finished int  // fragment of an encrypted Finished before TLS 1.3
	Alert    int  // of an encrypted alert
	RSA      bool // the key exchange is RSA: no ServerKeyExchange
	cbc      bool
}

// The suites of the samples.
var (
	AES128GCM13    = Suite{ID: 0x1301, Hash: 32, Alert: 19}
	AES256GCM13    = Suite{ID: 0x1302, Hash: 48, Alert: 19}
	ECDHERSA256GCM = Suite{ID: 0xc030, Hash: 48, Finished: 40, Alert: 26}
	ECDHERSA128GCM = Suite{ID: 0xc02f, Hash: 32, Finished: 40, Alert: 26}
	ECDHEECDSA256  = Suite{ID: 0xc02c, Hash: 48, Finished: 40, Alert: 26}
	ECDHERSAChaCha = Suite{ID: 0xcca8, Hash: 32, Finished: 32, Alert: 18}
	ECDHERSACBC    = Suite{ID: 0xc027, Hash: 32, Finished: 80, Alert: 64, cbc: true}
	RSAAES128SHA   = Suite{ID: 0x002f, Hash: 32, Finished: 48, Alert: 32, RSA: true, cbc: true} // lengths of TLS 1.0: no explicit IV
)

// TLS13 tells whether the suite belongs to TLS 1.3.
func (s Suite) TLS13() bool { return s.ID>>8 == 0x13 }

// Data gives the length of the fragment that carries n bytes of application
// data.
func (s Suite) Data(n int) int {
	switch {
	case s.TLS13():
		return n + 17
	case s.cbc:
		return (n+s.Hash)/16*16 + 32
	}
	return n + s.Finished - 16
}

// Finished13 is the length of the record of TLS 1.3's Finished.
func (s Suite) Finished13() int { return 4 + s.Hash + 1 + 16 }

// A ServerHello is RFC 8446, section 4.1.3.
type ServerHello struct {
	Version    uint16
	Random     []byte
	SessionID  []byte
	Suite      Suite
	Extensions []Extension
}

// Bytes gives the hello in a record of its own.
func (h ServerHello) Bytes() []byte {
	var extensions []byte
	for _, e := range h.Extensions {
		extensions = append(append(extensions, numbers(e.Type)...), vec16(e.Data)...)
	}
	body := Join(numbers(h.Version), h.Random, vec8(h.SessionID), numbers(h.Suite.ID), []byte{0})
	if h.Extensions != nil {
		body = append(body, vec16(extensions)...)
	}
	return Record(HandshakeRecord, h.Version, message(serverHello, body))
}

// ServerHello12 is the answer of OpenSSL up to TLS 1.2. Of the extensions those
// are echoed that the hello holds.
func ServerHello12(src Source, hello ClientHello, version uint16, suite Suite, alpn string) ServerHello {
	h := ServerHello{Version: version, Random: src.Bytes(32), SessionID: src.Bytes(32), Suite: suite}
	h.Extensions = append(h.Extensions, Extension{extRenegotiationInfo, []byte{0}})
	for _, e := range hello.Extensions {
		switch e.Type {
		case extServerName:
			h.Extensions = append(h.Extensions, Extension{extServerName, nil})
		case extECPointFormats:
			h.Extensions = append(h.Extensions, Extension{extECPointFormats, []byte{3, 0, 1, 2}})
		case extExtendedMasterSecret:
			h.Extensions = append(h.Extensions, Extension{extExtendedMasterSecret, nil})
		}
	}
	if alpn != "" {
		h.Extensions = append(h.Extensions, ALPN(alpn))
	}
	return h
}

// ServerHello13 is the answer of TLS 1.3, with a share of the curve that the
// client has sent one of.
func ServerHello13(src Source, hello ClientHello, suite Suite, psk bool) ServerHello {
	group, share := uint16(secp256r1), []byte(nil)
	for _, e := range hello.Extensions {
		if e.Type == extKeyShare && be.Uint16(e.Data[2:]) != secp256r1 && be.Uint16(e.Data[2:]) != x25519MLKEM768 {
			group = x25519
		}
	}
	if group == x25519 {
		share = src.share(ecdh.X25519(), 32)
	} else {
		share = src.share(ecdh.P256(), 32)
	}
	h := ServerHello{Version: TLS12, Random: src.Bytes(32), SessionID: hello.SessionID, Suite: suite, Extensions: []Extension{
		{extSupportedVersions, numbers(TLS13)},
		{extKeyShare, Join(numbers(group), vec16(share))},
	}}
	if psk {
		h.Extensions = append(h.Extensions, Extension{extPreSharedKey, numbers(0)})
	}
	return h
}

// retryRandom marks a ServerHello as HelloRetryRequest (RFC 8446, section
// 4.1.3): SHA-256 of "HelloRetryRequest".
var retryRandom = []byte{0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c}

// HelloRetryRequest asks for a share of x25519.
func HelloRetryRequest(hello ClientHello, suite Suite) ServerHello {
	return ServerHello{Version: TLS12, Random: retryRandom, SessionID: hello.SessionID, Suite: suite, Extensions: []Extension{
		{extSupportedVersions, numbers(TLS13)},
		{extKeyShare, numbers(x25519)},
	}}
}

// certificateMessage is RFC 5246, section 7.4.2.
func certificateMessage(chain [][]byte) []byte {
	var list []byte
	for _, der := range chain {
		list = append(list, vec24(der)...)
	}
	return message(certificate, vec24(list))
}

// certificateMessage13Length is the length of the message of RFC 8446, section
// 4.4.2, without extensions.
func certificateMessage13Length(chain [][]byte) int {
	n := 4 + 1 + 3
	for _, der := range chain {
		n += 3 + len(der) + 2
	}
	return n
}

// A Flight is what the server sends after its hello.
type Flight struct {
	Version     uint16
	Suite       Suite
	Chain       [][]byte
	Signature   int // bytes of a signature of its key
	ECDSA       bool
	AskForCert  bool // a CertificateRequest too
	Packed      bool // up to TLS 1.2: all messages in one record
	SNI, Groups bool // TLS 1.3: EncryptedExtensions confirms the name; lists the server's groups
	ALPN        string
}

// messages12 gives the messages up to TLS 1.2.
func (f Flight) messages12(src Source) [][]byte {
	m := [][]byte{certificateMessage(f.Chain)}
	if !f.Suite.RSA {
		scheme := uint16(0x0401)
		if f.ECDSA {
			scheme = 0x0403
		}
		body := Join([]byte{3}, numbers(secp256r1), vec8(src.share(ecdh.P256(), 32)))
		if f.Version >= TLS12 {
			body = append(body, numbers(scheme)...)
		}
		m = append(m, message(serverKeyExchange, append(body, vec16(src.Bytes(f.Signature))...)))
	}
	if f.AskForCert {
		name := vec16([]byte("\x30\x13\x31\x11\x30\x0f\x06\x03\x55\x04\x03\x0c\x08Clients1"))
		body := Join(vec8([]byte{1, 64}), vec16(numbers(0x0403, 0x0804, 0x0401)), vec16(name))
		m = append(m, message(certificateRequest, body))
	}
	return append(m, message(serverHelloDone, nil))
}

// Bytes12 gives the flight up to TLS 1.2 behind hello, each message in a record
// of its own as OpenSSL does, or all in one.
func (f Flight) Bytes12(src Source, hello ServerHello) []byte {
	first := hello.Bytes()
	if f.Packed {
		return Record(HandshakeRecord, f.Version, Join(append([][]byte{first[5:]}, f.messages12(src)...)...))
	}
	for _, m := range f.messages12(src) {
		first = append(first, Record(HandshakeRecord, f.Version, m)...)
	}
	return first
}

// records13 gives the lengths of the encrypted records of TLS 1.3's flight:
// EncryptedExtensions, CertificateRequest, Certificate, CertificateVerify,
// Finished, each in a record of its own as OpenSSL does.
func (f Flight) records13() []int {
	extensions := 4 + 2
	if f.SNI {
		extensions += 4
	}
	if f.Groups {
		extensions += 26
	}
	if f.ALPN != "" {
		extensions += 4 + 3 + len(f.ALPN)
	}
	n := []int{extensions + 17}
	if f.AskForCert {
		n = append(n, 91)
	}
	if f.Chain != nil {
		n = append(n, certificateMessage13Length(f.Chain)+17, 4+2+2+f.Signature+17)
	}
	return append(n, f.Suite.Finished13())
}

// Bytes13 gives the flight of TLS 1.3 behind hello, with the
// ChangeCipherSpec of the compatibility mode (RFC 8446, appendix D.4) unless it
// was sent after a HelloRetryRequest.
func (f Flight) Bytes13(src Source, hello ServerHello, ccs bool) []byte {
	b := hello.Bytes()
	if ccs {
		b = append(b, CCS()...)
	}
	for _, n := range f.records13() {
		b = append(b, src.Noise(ApplicationData, n)...)
	}
	return b
}

// ClientKeyExchange is the client's message of TLS 1.2, ECDHE with P-256 or RSA.
func ClientKeyExchange(src Source, suite Suite, version uint16) []byte {
	body := vec8(src.share(ecdh.P256(), 32))
	if suite.RSA {
		body = vec16(src.Bytes(256))
	}
	return Record(HandshakeRecord, version, message(clientKeyExchange, body))
}

// EmptyCertificate is the answer of a client that has no certificate, up to
// TLS 1.2.
func EmptyCertificate() []byte {
	return Record(HandshakeRecord, TLS12, certificateMessage(nil))
}

// Finish12 is ChangeCipherSpec and the encrypted Finished up to TLS 1.2.
func Finish12(src Source, suite Suite, version uint16) []byte {
	return append(Record(ChangeCipherSpec, version, []byte{1}), Record(HandshakeRecord, version, src.Bytes(suite.Finished))...)
}
