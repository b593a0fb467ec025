package report

import (
	"fmt"

	"sniwatch/analyze"
	"sniwatch/analyze/tlswire"
)

// happened says in a few words what became of a connection, from its facts
// alone. It is clean.
func happened(c *analyze.Connection) string {
	switch {
	case c.FromServer.NotTLS != "":
		return "the server sent " + Clean(c.FromServer.NotTLS, maxPhrase)
	case c.FromClient.NotTLS != "":
		return "the client sent " + Clean(c.FromClient.NotTLS, maxPhrase)
	case c.Handshake == analyze.Complete:
		return completed(c)
	}
	if a := refusal(c); a != nil {
		return fmt.Sprintf("%s sent alert %d, %s", a.From, a.Description, a.Description)
	}
	if refusedCertificate(c) {
		return "refused the certificate" + after(c)
	}
	return ending(c)
}

// maxPhrase is how wide something untrusted may be within a phrase.
const maxPhrase = 40

// completed tells with which version a handshake was completed.
func completed(c *analyze.Connection) string {
	if c.ServerHello == nil {
		return "handshake complete"
	}
	return "handshake complete, " + c.ServerHello.Version().String()
}

// refusal gives the alert that ended a handshake, nil where there was none in
// clear. A warning does not end it, close_notify says nothing.
func refusal(c *analyze.Connection) *analyze.Alert {
	for i := range c.Alerts {
		a := &c.Alerts[i]
		if !a.Inferred && !a.Early && a.Level == tlswire.Fatal && a.Description != tlswire.CloseNotify {
			return a
		}
	}
	return nil
}

// refusedCertificate tells whether the client ended the connection with the
// server's certificate in its hands.
func refusedCertificate(c *analyze.Connection) bool {
	return c.Handshake == analyze.Refused && c.End.By == analyze.FromClient && ended(c) &&
		c.End.Stage == analyze.StageAfterServerFlight
}

// ended tells whether a FIN or RST was seen.
func ended(c *analyze.Connection) bool {
	return c.End.How == analyze.Reset || c.End.How == analyze.Closed
}

// after tells how long the other side had been waiting, where that is known.
func after(c *analyze.Connection) string {
	if c.End.After < 0 {
		return ""
	}
	return " after " + elapsed(c.End.After)
}

// ending says who ended the connection, how, and how far it had come.
func ending(c *analyze.Connection) string {
	switch {
	case c.Unreachable != 0 && c.End.Stage == analyze.StageSYN:
		return "SYN answered by ICMP: " + analyze.ICMPText(c.ICMP)
	case c.End.Stage == analyze.StageSYN && ended(c):
		return "SYN answered by a reset"
	case c.End.Stage == analyze.StageSYN:
		return "SYN not answered"
	case c.End.Stage == analyze.StageSYNACK && !ended(c):
		return "SYN-ACK not answered"
	}
	where := stages[c.End.Stage]
	switch c.End.How {
	case analyze.Reset:
		return fmt.Sprintf("%s reset the connection %s", c.End.By, where)
	case analyze.Closed:
		return fmt.Sprintf("%s closed the connection %s", c.End.By, where)
	case analyze.Timeout:
		return "silence " + where
	}
	return "capture ended " + where
}

// stages says how far a connection had come.
var stages = map[analyze.Stage]string{
	analyze.StageUnknown:             "in the middle",
	analyze.StageSYN:                 "after the SYN",
	analyze.StageSYNACK:              "after the SYN-ACK",
	analyze.StageBeforeHello:         "before the ClientHello",
	analyze.StageInClientHello:       "within the ClientHello",
	analyze.StageAfterClientHello:    "after the ClientHello",
	analyze.StageInServerFlight:      "within the server's answer",
	analyze.StageAfterServerFlight:   "after the certificate",
	analyze.StageAfterClientFinished: "after the client's Finished",
	analyze.StageEstablished:         "after data had passed",
	analyze.StageNotTLS:              "without TLS",
}

// askedFor gives the name that the client asked for, not clean, or in
// parentheses why there is none.
func askedFor(c *analyze.Connection) string {
	if c.ClientHello == nil {
		return "(not seen)"
	}
	switch c.ClientHello.ServerNameState {
	case tlswire.Present:
		return c.ClientHello.ServerName
	case tlswire.Absent:
		return "(no name)"
	case tlswire.Encrypted:
		return "(encrypted)"
	}
	return "(not seen)"
}
