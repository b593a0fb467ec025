package analyze

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// An Outline is what of a report is compared with another: it can be had from a
// Report, and from the JSON of one.
type Outline struct {
	Name       string // file; untrusted
	Start, End time.Time
	Counts     Counts
	Findings   []OutlineFinding
}

// An OutlineFinding is one cause of an Outline. SNI and Title are untrusted.
type OutlineFinding struct {
	Code        Code
	Certainty   Certainty
	Title       string
	CloudFront  bool
	SNI         string // the name asked for; "": none, or several
	Connections int    // that it explains
	Of          int    // connections of the same kind of client
}

// Rate gives the part of the connections that failed for this, 0 to 1.
func (f *OutlineFinding) Rate() float64 {
	if f.Of <= 0 {
		return 0
	}
	return min(1, float64(f.Connections)/float64(f.Of))
}

// Outline takes from a report what is compared. What nobody has to mend is left out.
func (r *Report) Outline(name string) Outline {
	o := Outline{Name: name, Counts: r.Counts}
	if r.Start != 0 {
		o.Start, o.End = r.Start.Time(), r.End.Time()
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		if !f.Failure() {
			continue
		}
		out := OutlineFinding{Code: f.Code, Certainty: f.Certainty, Title: f.Title, CloudFront: f.CloudFront,
			Connections: f.Connections, Of: f.Of}
		if len(f.SNI) == 1 && f.MoreSNI == 0 {
			out.SNI = f.SNI[0]
		}
		o.Findings = append(o.Findings, out)
	}
	return o
}

// A Comparison says what has changed from one report to another.
type Comparison struct {
	Before, After Outline
	Fixed         []Change // was there, is gone, and enough was seen to say so
	Gone          []Change // was there and was not seen again, but that may be chance
	New           []Change
	Remaining     []Change
}

// A Change is one cause before and after. Where it was not there, that side has
// no connections, but says of how many.
type Change struct{ Before, After OutlineFinding }

// Worse tells whether there is a cause that was not there before.
func (c *Comparison) Worse() bool { return len(c.New) > 0 }

// sameCause is what makes two findings the same one.
type sameCause struct {
	code       Code
	cloudFront bool
	sni        string
}

// Compare lays two outlines side by side. Findings are the same if code, kind of
// client and name asked for are.
func Compare(before, after Outline) *Comparison {
	c := &Comparison{Before: before, After: after}
	was, is := byCause(before.Findings), byCause(after.Findings)
	for _, f := range was.order {
		now, there := is.find[f]
		change := Change{Before: was.find[f], After: now}
		switch {
		case there:
			c.Remaining = append(c.Remaining, change)
		default:
			change.After = nowhere(change.Before, &after.Counts)
			if gone(&change.Before, &after.Counts) {
				c.Fixed = append(c.Fixed, change)
			} else {
				c.Gone = append(c.Gone, change)
			}
		}
	}
	for _, f := range is.order {
		if _, there := was.find[f]; !there {
			now := is.find[f]
			c.New = append(c.New, Change{Before: nowhere(now, &before.Counts), After: now})
		}
	}
	return c
}

// causes are findings by what makes them the same.
type causes struct {
	find  map[sameCause]OutlineFinding
	order []sameCause // by the number of connections
}

func byCause(list []OutlineFinding) causes {
	c := causes{find: map[sameCause]OutlineFinding{}}
	for _, f := range list {
		key := sameCause{f.Code, f.CloudFront, f.SNI}
		if there, twice := c.find[key]; twice {
			there.Connections += f.Connections
			f = there
		} else {
			c.order = append(c.order, key)
		}
		c.find[key] = f
	}
	slices.SortStableFunc(c.order, func(a, b sameCause) int { return cmp.Compare(c.find[b].Connections, c.find[a].Connections) })
	return c
}

// nowhere is a finding in a report that does not have it.
func nowhere(f OutlineFinding, counts *Counts) OutlineFinding {
	f.Connections, f.Of, f.Certainty = 0, counts.CloudFront, ""
	if !f.CloudFront {
		f.Of = counts.Connections - counts.CloudFront
	}
	return f
}

// gone tells whether a cause is fixed, and not just not seen by chance: if it
// were as frequent as before, fewer than one in 20 captures like this would miss
// it; and handshakes of the same kind of client are completed.
func gone(f *OutlineFinding, after *Counts) bool {
	const chance = 0.05
	complete, of := after.CloudFrontComplete, after.CloudFront
	if !f.CloudFront {
		complete, of = after.Complete-complete, after.Connections-of
	}
	return complete > 0 && math.Pow(1-f.Rate(), float64(of)) < chance
}
