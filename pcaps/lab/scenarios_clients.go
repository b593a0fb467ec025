//go:build linux

package main

import "crypto/tls"

// A maker makes a client that asks for a name in one version of TLS.
type maker func(sni string, version uint16) client

// A peer is another client than CloudFront. Those that cannot be told their
// address have the first one of the edge, and a port that the lab does not know.
type peer struct {
	name             string
	from             string
	anyPort          bool
	content, unhappy truth // with the right name in the certificate, and with another
	make             maker
	needs            []string
}

var peers = []peer{
	{name: "openssl", from: otherClient, content: abandoned, unhappy: refused("name-not-covered", logAlert+" 42"), needs: []string{"openssl"},
		make: func(sni string, version uint16) client { return openssl(sni, byVersion(version, "-tls1_2", "-tls1_3")) }},
	{name: "curl", from: otherClient, content: accepted, unhappy: refused("name-not-covered", logLeft), needs: []string{"curl"},
		make: func(sni string, version uint16) client {
			return curl(sni, "--tls-max", byVersion(version, "1.2", "1.3"))
		}},
	{name: "gnutls", anyPort: true, content: abandoned, unhappy: rowRefused(6, logAlert+" 42"), needs: []string{"gnutls-cli"},
		make: func(sni string, version uint16) client {
			return gnutls(sni, byVersion(version, "NORMAL:-VERS-TLS1.3", "NORMAL"))
		}},
	{name: "go", from: otherClient, content: accepted, unhappy: refused("name-not-covered", logAlert+" 42"),
		make: func(sni string, version uint16) client { return goClient{sni, version} }},
	{name: "proxy", from: otherClient, anyPort: true, content: accepted, unhappy: refused("name-not-covered", logLeft), needs: []string{"nginx", "curl"},
		make: func(sni string, version uint16) client { return proxy{sni, byVersion(version, "TLSv1.2", "TLSv1.3")} }},
}

// clientScenarios are two for each peer: one where the certificate has the name
// that it asks for, and one where it has not.
var clientScenarios = func() (out []scenario) {
	for _, p := range peers {
		out = append(out, scenario{
			name: "client-" + p.name, about: p.name + ", content with the certificate", needs: p.needs,
			chain: "origin", server: nginx{}, calls: p.calls(p.content),
		}, scenario{
			name: "client-" + p.name + "-refuses", about: p.name + " refuses a certificate for another name", needs: p.needs,
			chain: "viewer", server: nginx{}, calls: p.calls(p.unhappy),
		})
	}
	return out
}()

// alertScenarios are clients that say by their alert what they do not like.
var alertScenarios = []scenario{
	{
		name: "client-says-expired", about: "OpenSSL refuses an expired certificate: alert 45", needs: []string{"openssl"},
		chain: "expired", server: nginx{}, calls: []call{
			{from: otherClient, client: openssl(originName, "-tls1_2"), want: refused("certificate-expired", logAlert+" 45").in(tls.VersionTLS12)},
			{from: otherClient, client: openssl(originName, "-tls1_3"), want: refused("certificate-expired", logAlert+" 45").in(tls.VersionTLS13)},
		},
	}, {
		name: "client-distrusts", about: "curl trusts other roots than sniwatch is told of: alert 48, and nothing wrong", needs: []string{"curl"},
		chain: "origin", server: nginx{}, calls: []call{
			{from: otherClient, client: curl(originName, "--cacert", "CERTS/self-signed.pem", "--tls-max", "1.2"), want: refused("certificate-rejected", logAlert+" 48").in(tls.VersionTLS12)},
			{from: otherClient, client: curl(originName, "--cacert", "CERTS/self-signed.pem", "--tls-max", "1.3"), want: refused("certificate-rejected", logAlert+" 48").in(tls.VersionTLS13)},
		},
	},
}

func (p peer) calls(want truth) (out []call) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		out = append(out, call{from: p.from, anyPort: p.anyPort, client: p.make(originName, version), want: want.in(version)})
	}
	return out
}

func byVersion(version uint16, older, newer string) string {
	if version == tls.VersionTLS12 {
		return older
	}
	return newer
}
