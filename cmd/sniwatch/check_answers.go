package main

import (
	"fmt"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
	"sniwatch/analyze/report"
)

// Alerts of a server that tell its reason (RFC 8446, section 6.2).
const (
	alertHandshakeFailure  = 40
	alertIllegalParameter  = 47
	alertProtocolVersion   = 70
	alertSecurity          = 71
	alertInternalError     = 80
	alertUnrecognizedName  = 112
	alertWantsCertificate  = 116
	alertNoSharedProtocols = 120
)

// answerProblem says what is wrong where a handshake did not complete, and what
// viewers get for it; nil: it completed.
func (ck *checking) answerProblem(a *edge.Answer) (*report.CheckProblem, int) {
	p := &report.CheckProblem{}
	status := statusBadGateway
	server := ck.o.connect
	switch a.Outcome {
	case edge.Completed:
		return nil, 0
	case edge.AlertReceived:
		return alertProblem(a), status
	case edge.PlainHTTP, edge.NotTLS:
		p.Code, p.Title = analyze.NotTLS, "the port does not speak TLS"
		p.Says = server + " answered the ClientHello with something that is not TLS."
		if a.Outcome == edge.PlainHTTP {
			p.Title = "the port speaks plain HTTP"
			p.Says = server + " answered the ClientHello with HTTP in clear."
		}
		p.Fixes = []analyze.Fix{{Says: "Turn TLS on for this port: listen 443 ssl; in nginx, SSLEngine on in Apache. Or let CloudFront use the port that has it: HTTPS port, in the settings of the origin."}}
	case edge.PortClosed:
		p.Code, p.Title = analyze.PortClosed, "nothing listens on the port"
		p.Says = "The host refused the connection to " + server + "."
		p.Fixes = []analyze.Fix{{Says: "See whether the server runs, and on which port:", Command: "sudo ss -ltnp"}}
	case edge.Unreachable, edge.NoAddress:
		status = statusGatewayTimeout
		p.Code, p.Title = analyze.SYNUnanswered, "no connection could be made"
		p.Says = "From here " + server + " does not answer. A security group that admits CloudFront alone looks the same from here."
		p.Fixes = []analyze.Fix{{Says: "Run this on the origin itself, with --connect localhost."}}
		if a.Outcome == edge.NoAddress {
			status = statusBadGateway
			p.Code, p.Title = "no-address", "the name of the host has no address"
			p.Says = "No address could be found for " + server + ". CloudFront looks the origin domain up in the public DNS."
			p.Fixes = []analyze.Fix{{Says: "Mend the record in the DNS, or give the address itself with --connect."}}
		}
	case edge.TimedOut:
		status = statusGatewayTimeout
		p.Code, p.Title = analyze.ServerSilent, "the server does not answer the ClientHello"
		p.Says = "The connection to " + server + " was made, and then nothing came."
		p.Fixes = []analyze.Fix{{Says: "The process may hang or be overloaded: look at it, and at its log."}}
	case edge.Reset, edge.Hangup:
		p.Code, p.Title = analyze.ServerClosed, "the server ended the handshake without a reason"
		p.Says = "It closed the connection, and sent no alert. A server that drops names it does not know, or whose process died, does so."
		p.Fixes = []analyze.Fix{{Says: "Its log has more: error_log in nginx, at level info."}}
	default:
		p.Code, p.Title = analyze.ServerClosed, "the handshake did not come to an end"
		p.Says = fmt.Sprintf("The server's answer was one that this side does not take: %v.", a.Err)
	}
	return p, status
}

// alertProblem says what an alert of the server means.
func alertProblem(a *edge.Answer) *report.CheckProblem {
	p := &report.CheckProblem{}
	sent := fmt.Sprintf("It sent alert %d. ", uint8(a.Alert))
	switch uint8(a.Alert) {
	case alertUnrecognizedName, alertInternalError:
		p.Code, p.Title = analyze.SNIRefused, "the server refuses the name that it is asked for"
		p.Says = sent + "No site of the server has the name " + a.SNI + ", and it is set to refuse such names."
		p.Fixes = []analyze.Fix{
			{Says: "Make a site answer to that name: server_name in nginx, ServerName or ServerAlias in Apache. Then reload. With nginx:", Command: reloadServer},
			{Says: "Or change whether Host is forwarded, so that CloudFront asks for the other name: see the rows of the table."},
		}
	case alertHandshakeFailure, alertIllegalParameter, alertSecurity:
		p.Code, p.Title = analyze.NoSharedCipher, "the server and CloudFront have no cipher suite, group or kind of key in common"
		p.Says = sent + "CloudFront offers ECDHE and RSA with AES (no ChaCha20 and no DHE below TLS 1.3), the groups P-256, X25519 and P-384, and no Ed25519."
		p.Fixes = []analyze.Fix{{Says: "Have a certificate with an RSA or ECDSA P-256 key, and allow what CloudFront offers, such as " +
			"ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256; in nginx."}}
	case alertProtocolVersion:
		p.Code, p.Title = analyze.NoSharedVersion, "the server and CloudFront have no version of TLS in common"
		p.Says = sent + "It takes none of the versions that were offered."
		p.Fixes = []analyze.Fix{{Says: "Allow TLS 1.2 and 1.3. In nginx:", Command: "ssl_protocols TLSv1.2 TLSv1.3;"}}
	case alertNoSharedProtocols:
		p.Code, p.Title = analyze.NoSharedALPN, "the server and CloudFront have no protocol in common"
		p.Says = sent + "CloudFront speaks HTTP/1.1 to origins."
		p.Fixes = []analyze.Fix{{Says: "Allow HTTP/1.1 on the server."}}
	case alertWantsCertificate:
		p.Code, p.Title = analyze.ClientCertificateRequired, "the server demands a client certificate"
		p.Says = sent + "CloudFront sends one only if the origin is set up for mutual TLS."
		p.Fixes = []analyze.Fix{{Says: "Do not demand one on this port: ssl_verify_client off; in nginx."}}
	default:
		p.Code, p.Title = analyze.ServerClosed, "the server ended the handshake with an alert"
		p.Says = fmt.Sprintf("It sent alert %d (%v). Its log has more.", uint8(a.Alert), a.Alert)
	}
	return p
}
