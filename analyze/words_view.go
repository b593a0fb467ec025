package analyze

import (
	"fmt"
	"slices"
	"strings"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/tlswire"
)

// client and Client name the client within a sentence and at its beginning.
func (v *view) client() string {
	if v.fromCloudFront() {
		return "CloudFront"
	}
	return "the client"
}

func (v *view) Client() string {
	if v.fromCloudFront() {
		return "CloudFront"
	}
	return "The client"
}

// viewersGet tells what a failure means for people; only CloudFront has viewers.
func (v *view) viewersGet(status string) string {
	if !v.fromCloudFront() {
		return ""
	}
	return "Viewers get " + status + "."
}

// wanted gives the name that the certificate should have for this client: the
// origin domain where it is known, because CloudFront accepts it whether or not
// it forwards Host, else the name that was asked for, unless it is CloudFront's
// own, which no authority certifies. "": none is known.
func (v *view) wanted() string {
	if v.fromCloudFront() {
		if v.distribution().OriginDomain != "" {
			return v.distribution().OriginDomain
		}
		if isCloudFrontName(v.sni()) {
			return ""
		}
	}
	return v.sni()
}

// wantedFix is edge.CertbotFix with the name that is wanted, where one is known.
func (v *view) wantedFix(says, options string) Fix {
	var have []string
	if v.Local.Judged != nil {
		have = v.Local.Judged.Names()
	}
	if w := v.wanted(); w != "" {
		return edge.CertbotFix(says, options, have, w)
	}
	return edge.CertbotFix(says, options, have)
}

// asked is the evidence of the name that the client asked for.
func (v *view) asked() Evidence {
	e := Evidence{Label: "The client asked for"}
	if v.fromCloudFront() {
		e.Label = "CloudFront asked for"
	}
	if v.ClientHello == nil {
		e.Label, e.Value = "the ClientHello", "not in the capture"
		return e
	}
	e.Packet = v.ClientHello.Packet
	switch v.ClientHello.ServerNameState {
	case tlswire.Present:
		e.Value = v.sni()
	case tlswire.Absent:
		e.Value, e.Note = "no name", "the ClientHello has no SNI"
	case tlswire.Encrypted:
		e.Value, e.Note = "a name that is encrypted", "Encrypted Client Hello"
	default:
		e.Value, e.Note = "a name that was not seen", "that part of the ClientHello is missing"
	}
	return e
}

// isFor is the evidence of the names of the certificate that counts, all of them.
func (v *view) isFor() Evidence {
	e := v.certificateRow("your certificate is for")
	chain := v.Local.Judged
	if chain == nil {
		chain = v.Certificate.Chain
	}
	if chain == nil {
		return e
	}
	e.Value = namesText(chain)
	return e
}

// namesText gives all names of a certificate.
func namesText(chain *origin.Chain) string {
	names := chain.Names()
	switch {
	case chain.Leaf() == nil:
		return "names that cannot be read"
	case len(names) == 0:
		return "no name at all"
	}
	return strings.Join(names, ", ")
}

// certificateRow is evidence that rests on the certificate: where it was seen,
// and how it compares with the file.
func (v *view) certificateRow(label string) Evidence {
	e := Evidence{Label: label, Packet: v.Certificate.Packet}
	local := v.Local.Certificate
	if v.Local.Probed != nil && v.Certificate.State != tlswire.Present {
		e.Note = "your server showed it when it was asked, " + v.probedIs()
		return e
	}
	if v.Certificate.State == tlswire.Present {
		switch {
		case local == nil:
		case v.Local.Agrees == tlswire.Present:
			e.Note = "same as " + file(local.File)
		case v.Local.Agrees == tlswire.Absent:
			e.Note = "not the one in " + file(local.File)
		}
		return e
	}
	if local == nil {
		e.Value, e.Note = "not known", "TLS 1.3 encrypts it"
		return e
	}
	e.File = local.File
	switch v.Local.Agrees {
	case tlswire.Present:
		e.Note = "TLS 1.3 hides the one that was sent, but not its size: the same"
	case tlswire.Absent:
		e.Note = "TLS 1.3 hides the one that was sent, but not its size: another"
	default:
		e.Note = "TLS 1.3 hides the one that was sent"
	}
	return e
}

// probedIs compares what the server showed when it was asked with the file.
func (v *view) probedIs() string {
	switch local := v.Local.Certificate; {
	case local == nil:
		return "by a handshake on this host"
	case local.SHA256[0] == v.Local.Probed.SHA256[0]:
		return "and it is the one in " + file(local.File)
	case olderOf(v.Local.Probed, local.Chain):
		return "and it is older than the one in " + file(local.File) + ": the server was not reloaded"
	default:
		return "and it is not the one in " + file(local.File)
	}
}

// hiddenNote says in a sentence on what a fault rests where the certificate was
// not on the wire.
func (v *view) hiddenNote() string {
	if v.Local.Probed != nil && v.Certificate.State != tlswire.Present {
		return "TLS 1.3 encrypts the certificate. This is about the one that your server showed when it was asked for this name, " + v.probedIs() + "."
	}
	if v.Certificate.State == tlswire.Present || v.Local.Certificate == nil {
		return ""
	}
	f := file(v.Local.Certificate.File)
	switch v.Local.Agrees {
	case tlswire.Present:
		return fmt.Sprintf("TLS 1.3 encrypts the certificate. This is about %s, and what the server sent has exactly its size.", f)
	case tlswire.Absent:
		return fmt.Sprintf("TLS 1.3 encrypts the certificate. This is about %s, but what the server sent has another size: "+
			"it probably serves another certificate. Name that one with --cert.", f)
	}
	return fmt.Sprintf("TLS 1.3 encrypts the certificate. This is about %s, the one that the server should choose for this name.", f)
}

// leftRow is the evidence of how the client left.
func (v *view) leftRow(code Code) Evidence {
	if v.left == leftSilently {
		e := Evidence{Packet: v.End.Packet, Label: "it closed the connection",
			Value: span(v.End.After) + " after it had the certificate", Note: "without an alert"}
		if v.End.How == Reset {
			e.Label = "it reset the connection"
		}
		if !v.allAcked() {
			e.Note = fmt.Sprintf("without an alert; %d of %d bytes had been acknowledged", v.acked(), v.sent())
		}
		return e
	}
	a := v.alert(FromClient)
	e := Evidence{Packet: a.Packet, Label: "it answered with the alert"}
	since := span(a.Time.Sub(v.FromServer.Last))
	switch v.left {
	case leftClosing:
		e.Value = alertText(a)
		e.Note = since + " after the certificate: a refusal that gives no reason"
	case leftHidden:
		e.Label, e.Value = "it answered", "with an encrypted record of the size of an alert"
		e.Note = since + " after the certificate"
	case leftFinished:
		e.Label, e.Value = "it left", "without a request, after an encrypted alert"
		e.Note = "it had finished the handshake: such a client checks the certificate only then"
	default:
		e.Value = alertText(a)
		if blamed := blames(a.Description); blamed != "" && code != "" && !slices.Contains(namedBy(a.Description), code) {
			e.Note = "it blames " + blamed
		}
	}
	return e
}

// contradiction says that the client's alert blames something else than the
// fault that was found.
func (v *view) contradiction(code Code) string {
	if v.left != leftAlerting {
		return ""
	}
	a := v.alert(FromClient)
	blamed := blames(a.Description)
	if blamed == "" || slices.Contains(namedBy(a.Description), code) {
		return ""
	}
	return "The client's alert blames " + blamed + ", which this fault is not. If the remedy does not help, look there next."
}

// blames says what an alert blames, where it blames one thing.
func blames(d tlswire.AlertDescription) string {
	switch d {
	case tlswire.UnsupportedCertificate:
		return "the kind of the certificate"
	case tlswire.CertificateRevoked:
		return "a revocation"
	case tlswire.CertificateExpired:
		return "the dates"
	case tlswire.UnknownCA:
		return "the issuer"
	case tlswire.BadCertificate, tlswire.CertificateUnknown:
		return ""
	}
	return "something that is not the certificate"
}

// alertText names an alert in clear.
func alertText(a *Alert) string {
	if a.Inferred {
		return "an encrypted alert"
	}
	return fmt.Sprintf("%v (%d)", a.Description, uint8(a.Description))
}

// problem gives the first fault of a kind of the certificate that counts. It is
// asked for only where that fault made a rule fire.
func (v *view) problem(code Code) *origin.Problem {
	for i := range v.Local.Problems {
		if p := &v.Local.Problems[i]; Code(p.Kind) == code {
			return p
		}
	}
	return &origin.Problem{}
}

// endRow is the evidence of who ended the connection on the level of TCP.
func (v *view) endRow() Evidence {
	e := Evidence{Packet: v.End.Packet}
	switch v.End.How {
	case Open:
		return Evidence{Packet: v.LastPacket, Label: "the last packet", Value: "the capture holds nothing after it"}
	case Timeout:
		return Evidence{Packet: v.LastPacket, Label: "the last packet", Value: "nothing came after it"}
	case Reset:
		e.Label, e.Value = "the connection was reset", "by "+v.End.By.String()
	default:
		e.Label, e.Value = "the connection was closed", "by "+v.End.By.String()
	}
	e.Value = "by the " + v.End.By.String()
	return e
}
