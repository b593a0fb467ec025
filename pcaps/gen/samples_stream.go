package main

import (
	"net/netip"
	"time"

	"sniwatch/pcaps/gen/play"
	"sniwatch/pcaps/gen/tlsbytes"
)

// streamSamples are the article's case, or a healthy connection, whose segments
// and records do not come as in the book. The diagnosis is the same.
func streamSamples() []sample {
	all := append(splitHellos(), troubledStreams()...)
	return append(all, manyStreams()...)
}

func refusal(file, shows string, make func(*scene)) sample {
	return sample{file: file, args: with("www"), want: one("name-not-covered"), never: one("incomplete-capture"), shows: shows, make: make}
}

// spoken plays a connection whose hello is sent by say.
func spoken(s *scene, h func(*play.Call) tlsbytes.ClientHello, t play.Terms, say func(c *play.Call, hello tlsbytes.ClientHello)) *play.Call {
	c := s.call()
	hello := h(c)
	c.Said(hello)
	c.Trace.Wait(time.Millisecond)
	say(c, hello)
	return c.Answer(t)
}

func splitHellos() []sample {
	pq := func(c *play.Call) tlsbytes.ClientHello { return tlsbytes.CloudFrontPQ(c.Src, originName) }
	classic := func(c *play.Call) tlsbytes.ClientHello { return tlsbytes.CloudFront12(c.Src, originName) }
	return []sample{
		refusal("hello-two-segments.pcap", "a post-quantum hello takes two segments", func(s *scene) {
			spoken(s, pq, play.TLS13(s.chain("www")), func(c *play.Call, h tlsbytes.ClientHello) { c.Client.Send(h.Bytes()) }).RefuseByReset()
		}),
		refusal("hello-two-segments-out-of-order.pcap", "the second segment of the hello comes first", func(s *scene) {
			spoken(s, pq, play.TLS13(s.chain("www")), func(c *play.Call, h tlsbytes.ClientHello) {
				s.Reorder(func() { c.Client.Push(h.Bytes()) }, 1, 0)
				c.Server.Ack()
			}).RefuseByReset()
		}),
		refusal("hello-tiny-segments.pcap", "the hello comes in segments of 7 bytes", func(s *scene) {
			spoken(s, classic, play.TLS12(s.chain("www")), func(c *play.Call, h tlsbytes.ClientHello) {
				c.Client.MSS = 7
				c.Client.Push(h.Bytes())
				c.Server.Ack()
			}).RefuseByReset()
		}),
		refusal("hello-tiny-records.pcap", "the hello is cut into TLS records of 9 bytes", func(s *scene) {
			spoken(s, classic, play.TLS12(s.chain("www")), func(c *play.Call, h tlsbytes.ClientHello) {
				c.Client.Send(tlsbytes.Records(tlsbytes.HandshakeRecord, tlsbytes.TLS10, h.Message(), 9))
			}).RefuseByReset()
		}),
		refusal("hello-retransmitted.pcap", "the hello is sent twice: its acknowledgement was lost", func(s *scene) {
			spoken(s, classic, play.TLS12(s.chain("www")), func(c *play.Call, h tlsbytes.ClientHello) {
				c.Client.Push(h.Bytes())
				s.Wait(200 * time.Millisecond)
				c.Client.Resend(0, c.Client.Sent())
				c.Server.Ack()
			}).RefuseByReset()
		}),
		refusal("hello-overlapping.pcap", "segments of the hello overlap, with the same bytes", func(s *scene) {
			spoken(s, classic, play.TLS12(s.chain("www")), func(c *play.Call, h tlsbytes.ClientHello) {
				b := h.Bytes()
				c.Client.Push(b[:100])
				c.Client.Overlap(40, b[40:130])
				c.Client.Push(b[100:])
				c.Server.Ack()
			}).RefuseByReset()
		}),
		refusal("hello-retry.pcap", "HelloRetryRequest, a second hello, then the reset", func(s *scene) {
			s.hello13(originName).Retry(tlsbytes.AES128GCM13).Answer(play.TLS13(s.chain("www"))).RefuseByReset()
		}),
		{file: "hello-without-sni.pcap", args: with("origin"), want: one("ok"), never: one("name-not-covered"), shows: "a monitor that sends no server name", make: func(s *scene) {
			s.client = visitor
			c := s.call()
			t := play.TLS12(s.chain("origin"))
			t.Unnamed = true
			c.Hello(tlsbytes.OpenSSL(c.Src, "").WithoutSNI()).Answer(t).Succeed()
		}},
	}
}

func troubledStreams() []sample {
	return []sample{
		refusal("flight-out-of-order.pcap", "the server's segments come in the wrong order", func(s *scene) {
			c := s.hello12(originName)
			flight := c.FlightBytes(play.TLS12(s.chain("www")))
			s.Reorder(func() { c.Server.Push(flight) }, 1, 0)
			c.Client.Ack()
			c.RefuseByReset()
		}),
		refusal("flight-duplicated.pcap", "each packet was captured twice, as by a mirror port", func(s *scene) {
			s.row6()
			frames := s.Frames
			s.Frames = nil
			for _, f := range frames {
				s.Frames = append(s.Frames, f, f)
			}
		}),
		refusal("flight-tiny-records.pcap", "the server's messages are cut into records of 64 bytes", func(s *scene) {
			c := s.hello12(originName)
			t := play.TLS12(s.chain("www"))
			t.Packed = true
			whole := c.FlightBytes(t)
			s.Wait(time.Millisecond)
			c.Server.Send(tlsbytes.Records(tlsbytes.HandshakeRecord, tlsbytes.TLS12, whole[5:], 64))
			c.RefuseByReset()
		}),
		refusal("sequence-wrap.pcap", "the sequence numbers of both sides wrap within the handshake", func(s *scene) {
			c := s.prepare()
			c.Conversation = s.Conversation(s.next(), s.server, 0xffffffb0, 0xfffffc00)
			c.Open()
			c.Hello(tlsbytes.CloudFront12(c.Src, originName)).Answer(play.TLS12(s.chain("www"))).RefuseByReset()
		}),
		refusal("keep-alive.pcap", "TCP keep-alive probes between the flight and a late reset", func(s *scene) {
			c := s.flight12("www", originName)
			for range 3 {
				s.Wait(2 * time.Second)
				c.Server.KeepAlive()
				c.Client.Ack()
			}
			s.Wait(time.Second)
			c.Client.Reset()
		}),
		refusal("gro.pcap", "frames of up to 64 KB, as the kernel puts them together", func(s *scene) {
			c := s.call()
			c.Client.MSS, c.Server.MSS = 64000, 64000
			c.Hello(tlsbytes.CloudFront12(c.Src, originName)).Answer(play.TLS12(s.chain("www"))).RefuseByReset()
		}),
		refusal("plain-tcp.pcap", "a TCP without any options", func(s *scene) {
			c := s.prepare()
			c.PlainTCP()
			c.Open()
			c.Hello(tlsbytes.CloudFront12(c.Src, originName)).Answer(play.TLS12(s.chain("www"))).RefuseByReset()
		}),
	}
}

func manyStreams() []sample {
	reuse := refusal("port-reuse.pcap", "two connections on the same addresses and ports: one refused, one accepted", func(s *scene) {
		s.row6()
		s.Wait(2 * time.Second)
		s.port -= 2
		s.accepted12("both", originName)
	})
	reuse.want, reuse.args = []string{"name-not-covered", "ok"}, with("")
	mixed := sample{file: "many.pcap", args: with("www"), want: append(append(times(12, "name-not-covered"), times(6, "ok")...), times(2, "client-left-early")...),
		shows: "twenty connections: twelve refused, six with the name www accepted, two scans", never: one("incomplete-capture"), make: func(s *scene) {
			for i := range 20 {
				s.Wait(700 * time.Millisecond)
				switch {
				case i < 12:
					s.client = edge1
					if i%3 == 2 {
						s.client = edge3
					}
					s.row6()
				case i < 18:
					s.client = edge2
					s.accepted12("www", wwwName)
				default:
					s.client = scanner
					c := s.call()
					c.CloseByClient()
				}
			}
		}}
	port := refusal("port-8443.pcap", "TLS on another port", func(s *scene) {
		s.server = netip.AddrPortFrom(s.server.Addr(), 8443)
		s.row6()
	})
	return []sample{reuse, mixed, port}
}
