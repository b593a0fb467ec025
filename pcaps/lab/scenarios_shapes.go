//go:build linux

package main

import (
	"crypto/tls"
	"errors"
)

// shapeScenarios are handshakes whose bytes come in other forms.
var shapeScenarios = []scenario{
	{
		name: "retry", about: "the server wants P-384: HelloRetryRequest, a second ClientHello, one handshake",
		chain: "origin", server: nginx{options: "ssl_protocols TLSv1.3; ssl_ecdh_curve secp384r1;"},
		calls: []call{{client: tls13, want: accepted.in(tls.VersionTLS13).showing("j")}},
	}, {
		name: "retry-refused", about: "a HelloRetryRequest, and then row 6",
		chain: "viewer", server: nginx{options: "ssl_protocols TLSv1.3; ssl_ecdh_curve secp384r1;"}, host: distribution{viewer: viewerName},
		calls: []call{{client: tls13, want: rowRefused(6, logReset).in(tls.VersionTLS13).showing("j")}},
	}, {
		name: "post-quantum", about: "a post-quantum key share: the ClientHello does not fit into one segment; then row 6",
		chain: "viewer", server: nginx{}, host: distribution{viewer: viewerName}, prepare: withoutOffloads,
		calls: []call{{client: edge{groups: postQuantum}, want: rowRefused(6, logReset).in(tls.VersionTLS13)}},
	}, {
		name: "post-quantum-go", about: "a post-quantum handshake between Go and Go is completed",
		chain: "origin", server: goServer{}, prepare: withoutOffloads,
		calls: []call{{client: goClient{sni: originName}, want: accepted.in(tls.VersionTLS13)}},
	}, {
		name: "tiny-segments", about: "the ClientHello in segments of 20 bytes",
		chain: "viewer", server: nginx{}, host: distribution{viewer: viewerName}, calls: shaped(inSegments, rowRefused(6, logReset)),
	}, {
		name: "tiny-records", about: "the ClientHello in records of 32 bytes",
		chain: "viewer", server: nginx{}, host: distribution{viewer: viewerName}, calls: shaped(inRecords, rowRefused(6, logReset)),
	}, {
		name: "tiny-flight", about: "the server's flight in records of 512 bytes: OpenSSL asks for it, and refuses by alert",
		chain: "viewer", server: nginx{}, host: distribution{viewer: viewerName}, needs: []string{"openssl"},
		calls: []call{
			{client: openssl(originName, "-maxfraglen", "512", "-tls1_2"), want: rowRefused(6, logAlert+" 42").in(tls.VersionTLS12)},
			{client: openssl(originName, "-maxfraglen", "512", "-tls1_3"), want: rowRefused(6, logAlert+" 42").in(tls.VersionTLS13)},
		},
	}, {
		name: "small-segments", about: "the edge takes segments of 300 bytes only",
		chain: "viewer", server: nginx{}, host: distribution{viewer: viewerName}, prepare: smallSegments, calls: inBoth(rowRefused(6, logReset)),
	}, {
		name: "long-chain", about: "a chain of 22 certificates: a flight that is longer than a record and than the first window",
		chain: "long-chain", server: nginx{}, host: distribution{viewer: viewerName}, prepare: withoutOffloads, calls: inBoth(rowRefused(6, logReset)),
	}, {
		name: "stapled", about: "the server staples an OCSP answer to its certificate",
		chain: "viewer", server: goServer{staples}, host: distribution{viewer: viewerName}, calls: inBoth(rowRefused(6, logReset)),
	}, {
		name: "http2", about: "nginx speaks HTTP/2, too, and the edge chooses HTTP/1.1",
		chain: "origin", server: nginx{http2: true}, calls: []call{
			{client: edge{newest: tls.VersionTLS12, alpn: []string{"http/1.1"}}, want: accepted},
			{client: edge{newest: tls.VersionTLS13, alpn: []string{"http/1.1"}}, want: accepted},
		},
	}, {
		name: "any-interface", about: "sniwatch watches all interfaces",
		chain: "viewer", server: nginx{}, host: distribution{viewer: viewerName}, watches: "any", calls: inBoth(rowRefused(6, logReset)),
	}, {
		name: "offloads-off", about: "row 6 and no offload: the capture has the segments of the wire",
		chain: "viewer", server: nginx{}, host: distribution{viewer: viewerName}, prepare: withoutOffloads, calls: inBoth(rowRefused(6, logReset)),
	}, {
		name: "offloads-on", about: "row 6 with every offload: long segments, wrong checksums",
		chain: "viewer", server: nginx{}, host: distribution{viewer: viewerName},
		prepare: func(s *site) error { return s.offloadsOfBoth(true) }, calls: inBoth(rowRefused(6, logReset)),
	},
}

// postQuantum are groups whose key shares are longer than a segment.
var postQuantum = []tls.CurveID{tls.X25519MLKEM768, tls.CurveP256}

// smallSegments lets the edge announce a maximum segment size of 300 bytes.
func smallSegments(s *site) error {
	return errors.Join(s.edge.Sh("ip route change "+origin4+"/32 dev wire advmss 300"), withoutOffloads(s))
}

// shaped is the edge with a ClientHello in another form, in both versions.
func shaped(how shape, want truth) []call {
	return []call{
		{client: edge{newest: tls.VersionTLS12, shape: how}, want: want.in(tls.VersionTLS12)},
		{client: edge{newest: tls.VersionTLS13, shape: how}, want: want.in(tls.VersionTLS13)},
	}
}

func withoutOffloads(s *site) error { return s.offloadsOfBoth(false) }
