package analyze

import (
	"fmt"
	"slices"
	"strings"

	"sniwatch/analyze/origin/logs"
	"sniwatch/analyze/tlswire"
)

// diagnose says what the lines of a group mean, as far as they tell.
func (x *Explainer) diagnose(g *logGroup) Diagnosis {
	if !g.CloudFront {
		return Diagnosis{Title: strings.TrimSuffix(g.Means, "."), Harmless: true}
	}
	v := x.logView(g)
	d := x.byClass(g, v)
	d.Evidence = append(x.evidence(g, v), d.Evidence...)
	return d
}

// byClass is the table of what is said of each class.
func (x *Explainer) byClass(g *logGroup, v *view) Diagnosis {
	switch g.Class {
	case logs.PeerReset, logs.PeerClosed:
		return x.refusedByLog(g, v)
	case logs.AlertReceived:
		return x.alertByLog(g, v)
	case logs.SNIRejected:
		return sniByLog(g, v)
	case logs.NoSharedCipher, logs.NoSharedGroup, logs.NoSharedSignature:
		return nothingSharedByLog(g, v)
	case logs.UnsupportedVersion:
		return versionByLog()
	case logs.NoSharedALPN:
		return Diagnosis{Code: NoSharedALPN, Certainty: Proven, Title: "Your server speaks no application protocol that CloudFront offers",
			Explanation: "CloudFront speaks HTTP/1.1 with origins. Viewers get 502.",
			Fixes:       []Fix{{Says: "Let the server speak HTTP/1.1 on this port: alpn h2,http/1.1 in HAProxy, Protocols h2 http/1.1 in Apache, NextProtos in Go."}}}
	case logs.ClientCertificate:
		return Diagnosis{Code: ClientCertificateRequired, Certainty: Proven, Title: "Your server demands a client certificate, and CloudFront has none that it takes",
			Explanation: "CloudFront sends a certificate of its own only if mutual TLS is set up for the origin (since 2026). Otherwise the handshake is good, and the request is refused: with nginx viewers get 400.",
			Fixes: []Fix{{Says: "Do not demand one on this port: ssl_verify_client off; in nginx, SSLVerifyClient none in Apache."},
				{Says: "Or set mutual TLS up for the origin in the distribution, and let the server trust the authority of that certificate."}}}
	case logs.HostMismatch:
		return Diagnosis{Title: "Your server refused requests whose Host is another name than the handshake's", Certainty: Proven, Code: OK,
			Explanation: "The handshake was good: the certificate was accepted. The server has different settings of TLS for the two names, and answers 421 or 400 instead."}
	}
	return x.otherByClass(g)
}

// otherByClass is the rest of the table: what has little to do with certificates.
func (x *Explainer) otherByClass(g *logGroup) Diagnosis {
	switch g.Class {
	case logs.PlainHTTP:
		return Diagnosis{Code: ClientNotTLS, Certainty: Proven, Title: "CloudFront speaks plain HTTP to a port that speaks TLS",
			Explanation: "The server answers 400. The distribution uses HTTP for this origin, with the port of HTTPS.",
			Fixes:       []Fix{{Says: "In the distribution, at the origin: Protocol HTTPS only. Or, if plain HTTP is meant: the HTTP port of the server, mostly 80."}}}
	case logs.TLSToPlainPort:
		return Diagnosis{Code: NotTLS, Certainty: Proven, Title: "The port speaks plain HTTP, and CloudFront speaks TLS to it",
			Explanation: "The server took the ClientHello for a request. Viewers get 502.",
			Fixes: []Fix{{Says: "Turn TLS on for this port: listen 443 ssl; in nginx, SSLEngine on in Apache. " +
				"Or let CloudFront use the port that has it: HTTPS port, in the settings of the origin."}}}
	case logs.BadHello:
		return Diagnosis{Code: ClientNotTLS, Certainty: Likely, Title: "Something from an address of CloudFront's sent what is no TLS",
			Explanation: "CloudFront itself was never seen to do so. Another service behind the same addresses, or an old protocol, can.",
			Fixes:       []Fix{{Says: "Watch the next failures on this host: the packets tell.", Command: x.watchCommand()}}}
	case logs.TimedOut:
		return Diagnosis{Code: ClientSilent, Certainty: Possible, Title: "CloudFront did not finish the handshake in time",
			Explanation: "Either the server's answer never arrived (a path that loses large packets: MTU), or the client stopped. The packets tell the two apart. Viewers get 502 or 504."}
	case logs.ClosedBeforeHello, logs.ResetBeforeHello:
		return Diagnosis{Code: ClientLeftEarly, Certainty: Proven, Harmless: true, Title: "Connections that were opened and not used",
			Explanation: "They ended without a byte of TLS. Nothing was refused: such connections are made in advance, or to see whether the server is there."}
	case logs.ClosedWaitingForRequest:
		return Diagnosis{Code: CompletedAbandoned, Certainty: Proven, Harmless: true, Title: "Handshakes that were completed, and no request came",
			Explanation: "On these connections CloudFront accepted the certificate that it was shown."}
	}
	d := Diagnosis{Code: CertificateRejected, Certainty: Possible, Title: "The handshake failed, and the log does not say why",
		Explanation: "A certificate that CloudFront refused is the usual cause, but the line is the same for all others. Viewers get 502."}
	if g.Class == logs.HandshakeFailureOther {
		d.Title = "The handshake failed for a reason that sniwatch does not know"
		d.Explanation = "The server's words for it are in the line. Viewers get 502."
	}
	const badRecordMAC = 20
	if g.from == logs.FromServer && g.alert == badRecordMAC {
		d.Explanation = "The server could not decrypt a record. Go servers say so, too, where a client sends its alert in clear in TLS 1.3, as OpenSSL does: then the client refused something, mostly the certificate."
	}
	return d
}

// alertByLog explains an alert of the client: most are about the certificate.
func (x *Explainer) alertByLog(g *logGroup, v *view) Diagnosis {
	description := tlswire.AlertDescription(g.alert)
	switch {
	case namedBy(description) != nil:
		return x.refusedByLog(g, v)
	case description == tlswire.ProtocolVersion, description == tlswire.InappropriateFallback, description == tlswire.InsufficientSecurity:
		d := versionByLog()
		d.Certainty = Likely // what the server chose is not in the log
		d.Explanation = paragraphs(d.Explanation, alertNote(g, d.Code))
		return d
	}
	return Diagnosis{Code: CertificateRejected, Certainty: Possible, Title: "CloudFront ended the handshake with an alert",
		Explanation: paragraphs(alertNote(g, CertificateRejected), x.whyRefused(g))}
}

func versionByLog() Diagnosis {
	return Diagnosis{Code: NoSharedVersion, Certainty: Proven, Title: "Your server and CloudFront have no version of TLS in common",
		Explanation: "What CloudFront offers up to TLS 1.2 is set in the distribution, at the origin. TLS 1.3 it offers by itself since November 2025. Viewers get 502.",
		Fixes: []Fix{{Says: "Allow TLS 1.2 and 1.3 at the server, and reload. In nginx:", Command: "ssl_protocols TLSv1.2 TLSv1.3;"},
			{Says: "Allow TLSv1.2 in the distribution: its origin, Minimum origin SSL protocol."}}}
}

// nothingSharedByLog explains what a server found nothing of in the offer. Its
// words say which it was, unlike its alert.
func nothingSharedByLog(g *logGroup, v *view) Diagnosis {
	const lacks = "CloudFront offers no DHE, no Ed25519, and ChaCha20 in TLS 1.3 only: a server that is limited to those cannot talk to it. Viewers get 502."
	d := Diagnosis{Code: NoSharedCipher, Certainty: Likely, Title: "Your server has no cipher suite in common with CloudFront", Explanation: lacks,
		Fixes: []Fix{{Says: "Allow the ordinary cipher suites. In nginx, in the server or http block:", Command: nginxCiphers},
			{Says: "Allow the ordinary groups, too: OpenSSL words a lack of those in the same way.", Command: nginxGroups}}}
	key := ""
	if l := v.Local.Certificate; l != nil && l.Leaf() != nil {
		key = keyText(l.Leaf())
	}
	unusable := len(v.faults) > 0 && v.faults[len(v.faults)-1] == CertificateUnusable
	switch {
	case g.Class == logs.NoSharedGroup:
		d.Code, d.Certainty, d.Title = NoSharedGroup, Proven, "Your server accepts no group that CloudFront offers"
		d.Explanation = "A group is the curve by which both sides agree on a key. CloudFront offers P-256, X25519 and P-384. Viewers get 502."
		d.Fixes = []Fix{{Says: "Allow the ordinary groups. In nginx, in the server or http block:", Command: nginxGroups}}
	case unusable:
		d.Also = []Code{CertificateUnusable}
		d.Title = "Your server's key is of a kind that CloudFront does not offer"
		d.Explanation = paragraphs(v.problem(CertificateUnusable).Says, lacks)
		d.Fixes = faultFixes(v.problem(CertificateUnusable), v.Local.Judged.Names(), firstName(v.Local.Judged.Names()))
	case key != "":
		d.Explanation = paragraphs(d.Explanation, fmt.Sprintf("The key in %s (%s) is of a kind that CloudFront offers: look at the cipher suites and groups.", file(v.Local.Certificate.File), key))
	default:
		d.Explanation = paragraphs(d.Explanation, "The kind of the server's key can be the cause as well: CloudFront takes RSA and ECDSA P-256. --cert tells.")
	}
	return d
}

func sniByLog(g *logGroup, v *view) Diagnosis {
	d := Diagnosis{Code: SNIRefused, Certainty: Proven, Title: "Your server refused the name that CloudFront asked for",
		Explanation: paragraphs("Your server has no site, or no certificate, for this name, and is set to refuse such names: ssl_reject_handshake in nginx, strict-sni in HAProxy. Viewers get 502.",
			v.whoseName())}
	if strings.HasPrefix(g.Example.ErrorCode, "c") { // "callback failed", "cert cb error": mostly for the name
		d.Certainty = Likely
	}
	if v.sni() != "" {
		d.Fixes = v.sniFixes()
		return d
	}
	d.Explanation = paragraphs(d.Explanation, "CloudFront asks for the Host of viewers if the distribution forwards it, else for the origin domain.")
	d.Fixes = []Fix{
		{Says: "Add the name to the site that should answer (server_name in nginx, ServerAlias in Apache), with a certificate for it, and reload. With nginx:", Command: testReloadCommand},
		{Says: "If it is the Host of viewers, you can stop forwarding it instead: " + stopForwardingHost + "."},
	}
	return d
}

// evidence is what is known beside the line, where it has to do with the class.
func (x *Explainer) evidence(g *logGroup, v *view) []Evidence {
	var e []Evidence
	if slices.Contains(aboutNames, g.Class) {
		e = append(e, x.askedRows(g)...)
	}
	if l := v.Local.Certificate; l != nil && slices.Contains(aboutCertificates, g.Class) {
		e = append(e, Evidence{Label: "your certificate is for", Value: namesText(l.Chain), File: l.File})
	}
	return e
}

// The classes that names, and certificates, have to do with.
var (
	aboutNames        = []logs.Class{logs.PeerReset, logs.PeerClosed, logs.AlertReceived, logs.SNIRejected, logs.HostMismatch, logs.HandshakeFailed}
	aboutCertificates = []logs.Class{logs.PeerReset, logs.PeerClosed, logs.AlertReceived, logs.HandshakeFailed, logs.NoSharedCipher, logs.NoSharedSignature}
)

// askedRows say which name was asked for.
func (x *Explainer) askedRows(g *logGroup) []Evidence {
	asked := Evidence{Label: "CloudFront asked for", Note: "as the log has it"}
	sni, known := x.asked(g)
	switch {
	case g.hasName && sni == "":
		asked.Value = "no name"
	case g.hasName:
		asked.Value = sni
	case known:
		asked.Value, asked.Note = sni, "by what was said of Host"
	default:
		asked.Value, asked.Note = "a name that is not in the log", ""
		if g.Example.Program == logs.Nginx || g.Example.Program == logs.Apache {
			asked.Note = "the level debug has it"
		}
	}
	if d := x.o.Distribution.OriginDomain; d != "" && !sameName(d, sni) {
		return []Evidence{asked, {Label: "the origin domain is", Value: d, Note: "as it was given"}}
	}
	return []Evidence{asked}
}

// hints say how the logs would tell more.
func (x *Explainer) hints(e *Explanation) []Fix {
	level := []Fix{
		{Says: "nginx tells of failed handshakes at the level info, which is below its default. In nginx.conf, then reload:", Command: "error_log /var/log/nginx/error.log info;"},
		{Says: "Apache does so with LogLevel ssl:info, HAProxy with option httplog or tcplog in the frontend, Caddy at the level DEBUG, programs in Go by themselves."},
		{Says: "Without a log, watch the handshakes themselves:", Command: x.watchCommand()},
	}
	if e.Counts.Entries == 0 {
		return level
	}
	return nil
}

// warnings say what makes the explanation less than it seems.
func (x *Explainer) warnings(e *Explanation) []Warning {
	var out []Warning
	cloudFront := 0
	for i := range e.Findings {
		if e.Findings[i].CloudFront {
			cloudFront++
		}
	}
	if len(e.Findings) > 0 && cloudFront == 0 {
		out = append(out, Warning{Code: NoCloudFrontTraffic, Title: "none of these lines is from an address of CloudFront's",
			Says: "If a load balancer or a proxy stands before this server, the log has its address, and the handshakes are its own. With a VPC origin CloudFront may come from other addresses.",
			Fixes: []Fix{{Says: "Name the addresses that stand for CloudFront: --edge 192.0.2.7 or --edge 192.0.2.0/24."},
				{Says: "If CloudFront reaches this host at all is seen live, where it says so if no connection comes:", Command: x.watchCommand()}}})
	}
	const oldDays = 90
	if e.Ranges.AgeDays > oldDays {
		out = append(out, Warning{Code: RangesOld, Title: fmt.Sprintf("the list of CloudFront's addresses is %d days old", e.Ranges.AgeDays),
			Fixes: []Fix{{Says: "Fetch a new one:", Command: "sniwatch ranges --update"}}})
	}
	return out
}
