package capture

import "net/netip"

// An Endpoint is one end of a TCP connection. IPv4 addresses are kept in the
// IPv4-mapped form of RFC 4291, section 2.5.5.2, so that the type has no
// pointer and can be compared and hashed as it is.
type Endpoint struct {
	IP   [16]byte
	Port uint16
}

// AddrPort gives e in the form of net/netip, IPv4 addresses unmapped.
func (e *Endpoint) AddrPort() netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom16(e.IP).Unmap(), e.Port)
}

// Flags are the control bits of a TCP header (RFC 9293, section 3.1).
type Flags uint8

// The control bits that sniwatch looks at.
const (
	FIN Flags = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
)

// Has tells whether every bit of all is set.
func (f Flags) Has(all Flags) bool { return f&all == all }

// A Segment is what is left of a packet when the headers up to TCP are gone.
// Payload is a view of the packet's bytes and lives as long as they do.
type Segment struct {
	Packet   int // number of the packet
	Time     Timestamp
	Src, Dst Endpoint // of the innermost IP header
	Seq, Ack uint32
	Flags    Flags
	MSS      uint16    // maximum segment size option of a SYN, 0 if it has none
	Length   int       // payload bytes according to the IP header, as far as the frame can have held them
	Payload  []byte    // those of them that were captured: shorter than Length where the snap length or traffic mirroring cut
	ICMP     ICMPError // the error that quotes this segment; set for Unreachable only, stale otherwise
}

// An ICMPError is what a host or router on the path said about a segment.
// ICMPv4 and ICMPv6 share no type that sniwatch looks at: 3 is Destination
// Unreachable of ICMPv4 (RFC 792), 1 that of ICMPv6 and 2 Packet Too Big
// (RFC 4443).
type ICMPError struct {
	Type, Code uint8
	MTU        uint32   // of the next hop (RFC 1191, section 4), 0 where it is not said
	From       [16]byte // who sent the error, in the form of Endpoint.IP
}

// A Kind says what Decode found in a packet.
type Kind uint8

// The kinds of packets. Each packet is counted under exactly one of them.
const (
	TCP         Kind = iota // the Segment is filled in
	Unreachable             // an ICMP error about a TCP segment: Src, Dst and Seq are those of the segment it quotes
	Other                   // not TCP: ARP, UDP, fragments of UDP, …
	Fragment                // a part of a fragmented IP packet that may hold TCP; not put together
	Truncated               // the snap length cut the headers
	Undecodable             // a header contradicts itself
	UnknownLink             // a link layer that sniwatch does not know
	Kinds                   // how many kinds there are
)
