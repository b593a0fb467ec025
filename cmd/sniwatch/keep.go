package main

import (
	"fmt"
	"math"
	"runtime/debug"
	"time"

	"sniwatch/analyze"
	"sniwatch/capture"
)

// A keeper lets through the packets around failures only, for --keep-failures. What
// it writes for a failure that was told late, as a silence is, may be older than
// what it wrote before.
type keeper struct {
	around time.Duration
	ring   packetRing
	until  capture.Timestamp // packets up to this time are written as they come

	failures   int
	incomplete int // failures of which packets were given up before they were known
}

// newKeeper makes one, and adds what it holds to the memory that the process may
// use.
func newKeeper(o *options) *keeper {
	debug.SetMemoryLimit(min(debug.SetMemoryLimit(-1), math.MaxInt64-o.keepMemory) + o.keepMemory)
	return &keeper{around: o.around, ring: packetRing{most: o.keepMemory}, until: math.MinInt64}
}

// packet holds a packet, or gives it on if it is near a failure.
func (k *keeper) packet(p *capture.Packet, give func(*capture.Packet) error) error {
	if p.Time <= k.until {
		return give(p)
	}
	k.ring.add(p)
	return nil
}

// failed gives on what is held around a connection that failed, and what will come
// shortly after it.
func (k *keeper) failed(c *analyze.Connection, give func(*capture.Packet) error) error {
	around := capture.Timestamp(k.around)
	from, to := c.Start-around, max(c.Last, c.End.Time)+around
	k.failures++
	if k.ring.lost && k.ring.gone >= from {
		k.incomplete++
	}
	k.until = max(k.until, to)
	return k.ring.take(from, to, give)
}

// says tells what could not be kept; "": nothing.
func (k *keeper) says() string {
	if k.incomplete == 0 {
		return ""
	}
	return fmt.Sprintf("of %d of %d failures, packets had left the memory before the failure was known (more: --keep-memory)", k.incomplete, k.failures)
}
