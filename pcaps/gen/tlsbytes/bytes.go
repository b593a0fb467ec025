// Package tlsbytes writes the bytes of TLS handshakes: hellos in the shapes of
// real clients, the flights of servers, and encrypted records of exactly the
// lengths that real stacks produce. Nothing is encrypted: what stands inside an
// encrypted record is noise.
package tlsbytes

import (
	"crypto/ecdh"
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// Content types (RFC 8446, section 5.1).
const (
	ChangeCipherSpec = 20
	AlertRecord      = 21
	HandshakeRecord  = 22
	ApplicationData  = 23
)

// Handshake types (RFC 8446, section 4; RFC 5246, section 7.4).
const (
	clientHello        = 1
	serverHello        = 2
	certificate        = 11
	serverKeyExchange  = 12
	certificateRequest = 13
	serverHelloDone    = 14
	clientKeyExchange  = 16
)

// Versions as they stand on the wire.
const (
	SSL30 = 0x0300
	TLS10 = 0x0301
	TLS11 = 0x0302
	TLS12 = 0x0303
	TLS13 = 0x0304
)

var be = binary.BigEndian

// A Source gives bytes that look random and are the same each time.
type Source struct{ stream *rand.ChaCha8 }

// NewSource gives the Source of a seed.
func NewSource(seed string) Source {
	return Source{rand.NewChaCha8(sha256.Sum256([]byte(seed)))}
}

// Bytes gives the next n bytes.
func (s Source) Bytes(n int) []byte {
	b := make([]byte, n)
	_, _ = s.stream.Read(b) // it cannot fail: ChaCha8's documentation
	return b
}

// Uint32 gives the next 4 bytes as a number.
func (s Source) Uint32() uint32 { return be.Uint32(s.Bytes(4)) }

// share gives a public key of a curve, as key_share and ServerKeyExchange
// carry it.
func (s Source) share(curve ecdh.Curve, scalar int) []byte {
	for {
		if key, err := curve.NewPrivateKey(s.Bytes(scalar)); err == nil {
			return key.PublicKey().Bytes()
		}
	}
}

// vec8, vec16 and vec24 put the length before v.
func vec8(v []byte) []byte  { return append([]byte{byte(len(v))}, v...) }
func vec16(v []byte) []byte { return append(be.AppendUint16(nil, uint16(len(v))), v...) }
func vec24(v []byte) []byte {
	return append([]byte{byte(len(v) >> 16), byte(len(v) >> 8), byte(len(v))}, v...)
}

func numbers(values ...uint16) []byte {
	var b []byte
	for _, v := range values {
		b = be.AppendUint16(b, v)
	}
	return b
}

// Join puts pieces together.
func Join(pieces ...[]byte) []byte {
	var b []byte
	for _, p := range pieces {
		b = append(b, p...)
	}
	return b
}

// Record gives one TLS record.
func Record(kind byte, version uint16, fragment []byte) []byte {
	return append(append([]byte{kind, byte(version >> 8), byte(version)}, byte(len(fragment)>>8), byte(len(fragment))), fragment...)
}

// Records cuts message into records of at most size bytes.
func Records(kind byte, version uint16, message []byte, size int) []byte {
	var b []byte
	for len(message) > 0 {
		n := min(size, len(message))
		b = append(b, Record(kind, version, message[:n])...)
		message = message[n:]
	}
	return b
}

// message gives one handshake message.
func message(kind byte, body []byte) []byte { return append([]byte{kind}, vec24(body)...) }

// Alert levels (RFC 5246, section 7.2).
const (
	Warning = 1
	Fatal   = 2
)

// Alert is an alert in clear.
func Alert(version uint16, level, description byte) []byte {
	return Record(AlertRecord, version, []byte{level, description})
}

// CCS is a ChangeCipherSpec record.
func CCS() []byte { return Record(ChangeCipherSpec, TLS12, []byte{1}) }

// Noise is a record of n bytes that look encrypted.
func (s Source) Noise(kind byte, n int) []byte { return Record(kind, TLS12, s.Bytes(n)) }
