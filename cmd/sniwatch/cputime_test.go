package main

import (
	"testing"
	"time"
)

func TestCPUShare(t *testing.T) {
	for _, test := range []struct {
		spent, ran time.Duration
		want       string
	}{
		{25 * time.Millisecond, time.Second, "; 2.5 % of a CPU"},
		{3 * time.Second, 2 * time.Second, "; 150.0 % of a CPU"},
		{0, time.Second, ""},
		{time.Second, 0, ""},
	} {
		if got := cpuShare(test.spent, test.ran); got != test.want {
			t.Errorf("%v of %v: %q, want %q", test.spent, test.ran, got, test.want)
		}
	}
}
