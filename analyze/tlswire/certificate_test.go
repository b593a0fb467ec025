package tlswire

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"testing"
)

// vec24 puts the length of three bytes before b.
func vec24(b ...byte) []byte {
	return append([]byte{byte(len(b) >> 16), byte(len(b) >> 8), byte(len(b))}, b...)
}

func TestParseCertificate(t *testing.T) {
	two := vec24(join(vec24(1, 2, 3), vec24(4))...)
	tests := []struct {
		name  string
		body  []byte
		certs int
		fault Fault
	}{
		{"two", two, 2, Fault{}},
		{"none, as a client may answer", vec24(), 0, Fault{}},
		{"nothing", nil, 0, Fault{"certificate_list", 0}},
		{"cut in the second", two[:12], 1, Fault{"certificate_list", 0}},
		{"an empty certificate", vec24(join(vec24(), vec24(7))...), 1, Fault{"ASN.1Cert", 3}},
		{"longer than the list", vec24(0, 0, 9, 1), 0, Fault{"ASN.1Cert", 3}},
		{"bytes after the list", append(bytes.Clone(two), 1), 2, Fault{"certificate_list", 13}},
	}
	for _, test := range tests {
		certs, f := ParseCertificate(test.body)
		if f == nil {
			f = &Fault{}
		}
		if len(certs) != test.certs || *f != test.fault {
			t.Errorf("%s: %d certificates, fault %v", test.name, len(certs), *f)
		}
	}
	for n := range two {
		if _, f := ParseCertificate(two[:n]); f == nil {
			t.Errorf("the first %d bytes have no fault", n)
		}
	}
}

func TestCertificateOfARealHandshake(t *testing.T) {
	client, server := configs(t, tls.VersionTLS12)
	f := shakeHands(t, client, server)
	certs, fault := ParseCertificate(handshakeBody(t, f.server, TypeCertificate))
	if fault != nil || len(certs) != 1 {
		t.Fatalf("%d certificates, fault %v", len(certs), fault)
	}
	if cert, err := x509.ParseCertificate(certs[0]); err != nil || !cert.Equal(f.state.PeerCertificates[0]) {
		t.Errorf("not the certificate of the server: %v", err)
	}
}

func TestParseServerKeyExchange(t *testing.T) {
	prime := filled(0x300, 0xff) // 6144 bits: its length begins like a named curve
	tests := []struct {
		name  string
		body  []byte
		group Group
		fault Fault
	}{
		{"x25519", join([]byte{3, 0, 29, 32}, filled(32, 1), []byte{8, 4, 0, 1, 1}), X25519, Fault{}},
		{"DHE of 2048 bits", join(vec16(filled(256, 0xff)...), vec16(2), vec16(filled(256, 1)...)), 0, Fault{}},
		{"DHE of 6144 bits", join(vec16(prime...), vec16(2), vec16(filled(0x300, 1)...)), 0, Fault{}},
		{"cut in the curve", []byte{3, 0}, 0, Fault{"namedcurve", 1}},
		{"cut in the key", []byte{3, 0, 23, 65, 4}, Secp256r1, Fault{"public", 3}},
		{"nothing", nil, 0, Fault{"curve_type", 0}},
	}
	for _, test := range tests {
		group, f := ParseServerKeyExchange(test.body)
		if f == nil {
			f = &Fault{}
		}
		if group != test.group || *f != test.fault {
			t.Errorf("%s: %v, fault %v", test.name, group, *f)
		}
	}
}
