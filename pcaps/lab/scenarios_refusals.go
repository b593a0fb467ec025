//go:build linux

package main

import (
	"crypto/tls"
	"net/http"
)

// exactInBoth is the exact ClientHello of either version.
func exactInBoth(want truth) []call {
	return []call{{client: exact{tls.VersionTLS12}, want: want}, {client: exact{tls.VersionTLS13}, want: want}}
}

// knowsViewer is a server block of nginx for the viewers' name.
const knowsViewer = `server {
		listen 443 ssl;
		server_name www.example.com;
		ssl_certificate FOLDER/viewer.pem;
		ssl_certificate_key FOLDER/viewer.key;
		return 200 "ok\n";
	}`

// refusalScenarios are what a server can refuse.
var refusalScenarios = []scenario{
	{
		name: "sni-nginx", about: "nginx with ssl_reject_handshake does not know the origin domain: alert 112",
		chain: "viewer", server: nginx{rejects: true, servers: knowsViewer}, host: distribution{viewer: viewerName},
		calls: exactInBoth(refused("sni-refused", logName)),
	}, {
		name: "sni-nginx-known", about: "the same nginx, asked for the name that it knows",
		chain: "viewer", server: nginx{rejects: true, servers: knowsViewer}, host: distribution{viewer: viewerName, forward: true},
		calls: inBoth(accepted),
	}, {
		name: "sni-haproxy", about: "HAProxy with strict-sni: alert 112",
		chain: "viewer", server: haproxy{bind: "strict-sni"}, host: distribution{viewer: viewerName},
		calls: exactInBoth(refused("sni-refused", logHandshake)),
	}, {
		name: "sni-go", about: "Go with an error from GetCertificate: alert 80",
		chain: "viewer", server: goServer{onlyViewer}, host: distribution{viewer: viewerName},
		calls: exactInBoth(refused("sni-refused", logName)),
	}, {
		name: "cipher-nginx", about: "nginx has suites for an ECDSA key only, and an RSA key",
		chain: "origin", server: nginx{options: "ssl_protocols TLSv1.2; ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256;"},
		calls: exactInBoth(refused("no-shared-cipher", logCipher)),
	}, {
		name: "cipher-chacha20", about: "nginx has ChaCha20 only, which CloudFront does not offer below TLS 1.3",
		chain: "origin", server: nginx{options: "ssl_protocols TLSv1.2; ssl_ciphers ECDHE-RSA-CHACHA20-POLY1305;"},
		calls: exactInBoth(refused("no-shared-cipher", logCipher)),
	}, {
		name: "cipher-haproxy", about: "HAProxy has ChaCha20 only",
		chain: "origin", server: haproxy{bind: "ssl-max-ver TLSv1.2 ciphers ECDHE-RSA-CHACHA20-POLY1305"},
		calls: exactInBoth(refused("no-shared-cipher", logHandshake)),
	}, {
		name: "cipher-apache", about: "Apache has ChaCha20 only",
		chain: "origin", server: apache{"SSLProtocol TLSv1.2\nSSLCipherSuite ECDHE-RSA-CHACHA20-POLY1305"},
		calls: exactInBoth(refused("no-shared-cipher", logCipher)),
	}, {
		name: "cipher-go", about: "Go has ChaCha20 only",
		chain: "origin", server: goServer{func(c *tls.Config) {
			c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256}
		}},
		calls: exactInBoth(refused("no-shared-cipher", logCipher)),
	}, {
		name: "p521", about: "the key is of P-521, which CloudFront does not offer: the server has no cipher left",
		chain: "p521", server: nginx{}, calls: []call{{client: exact{tls.VersionTLS12}, want: refused("no-shared-cipher", logCipher)}},
	}, {
		name: "ed25519", about: "the key is Ed25519, which CloudFront does not offer",
		chain: "ed25519", server: nginx{}, calls: exactInBoth(refused("no-shared-cipher", logCipher)),
	}, {
		name: "group", about: "nginx has TLS 1.3 with P-521 only: no common group, which the alert shows where TLS 1.3 alone was offered",
		chain: "origin", server: nginx{options: "ssl_protocols TLSv1.3; ssl_ecdh_curve secp521r1;"}, calls: []call{
			{client: edge{oldest: tls.VersionTLS13}, want: refused("no-shared-group", logGroup)},
			{client: exact{tls.VersionTLS13}, want: truth{code: "no-shared-group", visible: "no-shared-cipher", handshake: "refused", log: logGroup}},
		},
	}, {
		name: "version-nginx", about: "nginx has TLS 1.3 only, the edge has TLS 1.2: alert 70",
		chain: "origin", server: nginx{options: "ssl_protocols TLSv1.3;"},
		calls: []call{{client: exact{tls.VersionTLS12}, want: refused("no-shared-version", logVersion)}},
	}, {
		name: "version-go", about: "Go has TLS 1.3 only",
		chain: "origin", server: goServer{func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }},
		calls: []call{{client: exact{tls.VersionTLS12}, want: refused("no-shared-version", logVersion)}},
	}, {
		name: "version-apache", about: "Apache has TLS 1.3 only",
		chain: "origin", server: apache{"SSLProtocol TLSv1.3"},
		calls: []call{{client: exact{tls.VersionTLS12}, want: refused("no-shared-version", logVersion)}},
	}, {
		name: "alpn", about: "the server has no protocol that the edge speaks: alert 120",
		chain: "origin", server: goServer{func(c *tls.Config) { c.NextProtos = []string{"acme-tls/1"} }},
		calls: []call{
			{client: edge{newest: tls.VersionTLS12, alpn: []string{"http/1.1"}}, want: refused("no-shared-alpn", logALPN)},
			{client: edge{newest: tls.VersionTLS13, alpn: []string{"http/1.1"}}, want: refused("no-shared-alpn", logALPN)},
		},
	}, {
		name: "client-cert-go", about: "Go demands a client certificate, and CloudFront has none",
		chain: "origin", server: goServer{wantsClientCertificate},
		calls: inBoth(refused("client-certificate-required", logClientCert)),
	}, {
		name: "client-cert-apache", about: "Apache demands one",
		chain: "origin", server: apache{"SSLVerifyClient require\nSSLCACertificateFile served.pem"},
		calls: inBoth(refused("client-certificate-required", logClientCert)),
	}, {
		name: "client-cert-haproxy", about: "HAProxy demands one",
		chain: "origin", server: haproxy{bind: "verify required ca-file served.pem"},
		calls: inBoth(refused("client-certificate-required", logHandshake)),
	}, {
		name: "client-cert-nginx", about: "nginx demands one after the handshake, by the answer 400: no matter of TLS",
		chain: "origin", server: nginx{options: "ssl_verify_client on; ssl_client_certificate served.pem;"},
		calls: []call{
			{client: edge{newest: tls.VersionTLS12, status: http.StatusBadRequest}, want: truth{code: "ok", handshake: "complete", log: logClientCert}},
			{client: edge{newest: tls.VersionTLS13, status: http.StatusBadRequest}, want: truth{code: "ok", handshake: "complete", log: logClientCert}},
		},
	}, {
		name: "plain-http-server", about: "listen 443 without ssl: the answer to the ClientHello is HTTP",
		chain: "origin", server: nginx{plain: true}, calls: exactInBoth(refused("not-tls", logNotTLS)),
	}, {
		name: "mail-server", about: "a mail server on port 443 speaks first",
		server: bare{greetsAsMail}, chain: "origin", calls: []call{{client: tls13, want: refused("not-tls", "")}},
	}, {
		name: "server-closes", about: "the server reads the ClientHello and closes",
		server: bare{readsAndCloses}, chain: "origin", calls: inBothAny(failed("server-closed", "")),
	}, {
		name: "server-dies", about: "the server reads the ClientHello and resets",
		server: bare{readsAndDies}, chain: "origin", calls: inBothAny(failed("server-closed", "")),
	},
}

// inBothAny is inBoth where no version comes to be chosen.
func inBothAny(want truth) []call {
	return []call{{client: tls12, want: want}, {client: tls13, want: want}}
}
