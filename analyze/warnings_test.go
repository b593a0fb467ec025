package analyze

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/tlswire"
	"sniwatch/capture"
)

// reads makes a reading of a connection to a server that served a chain.
func reads(server, sni string, chain *origin.Chain) *reading {
	c, _ := given(hello(sni), flight)
	r := &reading{Connection: *c}
	r.hello, r.helloParsed = *c.ClientHello, true
	r.Server = netip.MustParseAddrPort(server)
	r.Certificate = Certificate{State: tlswire.Present, Packet: 7, Chain: chain}
	if sni != "" {
		r.helloBody = clientHelloBody(sni)
	}
	return r
}

// clientHelloBody is a ClientHello with nothing in it but a server name.
func clientHelloBody(sni string) []byte {
	n := byte(len(sni))
	body := append(make([]byte, 2+32+1), 0, 2, 0x13, 0x01, 1, 0) // version, random, session; one cipher suite; no compression
	body = append(body, 0, n+9, 0, 0, 0, n+5, 0, n+3, 0, 0, n)
	return append(body, sni...)
}

// TestCertificateChanged: another certificate of another server is no change.
func TestCertificateChanged(t *testing.T) {
	first, second := chainFor(theSite), chainUntil(testStart.AddDate(0, 3, 0), theSite)
	const here, there = "10.0.0.10:443", "10.0.0.11:443"
	for _, tt := range []struct {
		name string
		seen []*reading
		want string // in the title; "": no warning
	}{
		{"one server", []*reading{reads(here, theSite, first), reads(here, theSite, second)}, "the certificate for www.example.com changed"},
		{"the default site", []*reading{reads(here, "", first), reads(here, "", second)}, "the certificate of the default site (no name asked for) changed"},
		{"two servers", []*reading{reads(here, theSite, first), reads(there, theSite, second)}, ""},
		{"two servers without a name", []*reading{reads(here, "", first), reads(there, "", second)}, ""},
		{"two ports", []*reading{reads(here, "", first), reads("10.0.0.10:8443", "", second)}, ""},
		{"two names", []*reading{reads(here, theSite, first), reads(here, theOrigin, second)}, ""},
	} {
		s := newServed()
		for _, r := range tt.seen {
			s.note(r, &thisHost{store: origin.NewStore()})
		}
		var got string
		for _, w := range s.warnings() {
			got += w.Title
		}
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestServedCosts: a certificate that is known costs a look into a map.
func TestServedCosts(t *testing.T) {
	s, chain := newServed(), chainFor(theSite)
	r := reads("10.0.0.10:443", theSite, chain)
	s.note(r, &thisHost{store: origin.NewStore()})
	local := &thisHost{store: origin.NewStore()}
	if n := testing.AllocsPerRun(100, func() { s.note(r, local) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestCertificateWarningsMerge: what several certificates share is said once,
// and says of which.
func TestCertificateWarningsMerge(t *testing.T) {
	w := NewWatcher(Options{Ranges: edge.Embedded(), Roots: origin.MozillaRoots()})
	foreign := origin.Problem{Kind: origin.UntrustedIssuer, Says: "The chain ends with X."}
	got := w.certificateWarnings([]CertificateUsed{
		{Names: []string{"a.example", "b.example"}, Problems: []origin.Problem{foreign}},
		{Names: []string{"c.example"}, Problems: []origin.Problem{foreign}},
		{Names: []string{"c.example"}, Problems: []origin.Problem{foreign}},
		{Names: []string{"d.example"}, Problems: []origin.Problem{{Kind: origin.UntrustedIssuer, Says: "The chain ends with Y."}}},
		{File: "/etc/fullchain.pem", Names: []string{"e.example"}, Problems: []origin.Problem{foreign}},
		{Problems: []origin.Problem{{Kind: origin.Unusable, Says: "It cannot be parsed."}}},
	})
	want := []string{
		"the certificate on the wire is from an issuer that CloudFront does not trust (a.example, c.example)",
		"the certificate on the wire is from an issuer that CloudFront does not trust (d.example)",
		"the certificate in fullchain.pem is from an issuer that CloudFront does not trust",
		"the certificate on the wire is of a kind that CloudFront cannot use",
	}
	if len(got) != len(want) {
		t.Fatalf("%d warnings, want %d: %v", len(got), len(want), got)
	}
	for i := range want {
		if got[i].Title != want[i] {
			t.Errorf("got %q, want %q", got[i].Title, want[i])
		}
	}
}

// TestLostPackets: gaps in what is no handshake are told, but nothing is called
// doubtful for them.
func TestLostPackets(t *testing.T) {
	gap := set(func(c *Connection) {
		c.Gaps = []Gap{{From: FromServer, AfterByte: 100, Bytes: 1448, InHandshake: true}}
	})
	cut := set(func(c *Connection) { c.FromServer.Truncated = true })
	for _, tt := range []struct {
		name         string
		facts        []fact
		gaps, cut    int
		doubtful     int
		says         string
		lostByKernel int
	}{
		{"no TLS", []fact{otherClient, onPort(502), gap}, 1, 0, 0, "", 0},
		{"no TLS, cut", []fact{otherClient, onPort(502), gap, cut}, 0, 1, 0, "", 0},
		{"a handshake", []fact{askedOrigin, flight, gap, resets}, 1, 0, 1, "1 connection cannot be judged, or only in part", 0},
		{"a handshake, cut", []fact{askedOrigin, flight, gap, cut, resets}, 0, 1, 1, "1 connection cannot be judged, or only in part", 0},
		{"a complete handshake", []fact{askedOrigin, serves(theOrigin), finished, data, gap}, 1, 0, 0, "but every handshake that was seen could be judged", 0},
		{"data behind it", []fact{askedOrigin, serves(theOrigin), finished, data, gap, set(func(c *Connection) { c.Gaps[0].InHandshake = false })}, 1, 0, 0, "", 0},
		{"the kernel", []fact{askedOrigin, serves(theOrigin), finished, data}, 0, 0, 0, "there may be connections that are not counted", 7},
	} {
		w := NewWatcher(Options{Ranges: edge.Embedded(), Roots: origin.MozillaRoots(), Ports: []uint16{443}})
		w.Dropped(tt.lostByKernel, 0)
		c, k := given(tt.facts...)
		c.Handshake, c.Diagnosis = outcome(c, k), Diagnose(c, k)
		w.collector.add(&reading{Connection: *c}, &thisHost{store: origin.NewStore()})
		r := w.Report(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
		if u := r.Unanalysed; u.ConnectionsWithGaps != tt.gaps || u.PacketsTruncated != tt.cut || w.collector.doubtful != tt.doubtful {
			t.Errorf("%s: %d with gaps, %d cut, %d doubtful; want %d, %d, %d", tt.name,
				u.ConnectionsWithGaps, u.PacketsTruncated, w.collector.doubtful, tt.gaps, tt.cut, tt.doubtful)
		}
		title := ""
		for _, warned := range r.Warnings {
			if warned.Code == CaptureLostPackets {
				title = warned.Title
			}
		}
		if (tt.says == "") != (title == "") || !strings.HasSuffix(title, tt.says) {
			t.Errorf("%s: got %q, want %q", tt.name, title, tt.says)
		}
	}
}

// TestICMPText keeps the codes of the two protocols apart.
func TestICMPText(t *testing.T) {
	for _, tt := range []struct {
		kind, code uint8
		means      unreached
		text       string
	}{
		{3, 0, noWay, "network unreachable"}, {3, 1, noWay, "host unreachable"}, {3, 3, portUnreachable, "port unreachable"},
		{3, 4, otherwise, "fragmentation needed"}, {3, 9, prohibited, "network prohibited"}, {3, 10, prohibited, "host prohibited"},
		{3, 13, prohibited, "administratively prohibited"}, {3, 200, otherwise, "type 3, code 200"},
		{1, 0, noWay, "no route to the host"}, {1, 1, prohibited, "administratively prohibited"}, {1, 3, noWay, "address unreachable"},
		{1, 4, portUnreachable, "port unreachable"}, {1, 7, otherwise, "type 1, code 7"}, {2, 0, otherwise, "packet too big"},
	} {
		e := capture.ICMPError{Type: tt.kind, Code: tt.code}
		if means, text := readICMP(e); means != tt.means || text != tt.text || ICMPText(e) != text {
			t.Errorf("type %d, code %d: %v, %q", tt.kind, tt.code, means, text)
		}
	}
}
