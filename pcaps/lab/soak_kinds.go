//go:build linux

package main

import (
	"crypto/tls"
	"math/rand/v2"
	"time"
)

// A kind is one of the things that clients do while sniwatch is left running. Each
// name has a site of its own at the server.
type kind struct {
	name   string
	weight int // of a thousand connections, so many
	from   string
	client client
	want   truth
}

// soakServers are the sites beside the default one, which has a certificate for
// the origin domain.
const soakServers = `
	server { listen 443 ssl; server_name missing.example.net;
		ssl_certificate FOLDER/soak-other.pem; ssl_certificate_key FOLDER/soak-other.key; }
	server { listen 443 ssl; server_name expired.example.com;
		ssl_certificate FOLDER/soak-expired.pem; ssl_certificate_key FOLDER/soak-expired.key; }
	server { listen 443 ssl; server_name alone.example.com;
		ssl_certificate FOLDER/soak-alone.pem; ssl_certificate_key FOLDER/soak-alone.key; }
	server { listen 443 ssl; server_name private.example.com;
		ssl_certificate FOLDER/soak-private.pem; ssl_certificate_key FOLDER/soak-private.key; }
	server { listen 443 ssl; server_name refused.example.com; ssl_reject_handshake on; }
`

// soakLeaves are their certificates, and one for the default site that is renewed.
var soakLeaves = []leaf{
	{name: "soak", names: []string{originName}, key: "leaf-p256", sent: whole},
	{name: "soak-renewed", names: []string{originName}, key: "leaf-p256", sent: whole},
	{name: "soak-other", names: []string{"shop.example.net"}, key: "leaf-p256", sent: whole},
	{name: "soak-expired", names: []string{"expired.example.com"}, change: ends(-15 * time.Hour), key: "leaf-p256", sent: whole},
	{name: "soak-alone", names: []string{"alone.example.com"}, key: "leaf-p256"},
	{name: "soak-private", names: []string{"private.example.com"}, by: "company", sent: []string{"company", "company-root"}},
}

// asks is an edge whose viewers use a name, and whose Host header is forwarded.
func asks(name string, version uint16, leaves leaving) edge {
	return edge{newest: version, as: &distribution{viewer: name, forward: true}, leaves: leaves}
}

// blocked is the client whose SYNs the origin's firewall drops.
const blocked = otherClient

// soakKinds are what is mixed.
var soakKinds = []kind{
	{name: "accepted, TLS 1.2", weight: 350, client: tls12, want: accepted.in(tls.VersionTLS12)},
	{name: "accepted, TLS 1.3", weight: 379, client: tls13, want: accepted.in(tls.VersionTLS13)},
	{name: "keep-alive", weight: 10, client: edge{requests: 3, pause: 200 * time.Millisecond}, want: accepted},
	{name: "hello in tiny segments", weight: 20, client: edge{shape: inSegments}, want: accepted},
	{name: "post-quantum hello", weight: 20, client: edge{groups: postQuantum}, want: accepted},
	{name: "hello in tiny records", weight: 10, client: edge{shape: inRecords}, want: accepted},
	{name: "name not covered, TLS 1.2", weight: 40, client: asks("missing.example.net", tls.VersionTLS12, byReset), want: refused("name-not-covered", logReset)},
	{name: "name not covered, TLS 1.3", weight: 40, client: asks("missing.example.net", tls.VersionTLS13, byReset), want: refused("name-not-covered", logReset)},
	{name: "leaves with an alert, then RST", weight: 10, client: asks("missing.example.net", 0, byAlertAndReset), want: refused("name-not-covered", logAlert)},
	{name: "leaves with an alert, then FIN", weight: 10, client: asks("missing.example.net", 0, byAlertAndFIN), want: refused("name-not-covered", logAlert)},
	{name: "leaves with FIN", weight: 5, client: asks("missing.example.net", tls.VersionTLS12, byFIN), want: refused("name-not-covered", logClosed)},
	{name: "expired", weight: 20, client: asks("expired.example.com", 0, byReset), want: refused("certificate-expired", logReset)},
	{name: "intermediate missing", weight: 20, client: asks("alone.example.com", tls.VersionTLS12, byReset), want: refused("intermediate-missing", logReset)},
	{name: "company's own root", weight: 20, client: asks("private.example.com", 0, byReset), want: refused("certificate-untrusted-issuer", logReset)},
	{name: "name refused by the server", weight: 20, client: asks("refused.example.com", 0, byReset), want: refused("sni-refused", logName)},
	{name: "half a hello, then RST", weight: 5, client: edge{shape: halfAndGone}, want: failed("client-left-early", logReset)},
	{name: "silence", weight: 2, client: asks("missing.example.net", tls.VersionTLS12, bySilence), want: failed("client-silent", logTimeout)},
	{name: "health check", weight: 10, client: raw{}, want: truth{code: "client-left-early", handshake: "none", log: logNoHello}},
	{name: "plain HTTP", weight: 8, client: raw{says: "GET / HTTP/1.0\r\n\r\n", waits: time.Second}, want: truth{code: "client-not-tls", handshake: "none", log: logPlainHTTP}},
	{name: "SYN dropped", weight: 1, from: blocked, client: impatient, want: failed("syn-unanswered", "")},
}

// pick chooses a kind, each as often as its weight says.
func pick(r *rand.Rand, kinds []kind) kind {
	sum := 0
	for _, k := range kinds {
		sum += k.weight
	}
	n := r.IntN(sum)
	for _, k := range kinds {
		if n -= k.weight; n < 0 {
			return k
		}
	}
	panic("the weights have another sum than before")
}
