package frames

import "net/netip"

// Link types (https://www.tcpdump.org/linktypes.html).
const (
	LinkNull     = 0
	LinkEthernet = 1
	LinkRaw      = 101
	LinkSLL      = 113
	LinkSLL2     = 276
)

// EtherTypes (IEEE).
const (
	etherIPv4 = 0x0800
	etherTEB  = 0x6558 // an Ethernet frame, in GRE and Geneve
	etherVLAN = 0x8100
	etherIPv6 = 0x86dd
	etherQinQ = 0x88a8
)

// The hardware addresses of the story: the host, and the router before it.
var (
	hostMAC   = []byte{0x02, 0x0a, 0x00, 0x00, 0x00, 0x0a}
	routerMAC = []byte{0x02, 0x0a, 0x00, 0x00, 0x00, 0x01}
)

// The ends of tunnels: a mirror source and its target.
var (
	tunnelFrom = netip.MustParseAddr("10.0.0.10")
	tunnelTo   = netip.MustParseAddr("10.0.7.20")
)

// A Link puts IP packets into frames.
type Link struct {
	Type uint16 // of the capture file
	wrap func(ip []byte, fromClient bool) []byte
}

// Ethernet is the usual link.
var Ethernet = Link{LinkEthernet, func(ip []byte, fromClient bool) []byte { return ethernet(ip, fromClient, nil) }}

// VLAN is Ethernet with 802.1Q tags, the outer one first. With two of them the
// outer one has the EtherType of IEEE 802.1ad (QinQ).
func VLAN(ids ...uint16) Link {
	var tags []byte
	for i, id := range ids {
		kind := uint16(etherVLAN)
		if i < len(ids)-1 {
			kind = etherQinQ
		}
		tags = be.AppendUint16(be.AppendUint16(tags, kind), id)
	}
	return Link{LinkEthernet, func(ip []byte, fromClient bool) []byte { return ethernet(ip, fromClient, tags) }}
}

func etherType(ip []byte) uint16 {
	if ip[0]>>4 == 6 {
		return etherIPv6
	}
	return etherIPv4
}

func ethernet(ip []byte, fromClient bool, tags []byte) []byte {
	src, dst := hostMAC, routerMAC
	if fromClient {
		src, dst = routerMAC, hostMAC
	}
	f := make([]byte, 0, 14+len(tags)+len(ip))
	f = append(append(append(f, dst...), src...), tags...)
	return append(be.AppendUint16(f, etherType(ip)), ip...)
}

// SLL is the first form of Linux's cooked capture, of "-i any".
var SLL = Link{LinkSLL, func(ip []byte, fromClient bool) []byte {
	kind := uint16(4) // sent by us
	mac := hostMAC
	if fromClient {
		kind, mac = 0, routerMAC
	}
	f := be.AppendUint16(nil, kind)
	f = be.AppendUint16(f, 1) // ARPHRD_ETHER
	f = be.AppendUint16(f, 6)
	f = append(append(f, mac...), 0, 0)
	return append(be.AppendUint16(f, etherType(ip)), ip...)
}}

// SLL2 is the second form of Linux's cooked capture.
var SLL2 = Link{LinkSLL2, func(ip []byte, fromClient bool) []byte {
	kind, mac := byte(4), hostMAC
	if fromClient {
		kind, mac = 0, routerMAC
	}
	f := be.AppendUint16(nil, etherType(ip))
	f = append(f, 0, 0, 0, 0, 0, 2, 0, 1, kind, 6) // reserved, interface 2, ARPHRD_ETHER, packet type, address length
	f = append(append(f, mac...), 0, 0)
	return append(f, ip...)
}}

// Loopback is BSD's null link, with the address family in little-endian order.
var Loopback = Link{LinkNull, func(ip []byte, _ bool) []byte {
	family := byte(2)
	if ip[0]>>4 == 6 {
		family = 30 // Darwin's AF_INET6
	}
	return append([]byte{family, 0, 0, 0}, ip...)
}}

// Raw has no link header at all.
var Raw = Link{LinkRaw, func(ip []byte, _ bool) []byte { return append([]byte(nil), ip...) }}

// VXLAN carries Ethernet frames in UDP (RFC 7348), as AWS traffic mirroring
// does. Mirroring cuts the frames: keep is how many bytes of the mirrored
// frame remain, 0 means all.
func VXLAN(keep int) Link {
	return Link{LinkEthernet, func(ip []byte, fromClient bool) []byte {
		inner := ethernet(ip, fromClient, nil)
		if keep > 0 && len(inner) > keep {
			inner = inner[:keep]
		}
		header := []byte{0x08, 0, 0, 0, 0x12, 0x34, 0x56, 0}
		return ethernet(ipPacket(tunnelFrom, tunnelTo, protoUDP, 0, nil, udpDatagram(65322, 4789, append(header, inner...))), false, nil)
	}}
}

// Geneve carries Ethernet frames in UDP (RFC 8926), with one option.
var Geneve = Link{LinkEthernet, func(ip []byte, fromClient bool) []byte {
	header := []byte{2, 0, 0x65, 0x58, 0, 0, 0x2a, 0, 0x01, 0x08, 0x01, 1, 0xca, 0xfe, 0xba, 0xbe}
	return ethernet(ipPacket(tunnelFrom, tunnelTo, protoUDP, 0, nil, udpDatagram(40123, 6081, append(header, ethernet(ip, fromClient, nil)...))), false, nil)
}}

// GRE carries IP packets (RFC 2784), with the key of RFC 2890.
var GRE = Link{LinkEthernet, func(ip []byte, _ bool) []byte {
	header := be.AppendUint16([]byte{0x20, 0}, etherType(ip))
	header = append(header, 0, 0, 0, 7)
	return ethernet(ipPacket(tunnelFrom, tunnelTo, protoGRE, 0, nil, append(header, ip...)), false, nil)
}}
