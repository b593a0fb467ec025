package main

import (
	"fmt"
	"time"

	"sniwatch/analyze"
)

const (
	budgetEvery = time.Second      // between two looks at the share
	calmLooks   = 10               // so many in a row, before more is looked at again
	budgetTold  = 10 * time.Minute // it is not said more often than that
)

// A budget is --cpu-limit: above the share of one CPU, half of the connections that
// were looked at are left out, and so on. nil: there is no limit.
type budget struct {
	limit float64              // percent
	cpu   func() time.Duration // what the process has spent
	level int                  // 1 of 1<<level connections is looked at
	at    time.Time
	spent time.Duration
	calm  int
	told  time.Time
}

func newBudget(percent int, cpu func() time.Duration, now time.Time) *budget {
	if percent == 0 {
		return nil
	}
	return &budget{limit: float64(percent), cpu: cpu, at: now, spent: cpu()}
}

// look measures the share. changed tells that the level is another one; says what
// is to be said of it, "": nothing.
func (b *budget) look(now time.Time) (changed bool, says string) {
	if b == nil || now.Sub(b.at) < budgetEvery {
		return false, ""
	}
	spent := b.cpu()
	share := 100 * float64(spent-b.spent) / float64(now.Sub(b.at))
	b.at, b.spent = now, spent
	switch {
	case share > b.limit:
		b.calm = 0
		if b.level == analyze.MostShed {
			return false, ""
		}
		b.level++
		if b.level == 1 && (b.told.IsZero() || now.Sub(b.told) >= budgetTold) {
			b.told = now
			says = fmt.Sprintf("took %.0f %% of a CPU, more than --cpu-limit %.0f: leaves out connections until it is less", share, b.limit)
		}
		return true, says
	case b.level == 0 || 2*share > 0.8*b.limit: // twice as many connections would be too many again
		b.calm = 0
		return false, ""
	}
	if b.calm++; b.calm < calmLooks {
		return false, ""
	}
	b.calm = 0
	b.level--
	return true, ""
}

// says tells which part is looked at, as it stands at the end of the statistics.
func (b *budget) says() string {
	if b == nil || b.level == 0 {
		return ""
	}
	return fmt.Sprintf("; looks at 1 of %d new connections", 1<<b.level)
}
