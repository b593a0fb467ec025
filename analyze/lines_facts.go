package analyze

import (
	"strings"
	"time"

	"sniwatch/analyze/join"
	"sniwatch/analyze/origin/logs"
	"sniwatch/analyze/tlswire"
)

// joinable gives what joining needs of a connection.
func joinable(v *view) join.Connection {
	j := join.Connection{
		Client: v.Connection.Client, Server: v.Server, Start: v.Start.Time(), Ended: v.Last.Time(), Last: v.Last.Time(),
		Code:  string(v.Diagnosis.Code),
		Facts: v.wireFacts(),
	}
	if v.End.How == Reset || v.End.How == Closed {
		j.Ended = v.End.Time.Time()
	}
	if who, ended := v.ender(); ended {
		if a := v.alert(who); a != nil && a.Time.Time().Before(j.Ended) {
			j.Ended = a.Time.Time()
		}
	}
	if h := v.ClientHello; h != nil && (h.ServerNameState == tlswire.Present || h.ServerNameState == tlswire.Absent) {
		j.ServerName, j.HasServerName = strings.Clone(h.ServerName), true // without the hello that it is a part of
	}
	return j
}

// soonEnded is how long a connection may last and yet be over at once for a
// server that waits for the client's hello.
const soonEnded = 2 * time.Second

// wireFacts are those of logs.Fact that the packets show. What a hole in the
// capture may hide is none of them.
func (v *view) wireFacts() []logs.Fact {
	var out []logs.Fact
	add := func(is bool, f logs.Fact) {
		if is {
			out = append(out, f)
		}
	}
	told, maybe := v.clientAlerts()
	whole := !v.MidStream && !v.blind(FromClient) && v.unseenSide() == ""
	fin, rst := v.sentBy('F'), v.sentBy('R')
	add(told, logs.ClientAlert)
	add(!told && !maybe && whole, logs.NoClientAlert)
	add(v.wholeHello(), logs.ClientHelloSeen)
	add((v.FromClient.Bytes == 0 || v.plainText()) && whole, logs.NoClientHello)
	add(v.chosen(), logs.ServerHelloSent)
	add(v.complete(), logs.HandshakeComplete)
	add(!v.complete() && whole && v.End.How != Open, logs.HandshakeBroken)
	add(rst && !fin && !v.saidGoodbye() && whole, logs.ClientResetOnly)
	add(fin && !rst && whole, logs.ClientFINOnly)
	add(v.chosen() || v.serverAlertInClear(), logs.ServerSpeaksTLS)
	add(v.chosen() && !v.tls13() && !v.ServerHello.Resumed && v.ServerHello.Done && v.CertificateRequest == 0, logs.NotAskedForOne)
	add(v.End.How != Open && v.Last.Sub(v.Start) < soonEnded, logs.EndedWithinSeconds)
	return out
}

// clientAlerts tells whether the client sent an alert other than a farewell, and
// whether it may have, encrypted.
func (v *view) clientAlerts() (told, maybe bool) {
	for i := range v.Alerts {
		switch a := &v.Alerts[i]; {
		case a.From != FromClient:
		case a.Inferred:
			maybe = true
		case a.Description != tlswire.CloseNotify && a.Description != tlswire.UserCanceled:
			told = true
		}
	}
	return told, maybe
}

// saidGoodbye tells whether the client sent close_notify or user_canceled, which a
// server takes for a close.
func (v *view) saidGoodbye() bool {
	for i := range v.Alerts {
		if a := &v.Alerts[i]; a.From == FromClient && (a.Inferred || a.Description == tlswire.CloseNotify || a.Description == tlswire.UserCanceled) {
			return true
		}
	}
	return false
}

func (v *view) serverAlertInClear() bool {
	a := v.alert(FromServer)
	return a != nil && !a.Inferred
}
