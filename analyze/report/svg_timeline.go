package report

import (
	"fmt"
	"strings"
	"time"

	"sniwatch/analyze"
	"sniwatch/capture"
)

// timelineHeight is the height of the picture in its own units. Its width is
// the number of buckets: the page stretches it, and writes the axes beside it.
const timelineHeight = 100

// maxColours is how many findings have a colour of their own; the others share
// the last one.
const maxColours = 5

// A segment is a part of a bar.
type segment struct {
	class, says string
	n           int
}

// timelineSVG draws one bar for each bucket: failures by finding below, what was
// complete above them, the rest on top. most is what the highest bar counts.
func timelineSVG(r *analyze.Report) (picture string, most int) {
	tl := &r.Timeline
	for i := range tl.Buckets {
		most = max(most, tl.Buckets[i].Connections())
	}
	if most == 0 {
		return "", 0
	}
	var s svg
	fmt.Fprintf(&s.b, `<svg class="timeline" viewBox="0 0 %d %d" preserveAspectRatio="none" role="img" aria-label="Connections over time">`,
		len(tl.Buckets), timelineHeight)
	for i := range tl.Buckets {
		b := &tl.Buckets[i]
		if b.Connections() == 0 {
			continue
		}
		fmt.Fprintf(&s.b, `<g><title>%s</title>`, escapeHTML(bucketText(r, i)))
		y := float64(timelineHeight)
		for _, part := range segments(r, b) {
			h := float64(part.n) * timelineHeight / float64(most)
			if h < 1.5 {
				h = 1.5 // one failure among thousands is seen
			}
			y -= h
			fmt.Fprintf(&s.b, `<rect class="%s" x="%.2f" y="%.2f" width="0.84" height="%.2f"/>`, part.class, float64(i)+0.08, max(y, 0), h)
		}
		s.b.WriteString("</g>")
	}
	s.b.WriteString("</svg>")
	return s.b.String(), most
}

// segments divides a bucket, from the bottom up.
func segments(r *analyze.Report, b *analyze.Bucket) []segment {
	var out []segment
	left := b.Refused + b.Failed
	rest := 0
	for i, n := range b.Findings {
		if i >= len(r.Findings) || !r.Findings[i].Failure() {
			continue
		}
		n = min(n, left)
		left -= n
		switch {
		case n == 0:
		case i < maxColours-1:
			out = append(out, segment{colourOf(i), "finding " + number(i+1), n})
		default:
			rest += n
		}
	}
	if rest += left; rest > 0 {
		out = append(out, segment{colourOf(maxColours), "other failures", rest})
	}
	if b.Complete > 0 {
		out = append(out, segment{"complete", "complete", b.Complete})
	}
	if b.Other > 0 {
		out = append(out, segment{"other", "no handshake, or not seen whole", b.Other})
	}
	return out
}

// colourOf gives the class of finding i, counted from 0.
func colourOf(i int) string { return fmt.Sprintf("f%d", min(i, maxColours-1)+1) }

// bucketText says what a bar counts.
func bucketText(r *analyze.Report, i int) string {
	tl := &r.Timeline
	at := tl.Start + capture.Timestamp(i)*capture.Timestamp(tl.Width)
	layout := secondLayout
	if tl.Width < time.Second {
		layout = milliLayout
	}
	parts := []string{}
	for _, s := range segments(r, &tl.Buckets[i]) {
		parts = append(parts, number(s.n)+" "+s.says)
	}
	return newCalendar(r.Start, r.End).at(at, layout) + ": " + strings.Join(parts, ", ")
}

// bucketWidth says how long a bucket is.
func bucketWidth(d time.Duration) string {
	switch {
	case d < time.Second:
		return count(int64(d/time.Millisecond), "millisecond")
	case d < time.Minute:
		return count(int64(d/time.Second), "second")
	case d < time.Hour:
		return count(int64(d/time.Minute), "minute")
	case d < 24*time.Hour:
		return count(int64(d/time.Hour), "hour")
	}
	return count(int64(d/(24*time.Hour)), "day")
}
