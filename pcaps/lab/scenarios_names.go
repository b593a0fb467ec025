//go:build linux

package main

import (
	"crypto/tls"
	"fmt"
	"slices"
)

// tls12 and tls13 are the edge with either protocol.
var (
	tls12 = edge{newest: tls.VersionTLS12}
	tls13 = edge{newest: tls.VersionTLS13}
)

// inBoth is the same call in TLS 1.2 and in TLS 1.3.
func inBoth(want truth) []call { return inBothFrom("", want) }

func inBothFrom(address string, want truth) []call {
	return []call{
		{from: address, client: tls12, want: want.in(tls.VersionTLS12)},
		{from: address, client: tls13, want: want.in(tls.VersionTLS13)},
	}
}

// nameScenarios are the eight rows of docs/cloudfront.md in both versions, the
// refused ones also with the other servers, and names at their limits.
var nameScenarios = slices.Concat(rows(), []scenario{
	{
		name: "row6-apache", about: "row 6 with Apache, whose log tells a reset by an abortive end only",
		chain: "viewer", server: apache{}, host: distribution{viewer: viewerName}, calls: inBoth(rowRefused(6, logReset)),
	}, {
		name: "row6-haproxy", about: "row 6 with HAProxy",
		chain: "viewer", server: haproxy{}, host: distribution{viewer: viewerName}, calls: inBoth(rowRefused(6, logHandshake)),
	}, {
		name: "row6-go", about: "row 6 with Go's net/http",
		chain: "viewer", server: goServer{}, host: distribution{viewer: viewerName}, calls: inBoth(rowRefused(6, logReset)),
	}, {
		name: "row6-ipv6", about: "row 6 with an edge that comes by IPv6",
		chain: "viewer", server: nginx{}, host: distribution{viewer: viewerName},
		calls: inBothFrom(edge6, rowRefused(6, logReset)),
	}, {
		name: "row6-default-server", about: "the certificate for the origin domain is there, in a server block for another name",
		chain: "viewer", server: nginx{servers: knowsOther}, host: distribution{viewer: viewerName}, calls: inBoth(rowRefused(6, logReset)),
	}, {
		name: "both-names", about: "a certificate with both names is accepted with Host forwarded and without",
		chain: "both", server: nginx{}, host: distribution{viewer: viewerName, forward: true}, calls: inBoth(accepted),
	}, {
		name: "wildcard", about: "*.example.com covers the origin domain",
		chain: "wildcard", server: nginx{}, host: distribution{viewer: viewerName}, calls: inBoth(accepted),
	}, {
		name: "common-name", about: "a certificate with a common name and no other name is accepted",
		chain: "common-name", server: nginx{}, host: distribution{viewer: viewerName}, calls: inBoth(accepted),
	}, {
		name: "third-name", about: "a certificate for a name that is neither",
		chain: "shop", server: nginx{}, host: distribution{viewer: viewerName}, calls: inBoth(refused("name-not-covered", logReset)),
	},
})

// knowsOther is a server block of nginx with the right certificate and the wrong
// name.
const knowsOther = `server {
		listen 443 ssl;
		server_name old-origin.example.com;
		ssl_certificate FOLDER/origin.pem;
		ssl_certificate_key FOLDER/origin.key;
	}`

// rowRefused is a refusal that docs/cloudfront.md has a row for.
func rowRefused(n int, log string) truth {
	t := refused("name-not-covered", log)
	t.row = n
	return t
}

// rows are the eight cases, with nginx.
func rows() []scenario {
	var out []scenario
	for i, r := range []struct {
		host    distribution
		chain   string
		refused bool
	}{
		{distribution{viewer: viewerName, forward: true}, "origin", false},
		{distribution{viewer: viewerName}, "origin", false},
		{distribution{viewer: defaultName, forward: true}, "origin", false},
		{distribution{viewer: defaultName}, "origin", false},
		{distribution{viewer: viewerName, forward: true}, "viewer", false},
		{distribution{viewer: viewerName}, "viewer", true},
		{distribution{viewer: defaultName, forward: true}, "viewer", true},
		{distribution{viewer: defaultName}, "viewer", true},
	} {
		want := accepted
		want.row = i + 1
		if r.refused {
			want = rowRefused(i+1, logReset)
		}
		out = append(out, scenario{
			name: fmt.Sprintf("row%d", i+1), chain: r.chain, server: nginx{}, host: r.host, calls: inBoth(want),
			about: fmt.Sprintf("row %d: viewers use %s, the certificate is %s.pem, the edge asks for %s", i+1, r.host.viewer, r.chain, r.host.serverName()),
		})
	}
	return out
}
