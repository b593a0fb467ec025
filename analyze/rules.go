package analyze

import (
	"slices"

	"sniwatch/analyze/edge"
)

// Knowledge is what the rules know beside the connection itself.
type Knowledge struct {
	Distribution edge.Distribution
	// Setup is the distribution's configuration; nil: it was not given. It goes
	// before Distribution.
	Setup *edge.Setup
	// Ports are those on which TLS is expected: there, a connection without any
	// TLS is worth a word as well.
	Ports []uint16
	// Roots names the roots that count as trusted, such as "Mozilla, 2026-10-30";
	// "": Mozilla's.
	Roots string
}

// A rule explains one way in which a connection goes, or fails.
type rule struct {
	Code    Code
	Outcome Handshake // what became of the handshake where this rule decides
	Needs   string    // what must be seen, in the words of docs/diagnoses.md
	Hides   []Code    // rules that this one makes doubtful: they do not decide beside it
	Beside  bool      // where another rule decides, this one is still worth naming (Diagnosis.Also)
	Fires   func(*view) bool
	Words   func(*view) Diagnosis // all but Code and Also
}

// rules stand in the order of docs/diagnoses.md: the first that fires, and is
// not hidden by another that fires, decides. To add one: its value here, its
// code in rules_codes.go, its line in docs/diagnoses.md, and in rules_test.go a
// connection that fires it beside one that does not.
var rules = []rule{
	// The client refused the certificate.
	certificateFault(CertificateExpired, "the certificate is past its last day", expiredWords),
	certificateFault(CertificateNotYetValid, "the certificate is before its first day", notYetValidWords),
	certificateFault(CertificateSelfSigned, "the certificate is signed by itself", selfSignedWords),
	certificateFault(CertificateUntrustedIssuer, "the chain is whole, but ends in a root that is not trusted", untrustedWords),
	certificateFault(IntermediateMissing, "the chain stops before a trusted root", missingWords),
	certificateFault(IntermediateExpired, "an intermediate certificate is past its last day", intermediateExpiredWords),
	certificateFault(NameNotCovered, "no name of the certificate is one that the client accepts", nameWords),
	certificateFault(CertificateUnusable, "its key, signature or purpose is none that the client can use", unusableWords),
	{Code: CertificateRejected, Outcome: Refused, Fires: rejected, Words: rejectedWords,
		Needs: "the client left after the server's Certificate, and no fault of the certificate is known"},

	// The server refused.
	{Code: SNIRefused, Outcome: Refused, Fires: sniRefused, Words: sniRefusedWords,
		Needs: "a name was asked for, and server alert 112, or 80 straight after the ClientHello, or an end there and a log that says so"},
	{Code: NoSharedCipher, Outcome: Refused, Fires: noSharedCipher, Words: noSharedCipherWords,
		Needs: "server alert 40, 47 or 71 straight after the ClientHello"},
	{Code: NoSharedGroup, Outcome: Refused, Fires: noSharedGroup, Words: noSharedGroupWords, Hides: []Code{NoSharedCipher},
		Needs: "the same, after a HelloRetryRequest, or where TLS 1.3 alone was offered, or a log that says so"},
	{Code: NoSharedVersion, Outcome: Refused, Fires: noSharedVersion, Words: noSharedVersionWords,
		Needs: "alert 70: of the server, or of the client after the server chose a version"},
	{Code: NoSharedALPN, Outcome: Refused, Fires: noSharedALPN, Words: noSharedALPNWords,
		Needs: "server alert 120"},
	{Code: ClientCertificateRequired, Outcome: Refused, Fires: clientCertificateRequired, Words: clientCertificateWords,
		Needs: "server alert 116, or a CertificateRequest and then a server alert, or in TLS 1.3 a client's Certificate, by length, and then an encrypted server alert; or a log that says that none came"},
	{Code: NotTLS, Outcome: Refused, Fires: notTLS, Words: notTLSWords,
		Needs: "the server answered the ClientHello with something that is not TLS"},

	// The path, or a side that vanished.
	{Code: PortClosed, Outcome: Failed, Fires: portClosed, Words: portClosedWords,
		Needs: "SYN answered by RST, or by ICMP port unreachable"},
	{Code: SYNUnanswered, Outcome: Failed, Fires: synUnanswered, Words: synUnansweredWords,
		Needs: "SYN, and no answer, or an ICMP error: prohibited, or host or network unreachable"},
	{Code: SYNACKUnanswered, Outcome: Failed, Fires: synackUnanswered, Words: synackUnansweredWords,
		Needs: "SYN-ACK repeated, and no ACK"},
	{Code: ServerSilent, Outcome: Failed, Fires: serverSilent, Words: serverSilentWords,
		Needs: "the server's turn to speak, and nothing from it for a second or more"},
	{Code: ServerFlightLost, Outcome: Failed, Fires: serverFlightLost, Words: serverFlightLostWords,
		Hides: []Code{ServerClosed, ClientLeftEarly, ClientSilent, StillOpen},
		Needs: "the server's bytes sent again, and not acknowledged"},
	{Code: ServerClosed, Outcome: Failed, Fires: serverClosed, Words: serverClosedWords,
		Needs: "the server ended the handshake by FIN or RST, without an alert that says why"},
	{Code: ClientLeftEarly, Outcome: Failed, Fires: clientLeftEarly, Words: clientLeftEarlyWords,
		Needs: "the client ended before it had the server's certificate"},
	{Code: ClientSilent, Outcome: Failed, Fires: clientSilent, Words: clientSilentWords,
		Needs: "the server's flight acknowledged, then nothing from the client until somebody gave up"},
	{Code: ClientNotTLS, Outcome: None, Fires: clientNotTLS, Words: clientNotTLSWords,
		Needs: "the client sent something that is not TLS"},

	// Nothing to explain.
	{Code: OK, Outcome: Complete, Fires: ok, Words: okWords,
		Needs: "the handshake was completed"},
	{Code: OKResumed, Outcome: Complete, Fires: okResumed, Words: okResumedWords, Hides: []Code{OK},
		Needs: "the handshake was completed from an earlier one, without a certificate"},
	{Code: CompletedAbandoned, Outcome: Complete, Fires: completedAbandoned, Words: abandonedWords,
		Hides: []Code{OK, OKResumed},
		Needs: "the handshake was completed, and the connection ended without a request"},
	{Code: StillOpen, Outcome: HandshakeUnknown, Fires: stillOpen, Words: stillOpenWords,
		Needs: "the capture ended before the connection did"},
	{Code: IncompleteCapture, Outcome: HandshakeUnknown, Fires: incomplete, Words: incompleteWords,
		Hides: []Code{CertificateRejected, SYNUnanswered, SYNACKUnanswered, ServerSilent, ServerFlightLost,
			ServerClosed, ClientLeftEarly, ClientSilent, StillOpen},
		Needs: "the packets that would decide are not in the capture"},
}

// about tells what is known of the distribution for connections with this SNI.
func (k *Knowledge) about(sni string) edge.Case {
	if k.Setup == nil {
		return edge.Case{Distribution: k.Distribution}
	}
	return k.Setup.For(sni)
}

// Diagnose gives the opinion about c. It reads the facts of c and changes none;
// the zero Diagnosis says that there is nothing to say.
func Diagnose(c *Connection, k *Knowledge) Diagnosis { return conclude(c, k).diagnosis() }

// A verdict is the rule that decides about a connection, before it is put into
// words, which is what costs.
type verdict struct {
	view    *view
	decides *rule // nil: there is nothing to say
	also    []Code
}

func conclude(c *Connection, k *Knowledge) verdict { return new(view).conclude(c, k) }

// conclude makes v the view of another connection, and decides about that. The
// verdict holds until v looks at the next one.
func (v *view) conclude(c *Connection, k *Knowledge) verdict {
	v.look(c, k)
	decides, also := decide(v)
	return verdict{v, decides, also}
}

// code gives the cause, "" where there is nothing to say.
func (x verdict) code() Code {
	if x.decides == nil {
		return ""
	}
	return x.decides.Code
}

// outcome derives what became of the handshake from the same rules, so that it
// never contradicts the Diagnosis.
func (x verdict) outcome() Handshake {
	switch {
	case x.decides == nil:
		return None
	case x.decides.Code == ClientLeftEarly && x.view.FromClient.Bytes == 0:
		return None // opened and left alone, as a health check of TCP does
	case x.decides.Code == ClientCertificateRequired && x.view.clientCertificateAlert() == nil:
		return Complete // and then the request was refused
	}
	return x.decides.Outcome
}

func (x verdict) diagnosis() Diagnosis {
	if x.decides == nil {
		return Diagnosis{}
	}
	d := x.decides.Words(x.view)
	d.Code = x.decides.Code
	d.Also = append(d.Also, x.also...)
	return d
}

// decide finds the rule that decides, and the codes that stand beside it. nil:
// there is nothing to say.
func decide(v *view) (decides *rule, also []Code) {
	if !v.tlsExpected() && !v.tlsSeen() {
		return nil, nil
	}
	// Both are mostly large enough, and on the stack.
	var firedRoom [4]*rule
	var hiddenRoom [8]Code
	fired, hidden := firedRoom[:0], hiddenRoom[:0]
	for i := range rules {
		if rules[i].Fires(v) {
			fired = append(fired, &rules[i])
			hidden = append(hidden, rules[i].Hides...)
		}
	}
	for _, f := range fired {
		switch {
		case slices.Contains(hidden, f.Code):
		case decides == nil:
			decides = f
		case f.Beside:
			also = append(also, f.Code)
		}
	}
	return decides, also
}
