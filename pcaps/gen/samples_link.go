package main

import (
	"net/netip"

	"sniwatch/pcaps/gen/frames"
)

// linkSamples are the article's case in the frames of other links and tunnels.
func linkSamples() []sample {
	on := func(file string, link frames.Link, shows string) sample {
		s := refusal(file, shows, (*scene).row6)
		s.link = &link
		return s
	}
	v6 := func(s *scene) {
		s.client, s.server = edge6, origin6
		s.row6()
	}
	options := refusal("ipv4-options.pcap", "IPv4 headers with options", func(s *scene) {
		s.IPExtra([]byte{0x94, 4, 0, 0}) // router alert
		s.row6()
	})
	hops := refusal("ipv6-hop-by-hop.pcap", "IPv6 with a hop-by-hop header before TCP", func(s *scene) {
		s.IPExtra([]byte{6, 0, 1, 4, 0, 0, 0, 0}) // PadN
		v6(s)
	})
	sll2v6 := refusal("link-sll2-ipv6.pcap", "tcpdump -i any of today, IPv6", v6)
	sll2v6.link = &frames.SLL2
	cut := on("link-vxlan-truncated.pcap", frames.VXLAN(256), "AWS traffic mirroring that keeps 256 bytes of each frame: the hello is whole, the certificate is not")
	cut.want, cut.never = one("name-not-covered|incomplete-capture"), nil
	return []sample{
		refusal("ipv6.pcap", "CloudFront comes by IPv6", v6),
		options, hops,
		on("link-vlan.pcap", frames.VLAN(100), "Ethernet with an 802.1Q tag"),
		on("link-qinq.pcap", frames.VLAN(7, 100), "Ethernet with two tags"),
		on("link-sll.pcap", frames.SLL, "tcpdump -i any of older days"),
		on("link-sll2.pcap", frames.SLL2, "tcpdump -i any of today"),
		sll2v6,
		on("link-null.pcap", frames.Loopback, "BSD's loopback"),
		on("link-raw.pcap", frames.Raw, "IP packets without link header"),
		on("link-vxlan.pcap", frames.VXLAN(0), "AWS traffic mirroring: VXLAN"),
		cut,
		on("link-gre.pcap", frames.GRE, "GRE with a key"),
		on("link-geneve.pcap", frames.Geneve, "Geneve with an option, as a gateway load balancer sends it"),
	}
}

// fileSamples are the forms of capture files.
func fileSamples() []sample {
	as := func(file, shows string, write func([]frames.Frame) ([]byte, error)) sample {
		s := refusal(file, shows, (*scene).row6)
		s.write = write
		return s
	}
	form := func(f frames.PcapForm) func([]frames.Frame) ([]byte, error) {
		return func(all []frames.Frame) ([]byte, error) { return frames.Pcap(all, f) }
	}
	ng := func(f frames.NgForm) func([]frames.Frame) ([]byte, error) {
		return func(all []frames.Frame) ([]byte, error) { return frames.Pcapng(all, f), nil }
	}
	mixed := refusal("file-mixed-links.pcapng", "three interfaces of different link types in one file", func(s *scene) {
		for _, link := range []frames.Link{frames.Ethernet, frames.SLL2, frames.Raw} {
			s.Link = link
			s.row6()
		}
	})
	mixed.want = times(3, "name-not-covered")
	sections := as("file-two-sections.pcapng", "two sections, the second in big-endian order with nanoseconds", func(all []frames.Frame) ([]byte, error) {
		return append(frames.Pcapng(all[:6], frames.NgForm{}), frames.Pcapng(all[6:], frames.NgForm{BigEndian: true, Nano: true})...), nil
	})
	noise := refusal("file-other-traffic.pcap", "DNS and UDP fragments beside the connection", func(s *scene) {
		resolver, host := netip.MustParseAddrPort("10.0.0.2:53"), netip.MustParseAddrPort("10.0.0.10:40001")
		s.Datagram(resolver, host, []byte("\x12\x34\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x03com\x00\x00\x01\x00\x01"))
		s.row6()
		s.Fragments(resolver, host, make([]byte, 2400))
	})
	return []sample{
		as("file-big-endian-ns.pcap", "pcap in big-endian order with nanoseconds", form(frames.PcapForm{BigEndian: true, Nano: true})),
		as("file-ns.pcap", "pcap with nanoseconds", form(frames.PcapForm{Nano: true})),
		as("file-modified.pcap", "Kuznetzov's modified pcap", form(frames.PcapForm{Modified: true})),
		as("file-pcapng.pcapng", "pcapng with microseconds", ng(frames.NgForm{})),
		as("file-ns.pcapng", "pcapng with nanoseconds", ng(frames.NgForm{Nano: true})),
		as("file-big-endian.pcapng", "pcapng in big-endian order", ng(frames.NgForm{BigEndian: true})),
		as("file-simple-packets.pcapng", "pcapng with Simple Packet Blocks, which have no time", ng(frames.NgForm{Simple: true})),
		mixed, sections, noise,
		as("file-gzip.pcap.gz", "compressed with gzip", func(all []frames.Frame) ([]byte, error) {
			b, err := frames.Pcap(all, frames.PcapForm{})
			if err != nil {
				return nil, err
			}
			return frames.Gzip(b)
		}),
		as("file-zstd.pcap.zst", "compressed with Zstandard", func(all []frames.Frame) ([]byte, error) {
			b, err := frames.Pcap(all, frames.PcapForm{})
			return frames.Zstd(b), err
		}),
	}
}
