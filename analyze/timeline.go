package analyze

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"sniwatch/analyze/edge"
	"sniwatch/capture"
)

// maxBuckets is how many stretches of time a Timeline has at most. It has at
// least a fifth of that once it is longer than a second: the largest step of
// bucketWidths is five.
const maxBuckets = 150

// bucketWidths are what people read off an axis. Each is a multiple of the one
// before, so that buckets can be put together without dividing any. Beyond the
// last one the width doubles.
var bucketWidths = []time.Duration{
	10 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

// A Timeline counts connections by when they began. Buckets lie at multiples of
// Width since the epoch, and Width depends only on the first and the last time:
// so it does not matter in which order connections come, and two Timelines
// merge into exactly the one that all the connections together give.
type Timeline struct {
	Width   time.Duration // of each bucket; 0: nothing was counted
	Start   capture.Timestamp
	Buckets []Bucket // the first one begins at Start, and neither the first nor the last is empty
	Undated int      // connections of captures without times, or with times before 1970, which are in no bucket
}

// A Bucket counts the connections that began within one stretch of time.
type Bucket struct {
	Complete, Refused, Failed int
	Other                     int   // no handshake was tried, or it was not seen whole
	Findings                  []int // how many of them belong to each of Report.Findings; shorter where the rest is 0
}

// Connections counts all that began in this stretch.
func (b *Bucket) Connections() int { return b.Complete + b.Refused + b.Failed + b.Other }

// count counts one connection that began at t.
func (tl *Timeline) count(t capture.Timestamp, h Handshake) {
	if t <= 0 {
		tl.Undated++
		return
	}
	switch b := tl.bucket(t); h {
	case Complete:
		b.Complete++
	case Refused:
		b.Refused++
	case Failed:
		b.Failed++
	default:
		b.Other++
	}
}

// countFinding notes that the connection counted last for t belongs to a finding.
func (tl *Timeline) countFinding(t capture.Timestamp, finding int) {
	if t <= 0 {
		return
	}
	b := tl.bucket(t)
	for len(b.Findings) <= finding {
		b.Findings = append(b.Findings, 0)
	}
	b.Findings[finding]++
}

// bucket gives the bucket of t, and makes room for it where there is none.
func (tl *Timeline) bucket(t capture.Timestamp) *Bucket {
	if tl.Width == 0 {
		tl.Width = bucketWidths[0]
		tl.Start = floor(t, tl.Width)
	}
	if t >= tl.Start {
		if i := int(t.Sub(tl.Start) / tl.Width); i < len(tl.Buckets) {
			return &tl.Buckets[i]
		}
	}
	tl.reach(t)
	return &tl.Buckets[t.Sub(tl.Start)/tl.Width]
}

// floor gives the beginning of the bucket of t, which is not before 1970.
func floor(t capture.Timestamp, width time.Duration) capture.Timestamp {
	return t - t%capture.Timestamp(width)
}

// reach makes the Timeline cover t as well.
func (tl *Timeline) reach(t capture.Timestamp) {
	first, last := min(tl.Start, t), t
	if n := len(tl.Buckets); n > 0 {
		last = max(t, tl.Start+capture.Timestamp(n-1)*capture.Timestamp(tl.Width))
	}
	for !fits(first, last, tl.Width) {
		tl.widen()
	}
	start := floor(first, tl.Width)
	buckets := make([]Bucket, floor(last, tl.Width).Sub(start)/tl.Width+1)
	copy(buckets[tl.Start.Sub(start)/tl.Width:], tl.Buckets)
	tl.Start, tl.Buckets = start, buckets
}

// fits tells whether maxBuckets of a width hold both times.
func fits(first, last capture.Timestamp, width time.Duration) bool {
	return floor(last, width).Sub(floor(first, width))/width < maxBuckets
}

// widen goes to the next width.
func (tl *Timeline) widen() {
	width := 2 * tl.Width
	if i := slices.Index(bucketWidths, tl.Width); i >= 0 && i+1 < len(bucketWidths) {
		width = bucketWidths[i+1]
	}
	start := floor(tl.Start, width)
	var buckets []Bucket
	for i := range tl.Buckets {
		at := tl.Start + capture.Timestamp(i)*capture.Timestamp(tl.Width)
		j := int(at.Sub(start) / width)
		for len(buckets) <= j {
			buckets = append(buckets, Bucket{})
		}
		buckets[j].add(&tl.Buckets[i])
	}
	tl.Width, tl.Start, tl.Buckets = width, start, buckets
}

// add adds another bucket's counts.
func (b *Bucket) add(o *Bucket) {
	b.Complete += o.Complete
	b.Refused += o.Refused
	b.Failed += o.Failed
	b.Other += o.Other
	for i, n := range o.Findings {
		if len(b.Findings) <= i {
			b.Findings = append(b.Findings, 0)
		}
		b.Findings[i] += n
	}
}

// Merge adds another Timeline, whose findings are numbered alike. The result is
// the one that all connections would have given in one.
func (tl *Timeline) Merge(o *Timeline) {
	tl.Undated += o.Undated
	if o.Width == 0 {
		return
	}
	other := Timeline{Width: o.Width, Start: o.Start, Buckets: o.Buckets}
	if tl.Width == 0 {
		tl.Width, tl.Start = o.Width, o.Start
	}
	for tl.Width < other.Width {
		tl.widen()
	}
	for other.Width < tl.Width {
		other.widen()
	}
	for i := range other.Buckets {
		if b := &other.Buckets[i]; b.Connections() > 0 {
			at := other.Start + capture.Timestamp(i)*capture.Timestamp(other.Width)
			tl.bucket(at).add(b)
		}
	}
}

// numbered gives a copy in which the findings have other numbers: to[i] instead
// of i.
func (tl *Timeline) numbered(to []int) Timeline {
	out := *tl
	out.Buckets = make([]Bucket, len(tl.Buckets))
	for i := range tl.Buckets {
		b := tl.Buckets[i]
		var moved []int
		for from, n := range b.Findings {
			if n == 0 {
				continue
			}
			for len(moved) <= to[from] {
				moved = append(moved, 0)
			}
			moved[to[from]] = n
		}
		b.Findings = moved
		out.Buckets[i] = b
	}
	return out
}

// A Crowd is the clients of one prefix of the address list, or all clients that
// are on no list.
type Crowd struct {
	Network     edge.Network
	Prefix      netip.Prefix // zero where Network is Other
	Service     string
	Connections int
	Failed      int // of those, refused or failed
}

// maxCrowds bounds the prefixes that are told apart. AWS's list has a few
// hundred; the rest counts as the last one.
const maxCrowds = 1024

// crowds count clients by prefix.
type crowds struct {
	all []Crowd
	at  []int // by the number of the Match: its place in all, and one more; 0: it has none yet
}

// count counts a connection of a client of which the address list says m, which
// has that number in edge.Stretches.
func (k *crowds) count(number int, m *edge.Match, h Handshake) {
	if number >= len(k.at) || k.at[number] == 0 {
		k.add(number, m)
	}
	c := &k.all[k.at[number]-1]
	c.Connections++
	if h == Refused || h == Failed {
		c.Failed++
	}
}

func (k *crowds) add(number int, m *edge.Match) {
	if number >= len(k.at) {
		k.at = slices.Grow(k.at, number+1-len(k.at))[:number+1]
	}
	if len(k.all) < maxCrowds {
		k.all = append(k.all, Crowd{Network: m.Network, Prefix: m.Prefix, Service: m.Service})
	}
	k.at[number] = len(k.all)
}

// sorted gives those of CloudFront first, then by the number of connections
// that failed, then of all.
func (k *crowds) sorted() []Crowd {
	out := slices.Clone(k.all)
	slices.SortFunc(out, func(a, b Crowd) int {
		return cmp.Or(
			cmp.Compare(others(a), others(b)),
			cmp.Compare(b.Failed, a.Failed),
			cmp.Compare(b.Connections, a.Connections),
			a.Prefix.Compare(b.Prefix))
	})
	return out
}

func others(c Crowd) int {
	if c.Network == edge.Other {
		return 1
	}
	return 0
}
