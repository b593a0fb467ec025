package analyze

import (
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sniwatch/analyze/edge"
	"sniwatch/capture"
)

// began is one connection for a Timeline.
type began struct {
	at      capture.Timestamp
	outcome Handshake
	finding int // -1: none
}

func timelineOf(list []began) Timeline {
	var tl Timeline
	for _, b := range list {
		tl.count(b.at, b.outcome)
		if b.finding >= 0 {
			tl.countFinding(b.at, b.finding)
		}
	}
	return tl
}

// someConnections makes connections over a span around 2024, in random order.
func someConnections(r *rand.Rand, n int, span time.Duration) []began {
	from := time.Date(2024, 1, 16, 3, 41, 10, 123, time.UTC).UnixNano()
	list := make([]began, n)
	for i := range list {
		list[i] = began{capture.Timestamp(from + r.Int64N(int64(span)+1)), Handshake(r.IntN(5)), r.IntN(4) - 1}
	}
	return list
}

// TestTimelineCountsAll holds the buckets against the list that they are from:
// each connection is in the bucket of its time, and there are few buckets.
func TestTimelineCountsAll(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, span := range []time.Duration{0, time.Millisecond, time.Second, 61 * time.Second, time.Hour, 26 * time.Hour, 90 * 24 * time.Hour, 40 * 365 * 24 * time.Hour} {
		list := someConnections(r, 500, span)
		tl := timelineOf(list)
		if len(tl.Buckets) > maxBuckets {
			t.Errorf("%v: %d buckets", span, len(tl.Buckets))
		}
		if span >= 2*time.Second && len(tl.Buckets) < maxBuckets/5-1 {
			t.Errorf("%v: only %d buckets of %v", span, len(tl.Buckets), tl.Width)
		}
		want := make([]Bucket, len(tl.Buckets))
		for _, b := range list {
			i := int(b.at.Sub(tl.Start) / tl.Width)
			if i < 0 || i >= len(want) {
				t.Fatalf("%v: %v is in no bucket", span, b.at.Time())
			}
			one := timelineOf([]began{b})
			want[i].add(&one.Buckets[0])
		}
		if diff := cmp.Diff(want, tl.Buckets); diff != "" {
			t.Errorf("%v (-want +got):\n%s", span, diff)
		}
		if tl.Buckets[0].Connections() == 0 || tl.Buckets[len(tl.Buckets)-1].Connections() == 0 {
			t.Errorf("%v: the first or the last bucket is empty", span)
		}
		if tl.Start%capture.Timestamp(tl.Width) != 0 {
			t.Errorf("%v: does not begin at a multiple of %v", span, tl.Width)
		}
	}
}

// TestTimelineOrder makes sure that neither the order of connections nor the way
// in which they are divided and merged can be seen in the result.
func TestTimelineOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		list := someConnections(r, 1+r.IntN(60), time.Duration(r.Int64N(int64(1)<<(10+r.IntN(50)))))
		want := timelineOf(list)
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		if diff := cmp.Diff(want, timelineOf(list)); diff != "" {
			t.Fatalf("in another order (-want +got):\n%s", diff)
		}
		cut := r.IntN(len(list) + 1)
		a, b := timelineOf(list[:cut]), timelineOf(list[cut:])
		before := slices.Clone(b.Buckets)
		a.Merge(&b)
		if diff := cmp.Diff(want, a); diff != "" {
			t.Fatalf("merged (-want +got):\n%s", diff)
		}
		if !slices.EqualFunc(before, b.Buckets, func(x, y Bucket) bool { return cmp.Equal(x, y) }) {
			t.Fatal("merging changed what was merged")
		}
	}
}

func TestTimelineHostileTimes(t *testing.T) {
	for _, times := range [][]capture.Timestamp{
		{1, math.MaxInt64},
		{math.MaxInt64, math.MinInt64, 1},
		{-1, 1, 0},
		{math.MaxInt64, math.MaxInt64 - 1, math.MaxInt64 / 2},
	} {
		var tl Timeline
		for _, at := range times {
			tl.count(at, Failed)
			tl.countFinding(at, 0)
		}
		n := tl.Undated
		for i := range tl.Buckets {
			n += tl.Buckets[i].Failed
		}
		if n != len(times) || len(tl.Buckets) > maxBuckets {
			t.Errorf("%v: %d connections in %d buckets of %v", times, n, len(tl.Buckets), tl.Width)
		}
	}
	var tl Timeline
	tl.count(0, Complete)
	if tl.Undated != 1 || tl.Buckets != nil {
		t.Errorf("a connection without a time: %+v", tl)
	}
}

func TestTimelineNumbered(t *testing.T) {
	tl := timelineOf([]began{{1e18, Failed, 0}, {1e18, Failed, 2}, {1e18, Failed, 2}})
	got := tl.numbered([]int{2, 1, 0})
	if diff := cmp.Diff([]int{2, 0, 1}, got.Buckets[0].Findings); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{1, 0, 2}, tl.Buckets[0].Findings); diff != "" {
		t.Errorf("the original has changed: %s", diff)
	}
}

func TestCrowds(t *testing.T) {
	match := func(p string) edge.Match {
		return edge.Match{Network: edge.CloudFront, Prefix: netip.MustParsePrefix(p), Service: edge.ServiceOriginFacing}
	}
	matches := []edge.Match{{}, match("64.252.64.0/18"), match("130.176.0.0/16")}
	var k crowds
	for _, c := range []struct {
		number int
		h      Handshake
	}{
		{0, Failed}, {0, Failed}, {2, Complete}, {2, Complete}, {1, Refused}, {0, Complete}, {2, None},
	} {
		k.count(c.number, &matches[c.number], c.h)
	}
	want := []Crowd{
		{edge.CloudFront, netip.MustParsePrefix("64.252.64.0/18"), edge.ServiceOriginFacing, 1, 1},
		{edge.CloudFront, netip.MustParsePrefix("130.176.0.0/16"), edge.ServiceOriginFacing, 3, 0},
		{Connections: 3, Failed: 2},
	}
	if diff := cmp.Diff(want, k.sorted(), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCrowdsBounded(t *testing.T) {
	var k crowds
	for i := range 2 * maxCrowds {
		a := netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})
		k.count(i, &edge.Match{Network: edge.Given, Prefix: netip.PrefixFrom(a, 32)}, Failed)
	}
	n := 0
	for _, c := range k.all {
		n += c.Connections
	}
	if len(k.all) != maxCrowds || n != 2*maxCrowds {
		t.Errorf("%d connections in %d crowds", n, len(k.all))
	}
}

func BenchmarkTimeline(b *testing.B) {
	b.ReportAllocs()
	var tl Timeline
	var k crowds
	m := edge.Match{Network: edge.CloudFront, Prefix: netip.MustParsePrefix("130.176.0.0/16")}
	at := capture.Timestamp(1e18)
	for b.Loop() {
		at += 1000
		tl.count(at, Complete)
		k.count(1, &m, Complete)
	}
}
