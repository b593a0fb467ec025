package analyze

import (
	"cmp"
	"net/netip"
	"slices"

	"sniwatch/analyze/edge"
	"sniwatch/capture"
)

// A report stays readable, and its memory bounded, whatever comes: scanners ask
// for thousands of names.
const (
	maxFindings  = 200 // distinct ones; the rest is added to one without a name for its code
	maxNames     = 20  // server names listed in a finding
	maxClients   = 1000
	maxAddresses = 5
)

// A collector adds up connections. It keeps one example of each finding and
// nothing of a healthy connection.
type collector struct {
	counts   Counts
	findings map[findingKey]*Finding
	order    []*Finding
	clients  map[*Finding]map[netip.Addr]struct{}
	served   served
	timeline Timeline
	crowds   crowds
	gaps     int
	missing  int64
	cut      int // connections of which the snap length cut packets; not among gaps
	hit      int // handshakes of which something was lost
	doubtful int // of those, the ones that cannot be judged for it
}

// findingKey tells apart what needs different words.
type findingKey struct {
	code       Code
	cloudFront bool
	sni        string
}

func newCollector() collector {
	return collector{
		findings: map[findingKey]*Finding{},
		clients:  map[*Finding]map[netip.Addr]struct{}{},
		served:   newServed(),
	}
}

// fromCloudFront tells whether the client counts as CloudFront.
func (c *Connection) fromCloudFront() bool { return c.Edge.Network != edge.Other }

// count counts a connection by its outcome.
func (k *collector) count(r *reading, local *thisHost) {
	c := &r.Connection
	k.outcome(c.Handshake, c.Start, r.place, &c.Edge)
	k.served.note(r, local)
	k.lost(r.losses())
}

// losses are what was not captured of a connection.
type losses struct {
	missing        int64 // bytes in gaps
	gaps, cut, hit bool  // see collector
}

func (r *reading) losses() (l losses) {
	for _, g := range r.Gaps {
		l.missing += g.Bytes
		l.hit = l.hit || g.InHandshake && r.Handshake != None
	}
	l.cut = r.FromClient.Truncated || r.FromServer.Truncated
	l.gaps = len(r.Gaps) > 0 && !l.cut
	return l
}

// lost counts what was not captured of a connection.
func (k *collector) lost(l losses) {
	k.missing += l.missing
	if l.gaps {
		k.gaps++
	}
	if l.cut {
		k.cut++
	}
	if l.hit {
		k.hit++
	}
}

// outcome counts what became of a connection, by when it began and by where the
// client is; place is the number that m has.
func (k *collector) outcome(h Handshake, start capture.Timestamp, place int, m *edge.Match) {
	n := &k.counts
	n.Connections++
	switch h {
	case Complete:
		n.Complete++
	case Refused:
		n.Refused++
	case Failed:
		n.Failed++
	case None:
		n.None++
	default:
		n.Unknown++
	}
	if m.Network != edge.Other {
		n.CloudFront++
		switch h {
		case Complete:
			n.CloudFrontComplete++
		case Refused:
			n.CloudFrontRefused++
		case Failed:
			n.CloudFrontFailed++
		}
	}
	k.timeline.count(start, h)
	k.crowds.count(place, m, h)
}

// add counts a connection that was diagnosed, and tells whether it keeps it.
func (k *collector) add(r *reading, local *thisHost) (kept bool) {
	k.count(r, local)
	c := &r.Connection
	d := &c.Diagnosis
	if d.Code == IncompleteCapture && (len(c.Gaps) > 0 || c.FromServer.Truncated || c.FromClient.Truncated) {
		k.doubtful++
	}
	if !d.remarkable() {
		return false
	}
	f := k.finding(c)
	f.Connections++
	if len(c.Log) > 0 {
		f.Logged++
	}
	f.First = min(f.First, c.Start)
	f.Last = max(f.Last, c.Start)
	k.timeline.countFinding(c.Start, slices.Index(k.order, f))
	k.client(f, c.Client.Addr())
	if h := c.ClientHello; h != nil && h.ServerName != "" && !slices.Contains(f.SNI, h.ServerName) {
		if len(f.SNI) < maxNames {
			f.SNI = append(f.SNI, h.ServerName)
		} else {
			f.MoreSNI++
		}
	}
	return f.Example == c
}

// looked is for how many connections of one finding the words are made, in
// search of one that proves it. After that they are only counted.
const looked = 100

// known gives the finding that a connection with this cause belongs to, if
// nothing that the connection could add is missing from it; nil otherwise.
func (k *collector) known(c *Connection, code Code) *Finding {
	f := k.findings[k.key(c, code)]
	if f == nil || f.Certainty != Proven && f.Connections < looked || f.wantsLog(c) {
		return nil
	}
	return f
}

// wantsLog tells whether c is the better example for having a line in the log.
func (f *Finding) wantsLog(c *Connection) bool { return len(c.Log) > 0 && len(f.Example.Log) == 0 }

func (k *collector) key(c *Connection, code Code) findingKey {
	key := findingKey{code: code, cloudFront: c.fromCloudFront()}
	if h := c.ClientHello; h != nil {
		key.sni = h.ServerName
	}
	if len(k.order) < maxFindings {
		return key
	}
	if _, there := k.findings[key]; !there {
		key.sni = ""
	}
	return key
}

// finding gives the finding that a connection belongs to.
func (k *collector) finding(c *Connection) *Finding {
	d := &c.Diagnosis
	key := k.key(c, d.Code)
	if f := k.findings[key]; f != nil {
		if r := rank(d.Certainty) - rank(f.Certainty); r < 0 || r == 0 && f.wantsLog(c) {
			f.Diagnosis, f.Example = *d, c // what one connection proves holds for those like it
		}
		return f
	}
	f := &Finding{Diagnosis: *d, CloudFront: key.cloudFront, First: c.Start, Last: c.Start, Example: c}
	k.findings[key] = f
	k.order = append(k.order, f)
	k.clients[f] = map[netip.Addr]struct{}{}
	return f
}

// rank gives 0 for the highest certainty.
func rank(c Certainty) int { return slices.Index([]Certainty{Proven, Likely, Possible}, c) }

func (k *collector) client(f *Finding, a netip.Addr) {
	if f.MoreClients {
		return
	}
	seen := k.clients[f]
	if _, ok := seen[a]; ok {
		return
	}
	if len(seen) == maxClients {
		f.MoreClients = true
		return
	}
	seen[a] = struct{}{}
	f.Clients = len(seen)
	if len(f.Addresses) < maxAddresses {
		f.Addresses = append(f.Addresses, a)
	}
}

// sorted gives the findings, those about CloudFront first, then by the number
// of connections, and the Timeline that goes with them.
func (k *collector) sorted() ([]Finding, Timeline) {
	order := slices.Clone(k.order)
	slices.SortStableFunc(order, compareFindings)
	to := make([]int, len(order))
	for i, f := range k.order {
		to[i] = slices.Index(order, f)
	}
	out := make([]Finding, len(order))
	for i, f := range order {
		out[i] = *f
		out[i].Of = k.counts.CloudFront
		if !f.CloudFront {
			out[i].Of = k.counts.Connections - k.counts.CloudFront
		}
	}
	return out, k.timeline.numbered(to)
}

func compareFindings(a, b *Finding) int {
	if a.CloudFront != b.CloudFront {
		if a.CloudFront {
			return -1
		}
		return 1
	}
	return cmp.Compare(b.Connections, a.Connections)
}
