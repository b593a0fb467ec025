package analyze

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/tlswire"
)

// outcome tells what became of the handshake by the rules alone.
func outcome(c *Connection, k *Knowledge) Handshake { return conclude(c, k).outcome() }

func netAddr(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// TestCertainty: how sure a refusal is depends on what was seen of the
// certificate, and on how the client left.
func TestCertainty(t *testing.T) {
	wire := serves(theSite)
	badCertificate := alert(FromClient, tlswire.Fatal, tlswire.BadCertificate)
	unknownCA := alert(FromClient, tlswire.Fatal, tlswire.UnknownCA)
	for _, tt := range []struct {
		name    string
		changes []fact
		code    Code
		want    Certainty
	}{
		{"on the wire, reset", []fact{askedOrigin, wire, resets}, NameNotCovered, Proven},
		{"on the wire, origin domain known", []fact{knownOrigin, askedOrigin, wire, resets}, NameNotCovered, Proven},
		{"on the wire, half of it acknowledged", []fact{askedOrigin, wire, set(func(c *Connection) { c.FromServer.Acked = 1448 }), resets}, NameNotCovered, Likely},
		{"on the wire, alert that fits", []fact{askedOrigin, wire, badCertificate, goes}, NameNotCovered, Proven},
		{"on the wire, alert that contradicts", []fact{askedOrigin, wire, unknownCA, goes}, NameNotCovered, Likely},
		{"on the wire, close_notify", []fact{askedOrigin, wire, alert(FromClient, tlswire.Warning, tlswire.CloseNotify), serverGoes}, NameNotCovered, Proven},
		{"on the wire, close_notify after 26 s", []fact{askedOrigin, wire, alert(FromClient, tlswire.Warning, tlswire.CloseNotify), ended(Reset, FromClient, 26*time.Second)}, NameNotCovered, Proven},
		{"hidden, the file has the fault", []fact{askedOrigin, hides(tlswire.Unseen, theSite), resets}, NameNotCovered, Likely},
		{"hidden, the size agrees", []fact{askedOrigin, hides(tlswire.Present, theSite), resets}, NameNotCovered, Likely},
		{"hidden, the size does not agree", []fact{askedOrigin, hides(tlswire.Absent, theSite), resets}, NameNotCovered, Possible},
		{"hidden, encrypted alert", []fact{askedOrigin, hides(tlswire.Present, theSite), hiddenAlert(FromClient), goes}, NameNotCovered, Likely},
		{"hidden, nothing known", []fact{askedOrigin, flight13, resets}, CertificateRejected, Possible},
		{"another client's trust is not known", []fact{otherClient, askedOrigin, serves(theOrigin), selfish, resets}, CertificateSelfSigned, Likely},
		{"another client says it", []fact{otherClient, askedOrigin, serves(theOrigin), selfish, unknownCA, goes}, CertificateSelfSigned, Proven},
		{"an alert after Finished, and only the issuer to blame", []fact{otherClient, askedOrigin, serves(theOrigin), selfish, finished, hiddenAlert(FromClient), goes}, CertificateSelfSigned, Possible},
		{"an alert after Finished", []fact{otherClient, askedOrigin, wire, finished, hiddenAlert(FromClient), goes}, NameNotCovered, Likely},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, k := given(tt.changes...)
			d := diagnose(t, c, k)
			if d.Code != tt.code || d.Certainty != tt.want {
				t.Errorf("got %s, %s; want %s, %s", d.Code, d.Certainty, tt.code, tt.want)
			}
			if got := outcome(c, k); got != Refused {
				t.Errorf("outcome %v", got)
			}
		})
	}
}

// answers lets the client send encrypted records of these lengths, the last of
// them its Finished.
func answers(lengths ...int) fact {
	return set(func(c *Connection) {
		c.FromClient.Finished, c.FromClient.Encrypted, c.FromClient.EncryptedRecords = true, len(lengths), lengths
	})
}

// TestClientCertificateHidden: TLS 1.3 encrypts the server's request and its
// alert, and the client has finished, and may have asked, before it is refused.
func TestClientCertificateHidden(t *testing.T) {
	asks := set(func(c *Connection) { c.FromClient.Data = true })
	withFile := hides(tlswire.Unseen, theOrigin)
	for _, tt := range []struct {
		name    string
		changes []fact
		want    Code
	}{
		{"an empty Certificate, then an alert", []fact{withFile, answers(25, 53), hiddenAlert(FromServer), serverGoes}, ClientCertificateRequired},
		{"the request was on its way", []fact{withFile, answers(25, 53), asks, hiddenAlert(FromServer), serverGoes}, ClientCertificateRequired},
		{"nobody asked for a certificate", []fact{withFile, answers(53), asks, hiddenAlert(FromServer), serverGoes}, OK},
		{"the server did without", []fact{withFile, answers(25, 53), data, hiddenAlert(FromServer), serverGoes}, OK},
		{"the client left first", []fact{withFile, answers(25, 53), hiddenAlert(FromClient), goes}, CompletedAbandoned},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, k := given(append([]fact{askedOrigin}, tt.changes...)...)
			if d := diagnose(t, c, k); d.Code != tt.want || tt.want == ClientCertificateRequired && d.Certainty != Likely {
				t.Errorf("got %s, %s; want %s", d.Code, d.Certainty, tt.want)
			}
		})
	}
}

// TestNames: the eight cases of docs/cloudfront.md, as a refusal and as an
// acceptance. A mismatch alone proves nothing.
func TestNames(t *testing.T) {
	for _, tt := range []struct {
		row     int
		sni     string
		has     string
		viewers []string
		refused Code
	}{
		{1, theSite, theOrigin, []string{theSite}, CertificateRejected},
		{2, theOrigin, theOrigin, []string{theSite}, CertificateRejected},
		{3, theirs, theOrigin, []string{theirs}, CertificateRejected},
		{4, theOrigin, theOrigin, []string{theirs}, CertificateRejected},
		{5, theSite, theSite, []string{theSite}, CertificateRejected},
		{6, theOrigin, theSite, []string{theSite}, NameNotCovered},
		{7, theirs, theSite, []string{theirs}, NameNotCovered},
		{8, theOrigin, theSite, []string{theirs}, NameNotCovered},
	} {
		known := distribution(edge.Distribution{OriginDomain: theOrigin, ViewerDomains: tt.viewers})
		c, k := given(known, hello(tt.sni), serves(tt.has), resets)
		d := diagnose(t, c, k)
		if d.Code != tt.refused {
			t.Errorf("row %d, refused: got %s, want %s", tt.row, d.Code, tt.refused)
		}
		if d.Code == NameNotCovered && d.ArticleRow != tt.row {
			t.Errorf("row %d: got row %d", tt.row, d.ArticleRow)
		}
		c, k = given(known, hello(tt.sni), serves(tt.has), finished, data, resets)
		if d := diagnose(t, c, k); d.Code != OK || d.ArticleRow != tt.row {
			t.Errorf("row %d, accepted: got %s, row %d", tt.row, d.Code, d.ArticleRow)
		}
	}
	// Another client does not know CloudFront's rule: it wants the SNI.
	c, k := given(otherClient, knownOrigin, hello(theSite), serves(theOrigin), resets)
	if d := diagnose(t, c, k); d.Code != NameNotCovered || d.ArticleRow != 0 {
		t.Errorf("another client: got %s, row %d", d.Code, d.ArticleRow)
	}
}

func TestSeveralFaults(t *testing.T) {
	c, k := given(askedOrigin, serves(theSite), useless, selfish, expired, warning, resets)
	d := diagnose(t, c, k)
	want := []Code{CertificateSelfSigned, NameNotCovered, CertificateUnusable}
	if d.Code != CertificateExpired || !slices.Equal(d.Also, want) {
		t.Errorf("got %s, also %v; want %s, also %v", d.Code, d.Also, CertificateExpired, want)
	}
}

// TestSpecialCases are connections that other tools call by another name.
func TestSpecialCases(t *testing.T) {
	retry := set(func(c *Connection) {
		c.ServerHello = &ServerHello{ServerHello: tlswire.ServerHello{SelectedVersion: tlswire.TLS13, Group: tlswire.X25519}, Packet: 6, HelloRetryRequest: true}
		c.ClientHello.Count = 2
	})
	late := set(func(c *Connection) { c.Certificate.Packet = c.LastPacket + 5 })
	for _, tt := range []struct {
		name    string
		changes []fact
		want    Code
		outcome Handshake
	}{
		{"the flight came when the client had gone", []fact{askedOrigin, ended(Reset, FromClient, 10*time.Second), serves(theSite), late}, ServerSilent, Failed},
		{"a black hole is no refusal", []fact{askedOrigin, serves(theSite), set(func(c *Connection) { c.FromServer.Acked, c.FromServer.Retransmitted = 100, 1 }), resets}, ServerFlightLost, Failed},
		{"a router says that it is too big", []fact{askedOrigin, serves(theSite), set(func(c *Connection) {
			c.FromServer.Acked, c.Unreachable, c.ICMP.Type, c.ICMP.Code = 0, 9, 3, 4
		}), silentFor(time.Second)}, ServerFlightLost, Failed},
		{"the key exchange accepts the certificate", []fact{askedOrigin, serves(theSite), set(func(c *Connection) { c.History = "K" }), resets}, ClientLeftEarly, Failed},
		{"so does an encrypted message in TLS 1.3", []fact{askedOrigin, hides(tlswire.Present, theSite), set(func(c *Connection) { c.FromClient.Encrypted = 1 }), resets}, ClientLeftEarly, Failed},
		{"a Finished in a record with data", []fact{askedOrigin, hides(tlswire.Present, theSite), set(func(c *Connection) { c.FromClient.Encrypted, c.FromServer.Data = 1, true }), resets}, OK, Complete},
		{"CloudFront's Finished accepts it", []fact{askedOrigin, serves(theSite), finished, hiddenAlert(FromClient), goes}, CompletedAbandoned, Complete},
		{"an encrypted goodbye to a good certificate", []fact{otherClient, askedOrigin, serves(theOrigin), finished, hiddenAlert(FromClient), goes}, CompletedAbandoned, Complete},
		{"a resumed session has no certificate", []fact{askedOrigin, flight13, set(func(c *Connection) { c.ServerHello.Resumed, c.Certificate.State = true, tlswire.Absent }), resets}, ClientLeftEarly, Failed},
		{"no group after a HelloRetryRequest", []fact{askedOrigin, retry, sslFatal(tlswire.IllegalParameter), serverGoes}, NoSharedGroup, Refused},
		{"a health check of TCP", []fact{otherClient, goes}, ClientLeftEarly, None},
		{"the server gives up on an idle connection", []fact{ended(Closed, FromServer, time.Minute)}, ServerClosed, Failed},
		{"half a ClientHello", []fact{askedOrigin, set(func(c *Connection) { c.ClientHello.Partial = true }), goes}, ClientLeftEarly, Failed},
		{"no TLS on a port of something else", []fact{otherClient, set(func(c *Connection) { c.Server = netAddr("10.0.0.10:22") }), set(noTLS), ended(Reset, FromServer, 0)}, "", None},
		{"plain HTTP from CloudFront to the port of HTTP", []fact{onPort(80), speaks(FromClient, "an HTTP request"), goes}, "", None},
		{"TLS on any port", []fact{otherClient, set(func(c *Connection) { c.Server = netAddr("10.0.0.10:9001") }), askedOrigin, serves(theSite), resets}, NameNotCovered, Refused},
		{"the server's alert is enough in half a capture", []fact{set(func(c *Connection) { c.Opening = Opening{SYNACK: 2, SYNACKs: 1} }), sslFatal(tlswire.UnrecognizedName), set(func(c *Connection) { c.FromServer.Acked = 0 }), serverGoes}, SNIRefused, Refused},
		{"half a capture without it", []fact{set(func(c *Connection) { c.Opening = Opening{SYNACK: 2, SYNACKs: 1}; c.FromServer.Bytes = 2000 }), serverGoes}, IncompleteCapture, HandshakeUnknown},
		{"the snap length cut the certificate", []fact{askedOrigin, flight, set(func(c *Connection) { c.FromServer.Truncated = true }), resets}, IncompleteCapture, HandshakeUnknown},
		{"a gap may hide the client's Finished", []fact{askedOrigin, serves(theSite), set(func(c *Connection) {
			c.Gaps = []Gap{{From: FromClient, AfterByte: 172, Bytes: 126, InHandshake: true}}
			c.FromClient.LastPacket = 9
		}), resets}, IncompleteCapture, HandshakeUnknown},
		{"a server refuses with a warning", []fact{hello(theirs), alert(FromServer, tlswire.Warning, tlswire.UnrecognizedName), serverGoes}, SNIRefused, Refused},
		{"nothing but a port that rejects", []fact{set(noTLS), icmp(3, 3, theServer)}, PortClosed, Failed},
		{"a firewall that rejects", []fact{set(noTLS), icmp(3, 13, theServer)}, SYNUnanswered, Failed},
		{"no way to the host", []fact{set(noTLS), icmp(1, 0, "2001:db8::1")}, SYNUnanswered, Failed},
		{"an ICMP error and then an answer", []fact{icmp(3, 1, "192.0.2.1"), askedOrigin, serves(theSite), resets}, NameNotCovered, Refused},
		{"an ACK instead of a SYN-ACK", []fact{set(noTLS), set(func(c *Connection) { c.FromServer.Segments = 1 }), ended(Reset, FromClient, 0)}, ClientLeftEarly, None},
		{"alert 80 without a name", []fact{hello(""), sslFatal(tlswire.InternalError), serverGoes}, ServerClosed, Failed},
		{"alert 112 without a name", []fact{hello(""), sslFatal(tlswire.UnrecognizedName), serverGoes}, ServerClosed, Failed},
		{"alert 80 to an old version", []fact{askedOrigin, offersOld, sslFatal(tlswire.InternalError), serverGoes}, ServerClosed, Failed},
		{"the Certificate had not arrived", []fact{askedOrigin, serves(theSite), set(func(c *Connection) { c.FromServer.Acked, c.Certificate.End = 1448, 1449 }), resets}, ClientLeftEarly, Failed},
		{"a certificate that cannot be parsed has no known names", []fact{askedOrigin, serves(theSite), unreadable, resets}, CertificateUnusable, Refused},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, k := given(tt.changes...)
			if d := diagnose(t, c, k); d.Code != tt.want {
				t.Errorf("got %q, want %q", d.Code, tt.want)
			}
			if got := outcome(c, k); got != tt.outcome {
				t.Errorf("outcome %v, want %v", got, tt.outcome)
			}
		})
	}
}
