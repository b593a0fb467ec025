package analyze

import (
	"slices"
	"strings"
	"time"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/tlswire"
)

// A view is one connection as the rules see it: its facts, what is known
// beside them, and the few conclusions that many rules share.
type view struct {
	*Connection
	know   *Knowledge
	about  *edge.Case // of the distribution, see distribution
	left   leaving    // how the client turned the certificate down, if it did
	faults []Code     // of the certificate that counts, in table order
}

const (
	// longestRefusal is how long after the server's flight an end by the client
	// still counts as an answer to it. s2n-tls waits 10 to 30 s before it closes.
	longestRefusal = 60 * time.Second
	// patience separates a client that left from one that gave up waiting: the
	// shortest connection timeout that CloudFront has is 1 s.
	patience = time.Second
)

// look makes v the view of another connection.
func (v *view) look(c *Connection, k *Knowledge) {
	*v = view{Connection: c, know: k}
	v.faults = v.findFaults()
	v.left = v.findLeaving()
}

// fromCloudFront tells whether the client is CloudFront, or counts as it.
func (v *view) fromCloudFront() bool { return v.Edge.Network != edge.Other }

// distribution gives what is known of the distribution for this connection.
func (v *view) distribution() *edge.Case {
	if v.about == nil {
		known := v.know.about(v.sni())
		v.about = &known
	}
	return v.about
}

// tlsExpected tells whether a connection without any TLS deserves a word.
func (v *view) tlsExpected() bool {
	return v.know.expectsTLS(v.Server.Port(), v.fromCloudFront())
}

// expectsTLS tells whether TLS is expected on a port of the server: CloudFront
// has no other business here, except on the port of plain HTTP.
func (k *Knowledge) expectsTLS(port uint16, cloudFront bool) bool {
	return slices.Contains(k.Ports, port) || cloudFront && port != 80
}

func (v *view) portOfTLS() bool { return slices.Contains(v.know.Ports, v.Server.Port()) }

// tlsSeen tells whether either side has spoken TLS.
func (v *view) tlsSeen() bool {
	return v.ClientHello != nil || v.ServerHello != nil || len(v.Alerts) > 0 ||
		v.Certificate.State == tlswire.Present || v.Certificate.State == tlswire.Encrypted ||
		v.FromClient.Encrypted+v.FromServer.Encrypted > 0
}

// sni gives the name that the client asked for; "" where it asked for none, or
// where that was not seen.
func (v *view) sni() string {
	if v.ClientHello == nil {
		return ""
	}
	return v.ClientHello.ServerName
}

// tls13 tells whether the server chose TLS 1.3.
func (v *view) tls13() bool {
	return v.ServerHello != nil && v.ServerHello.Version().IsTLS13()
}

// wholeHello tells whether all of the ClientHello was sent.
func (v *view) wholeHello() bool { return v.ClientHello != nil && !v.ClientHello.Partial }

// onlyRetryRequest tells whether a HelloRetryRequest is all that the server chose.
func (v *view) onlyRetryRequest() bool {
	return v.ServerHello != nil && v.ServerHello.HelloRetryRequest &&
		v.FromServer.Encrypted == 0 && v.Certificate.State != tlswire.Present
}

// chosen tells whether the server had answered with its choice.
func (v *view) chosen() bool { return v.ServerHello != nil && !v.onlyRetryRequest() }

// hadCertificate tells whether the server had sent its Certificate, readable or not.
func (v *view) hadCertificate() bool {
	return v.Certificate.State == tlswire.Present ||
		v.Certificate.State == tlswire.Encrypted && v.FromServer.Encrypted > 0
}

// complete tells whether the handshake itself was completed. In TLS 1.3 the
// client's Finished answers the server's, whether its length gives it away or the
// data that follow; in TLS 1.2 each side's must be there, and a full handshake
// ends with the server's.
func (v *view) complete() bool {
	c, s := &v.FromClient, &v.FromServer
	switch {
	case c.Data && s.Data && (v.ClientHello != nil || v.ServerHello != nil):
		return true
	case v.tls13():
		return c.Finished || c.Encrypted > 0 && s.Data
	case c.Finished && c.Data && v.unseenSide() == "server":
		return true
	case s.Finished && v.ServerHello != nil && v.ServerHello.Done:
		return true
	}
	return c.Finished && (s.Finished || s.Data)
}

// acked is how much of the server's bytes the client acknowledged, as far as
// that is known at the end of the connection.
func (v *view) acked() int64 {
	if v.endedBy(FromClient) {
		return max(v.End.Acked, v.FromServer.Acked)
	}
	return v.FromServer.Acked
}

// sent is how much the server had sent when the client ended the connection, or
// at all.
func (v *view) sent() int64 {
	if v.endedBy(FromClient) {
		return v.End.Sent
	}
	return v.FromServer.Bytes
}

// allAcked tells whether everything that the server sent had arrived.
func (v *view) allAcked() bool { return v.sent() > 0 && v.acked() >= v.sent() }

// endedBy tells whether w sent the first FIN or RST.
func (v *view) endedBy(w Who) bool {
	return (v.End.How == Reset || v.End.How == Closed) && v.End.By == w
}

// ender is who ended the handshake: whoever sent the first alert that ends one,
// else the first FIN or RST. After an alert it is a race who closes first.
func (v *view) ender() (w Who, ended bool) {
	for i := range v.Alerts {
		if a := &v.Alerts[i]; ends(a) {
			return a.From, true
		}
	}
	return v.End.By, v.End.How == Reset || v.End.How == Closed
}

// ends tells whether an alert ends the connection. One that cannot be read does:
// the warnings that do not are sent in clear, before the server's choice.
func ends(a *Alert) bool {
	return a.Inferred || a.Level == tlswire.Fatal || a.Description == tlswire.CloseNotify || a.Description == tlswire.UserCanceled
}

// alert gives the first alert of w that ends the connection; nil: none.
func (v *view) alert(w Who) *Alert {
	for i := range v.Alerts {
		if a := &v.Alerts[i]; a.From == w && ends(a) {
			return a
		}
	}
	return nil
}

// serverAlert gives the server's alert in clear if its description is one of
// those; nil: it is not.
func (v *view) serverAlert(those ...tlswire.AlertDescription) *Alert {
	a := v.alert(FromServer)
	if a == nil || a.Inferred || !slices.Contains(those, a.Description) {
		return nil
	}
	return a
}

// sentBy tells whether the history has this event; see historyLetters.
func (v *view) sentBy(letter byte) bool { return strings.IndexByte(v.History, letter) >= 0 }

// unseenSide names the side of which the capture has no packet: "client",
// "server" or "" where both were seen, or where nobody can tell.
func (v *view) unseenSide() string {
	c, s, o := &v.FromClient, &v.FromServer, &v.Opening
	switch {
	case o.SYNACK == 0 && s.Bytes == 0 && c.Acked == 0 && !v.endedBy(FromServer) && (o.ACK > 0 || c.Bytes > 0):
		return "server"
	case o.SYN == 0 && o.ACK == 0 && c.Bytes == 0 && s.Acked == 0 && !v.endedBy(FromClient) && (o.SYNACK > 0 || s.Bytes > 0):
		return "client"
	}
	return ""
}

// side gives what was counted of w.
func (v *view) side(w Who) *Side {
	if w == FromServer {
		return &v.FromServer
	}
	return &v.FromClient
}

// blind tells whether bytes of w's handshake are missing from the capture.
func (v *view) blind(w Who) bool {
	return v.side(w).Truncated || slices.ContainsFunc(v.Gaps, func(g Gap) bool { return g.From == w && g.InHandshake })
}

// waited is how long one side had been left without an answer when the
// connection ended, counted from the last bytes of the side that did not end it.
func (v *view) waited(since Who) time.Duration {
	side := v.side(since)
	until := v.End.Time
	if v.End.How == Open || v.End.How == Timeout {
		until = v.Last
	}
	if side.LastPacket == 0 {
		return until.Sub(v.Start)
	}
	return until.Sub(side.Last)
}
