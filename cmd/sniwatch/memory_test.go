package main

import (
	"errors"
	"testing"
)

func TestParseMemory(t *testing.T) {
	for text, want := range map[string]int64{
		"64M": 64 << 20, "64m": 64 << 20, "64MiB": 64 << 20, "64MB": 64 << 20, "1G": 1 << 30,
		"65536K": 64 << 20, "67108864": 64 << 20, "48M": 48 << 20, "64G": 64 << 30,
		"": 0, "M": 0, "-64M": 0, "64X": 0, "47M": 0, "65G": 0, "1.5G": 0,
		"99999999999999999999G": 0, "9223372036854775807K": 0, "0": 0,
	} {
		got, err := parseMemory(text)
		if got != want || (err == nil) != (want > 0) || err != nil && !errors.Is(err, errUsage) {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
}
