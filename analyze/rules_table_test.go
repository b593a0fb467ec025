package analyze

import (
	"slices"
	"testing"
	"time"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/tlswire"
)

var (
	days6   = 6 * 24 * time.Hour
	expired = problem(origin.Problem{Kind: origin.CertificateExpired, When: testStart.Add(-days6)})
	tooSoon = problem(origin.Problem{Kind: origin.CertificateNotYetValid, When: testStart.Add(days6)})
	selfish = problem(origin.Problem{Kind: origin.SelfSigned})
	private = problem(origin.Problem{Kind: origin.UntrustedIssuer, Issuer: "CN=Example Corp Root"})
	lacking = problem(origin.Problem{Kind: origin.IntermediateMissing, Issuer: "CN=R11,O=Let's Encrypt", URL: "http://r11.i.lencr.org/"})
	oldLink = problem(origin.Problem{Kind: origin.IntermediateExpired, Subject: "CN=R3,O=Let's Encrypt", When: testStart.Add(-days6)})
	useless = problem(origin.Problem{Kind: origin.Unusable, Rule: "it is signed with SHA-1",
		Says: "The certificate for origin.example.com cannot be used: it is signed with SHA-1."})
	warning = problem(origin.Problem{Kind: origin.ChainOutOfOrder, Warning: true})

	askedOrigin = hello(theOrigin)
	knownOrigin = distribution(edge.Distribution{OriginDomain: theOrigin})
	goes        = ended(Closed, FromClient, time.Millisecond)
	serverGoes  = ended(Closed, FromServer, time.Millisecond)
)

func sslFatal(what tlswire.AlertDescription) fact { return alert(FromServer, tlswire.Fatal, what) }

func set(f func(*Connection)) fact { return func(c *Connection, _ *Knowledge) { f(c) } }

func noTLS(c *Connection) { c.Opening.ACK, c.Opening.SYNACK, c.Opening.SYNACKs = 0, 0, 0 }

// The rules: for each what fires it, and what looks alike and must not.
var ruleTests = []struct {
	code      Code
	certainty Certainty
	outcome   Handshake
	fires     []fact
	beside    []fact // the counterpart
	instead   Code   // what that is
}{
	{CertificateExpired, Proven, Refused,
		[]fact{askedOrigin, serves(theOrigin), expired, resets},
		[]fact{askedOrigin, serves(theOrigin), expired, finished, data, resets}, OK},
	{CertificateNotYetValid, Proven, Refused,
		[]fact{askedOrigin, serves(theOrigin), tooSoon, resets},
		[]fact{askedOrigin, serves(theOrigin), tooSoon, ended(Open, 0, 0)}, StillOpen},
	{CertificateSelfSigned, Proven, Refused,
		[]fact{askedOrigin, serves(theOrigin), selfish, resets},
		[]fact{askedOrigin, serves(theOrigin), selfish, alert(FromClient, tlswire.Fatal, tlswire.ProtocolVersion), goes}, NoSharedVersion},
	{CertificateUntrustedIssuer, Proven, Refused,
		[]fact{askedOrigin, serves(theOrigin), private, resets},
		[]fact{askedOrigin, serves(theOrigin), set(func(c *Connection) { c.FromServer.Acked, c.FromServer.Retransmitted = 0, 3 }), private, resets}, ServerFlightLost},
	{IntermediateMissing, Proven, Refused,
		[]fact{askedOrigin, serves(theOrigin), lacking, resets},
		[]fact{askedOrigin, serves(theOrigin), warning, resets}, CertificateRejected},
	{IntermediateExpired, Proven, Refused,
		[]fact{askedOrigin, serves(theOrigin), oldLink, resets},
		[]fact{askedOrigin, serves(theOrigin), oldLink, ended(Reset, FromClient, 2*time.Minute)}, ClientSilent},
	{NameNotCovered, Proven, Refused,
		[]fact{knownOrigin, askedOrigin, serves(theSite), resets},
		[]fact{knownOrigin, hello(theSite), serves(theOrigin), resets}, CertificateRejected},
	{CertificateUnusable, Proven, Refused,
		[]fact{askedOrigin, serves(theOrigin), useless, resets},
		[]fact{askedOrigin, serves(theOrigin), useless, finished, data}, OK},
	{CertificateRejected, Possible, Refused,
		[]fact{askedOrigin, flight13, resets},
		[]fact{askedOrigin, flight13, finished, data, resets}, OK},
	{SNIRefused, Proven, Refused,
		[]fact{hello(theirs), sslFatal(tlswire.UnrecognizedName), serverGoes},
		[]fact{hello(theirs), alert(FromServer, tlswire.Warning, tlswire.UnrecognizedName), serves(theSite), finished, data, serverGoes}, OK},
	{NoSharedCipher, Possible, Refused,
		[]fact{askedOrigin, sslFatal(tlswire.HandshakeFailure), serverGoes},
		[]fact{askedOrigin, serves(theOrigin), sslFatal(tlswire.HandshakeFailure), serverGoes}, ServerClosed},
	{NoSharedGroup, Likely, Refused,
		[]fact{askedOrigin, set(func(c *Connection) { c.ClientHello.SupportedVersions = []tlswire.Version{tlswire.TLS13} }), sslFatal(tlswire.HandshakeFailure), serverGoes},
		[]fact{askedOrigin, sslFatal(tlswire.IllegalParameter), serverGoes}, NoSharedCipher},
	{NoSharedVersion, Proven, Refused,
		[]fact{askedOrigin, sslFatal(tlswire.ProtocolVersion), serverGoes},
		[]fact{askedOrigin, sslFatal(tlswire.DecodeError), serverGoes}, ServerClosed},
	{NoSharedALPN, Proven, Refused,
		[]fact{askedOrigin, sslFatal(tlswire.NoApplicationProtocol), serverGoes},
		[]fact{askedOrigin, sslFatal(tlswire.InternalError), serverGoes}, SNIRefused},
	{ClientCertificateRequired, Likely, Refused,
		[]fact{askedOrigin, serves(theOrigin), set(func(c *Connection) { c.CertificateRequest, c.History = 7, "CK" }), sslFatal(tlswire.HandshakeFailure), serverGoes},
		[]fact{askedOrigin, serves(theOrigin), set(func(c *Connection) { c.CertificateRequest = 7 }), finished, data, serverGoes}, OK},
	{NotTLS, Proven, Refused,
		[]fact{askedOrigin, set(func(c *Connection) {
			c.FromServer = Side{Bytes: 309, Acked: 309, NotTLS: "an HTTP response", NotTLSPacket: 6, LastPacket: 6}
			c.LastPacket = 6
		}), serverGoes},
		[]fact{speaks(FromClient, "an HTTP request"), speaks(FromServer, "an HTTP response"), serverGoes}, ClientNotTLS},
	{PortClosed, Proven, Failed,
		[]fact{set(noTLS), ended(Reset, FromServer, 0)},
		[]fact{ended(Reset, FromServer, 0)}, ServerClosed},
	{SYNUnanswered, Likely, Failed,
		[]fact{set(noTLS), set(func(c *Connection) { c.Opening.SYNs, c.Last = 3, at(3*time.Second) })},
		[]fact{set(noTLS)}, StillOpen},
	{SYNACKUnanswered, Likely, Failed,
		[]fact{set(func(c *Connection) { c.Opening.ACK, c.Opening.SYNACKs, c.Last = 0, 4, at(7*time.Second) })},
		[]fact{set(func(c *Connection) { c.Opening.ACK = 0 }), ended(Reset, FromClient, 0)}, ClientLeftEarly},
	{ServerSilent, Proven, Failed,
		[]fact{askedOrigin, ended(Reset, FromClient, 10*time.Second)},
		[]fact{askedOrigin, ended(Reset, FromClient, 10*time.Millisecond)}, ClientLeftEarly},
	{ServerFlightLost, Proven, Failed,
		[]fact{askedOrigin, serves(theSite), set(func(c *Connection) {
			c.FromServer.Acked, c.FromServer.LargestAcked, c.FromServer.Retransmitted = 0, 0, 5
		}), ended(Reset, FromClient, 10*time.Second)},
		[]fact{askedOrigin, serves(theSite), set(func(c *Connection) { c.FromServer.Retransmitted = 1 }), resets}, NameNotCovered},
	{ServerClosed, Proven, Failed,
		[]fact{askedOrigin, serverGoes},
		[]fact{askedOrigin, serves(theOrigin), ended(Closed, FromServer, time.Minute)}, ClientSilent},
	{ClientLeftEarly, Proven, Failed,
		[]fact{askedOrigin, goes},
		[]fact{askedOrigin, serverGoes}, ServerClosed},
	{ClientSilent, Possible, Failed,
		[]fact{askedOrigin, serves(theSite), silentFor(time.Minute)},
		[]fact{askedOrigin, serves(theSite), alert(FromClient, tlswire.Warning, tlswire.CloseNotify), ended(Closed, FromServer, time.Millisecond)}, NameNotCovered},
	{ClientNotTLS, Proven, None,
		[]fact{speaks(FromClient, "an HTTP request"), serverGoes},
		[]fact{otherClient, speaks(FromClient, "an SSH banner"), onPort(22), serverGoes}, ""},
	{OK, Proven, Complete,
		[]fact{askedOrigin, serves(theOrigin), finished, data, ended(Reset, FromServer, 0)},
		[]fact{askedOrigin, serves(theOrigin), set(func(c *Connection) { c.FromClient.Finished = true; c.ServerHello.Done = false }), serverGoes}, ServerClosed},
	{OKResumed, Proven, Complete,
		[]fact{askedOrigin, flight, set(func(c *Connection) { c.ServerHello.Resumed, c.Certificate.State = true, tlswire.Absent }), finished, data},
		[]fact{askedOrigin, flight13, finished, data}, OK},
	{CompletedAbandoned, Proven, Complete,
		[]fact{askedOrigin, serves(theOrigin), finished, goes},
		[]fact{askedOrigin, serves(theOrigin), finished}, OK},
	{StillOpen, Proven, HandshakeUnknown,
		[]fact{askedOrigin},
		[]fact{set(func(c *Connection) { c.MidStream, c.Opening, c.FromClient.Encrypted = true, Opening{}, 1 })}, IncompleteCapture},
	{IncompleteCapture, Proven, HandshakeUnknown,
		[]fact{askedOrigin, set(func(c *Connection) {
			c.Gaps = []Gap{{From: FromServer, AfterByte: 100, Bytes: 1448, InHandshake: true}}
		}), flight, resets},
		[]fact{askedOrigin, serves(theSite), set(func(c *Connection) {
			c.Gaps = []Gap{{From: FromServer, AfterByte: 2000, Bytes: 10, InHandshake: true}}
		}), resets}, NameNotCovered},
}

func TestRules(t *testing.T) {
	for _, tt := range ruleTests {
		t.Run(string(tt.code), func(t *testing.T) {
			c, k := given(tt.fires...)
			d := diagnose(t, c, k)
			if d.Code != tt.code || d.Certainty != tt.certainty {
				t.Errorf("got %q, %s; want %q, %s", d.Code, d.Certainty, tt.code, tt.certainty)
			}
			if got := outcome(c, k); got != tt.outcome {
				t.Errorf("outcome %v, want %v", got, tt.outcome)
			}
			c, k = given(tt.beside...)
			if d := diagnose(t, c, k); d.Code != tt.instead {
				t.Errorf("the counterpart is %q, want %q", d.Code, tt.instead)
			}
		})
	}
}

// TestRulesAreTested keeps the table above in step with the rules, in order.
func TestRulesAreTested(t *testing.T) {
	var tested, known []Code
	for _, tt := range ruleTests {
		tested = append(tested, tt.code)
		if tt.code == tt.instead {
			t.Errorf("the counterpart of %s must be something else", tt.code)
		}
	}
	for _, r := range rules {
		known = append(known, r.Code)
	}
	if !slices.Equal(tested, known) {
		t.Errorf("rules: %v\ntested: %v", known, tested)
	}
}
