package main

import (
	"time"

	"sniwatch/pcaps/gen/play"
	"sniwatch/pcaps/gen/tlsbytes"
)

// pathSamples are the ways in which a connection fails below TLS, or by
// somebody's silence.
func pathSamples() []sample {
	all := append(unopened(), silences()...)
	for i := range all {
		if all[i].args == "" {
			all[i].args = with("origin")
		}
	}
	return append(all, clientsThatLeave()...)
}

// backoff sends something n times with doubling pauses.
func backoff(s *scene, first time.Duration, n int, send func()) {
	for i := range n {
		if i > 0 {
			s.Wait(first << (i - 1))
		}
		send()
	}
}

func unopened() []sample {
	return []sample{
		{file: "port-closed.pcap", want: times(3, "port-closed"), shows: "nobody listens: each SYN is answered by RST", make: func(s *scene) {
			for range 3 {
				c := s.prepare()
				c.Client.SYN()
				c.Server.RefuseSYN()
				s.Wait(time.Second)
			}
		}},
		{file: "port-closed-icmp.pcap", want: one("port-closed"), shows: "a firewall rejects the SYN with ICMP port unreachable", make: func(s *scene) {
			c := s.prepare()
			c.Client.SYN()
			c.Server.Unreachable()
		}},
		{file: "port-closed-not.pcap", want: one("client-left-early"), never: one("port-closed"), shows: "a scanner resets the connection that was just opened", make: func(s *scene) {
			s.client = scanner
			c := s.prepare()
			c.Client.SYN()
			c.Server.SYN()
			c.Client.ResetBare()
		}},
		{file: "syn-unanswered.pcap", want: one("syn-unanswered"), shows: "the SYN is sent four times, the host never answers", make: func(s *scene) {
			c := s.prepare()
			backoff(s, time.Second, 4, c.Client.SYN)
		}},
		{file: "syn-unanswered-not.pcap", want: one("ok"), never: one("syn-unanswered"), shows: "the third SYN is answered", make: func(s *scene) {
			c := s.prepare()
			backoff(s, time.Second, 3, c.Client.SYN)
			c.Server.SYN()
			c.Client.Ack()
			c.Hello(tlsbytes.CloudFront12(c.Src, originName)).Answer(play.TLS12(s.chain("origin"))).Succeed()
		}},
		{file: "synack-unanswered.pcap", want: one("synack-unanswered"), shows: "the SYN-ACK is sent five times, no ACK comes", make: func(s *scene) {
			c := s.prepare()
			c.Client.SYN()
			backoff(s, time.Second, 5, c.Server.SYN)
		}},
		{file: "synack-unanswered-not.pcap", want: one("ok"), never: one("synack-unanswered"), shows: "the second SYN-ACK arrives", make: func(s *scene) {
			c := s.prepare()
			c.Client.SYN()
			backoff(s, time.Second, 2, c.Server.SYN)
			c.Client.Ack()
			c.Hello(tlsbytes.CloudFront12(c.Src, originName)).Answer(play.TLS12(s.chain("origin"))).Succeed()
		}},
	}
}

func silences() []sample {
	return []sample{
		{file: "server-silent.pcap", want: one("server-silent"), shows: "the ClientHello is acknowledged and never answered: a hung process", make: func(s *scene) {
			c := s.hello12(originName)
			c.Trace.Wait(10 * time.Second)
			c.Client.Fin()
			c.Server.Ack()
		}},
		{file: "server-silent-unacknowledged.pcap", want: one("server-silent"), shows: "the ClientHello is repeated and not even acknowledged", make: func(s *scene) {
			c := s.call()
			c.Client.Push(tlsbytes.CloudFront12(c.Src, originName).Bytes())
			s.Wait(200 * time.Millisecond)
			backoff(s, 400*time.Millisecond, 5, func() { c.Client.Resend(0, c.Client.Sent()) })
			s.Wait(2 * time.Second)
			c.Client.Reset()
		}},
		{file: "server-silent-not.pcap", want: one("ok"), never: one("server-silent"), shows: "a slow server: it answers after 8 s", make: func(s *scene) {
			c := s.hello12(originName)
			flight := c.FlightBytes(play.TLS12(s.chain("origin")))
			c.Trace.Wait(8 * time.Second)
			c.Server.Send(flight)
			c.Succeed()
		}},
		{file: "server-flight-lost-tls12.pcap", want: one("server-flight-lost"), shows: "full segments of the server's flight never arrive: path MTU", make: func(s *scene) {
			c := s.hello12(originName)
			c.Server.Push(c.FlightBytes(play.TLS12(s.chain("origin"))))
			lost(s, c, 0)
		}},
		{file: "server-flight-lost-tls13.pcap", want: one("server-flight-lost"), shows: "the HelloRetryRequest of 99 bytes arrives, the full segments of the flight do not", make: func(s *scene) {
			c := s.hello13(originName).Retry(tlsbytes.AES128GCM13)
			from := c.Server.Sent()
			c.Server.Push(c.FlightBytes(play.TLS13(s.chain("origin"))))
			lost(s, c, from)
		}},
		{file: "server-flight-lost-not.pcap", want: one("ok"), never: one("server-flight-lost"), shows: "a lost segment is sent again and arrives", make: func(s *scene) {
			c := s.hello12(originName)
			flight := c.FlightBytes(play.TLS12(s.chain("origin")))
			c.Server.Push(flight)
			s.Wait(210 * time.Millisecond)
			c.Server.Resend(0, 1448)
			c.Client.Ack()
			c.Succeed()
		}},
		{file: "client-silent.pcap", want: one("client-silent"), shows: "the flight is acknowledged, then nothing comes until the server's timeout of 60 s", make: func(s *scene) {
			c := s.flight12("origin", originName)
			s.Wait(60 * time.Second)
			c.Server.Fin()
			c.Client.Ack()
		}},
		{file: "client-silent-not.pcap", want: one("ok"), never: one("client-silent"), shows: "a slow client: it goes on after 9 s", make: func(s *scene) {
			c := s.flight12("origin", originName)
			s.Wait(9 * time.Second)
			c.Client.Ack()
			c.Succeed()
		}},
	}
}

// lost repeats the server's first full segment until the client gives up.
func lost(s *scene, c *play.Call, from int) {
	s.Wait(210 * time.Millisecond)
	backoff(s, 420*time.Millisecond, 5, func() { c.Server.Resend(from, from+1448) })
	s.Wait(2200 * time.Millisecond)
	c.Client.Reset()
}

func clientsThatLeave() []sample {
	s := func(file, code, shows string, make func(*scene)) sample {
		return sample{file: file, args: with("origin"), want: one(code), shows: shows, make: make}
	}
	half := s("client-left-early-half-hello.pcap", "client-left-early", "half a ClientHello, then a reset", func(s *scene) {
		c := s.call()
		c.Client.Send(tlsbytes.CloudFront12(c.Src, originName).Bytes()[:90])
		s.Wait(40 * time.Millisecond)
		c.Client.Reset()
	})
	left := s("client-left-early-not.pcap", "name-not-covered", "the reset comes 1.1 ms after the server's flight, not before it", func(s *scene) { s.row6() })
	left.never, left.args = one("client-left-early"), with("www")
	ssl2 := s("client-not-tls-not.pcap", "ok", "a hello in the format of SSL 2.0 is TLS", func(s *scene) {
		s.client = visitor
		c := s.call()
		t := play.TLS12(s.chain("origin"))
		t.Version, t.Suite, t.Unnamed = tlsbytes.TLS10, tlsbytes.RSAAES128SHA, true
		c.Client.Send(tlsbytes.SSL2Hello(c.Src))
		c.Answer(t).Succeed()
	})
	ssl2.never = one("client-not-tls")
	return []sample{
		s("client-left-early-before-hello.pcap", "client-left-early", "opened and closed without a word: a health check of TCP", func(s *scene) {
			c := s.call()
			s.Wait(300 * time.Millisecond)
			c.CloseByClient()
		}),
		half,
		s("client-left-early-after-hello.pcap", "client-left-early", "the client resets before the server has answered its hello", func(s *scene) {
			c := s.hello13(originName)
			s.Wait(300 * time.Microsecond)
			c.Client.Reset()
		}),
		left,
		s("client-not-tls.pcap", "client-not-tls", "a client speaks plain HTTP to port 443 and gets HTTP back", func(s *scene) {
			s.client = visitor
			c := s.call()
			c.Client.Send([]byte("GET / HTTP/1.1\r\nHost: origin.example.com\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\r\n"))
			c.Server.Send([]byte(httpBadRequest))
			c.CloseByServer()
		}),
		s("client-not-tls-ssh.pcap", "client-not-tls", "a scanner greets port 443 as an SSH server", func(s *scene) {
			s.client = scanner
			c := s.call()
			c.Client.Send([]byte("SSH-2.0-Go\r\n"))
			c.CloseByServer()
		}),
		ssl2,
	}
}
