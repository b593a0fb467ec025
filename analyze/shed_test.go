package analyze

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/capture"
)

// loneTCP is a packet without payload from the client, or to it.
func loneTCP(at capture.Timestamp, port uint16, toClient bool, flags capture.Flags) *capture.Packet {
	client, server := netip.MustParseAddr("130.176.135.149").As4(), netip.MustParseAddr("10.0.0.10").As4()
	b := []byte{0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0}
	from, to, source, target := client, server, port, uint16(443)
	if toClient {
		from, to, source, target = server, client, 443, port
	}
	b = append(append(b, from[:]...), to[:]...)
	b = binary.BigEndian.AppendUint16(b, source)
	b = binary.BigEndian.AppendUint16(b, target)
	b = append(b, 0, 0, 0, 1, 0, 0, 0, 2, 5<<4, byte(flags), 0xff, 0xff, 0, 0, 0, 0)
	return &capture.Packet{Number: 1, Time: at, Link: capture.LinkRaw, Length: len(b), Data: b}
}

func shedWatcher() *Watcher {
	w := NewWatcher(Options{Ranges: edge.Embedded(), Roots: origin.MozillaRoots(), Ports: []uint16{443}, Live: true})
	w.Begin("eth0")
	return w
}

// TestShed looks at 1 of 4 of 4,000 connections. What was open before is followed to
// its end, and nothing of a connection that is left out counts as a failure.
func TestShed(t *testing.T) {
	w := shedWatcher()
	at := capture.Timestamp(1e18)
	packet := func(port uint16, toClient bool, flags capture.Flags) {
		at += 1e6
		w.Packet(loneTCP(at, port, toClient, flags))
	}
	const before, all = 100, 4000
	for i := range uint16(before) {
		packet(1000+i, false, capture.SYN)
	}
	w.Shed(2)
	for i := range uint16(before) {
		packet(1000+i, true, capture.SYN|capture.ACK)
		packet(1000+i, true, capture.RST)
	}
	for i := range uint16(all) {
		packet(10000+i, false, capture.SYN)
		packet(10000+i, true, capture.SYN|capture.ACK)
		packet(10000+i, false, capture.RST)
	}
	w.Shed(0)
	for i := range uint16(all) { // the rest of connections that were left out
		packet(10000+i, true, capture.ACK|capture.FIN)
	}
	w.End("")
	r := w.Report(time.Unix(1e9, 0))
	looked := r.Counts.Connections - before
	if looked < all/4-150 || looked > all/4+150 {
		t.Errorf("looked at %d of %d connections, not at a quarter", looked, all)
	}
	u := r.Unanalysed
	if u.ConnectionsLeftOut != all-looked || u.PacketsLeftOut < 3*(all-looked) || u.ConnectionsWithGaps != 0 {
		t.Errorf("looked at %d; %+v", looked, u)
	}
}

// TestShedChooses: who is looked at at a level is looked at at those below it, and
// both directions agree.
func TestShedChooses(t *testing.T) {
	for port := range uint16(2000) {
		var s, back capture.Segment
		s.Src.Port, s.Dst.Port = port, 443
		s.Src.IP[15], s.Dst.IP[15] = byte(port), 9
		back.Src, back.Dst = s.Dst, s.Src
		for level := range MostShed + 1 {
			if chosen(&s, level) != chosen(&back, level) || level > 0 && chosen(&s, level) && !chosen(&s, level-1) {
				t.Fatalf("port %d, level %d", port, level)
			}
		}
	}
}

// TestClockSet sets the clock while a client waits for an answer: it does not seem
// silent for an hour, and is given up when it was silent for long enough.
func TestClockSet(t *testing.T) {
	for _, step := range []time.Duration{time.Hour, -time.Hour} {
		w := shedWatcher()
		at := capture.Timestamp(1e18)
		w.Packet(loneTCP(at, 1000, false, capture.SYN))
		w.ClockSet(step)
		now := at.Time().Add(step)
		w.Advance(now.Add(time.Minute))
		if _, _, n := w.Progress(); n.Connections != 0 {
			t.Errorf("set by %v: a connection of a minute ended", step)
		}
		interim := w.Interim(now)
		if !interim.Interim || len(interim.Inputs) != 1 || len(w.Inputs()) != 0 {
			t.Errorf("a report on the way has %d inputs, and leaves %d", len(interim.Inputs), len(w.Inputs()))
		}
		w.Advance(now.Add(10 * time.Minute))
		if _, _, n := w.Progress(); n.Connections != 1 {
			t.Errorf("set by %v: silence is not noticed", step)
		}
	}
}
