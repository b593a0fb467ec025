package main

import (
	"time"

	"sniwatch/pcaps/gen/play"
	"sniwatch/pcaps/gen/tlsbytes"
)

const httpBadRequest = "HTTP/1.1 400 Bad Request\r\nServer: nginx/1.22.1\r\nDate: Tue, 16 Jan 2024 03:41:10 GMT\r\nContent-Type: text/html\r\nContent-Length: 56\r\nConnection: close\r\n\r\n" +
	"<html><head><title>400 Bad Request</title></head></html>"

// serverSamples are the ways in which the origin refuses a ClientHello.
func serverSamples() []sample {
	return append(serverAlerts(), serverCounterparts()...)
}

// asks plays a connection in which the server asks for a client certificate
// and gets none.
func asks(s *scene, alert byte) {
	c := s.hello12(originName)
	t := play.TLS12(s.chain("origin"))
	t.AskForCert = true
	c.Answer(t).ClientFinish()
	c.Server.Push(tlsbytes.Alert(tlsbytes.TLS12, tlsbytes.Fatal, alert))
	c.Client.Receive()
	c.CloseByServer()
}

func serverAlerts() []sample {
	alert := func(file, code, shows string, make func(*scene)) sample {
		return sample{file: file, args: with("origin"), want: one(code), shows: shows, make: make}
	}
	return []sample{
		alert("sni-refused-112.pcap", "sni-refused", "nginx with ssl_reject_handshake: alert 112, the name is that of the distribution", func(s *scene) { s.hello12(cfName).ServerAlert(112) }),
		alert("sni-refused-112-tls13.pcap", "sni-refused", "the same answer to a hello of TLS 1.3", func(s *scene) { s.hello13(cfName).ServerAlert(112) }),
		alert("sni-refused-80.pcap", "sni-refused", "Caddy and Go without a certificate for the name: alert 80", func(s *scene) { s.hello13(cfName).ServerAlert(80) }),
		alert("no-shared-cipher.pcap", "no-shared-cipher", "no common cipher suite: alert 40", func(s *scene) { s.hello12(originName).ServerAlert(40) }),
		alert("no-shared-group.pcap", "no-shared-group|no-shared-cipher", "alert 40 to a hello of TLS 1.3 alone, whose three suites every server has: no common group", func(s *scene) {
			c := s.call()
			h := tlsbytes.CloudFront13(c.Src, originName, tlsbytes.TLS13)
			h.CipherSuites = h.CipherSuites[:3]
			c.Hello(h).ServerAlert(40)
		}),
		alert("no-shared-version.pcap", "no-shared-version", "a server of TLS 1.3 alone and a hello of TLS 1.2: alert 70", func(s *scene) { s.hello12(originName).ServerAlert(70) }),
		alert("no-shared-version-by-client.pcap", "no-shared-version", "the server chooses TLS 1.0, the client refuses it with alert 70", func(s *scene) {
			t := play.TLS12(s.chain("origin"))
			t.Version, t.Suite = tlsbytes.TLS10, tlsbytes.RSAAES128SHA
			s.hello12(originName).Answer(t).RefuseByAlert(70)
		}),
		alert("no-shared-alpn.pcap", "no-shared-alpn", "the server speaks HTTP/2 only: alert 120", func(s *scene) {
			c := s.call()
			c.Hello(tlsbytes.CloudFront13(c.Src, originName, tlsbytes.TLS12).With(tlsbytes.ALPN("http/1.1"))).ServerAlert(120)
		}),
		alert("client-certificate-required-116.pcap", "client-certificate-required", "the server wants a client certificate: alert 116", func(s *scene) { asks(s, 116) }),
		alert("client-certificate-required.pcap", "client-certificate-required", "CertificateRequest, an empty Certificate, then alert 40", func(s *scene) { asks(s, 40) }),
		alert("not-tls.pcap", "not-tls", "port 443 speaks plain HTTP", func(s *scene) {
			c := s.hello12(originName)
			c.Server.Send([]byte(httpBadRequest))
			c.CloseByServer()
		}),
		alert("server-closed-fin.pcap", "server-closed", "the server closes after the ClientHello without a word, as nginx's return 444 does", func(s *scene) {
			c := s.hello12(originName)
			c.Trace.Wait(2 * time.Millisecond)
			c.CloseByServer()
		}),
		alert("server-closed-rst.pcap", "server-closed", "the server's process dies: RST after the ClientHello", func(s *scene) {
			c := s.hello13(originName)
			c.Trace.Wait(80 * time.Millisecond)
			c.Server.Reset()
		}),
		alert("server-closed-in-flight.pcap", "server-closed", "the server's process dies between ServerHello and Certificate", func(s *scene) {
			c := s.hello12(originName)
			c.Server.Send(c.FlightBytes(play.TLS12(s.chain("origin")))[:1448])
			c.Trace.Wait(80 * time.Millisecond)
			c.Server.Reset()
		}),
	}
}

// serverCounterparts look like refusals of the server and are none, or another.
func serverCounterparts() []sample {
	fine := func(file, never, shows string, make func(*scene)) sample {
		return sample{file: file, args: with("origin"), want: one("ok"), never: one(never), shows: shows, make: make}
	}
	return []sample{
		fine("sni-refused-not.pcap", "sni-refused", "a warning unrecognized_name before the ServerHello stops nobody", func(s *scene) {
			c := s.hello12(originName)
			t := play.TLS12(s.chain("origin"))
			t.Unnamed = true
			c.Server.Send(tlsbytes.Alert(tlsbytes.TLS12, tlsbytes.Warning, 112))
			c.Answer(t).Succeed()
		}),
		fine("no-shared-cipher-not.pcap", "no-shared-cipher", "a CBC suite is all that both have, and enough", func(s *scene) {
			t := play.TLS12(s.chain("origin"))
			t.Suite = tlsbytes.ECDHERSACBC
			s.hello12(originName).Answer(t).Succeed()
		}),
		fine("no-shared-group-not.pcap", "no-shared-group", "the server wants x25519: HelloRetryRequest, a second hello, one handshake", func(s *scene) {
			s.hello13(originName).Retry(tlsbytes.AES128GCM13).Answer(play.TLS13(s.chain("origin"))).Succeed()
		}),
		fine("no-shared-version-not.pcap", "no-shared-version", "TLS 1.0 on both sides, with RSA key exchange", func(s *scene) {
			c := s.call()
			t := play.TLS12(s.chain("origin"))
			t.Version, t.Suite = tlsbytes.TLS10, tlsbytes.RSAAES128SHA
			c.Hello(tlsbytes.TLS10Hello(c.Src, originName)).Answer(t).Succeed()
		}),
		fine("no-shared-alpn-not.pcap", "no-shared-alpn", "ALPN offered and agreed", func(s *scene) {
			c := s.call()
			t := play.TLS12(s.chain("origin"))
			t.ALPN = "http/1.1"
			c.Hello(tlsbytes.CloudFront12(c.Src, originName).With(tlsbytes.ALPN("http/1.1"))).Answer(t).Succeed()
		}),
		fine("client-certificate-required-not.pcap", "client-certificate-required", "a client certificate was asked for, none was sent, and it was enough", func(s *scene) {
			t := play.TLS12(s.chain("origin"))
			t.AskForCert = true
			s.hello12(originName).Answer(t).Succeed()
		}),
		fine("client-certificate-required-not-tls13.pcap", "client-certificate-required", "the same in TLS 1.3, where the question is encrypted", func(s *scene) {
			t := play.TLS13(s.chain("origin"))
			t.AskForCert = true
			s.hello13(originName).Answer(t).Succeed()
		}),
		fine("not-tls-not.pcap", "not-tls", "HTTP's 400 inside TLS is not the TLS port's business", func(s *scene) {
			s.flight12("origin", originName).Finish().Exchange(420, len(httpBadRequest)).ServerGoodbye()
		}),
		{file: "server-closed-not.pcap", args: with("origin"), want: one("no-shared-cipher"), never: one("server-closed"), shows: "the server closes too, but first it says why",
			make: func(s *scene) { s.hello12(originName).ServerAlert(40) }},
	}
}
