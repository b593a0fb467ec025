package logs

// A Class is what an entry says has happened, however the program words it.
type Class string

// The classes, as the JSON writes them. Classes tells what each means.
const (
	PeerReset               Class = "peer-reset"
	PeerClosed              Class = "peer-closed"
	ClosedBeforeHello       Class = "closed-before-hello"
	ResetBeforeHello        Class = "reset-before-hello"
	ClosedWaitingForRequest Class = "closed-waiting-for-request"
	AlertReceived           Class = "alert-received"
	NoSharedCipher          Class = "no-shared-cipher"
	NoSharedGroup           Class = "no-shared-group"
	NoSharedSignature       Class = "no-shared-signature"
	UnsupportedVersion      Class = "unsupported-version"
	NoSharedALPN            Class = "no-shared-alpn"
	SNIRejected             Class = "sni-rejected"
	ClientCertificate       Class = "client-certificate"
	HostMismatch            Class = "host-mismatch"
	PlainHTTP               Class = "plain-http"
	TLSToPlainPort          Class = "tls-to-plain-port"
	BadHello                Class = "bad-hello"
	TimedOut                Class = "timed-out"
	HandshakeFailed         Class = "handshake-failed"
	HandshakeFailureOther   Class = "handshake-failure-other"
)

// A Fact is something that a capture can show of a connection.
type Fact string

// The facts that entries of a class exclude.
const (
	ClientAlert        Fact = "client-alert"           // the client sent an alert other than close_notify and user_canceled
	NoClientAlert      Fact = "no-client-alert"        // the client sent no alert, in clear or encrypted
	ClientHelloSeen    Fact = "client-hello"           // a ClientHello arrived whole
	NoClientHello      Fact = "no-client-hello"        // no byte of TLS came from the client
	ServerHelloSent    Fact = "server-hello"           // the server answered with a ServerHello
	HandshakeComplete  Fact = "handshake-complete"     // both sides sent Finished, or application data went both ways
	HandshakeBroken    Fact = "handshake-broken"       // it ended before the client's Finished
	ClientResetOnly    Fact = "client-reset-only"      // the client sent RST, and neither FIN nor close_notify before it
	ClientFINOnly      Fact = "client-fin-only"        // the client sent FIN and no RST
	ServerSpeaksTLS    Fact = "server-speaks-tls"      // the server answered with TLS
	NotAskedForOne     Fact = "no-certificate-request" // in TLS 1.2, the server asked for no client certificate
	EndedWithinSeconds Fact = "ended-within-seconds"   // the connection was over 2 s after it began
)

// A Meaning is what is known of a Class.
type Meaning struct {
	Class Class
	Means string // one sentence
	// NeedsCapture: the line alone leaves open which of Codes it is.
	NeedsCapture bool
	// Codes are the diagnoses (docs/diagnoses.md) that a line of this class can
	// stand for, the usual one first.
	Codes []string
	// ExcludedBy are facts of the wire that contradict a line of this class: the
	// connection is another one, or the log or the capture is wrong.
	ExcludedBy []Fact
}

// refusals are the diagnoses of a client that did not want the certificate.
var refusals = []string{"name-not-covered", "certificate-expired", "certificate-not-yet-valid", "certificate-self-signed",
	"certificate-untrusted-issuer", "intermediate-missing", "intermediate-expired", "certificate-unusable", "certificate-rejected"}

// refusalsOr are refusals, and others that look the same in a log.
func refusalsOr(others ...string) []string {
	return append(refusals[:len(refusals):len(refusals)], others...)
}

// Classes tells of every class what it means, in the order in which reports
// list them.
var Classes = []Meaning{
	{PeerReset, "The client reset the connection in the middle of the handshake, without a word.", true,
		refusalsOr("server-flight-lost", "server-silent", "client-left-early", "client-silent", "incomplete-capture"),
		[]Fact{ClientAlert, HandshakeComplete, ClientFINOnly}},
	{PeerClosed, "The client closed the connection in the middle of the handshake: by FIN, close_notify (0) or user_canceled (90), which this line does not tell apart.", true,
		refusalsOr("server-flight-lost", "server-silent", "client-left-early", "client-silent", "incomplete-capture"),
		[]Fact{ClientAlert, HandshakeComplete, ClientResetOnly}},
	{AlertReceived, "The client ended the handshake with a TLS alert.", true,
		refusalsOr("no-shared-version", "no-shared-cipher", "client-left-early", "incomplete-capture"),
		[]Fact{NoClientAlert}},
	{SNIRejected, "The server refused the server name that the client asked for.", false,
		[]string{"sni-refused"}, []Fact{HandshakeComplete, ServerHelloSent, NoClientHello}},
	{NoSharedCipher, "The server found no cipher suite in the client's offer that goes with its configuration and the kind of its key.", false,
		[]string{"no-shared-cipher", "certificate-unusable", "no-shared-group"}, []Fact{HandshakeComplete, ServerHelloSent, NoClientHello}},
	{NoSharedGroup, "The server found no group for the key exchange in the client's offer that it allows.", false,
		[]string{"no-shared-group", "no-shared-cipher"}, []Fact{HandshakeComplete, NoClientHello}},
	{NoSharedSignature, "The client accepts no signature that the server's key can make.", false,
		[]string{"no-shared-cipher", "certificate-unusable"}, []Fact{HandshakeComplete, NoClientHello}},
	{UnsupportedVersion, "The client offered no version of TLS that the server allows.", false,
		[]string{"no-shared-version"}, []Fact{HandshakeComplete, ServerHelloSent, NoClientHello}},
	{NoSharedALPN, "The client offered no application protocol that the server speaks.", false,
		[]string{"no-shared-alpn"}, []Fact{HandshakeComplete, NoClientHello}},
	{ClientCertificate, "The server wants a certificate of the client, and got none or one that it does not trust.", false,
		[]string{"client-certificate-required", "ok"}, []Fact{NoClientHello, NotAskedForOne}},
	{HostMismatch, "The handshake was good, but the Host of the request does not go with the server name of the handshake: the server refused the request.", false,
		[]string{"ok", "ok-resumed"}, []Fact{HandshakeBroken}},
	{PlainHTTP, "The client spoke plain HTTP to a port that speaks TLS.", false,
		[]string{"client-not-tls"}, []Fact{HandshakeComplete, ClientHelloSeen}},
	{TLSToPlainPort, "The client spoke TLS to a port that speaks plain HTTP.", false,
		[]string{"not-tls"}, []Fact{HandshakeComplete, ServerSpeaksTLS}},
	{BadHello, "What the client sent is no TLS that the server understands.", false,
		[]string{"client-not-tls", "no-shared-version"}, []Fact{HandshakeComplete}},
	{TimedOut, "The client did not finish the handshake in the time that the server gives.", true,
		[]string{"client-silent", "server-flight-lost", "client-left-early", "incomplete-capture"},
		[]Fact{HandshakeComplete, ClientAlert, EndedWithinSeconds}},
	{ClosedBeforeHello, "The client connected and closed the connection again without a byte of TLS.", false,
		[]string{"client-left-early"}, []Fact{ClientHelloSeen, HandshakeComplete}},
	{ResetBeforeHello, "The client connected and reset the connection without a byte of TLS.", false,
		[]string{"client-left-early"}, []Fact{ClientHelloSeen, HandshakeComplete}},
	{ClosedWaitingForRequest, "The handshake was complete; then the client closed the connection without a request.", false,
		[]string{"completed-abandoned", "ok", "ok-resumed"}, []Fact{HandshakeBroken}},
	{HandshakeFailed, "The handshake failed; this log does not say why.", true,
		refusalsOr("sni-refused", "no-shared-cipher", "no-shared-group", "no-shared-version", "client-not-tls", "client-left-early", "server-flight-lost", "incomplete-capture"),
		[]Fact{HandshakeComplete}},
	{HandshakeFailureOther, "The handshake failed for a reason that sniwatch has no class for.", true,
		refusalsOr("no-shared-cipher", "no-shared-group", "no-shared-version", "client-not-tls", "incomplete-capture"),
		[]Fact{HandshakeComplete}},
}

// MeaningOf gives the line of Classes for c; the zero Meaning where there is none.
func MeaningOf(c Class) Meaning {
	for _, m := range Classes {
		if m.Class == c {
			return m
		}
	}
	return Meaning{}
}
