//go:build linux

package main

import (
	"slices"
	"strings"
	"testing"
)

// TestClassify: lines as the servers write them, and what they stand for.
func TestClassify(t *testing.T) {
	const nginxTail = " while SSL handshaking, client: 130.176.135.149, server: 0.0.0.0:443"
	for _, tt := range []struct {
		name  string
		reads func(string) []remark
		log   string
		want  []string
	}{
		{"the article's line", classifyNginx, "2026/11/23 17:56:25 [info] 2#2: *1 peer closed connection in SSL handshake (104: Connection reset by peer)" + nginxTail, []string{logReset}},
		{"without errno", classifyNginx, "2026/11/23 17:56:25 [info] 2#2: *1 peer closed connection in SSL handshake" + nginxTail, []string{logClosed}},
		{"an alert", classifyNginx, "2026/11/23 18:02:21 [info] 2#2: *1 SSL_do_handshake() failed (SSL: error:0A000412:SSL routines::sslv3 alert bad certificate:SSL alert number 42)" + nginxTail, []string{"alert 42"}},
		{"nginx is the client there", classifyNginx, "peer closed connection in SSL handshake (104: Connection reset by peer) while SSL handshaking to upstream, client: 127.0.0.1", nil},
		{"a name", classifyNginx, "2026/11/23 18:02:12 [info] 2#2: *1 handshake rejected" + nginxTail, []string{logName}},
		{"nothing about TLS", classifyNginx, "2026/11/23 18:02:12 [notice] 2#2: start worker processes", nil},
		{"a reset in Apache", classifyApache, "[ssl:info] [pid 2:tid 9] [client 130.176.135.149:30001] AH01964: Connection to child 0 established (server origin.example.com:443)\n" +
			"[ssl:info] [pid 2:tid 9] [client 130.176.135.149:30001] AH01998: Connection closed to child 0 with abortive shutdown (server origin.example.com:443)", []string{logReset}},
		{"an orderly end in Apache", classifyApache, "[ssl:info] [pid 2:tid 9] [client 130.176.135.149:30001] AH01998: Connection closed to child 0 with standard shutdown (server origin.example.com:443)", nil},
		{"a reason in Apache, in a line of its own", classifyApache, "[ssl:info] [pid 2:tid 9] [client 130.176.135.149:30001] AH02008: SSL library error 1 in handshake (server origin.example.com:443)\n" +
			"[ssl:info] [pid 2:tid 9] SSL Library Error: error:0A0000C1:SSL routines::no shared cipher -- Too restrictive SSLCipherSuite\n" +
			"[ssl:info] [pid 2:tid 9] [client 130.176.135.149:30001] AH01998: Connection closed to child 0 with abortive shutdown (server origin.example.com:443)", []string{logCipher}},
		{"HAProxy", classifyHAProxy, "130.176.135.149:30001 [23/Nov/2026:18:08:17.263] lab/1: SSL handshake failure", []string{logHandshake}},
		{"Go", classifyGo, "2026/11/23 18:08:17 http: TLS handshake error from 130.176.135.149:30001: read tcp 10.0.0.10:443->130.176.135.149:30001: read: connection reset by peer", []string{logReset}},
		{"Go, of another connection", classifyGo, "2026/11/23 18:08:17 http: Accept error: connection reset by peer", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, r := range tt.reads(tt.log + "\n") {
				got = append(got, r.class)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// FuzzClassify: a log holds what clients have sent. No reading may fail, or make
// more remarks than there are lines.
func FuzzClassify(f *testing.F) {
	f.Add("peer closed connection in SSL handshake (104: Connection reset by peer)\n")
	f.Add("SSL alert number ")
	f.Add("[client ] AH02008\n[client ]]] AH01998 abortive\n\xff\x00\x1b")
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Count(text, "\n") + 1
		for _, reads := range []func(string) []remark{classifyNginx, classifyApache, classifyHAProxy, classifyGo} {
			if got := reads(text); len(got) > lines {
				t.Errorf("%d remarks about %d lines", len(got), lines)
			}
		}
	})
}
