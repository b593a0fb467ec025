package report

import (
	"fmt"
	"strconv"
	"time"

	"sniwatch/capture"
)

// number writes n with separators between the thousands: 1,234,567.
func number[N int | int64](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// count writes a number and the thing that is counted, in the singular or with
// an s: "1 packet", "2 packets".
func count[N int | int64](n N, thing string) string {
	return number(n) + " " + plural(n, thing)
}

// plural gives thing as it stands after n.
func plural[N int | int64](n N, thing string) string {
	switch {
	case n == 1:
		return thing
	case thing == "address":
		return "addresses"
	}
	return thing + "s"
}

// elapsed writes a duration as somebody would say it: "1.1 ms", "340 ms",
// "10.2 s", "2 min 5 s". Packets are hardly ever stamped better than to the
// microsecond.
func elapsed(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + elapsed(-d)
	case d < 100*time.Microsecond:
		return strconv.FormatInt(d.Microseconds(), 10) + " µs"
	case d < 99950*time.Microsecond:
		return strconv.FormatFloat(float64(d)/1e6, 'f', 1, 64) + " ms"
	case d < 999500*time.Microsecond:
		return strconv.FormatFloat(float64(d)/1e6, 'f', 0, 64) + " ms"
	case d < 59950*time.Millisecond:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	}
	d = d.Round(time.Second)
	return fmt.Sprintf("%s min %d s", number(int64(d/time.Minute)), d%time.Minute/time.Second)
}

const (
	dateLayout   = "2006-01-02"
	secondLayout = "15:04:05"
	milliLayout  = "15:04:05.000"
)

// A calendar writes times in UTC; the date only where the report has several.
type calendar struct{ severalDays bool }

// newCalendar looks at the report's first and last packet.
func newCalendar(from, to capture.Timestamp) calendar {
	return calendar{from != 0 && from.Time().Format(dateLayout) != to.Time().Format(dateLayout)}
}

// at writes a time; "" where it is not known.
func (c calendar) at(t capture.Timestamp, layout string) string {
	switch {
	case t == 0:
		return ""
	case c.severalDays:
		layout = dateLayout + " " + layout
	}
	return t.Time().Format(layout)
}

// span writes from when to when, to the second: "03:41:10 to 03:42:55".
func (c calendar) span(from, to capture.Timestamp) string {
	a, b := c.at(from, secondLayout), c.at(to, secondLayout)
	if a == b || b == "" {
		return a
	}
	return a + " to " + b
}

// fullSpan writes the same with the date and the time zone, which a report says
// once: "2024-01-16 03:41:10 to 03:42:55 UTC".
func fullSpan(from, to capture.Timestamp) string {
	if from == 0 {
		return ""
	}
	c := newCalendar(from, to)
	if c.severalDays {
		return c.span(from, to) + " UTC"
	}
	return from.Time().Format(dateLayout) + " " + c.span(from, to) + " UTC"
}
