package analyze

import (
	"fmt"

	"sniwatch/analyze/tlswire"
)

func ok(v *view) bool { return v.complete() }

func okResumed(v *view) bool {
	return v.complete() && v.ServerHello != nil && v.ServerHello.Resumed
}

// completedAbandoned: what a session ticket of TLS 1.3 looks like from outside
// is data of the server, so only the client's data count as a request. Where its
// Finished was in one record with more, that may have been the request.
func completedAbandoned(v *view) bool {
	if v.tls13() && !v.FromClient.Finished {
		return false
	}
	return v.complete() && !v.FromClient.Data && (v.End.How == Reset || v.End.How == Closed)
}

func stillOpen(v *view) bool {
	_, ended := v.ender()
	return !ended && !v.complete() && !v.plainText()
}

func okWords(v *view) Diagnosis {
	d := Diagnosis{Certainty: Proven, Title: "The handshake was completed"}
	d.Evidence = v.completeEvidence()
	d.Explanation = sentences(v.Client()+" accepted the certificate.", v.lastWord())
	d.ArticleRow = v.row()
	return d
}

func okResumedWords(v *view) Diagnosis {
	d := Diagnosis{Certainty: Proven, Title: "The handshake was completed, continuing an earlier session"}
	d.Evidence = v.completeEvidence()
	d.Explanation = sentences("A continued session needs no certificate: that there is none here is no fault.", v.lastWord())
	return d
}

// completeEvidence shows the handshake, and how the connection ended.
func (v *view) completeEvidence() []Evidence {
	rows := make([]Evidence, 0, 3) // of every healthy connection: at once
	if v.ClientHello != nil {
		rows = append(rows, v.asked())
	}
	if h := v.ServerHello; h != nil {
		rows = append(rows, Evidence{Packet: h.Packet, Label: "your server chose", Value: h.Version().String() + ", " + h.CipherSuite.String()})
	}
	return append(rows, v.endRow())
}

// lastWord says of an end that looks like a failure that it is none.
func (v *view) lastWord() string {
	if v.End.How != Reset {
		return ""
	}
	return "The reset at the end is no failure: the handshake was over, and a side that closes while something is unread resets."
}

func abandonedWords(v *view) Diagnosis {
	d := Diagnosis{Certainty: Proven, Title: "The handshake was completed, then nothing was asked for"}
	d.Evidence = v.completeEvidence()
	says := "The connection ended without a request. Health checks do this, and clients that open connections in advance."
	if a := v.alert(FromClient); a != nil && !v.fromCloudFront() {
		d.Evidence = append(d.Evidence, Evidence{Packet: a.Packet, Label: "the client sent last", Value: alertText(a)})
		says += " A client like curl, which checks the certificate only after the handshake, leaves in the same way when it refuses it; nothing wrong with the certificate is known here."
	}
	if a := v.alert(FromServer); a != nil && v.tls13() && v.alert(FromClient) == nil {
		d.Evidence = append(d.Evidence, Evidence{Packet: a.Packet, Label: "your server sent last", Value: alertText(a)})
		says = "Your server ended the connection with an encrypted alert. In TLS 1.3, a server that demands a certificate from the client and gets none looks like this (ssl_verify_client in nginx); its log tells."
	}
	d.Explanation = says
	return d
}

func stillOpenWords(v *view) Diagnosis {
	d := Diagnosis{Certainty: Proven, Title: "The capture ends before the handshake does"}
	if v.ClientHello != nil {
		d.Evidence = append(d.Evidence, v.asked())
	} else if v.Opening.SYN != 0 {
		d.Evidence = append(d.Evidence, v.synRow())
	}
	d.Evidence = append(d.Evidence, v.endRow())
	d.Explanation = "How it went on is not in the capture."
	if v.End.How == Timeout {
		d.Title = "The handshake stopped, and nobody ended it"
		d.Explanation = "Neither side sent anything more, and neither closed."
	}
	return d
}

// incomplete: the packets that would tell are missing. What is proven all the
// same, such as an alert, decides before this.
func incomplete(v *view) bool { return !v.complete() && v.whatIsMissing().Label != "" }

// whatIsMissing is the evidence of what the capture lacks; its zero value:
// nothing that matters.
func (v *view) whatIsMissing() Evidence {
	e := Evidence{Packet: v.FirstPacket, Label: "missing"}
	side := v.unseenSide()
	switch {
	case side != "":
		e.Value, e.Note = "everything from the "+side, "only one direction was captured"
		return e
	case v.olderThanCapture():
		e.Value, e.Note = "the beginning", "the connection is older than the capture"
		return e
	case v.ClientHello == nil && v.hadCertificate():
		e.Value, e.Note = "the ClientHello", "the server answered one"
		return e
	}
	for _, g := range v.Gaps {
		if g.InHandshake && !v.side(g.From).Truncated {
			e.Value = fmt.Sprintf("%s of the %s", many(g.Bytes, "byte"), g.From)
			e.Note = fmt.Sprintf("after byte %d of the handshake", g.AfterByte)
			return e
		}
	}
	for _, who := range []Who{FromServer, FromClient} {
		if v.side(who).Truncated {
			e.Value, e.Note = "the end of packets of the "+who.String(), "the snap length of the capture cut them"
			return e
		}
	}
	return Evidence{}
}

// olderThanCapture tells whether the handshake began before the capture did.
func (v *view) olderThanCapture() bool {
	return v.MidStream && v.ClientHello == nil && v.ServerHello == nil && v.Certificate.State != tlswire.Present
}

func incompleteWords(v *view) Diagnosis {
	d := Diagnosis{Certainty: Proven, Title: "The capture lacks the packets that would tell"}
	missing := v.whatIsMissing()
	if v.ClientHello != nil {
		d.Evidence = append(d.Evidence, v.asked())
	}
	d.Evidence = append(d.Evidence, missing, v.endRow())
	d.Explanation = "What became of this handshake cannot be said. What is shown here is all that is known of it."
	side := v.unseenSide()
	switch {
	case side == "" && v.olderThanCapture():
		d.Title = "This connection is older than the capture"
		d.Explanation = "Its handshake came before the first packet of the capture."
	case side != "":
		d.Fixes = []Fix{{Says: "Capture both directions, on the host itself. The filter must not name a source or a destination alone:",
			Command: fmt.Sprintf("sudo tcpdump -i any -s 0 -w both.pcap tcp port %d", v.Server.Port())}}
	case v.FromClient.Truncated || v.FromServer.Truncated:
		d.Fixes = []Fix{{Says: "Capture whole packets (-s 0):",
			Command: fmt.Sprintf("sudo tcpdump -i any -s 0 -w whole.pcap tcp port %d", v.Server.Port())}}
	default:
		d.Fixes = []Fix{{Says: "If the capture lost packets under load, give it a larger buffer and a narrower filter:",
			Command: fmt.Sprintf("sudo tcpdump -i any -s 0 -B 65536 -w again.pcap tcp port %d", v.Server.Port())}}
	}
	return d
}
