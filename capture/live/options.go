// Package live captures packets from a network interface through libpcap, and
// compiles libpcap's filter expressions for packets that come from a file.
//
// It is the only package of sniwatch that needs cgo. Built without it, every
// function here returns an *Error that says so, and Available is false.
package live

import (
	"errors"
	"net/netip"
)

// The sizes that Open uses where Options has none.
const (
	DefaultSnapLen   = 262144   // bytes: tcpdump's default, more than any frame that GRO puts together
	DefaultBufferKiB = 16 << 10 // libpcap's own 2 MiB drop packets at 400,000 a second
)

// Options say what to capture. The zero value of each field is its default.
type Options struct {
	Interface string // a name that Interfaces gives; "any" is all of them
	SnapLen   int    // most bytes kept of a packet, 1 to DefaultSnapLen; 0: DefaultSnapLen
	BufferKiB int    // the kernel's buffer in KiB, as tcpdump's -B, 1 to 2 GiB; 0: DefaultBufferKiB

	// NoPromiscuous is tcpdump's -p. As there, the interface is put into
	// promiscuous mode unless it is set. A host that watches its own traffic
	// needs no promiscuous mode, and the kernel logs each time it is entered.
	// The interface "any" is never put into it.
	NoPromiscuous bool

	Filter string   // expression of pcap-filter(7); "": none
	Ports  []uint16 // TCP ports, see PortFilter; empty: 443 where Filter is empty, else all
}

// Expression gives the filter that Open sets for a link that can have VLAN
// tags: Filter, PortFilter, or packets that both let through.
func (o Options) Expression() string { return o.expression(true) }

func (o Options) expression(vlan bool) string {
	switch {
	case o.Filter == "":
		return portFilter(o.Ports, vlan)
	case len(o.Ports) == 0:
		return o.Filter
	default:
		// The ports come last: the "vlan" in them shifts the offsets of all
		// that follows it.
		return "(" + o.Filter + ") and (" + portFilter(o.Ports, vlan) + ")"
	}
}

// An Interface is something that Open can capture from.
type Interface struct {
	Name        string
	Description string // "" where the system has none
	Addresses   []netip.Addr
	Up          bool // administratively up
	Running     bool // a cable is in it, so to speak
	Loopback    bool
}

// ErrTick is what Next returns about five times a second, whether packets come
// or not. It is no failure: it gives the caller time to look at the clock.
var ErrTick = errors.New("time to look at the clock")
