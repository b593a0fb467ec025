package tlswire

import (
	"crypto/tls"
	"fmt"
	"slices"
	"testing"
)

func TestNames(t *testing.T) {
	tests := []struct {
		code fmt.Stringer
		want string
	}{
		{TypeAlert, "alert"}, {ContentType(99), "0x63"},
		{TypeServerHelloDone, "server_hello_done"}, {HandshakeType(200), "0xc8"},
		{TLS12, "TLS 1.2"}, {SSL30, "SSL 3.0"}, {SSL20, "SSL 2.0"}, {Version(0x7f1c), "TLS 1.3 draft 28"}, {Version(0x1a1a), "0x1a1a"},
		{CipherSuite(0xc02f), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}, {CipherSuite(0), "TLS_NULL_WITH_NULL_NULL"}, {CipherSuite(0xabcd), "0xabcd"},
		{X25519, "x25519"}, {Secp256r1, "secp256r1"}, {X25519MLKEM768, "X25519MLKEM768"}, {Group(0x0a0a), "0x0a0a"},
		{SignatureScheme(0x0403), "ecdsa_secp256r1_sha256"}, {SignatureScheme(1), "0x0001"},
		{ExtALPN, "application_layer_protocol_negotiation"}, {ExtensionType(0xfafa), "0xfafa"},
		{Warning, "warning"}, {AlertLevel(7), "0x07"},
		{BadCertificate, "bad_certificate"}, {AlertDescription(255), "0xff"},
		{Encrypted, "encrypted"}, {InferFinished, "finished"},
	}
	for _, test := range tests {
		if got := test.code.String(); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

// TestTablesAreSorted guards the binary search.
func TestTablesAreSorted(t *testing.T) {
	for name, table := range map[string][]codeName{
		"contentTypes": contentTypes, "handshakeTypes": handshakeTypes, "versions": versions, "alertLevels": alertLevels,
		"alertDescriptions": alertDescriptions, "groups": groups, "signatureSchemes": signatureSchemes,
		"extensionTypes": extensionTypes, "cipherSuites": cipherSuites[:],
	} {
		if !slices.IsSortedFunc(table, func(a, b codeName) int {
			if a.code <= b.code { // a is the later one: equal codes are an error as well
				return -1
			}
			return 1
		}) {
			t.Errorf("%s is not sorted, or has a code twice", name)
		}
	}
}

func TestCipherSuitesAgainstGo(t *testing.T) {
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if got := CipherSuite(suite.ID).String(); got != suite.Name {
			t.Errorf("0x%04x is %s, Go says %s", suite.ID, got, suite.Name)
		}
	}
}

func TestIsGREASE(t *testing.T) {
	n := 0
	for v := range 1 << 16 {
		if IsGREASE(uint16(v)) {
			n++
		}
	}
	if n != 16 || !IsGREASE(0x0a0a) || !IsGREASE(0xfafa) || IsGREASE(0x0a1a) {
		t.Errorf("%d values", n)
	}
}
