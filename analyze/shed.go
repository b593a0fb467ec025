package analyze

import (
	"encoding/binary"

	"sniwatch/capture"
)

// MostShed is the highest level of Shed: one connection of 64 is looked at.
const MostShed = 6

// shedding is what is left out to spare the host. Connections are looked at whole
// or not at all: half of one would look like a failure.
type shedding struct {
	level       int  // one new connection of 1<<level is looked at
	began       bool // some were left out at some time
	connections int
	packets     int
}

// Shed says that from now on one new connection of 1<<level is looked at, 0 to
// MostShed: which one, its addresses and ports decide. Those that are open are
// followed to their end.
func (w *Watcher) Shed(level int) {
	w.shed.level = min(max(level, 0), MostShed)
	w.shed.began = w.shed.began || level > 0
}

// leaveOut tells whether a segment is left out, and counts it. A segment in the
// middle of a connection that is not known is one that was left out before.
func (w *Watcher) leaveOut(s *capture.Segment) bool {
	k := &w.shed
	isSYN := s.Flags&(capture.SYN|capture.ACK|capture.RST) == capture.SYN
	if isSYN && chosen(s, k.level) || w.table.Knows(s) {
		return false
	}
	if isSYN {
		k.connections++
	}
	k.packets++
	return true
}

// chosen tells whether a connection is among the one in 1<<level. It is the same
// for both directions, and at each level a part of those of the level below.
func chosen(s *capture.Segment, level int) bool {
	const odd = 0xd6e8feb86659fd93
	mix := func(e *capture.Endpoint) uint64 {
		hi, lo := binary.LittleEndian.Uint64(e.IP[:8]), binary.LittleEndian.Uint64(e.IP[8:])
		x := (hi ^ lo ^ uint64(e.Port)<<17) * odd
		return (x ^ x>>32) * odd
	}
	sum := mix(&s.Src) + mix(&s.Dst)
	return sum>>32&(1<<level-1) == 0
}
