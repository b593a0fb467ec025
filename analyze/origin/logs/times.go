package logs

import (
	"bytes"
	"time"
)

// A clock reads times. Most lines have the second of the line before them: it is
// kept.
type clock struct {
	zone   *time.Location
	now    time.Time
	text   [nginxTimeLength]byte
	second time.Time
}

func newClock(o Options) clock {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	return clock{zone: o.Zone, now: o.Now}
}

// nginxTimeLength is that of "2024/01/16 03:41:18".
const nginxTimeLength = 19

// isNginxTime tells whether b begins like "2024/01/16 03:41:18".
func isNginxTime(b []byte) bool {
	return len(b) >= nginxTimeLength && b[4] == '/' && b[7] == '/' && b[10] == ' ' && b[13] == ':' && b[16] == ':' &&
		isDigit(b[0]) && isDigit(b[9]) && isDigit(b[11]) && isDigit(b[18])
}

// slashed reads "2024/01/16 03:41:18" of nginx and of Go's log package, and the
// fraction that may follow.
func (c *clock) slashed(b []byte) (t time.Time, resolution time.Duration, rest []byte) {
	return c.slashedIn(b, c.zone)
}

func (c *clock) slashedIn(b []byte, zone *time.Location) (t time.Time, resolution time.Duration, rest []byte) {
	if !isNginxTime(b) {
		return time.Time{}, 0, b
	}
	text := b[:nginxTimeLength]
	if zone == c.zone && !c.second.IsZero() && bytes.Equal(c.text[:], text) {
		t = c.second
	} else {
		var ok bool
		if t, ok = civil(b[0:4], b[5:7], b[8:10], b[11:19], zone); !ok {
			return time.Time{}, 0, b
		}
		if zone == c.zone {
			copy(c.text[:], text)
			c.second = t
		}
	}
	fraction, resolution, rest := readFraction(b[nginxTimeLength:])
	return t.Add(fraction), resolution, rest
}

// civil makes a time of its parts; clock is "03:41:18".
func civil(year, month, day, clock []byte, zone *time.Location) (time.Time, bool) {
	if len(clock) != 8 || clock[2] != ':' || clock[5] != ':' {
		return time.Time{}, false
	}
	y, ok1 := atoi(year)
	m, ok2 := atoi(month)
	d, ok3 := atoi(day)
	hh, ok4 := atoi(clock[0:2])
	mm, ok5 := atoi(clock[3:5])
	ss, ok6 := atoi(clock[6:8])
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 || m < 1 || m > 12 || d < 1 || d > 31 || hh > 23 || mm > 59 || ss > 60 {
		return time.Time{}, false
	}
	return time.Date(y, time.Month(m), d, hh, mm, ss, 0, zone), true
}

// readFraction reads ".254152", of at most nine digits; none is a resolution of
// a second.
func readFraction(b []byte) (fraction, resolution time.Duration, rest []byte) {
	resolution = time.Second
	if len(b) < 2 || (b[0] != '.' && b[0] != ',') || !isDigit(b[1]) {
		return 0, resolution, b
	}
	i := 1
	for ; i < len(b) && isDigit(b[i]) && resolution > 1; i++ {
		resolution /= 10
		fraction += time.Duration(b[i]-'0') * resolution
	}
	return fraction, resolution, b[i:]
}

// months as Apache, HAProxy and syslog write them.
var months = [...]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}

func monthOf(b []byte) (time.Month, bool) {
	for i, m := range months {
		if string(b) == m {
			return time.Month(i + 1), true
		}
	}
	return 0, false
}

// apacheTime reads "Mon Nov 23 11:48:14.254152 2026", as Apache's default
// ErrorLogFormat has it (and without the fraction, as before 2.4).
func (c *clock) apacheTime(b []byte) (time.Time, time.Duration) {
	f := bytes.Fields(b)
	if len(f) != 5 || len(f[3]) < 8 || len(f[2]) > 2 {
		return time.Time{}, 0
	}
	month, ok := monthOf(f[1])
	if !ok {
		return time.Time{}, 0
	}
	t, ok := civil(f[4], twoDigits(int(month)), f[2], f[3][:8], c.zone)
	if !ok {
		return time.Time{}, 0
	}
	fraction, resolution, _ := readFraction(f[3][8:])
	return t.Add(fraction), resolution
}

// haproxyTime reads "23/Nov/2026:11:48:13.296".
func (c *clock) haproxyTime(b []byte) (time.Time, time.Duration) {
	if len(b) < 20 || b[2] != '/' || b[6] != '/' || b[11] != ':' {
		return time.Time{}, 0
	}
	month, ok := monthOf(b[3:6])
	if !ok {
		return time.Time{}, 0
	}
	t, ok := civil(b[7:11], twoDigits(int(month)), b[0:2], b[12:20], c.zone)
	if !ok {
		return time.Time{}, 0
	}
	fraction, resolution, _ := readFraction(b[20:])
	return t.Add(fraction), resolution
}

// syslogTime reads "Nov 23 11:48:13" (RFC 3164, section 4.1.2), which has no
// year: it is the one that brings the time closest before now.
func (c *clock) syslogTime(b []byte) (t time.Time, resolution time.Duration, rest []byte, ok bool) {
	if len(b) < 15 || b[3] != ' ' || b[6] != ' ' {
		return t, 0, b, false
	}
	month, known := monthOf(b[0:3])
	if !known {
		return t, 0, b, false
	}
	now := c.now.In(c.zone)
	year := []byte("2000") // of a leap year, where no year is known
	if !c.now.IsZero() {
		year = fourDigits(now.Year())
	}
	t, ok = civil(year, twoDigits(int(month)), bytes.TrimLeft(b[4:6], " "), b[7:15], c.zone)
	if !ok {
		return t, 0, b, false
	}
	fraction, resolution, rest := readFraction(b[15:])
	if c.now.IsZero() {
		return time.Time{}, 0, rest, true
	}
	if t = t.Add(fraction); t.After(now.Add(24 * time.Hour)) {
		t = t.AddDate(-1, 0, 0)
	}
	return t, resolution, rest, true
}

// isoTime reads "2026-11-23T11:48:13.254152+01:00" (RFC 3339), with any or no
// fraction, and the zone also as "+0100" or not at all.
func (c *clock) isoTime(b []byte) (t time.Time, resolution time.Duration, rest []byte, ok bool) {
	if len(b) < 19 || b[4] != '-' || b[7] != '-' || (b[10] != 'T' && b[10] != ' ') {
		return t, 0, b, false
	}
	fraction, resolution, rest := readFraction(b[19:])
	zone, rest := readZone(rest, c.zone)
	t, ok = civil(b[0:4], b[5:7], b[8:10], b[11:19], zone)
	if !ok {
		return time.Time{}, 0, b, false
	}
	return t.Add(fraction), resolution, rest, true
}

// readZone reads "Z", "+01:00" or "+0100".
func readZone(b []byte, otherwise *time.Location) (*time.Location, []byte) {
	if len(b) > 0 && b[0] == 'Z' {
		return time.UTC, b[1:]
	}
	if len(b) < 5 || (b[0] != '+' && b[0] != '-') {
		return otherwise, b
	}
	digits, rest := b[1:5], b[5:]
	if b[3] == ':' && len(b) >= 6 {
		digits, rest = []byte{b[1], b[2], b[4], b[5]}, b[6:]
	}
	hours, ok1 := atoi(digits[:2])
	minutes, ok2 := atoi(digits[2:])
	if !ok1 || !ok2 || hours > 14 || minutes > 59 {
		return otherwise, b
	}
	seconds := hours*3600 + minutes*60
	if b[0] == '-' {
		seconds = -seconds
	}
	return time.FixedZone("", seconds), rest
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// atoi reads a number of at most nine digits.
func atoi(b []byte) (int, bool) {
	if len(b) == 0 || len(b) > 9 {
		return 0, false
	}
	n := 0
	for _, c := range b {
		if !isDigit(c) {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

func twoDigits(n int) []byte { return []byte{byte('0' + n/10), byte('0' + n%10)} }

func fourDigits(n int) []byte { return append(twoDigits(n/100%100), twoDigits(n%100)...) }
