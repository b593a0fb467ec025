package main

import (
	"strings"
	"testing"
	"time"
)

// TestBudget has a process that takes 80 % of a CPU for all connections, half of it
// for half of them, and so on, and then no work at all.
func TestBudget(t *testing.T) {
	var spent time.Duration
	now := time.Unix(1_000_000, 0)
	b := newBudget(15, func() time.Duration { return spent }, now)
	second := func(load float64) (says string) {
		now = now.Add(time.Second)
		spent += time.Duration(load / float64(int(1)<<b.level) * float64(time.Second))
		_, says = b.look(now)
		return says
	}
	if says := second(0.8); b.level != 1 || !strings.Contains(says, "80 % of a CPU, more than --cpu-limit 15") {
		t.Errorf("level %d, says %q", b.level, says)
	}
	for range 60 {
		if says := second(0.8); says != "" {
			t.Errorf("says it again: %q", says)
		}
	}
	if b.level != 3 || b.says() != "; looks at 1 of 8 new connections" {
		t.Errorf("80 %% of a CPU with a limit of 15: level %d, %q", b.level, b.says())
	}
	for range 60 {
		second(0)
	}
	if b.level != 0 || b.says() != "" {
		t.Errorf("without load: level %d", b.level)
	}
	for range 20 {
		second(1000)
	}
	if b.level != 6 {
		t.Errorf("with any load: level %d", b.level)
	}
	if changed, says := (*budget)(nil).look(now); changed || says != "" {
		t.Error("no limit is one")
	}
}
