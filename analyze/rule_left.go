package analyze

import (
	"fmt"

	"sniwatch/analyze/tlswire"
)

func serverClosedWords(v *view) Diagnosis {
	d := Diagnosis{Certainty: Proven, Title: "Your server ended the handshake itself"}
	if v.ClientHello != nil {
		d.Evidence = append(d.Evidence, v.asked())
	}
	d.Evidence = append(d.Evidence, v.faultRows(FromClient)...)
	a := v.alert(FromServer)
	if a != nil {
		d.Evidence = append(d.Evidence, v.answered(a))
	}
	d.Evidence = append(d.Evidence, v.endRow())
	look := Fix{Says: "Look into the server's log at the time of this connection. With nginx, level info shows it (error_log … info;):",
		Command: "sudo tail -n 50 /var/log/nginx/error.log"}
	d.Fixes = []Fix{look}
	switch {
	case a != nil:
		d.Explanation = sentences(v.alertSays(a), v.viewersGet("502"))
		if a.Description == tlswire.UnrecognizedName && v.askedNoName() {
			d.Fixes = []Fix{namelessFix, look}
		}
	case !v.wholeHello():
		d.Title = "Your server closed before " + v.client() + " had asked for anything"
		d.Explanation = sentences(fmt.Sprintf("The server waited %s for a ClientHello and closed. After a long wait that is its time limit, and harmless: somebody opened a connection and did not use it.",
			span(v.waited(FromClient))), "At once, it is a server or firewall that turns clients away by their address.")
	case v.sent() == 0 && v.FromServer.Bytes == 0:
		d.Explanation = sentences("It had the ClientHello, and closed without a word. A process that died does this, a limit on clients or connections, "+
			"and a server that is set to drop names it does not know.", v.viewersGet("502"))
		d.Fixes = append(d.Fixes, Fix{Says: "Look whether its site answers to the name that was asked for (server_name in nginx, ServerName in Apache)."})
	case v.FromClient.Finished:
		d.Explanation = sentences(v.Client()+" had accepted the certificate and finished its part. The server closed instead of finishing too.", v.viewersGet("502"))
	default:
		d.Explanation = sentences("It had begun its part of the handshake, and closed before "+v.client()+" could answer. That is a process that died or was restarted, or a time limit that is far too short.",
			v.viewersGet("502"))
	}
	return d
}

// alertSays tells what a server's alert says that is none of the usual causes.
func (v *view) alertSays(a *Alert) string {
	switch {
	case a.Inferred:
		return "It ended with an encrypted alert: what that says is not to be seen here. The server's log has it."
	case a.Description == tlswire.CloseNotify:
		return "It said goodbye (close_notify), which gives no reason. The server's log may."
	case a.Description == tlswire.UnrecognizedName && v.askedNoName():
		return "The ClientHello names no server (it has no SNI), and your server answers only to clients that name one of its sites: ssl_reject_handshake in nginx, strict-sni in HAProxy."
	case a.Description == tlswire.InternalError && v.offersOnlyOld():
		return "The alert says that something inside the server failed. The client offers nothing newer than " + v.offeredVersions()[0].String() +
			": OpenSSL 3 answers so where it no longer allows the signatures of versions before TLS 1.2. The server's log has more."
	case a.Description == tlswire.InternalError:
		return "The alert says that something inside the server failed, and not what. The server's log has more."
	}
	return "It said why with an alert, but this alert fits none of the usual causes. The server's log has more."
}

// faultRows are the places where one side broke the format of TLS.
func (v *view) faultRows(from Who) []Evidence {
	var rows []Evidence
	for i := range v.Faults {
		if f := &v.Faults[i]; f.From == from {
			rows = append(rows, Evidence{Packet: f.Packet, Label: "the " + from.String() + "'s " + f.In + " is malformed", Value: f.Field,
				Note: fmt.Sprintf("at byte %d", f.Offset)})
		}
	}
	return rows
}

// clientLeftEarly: the client ended before it could judge the certificate.
func clientLeftEarly(v *view) bool {
	by, ended := v.ender()
	return ended && by == FromClient && !v.complete() && !v.plainText() && v.left == stayed && !serverSilent(v) && !clientSilent(v)
}

func clientLeftEarlyWords(v *view) Diagnosis {
	d := Diagnosis{Certainty: Proven}
	d.Evidence = v.leftEarlyEvidence()
	harmless := "Health checks, port scanners and clients that open connections in advance do this."
	switch {
	case v.Opening.SYN != 0 && v.Opening.SYNACK == 0 && v.FromClient.Bytes == 0:
		d.Title, d.Harmless = v.Client()+" began anew: your server took it for an earlier connection", true
		d.Explanation = "Your server answered the request to connect (SYN), but with an ACK alone: it holds an earlier connection from the same port to be open still. " +
			"The client resets that one and may connect again at once (RFC 9293, section 3.5.1). Clients that went away without a word, and networks that give a port out again too soon, do this."
	case v.ClientHello == nil && v.FromClient.Bytes == 0:
		d.Title, d.Harmless = v.Client()+" left without a word", true
		d.Explanation = sentences("The connection was opened and closed again, without a ClientHello.", harmless+" It is no failure of your server.")
	case !v.wholeHello():
		d.Title = v.Client() + " left in the middle of its ClientHello"
		d.Explanation = "The ClientHello is cut off: the rest was never sent, or got lost before it came here. Your server had nothing that it could answer."
	case v.sent() == 0:
		d.Title = v.Client() + " left before your server answered"
		d.Explanation = fmt.Sprintf("It sent its ClientHello and left %s later, before your server had sent anything. That is too soon to call the server slow: the client gave up by itself, or something between the two did.",
			span(v.silence()))
		if v.FromServer.Bytes > 0 {
			d.Explanation += " The answer came, but too late."
		}
	case v.FromClient.Finished || v.wentOn():
		d.Title = v.Client() + " left in the middle of the handshake"
		d.Explanation = v.Client() + " had accepted the certificate and sent its part, and left before your server had finished. The certificate is not the cause."
	default:
		d.Title = v.Client() + " left while your server was still answering"
		d.Explanation = "It left before the server's certificate had reached it, so the certificate is not the cause. It gave up by itself, or did not want what the server had chosen."
	}
	if v.ClientHello != nil {
		d.Fixes = []Fix{{Says: "If it happens once in a while, there is nothing to do. If it happens all the time, look for a firewall or proxy between the two, and capture on its other side as well."}}
	}
	return d
}

func (v *view) leftEarlyEvidence() []Evidence {
	var rows []Evidence
	if v.ClientHello != nil {
		rows = append(rows, v.asked())
	} else if v.Opening.SYN != 0 {
		rows = append(rows, v.synRow())
	}
	rows = append(rows, v.faultRows(FromServer)...)
	if v.ServerHello != nil {
		rows = append(rows, Evidence{Packet: v.ServerHello.Packet, Label: "your server chose",
			Value: v.ServerHello.Version().String() + ", " + v.ServerHello.CipherSuite.String()})
	}
	if a := v.alert(FromClient); a != nil {
		rows = append(rows, Evidence{Packet: a.Packet, Label: v.client() + " sent the alert", Value: alertText(a)})
	}
	return append(rows, v.endRow())
}

// clientNotTLS: on a port of plain text CloudFront is right to speak it, which
// the server shows by answering in kind.
func clientNotTLS(v *view) bool {
	return v.plainText() && (v.portOfTLS() || v.FromServer.NotTLS == "")
}

// plainText tells whether the client began with something that is not TLS. In
// the middle of a connection, TLS looks like that as well.
func (v *view) plainText() bool {
	return v.FromClient.NotTLS != "" && v.ClientHello == nil && !v.MidStream
}

func clientNotTLSWords(v *view) Diagnosis {
	port := v.Server.Port()
	d := Diagnosis{Certainty: Proven, Title: fmt.Sprintf("%s does not speak TLS to port %d", v.Client(), port)}
	d.Evidence = []Evidence{{Packet: v.FromClient.NotTLSPacket, Label: v.Client() + " sent", Value: v.FromClient.NotTLS}}
	if v.FromServer.NotTLS != "" {
		d.Evidence = append(d.Evidence, Evidence{Packet: v.FromServer.NotTLSPacket, Label: "your server answered with", Value: v.FromServer.NotTLS})
	}
	if !v.fromCloudFront() {
		d.Harmless = true
		d.Explanation = "This is no TLS, and no fault of your server: a scanner, a health check of the wrong kind, or a client with http: instead of https: and this port."
		return d
	}
	d.Explanation = "The distribution talks to this port in plain text, where your server expects TLS. nginx answers with its error 400, \"The plain HTTP request was sent to HTTPS port\"."
	d.Fixes = []Fix{
		{Says: fmt.Sprintf("In the distribution, set the protocol of the origin to HTTPS only, with the HTTPS port %d.", port)},
		{Says: "If plain HTTP is meant, give the origin an HTTP port on which your server speaks it."},
	}
	return d
}
