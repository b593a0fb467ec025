package report

import (
	"net/netip"
	"time"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/tlswire"
	"sniwatch/capture"
)

// at gives a time on the day of the samples.
func at(clock string) capture.Timestamp {
	t, err := time.Parse(time.RFC3339Nano, "2024-01-16T"+clock+"Z")
	if err != nil {
		panic(err)
	}
	return capture.Timestamp(t.UnixNano())
}

// day gives midnight of a date.
func day(date string) time.Time {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err)
	}
	return t
}

// refused makes a connection whose client went after the certificate.
func refused(client, name, clock string, packet int) *analyze.Connection {
	start := at(clock)
	c := &analyze.Connection{
		File:        "row6.pcap",
		Client:      netip.MustParseAddrPort(client),
		Server:      netip.MustParseAddrPort("10.0.0.10:443"),
		Edge:        edge.Match{Network: edge.CloudFront, Prefix: netip.MustParsePrefix("130.176.128.0/21"), Service: edge.ServiceOriginFacing},
		Start:       start,
		Last:        start + 3_100_000,
		FirstPacket: packet,
		LastPacket:  packet + 9,
		Packets:     10,
		ClientHello: &analyze.ClientHello{
			ClientHello: tlswire.ClientHello{ServerName: name, ServerNameState: tlswire.Present, LegacyVersion: tlswire.TLS12},
			Packet:      packet + 3, Count: 1,
		},
		End: analyze.End{How: analyze.Reset, By: analyze.FromClient, Packet: packet + 9,
			Time: start + 3_100_000, After: 1_100 * time.Microsecond, Stage: analyze.StageAfterServerFlight},
		Handshake: analyze.Refused,
		Diagnosis: analyze.Diagnosis{Code: analyze.NameNotCovered, Certainty: analyze.Proven},
	}
	if name == "" {
		c.ClientHello.ServerNameState = tlswire.Absent
	}
	return c
}

// rowSix is the article's case, as docs tell it.
func rowSix() (*analyze.Report, TextOptions) {
	example := refused("130.176.135.149:34512", "origin.example.shibata.tech", "03:41:18.000123", 1)
	example.Log = []analyze.LogLine{{File: "error.log", Line: 812, Class: "peer-reset", Certainty: analyze.Likely, Alike: 3,
		Text: "2024/01/16 12:41:18 [info] 812#812: *27 peer closed connection in SSL handshake (104: Connection reset by peer) while SSL handshaking, client: 130.176.135.149, server: 0.0.0.0:443"}}
	r := &analyze.Report{
		Version: "1.0.0",
		Made:    day("2026-11-23"),
		Start:   at("03:41:10"), End: at("03:42:55.2"),
		Inputs:       []analyze.Input{{Name: "row6.pcap", Packets: 270, Bytes: 83889, First: at("03:41:10"), Last: at("03:42:55.2"), LinkTypes: []capture.LinkType{1}}},
		Ranges:       analyze.RangesUsed{Source: "embedded", Created: day("2026-08-22"), AgeDays: 93},
		Certificates: []analyze.CertificateUsed{{File: "fullchain.pem", Names: []string{"www.example.shibata.tech"}, NotAfter: day("2024-03-02")}},
		Roots:        "Mozilla, 2026-10-30",
		Counts:       analyze.Counts{Connections: 27, CloudFront: 27, Refused: 27, CloudFrontRefused: 27},
		Findings: []analyze.Finding{{
			Diagnosis: analyze.Diagnosis{
				Code:      analyze.NameNotCovered,
				Certainty: analyze.Proven,
				Title:     "CloudFront refused your certificate: it has no name that CloudFront accepts",
				Explanation: "CloudFront accepts a certificate with the origin domain, or with the Host it forwards. " +
					"Here it does not forward Host: the name it asks for is the origin domain. (Article, row 6.)",
				Evidence: []analyze.Evidence{
					{Packet: 4, Label: "CloudFront asked for", Value: "origin.example.shibata.tech"},
					{Packet: 6, Label: "your certificate is for", Value: "www.example.shibata.tech", Note: "same as fullchain.pem"},
					{Packet: 10, Value: "It reset the connection 1.1 ms after it had the certificate. Viewers got 502."},
				},
				Fixes: []analyze.Fix{
					{Says: "Put the origin domain into the certificate; this works with and without Host:",
						Command: "sudo certbot --nginx -d www.example.shibata.tech -d origin.example.shibata.tech"},
					{Says: "Forward Host: origin request policy AllViewer. The certificate you have then fits, " +
						"but only for viewers of www.example.shibata.tech, not for d….cloudfront.net."},
				},
				ArticleRow: 6,
			},
			CloudFront: true, Connections: 27, Of: 27, Logged: 26,
			First: at("03:41:10"), Last: at("03:42:55"),
			SNI: []string{"origin.example.shibata.tech"}, Clients: 9,
			Addresses: []netip.Addr{netip.MustParseAddr("130.176.135.149")},
			Example:   example,
		}},
		Warnings: []analyze.Warning{{Code: analyze.RangesOld, Title: "the CloudFront list is 93 days old"}},
		Logs:     []analyze.LogUsed{{File: "error.log", Program: "nginx", Entries: 26, Joined: 26, Offset: 9 * time.Hour}},
		Servers:  []analyze.ServerUsed{{Program: "nginx", File: "/etc/nginx/nginx.conf", Running: true, Sites: 3}},
		Notes: []analyze.Note{{At: "/etc/nginx/sites-enabled/old:3", Says: "ssl_certificate names old.pem, which cannot be read: permission denied",
			Hint: "run sniwatch with sudo"}},
	}
	o := TextOptions{Connections: []*analyze.Connection{
		example,
		refused("130.176.135.150:50210", "origin.example.shibata.tech", "03:41:19.2", 11),
		refused("[2600:9000:2157:8a00:1:2:3:4]:443", "origin.example.shibata.tech", "03:41:21.912", 1021),
	}, MoreConnections: 24}
	return r, o
}

// healthy has nothing to complain of.
func healthy() (*analyze.Report, TextOptions) {
	return &analyze.Report{
		Start: at("03:41:10"), End: at("04:42:55"),
		Inputs: []analyze.Input{{Name: "good.pcap", Packets: 1234567}},
		Ranges: analyze.RangesUsed{Source: "embedded", Created: day("2026-08-22"), AgeDays: 3},
		Counts: analyze.Counts{Connections: 1822, CloudFront: 640, Complete: 812, CloudFrontComplete: 640, None: 1010},
	}, TextOptions{}
}

// silent is a capture to which CloudFront never came.
func silent() (*analyze.Report, TextOptions) {
	return &analyze.Report{
		Start: at("03:41:10"), End: at("04:42:55"),
		Inputs: []analyze.Input{{Name: "eth0", Packets: 1234}},
		Live:   true,
		Ranges: analyze.RangesUsed{Source: "/var/cache/ip-ranges.json", Created: day("2026-11-20"), AgeDays: 3},
		Findings: []analyze.Finding{{Diagnosis: analyze.Diagnosis{
			Code: analyze.NoCloudFrontTraffic, Certainty: analyze.Possible,
			Title:       "Not one packet from CloudFront reached this host in 61 minutes",
			Explanation: "If viewers get 502 or 504 meanwhile, CloudFront is stopped before this host, or goes elsewhere.",
			Evidence:    []analyze.Evidence{{Label: "packets seen", Value: "1,234", Note: "none from a CloudFront address"}},
			Fixes: []analyze.Fix{
				{Says: "Let CloudFront's addresses in: the security group must allow port 443 from the managed prefix list:",
					Command: "aws ec2 describe-managed-prefix-lists --filters Name=prefix-list-name,Values=com.amazonaws.global.cloudfront.origin-facing"},
				{Says: "Look where the origin domain points to:", Command: "dig +short origin.example.com"},
			},
		}}},
	}, TextOptions{}
}

// mixed has several files, days, causes, clients and losses.
func mixed() (*analyze.Report, TextOptions) {
	r, o := rowSix()
	r.End += 26 * capture.Timestamp(time.Hour)
	r.Inputs = []analyze.Input{
		{Name: "monday.pcap", Packets: 99270, First: at("03:41:10"), Last: at("23:59:59")},
		{Name: "tuesday.pcap.gz", Packets: 812, First: r.End - 1e9, Last: r.End, Broken: "after packet 812, at byte 90122: the block is longer than the file"},
	}
	r.Counts = analyze.Counts{Connections: 1530, CloudFront: 1502, Complete: 1400, Refused: 108, Failed: 7, Unknown: 15,
		CloudFrontComplete: 1388, CloudFrontRefused: 100, CloudFrontFailed: 2}
	r.Warnings = []analyze.Warning{{Code: analyze.ExpiresSoon, Title: "the certificate expires in 6 days",
		Says:  "www.example.shibata.tech in fullchain.pem is valid to 2024-01-22.",
		Fixes: []analyze.Fix{{Says: "Renew it:", Command: "sudo certbot renew && sudo systemctl reload nginx"}}}}
	r.Certificates = append(r.Certificates, analyze.CertificateUsed{Names: []string{"*.example.net", "例え.jp"}, NotAfter: day("2025-01-02"),
		Problems: []origin.Problem{{Kind: origin.ChainOutOfOrder, Warning: true, Says: "The chain is out of order: CN=R3 comes before the leaf."}}})
	r.Unanalysed = analyze.Unanalysed{DroppedByKernel: 1200, PacketsTruncated: 1, ConnectionsWithGaps: 4, BytesMissing: 5792, Stray: 31, NotTCP: 812}

	f := &r.Findings[0]
	f.Connections, f.Of, f.Clients, f.MoreClients = 93, 1502, 64, true
	f.SNI = []string{"origin.example.shibata.tech", "画像.example.jp", "d111111abcdef8.cloudfront.net"}
	f.MoreSNI = 4
	f.Last = r.End
	f.Also = []analyze.Code{analyze.CertificateUnusable}
	f.Evidence[1].Value = "www.example.shibata.tech, blog.example.shibata.tech, shop.example.shibata.tech, static.example.shibata.tech"
	scanner := refused("203.0.113.9:4711", "", "23:59:58", 812)
	scanner.Edge = edge.Match{}
	scanner.File = "monday.pcap"
	scanner.FromClient.NotTLS = "an HTTP request"
	scanner.Diagnosis = analyze.Diagnosis{Code: analyze.ClientNotTLS, Certainty: analyze.Proven}
	scanner.Handshake = analyze.Failed
	r.Findings = append(r.Findings, analyze.Finding{
		Diagnosis: analyze.Diagnosis{Code: analyze.ClientNotTLS, Certainty: analyze.Proven,
			Title:       "A client spoke plain HTTP to the TLS port",
			Explanation: "That is no fault of this host.",
			Evidence:    []analyze.Evidence{{Packet: 815, Value: "Its first bytes are an HTTP request"}}},
		Connections: 1, Of: 28, Clients: 1, First: scanner.Start, Last: scanner.Start, SNI: nil, Example: scanner,
	}, analyze.Finding{
		Diagnosis: analyze.Diagnosis{Code: analyze.IncompleteCapture, Certainty: analyze.Possible,
			Title:       "15 connections were not captured whole",
			Explanation: "They began before the capture, or packets of them are missing.",
			Evidence:    []analyze.Evidence{{Packet: 7, Value: "The first packet of this connection is no SYN"}}},
		CloudFront: true, Connections: 15, Of: 1502, Clients: 15, First: at("03:41:10"), Last: r.End,
	})
	o.Connections = append(o.Connections, scanner, refused("130.176.135.149:34513", "画像.example.jp", "23:59:59.5", 98213))
	o.Connections[4].File = "tuesday.pcap.gz"
	return r, o
}

const attack = "evil\x1b]0;owned\a\x1b[2J\r\nHTTP\u202egnp.exe\u2066\u200b\xff\xfe" + "\u0085\U000e0041<script>"

// hostile has an attack in each place that holds text from elsewhere.
func hostile() (*analyze.Report, TextOptions) {
	long := attack
	for len(long) < 64<<10 {
		long += long
	}
	r, o := mixed()
	for i := range r.Inputs {
		r.Inputs[i].Name, r.Inputs[i].Broken = attack, long
	}
	r.Version, r.Roots, r.Ranges.Source = attack, long, attack
	for i := range r.Findings {
		f := &r.Findings[i]
		f.Title, f.Explanation, f.Code = long, long, analyze.Code(attack)
		f.SNI = []string{attack, long, "正常.example.jp"}
		f.Also = []analyze.Code{attack}
		f.Evidence = []analyze.Evidence{
			{Packet: 1, Label: "asked for", Value: long, Note: attack, File: long},
			{Packet: 2, Label: long, Value: attack}, {Value: long},
		}
		f.Fixes = []analyze.Fix{{Says: long, Command: "certbot -d " + attack}, {Says: attack}}
	}
	r.Warnings = append(r.Warnings, analyze.Warning{Code: attack, Title: long, Says: long, Fixes: []analyze.Fix{{Says: attack}}})
	r.Certificates = []analyze.CertificateUsed{{File: attack, Names: []string{long, attack},
		Problems: []origin.Problem{{Kind: attack, Says: long}}}}
	for i, c := range o.Connections {
		c.File = attack
		c.ClientHello.ServerName, c.ClientHello.ServerNameState = long, tlswire.Present
		if i == 1 {
			c.FromServer.NotTLS = long
		}
		c.Diagnosis.Code = attack
	}
	return r, o
}
