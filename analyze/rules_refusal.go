package analyze

import (
	"slices"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/tlswire"
)

// leaving is how a client turned a certificate down.
type leaving uint8

const (
	stayed       leaving = iota // it did not, or nobody can tell
	leftSilently                // RST or FIN, and no alert
	leftClosing                 // close_notify or user_canceled in clear: a refusal without a reason
	leftAlerting                // another alert in clear
	leftHidden                  // an encrypted record of an alert's length
	leftFinished                // it finished, then sent an alert before any request, as curl does
)

// findLeaving decides whether the client turned the certificate down. A client
// that sends its Finished, or in TLS 1.2 anything that comes after checking the
// certificate, has accepted it; curl and its kind check the name only then.
func (v *view) findLeaving() leaving {
	if !v.hadCertificate() || v.ServerHello != nil && v.ServerHello.Resumed || v.FromClient.Data {
		return stayed
	}
	alert := v.alert(FromClient)
	if v.FromClient.Finished {
		if alert == nil || v.fromCloudFront() || len(v.faults) == 0 || !alert.Inferred && !aboutCertificate(alert) {
			return stayed
		}
		return leftFinished
	}
	if by, ended := v.ender(); !ended || by != FromClient {
		return stayed
	}
	if alert != nil && !(alert.Inferred && v.wentOn()) {
		return leavingBy(alert)
	}
	if alert != nil || !v.leftInSilence() {
		return stayed
	}
	return leftSilently
}

func leavingBy(alert *Alert) leaving {
	switch {
	case alert.Inferred:
		return leftHidden
	case alert.Description == tlswire.CloseNotify || alert.Description == tlswire.UserCanceled:
		return leftClosing
	case slices.Contains(aboutVersion, alert.Description):
		return stayed
	}
	return leftAlerting
}

// aboutVersion are the alerts by which a client turns down the version or the
// strength of what the server chose, whatever the certificate.
var aboutVersion = []tlswire.AlertDescription{
	tlswire.ProtocolVersion, tlswire.InsufficientSecurity, tlswire.InappropriateFallback,
}

// leftInSilence tells whether an end by the client, without an alert, answers
// the Certificate: it came after it and not too late, what the server sent had
// arrived, and the client had not gone on with the handshake.
func (v *view) leftInSilence() bool {
	sentNothingSince := v.FromClient.LastPacket <= max(v.Certificate.Packet, v.helloPacket())
	switch {
	case v.End.Sent == 0 || v.Certificate.Packet > v.End.Packet:
		return false // it came too late: the client had gone
	case v.End.After > longestRefusal:
		return false
	case v.blind(FromClient) && !sentNothingSince:
		return false // its Finished may be in what was lost
	case v.wentOn():
		return false
	case v.acked() >= v.sent():
		return true
	}
	return v.acked() > 0 && v.acked() >= v.Certificate.End && v.FromServer.Retransmitted == 0
}

// wentOn tells whether the client had gone on with the handshake, and so had
// accepted the certificate: in TLS 1.2 to its Certificate or ClientKeyExchange,
// in TLS 1.3 to an encrypted message that is no alert.
func (v *view) wentOn() bool {
	if v.tls13() {
		return v.FromClient.Encrypted > 0
	}
	return v.sentBy('K') || v.sentBy('C')
}

func (v *view) helloPacket() int {
	if v.ServerHello == nil {
		return 0
	}
	return v.ServerHello.Packet
}

// findFaults lists what is wrong with the certificate that counts, in table
// order. It says nothing about whether the client cared.
func (v *view) findFaults() []Code {
	if v.Local.Judged == nil {
		return nil
	}
	var faults []Code
	for i := range v.Local.Problems {
		if p := &v.Local.Problems[i]; !p.Warning {
			faults = append(faults, Code(p.Kind))
		}
	}
	if v.nameAtFault() {
		faults = append(faults, NameNotCovered)
	}
	return faults
}

// nameAtFault tells whether the certificate has no name that the client
// accepts. CloudFront accepts the origin domain and the Host that it forwards;
// the SNI is one of the two. So a certificate that CloudFront refused for its
// names, and that does not cover the SNI, lacks what it needed whether or not
// Host is forwarded: if it is, then the origin domain is missing as well, or the
// certificate would have been accepted. Any other client wants the SNI itself.
func (v *view) nameAtFault() bool {
	j := &v.Local.Names
	if v.Local.Judged.Leaf() == nil {
		return false // it cannot be parsed: what names it has is not known
	}
	if !v.fromCloudFront() {
		return v.sni() != "" && !j.SNICovered
	}
	switch j.Verdict {
	case edge.Rejected:
		return true
	case edge.Undecided:
		return v.sni() != "" && !j.SNICovered
	}
	return false
}

// certificateFault makes the rule for one fault of the certificate.
func certificateFault(code Code, needs string, words func(*view) Diagnosis) rule {
	return rule{
		Code: code, Outcome: Refused, Beside: true,
		Needs: "the client left after the server's Certificate, and " + needs,
		Fires: func(v *view) bool { return v.left != stayed && slices.Contains(v.faults, code) },
		Words: func(v *view) Diagnosis {
			d := words(v)
			d.Certainty = v.certaintyOf(code)
			d.Explanation = paragraphs(d.Explanation, v.contradiction(code))
			if v.left == leftFinished {
				d.Explanation = paragraphs(d.Explanation, "Or it only looked: a health check that finishes the handshake and says goodbye looks the same.")
			}
			if v.Certificate.State != tlswire.Present && v.Local.Agrees == tlswire.Absent {
				d.Fixes = append([]Fix{v.lookFix()}, d.Fixes...)
			}
			return d
		},
	}
}

// rejected is a refusal of a certificate of which no fault is known.
func rejected(v *view) bool { return v.left != stayed && len(v.faults) == 0 }

// certaintyOf tells how sure it is that the client left because of this fault.
func (v *view) certaintyOf(code Code) Certainty {
	onWire := v.Certificate.State == tlswire.Present
	alert := v.alert(FromClient)
	named := v.left == leftAlerting && slices.Contains(namedBy(alert.Description), code)
	switch {
	case !onWire && v.Local.Agrees == tlswire.Absent:
		return Possible // another certificate was sent than the one that has the fault
	case v.left == leftFinished && aboutTrust(code):
		return Possible // a client that trusts the issuer may say goodbye in the same way
	case !onWire, v.left == leftHidden, v.left == leftFinished:
		return Likely
	case code == CertificateUnusable && v.Local.Judged.Leaf() == nil:
		return Likely // crypto/x509 cannot parse it; whether the client can is not known
	case v.left == leftAlerting:
		if named {
			return Proven
		}
		return Likely
	case !v.allAcked():
		return Likely
	case !v.fromCloudFront() && aboutTrust(code):
		return Likely // whom another client trusts is not known
	}
	return Proven
}

// aboutTrust tells whether a fault depends on the roots that the client trusts.
func aboutTrust(code Code) bool {
	return code == CertificateSelfSigned || code == CertificateUntrustedIssuer || code == IntermediateMissing
}

// aboutCertificate tells whether an alert speaks of the certificate at all.
func aboutCertificate(a *Alert) bool { return namedBy(a.Description) != nil }

// namedBy gives the faults that an alert may stand for (RFC 8446, section 6.2);
// nil: it speaks of something else.
func namedBy(d tlswire.AlertDescription) []Code {
	switch d {
	case tlswire.BadCertificate, tlswire.CertificateUnknown:
		return []Code{CertificateExpired, CertificateNotYetValid, CertificateSelfSigned, CertificateUntrustedIssuer,
			IntermediateMissing, IntermediateExpired, NameNotCovered, CertificateUnusable}
	case tlswire.UnsupportedCertificate:
		return []Code{CertificateUnusable}
	case tlswire.CertificateRevoked:
		return []Code{} // about the certificate, but a revocation is not seen on this side
	case tlswire.CertificateExpired:
		return []Code{CertificateExpired, CertificateNotYetValid, IntermediateExpired}
	case tlswire.UnknownCA:
		return []Code{CertificateSelfSigned, CertificateUntrustedIssuer, IntermediateMissing}
	}
	return nil
}
