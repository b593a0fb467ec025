package analyze

import (
	"crypto/x509"
	"fmt"
	"slices"
	"strings"

	"sniwatch/analyze/origin"
	"sniwatch/analyze/origin/logs"
	"sniwatch/analyze/tlswire"
)

func keyText(c *x509.Certificate) string { return origin.KeyText(c) }

// clientCertificateRequired: 116 says it; in TLS 1.2 the server's request is in
// clear, and an alert of the server after it means the same. nginx completes the
// handshake and answers the request with 400, which only its log shows.
func clientCertificateRequired(v *view) bool {
	return v.clientCertificateAlert() != nil || v.complete() && v.said(logs.ClientCertificate) != nil
}

func (v *view) clientCertificateAlert() *Alert {
	if a := v.hiddenClientCertificateAlert(); a != nil {
		return a
	}
	if v.complete() {
		return nil
	}
	if a := v.serverAlert(tlswire.CertificateRequired); a != nil {
		return a
	}
	a := v.alert(FromServer)
	if v.CertificateRequest == 0 || a == nil || a.Inferred || a.Packet < v.CertificateRequest || !aboutClientCertificate(a) {
		return nil
	}
	return a
}

// hiddenClientCertificateAlert finds the same in TLS 1.3, where it is encrypted,
// and where the client has done its part before the server refuses. A client that
// sends a message before its Finished was asked for a certificate: that message is
// its Certificate, if an empty one (RFC 8446, section 4.4.2). A server that is
// content sends data then; this one sent no more than a record of an alert's
// length.
func (v *view) hiddenClientCertificateAlert() *Alert {
	c := &v.FromClient
	a := v.alert(FromServer)
	if !v.tls13() || v.ServerHello.Resumed || !c.Finished || len(c.EncryptedRecords) < 2 || v.FromServer.Data || a == nil || !a.Inferred {
		return nil
	}
	if by, _ := v.ender(); by != FromServer {
		return nil
	}
	return a
}

// aboutClientCertificate tells whether a server's alert after its
// CertificateRequest is about the answer: OpenSSL sends 40 where none came
// (TLS 1.2), and those about certificates where one came that it does not like.
func aboutClientCertificate(a *Alert) bool {
	return a.Description == tlswire.HandshakeFailure || a.Description == tlswire.AccessDenied || namedBy(a.Description) != nil
}

func clientCertificateWords(v *view) Diagnosis {
	a := v.clientCertificateAlert()
	if a == nil {
		return v.answered400()
	}
	d := Diagnosis{Certainty: Likely, Title: "Your server demands a certificate from " + v.client()}
	if a.Description == tlswire.CertificateRequired {
		d.Certainty = Proven
	}
	if v.CertificateRequest != 0 {
		d.Evidence = append(d.Evidence, Evidence{Packet: v.CertificateRequest, Label: "your server sent", Value: "a CertificateRequest"})
	}
	answer := Evidence{Packet: a.Packet, Label: "and answered with the alert", Value: alertText(a)}
	if a.Inferred {
		answer.Label = "your server answered with"
	}
	d.Evidence = append(d.Evidence, answer)
	d.Evidence = append(d.Evidence, v.allows(clientCertificateSetting)...)
	says := ""
	if a.Inferred {
		says = v.Client() + " sent a message more than its Finished: in TLS 1.3 that is the answer to a CertificateRequest, which is encrypted like the alert. "
	}
	says += "The server is set to let in only clients that show a certificate of their own, and did not get one that it accepts."
	if v.fromCloudFront() {
		says += " CloudFront shows one only if mutual TLS with the origin is set up in the distribution."
	}
	d.Explanation = sentences(says, v.viewersGet("502"))
	d.Fixes = v.clientCertificateFixes()
	return d
}

// answered400 are the words for a server that completes the handshake and refuses
// the request.
func (v *view) answered400() Diagnosis {
	d := Diagnosis{Certainty: Proven, Title: "Your server demands a certificate from " + v.client() + ", and refused its request without one"}
	d.Evidence = slices.Concat([]Evidence{v.asked()}, v.logEvidence(logs.ClientCertificate), v.allows(clientCertificateSetting))
	d.Explanation = sentences("The handshake was completed: nginx asks for a certificate in it, and answers the request with 400 if none came.", v.viewersGet("400"))
	d.Fixes = v.clientCertificateFixes()
	return d
}

func (v *view) clientCertificateFixes() []Fix {
	fixes := []Fix{{Says: "Do not demand it on this site: SSLVerifyClient none in Apache, no \"verify required\" in HAProxy; in nginx:", Command: "ssl_verify_client off;"}}
	if v.fromCloudFront() {
		fixes = append(fixes, Fix{Says: "Or set up mutual TLS with the origin in the distribution, and give the server the authority that signed CloudFront's certificate."})
	}
	return fixes
}

func notTLS(v *view) bool {
	return v.ClientHello != nil && v.FromServer.NotTLS != "" && v.FromClient.NotTLS == ""
}

// webPort tells whether the port is one of HTTP, or may be.
func (v *view) webPort() bool {
	return v.fromCloudFront() || v.portOfTLS() || slices.Contains([]uint16{80, 443, 8080, 8443}, v.Server.Port()) ||
		strings.Contains(v.FromServer.NotTLS, "HTTP")
}

// ssl2Words are those of a server that speaks nothing but SSL 2.0.
func (v *view) ssl2Words(d Diagnosis) Diagnosis {
	d.Title = fmt.Sprintf("Port %d of your server speaks SSL 2.0, not TLS", v.Server.Port())
	d.Explanation = sentences("The server chose SSL 2.0, which is broken, and forbidden since 2011 (RFC 6176): no client of today speaks it.", v.viewersGet("502"))
	d.Fixes = []Fix{{Says: "Allow TLS 1.2 and 1.3 at the server, with a program that knows them, and reload. In nginx:", Command: "ssl_protocols TLSv1.2 TLSv1.3;"}}
	return d
}

func notTLSWords(v *view) Diagnosis {
	port := v.Server.Port()
	d := Diagnosis{Certainty: Proven, Title: fmt.Sprintf("Port %d of your server does not speak TLS", port)}
	d.Evidence = []Evidence{
		{Packet: v.ClientHello.Packet, Label: v.Client() + " sent", Value: "a ClientHello"},
		{Packet: v.FromServer.NotTLSPacket, Label: "your server answered with", Value: v.FromServer.NotTLS},
	}
	if d.Evidence[1].Packet < d.Evidence[0].Packet { // it greeted, as servers of SMTP and SSH do
		d.Evidence[1].Label = "your server began with"
		slices.Reverse(d.Evidence)
	}
	if v.FromServer.NotTLS == tlswire.SSL2Server {
		return v.ssl2Words(d)
	}
	d.Explanation = sentences(fmt.Sprintf("%s began TLS, and your server answered in another protocol. On port %d it expects plain text.", v.Client(), port),
		v.viewersGet("502"))
	if !v.webPort() {
		d.Explanation = fmt.Sprintf("%s began with TLS, and your server with another protocol: on port %d it does not speak TLS from the first byte on.", v.Client(), port)
		d.Fixes = []Fix{
			{Says: "Make the port one of TLS from the first byte on, if that is what clients expect of it."},
			{Says: "If the protocol begins in plain text and turns to TLS later (STARTTLS), the client must be set to that."},
		}
		return d
	}
	d.Fixes = []Fix{{Says: "Make the port one of TLS, with a certificate, and reload. In nginx:", Command: fmt.Sprintf("listen %d ssl;", port)}}
	if v.fromCloudFront() {
		d.Fixes = append(d.Fixes, Fix{Says: "If plain HTTP is meant, set the protocol of the origin to HTTP only in the distribution, and its HTTP port to the one that your server speaks it on."})
	} else {
		d.Fixes = append(d.Fixes, Fix{Says: "If plain text is meant, the client must not use https: with this port."})
	}
	return d
}
