package analyze

import (
	"fmt"
	"slices"
	"strings"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin/logs"
	"sniwatch/analyze/tlswire"
)

// sniRefused: 112 says it; 80 is what Caddy and Go answer where they have no
// certificate for the name, and OpenSSL where it no longer allows the signatures
// of a version before TLS 1.2. A warning 112 refuses only where nothing follows
// it. A client that asked for no name had none refused.
//
// A server that only closes is told from one that died by its log.
func sniRefused(v *view) bool { return v.sniAlert() != nil || v.sniRefusedByLog() }

func (v *view) sniRefusedByLog() bool {
	return !v.complete() && !v.chosen() && !v.askedNoName() && v.endedBy(FromServer) && v.said(logs.SNIRejected) != nil
}

func (v *view) sniAlert() *Alert {
	if v.complete() || v.askedNoName() {
		return nil
	}
	if a := v.serverAlert(tlswire.UnrecognizedName); a != nil {
		return a
	}
	if v.chosen() {
		return nil
	}
	if a := v.serverAlert(tlswire.InternalError); a != nil && !v.offersOnlyOld() {
		return a
	}
	for i := range v.Alerts {
		a := &v.Alerts[i]
		if a.From == FromServer && !a.Inferred && a.Description == tlswire.UnrecognizedName && v.endedBy(FromServer) {
			return a
		}
	}
	return nil
}

// askedNoName tells whether the ClientHello has no SNI.
func (v *view) askedNoName() bool {
	return v.ClientHello != nil && v.ClientHello.ServerNameState == tlswire.Absent
}

// offersOnlyOld tells whether the client offers nothing as new as TLS 1.2.
func (v *view) offersOnlyOld() bool {
	versions := v.offeredVersions()
	return len(versions) > 0 && !slices.ContainsFunc(versions, func(o tlswire.Version) bool { return o >= tlswire.TLS12 })
}

func sniRefusedWords(v *view) Diagnosis {
	a := v.sniAlert()
	d := Diagnosis{Certainty: Proven, Title: "Your server refused the name that " + v.client() + " asked for"}
	d.Evidence = []Evidence{v.asked()}
	if a != nil {
		d.Evidence = append(d.Evidence, v.answered(a))
	}
	d.Evidence = slices.Concat(d.Evidence, v.logEvidence(logs.SNIRejected), v.knowsEvidence())
	if l := v.Local.Certificate; l != nil {
		d.Evidence = append(d.Evidence, Evidence{File: l.File, Label: "your certificate is for", Value: namesText(l.Chain)})
	}
	says := "Your server has no site with this name, and is set to refuse such names: ssl_reject_handshake in nginx, strict-sni in HAProxy."
	if a != nil && a.Description == tlswire.InternalError {
		d.Certainty = Likely
		says = "Caddy and Go servers answer with this alert where they have no certificate for the name. Any other error inside the server gives the same alert: its log tells."
	}
	d.Explanation = paragraphs(sentences(says, v.viewersGet("502")), v.whoseName(), v.decidedBy())
	d.Fixes = append(v.sniFixes(), v.distribution().Missing...)
	return d
}

// answered is the evidence of the server's alert.
func (v *view) answered(a *Alert) Evidence {
	e := Evidence{Packet: a.Packet, Label: "your server answered with the alert", Value: alertText(a)}
	if v.ClientHello != nil && !v.chosen() {
		e.Note = span(a.Time.Sub(v.ClientHello.Time)) + " after the ClientHello"
	}
	return e
}

// whoseName says where CloudFront has the name from.
func (v *view) whoseName() string {
	switch {
	case !v.fromCloudFront() || v.sni() == "":
		return ""
	case isCloudFrontName(v.sni()):
		return name(v.sni()) + " is CloudFront's own name: viewers use it, and the distribution forwards it to you as Host."
	case sameName(v.sni(), v.distribution().OriginDomain):
		return name(v.sni()) + " is the origin domain: the distribution does not forward Host."
	case v.distribution().OriginDomain != "":
		return name(v.sni()) + " is not the origin domain: it is the Host of viewers, which the distribution forwards to you."
	}
	return "CloudFront asks for the Host of viewers if the distribution forwards it, else for the origin domain."
}

// namelessFix is the remedy of a server that answers nobody without an SNI.
var namelessFix = Fix{Says: "Let the server answer without a name too: a default site with a certificate. In nginx: default_server, and no ssl_reject_handshake there."}

func (v *view) sniFixes() []Fix {
	if v.sni() == "" {
		return []Fix{namelessFix}
	}
	add := Fix{Says: "Add " + name(v.sni()) + " to the site that should answer (server_name in nginx, ServerAlias in Apache), with a certificate for it, and reload. With nginx:",
		Command: testReloadCommand}
	if !v.fromCloudFront() {
		return []Fix{add, {Says: "If nobody should use that name here, all is well: the server refused what it should."}}
	}
	stop := Fix{Says: "Stop forwarding Host: " + v.stopForwarding() + ". CloudFront then asks for the origin domain, which your server and its certificate must have."}
	switch {
	case isCloudFrontName(v.sni()):
		add.Says = "Or let the site whose certificate has the origin domain answer to " + name(v.sni()) + " as well (server_name in nginx), and reload. CloudFront accepts that certificate:"
		return []Fix{stop, add}
	case v.Local.Names.HostForwarded == edge.No || sameName(v.sni(), v.distribution().OriginDomain):
		return []Fix{add}
	}
	stop.Says = "If it is the Host of viewers, you can stop forwarding it instead: " + strings.TrimPrefix(stop.Says, "Stop forwarding Host: ")
	return []Fix{add, stop}
}

// nothingShared gives the alert by which a server says that nothing that was
// offered suits it. It does not say what.
func (v *view) nothingShared() *Alert {
	if v.chosen() || v.complete() || v.CertificateRequest != 0 {
		return nil
	}
	return v.serverAlert(tlswire.HandshakeFailure, tlswire.IllegalParameter, tlswire.InsufficientSecurity)
}

func noSharedCipher(v *view) bool { return v.nothingShared() != nil }

// noSharedGroup tells the groups from the ciphers where that is possible: after
// a HelloRetryRequest the server has chosen its cipher; and a server of TLS 1.3
// shares one of three ciphers with everybody.
func noSharedGroup(v *view) bool {
	if v.nothingShared() == nil || v.unusableKey() {
		return false
	}
	return v.onlyRetryRequest() || v.offersOnlyTLS13() || v.said(logs.NoSharedGroup) != nil
}

func (v *view) offersOnlyTLS13() bool {
	versions := v.offeredVersions()
	return len(versions) > 0 && !slices.ContainsFunc(versions, func(o tlswire.Version) bool { return !o.IsTLS13() })
}

// offeredVersions gives what the client offers, without GREASE.
func (v *view) offeredVersions() []tlswire.Version {
	if v.ClientHello == nil {
		return nil
	}
	return sensible(v.ClientHello.Versions())
}

// sensible leaves out GREASE, which nobody is meant to choose.
func sensible[T ~uint16](values []T) []T {
	return slices.DeleteFunc(slices.Clone(values), func(x T) bool { return tlswire.IsGREASE(uint16(x)) })
}

// unusableKey tells whether the local certificate is of a kind that this client
// did not offer: servers say so with the same alert.
func (v *view) unusableKey() bool {
	l := v.Local.Certificate
	if v.ClientHello == nil || l == nil || l.Leaf() == nil || !slices.Contains(v.faults, CertificateUnusable) {
		return false
	}
	key := keyText(l.Leaf())
	for kind := range strings.SplitSeq(offerOf(v.ClientHello).Kinds(), ",") {
		if strings.HasPrefix(key, kind) {
			return false
		}
	}
	return true
}

// offer is the evidence of what the client offered.
func (v *view) offer() []Evidence {
	h := v.ClientHello
	if h == nil {
		return nil
	}
	row := func(label, value string) Evidence { return Evidence{Packet: h.Packet, Label: label, Value: value} }
	e := []Evidence{
		row(v.Client()+" offers", orNone(list(v.offeredVersions(), 6, tlswire.Version.String))),
		row("its cipher suites", orNone(list(sensible(h.CipherSuites), 4, tlswire.CipherSuite.String))),
	}
	if groups := sensible(h.Groups); len(groups) > 0 {
		e = append(e, row("its groups", list(groups, 6, tlswire.Group.String)))
	}
	return e
}

func (v *view) keyRow() []Evidence {
	if v.Local.Certificate == nil || v.Local.Certificate.Leaf() == nil {
		return nil
	}
	return []Evidence{{File: v.Local.Certificate.File, Label: "your certificate has a key of", Value: keyText(v.Local.Certificate.Leaf())}}
}

// A Mozilla "intermediate" configuration, which has something for every client
// of the last ten years.
const (
	nginxCiphers = "ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384;"
	nginxGroups  = "ssl_ecdh_curve X25519:prime256v1:secp384r1;"
)

func noSharedCipherWords(v *view) Diagnosis {
	d := Diagnosis{Certainty: Possible, Title: "Your server found nothing that it shares with what " + v.client() + " offers"}
	d.Evidence = append(d.Evidence, v.offer()...)
	d.Evidence = slices.Concat(d.Evidence, v.keyRow(), v.allows(cipherSetting), v.logEvidence(logs.NoSharedCipher, logs.NoSharedSignature))
	d.Evidence = append(d.Evidence, v.answered(v.nothingShared()))
	if v.unusableKey() {
		d.Certainty = Likely
		d.Also = []Code{CertificateUnusable}
		d.Title = "Your server's key is of a kind that " + v.client() + " does not offer"
		d.Explanation = sentences(unusableSays(v.problem(CertificateUnusable)), "So your server has no certificate for this client, and ends with an alert.",
			v.usableKeys(), v.viewersGet("502"))
		d.Fixes = []Fix{v.reissueFix(), {Says: "Or serve a second certificate beside it, with an RSA or a P-256 key: nginx and Apache take several, and choose."}}
		return d
	}
	d.Explanation = paragraphs(
		sentences("The alert says that nothing fits, not what. It can be the cipher suites (ssl_ciphers in nginx), the groups (ssl_ecdh_curve), or the kind of the server's key.",
			v.viewersGet("502")),
		v.whatCloudFrontLacks(), sentences(v.keyFits(), v.compatible()))
	d.Fixes = []Fix{
		{Says: "Allow the ordinary cipher suites. In nginx, in the server or http block:", Command: nginxCiphers},
		{Says: "Allow the ordinary groups:", Command: nginxGroups},
		{Says: "Look which of the three it was: the server's log says \"no shared cipher\", \"no suitable key share\" or the like at level info (error_log … info; in nginx)."},
	}
	return d
}

// whatCloudFrontLacks names the things that people configure and CloudFront does
// not offer.
func (v *view) whatCloudFrontLacks() string {
	if !v.fromCloudFront() {
		return ""
	}
	return "CloudFront offers no DHE, no Ed25519, and ChaCha20 in TLS 1.3 only: a server that is limited to those cannot talk to it."
}

// keyFits says what is not the cause, which saves a false trail.
func (v *view) keyFits() string {
	l := v.Local.Certificate
	if l == nil || l.Leaf() == nil || v.unusableKey() {
		return ""
	}
	return fmt.Sprintf("The key in %s (%s) is of a kind that the client can use.", file(l.File), keyText(l.Leaf()))
}

func noSharedGroupWords(v *view) Diagnosis {
	d := Diagnosis{Certainty: Likely, Title: "Your server accepts no group that " + v.client() + " offers"}
	d.Evidence = append(d.Evidence, v.offer()...)
	says := "TLS 1.3 alone was offered, whose few cipher suites every server of TLS 1.3 has: what is left are the groups, and the kind of the server's key."
	if v.onlyRetryRequest() {
		d.Evidence = append(d.Evidence, Evidence{Packet: v.ServerHello.Packet, Label: "your server asked again, for the group", Value: v.ServerHello.Group.String()})
		says = "The server had already chosen a cipher suite and asked for another group (HelloRetryRequest). The second ClientHello did not suit it either."
	}
	if said := v.logEvidence(logs.NoSharedGroup); said != nil {
		d.Certainty, d.Evidence = Proven, append(d.Evidence, said...)
		says = "The server's log says that it is the group that is lacking."
	}
	d.Evidence = append(d.Evidence, v.allows(groupSetting)...)
	d.Evidence = append(d.Evidence, v.answered(v.nothingShared()))
	d.Explanation = sentences("A group is the curve by which both sides agree on a key.", says, v.viewersGet("502"))
	d.Fixes = []Fix{{Says: "Allow the ordinary groups. In nginx, in the server or http block:", Command: nginxGroups}}
	return d
}

func noSharedVersion(v *view) bool { return v.versionAlert() != nil }

func (v *view) versionAlert() *Alert {
	if v.complete() {
		return nil
	}
	if a := v.serverAlert(tlswire.ProtocolVersion, tlswire.InappropriateFallback); a != nil {
		return a
	}
	if a := v.alert(FromClient); a != nil && !a.Inferred && a.Description == tlswire.ProtocolVersion && v.ServerHello != nil {
		return a
	}
	return nil
}

func noSharedVersionWords(v *view) Diagnosis {
	a := v.versionAlert()
	d := Diagnosis{Certainty: Proven, Title: "Your server and " + v.client() + " have no version of TLS in common"}
	offers := orNone(list(v.offeredVersions(), 6, tlswire.Version.String))
	if v.ClientHello != nil {
		d.Evidence = []Evidence{{Packet: v.ClientHello.Packet, Label: v.Client() + " offers", Value: offers}}
	}
	if a.From == FromClient {
		d.Evidence = append(d.Evidence,
			Evidence{Packet: v.ServerHello.Packet, Label: "your server chose", Value: v.ServerHello.Version().String()},
			Evidence{Packet: a.Packet, Label: "it answered with the alert", Value: alertText(a)})
	} else {
		d.Evidence = append(d.Evidence, v.answered(a))
	}
	d.Evidence = append(d.Evidence, v.allows(protocolSetting)...)
	d.Explanation = sentences("The two must agree on one version, and each allows only what the other does not.", v.viewersGet("502"))
	server := Fix{Says: "Allow TLS 1.2 and 1.3 at the server, and reload. In nginx:", Command: "ssl_protocols TLSv1.2 TLSv1.3;"}
	distribution := Fix{Says: "Allow TLSv1.2 in the distribution: its origin, Minimum origin SSL protocol."}
	if !v.fromCloudFront() {
		d.Fixes = []Fix{server}
		return d
	}
	d.Explanation = paragraphs(d.Explanation,
		"What CloudFront offers up to TLS 1.2 is set in the distribution, at the origin. TLS 1.3 it offers by itself since November 2025.")
	d.Fixes = []Fix{server}
	if v.offersOnlyOld() || len(v.offeredVersions()) == 0 {
		d.Fixes = []Fix{distribution, server}
	}
	return d
}

func noSharedALPN(v *view) bool {
	return !v.complete() && v.serverAlert(tlswire.NoApplicationProtocol) != nil
}

func noSharedALPNWords(v *view) Diagnosis {
	d := Diagnosis{Certainty: Proven, Title: "Your server speaks no application protocol that " + v.client() + " offers"}
	if h := v.ClientHello; h != nil {
		offers := strings.Join(h.ALPN, ", ")
		if offers == "" {
			offers = "no protocol by name"
		}
		d.Evidence = []Evidence{{Packet: h.Packet, Label: v.Client() + " offers", Value: offers}}
	}
	d.Evidence = append(d.Evidence, v.answered(v.serverAlert(tlswire.NoApplicationProtocol)))
	says := "The client names the protocols that it speaks (ALPN), and the server knows none of them."
	if v.fromCloudFront() {
		says += " CloudFront speaks HTTP/1.1 with origins."
	}
	d.Explanation = sentences(says, v.viewersGet("502"))
	d.Fixes = []Fix{{Says: "Let the server speak HTTP/1.1 on this port: alpn h2,http/1.1 in HAProxy, Protocols h2 http/1.1 in Apache, NextProtos in Go."}}
	return d
}
