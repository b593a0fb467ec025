package tlswire

import (
	"crypto/tls"
	"slices"
	"testing"
)

func TestInferRecord(t *testing.T) {
	const (
		gcm128    CipherSuite = 0xc02f
		gcm256    CipherSuite = 0xc030
		chacha    CipherSuite = 0xcca8
		ccm       CipherSuite = 0xc09c
		ccm8      CipherSuite = 0xc0a0
		cbcSHA    CipherSuite = 0xc013
		cbc256    CipherSuite = 0xc027
		cbc384    CipherSuite = 0xc028
		tripleDES CipherSuite = 0x000a
		rc4       CipherSuite = 0x0005
		rc4MD5    CipherSuite = 0x0004
		camellia  CipherSuite = 0x0041
	)
	tests := []struct {
		version         Version
		suite           CipherSuite
		alert, finished []int // in CBC mode: the MAC inside the blocks, behind them
	}{
		{TLS13, 0x1301, []int{19}, []int{53}},
		{TLS13, 0x1302, []int{19}, []int{69}},
		{TLS13, 0x1303, []int{19}, []int{53}},
		{TLS13, 0x1305, []int{11}, []int{45}},
		{0x7f1c, 0x1302, []int{19}, []int{69}},
		{TLS12, gcm128, []int{26}, []int{40}},
		{TLS12, gcm256, []int{26}, []int{40}},
		{TLS12, ccm, []int{26}, []int{40}},
		{TLS12, ccm8, []int{18}, []int{32}},
		{TLS12, chacha, []int{18}, []int{32}},
		{TLS12, cbcSHA, []int{48, 52}, []int{64, 68}},
		{TLS12, cbc256, []int{64}, []int{80}},
		{TLS12, cbc384, []int{80}, []int{96}},
		{TLS12, camellia, []int{48, 52}, []int{64, 68}},
		{TLS11, cbcSHA, []int{48, 52}, []int{64, 68}},
		{TLS10, cbcSHA, []int{32, 36}, []int{48, 52}},
		{TLS10, tripleDES, []int{24, 28}, []int{40, 44}},
		{TLS11, tripleDES, []int{32, 36}, []int{48, 52}},
		{TLS10, rc4, []int{22}, []int{36}},
		{TLS10, rc4MD5, []int{18}, []int{32}},
		{SSL30, rc4, []int{22}, []int{60}},
		{SSL30, cbcSHA, []int{32, 36}, []int{64, 68}},
		{TLS12, 0x0000, nil, nil}, // no MAC at all
		{TLS12, 0x1a1a, nil, nil}, // GREASE
		{TLS13, 0x5600, nil, nil}, // TLS_FALLBACK_SCSV
		{TLS12, 0x0081, nil, nil}, // GOST, whose MAC is not known here
	}
	for _, test := range tests {
		for length := range 200 {
			want := InferNothing
			if slices.Contains(test.alert, length) {
				want = InferAlert
			} else if slices.Contains(test.finished, length) {
				want = InferFinished
			}
			if got := InferRecord(test.version, test.suite, length); got != want {
				t.Errorf("%v %v, %d bytes: %v, want %v", test.version, test.suite, length, got, want)
			}
		}
	}
}

// TestInferFinishedOfGo compares the arithmetic with what crypto/tls sends.
func TestInferFinishedOfGo(t *testing.T) {
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		for _, version := range suite.SupportedVersions {
			client, server := configs(t, version)
			client.CipherSuites, server.CipherSuites = []uint16{suite.ID}, []uint16{suite.ID}
			f := shakeHands(t, client, server)
			if f.err != nil || f.state.CipherSuite != suite.ID {
				continue // switched off in this Go, or TLS 1.3, where Go chooses
			}
			for _, r := range readAll(f.client).records {
				if !r.Encrypted {
					continue
				}
				if got := InferRecord(Version(version), CipherSuite(suite.ID), r.Length); got != InferFinished {
					t.Errorf("%v %s: the Finished of %d bytes is %v", Version(version), suite.Name, r.Length, got)
				}
				break
			}
		}
	}
}

// TestInferAlertOfGo has the client of TLS 1.3 refuse the certificate.
func TestInferAlertOfGo(t *testing.T) {
	client, server := configs(t, tls.VersionTLS13)
	client.InsecureSkipVerify = false
	f := shakeHands(t, client, server)
	if f.err == nil {
		t.Fatal("a self-signed certificate was accepted")
	}
	hello, _ := ParseServerHello(handshakeBody(t, f.server, TypeServerHello))
	for _, r := range readAll(f.client).records {
		if r.Encrypted {
			if got := InferRecord(hello.Version(), hello.CipherSuite, r.Length); got != InferAlert {
				t.Errorf("the alert of %d bytes is %v", r.Length, got)
			}
			return
		}
	}
	t.Error("no encrypted record")
}
