package main

import (
	"fmt"
	"net/netip"
	"time"

	"sniwatch/pcaps/gen/play"
)

// articleSamples are the eight rows of CloudFront's rule of names, in TLS 1.2
// and TLS 1.3, and the article's case as it looks on a host: 27 connections.
func articleSamples() []sample {
	all := []sample{{
		file: "article.pcap", args: with("www") + " --viewer-domain www.example.com --forward-host=no", want: times(27, "name-not-covered"),
		shows: "the article: 27 connections from five CloudFront addresses, each reset right after the certificate for another name", make: article,
	}}
	for i, r := range []struct {
		viewer, chain string
		forwarded     bool
		sni           string
		accepted      bool
	}{
		{wwwName, "origin", true, wwwName, true},
		{wwwName, "origin", false, originName, true},
		{cfName, "origin", true, cfName, true},
		{cfName, "origin", false, originName, true},
		{wwwName, "www", true, wwwName, true},
		{wwwName, "www", false, originName, false},
		{cfName, "www", true, cfName, false},
		{cfName, "www", false, originName, false},
	} {
		for _, version := range []string{"12", "13"} {
			host, outcome := "not forwarded", "accepted"
			flag := " --forward-host=no"
			if r.forwarded {
				host, flag = "forwarded", " --forward-host=yes"
			}
			s := sample{file: fmt.Sprintf("row%d-tls%s.pcap", i+1, version), args: with(r.chain) + " --viewer-domain " + r.viewer + flag, want: one("ok")}
			if r.accepted {
				s.never = one("name-not-covered")
			} else {
				s.want, outcome = one("name-not-covered"), "refused"
			}
			s.shows = fmt.Sprintf("row %d in TLS 1.%c: viewers use %s, certificate for %s.example.com, Host %s, SNI %s: %s", i+1, version[1], r.viewer, r.chain, host, r.sni, outcome)
			s.make = func(s *scene) {
				flight := s.flight12
				if version == "13" {
					flight = s.flight13
				}
				if c := flight(r.chain, r.sni); r.accepted {
					c.Succeed()
				} else {
					c.RefuseByReset()
				}
			}
			all = append(all, s)
		}
	}
	return all
}

// article plays 27 connections between 03:41:10 and 03:42:55 UTC. The third is
// the one of the article: 03:41:18, 130.176.135.149:34512.
func article(s *scene) {
	begin := story
	addresses := []string{"130.176.135.149", "130.176.135.150", "130.176.135.84", "64.252.114.216", "64.252.114.201"}
	offset := 0 * time.Millisecond
	ports := [...]uint16{41822, 6318, 34512, 51094, 22380}
	src := play.Prepare(s.Trace, s.next(), s.server).Src
	for i := range 27 {
		who := i * 7 % len(addresses)
		if i == 2 {
			who, offset = 0, 8004*time.Millisecond+400*time.Microsecond
		}
		s.WaitUntil(begin.Add(offset))
		s.client, s.port = netip.MustParseAddr(addresses[who]), ports[i%len(ports)]+uint16(i/len(ports))*1031
		s.row6()
		offset += 3500*time.Millisecond + time.Duration(src.Uint32()%1_050_000)*time.Microsecond
	}
}
