package analyze

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/tlswire"
	"sniwatch/capture"
)

// Connections for tests are made by hand: facts, as the builder would have
// found them, changed one at a time.

var testStart = time.Date(2024, 1, 16, 3, 41, 18, 0, time.UTC)

func at(after time.Duration) capture.Timestamp {
	return capture.Timestamp(testStart.Add(after).UnixNano())
}

// A fact alters some facts of a connection, or what is known beside it.
type fact func(*Connection, *Knowledge)

// given makes a connection out of the one that a client of CloudFront opens, and
// changes to it.
func given(changes ...fact) (*Connection, *Knowledge) {
	c := &Connection{
		Client: netip.MustParseAddrPort("130.176.135.149:34512"),
		Server: netip.MustParseAddrPort("10.0.0.10:443"),
		Edge:   edge.Match{Network: edge.CloudFront, Service: edge.ServiceOriginFacing},
		Start:  at(0), Last: at(0), FirstPacket: 1, LastPacket: 3, Packets: 3,
		Opening: Opening{SYN: 1, SYNACK: 2, ACK: 3, SYNs: 1, SYNACKs: 1},
	}
	k := &Knowledge{Ports: []uint16{443}, Roots: "Mozilla, 2026-10-30"}
	for _, do := range changes {
		do(c, k)
	}
	return c, k
}

func hello(sni string) fact {
	return func(c *Connection, _ *Knowledge) {
		h := tlswire.ClientHello{
			LegacyVersion: tlswire.TLS12, ServerName: sni, ServerNameState: tlswire.Present,
			CipherSuites:      []tlswire.CipherSuite{0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030},
			SupportedVersions: []tlswire.Version{0x1a1a, tlswire.TLS13, tlswire.TLS12},
			Groups:            []tlswire.Group{tlswire.Secp256r1, tlswire.X25519, tlswire.Secp384r1},
			SignatureSchemes:  []tlswire.SignatureScheme{0x0403, 0x0804, 0x0401},
		}
		if sni == "" {
			h.ServerNameState = tlswire.Absent
		}
		c.ClientHello = &ClientHello{ClientHello: h, Packet: 4, Time: at(700 * time.Microsecond), Count: 1, Segments: 1, Records: 1}
		c.FromClient = Side{Bytes: 172, Acked: 172, Last: at(700 * time.Microsecond), LastPacket: 4, Largest: 172, LargestAcked: 172}
		c.Last, c.LastPacket = at(700*time.Microsecond), 4
	}
}

// flight is the server's flight in TLS 1.2, all of it acknowledged.
func flight(c *Connection, _ *Knowledge) {
	c.ServerHello = &ServerHello{ServerHello: tlswire.ServerHello{LegacyVersion: tlswire.TLS12, CipherSuite: 0xc02f}, Packet: 6, Time: at(1700 * time.Microsecond), Done: true}
	c.FromServer = Side{Bytes: 2075, Acked: 2075, Last: at(1725 * time.Microsecond), LastPacket: 7, Largest: 1448, LargestAcked: 1448}
	c.Last, c.LastPacket = at(1727*time.Microsecond), 9
}

// flight13 is the server's flight in TLS 1.3, the Certificate encrypted.
func flight13(c *Connection, k *Knowledge) {
	flight(c, k)
	c.ServerHello.SelectedVersion, c.ServerHello.CipherSuite, c.ServerHello.Done = tlswire.TLS13, 0x1301, false
	c.Certificate.State = tlswire.Encrypted
	c.FromServer.Encrypted, c.FromServer.EncryptedBytes, c.FromServer.EncryptedRecords = 4, 2000, []int{32, 1500, 280, 53}
}

// serves puts a certificate with these names on the wire, after flight.
func serves(names ...string) fact {
	return func(c *Connection, k *Knowledge) {
		flight(c, k)
		c.Certificate = Certificate{State: tlswire.Present, Packet: 7, Chain: chainFor(names...)}
		judge(c, k, c.Certificate.Chain)
	}
}

// hides lets the server send a certificate that TLS 1.3 hides, and the host has
// one with these names.
func hides(agrees tlswire.Presence, names ...string) fact {
	return func(c *Connection, k *Knowledge) {
		flight13(c, k)
		c.Local.Certificate, c.Local.ChosenBy = &origin.Certificate{File: "fullchain.pem", Chain: chainFor(names...)}, origin.ByFlag
		c.Local.Agrees = agrees
		judge(c, k, c.Local.Certificate.Chain)
	}
}

func judge(c *Connection, k *Knowledge, chain *origin.Chain) {
	sni := ""
	if c.ClientHello != nil {
		sni = c.ClientHello.ServerName
	}
	c.Local.Judged = chain
	c.Local.Names = edge.Judge(chain.Names(), sni, k.about(sni).Distribution)
}

func hasFile(name string, agrees tlswire.Presence) fact {
	return func(c *Connection, k *Knowledge) {
		c.Local.Certificate = &origin.Certificate{File: name, Chain: c.Local.Judged}
		c.Local.Agrees = agrees
	}
}

func problem(p origin.Problem) fact {
	return func(c *Connection, _ *Knowledge) { c.Local.Problems = append(c.Local.Problems, p) }
}

func distribution(d edge.Distribution) fact {
	return func(_ *Connection, k *Knowledge) { k.Distribution = d }
}

func otherClient(c *Connection, _ *Knowledge) {
	c.Client = netip.MustParseAddrPort("192.0.2.7:51000")
	c.Edge = edge.Match{}
}

// ended is a FIN or RST, so long after the last bytes of the other side.
func ended(how How, by Who, after time.Duration) fact {
	return func(c *Connection, _ *Knowledge) {
		other, last := &c.FromServer, c.Start
		if by == FromServer {
			other = &c.FromClient
		}
		c.End = End{How: how, By: by, Packet: c.LastPacket + 1, After: -1, Acked: other.Acked, Sent: other.Bytes}
		if other.LastPacket != 0 {
			last, c.End.After = other.Last, after
		} else if c.ClientHello != nil {
			last = c.ClientHello.Time
		}
		c.End.Time = last + capture.Timestamp(after)
		c.Last, c.LastPacket = c.End.Time, c.End.Packet
	}
}

// speaks lets one side begin with something that is not TLS.
func speaks(who Who, what string) fact {
	return func(c *Connection, _ *Knowledge) {
		s := &c.FromClient
		if who == FromServer {
			s = &c.FromServer
		}
		s.NotTLS, s.NotTLSPacket = what, 4+int(who)
	}
}

func onPort(port uint16) fact {
	return func(c *Connection, _ *Knowledge) { c.Server = netip.AddrPortFrom(c.Server.Addr(), port) }
}

const theServer = "10.0.0.10"

// icmp is an ICMP error, the answer to the SYN.
func icmp(kind, code uint8, from string) fact {
	return func(c *Connection, _ *Knowledge) {
		c.Unreachable, c.LastPacket = 2, 2
		c.ICMP = capture.ICMPError{Type: kind, Code: code, From: netip.MustParseAddr(from).As16()}
	}
}

// offersOld lets the client offer TLS 1.1 and nothing newer.
func offersOld(c *Connection, _ *Knowledge) {
	c.ClientHello.LegacyVersion, c.ClientHello.SupportedVersions = tlswire.TLS11, nil
}

// unreadable lets the server send a certificate that crypto/x509 cannot parse.
func unreadable(c *Connection, k *Knowledge) {
	c.Certificate.Chain = origin.ParseChain([][]byte{{0x30, 0x03, 0x02, 0x01, 0x01}})
	judge(c, k, c.Certificate.Chain)
	c.Local.Problems = []origin.Problem{{Kind: origin.Unusable, Rule: "it cannot be parsed", Says: "The certificate cannot be parsed."}}
}

func resets(c *Connection, k *Knowledge) { ended(Reset, FromClient, 1100*time.Microsecond)(c, k) }

func silentFor(d time.Duration) fact {
	return func(c *Connection, _ *Knowledge) { c.End.How, c.Last = Timeout, c.Last+capture.Timestamp(d) }
}

func alert(from Who, level tlswire.AlertLevel, what tlswire.AlertDescription) fact {
	return func(c *Connection, _ *Knowledge) {
		c.LastPacket++
		c.Last += capture.Timestamp(500 * time.Microsecond)
		c.Alerts = append(c.Alerts, Alert{Packet: c.LastPacket, Time: c.Last, From: from, Early: c.ServerHello == nil,
			Alert: tlswire.Alert{Level: level, Description: what}})
		s := &c.FromClient
		if from == FromServer {
			s = &c.FromServer
		}
		s.Bytes, s.Acked, s.Last, s.LastPacket = s.Bytes+7, s.Acked+7, c.Last, c.LastPacket
	}
}

func hiddenAlert(from Who) fact {
	return func(c *Connection, k *Knowledge) {
		alert(from, 0, 0)(c, k)
		c.Alerts[len(c.Alerts)-1].Inferred = true
	}
}

func finished(c *Connection, _ *Knowledge) {
	c.FromClient.Finished, c.FromServer.Finished = true, true
	c.History += "K"
}

func data(c *Connection, _ *Knowledge) { c.FromClient.Data, c.FromServer.Data = true, true }

// chainFor makes a certificate with these names, valid around testStart.
func chainFor(names ...string) *origin.Chain { return chainUntil(testStart.AddDate(0, 2, 0), names...) }

func chainUntil(end time.Time, names ...string) *origin.Chain {
	id := end.String() + strings.Join(names, " ")
	if made, ok := testChains.Load(id); ok {
		return made.(*origin.Chain)
	}
	key := testKey()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{Organization: []string{"test"}}, DNSNames: names,
		NotBefore: end.AddDate(0, -3, 0), NotAfter: end,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	chain := origin.ParseChain([][]byte{der})
	testChains.Store(id, chain)
	return chain
}

var (
	testChains sync.Map // a key takes long to make, and a certificate to sign
	testKey    = sync.OnceValue(func() *ecdsa.PrivateKey {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			panic(err)
		}
		return key
	})
)

// Names as the article has them.
const (
	theOrigin = "origin.example.com"
	theSite   = "www.example.com"
	theirs    = "d111111abcdef8.cloudfront.net"
)

// diagnose checks what holds for every diagnosis beside what a test looks at.
func diagnose(t *testing.T, c *Connection, k *Knowledge) Diagnosis {
	t.Helper()
	d := Diagnose(c, k)
	if d.Code == "" {
		if d.Title != "" || len(d.Evidence) > 0 {
			t.Errorf("words without a code: %+v", d)
		}
		return d
	}
	if len(d.Evidence) == 0 || !slices.ContainsFunc(d.Evidence, func(e Evidence) bool { return e.Packet > 0 }) {
		t.Errorf("%s: no evidence with a packet: %+v", d.Code, d.Evidence)
	}
	for _, e := range d.Evidence {
		if e.Label == "" || e.Value == "" {
			t.Errorf("%s: empty evidence: %+v", d.Code, e)
		}
	}
	if d.Certainty == "" || d.Title == "" || d.Explanation == "" {
		t.Errorf("%s: words are missing: %+v", d.Code, d)
	}
	return d
}
