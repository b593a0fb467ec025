package analyze

import (
	"bytes"
	"net/netip"
	"slices"

	"sniwatch/analyze/origin"
	"sniwatch/analyze/tcp"
	"sniwatch/analyze/tlswire"
	"sniwatch/capture"
)

// A part of a capture is analysed by a Watcher of its own, which follows the
// connections that begin in the part and reads what they say, and judges nothing: it
// notes what became of them, in order. The Watcher of the whole then takes in part
// after part, see merge.go.

// apart is what the Watcher of a part notes. A part ends where more than most* would be
// noted, but for the connections that a last packet ends.
type apart struct {
	log    []happening    // that the Watcher of the whole must see, in the order of the capture
	over   []over         // connections, in the order in which they are told
	silent []unansweredBy // of those that are nothing but SYNs
	told   int            // of over, those that keep their reading
	sites  map[string]*shownSite
	last   *shownSite
	key    []byte     // of a site, while it is looked for
	spare  []*reading // that the Watcher of the whole needs no more

	whole  *tcp.Table
	name   string            // of the input
	offset int64             // of the record that is looked at
	began  capture.Timestamp // the time of the first packet
	begun  int               // connections
}

// What a part may note, so that it stays small. It ends where there is no room.
const (
	mostHappened = 48 << 10
	mostOver     = 16 << 10
	mostTold     = 512
	mostSites    = 64
)

// A happening is a connection that begins, or a packet of one that may have begun
// before.
type happening struct {
	tcp.Begun       // for a packet, its number and when it came
	offset    int64 // where its record begins
	begins    bool
}

// An over is a connection that is over.
type over struct {
	turn    tcp.Turn
	first   int
	start   capture.Timestamp
	outcome Handshake
	place   int
	losses  losses
	site    *shownSite // nil: nothing was shown that is worth a look
	shownAt int        // packet of the Certificate
	syns    int        // of apart.silent, and one more; 0: it is none of them
	reading *reading   // it is to be judged; nil: it is healthy, or nothing but SYNs
}

// unansweredBy is a connection that is nothing but SYNs.
type unansweredBy struct {
	client, server capture.Endpoint
	first, last    tcp.Mark
	count          int
	why            tcp.Reason
}

// A shownSite is a site of which connections in the part were shown the same.
type shownSite struct {
	server netip.AddrPort
	sni    []byte
	chain  *origin.Chain
	like   *reading // the first of them
}

// full tells whether the next packet could need more room than there is.
func (a *apart) full() bool {
	return len(a.log) >= mostHappened || len(a.over) >= mostOver || a.told >= mostTold || len(a.sites) >= mostSites
}

// reset forgets what was noted. Readings are used again.
func (a *apart) reset() {
	for i := range a.over {
		if r := a.over[i].reading; r != nil && !r.kept {
			a.spare = append(a.spare, r)
		}
	}
	clear(a.over)
	a.log, a.over, a.silent, a.told, a.begun, a.began = a.log[:0], a.over[:0], a.silent[:0], 0, 0, 0
	a.sites, a.last = map[string]*shownSite{}, nil
}

// fresh gives a reading that nobody has.
func (w *Watcher) fresh() *reading {
	if a := w.apart; a != nil && len(a.spare) > 0 {
		r := a.spare[len(a.spare)-1]
		a.spare = a.spare[:len(a.spare)-1]
		return r
	}
	return new(reading)
}

// happened notes what the packet was, if the Watcher of the whole must see it.
func (a *apart) happened(t *tcp.Table, packet int, foreign bool) {
	if foreign {
		a.log = append(a.log, happening{Begun: tcp.Begun{Time: t.Now().Now, Packet: uint32(packet)}, offset: a.offset})
	} else if b, ok := t.Begun(); ok {
		a.log = append(a.log, happening{Begun: b, begins: true})
		a.begun++
	}
}

// shift adds to the numbers of all packets, which were counted from the beginning of
// the part.
func (a *apart) shift(by int) {
	for i := range a.log {
		a.log[i].Packet += uint32(by)
	}
	for i := range a.over {
		o := &a.over[i]
		o.turn.Packet += by
		o.first += by
		o.shownAt += by
		if o.reading != nil {
			o.reading.shift(by)
		}
	}
	for i := range a.silent {
		a.silent[i].first.Packet += by
		a.silent[i].last.Packet += by
	}
}

// unanswered notes a connection that is nothing but SYNs.
func (a *apart) unanswered(turn tcp.Turn, s *tcp.SYNs, why tcp.Reason) {
	a.silent = append(a.silent, unansweredBy{*s.Client, *s.Server, s.First, s.Last, s.Count, why})
	a.over = append(a.over, over{turn: turn, first: s.First.Packet, syns: len(a.silent)})
}

// tell notes a connection that is to be judged, and keeps it.
func (a *apart) tell(turn tcp.Turn, r *reading) {
	a.told++
	a.over = append(a.over, over{turn: turn, first: r.FirstPacket, reading: r})
}

// count notes a healthy connection.
func (a *apart) count(turn tcp.Turn, r *reading, local *thisHost) {
	o := over{
		turn: turn, first: r.FirstPacket, start: r.Start, outcome: r.Handshake, place: r.place,
		losses: r.losses(),
	}
	if r.ClientHello != nil && !r.helloIsSSL2 && (r.Certificate.Chain != nil || local.config != nil) {
		o.site, o.shownAt = a.site(r), r.Certificate.Packet
	}
	a.over = append(a.over, o)
}

// site gives the site that a connection is with, as it was shown to it.
func (a *apart) site(r *reading) *shownSite {
	sni, chain := tlswire.ServerName(r.helloBody), r.Certificate.Chain
	if l := a.last; l != nil && l.chain == chain && l.server == r.Server && bytes.Equal(l.sni, sni) {
		return l
	}
	address := r.Server.Addr().As16()
	key := append(a.key[:0], address[:]...)
	key = append(append(key, byte(r.Server.Port()>>8), byte(r.Server.Port())), sni...)
	for ; ; key = append(key, 0xff) { // another certificate of the same site, or a name that ends so
		a.key = key
		s := a.sites[string(key)]
		if s == nil {
			s = &shownSite{r.Server, slices.Clone(sni), chain, r}
			r.kept = true
			a.sites[string(key)], a.last = s, s
			return s
		}
		if s.chain == chain && bytes.Equal(s.sni, sni) {
			a.last = s
			return s
		}
	}
}
