package main

import (
	"time"

	"sniwatch/pcaps/gen/play"
	"sniwatch/pcaps/gen/tlsbytes"
)

// fineSamples are connections with nothing to explain.
func fineSamples() []sample {
	s := func(file, code, never, shows string, make func(*scene)) sample {
		return sample{file: file, args: with("origin"), want: one(code), never: one(never), shows: shows, make: make}
	}
	return []sample{
		s("ok-tls12.pcap", "ok", "incomplete-capture", "a healthy connection in TLS 1.2", func(s *scene) { s.accepted12("origin", originName) }),
		s("ok-tls13.pcap", "ok", "ok-resumed", "a healthy connection in TLS 1.3: the echoed session id is no resumption", func(s *scene) { s.accepted13("origin", originName) }),
		s("ok-packed-flight.pcap", "ok", "incomplete-capture", "the server's whole flight in one record", func(s *scene) {
			t := play.TLS12(s.chain("origin"))
			t.Packed = true
			s.hello12(originName).Answer(t).Succeed()
		}),
		s("ok-server-reset.pcap", "ok", "server-closed", "the server closes with the client's close_notify unread: a RST after a perfect exchange", func(s *scene) {
			c := s.flight12("origin", originName).Finish().Exchange(420, 5000)
			c.Client.Push(c.Alert())
			c.Client.Fin()
			c.Server.Receive()
			c.Server.Reset()
		}),
		s("ok-resumed-tls12.pcap", "ok-resumed", "ok", "an abbreviated handshake: no Certificate is sent", func(s *scene) {
			c := s.call()
			t := play.TLS12(s.chain("origin"))
			t.Resumed = true
			c.Hello(tlsbytes.CloudFront12(c.Src, originName).WithTicket(c.Src, false)).Answer(t).Succeed()
		}),
		s("ok-resumed-tls13.pcap", "ok-resumed", "ok", "a handshake with a pre-shared key", func(s *scene) {
			c := s.call()
			t := play.TLS13(s.chain("origin"))
			t.Resumed = true
			c.Hello(tlsbytes.CloudFront13(c.Src, originName, tlsbytes.TLS12).WithTicket(c.Src, true)).Answer(t).Succeed()
		}),
		s("ok-resumed-not.pcap", "ok", "ok-resumed", "a ticket is offered and declined: a full handshake", func(s *scene) {
			c := s.call()
			c.Hello(tlsbytes.CloudFront12(c.Src, originName).WithTicket(c.Src, false)).Answer(play.TLS12(s.chain("origin"))).Succeed()
		}),
		s("completed-abandoned-tls12.pcap", "completed-abandoned", "ok", "the handshake ends well, the client closes without a request", func(s *scene) {
			c := s.flight12("origin", originName).Finish()
			s.Wait(3 * time.Second)
			c.CloseByClient()
		}),
		s("completed-abandoned-tls13.pcap", "completed-abandoned", "ok", "the same in TLS 1.3", func(s *scene) {
			c := s.flight13("origin", originName).Finish()
			s.Wait(3 * time.Second)
			c.CloseByClient()
		}),
		s("completed-abandoned-not.pcap", "ok", "completed-abandoned", "the server closes an idle connection after one request", func(s *scene) {
			s.flight13("origin", originName).Finish().Exchange(420, 900).ServerGoodbye()
		}),
		s("open.pcap", "open", "client-silent", "the capture ends 2 ms after the server's flight", func(s *scene) { s.flight13("origin", originName) }),
		s("open-not.pcap", "ok", "open", "the capture ends while data flows: the handshake was whole", func(s *scene) {
			s.flight12("origin", originName).Finish().Exchange(420, 9000)
		}),
		browser(),
	}
}

// browser is a client with GREASE and an encrypted ClientHello.
func browser() sample {
	return sample{file: "browser-grease-ech.pcap", args: with("www"), want: one("ok"), never: one("name-not-covered"),
		shows: "a visitor with GREASE and an encrypted ClientHello: the name that shows is the outer one", make: func(s *scene) {
			s.client = visitor
			c := s.call()
			c.Hello(tlsbytes.Browser(c.Src, wwwName)).Answer(play.TLS13(s.chain("www"))).Succeed()
		}}
}
