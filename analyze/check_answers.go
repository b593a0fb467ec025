package analyze

import (
	"fmt"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/tlswire"
)

// answerProblem says what is wrong where a handshake with server did not
// complete, and what viewers get for it; nil: it completed.
func answerProblem(a *edge.Answer, server string) (*CheckProblem, int) {
	switch a.Outcome {
	case edge.Completed:
		return nil, 0
	case edge.AlertReceived:
		return alertProblem(a), statusBadGateway
	case edge.PortClosed, edge.Unreachable, edge.NoAddress:
		return connectionProblem(a, server)
	case edge.PlainHTTP, edge.NotTLS:
		p := &CheckProblem{Code: NotTLS, Title: "the port does not speak TLS",
			Says: server + " answered the ClientHello with something that is not TLS.",
			Fixes: []Fix{{Says: "Turn TLS on for this port: listen 443 ssl; in nginx, SSLEngine on in Apache. " +
				"Or let CloudFront use the port that has it: HTTPS port, in the settings of the origin."}}}
		if a.Outcome == edge.PlainHTTP {
			p.Title, p.Says = "the port speaks plain HTTP", server+" answered the ClientHello with HTTP in clear."
		}
		return p, statusBadGateway
	case edge.TimedOut:
		return &CheckProblem{Code: ServerSilent, Title: "the server does not answer the ClientHello",
			Says:  "The connection to " + server + " was made, and then nothing came.",
			Fixes: []Fix{{Says: "The process may hang or be overloaded: look at it, and at its log."}}}, statusGatewayTimeout
	case edge.Reset, edge.Hangup:
		return &CheckProblem{Code: ServerClosed, Title: "the server ended the handshake without a reason",
			Says:  "It closed the connection, and sent no alert. A server that drops names it does not know, or whose process died, does so.",
			Fixes: []Fix{{Says: "Its log has more: error_log in nginx, at level info."}}}, statusBadGateway
	}
	return &CheckProblem{Code: ServerClosed, Title: "the handshake did not come to an end",
		Says:  fmt.Sprintf("The server's answer was one that this side does not take: %v.", a.Err),
		Fixes: []Fix{{Says: "Its log may have more: error_log in nginx, at level info."}}}, statusBadGateway
}

// connectionProblem says why there was no connection to make a handshake on.
func connectionProblem(a *edge.Answer, server string) (*CheckProblem, int) {
	switch a.Outcome {
	case edge.PortClosed:
		return &CheckProblem{Code: PortClosed, Title: "nothing listens on the port",
			Says:  "The host refused the connection to " + server + ".",
			Fixes: []Fix{{Says: "See whether the server runs, and on which port:", Command: "sudo ss -ltnp"}}}, statusBadGateway
	case edge.NoAddress:
		return &CheckProblem{Code: "no-address", Title: "the name of the host has no address",
			Says:  "No address could be found for " + server + ". CloudFront looks the origin domain up in the public DNS.",
			Fixes: []Fix{{Says: "Mend the record in the DNS, or give the address itself with --connect."}}}, statusBadGateway
	}
	return &CheckProblem{Code: SYNUnanswered, Title: "no connection could be made",
		Says:  "From here " + server + " does not answer. A security group that admits CloudFront alone looks the same from here.",
		Fixes: []Fix{{Says: "Run this on the origin itself, with --connect localhost."}}}, statusGatewayTimeout
}

// alertProblem says what an alert of the server means.
func alertProblem(a *edge.Answer) *CheckProblem {
	sent := fmt.Sprintf("It sent alert %d. ", uint8(a.Alert))
	switch tlswire.AlertDescription(a.Alert) {
	case tlswire.UnrecognizedName, tlswire.InternalError:
		says := "No site of the server has the name " + a.SNI + ", and it is set to refuse such names."
		if tlswire.AlertDescription(a.Alert) == tlswire.InternalError {
			says = "Caddy and other servers written in Go do so where no site has the name " + a.SNI + "; any server where something broke: then its log has more."
		}
		return &CheckProblem{Code: SNIRefused, Title: "the server refuses the name that it is asked for",
			Says: sent + says,
			Fixes: []Fix{
				{Says: "Make a site answer to that name: server_name in nginx, ServerName or ServerAlias in Apache. Then reload. With nginx:", Command: testReloadCommand},
				{Says: "Or change whether Host is forwarded, so that CloudFront asks for the other name: see the rows of the table."},
			}}
	case tlswire.HandshakeFailure, tlswire.IllegalParameter, tlswire.InsufficientSecurity:
		return &CheckProblem{Code: NoSharedCipher, Title: "the server and CloudFront have no cipher suite, group or kind of key in common",
			Says: sent + "CloudFront offers ECDHE and RSA with AES (no ChaCha20 and no DHE below TLS 1.3), the groups P-256, X25519 and P-384, and no Ed25519.",
			Fixes: []Fix{{Says: "Have a certificate with an RSA or ECDSA P-256 key, and allow what CloudFront offers, such as " +
				"ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256; in nginx."}}}
	case tlswire.ProtocolVersion:
		return &CheckProblem{Code: NoSharedVersion, Title: "the server and CloudFront have no version of TLS in common",
			Says:  sent + "It takes none of the versions that were offered.",
			Fixes: []Fix{{Says: "Allow TLS 1.2 and 1.3. In nginx:", Command: "ssl_protocols TLSv1.2 TLSv1.3;"}}}
	case tlswire.NoApplicationProtocol:
		return &CheckProblem{Code: NoSharedALPN, Title: "the server and CloudFront have no protocol in common",
			Says:  sent + "CloudFront speaks HTTP/1.1 to origins.",
			Fixes: []Fix{{Says: "Allow HTTP/1.1 on the server."}}}
	case tlswire.CertificateRequired:
		return &CheckProblem{Code: ClientCertificateRequired, Title: "the server demands a client certificate",
			Says:  sent + "CloudFront sends one only if the origin is set up for mutual TLS.",
			Fixes: []Fix{{Says: "Do not demand one on this port: ssl_verify_client off; in nginx."}}}
	}
	return &CheckProblem{Code: ServerClosed, Title: "the server ended the handshake with an alert",
		Says:  fmt.Sprintf("It sent alert %d (%v).", uint8(a.Alert), a.Alert),
		Fixes: []Fix{{Says: "Its log has more: error_log in nginx, at level info."}}}
}
