package main

import (
	"time"

	"sniwatch/pcaps/gen/frames"
	"sniwatch/pcaps/gen/play"
)

// incompleteSamples are captures that do not show what matters.
func incompleteSamples() []sample {
	s := func(file, shows string, make func(*scene)) sample {
		return sample{file: file, args: with(""), want: one("incomplete-capture"), shows: shows, make: make}
	}
	gap := s("incomplete-capture-gap.pcap", "the capture lost the segment with the certificate; the client got it", func(s *scene) {
		c := s.hello12(originName)
		flight := c.FlightBytes(play.TLS12(s.chain("www")))
		c.Server.MSS = 700
		c.Server.Push(flight[:700])
		s.Unseen(func() { c.Server.Push(flight[700:1400]) })
		c.Server.Push(flight[1400:])
		c.Client.Ack()
		c.Client.Reset()
	})
	gap.want, gap.warn = one("incomplete-capture|certificate-rejected"), one("capture-lost-packets")
	data := s("incomplete-capture-not.pcap", "data after the handshake was lost: what matters was seen", func(s *scene) {
		c := s.flight12("origin", originName).Finish()
		s.Unseen(func() { c.Exchange(420, 4000) })
		c.Exchange(420, 3000).Goodbye()
	})
	data.want, data.never = one("ok"), one("incomplete-capture")
	return []sample{
		s("incomplete-capture-mid-stream.pcap", "the capture began in the middle of the data", func(s *scene) {
			var c *play.Call
			s.Unseen(func() { c = s.flight12("origin", originName).Finish() })
			c.Exchange(420, 3000).Goodbye()
		}),
		s("incomplete-capture-after-hello.pcap", "the capture began with the server's flight; the client resets", func(s *scene) {
			var c *play.Call
			s.Unseen(func() { c = s.hello12(originName) })
			c.Answer(play.TLS12(s.chain("www"))).RefuseByReset()
		}),
		s("incomplete-capture-client-only.pcap", "only the client's packets were captured, and they acknowledge what was not", func(s *scene) {
			s.row6()
			s.Keep(func(f frames.Frame) bool { return f.FromClient })
		}),
		s("incomplete-capture-server-only.pcap", "only the server's packets were captured", func(s *scene) {
			s.row6()
			s.Keep(func(f frames.Frame) bool { return !f.FromClient })
		}),
		gap, data,
		s("incomplete-capture-snap96.pcap", "tcpdump -s 96: headers and a few bytes of each packet", func(s *scene) {
			s.row6()
			s.Snap(96)
		}),
	}
}

// reportSamples are for what the report says as a whole.
func reportSamples() []sample {
	s := func(file, chain, warn, shows string, make func(*scene)) sample {
		return sample{file: file, args: with(chain), want: one("ok"), warn: one(warn), shows: shows, make: make}
	}
	not := func(file, chain, never, shows string, make func(*scene)) sample {
		return sample{file: file, args: with(chain), want: one("ok"), never: one(never), shows: shows, make: make}
	}
	visitorOnly := s("no-cloudfront-traffic.pcap", "origin", "no-cloudfront-traffic", "visitors come to the origin, CloudFront does not", func(s *scene) {
		s.client = visitor
		s.accepted12("origin", originName)
	})
	old := s("server-not-reloaded.pcap", "origin-renewed", "server-not-reloaded", "the file holds a new certificate, the server still serves the expired one", func(s *scene) { s.refused12("origin-expired", originName) })
	old.want = one("certificate-expired")
	changed := s("certificate-changed.pcap", "", "certificate-changed", "one name, two certificates: the server was reloaded in between", func(s *scene) {
		s.accepted12("origin", originName)
		s.Wait(time.Minute)
		s.accepted12("origin-renewed", originName)
	})
	changed.want = times(2, "ok")
	unchanged := not("certificate-changed-not.pcap", "", "certificate-changed", "two names, two certificates", func(s *scene) {
		s.accepted12("origin", originName)
		s.Wait(time.Minute)
		s.accepted12("www", wwwName)
	})
	unchanged.want = times(2, "ok")
	lost := s("capture-lost-packets.pcap", "origin", "capture-lost-packets", "three connections; of the second, a segment of the handshake was not captured", notCaptured)
	lost.want = []string{"ok", "ok|incomplete-capture", "ok"}
	return []sample{
		visitorOnly,
		not("no-cloudfront-traffic-not.pcap", "origin", "no-cloudfront-traffic", "CloudFront comes by IPv6", func(s *scene) {
			s.client, s.server = edge6, origin6
			s.accepted13("origin", originName)
		}),
		old,
		not("server-not-reloaded-not.pcap", "origin", "server-not-reloaded", "the certificate on the wire is the file's", func(s *scene) { s.accepted12("origin", originName) }),
		changed, unchanged,
		s("chain-out-of-order.pcap", "origin-order", "chain-out-of-order", "leaf, root, intermediate: accepted all the same", func(s *scene) { s.accepted12("origin-order", originName) }),
		s("root-sent.pcap", "origin-with-root", "root-sent", "the root is sent with the chain: useless, harmless", func(s *scene) { s.accepted12("origin-with-root", originName) }),
		s("expires-soon.pcap", "origin-expires-soon", "expires-soon", "the leaf expires in three days", func(s *scene) { s.accepted12("origin-expires-soon", originName) }),
		not("expires-soon-not.pcap", "origin", "expires-soon,chain-out-of-order,root-sent", "a chain as it should be", func(s *scene) { s.accepted12("origin", originName) }),
		lost,
		not("capture-lost-packets-not.pcap", "origin", "capture-lost-packets", "a segment was lost on the way and sent again: the capture lost nothing", lostOnTheWay),
	}
}

// notCaptured plays three connections; a segment of the second arrived, and was
// not captured.
func notCaptured(s *scene) {
	s.accepted12("origin", originName)
	c := s.hello12(originName)
	flight := c.FlightBytes(play.TLS12(s.chain("origin")))
	c.Server.Push(flight[:1448])
	s.Unseen(func() { c.Server.Push(flight[1448:]) })
	c.Client.Ack()
	c.Succeed()
	s.accepted13("origin", originName)
}

// lostOnTheWay plays a connection of which a segment was lost and sent again.
func lostOnTheWay(s *scene) {
	c := s.hello12(originName)
	flight := c.FlightBytes(play.TLS12(s.chain("origin")))
	s.Unseen(func() { c.Server.Push(flight[:1448]) })
	c.Server.Push(flight[1448:])
	s.Wait(200 * time.Millisecond)
	c.Server.Resend(0, 1448)
	c.Client.Ack()
	c.Succeed()
}
