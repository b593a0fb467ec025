package analyze

import (
	"fmt"
	"time"

	"sniwatch/analyze/tlswire"
)

// portClosed: the kernel of the host answers a SYN to a closed port by RST; a
// firewall that rejects does the same, or sends ICMP port unreachable.
func portClosed(v *view) bool {
	if v.Opening.SYN == 0 || v.Opening.SYNACK != 0 || v.FromClient.Bytes != 0 {
		return false
	}
	return v.endedBy(FromServer) && v.End.How == Reset || v.unreachedBy() == portUnreachable
}

// synRow is the evidence of the first packet of the connection.
func (v *view) synRow() Evidence {
	e := Evidence{Packet: v.Opening.SYN, Label: v.Client() + " asked to connect", Value: fmt.Sprintf("to port %d", v.Server.Port())}
	if v.Opening.SYNs > 1 {
		e.Note = fmt.Sprintf("%d times", v.Opening.SYNs)
	}
	return e
}

func portClosedWords(v *view) Diagnosis {
	port := v.Server.Port()
	d := Diagnosis{Certainty: Proven, Title: fmt.Sprintf("Port %d of your server is closed", port)}
	d.Evidence = []Evidence{v.synRow()}
	reached := "The packet reached the host, and the host refused it: no process listens on this port, or a firewall on the host rejects it."
	if v.unreachedBy() == portUnreachable {
		d.Evidence = append(d.Evidence, v.icmpRow())
		if !v.saidByServer() {
			reached = fmt.Sprintf("The packet was refused by %s, on behalf of the host: no process listens on this port, or a firewall rejects it.", v.icmpSender())
		}
	} else {
		d.Evidence = append(d.Evidence, Evidence{Packet: v.End.Packet, Label: "the answer was a reset", Value: "RST"})
	}
	d.Explanation = sentences(reached,
		"A server that did not start, after a mistake in its configuration for example, looks like this.", v.viewersGet("502"))
	d.Fixes = []Fix{
		{Says: "Look what listens, and why the server does not. With nginx:", Command: "sudo ss -ltnp; sudo nginx -t; systemctl status nginx"},
		{Says: fmt.Sprintf("If it listens on another port: set that one as the HTTPS port of the origin, or listen on %d.", port)},
	}
	return d
}

// synUnanswered: one SYN at the end of a capture says nothing yet. An ACK of the
// server is an answer, if not the one that opens a connection.
func synUnanswered(v *view) bool {
	o := &v.Opening
	if o.SYN == 0 || o.SYNACK != 0 || o.ACK != 0 || v.FromClient.Bytes != 0 || v.FromServer.Segments != 0 || v.unreachedBy() == portUnreachable {
		return false
	}
	return o.SYNs > 1 || v.End.How == Timeout || v.endedBy(FromClient) || v.unreachedBy() != otherwise
}

func synUnansweredWords(v *view) Diagnosis {
	switch v.unreachedBy() {
	case prohibited:
		return prohibitedWords(v)
	case noWay:
		return noWayWords(v)
	}
	d := Diagnosis{Certainty: Likely, Title: fmt.Sprintf("Your server does not answer connections to port %d", v.Server.Port())}
	if v.Opening.SYNs == 1 {
		d.Certainty = Possible
	}
	d.Evidence = []Evidence{v.synRow(), v.silenceRow("your server sent no answer", v.Last.Sub(v.Start))}
	d.Explanation = paragraphs(
		sentences("The packets reached the host, for they are in this capture, but the host did not answer. A firewall on the host drops them, "+
			"or the server is so busy that its queue of new connections is full.", v.viewersGet("502 or 504")),
		"It is not the security group: what that stops is not seen on the host.")
	d.Fixes = []Fix{
		{Says: "Look for a rule of the firewall that drops them:", Command: "sudo nft list ruleset; sudo iptables -nvL"},
		{Says: "Look whether queues overflow (numbers that grow):", Command: "nstat -az TcpExtListenOverflows TcpExtListenDrops"},
	}
	return d
}

func (v *view) silenceRow(label string, d time.Duration) Evidence {
	if v.End.How == Timeout {
		return Evidence{Packet: v.LastPacket, Label: label, Value: "within " + longSilence, Note: "the capture went on, this connection did not"}
	}
	return Evidence{Packet: v.LastPacket, Label: label, Value: "within " + span(d), Note: "up to the last packet of this connection"}
}

// longSilence is for how long nothing came, at least, where End.How is Timeout.
const longSilence = "two minutes or more"

func synackUnanswered(v *view) bool {
	o := &v.Opening
	return o.SYN != 0 && o.SYNACK != 0 && o.ACK == 0 && v.FromClient.Bytes == 0 && v.FromClient.LastPacket == 0 &&
		!v.endedBy(FromClient) && (o.SYNACKs > 1 || v.End.How == Timeout)
}

func synackUnansweredWords(v *view) Diagnosis {
	d := Diagnosis{Certainty: Likely, Title: "Your server's answers do not reach " + v.client()}
	answer := Evidence{Packet: v.Opening.SYNACK, Label: "your server answered", Value: "SYN-ACK"}
	if v.Opening.SYNACKs > 1 {
		answer.Note = fmt.Sprintf("%d times", v.Opening.SYNACKs)
	}
	d.Evidence = []Evidence{v.synRow(), answer, v.silenceRow("no acknowledgement came", v.Last.Sub(v.Start))}
	d.Explanation = sentences("The way in works, the way back does not: the server's answer got lost behind the host.",
		"In a VPC that is a network ACL without an outbound rule for ports 1024 to 65535, or a route that sends the answers elsewhere.",
		"Security groups let answers through by themselves.", v.viewersGet("502 or 504"))
	d.Fixes = []Fix{
		{Says: "In the network ACL of the subnet, allow outbound TCP to ports 1024-65535."},
		{Says: "Look which way the answers take:", Command: "ip route get " + v.clientAddress()},
	}
	return d
}

// clientAddress gives the client's address for a command.
func (v *view) clientAddress() string { return v.Connection.Client.Addr().WithZone("").String() }

// serversTurn tells whether the server had to speak: after the ClientHello, also
// the second one, and in TLS 1.2 after the client's Finished.
func (v *view) serversTurn() bool {
	switch {
	case v.complete() || !v.wholeHello() || v.FromServer.NotTLS != "":
		return false
	case v.sent() == 0:
		return true
	case v.onlyRetryRequest():
		return v.ClientHello.Count > 1
	}
	return v.chosen() && !v.tls13() && v.FromClient.Finished
}

// silence is for how long the server had left the client without an answer.
func (v *view) silence() time.Duration {
	since := v.ClientHello.Time
	if v.sent() > 0 {
		since = v.FromServer.Last
	}
	until := v.End.Time
	if v.End.How == Open || v.End.How == Timeout {
		until = v.Last
	}
	return until.Sub(since)
}

// serverSilent: the client gave up after a second or more, or nobody ever did.
func serverSilent(v *view) bool {
	if !v.serversTurn() || v.alert(FromServer) != nil || v.endedBy(FromServer) {
		return false
	}
	switch v.End.How {
	case Timeout:
		return true
	case Open:
		return v.FromClient.Retransmitted > 0 && v.silence() >= patience
	}
	return v.silence() >= patience
}

func serverSilentWords(v *view) Diagnosis {
	d := Diagnosis{Certainty: Proven, Title: "Your server did not answer " + v.client()}
	d.Evidence = v.silentEvidence()
	c := &v.FromClient
	if v.answeredLate() {
		d.Title = "Your server answered " + v.client() + " too late"
	} else if c.Acked < c.Bytes {
		d.Certainty = Likely
	}
	if c.Acked == 0 && c.Bytes > 0 && !v.answeredLate() && v.sent() == 0 {
		d.Explanation = sentences("The connection was opened, but not even the kernel of the host acknowledged what came then: a firewall or a limit on the host drops it.",
			v.viewersGet("502 or 504"))
		d.Fixes = []Fix{{Says: "Look for a rule of the firewall that drops packets of open connections, and for a full connection table:",
			Command: "sudo nft list ruleset; sudo dmesg | grep -i conntrack"}}
		return d
	}
	took := "what " + v.client() + " sent"
	if c.Acked < c.Bytes {
		took = "a part of " + took
	}
	d.Explanation = sentences("The kernel of the host took "+took+", but the server process did not answer it in time: it hangs, is overloaded, or waits for something, such as a slow disk or DNS.",
		v.lostInPart(), v.viewersGet("502 or 504"))
	d.Fixes = []Fix{
		{Says: "Look at the server process and the load of the host:", Command: "uptime; systemctl status nginx; sudo ss -ltn"},
		{Says: "Restarting the server helps for the moment. With nginx:", Command: "sudo systemctl restart nginx"},
	}
	return d
}

// answeredLate tells whether the server's first bytes came when the client had
// left already.
func (v *view) answeredLate() bool { return v.sent() == 0 && v.FromServer.Bytes > 0 }

// silentEvidence shows for how long the server had said nothing, and what it had
// acknowledged.
func (v *view) silentEvidence() []Evidence {
	acked := Evidence{Packet: v.FromClient.LastPacket, Label: "of what it sent, the host acknowledged",
		Value: fmt.Sprintf("%d of %d bytes", v.FromClient.Acked, v.FromClient.Bytes)}
	silent := v.silenceRow("your server sent nothing", v.silence())
	if v.endedBy(FromClient) {
		silent.Packet, silent.Note = v.End.Packet, "until "+v.client()+" left"
	}
	rows := []Evidence{v.asked(), acked, silent, v.endRow()}
	if v.answeredLate() && v.ServerHello != nil {
		rows = append(rows, Evidence{Packet: v.ServerHello.Packet, Label: "your server answered",
			Value: span(v.ServerHello.Time.Sub(v.End.Time)) + " after that"})
	}
	return rows
}

// lostInPart says what it may mean that the host took only a part of what the
// client sent.
func (v *view) lostInPart() string {
	if v.FromClient.Acked >= v.FromClient.Bytes {
		return ""
	}
	return "Or the answer waits for the part that got lost on the way in."
}

// serverFlightLost: sent again, and still not acknowledged.
func serverFlightLost(v *view) bool {
	s := &v.FromServer
	return !v.complete() && !v.FromClient.Finished && v.left == stayed && v.alert(FromClient) == nil && s.NotTLS == "" &&
		v.tlsSeen() && v.sent() > 0 && v.acked() < v.sent() && (s.Retransmitted > 0 || v.tooBig())
}

func serverFlightLostWords(v *view) Diagnosis {
	s := &v.FromServer
	d := Diagnosis{Certainty: Likely, Title: "What your server sends does not reach " + v.client()}
	if s.Retransmitted > 1 || v.tooBig() {
		d.Certainty = Proven
	}
	d.Evidence = []Evidence{v.asked(),
		{Packet: s.LastPacket, Label: "your server sent", Value: many(v.sent(), "byte"), Note: many(int64(s.Retransmitted), "packet") + " sent again"},
		{Packet: v.LastPacket, Label: v.client() + " acknowledged", Value: many(v.acked(), "byte")},
		{Packet: s.LastPacket, Label: "the largest packet sent", Value: many(int64(s.Largest), "byte"),
			Note: fmt.Sprintf("the largest that arrived: %d", s.LargestAcked)}}
	if v.tooBig() {
		d.Evidence = append(d.Evidence, Evidence{Packet: v.Unreachable, Label: "a router said that it is too big", Value: fmt.Sprintf("it passes on %d bytes", v.ICMP.MTU)})
	}
	d.Evidence = append(d.Evidence, v.endRow())
	why := "Packets of every size got lost here: the way back is broken or very lossy."
	if v.tooBig() || s.LargestAcked < s.Largest {
		why = "No packet as large as the largest got through. That is how a path looks whose limit for packets (MTU) is smaller than the host believes, and where the message that says so is blocked."
	}
	d.Explanation = paragraphs(
		sentences("Small packets suffice to open a connection; the certificate is the first thing that needs large ones.", why, v.viewersGet("502 or 504")),
		"The certificate is not the cause: it never arrived.")
	d.Fixes = []Fix{
		{Says: "Let the message through: in the security group and the network ACL, allow inbound ICMP type 3, code 4 (Destination Unreachable: fragmentation needed; for IPv6, ICMPv6 Packet Too Big)."},
		{Says: "Set the MTU to 1500 where it is 9001 (jumbo frames do not leave the VPC), and lower behind a VPN or tunnel. It shows here:", Command: "ip link"},
		{Says: "Find the limit of this path:", Command: "tracepath -n " + v.clientAddress()},
	}
	return d
}

// serverClosed: the server left, or sent an alert that no other rule explains.
func serverClosed(v *view) bool {
	by, ended := v.ender()
	return ended && by == FromServer && !v.complete() && !v.plainText() && !clientSilent(v)
}

// clientSilent: the client had the certificate, and neither went on nor left.
func clientSilent(v *view) bool {
	if v.complete() || v.left != stayed || !v.hadCertificate() || !v.allAcked() || v.FromClient.Finished ||
		v.alert(FromClient) != nil || v.wentOn() {
		return false
	}
	switch {
	case v.End.How == Timeout:
		return true
	case v.endedBy(FromServer):
		return v.End.Time.Sub(v.FromServer.Last) >= patience
	case v.endedBy(FromClient):
		return v.End.After > longestRefusal
	}
	return false
}

func clientSilentWords(v *view) Diagnosis {
	d := Diagnosis{Certainty: Possible, Title: v.Client() + " had your certificate, and said nothing more"}
	silent := longSilence
	if v.End.How != Timeout {
		silent = span(v.End.Time.Sub(v.FromServer.Last))
	}
	d.Evidence = []Evidence{v.asked(), v.isFor(),
		{Packet: v.FromServer.LastPacket, Label: "your server's part", Value: many(v.FromServer.Bytes, "byte"), Note: "all acknowledged"},
		{Packet: v.LastPacket, Label: v.client() + " sent nothing", Value: "for " + silent}, v.endRow()}
	d.Explanation = paragraphs(
		sentences("The server's whole part of the handshake arrived, and then "+v.client()+" neither went on nor left. It may have hung, or its answer got lost on the way to you.",
			v.viewersGet("502 or 504")), v.suspicion())
	d.Fixes = []Fix{{Says: "If it happens again and again, look at the certificate first: a client that dislikes it may also just stop.",
		Command: v.lookFix().Command}}
	return d
}

// suspicion names a fault of the certificate, which is no proof without a refusal.
func (v *view) suspicion() string {
	if len(v.faults) == 0 || v.Certificate.State != tlswire.Present && v.Local.Agrees == tlswire.Absent {
		return ""
	}
	return "The certificate has a fault of its own (" + string(v.faults[0]) + "). Whether that is why, this connection does not show."
}
