//go:build linux

package main

import (
	"crypto/tls"
	"time"
)

// leavingScenarios are row 6 with other ways to go than the reset, and clients
// that go without a refusal.
var leavingScenarios = []scenario{
	leavesBy("leaves-alert-reset", "an alert, then a reset", byAlertAndReset, rowRefused(6, logAlert+" 42")),
	leavesBy("leaves-alert-fin", "an alert, then FIN", byAlertAndFIN, rowRefused(6, logAlert+" 42")),
	leavesBy("leaves-fin", "FIN, with everything read", byFIN, rowRefused(6, logClosed)),
	leavesBy("leaves-late-notify", "close_notify in clear after 1 s, then a reset: AWS's library can do so", byLateNotify, rowRefused(6, logClosed)),
	leavesBy("leaves-late", "a reset after 2 s", byLateReset, rowRefused(6, logReset)),
	leavesBy("leaves-silently", "nothing at all, until nginx gives up after 3 s", bySilence, failed("client-silent", logTimeout)),
	{
		name: "leaves-reset-lost", about: "row 6; the reset is lost, so nobody says anything until nginx gives up",
		chain: "viewer", server: nginx{}, host: distribution{viewer: viewerName},
		route: lostOnce(func(f frame) bool { return f.toOrigin && f.reset }), calls: []call{
			{client: tls12, want: truth{code: "name-not-covered", visible: "client-silent", handshake: "failed", log: logTimeout}},
		}, play: waitForTimeout,
	}, {
		name: "port-reuse", about: "the edge comes twice from the same port: refused, then, with a renewed certificate, accepted",
		chain: "expired", server: nginx{}, play: reusePort,
	}, {
		name: "leaves-exact-hello", about: "row 6 with the ClientHello of AWS's library byte for byte",
		chain: "viewer", server: nginx{}, host: distribution{viewer: viewerName}, calls: []call{
			{client: exact{tls.VersionTLS12}, want: rowRefused(6, logReset).in(tls.VersionTLS12)},
			{client: exact{tls.VersionTLS13}, want: rowRefused(6, logReset).in(tls.VersionTLS13)},
		},
	}, {
		name: "abandons", about: "the handshake is completed, and the edge leaves without a request",
		chain: "origin", server: nginx{}, calls: []call{
			{client: edge{newest: tls.VersionTLS12, requests: -1}, want: abandoned},
			{client: edge{newest: tls.VersionTLS13, requests: -1}, want: abandoned},
		},
	}, {
		name: "half-hello", about: "half a ClientHello, then a reset: nginx's line is the article's",
		chain: "origin", server: nginx{}, calls: []call{
			{client: edge{shape: halfAndGone}, want: failed("client-left-early", logReset)},
		},
	}, {
		name: "hangs-up", about: "a reset right after the ClientHello, before any answer: the article's line again",
		chain: "origin", server: nginx{silent: true}, calls: []call{
			{client: hangsUp{}, want: failed("client-left-early", "")},
		},
	}, {
		name: "health-check", about: "a health check of TCP opens and closes; a scanner resets",
		chain: "origin", server: nginx{}, calls: []call{
			{client: raw{}, want: truth{code: "client-left-early", handshake: "none", log: logNoHello}},
			{from: otherClient, client: raw{reset: true}, want: truth{code: "client-left-early", handshake: "none", log: logNoHello}},
		},
	}, {
		name: "plain-http-client", about: "a client speaks HTTP to the port of HTTPS",
		chain: "origin", server: nginx{}, calls: []call{
			{from: otherClient, client: raw{says: "GET / HTTP/1.0\r\n\r\n", waits: time.Second},
				want: truth{code: "client-not-tls", handshake: "none", log: logPlainHTTP}},
		},
	},
}

// waitForTimeout waits until nginx has given up a handshake.
func waitForTimeout(*site) ([]played, error) {
	time.Sleep(3500 * time.Millisecond)
	return nil, nil
}

// leavesBy is row 6, left in one way, in TLS 1.2 and 1.3.
func leavesBy(name, about string, how leaving, want truth) scenario {
	return scenario{
		name: name, about: "row 6; the edge leaves with " + about, chain: "viewer", server: nginx{}, host: distribution{viewer: viewerName},
		calls: []call{
			{client: edge{newest: tls.VersionTLS12, leaves: how}, want: want.in(tls.VersionTLS12)},
			{client: edge{newest: tls.VersionTLS13, leaves: how}, want: want.in(tls.VersionTLS13)},
		},
	}
}
