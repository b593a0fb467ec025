package redact

import (
	"slices"

	"sniwatch/analyze/origin"
	"sniwatch/analyze/tlswire"
)

// message redacts the body of a handshake message in place. Of one that was not
// captured whole, body is the beginning.
func (m *messages) message(t tlswire.HandshakeType, body []byte, whole bool) error {
	switch t {
	case tlswire.TypeClientHello:
		m.clientHello(body)
	case tlswire.TypeServerHello, tlswire.TypeHelloRetryRequest:
		m.serverHello(body)
	case tlswire.TypeCertificate:
		return m.certificate(body)
	case tlswire.TypeServerKeyExchange:
		m.serverKeyExchange(body)
	case tlswire.TypeClientKeyExchange:
		m.clientKeyExchange(body)
	case tlswire.TypeCertificateRequest:
		m.certificateRequest(body, whole)
	case tlswire.TypeCertificateStatus:
		v := vectors{rest: body}
		v.take(4) // status_type and the length of the response (RFC 6066, section 8)
		v.end()
	case tlswire.TypeNewSessionTicket:
		v := vectors{rest: body}
		v.take(4) // ticket_lifetime_hint (RFC 5077, section 3.3)
		m.key.noise("ticket", v.vector(2))
		v.end()
	case tlswire.TypeCertificateVerify:
		v := vectors{rest: body}
		v.take(2)
		m.key.noise("signature", v.vector(2))
		v.end()
	default:
		m.key.noise("message", body)
	}
	return nil
}

// secret notes a name of this connection, which must not be found afterwards.
func (m *messages) secret(name string, replacement string) {
	lower := asciiLower(name)
	if len(lower) < leastSecret || lower == asciiLower(replacement) || len(m.conn.secrets) >= 256 {
		return
	}
	m.conn.secrets = append(m.conn.secrets, []byte(lower))
}

// replaceName replaces a name in place.
func (m *messages) replaceName(b []byte) {
	name := string(b)
	to := m.Name(name)
	m.secret(name, to)
	copy(b, to)
}

// certificate re-issues the certificates of a chain (RFC 5246, section 7.4.2).
// Of those that were not captured whole nothing stays.
func (m *messages) certificate(body []byte) error {
	v := vectors{rest: body}
	list := v.take(3)
	if list == nil {
		return nil
	}
	n := int(list[0])<<16 | int(list[1])<<8 | int(list[2])
	entries := vectors{rest: v.take(min(n, len(v.rest)))}
	v.end()
	var raw [][]byte
	for entries.more() {
		if der := entries.vector(3); len(der) > 0 {
			raw = append(raw, der)
		}
	}
	if len(raw) == 0 {
		return nil
	}
	chain := origin.ParseChain(raw)
	again, err := m.Certificate(chain)
	if err != nil {
		return err
	}
	for i, der := range raw {
		copy(der, again.Raw[i])
	}
	for _, name := range slices.Concat(chain.Names(), subjectsOf(chain)) {
		m.secret(name, m.Name(name))
	}
	return nil
}

// subjectsOf gives the common names of a chain.
func subjectsOf(chain *origin.Chain) (names []string) {
	for _, c := range chain.Certs {
		if c != nil && isPlainName(c.Subject.CommonName) {
			names = append(names, c.Subject.CommonName)
		}
	}
	return names
}

// serverKeyExchange overwrites the signature: whoever has the certificate could
// see by it whose it is. The group and the keys are of this connection only.
func (m *messages) serverKeyExchange(body []byte) {
	v := vectors{rest: body}
	switch {
	case isFiniteField(body):
		for range 3 {
			v.vector(2)
		}
	case len(body) > 0 && body[0] == 3: // named_curve (RFC 8422, section 5.4)
		v.take(3)
		v.vector(1)
	}
	if n := len(v.rest); n >= 4 && int(v.rest[2])<<8|int(v.rest[3]) == n-4 {
		v.take(2) // SignatureAndHashAlgorithm, which TLS 1.1 and before does not have
	}
	if n := len(v.rest); n >= 2 && int(v.rest[0])<<8|int(v.rest[1]) == n-2 {
		v.take(2)
	}
	m.key.noise("signature", v.rest)
}

// isFiniteField tells whether body begins with dh_p, dh_g and dh_Ys (RFC 5246,
// section 7.4.3). A hint for a shared key has their form, but not their length.
func isFiniteField(body []byte) bool {
	const least = 64 // bytes of a prime that anybody uses
	v := vectors{rest: slices.Clone(body)}
	prime := len(v.vector(2))
	v.vector(2)
	return prime >= least && len(v.vector(2)) > 0
}

// clientKeyExchange overwrites the key, which may be the name of a shared one
// (RFC 4279), and keeps the length before it.
func (m *messages) clientKeyExchange(body []byte) {
	n := len(body)
	switch {
	case n > 2 && int(body[0]) == n-1:
		m.key.noise("key exchange", body[2:]) // a point, and how it is written
	case n > 2 && int(body[0])<<8|int(body[1]) == n-2:
		m.key.noise("key exchange", body[2:])
	default:
		m.key.noise("key exchange", body)
	}
}

// certificateRequest replaces the names of authorities (RFC 5246, section
// 7.4.4; TLS 1.1 and before have no algorithms there).
func (m *messages) certificateRequest(body []byte, whole bool) {
	algorithms := true
	if whole {
		probe := vectors{rest: slices.Clone(body)}
		probe.vector(1)
		probe.vector(2)
		probe.vector(2)
		algorithms = !probe.cut
	}
	v := vectors{rest: body}
	v.vector(1)
	if algorithms {
		v.vector(2)
	}
	m.authorities(v.vector(2))
	v.end()
}

// authorities replaces a list of distinguished names.
func (r *Redactor) authorities(list []byte) {
	for v := (vectors{rest: list}); v.more(); {
		name := v.vector(2)
		if len(name) > 0 && !r.distinguishedName(name) {
			r.key.noise("authority", name)
		}
	}
}
