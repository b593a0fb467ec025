// Package capture reads packets from capture files and strips their headers.
//
// Open finds out what a file is (pcap, pcapng, either of them compressed) and
// gives its packets one after the other; a Decoder takes the link, tunnel, IP
// and TCP headers off a packet and leaves a Segment. Nothing here trusts a
// length that stands in the file: it is checked first, and what is broken is
// reported with the place where it broke.
package capture

import (
	"math"
	"time"
)

// Timestamp is a packet's time in nanoseconds since 1970-01-01 00:00 UTC.
// It is the only clock below cmd.
type Timestamp int64

// Time gives t in UTC.
func (t Timestamp) Time() time.Time { return time.Unix(0, int64(t)).UTC() }

// Sub gives the time that passed from u to t.
func (t Timestamp) Sub(u Timestamp) time.Duration { return time.Duration(t - u) }

// A Packet is one frame as it was captured. Its bytes are a view of the
// reader's buffer: they are valid until the next packet is asked for, and
// whoever keeps bytes copies them.
type Packet struct {
	Number int       // counted from 1 in each file, as Wireshark does
	Time   Timestamp // 0 where the file holds no time
	Link   LinkType  // how Data begins
	Length int       // bytes on the wire; more than len(Data) where the snap length cut it
	Data   []byte
}

// lengthOnWire is the Length of a packet in a file that says length. It is
// never less than what was captured; and an int can have 32 bits.
func lengthOnWire(length, captured uint32) int {
	return int(min(max(length, captured), math.MaxInt32))
}

// A Source gives packets in the order in which they were captured.
type Source interface {
	// Next overwrites *p with the next packet. It returns io.EOF after the
	// last one and a *Broken where the file cannot be read further; the
	// packets before that stay valid.
	Next(p *Packet) error
}
