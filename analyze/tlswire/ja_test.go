package tlswire

import "testing"

// foxIOExample is the hello of the example in the definition of JA4, with
// GREASE added, which must not matter.
func foxIOExample() ClientHello {
	h := ClientHello{
		LegacyVersion:     TLS12,
		CipherSuites:      []CipherSuite{0x1a1a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035},
		SupportedVersions: []Version{0xeaea, TLS13, TLS12},
		SignatureSchemes:  []SignatureScheme{0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601},
		ALPN:              []string{"h2", "http/1.1"},
	}
	for _, t := range []ExtensionType{0x4a4a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015} {
		h.Extensions = append(h.Extensions, Extension{Type: t})
	}
	return h
}

func TestJA4(t *testing.T) {
	tests := []struct {
		name   string
		change func(*ClientHello)
		want   string
	}{
		{"the example", func(h *ClientHello) {}, "t13d1516h2_8daaf6152771_e5627efa2ab1"},
		{"no signature algorithms", func(h *ClientHello) { h.SignatureSchemes = nil }, "t13d1516h2_8daaf6152771_6d807ffa2a79"},
		{"no extensions", func(h *ClientHello) { h.Extensions, h.ALPN, h.SupportedVersions = nil, nil, nil }, "t12i150000_8daaf6152771_000000000000"},
		{"no cipher suites", func(h *ClientHello) { h.CipherSuites = nil }, "t13d0016h2_000000000000_e5627efa2ab1"},
		{"http/1.1", func(h *ClientHello) { h.ALPN = []string{"http/1.1"} }, "t13d1516h1_8daaf6152771_e5627efa2ab1"},
		{"one character", func(h *ClientHello) { h.ALPN = []string{"x"} }, "t13d1516xx_8daaf6152771_e5627efa2ab1"},
		{"one byte", func(h *ClientHello) { h.ALPN = []string{"\xab"} }, "t13d1516ab_8daaf6152771_e5627efa2ab1"},
		{"two bytes", func(h *ClientHello) { h.ALPN = []string{"\xab\xcd"} }, "t13d1516ad_8daaf6152771_e5627efa2ab1"},
		{"the last is no letter", func(h *ClientHello) { h.ALPN = []string{"01\xab\xcd"} }, "t13d15163d_8daaf6152771_e5627efa2ab1"},
		{"both ends are", func(h *ClientHello) { h.ALPN = []string{"0\xab\xcd1"} }, "t13d151601_8daaf6152771_e5627efa2ab1"},
		{"SSL 3.0", func(h *ClientHello) { h.SupportedVersions, h.LegacyVersion = nil, SSL30 }, "ts3d1516h2_8daaf6152771_e5627efa2ab1"},
		{"SSL 2.0", func(h *ClientHello) { h.SupportedVersions, h.LegacyVersion = nil, SSL20 }, "ts2d1516h2_8daaf6152771_e5627efa2ab1"},
		{"a draft", func(h *ClientHello) { h.SupportedVersions = []Version{0x7f1c} }, "t00d1516h2_8daaf6152771_e5627efa2ab1"},
		{"a hundred suites", func(h *ClientHello) { h.CipherSuites = make([]CipherSuite, 100) }, "t13d9916h2_8f63d9da475e_e5627efa2ab1"},
	}
	for _, test := range tests {
		h := foxIOExample()
		test.change(&h)
		got := h.JA4()
		if test.name == "a hundred suites" { // only the count is at stake
			got, test.want = got[:10], test.want[:10]
		}
		if got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// TestJA3 takes the two examples of its definition.
func TestJA3(t *testing.T) {
	first := ClientHello{
		LegacyVersion:  TLS10,
		CipherSuites:   []CipherSuite{47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4, 0x2a2a},
		Extensions:     []Extension{{Type: 0x8a8a}, {Type: 0}, {Type: 10}, {Type: 11}},
		Groups:         []Group{0xfafa, 23, 24, 25},
		ECPointFormats: []byte{0},
	}
	second := ClientHello{LegacyVersion: TLS10, CipherSuites: []CipherSuite{4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99}}
	if got := first.JA3(); got != "ada70206e40642a3e4461f35503241d5" {
		t.Errorf("first: %s", got)
	}
	if got := second.JA3(); got != "de350869b8c85de67a350c8d186f11e6" {
		t.Errorf("second: %s", got)
	}
}
