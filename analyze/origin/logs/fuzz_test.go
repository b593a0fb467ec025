package logs

import "testing"

// fuzzSeeds are lines of each form.
var fuzzSeeds = []string{
	nginxHead + "peer closed connection in SSL handshake (104: Connection reset by peer) while SSL handshaking" + nginxTail + "\n",
	nginxHead + "SSL_do_handshake() failed (SSL: error:14094412:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate:SSL alert number 42) while SSL handshaking" + nginxTail + "\n",
	"2024/01/16 03:41:18 [debug] 812#812: *27 accept: 130.176.135.149:41822 fd:3\n2024/01/16 03:41:18 [debug] 812#812: *27 SSL server name: \"origin.example.com\"\n" +
		nginxHead + "handshake rejected while SSL handshaking" + nginxTail + "\n",
	nginxHead + "client sent invalid method while reading client request line, client: 1.2.3.4, server: , request: \"\x16\x03\x01\"\n",
	"[Mon Nov 23 11:48:14.637470 2026] [ssl:info] [pid 1:tid 2] [client 127.0.0.1:52012] AH01964: Connection to child 1 established (server a:443)\n" +
		"[Mon Nov 23 11:48:14.637470 2026] [ssl:info] [pid 1:tid 2] [client 127.0.0.1:52012] AH02008: SSL library error 1 in handshake (server a:443)\n" +
		"[Mon Nov 23 11:48:14.637488 2026] [ssl:info] [pid 1:tid 2] SSL Library Error: error:0A000412:SSL routines::sslv3 alert bad certificate (SSL alert number 42)\n" +
		"[Mon Nov 23 11:48:14.637492 2026] [ssl:info] [pid 1:tid 2] [client 127.0.0.1:52012] AH01998: Connection closed to child 1 with abortive shutdown (server a:443)\n",
	"[Mon Nov 23 11:48:14 2026] [ssl:info] [pid 1] (104)Connection reset by peer: [client 1.2.3.4:5] AH02007: SSL handshake interrupted by system\n",
	"<134>Nov 23 11:48:13 haproxy[11867]: 127.0.0.1:49264 [23/Nov/2026:11:48:13.296] fe_https/1: SSL handshake failure (error:0A0000C1:SSL routines::no shared cipher)\n",
	"2001:db8::1:5 [23/Nov/2026:11:48:13.296] fe_https/1: Timeout during SSL handshake\n",
	"2026/11/23 11:48:14 http: TLS handshake error from 127.0.0.1:39454: read tcp 127.0.0.1:9301->127.0.0.1:39454: read: connection reset by peer\n",
	"2026-11-23T12:48:14.5+01:00 web1 app[77]: http: TLS handshake error from [::1]:39454: remote error: tls: alert(200)\n",
	`time="2026-11-23T11:48:14Z" level=debug msg="http: TLS handshake error from 127.0.0.1:5: acme: host \"x\" not configured in HostWhitelist"` + "\n",
	`{"level":"debug","ts":1795434494.25,"logger":"http.stdlib","msg":"http: TLS handshake error from 127.0.0.1:5: no certificate available for 'x.example'"}` + "\n",
	`{"MESSAGE":[104,116,116,112],"__REALTIME_TIMESTAMP":"1795434494254152","_PID":"3"}` + "\n",
	`{"log":"{\"msg\":\"http: TLS handshake error from 1.1.1.1:5: EOF\"}\n","time":"2024-01-16T03:41:18.1Z"}` + "\n",
}

func fuzzWith(f *testing.F, wrap func(s string) string, seeds ...int) {
	for _, i := range seeds {
		f.Add(fuzzSeeds[i])
	}
	f.Fuzz(func(t *testing.T, s string) { checkInvariants(t, wrap(s)) })
}

func asItIs(s string) string { return s }

func FuzzNginx(f *testing.F)   { fuzzWith(f, asItIs, 0, 1, 2, 3) }
func FuzzApache(f *testing.F)  { fuzzWith(f, asItIs, 4, 5) }
func FuzzHAProxy(f *testing.F) { fuzzWith(f, asItIs, 6, 7) }
func FuzzGo(f *testing.F)      { fuzzWith(f, asItIs, 8, 9, 10) }
func FuzzJSON(f *testing.F)    { fuzzWith(f, asItIs, 11, 12, 13) }

// What stands behind a good head is what clients can write into.
func FuzzNginxMessage(f *testing.F) {
	f.Add("SSL_do_handshake() failed (SSL: error:0A000412:SSL routines::x:SSL alert number 42) while SSL handshaking, client: 1.2.3.4, server: 0.0.0.0:443")
	f.Add("recv() failed (104: x) while SSL handshaking, client: ::1, server: [::]:443, request: \"\n")
	f.Fuzz(func(t *testing.T, s string) { checkInvariants(t, nginxHead+s) })
}

// FuzzTimes: a time that is read is what its parts say.
func FuzzTimes(f *testing.F) {
	for _, s := range []string{"2024/01/16 03:41:18.123", "2026-11-23T12:48:14.5+01:00", "Nov 23 11:48:13", "23/Nov/2026:11:48:13.296", "Mon Nov 23 11:48:14.637470 2026"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := newClock(Options{Now: now})
		b := []byte(s)
		if at, resolution, _ := c.slashed(b); !at.IsZero() && (resolution == 0 || at.Year() > 9999+1) {
			t.Errorf("%q: %v to %v", s, at, resolution)
		}
		if at, _, _, ok := c.syslogTime(b); ok && at.After(now.AddDate(0, 0, 2)) {
			t.Errorf("%q is %v, after now", s, at)
		}
		c.isoTime(b)
		c.haproxyTime(b)
		c.apacheTime(b)
	})
}
