package report

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/netip"
	"strings"
	"time"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/tlswire"
	"sniwatch/capture"
)

// ticket is the article's case with all that a page shows.
func ticket() (*analyze.Report, TextOptions) {
	r, o := rowSix()
	r.Distribution = edge.Distribution{OriginDomain: "origin.example.shibata.tech", ViewerDomains: []string{"www.example.shibata.tech"}, ForwardHost: edge.No}
	c := r.Findings[0].Example
	c.Opening = analyze.Opening{SYN: 1, SYNACK: 2, ACK: 3, SYNs: 1, SYNACKs: 1}
	c.Flights = []analyze.Flight{
		{From: analyze.FromClient, First: 4, Last: 4, Start: c.Start + 1_200_000, End: c.Start + 1_200_000, Bytes: 517, Letters: "H"},
		{From: analyze.FromServer, First: 6, Last: 7, Start: c.Start + 2_000_000, End: c.Start + 2_000_000, Bytes: 2440, Letters: "hckdR"},
	}
	c.Certificate = analyze.Certificate{State: tlswire.Present, Packet: 7, Chain: chainFor("www.example.shibata.tech", "xn--r8jz45g.example.jp")}
	c.Local = analyze.Local{Judged: c.Certificate.Chain, Names: edge.Judge(c.Certificate.Chain.Names(), "origin.example.shibata.tech", r.Distribution)}
	c.Log = []analyze.LogLine{{File: "/var/log/nginx/error.log", Line: 812, Class: "peer-reset", Certainty: analyze.Proven,
		Text: "2024/01/16 03:41:18 [info] 7#7: *9 peer closed connection in SSL handshake (104: Connection reset by peer) while SSL handshaking, client: 130.176.135.149, server: 0.0.0.0:443"}}
	r.Certificates[0].Chain = c.Certificate.Chain
	for i := range 6 {
		b := analyze.Bucket{Complete: i, Refused: 5 - i, Findings: []int{5 - i}}
		r.Timeline.Buckets = append(r.Timeline.Buckets, b)
	}
	r.Findings[0].Explanation += "\n\nWhat is left:\n- a function sets other names;\n- something between the two."
	r.Logs = []analyze.LogUsed{{File: "/var/log/nginx/error.log", Program: "nginx", Entries: 30, Joined: 27}}
	r.Servers = []analyze.ServerUsed{{Program: "nginx", File: "/etc/nginx/nginx.conf", Running: true, Sites: 3}}
	r.Notes = []analyze.Note{{At: "/etc/nginx/sites-enabled/old:3", Says: "old.pem cannot be read: permission denied", Hint: "run sniwatch as root"}}
	r.Timeline.Start, r.Timeline.Width = at("03:41:00"), 15*time.Second
	r.Crowds = []analyze.Crowd{
		{Network: edge.CloudFront, Prefix: netip.MustParsePrefix("130.176.128.0/21"), Service: edge.ServiceOriginFacing, Connections: 27, Failed: 27},
		{Connections: 3},
	}
	return r, o
}

// chainFor makes a chain of one certificate with these names. Its signature is
// that of nobody: nothing here looks at it.
func chainFor(names ...string) *origin.Chain {
	c := &x509.Certificate{DNSNames: names, SerialNumber: big.NewInt(1), NotBefore: day("2023-12-03"), NotAfter: day("2024-03-02"),
		Subject: pkix.Name{CommonName: names[0]}, Issuer: pkix.Name{CommonName: "R3", Organization: []string{"Let's Encrypt"}},
		Raw: []byte(strings.Join(names, ","))}
	return &origin.Chain{Raw: [][]byte{c.Raw}, Certs: []*x509.Certificate{c}, Broken: []error{nil}, SHA256: [][32]byte{{1, 2, 3}}}
}

// attacks are names that do harm where they are not taken as text.
var attacks = []string{
	attack,
	"<script>alert(1)</script>", "</title><script>alert(2)</script>", `"><img src=x onerror=alert(3)>`, "</style><svg onload=alert(4)>",
	"](javascript:alert(5))", "[click](javascript:alert(6))", "![x](http://evil.example/x.png)", "http://evil.example/", "www.evil.example",
	"a|b|c", "`code` *bold* _under_ ~~gone~~", "<!-- comment", "&lt;script&gt;", "# heading", "@everyone", "$x^2$", "```\nfence",
	"=cmd|'/C calc'!A0", "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "＝1+1", `a","=1`, "a;=1", " =1",
	"\u202emoc.elgoog", "\u2066x\u2069", "a\u0300\u0301\u0302\u0303\u0304", "\xff\xfe", "\x00", "\x1b[2J",
	"正常.example.jp", "xn--r8jz45g.jp", "{{.Verdict}}", "${x}", strings.Repeat("a", 64<<10),
}

// besieged has an attack in every string that is not ours. i chooses which one.
func besieged(i int) (*analyze.Report, TextOptions) {
	next := func() string {
		i++
		return attacks[i%len(attacks)]
	}
	r, o := ticket()
	r.Version, r.Roots, r.Ranges.Source = next(), next(), next()
	r.Distribution = edge.Distribution{OriginDomain: next(), ViewerDomains: []string{next()}, ForwardHost: edge.Yes}
	for j := range r.Inputs {
		r.Inputs[j].Name, r.Inputs[j].Broken = next(), next()
	}
	f := &r.Findings[0]
	f.Title, f.Explanation, f.Also, f.SNI = next(), next(), []analyze.Code{analyze.Code(next())}, []string{next(), next()}
	f.Evidence = []analyze.Evidence{{Packet: 4, Label: next(), Value: next(), Note: next(), File: next()}, {Value: next()}}
	f.Fixes = []analyze.Fix{{Says: next(), Command: next()}, {Says: next(), Command: next()}}
	c := f.Example
	c.File, c.ClientHello.ServerName = next(), next()
	c.FromServer.NotTLS = next()
	c.Flights[1].Letters = "hxckd"
	c.Certificate.Chain = chainFor(next(), next())
	c.Certificate.Chain.Certs[0].Subject.CommonName = next()
	c.Local = analyze.Local{Judged: c.Certificate.Chain, Names: edge.Judgement{HostForwarded: edge.Yes}, Certificate: &origin.Certificate{File: next()}}
	c.Log = []analyze.LogLine{{File: next(), Line: 1, Text: next(), Class: next(), Certainty: analyze.Certainty(next())}}
	c.Diagnosis.Code, c.Diagnosis.Title = analyze.Code(next()), next()
	r.Warnings = []analyze.Warning{{Code: analyze.Code(next()), Title: "x" + next(), Says: next(), Fixes: []analyze.Fix{{Says: next(), Command: next()}}}}
	r.Certificates = []analyze.CertificateUsed{{File: next(), Names: []string{next(), next()}, Chain: c.Certificate.Chain,
		Problems: []origin.Problem{{Kind: origin.ProblemKind(next()), Says: next()}}}}
	r.Crowds[0].Service = next()
	r.Logs = []analyze.LogUsed{{File: next(), Program: next(), Entries: 1}}
	r.Servers = []analyze.ServerUsed{{Program: next(), File: next()}}
	r.Notes = []analyze.Note{{At: next(), Says: next(), Hint: next()}}
	return r, o
}

// huge is a report at the limits of what analyze gives.
func huge() (*analyze.Report, PageOptions) {
	base, _ := besieged(len(attacks) - 2) // begins with the longest
	r, _ := ticket()
	long := strings.Repeat("<", 64<<10)
	for range 200 {
		f := base.Findings[0]
		f.Title, f.Explanation, f.SNI = long, long, []string{long}
		f.Fixes = []analyze.Fix{{Says: long, Command: long}, {Says: long, Command: long}}
		r.Findings = append(r.Findings, f)
	}
	r.Timeline.Buckets = nil
	for i := range 150 {
		b := analyze.Bucket{Complete: 1e6, Refused: 1e6, Findings: make([]int, 200)}
		for j := range b.Findings {
			b.Findings[j] = 5000 + i
		}
		r.Timeline.Buckets = append(r.Timeline.Buckets, b)
	}
	for i := range 1024 {
		r.Crowds = append(r.Crowds, analyze.Crowd{Network: edge.Given, Prefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 32), Connections: i})
		r.Inputs = append(r.Inputs, analyze.Input{Name: long, LinkTypes: []capture.LinkType{1}})
		r.Warnings = append(r.Warnings, analyze.Warning{Title: long, Says: long})
		r.Certificates = append(r.Certificates, analyze.CertificateUsed{File: long, Names: []string{long}})
	}
	o := PageOptions{Command: long, MoreConnections: 1e6, All: true}
	for range 1000 {
		o.Connections = append(o.Connections, base.Findings[0].Example)
	}
	return r, o
}
