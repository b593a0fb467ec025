package logs

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// A formatCase is a log and its entries, as short writes them.
type formatCase struct{ name, log, want string }

func runFormats(t *testing.T, cases []formatCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := shorts(t, c.log, Options{Now: now}); got != c.want {
				t.Errorf("log:\n%s\ngot:\n%s\nwant:\n%s", c.log, got, c.want)
			}
		})
	}
}

const (
	nginxHead = "2024/01/16 03:41:18 [info] 812#812: *27 "
	nginxTail = ", client: 130.176.135.149, server: 0.0.0.0:443"
	nginxWant = " 03:41:18 130.176.135.149:0 server=0.0.0.0:443 *27 process=812#812"
)

func TestNginx(t *testing.T) {
	line := func(message string) string { return nginxHead + message + nginxTail + "\n" }
	runFormats(t, []formatCase{
		{"reset", line("peer closed connection in SSL handshake (104: Connection reset by peer) while SSL handshaking"),
			"1 nginx peer-reset" + nginxWant + " (Connection reset by peer)"},
		{"closed", line("peer closed connection in SSL handshake while SSL handshaking"), "1 nginx peer-closed" + nginxWant},
		{"reset on BSD", line("peer closed connection in SSL handshake (54: Connection reset by peer) while SSL handshaking"),
			"1 nginx peer-reset" + nginxWant + " (Connection reset by peer)"},
		{"given up by the kernel", line("peer closed connection in SSL handshake (110: Connection timed out) while SSL handshaking"),
			"1 nginx timed-out" + nginxWant + " (Connection timed out)"},
		{"closed before the hello", line("client closed connection while SSL handshaking"), "1 nginx closed-before-hello" + nginxWant},
		{"reset before the hello", line("recv() failed (104: Connection reset by peer) while SSL handshaking"),
			"1 nginx reset-before-hello" + nginxWant + " (Connection reset by peer)"},
		{"timed out", line("client timed out (110: Connection timed out) while SSL handshaking"), "1 nginx timed-out" + nginxWant},
		{"abandoned", line("client closed connection while waiting for request"), "1 nginx closed-waiting-for-request" + nginxWant},
		{"abandoned where there is no TLS", strings.Replace(line("client closed connection while waiting for request"), ":443", ":80", 1), ""},
		{"alert, OpenSSL 3", line("SSL_do_handshake() failed (SSL: error:0A000412:SSL routines::sslv3 alert bad certificate:SSL alert number 42) while SSL handshaking"),
			"1 nginx alert-received" + nginxWant + " alert=42/1 (sslv3 alert bad certificate)"},
		{"alert, OpenSSL 1.1", line("SSL_do_handshake() failed (SSL: error:14094412:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate:SSL alert number 42) while SSL handshaking"),
			"1 nginx alert-received" + nginxWant + " alert=42/1 (sslv3 alert bad certificate)"},
		{"alert after the handshake", line("SSL_read() failed (SSL: error:0A000418:SSL routines::tlsv1 alert unknown ca:SSL alert number 48) while waiting for request"),
			"1 nginx alert-received" + nginxWant + " alert=48/1 (tlsv1 alert unknown ca)"},
		{"failed read without an alert", line("SSL_read() failed (SSL: error:0A000119:SSL routines::decryption failed or bad record mac) while waiting for request"), ""},
		{"alert named by its code alone", line("SSL_do_handshake() failed (SSL: error:0A00042E:SSL routines::reason(1070)) while SSL handshaking"),
			"1 nginx alert-received" + nginxWant + " alert=70/1 (reason(1070))"},
		{"cipher", line("SSL_do_handshake() failed (SSL: error:0A0000C1:SSL routines::no shared cipher) while SSL handshaking"),
			"1 nginx no-shared-cipher" + nginxWant + " (no shared cipher)"},
		{"cipher, OpenSSL 1.1", line("SSL_do_handshake() failed (SSL: error:1417A0C1:SSL routines:tls_post_process_client_hello:no shared cipher) while SSL handshaking"),
			"1 nginx no-shared-cipher" + nginxWant + " (no shared cipher)"},
		{"cipher, BoringSSL", line("SSL_do_handshake() failed (SSL: error:100000b8:SSL routines:OPENSSL_internal:NO_SHARED_CIPHER) while SSL handshaking"),
			"1 nginx no-shared-cipher" + nginxWant + " (NO_SHARED_CIPHER)"},
		{"version", line("SSL_do_handshake() failed (SSL: error:0A000102:SSL routines::unsupported protocol) while SSL handshaking"),
			"1 nginx unsupported-version" + nginxWant + " (unsupported protocol)"},
		{"version, OpenSSL 1.1", line("SSL_do_handshake() failed (SSL: error:14209102:SSL routines:tls_early_post_process_client_hello:unsupported protocol) while SSL handshaking"),
			"1 nginx unsupported-version" + nginxWant + " (unsupported protocol)"},
		{"group", line("SSL_do_handshake() failed (SSL: error:0A000065:SSL routines::no suitable key share) while SSL handshaking"),
			"1 nginx no-shared-group" + nginxWant + " (no suitable key share)"},
		{"signature", line("SSL_do_handshake() failed (SSL: error:0A000076:SSL routines::no suitable signature algorithm) while SSL handshaking"),
			"1 nginx no-shared-signature" + nginxWant + " (no suitable signature algorithm)"},
		{"not TLS", line("SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version number) while SSL handshaking"),
			"1 nginx bad-hello" + nginxWant + " (wrong version number)"},
		{"no certificate for the name", line("SSL_do_handshake() failed (SSL: error:0A000179:SSL routines::cert cb error) while SSL handshaking"),
			"1 nginx sni-rejected" + nginxWant + " (cert cb error)"},
		{"unknown reason", line("SSL_do_handshake() failed (SSL: error:0A0000FF:SSL routines::some new reason) while SSL handshaking"),
			"1 nginx handshake-failure-other" + nginxWant + " (some new reason)"},
		{"without a reason", line("SSL_do_handshake() failed while SSL handshaking"), "1 nginx handshake-failed" + nginxWant},
		{"unknown message", line("something new happened while SSL handshaking"), "1 nginx handshake-failure-other" + nginxWant + " (something new happened)"},
		{"name refused", line("handshake rejected while SSL handshaking"), "1 nginx sni-rejected" + nginxWant + " (handshake rejected)"},
		{"plain HTTP", line("client sent plain HTTP request to HTTPS port while reading client request headers"), "1 nginx plain-http" + nginxWant},
		{"client certificate", line("client sent no required SSL certificate while reading client request headers"),
			"1 nginx client-certificate" + nginxWant + " (client sent no required SSL certificate)"},
		{"wrong host", line("client attempted to request the server name different from the one that was negotiated while reading client request headers"),
			"1 nginx host-mismatch" + nginxWant},
		{"TLS to a plain port", nginxHead + "client sent invalid method while reading client request line, client: 192.0.2.1, server: , request: \"\x16\x03\x01\x00\xa7\"\n",
			"1 nginx tls-to-plain-port 03:41:18 192.0.2.1:0 *27 process=812#812"},
		{"invalid method that is no TLS", nginxHead + "client sent invalid method while reading client request line, client: 192.0.2.1, server: , request: \"BOO\"\n", ""},
		{"crit", strings.Replace(line("SSL_do_handshake() failed (SSL: error:0A000458:SSL routines::tlsv1 unrecognized name:SSL alert number 112) while SSL handshaking"), "info", "crit", 1),
			"1 nginx alert-received" + nginxWant + " alert=112/1 (tlsv1 unrecognized name)"},
		{"IPv6", nginxHead + "peer closed connection in SSL handshake while SSL handshaking, client: 2600:9000:20a5::1, server: [::]:443\n",
			"1 nginx peer-closed 03:41:18 [2600:9000:20a5::1]:0 server=[::]:443 *27 process=812#812"},
		{"a client that writes a context of its own", nginxHead + "client sent plain HTTP request to HTTPS port while reading client request headers, client: 192.0.2.1, server: , request: \"GET / while SSL handshaking, client: 192.0.2.9, server: 1.1.1.1:443\"\n",
			"1 nginx plain-http 03:41:18 192.0.2.1:0 *27 process=812#812"},
		{"torn at its beginning", "ed connection in SSL handshake (104: Connection reset by peer) while SSL handshaking, client: 192.0.2.1, server: 0.0.0.0:443\n", ""},
		{"with CR", strings.Replace(line("handshake rejected while SSL handshaking"), "\n", "\r\n", 1), "1 nginx sni-rejected" + nginxWant + " (handshake rejected)"},
		{"without an end", strings.TrimSuffix(line("handshake rejected while SSL handshaking"), "\n"), "1 nginx sni-rejected" + nginxWant + " (handshake rejected)"},
	})
}

func TestNginxUpstreamIsExcluded(t *testing.T) {
	const log = nginxHead + "peer closed connection in SSL handshake (104: Connection reset by peer) while SSL handshaking to upstream, client: 192.0.2.1, server: a.example, request: \"GET / HTTP/1.1\", upstream: \"https://10.0.0.1:443/\"\n" +
		nginxHead + "upstream SSL certificate verify error: (20:unable to get local issuer certificate) while SSL handshaking to upstream, client: 192.0.2.1\n"
	entries, counts := readAll(t, strings.NewReader(log), Options{})
	if len(entries) != 0 || counts.Upstream != 2 {
		t.Errorf("%d entries, counts %+v", len(entries), counts)
	}
}

// The connection's number joins the lines of the level debug: the port of the
// client and the name that it asked for stand nowhere else.
func TestNginxDebug(t *testing.T) {
	const debug = "2024/01/16 03:41:18 [debug] 812#812: *"
	const failed = "peer closed connection in SSL handshake (104: Connection reset by peer) while SSL handshaking, client: 130.176.135.149, server: 0.0.0.0:443\n"
	const accepts = debug + "27 accept: 130.176.135.149:41822 fd:3\n" + debug + "28 accept: [2600:9000::1]:7 fd:4\n"
	runFormats(t, []formatCase{
		{"one", accepts + debug + "27 SSL server name: \"origin.example.com\"\n" + nginxHead + failed,
			"4 nginx peer-reset 03:41:18 130.176.135.149:41822 server=0.0.0.0:443 *27 process=812#812 name=\"origin.example.com\" (Connection reset by peer)"},
		{"another connection", debug + "26 SSL server name: \"origin.example.com\"\n" + nginxHead + failed,
			"2 nginx peer-reset" + nginxWant + " (Connection reset by peer)"},
		{"another worker", strings.ReplaceAll(accepts, "812#812", "813#813") + nginxHead + failed,
			"3 nginx peer-reset" + nginxWant + " (Connection reset by peer)"},
		{"no name", accepts + debug + "27 SSL server name: null\n" + nginxHead + failed,
			"4 nginx peer-reset 03:41:18 130.176.135.149:41822 server=0.0.0.0:443 *27 process=812#812 name=\"\" (Connection reset by peer)"},
		{"the number is used again", debug + "27 SSL server name: \"old.example.com\"\n" + accepts + nginxHead + failed,
			"4 nginx peer-reset 03:41:18 130.176.135.149:41822 server=0.0.0.0:443 *27 process=812#812 (Connection reset by peer)"},
	})
}

func TestApache(t *testing.T) {
	const (
		head   = "[Mon Nov 23 11:48:14.254152 2026] [ssl:info] [pid 11868:tid 11894] "
		client = "[client 127.0.0.1:52012] "
		opened = head + client + "AH01964: Connection to child 1 established (server www.example.com:443)\n"
		closed = head + client + "AH01998: Connection closed to child 1 with abortive shutdown (server www.example.com:443)\n"
		failed = head + client + "AH02008: SSL library error 1 in handshake (server www.example.com:443)\n"
		want   = " 11:48:14.254152 127.0.0.1:52012 listener=www.example.com:443 process=11868:11894"
	)
	runFormats(t, []formatCase{
		{"reset", opened + closed, "2 apache peer-reset" + want},
		{"reset, opened before the log begins", closed, "1 apache peer-reset" + want},
		{"good", opened + strings.Replace(closed, "abortive", "standard", 1), ""},
		{"still open", opened, ""},
		{"cipher", opened + failed + head + "SSL Library Error: error:0A0000C1:SSL routines::no shared cipher -- Too restrictive SSLCipherSuite or using DSA server certificate?\n" + closed,
			"3 apache no-shared-cipher" + want + " (no shared cipher)"},
		{"alert", opened + failed + head + "SSL Library Error: error:0A000412:SSL routines::sslv3 alert bad certificate (SSL alert number 42)\n" + closed,
			"3 apache alert-received" + want + " alert=42/1 (sslv3 alert bad certificate)"},
		{"alert, OpenSSL 1.1", opened + failed + head + "SSL Library Error: error:14094418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca (SSL alert number 48)\n" + closed,
			"3 apache alert-received" + want + " alert=48/1 (tlsv1 alert unknown ca)"},
		{"no reason", opened + failed + closed, "2 apache handshake-failed" + want},
		{"no reason at the end of the log", opened + failed, "2 apache handshake-failed" + want},
		{"two threads", opened + strings.ReplaceAll(opened, "11894", "11895") + failed +
			strings.ReplaceAll(head, "11894", "11895") + "SSL Library Error: error:0A000102:SSL routines::unsupported protocol\n" +
			head + "SSL Library Error: error:0A0000C1:SSL routines::no shared cipher\n",
			"5 apache no-shared-cipher" + want + " (no shared cipher)"},
		{"name", opened + head + client + "AH02044: No matching SSL virtual host for servername origin.example.com found (using default/first virtual host)\n" + closed,
			"3 apache peer-reset" + want + ` name="origin.example.com"`},
		{"no name", opened + head + client + "AH02645: Server name not provided via TLS extension (using default/first virtual host)\n" + closed,
			"3 apache peer-reset" + want + ` name=""`},
		{"plain HTTP", opened + head + client + "AH01996: SSL handshake failed: HTTP spoken on HTTPS port; trying to send HTML error page\n" +
			head + "SSL Library Error: error:0A00009C:SSL routines::http request\n", "2 apache plain-http" + want},
		{"closed", opened + head + "(70014)End of file found: " + client + "AH02006: SSL handshake stopped: connection was closed\n" + closed, "2 apache peer-closed" + want},
		{"interrupted", opened + head + "(104)Connection reset by peer: " + client + "AH02007: SSL handshake interrupted by system [Hint: Stop button pressed in browser?!]\n" + closed,
			"2 apache peer-reset" + want + " (Connection reset by peer)"},
		{"timed out", opened + strings.Replace(head, "ssl:info", "reqtimeout:info", 1) + client + "AH01382: Request handshake read timeout\n", "2 apache timed-out" + want},
		{"misdirected", opened + head + client + "AH02032: Hostname a.example provided via SNI and hostname b.example provided via HTTP have no compatible SSL setup\n" +
			strings.Replace(closed, "abortive", "standard", 1), "2 apache host-mismatch" + want},
		{"TLS to a plain port", strings.Replace(head, "ssl:info", "core:error", 1) + client + `AH00126: Invalid URI in request \x16\x03\x01\x02` + "\n",
			"1 apache tls-to-plain-port 11:48:14.254152 127.0.0.1:52012 process=11868:11894"},
		{"to a backend", head + "[remote 10.0.0.1:443] AH02003: SSL Proxy connect failed\n", ""},
		{"without microseconds and thread", "[Mon Nov 23 11:48:14 2026] [ssl:info] [pid 11868] [client 127.0.0.1:52012] AH01996: SSL handshake failed: HTTP spoken on HTTPS port; trying to send HTML error page\n",
			"1 apache plain-http 11:48:14 127.0.0.1:52012 process=11868"},
	})
}

func TestHAProxy(t *testing.T) {
	const line = "127.0.0.1:49264 [23/Nov/2026:11:48:13.296] fe_https/1: "
	const want = " 11:48:13.296 127.0.0.1:49264 listener=fe_https/1"
	runFormats(t, []formatCase{
		{"failure", line + "SSL handshake failure\n", "1 haproxy handshake-failed" + want},
		{"syslog without a host", "<134>Nov 23 11:48:13 haproxy[11867]: " + line + "SSL handshake failure\n", "1 haproxy handshake-failed" + want + " process=11867"},
		{"syslog with a host", "Nov 23 11:48:13 web1 haproxy[11867]: " + line + "SSL handshake failure\n", "1 haproxy handshake-failed" + want + " process=11867"},
		{"reason", line + "SSL handshake failure (error:0A0000C1:SSL routines::no shared cipher)\n", "1 haproxy no-shared-cipher" + want + " (no shared cipher)"},
		{"alert by its code", line + "SSL handshake failure (error:0A000412:SSL routines::sslv3 alert bad certificate)\n",
			"1 haproxy alert-received" + want + " alert=42/1 (sslv3 alert bad certificate)"},
		{"name", line + "SSL handshake failure (error:0A0000EA:SSL routines::callback failed)\n", "1 haproxy sni-rejected" + want + " (callback failed)"},
		{"closed", line + "Connection closed during SSL handshake\n", "1 haproxy closed-before-hello" + want},
		{"reset", line + "Connection error during SSL handshake\n", "1 haproxy reset-before-hello" + want},
		{"timeout", line + "Timeout during SSL handshake\n", "1 haproxy timed-out" + want},
		{"IPv6", strings.Replace(line, "127.0.0.1:49264", "2001:db8::1:49264", 1) + "SSL handshake failure\n",
			"1 haproxy handshake-failed 11:48:13.296 [2001:db8::1]:49264 listener=fe_https/1"},
		{"a request that says so", `127.0.0.1:5 [23/Nov/2026:11:48:13.296] fe~ be/s1 0/0/1/2/3 200 9 - - ---- 1/1/0/0/0 0/0 "GET /fe/1: SSL handshake failure HTTP/1.1"` + "\n", ""},
	})
}

func TestGo(t *testing.T) {
	const line = "2026/11/23 11:48:14 http: TLS handshake error from 127.0.0.1:39454: "
	const want = " 11:48:14 127.0.0.1:39454"
	runFormats(t, []formatCase{
		{"reset", line + "read tcp 127.0.0.1:9301->127.0.0.1:39454: read: connection reset by peer\n",
			"1 go peer-reset" + want + " server=127.0.0.1:9301 (connection reset by peer)"},
		{"reset, IPv6", "2026/11/23 11:48:14 http: TLS handshake error from [::1]:39454: read tcp [::1]:443->[::1]:39454: read: connection reset by peer\n",
			"1 go peer-reset 11:48:14 [::1]:39454 server=[::1]:443 (connection reset by peer)"},
		{"closed", line + "EOF\n", "1 go peer-closed" + want},
		{"timeout", line + "read tcp 10.0.0.1:443->10.0.0.2:5: i/o timeout\n", "1 go timed-out" + want + " server=10.0.0.1:443 (i/o timeout)"},
		{"alert", line + "remote error: tls: bad certificate\n", "1 go alert-received" + want + " alert=42/1 (bad certificate)"},
		{"alert without a name", line + "remote error: tls: alert(200)\n", "1 go alert-received" + want + " alert=200/1 (alert(200))"},
		{"its own alert", line + "local error: tls: bad record MAC\n", "1 go handshake-failure-other" + want + " alert=20/2 (bad record mac)"},
		{"version", line + "tls: client offered only unsupported versions: [303 302 301]\n", "1 go unsupported-version" + want + " (client offered only unsupported versions)"},
		{"cipher", line + "tls: no cipher suite supported by both client and server; client offered: [c02b c02f]\n",
			"1 go no-shared-cipher" + want + " (no cipher suite supported by both client and server)"},
		{"group", line + "tls: no key exchanges supported by both client and server\n", "1 go no-shared-group" + want + " (no key exchanges supported by both client and server)"},
		{"ALPN", line + "tls: client requested unsupported application protocols ([\"h3\"])\n", "1 go no-shared-alpn" + want + " (client requested unsupported application protocols)"},
		{"plain HTTP", line + "client sent an HTTP request to an HTTPS server\n", "1 go plain-http" + want + " (client sent an HTTP request to an HTTPS server)"},
		{"not TLS", line + "tls: first record does not look like a TLS handshake\n", "1 go bad-hello" + want + " (first record does not look like a TLS handshake)"},
		{"client certificate", line + "tls: client didn't provide a certificate\n", "1 go client-certificate" + want + " (client didn't provide a certificate)"},
		{"autocert", line + "acme/autocert: host \"x.example\" not configured in HostWhitelist\n",
			"1 go sni-rejected" + want + ` name="x.example" (acme/autocert: host "x.example" not configured in HostWhitelist)`},
		{"no date", "http: TLS handshake error from 127.0.0.1:39454: EOF\n", "1 go peer-closed 127.0.0.1:39454"},
		{"syslog", "2026-11-23T12:48:14.5+01:00 web1 app[77]: http: TLS handshake error from 127.0.0.1:39454: EOF\n", "1 go peer-closed 11:48:14.5 127.0.0.1:39454 process=77"},
		{"microseconds and prefix", "[app] 2026/11/23 11:48:14.123456 server.go:3301: http: TLS handshake error from 127.0.0.1:39454: EOF\n",
			"1 go peer-closed 11:48:14.123456 127.0.0.1:39454"},
		{"logfmt", `time="2026-11-23T11:48:14Z" level=debug msg="http: TLS handshake error from 127.0.0.1:39454: acme: host \"x.example\" not configured in HostWhitelist" module=x` + "\n",
			"1 go sni-rejected" + want + ` name="x.example" (acme: host \"x.example\" not configured in HostWhitelist)`},
		{"zerolog", "2026-11-23T11:48:14Z DBG log/log.go:245 > http: TLS handshake error from 127.0.0.1:39454: EOF\n", "1 go peer-closed" + want},
		{"a request that says so", `1.2.3.4 - - [16/Jan/2024:03:41:18 +0000] "GET /http: TLS handshake error from 1.2.3.4:5: EOF HTTP/1.1" 200 -` + "\n", ""},
	})
}

func TestCaddyAndEnvelopes(t *testing.T) {
	nginxLine := strings.TrimSuffix(nginxHead, " ") + " handshake rejected while SSL handshaking" + nginxTail
	runFormats(t, []formatCase{
		{"Caddy JSON", `{"level":"debug","ts":1795434494.25,"logger":"http.stdlib","msg":"http: TLS handshake error from 127.0.0.1:39454: no certificate available for 'x.example'"}` + "\n",
			`1 caddy sni-rejected 11:48:14.25 127.0.0.1:39454 name="x.example" (no certificate available for 'x.example')`},
		{"Caddy JSON, time as text", `{"level":"debug","ts":"2026/11/23 11:48:14.250","logger":"http.stdlib","msg":"http: TLS handshake error from 127.0.0.1:39454: EOF"}` + "\n",
			`1 caddy peer-closed 11:48:14.25 127.0.0.1:39454`},
		{"Caddy console", "2026/11/23 11:48:14.250\tDEBUG\thttp.stdlib\thttp: TLS handshake error from 127.0.0.1:39454: EOF\n", "1 caddy peer-closed 11:48:14.25 127.0.0.1:39454"},
		{"Caddy console in the journal", "Nov 23 11:48:14 web1 caddy[3]: 2026/11/23 11:48:14.250\tDEBUG\thttp.stdlib\thttp: TLS handshake error from 127.0.0.1:39454: EOF\n",
			"1 caddy peer-closed 11:48:14 127.0.0.1:39454 process=3"},
		{"journal in JSON", `{"__REALTIME_TIMESTAMP":"1795434494254152","_PID":"812","SYSLOG_IDENTIFIER":"nginx","MESSAGE":"` + nginxLine + `"}` + "\n",
			"1 nginx sni-rejected 11:48:14.254152 130.176.135.149:0 server=0.0.0.0:443 *27 process=812#812 (handshake rejected)"},
		{"journal in JSON, as bytes", `{"MESSAGE":[104,116,116,112,58,32,84,76,83,32,104,97,110,100,115,104,97,107,101,32,101,114,114,111,114,32,102,114,111,109,32,49,46,49,46,49,46,49,58,50,58,32,69,79,70],"__REALTIME_TIMESTAMP":"1795434494254152"}` + "\n",
			"1 go peer-closed 11:48:14.254152 1.1.1.1:2"},
		{"journal in JSON, as bytes that begin with another digit, and spaces", `{"__REALTIME_TIMESTAMP": "1795434494254152", "MESSAGE": [` + numbers(nginxLine) + `]}` + "\n",
			"1 nginx sni-rejected 11:48:14.254152 130.176.135.149:0 server=0.0.0.0:443 *27 process=812#812 (handshake rejected)"},
		{"Docker", `{"log":"` + nginxLine + `\n","stream":"stderr","time":"2024-01-16T03:41:18.123456789Z"}` + "\n",
			"1 nginx sni-rejected 03:41:18.123456 130.176.135.149:0 server=0.0.0.0:443 *27 process=812#812 (handshake rejected)"},
		{"Kubernetes", "2024-01-16T03:41:18.123456789Z stderr F " + nginxLine + "\n",
			"1 nginx sni-rejected 03:41:18.123456 130.176.135.149:0 server=0.0.0.0:443 *27 process=812#812 (handshake rejected)"},
		{"nginx through syslog", "<190>Jan 16 03:41:18 web1 nginx: " + nginxLine + "\n",
			"1 nginx sni-rejected 03:41:18 130.176.135.149:0 server=0.0.0.0:443 *27 process=812#812 (handshake rejected)"},
		{"RFC 5424", "<190>1 2024-01-16T03:41:18.5Z web1 nginx 812 - - " + nginxLine + "\n",
			"1 nginx sni-rejected 03:41:18.5 130.176.135.149:0 server=0.0.0.0:443 *27 process=812#812 (handshake rejected)"},
		{"Apache through syslog", "Nov 23 11:48:14 web1 httpd[9]: [ssl:info] [pid 9:tid 10] [client 127.0.0.1:52012] AH01996: SSL handshake failed: HTTP spoken on HTTPS port; trying to send HTML error page\n",
			"1 apache plain-http 11:48:14 127.0.0.1:52012 process=9:10"},
	})
}

// numbers writes the bytes of s as JSON.
func numbers(s string) string {
	var parts []string
	for _, c := range []byte(s) {
		parts = append(parts, strconv.Itoa(int(c)))
	}
	return strings.Join(parts, ", ")
}

// What is shown of a line that JSON wraps is what the server wrote.
func TestTextOfWrappedLines(t *testing.T) {
	line := nginxHead + "handshake rejected while SSL handshaking" + nginxTail
	for _, wrapped := range []string{`{"MESSAGE":[` + numbers(line) + `]}`, `{"log":"` + line + `\n"}`, line} {
		entries, _ := readAll(t, strings.NewReader(wrapped+"\n"), Options{})
		if len(entries) != 1 || entries[0].Text != line {
			t.Errorf("%s: %+v", wrapped, entries)
		}
	}
}

func TestTimes(t *testing.T) {
	tokyo := time.FixedZone("JST", 9*3600)
	for _, c := range []struct {
		log        string
		o          Options
		want       string
		resolution time.Duration
	}{
		{nginxHead + "handshake rejected while SSL handshaking" + nginxTail, Options{Zone: tokyo}, "2024-01-15T18:41:18Z", time.Second},
		{"Dec 31 23:59:59 web1 app[1]: http: TLS handshake error from 1.2.3.4:5: EOF", Options{Now: now}, "2025-12-31T23:59:59Z", time.Second},
		{"Nov 24 01:00:00.123456 web1 app[1]: http: TLS handshake error from 1.2.3.4:5: EOF", Options{Now: now}, "2026-11-24T01:00:00.123456Z", time.Microsecond},
		{"Nov 24 01:00:00 web1 app[1]: http: TLS handshake error from 1.2.3.4:5: EOF", Options{}, "0001-01-01T00:00:00Z", 0},
		{"1.2.3.4:5 [23/Nov/2026:11:48:13.296] fe/1: SSL handshake failure", Options{Zone: tokyo}, "2026-11-23T02:48:13.296Z", time.Millisecond},
		{"2026/11/23 11:48:14.250\tDEBUG\thttp.stdlib\thttp: TLS handshake error from 1.2.3.4:5: EOF", Options{Zone: tokyo}, "2026-11-23T11:48:14.25Z", time.Millisecond},
		{"2026-11-23T12:48:14+0100 web1 app[7]: http: TLS handshake error from 1.2.3.4:5: EOF", Options{Zone: tokyo}, "2026-11-23T11:48:14Z", time.Second},
		{"2026/13/23 11:48:14 http: TLS handshake error from 1.2.3.4:5: EOF", Options{}, "0001-01-01T00:00:00Z", 0},
	} {
		entries, _ := readAll(t, strings.NewReader(c.log), c.o)
		if len(entries) != 1 {
			t.Errorf("%s: %d entries", c.log, len(entries))
			continue
		}
		if got := entries[0].Time.UTC().Format(time.RFC3339Nano); got != c.want || entries[0].Resolution != c.resolution {
			t.Errorf("%s: %s, to %v; want %s, to %v", c.log, got, entries[0].Resolution, c.want, c.resolution)
		}
	}
}
