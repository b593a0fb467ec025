package report

import (
	"testing"
	"time"

	"sniwatch/capture"
)

func TestNumber(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234", -123: "-123"} {
		if got := number(n); got != want {
			t.Errorf("number(%d) = %s, want %s", n, got, want)
		}
	}
	for n, want := range map[int]string{0: "0 addresses", 1: "1 address", 2000: "2,000 addresses"} {
		if got := count(n, "address"); got != want {
			t.Errorf("count(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestElapsed(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 µs", 42 * time.Microsecond: "42 µs", 100 * time.Microsecond: "0.1 ms", 1100 * time.Microsecond: "1.1 ms",
		99949 * time.Microsecond: "99.9 ms", 99950 * time.Microsecond: "100 ms", 999499 * time.Microsecond: "999 ms",
		999500 * time.Microsecond: "1.0 s", 59949 * time.Millisecond: "59.9 s", 59950 * time.Millisecond: "1 min 0 s",
		125 * time.Second: "2 min 5 s", -time.Second: "-1.0 s",
	} {
		if got := elapsed(d); got != want {
			t.Errorf("elapsed(%d) = %s, want %s", d, got, want)
		}
	}
}

func TestSpan(t *testing.T) {
	const second = capture.Timestamp(time.Second)
	noon := at("12:00:00")
	for _, test := range []struct {
		from, to capture.Timestamp
		want     string
	}{
		{0, 0, ""},
		{noon, noon + second/2, "2024-01-16 12:00:00 UTC"},
		{noon, noon + second, "2024-01-16 12:00:00 to 12:00:01 UTC"},
		{noon, noon + 43200*second, "2024-01-16 12:00:00 to 2024-01-17 00:00:00 UTC"},
	} {
		if got := fullSpan(test.from, test.to); got != test.want {
			t.Errorf("fullSpan(%d, %d) = %q, want %q", test.from, test.to, got, test.want)
		}
	}
}
