package redact

import (
	"encoding/binary"
	"errors"
)

// A layerKind says what header a layer begins with.
type layerKind uint8

const (
	hardwareLayer layerKind = iota // Ethernet's two addresses
	cookedLayer                    // the address of a Linux cooked capture
	ipv4Layer
	ipv6Layer
	udpLayer
	greLayer
	geneveLayer
	icmpLayer
	icmpv6Layer
	quoteLayer // marks that what follows is the packet that an ICMP error quotes
	tcpLayer
)

// A layer is one header of a frame: where it begins, where what it carries
// begins, and where that ends.
type layer struct {
	kind          layerKind
	at, body, end int
	whole         bool // all bytes that its length counts were captured
}

// A frame is a packet whose headers have been found. Its bytes are its own.
type frame struct {
	b       []byte
	layers  []layer
	missing int // bytes that were on the wire behind the last one of b
}

// Numbers of protocols as capture knows them.
const (
	etherIPv4  = 0x0800
	etherIPv6  = 0x86dd
	protoICMP  = 1
	protoIPv4  = 4
	protoTCP   = 6
	protoUDP   = 17
	protoIPv6  = 41
	protoGRE   = 47
	protoICMP6 = 58
)

// What makes a packet one that cannot be rewritten, in words.
var (
	errLink      = errors.New("its link layer is not one that can be rewritten")
	errEncap     = errors.New("it is wrapped in a way that cannot be rewritten")
	errShort     = errors.New("its headers were not captured whole")
	errExtension = errors.New("it has an IPv6 extension header that holds addresses or protects them")
	errNotTCP    = errors.New("it holds no TCP segment, or a fragment of one")
	errDeep      = errors.New("too many headers stand inside each other")
)

// maxLayers bounds the headers of a frame; mirrored traffic of an overlay
// network has a dozen.
const maxLayers = 32

// locate finds the headers of a packet of the given link type, down to TCP.
func (f *frame) locate(link linkType) error {
	switch link {
	case linkEthernet:
		return f.ethernet(0)
	case linkSLL:
		if len(f.b) < 16 {
			return errShort
		}
		f.add(layer{kind: cookedLayer, at: 6, body: 16})
		return f.etherType(binary.BigEndian.Uint16(f.b[14:]), 16)
	case linkSLL2:
		if len(f.b) < 20 {
			return errShort
		}
		f.add(layer{kind: cookedLayer, at: 12, body: 20})
		return f.etherType(binary.BigEndian.Uint16(f.b), 20)
	case linkNull, linkLoop:
		if len(f.b) < 4 {
			return errShort
		}
		return f.ip(4, len(f.b))
	case linkRaw, linkRawBSD, linkRawOBSD, linkIPv4, linkIPv6:
		return f.ip(0, len(f.b))
	}
	return errLink
}

func (f *frame) add(l layer) { f.layers = append(f.layers, l) }

func (f *frame) ethernet(at int) error {
	if len(f.b) < at+14 {
		return errShort
	}
	if len(f.layers) >= maxLayers {
		return errDeep
	}
	f.add(layer{kind: hardwareLayer, at: at, body: at + 14})
	return f.etherType(binary.BigEndian.Uint16(f.b[at+12:]), at+14)
}

// etherType goes over VLAN tags, MPLS labels and PPPoE to IP.
func (f *frame) etherType(t uint16, at int) error {
	for {
		switch t {
		case etherIPv4, etherIPv6:
			return f.ip(at, len(f.b))
		case 0x8100, 0x88a8, 0x9100, 0x9200: // VLAN tags
			if len(f.b) < at+4 {
				return errShort
			}
			t, at = binary.BigEndian.Uint16(f.b[at+2:]), at+4
		case 0x8847, 0x8848: // MPLS
			for bottom := false; !bottom; at += 4 {
				if len(f.b) < at+4 {
					return errShort
				}
				bottom = f.b[at+2]&1 != 0
			}
			return f.ip(at, len(f.b))
		case 0x6558: // Ethernet in a tunnel
			return f.ethernet(at)
		default:
			return errEncap
		}
	}
}

// ip finds an IP header at at; nothing of it lies behind end.
func (f *frame) ip(at, end int) error {
	if len(f.layers) >= maxLayers {
		return errDeep
	}
	if at >= end {
		return errShort
	}
	if f.b[at]>>4 == 6 {
		return f.ipv6(at, end)
	}
	return f.ipv4(at, end)
}

func (f *frame) ipv4(at, end int) error {
	if end < at+20 || f.b[at]>>4 != 4 {
		return errShort
	}
	header, total := int(f.b[at]&15)*4, int(binary.BigEndian.Uint16(f.b[at+2:]))
	if header < 20 || end < at+header {
		return errShort
	}
	if total == 0 { // segmentation is left to the card: the frame's length counts
		total = end - at
	}
	if binary.BigEndian.Uint16(f.b[at+6:])&0x3fff != 0 {
		return errNotTCP
	}
	l := layer{kind: ipv4Layer, at: at, body: at + header, end: min(end, at+total), whole: at+total <= end}
	if f.unbounded(at + 2) {
		l.whole = f.missing == 0
	}
	if l.end < l.body {
		return errShort
	}
	f.add(l)
	return f.protocol(f.b[at+9], l)
}

// unbounded tells whether the length field at at is zero, so that the end of the
// frame is the packet's.
func (f *frame) unbounded(at int) bool { return f.b[at] == 0 && f.b[at+1] == 0 }

func (f *frame) ipv6(at, end int) error {
	if end < at+40 {
		return errShort
	}
	length := int(binary.BigEndian.Uint16(f.b[at+4:]))
	if length == 0 {
		length = end - at - 40
	}
	l := layer{kind: ipv6Layer, at: at, body: at + 40, end: min(end, at+40+length), whole: at+40+length <= end}
	if f.unbounded(at + 4) {
		l.whole = f.missing == 0
	}
	next := f.b[at+6]
	for next == 0 || next == 43 || next == 44 || next == 51 || next == 60 || next == 135 {
		switch {
		case next == 43 || next == 51 || next == 135: // routing, authentication, mobility
			return errExtension
		case l.end < l.body+8:
			return errShort
		case next == 44: // a fragment, unless it is the only one (RFC 6946)
			if binary.BigEndian.Uint16(f.b[l.body+2:])&0xfff9 != 0 {
				return errNotTCP
			}
			next, l.body = f.b[l.body], l.body+8
			continue
		}
		next, l.body = f.b[l.body], l.body+(int(f.b[l.body+1])+1)*8
		if l.end < l.body {
			return errShort
		}
	}
	f.add(l)
	return f.protocol(next, l)
}

// protocol finds what an IP header carries.
func (f *frame) protocol(next uint8, l layer) error {
	switch next {
	case protoTCP:
		if l.end < l.body+20 {
			return errShort
		}
		header := int(f.b[l.body+12]>>4) * 4
		if header < 20 {
			return errShort
		}
		f.add(layer{kind: tcpLayer, at: l.body, body: min(l.body+header, l.end), end: l.end, whole: l.whole})
		return nil
	case protoUDP:
		return f.udp(l)
	case protoGRE:
		return f.gre(l)
	case protoIPv4, protoIPv6:
		return f.ip(l.body, l.end)
	case protoICMP, protoICMP6:
		return f.icmp(next, l)
	}
	return errNotTCP
}

// udp finds the tunnels that run over UDP.
func (f *frame) udp(l layer) error {
	if l.end < l.body+16 {
		return errShort
	}
	at := l.body + 8
	port := binary.BigEndian.Uint16(f.b[l.body+2:])
	f.add(layer{kind: udpLayer, at: l.body, body: at, end: l.end, whole: l.whole})
	switch port {
	case 4789, 8472: // VXLAN
		return f.ethernet(at + 8)
	case 6081: // Geneve
		options := int(f.b[at]&0x3f) * 4
		if l.end < at+8+options {
			return errShort
		}
		f.add(layer{kind: geneveLayer, at: at, body: at + 8 + options})
		return f.etherType(binary.BigEndian.Uint16(f.b[at+2:]), at+8+options)
	}
	return errEncap
}

// gre finds what a GRE header of version 0 carries (RFC 2784, RFC 2890).
func (f *frame) gre(l layer) error {
	if l.end < l.body+4 {
		return errShort
	}
	flags := binary.BigEndian.Uint16(f.b[l.body:])
	if flags&0x4007 != 0 {
		return errEncap
	}
	body := l.body + 4
	for _, bit := range [...]uint16{0x8000, 0x2000, 0x1000} { // checksum, key, sequence number
		if flags&bit != 0 {
			body += 4
		}
	}
	if l.end < body {
		return errShort
	}
	f.add(layer{kind: greLayer, at: l.body, body: body, end: l.end, whole: l.whole})
	return f.etherType(binary.BigEndian.Uint16(f.b[l.body+2:]), body)
}

// icmp finds the TCP header that an ICMP error quotes.
func (f *frame) icmp(proto uint8, l layer) error {
	if l.end < l.body+8 {
		return errShort
	}
	kind, at := icmpLayer, l.body+8
	if proto == protoICMP6 {
		kind = icmpv6Layer
	}
	f.add(layer{kind: kind, at: l.body, body: at, end: l.end, whole: l.whole})
	f.add(layer{kind: quoteLayer, at: at, body: at, end: l.end})
	return f.quoted(at, l.end)
}

// quoted finds the headers of a quoted packet, of which no more than the first
// 8 bytes of TCP need be there.
func (f *frame) quoted(at, end int) error {
	if at >= end {
		return errShort
	}
	l := layer{kind: ipv4Layer, at: at, end: end}
	next, total := uint8(0), 0
	switch {
	case f.b[at]>>4 == 4 && end >= at+20:
		l.body, next = at+int(f.b[at]&15)*4, f.b[at+9]
		total = int(binary.BigEndian.Uint16(f.b[at+2:]))
		if binary.BigEndian.Uint16(f.b[at+6:])&0x1fff != 0 {
			return errNotTCP
		}
	case f.b[at]>>4 == 6 && end >= at+40:
		l.kind, l.body, next = ipv6Layer, at+40, f.b[at+6]
		total = 40 + int(binary.BigEndian.Uint16(f.b[at+4:]))
	default:
		return errShort
	}
	if next != protoTCP || l.body < at+20 {
		return errNotTCP
	}
	l.whole = at+total <= end
	l.end = min(end, at+total)
	if l.end < l.body+8 {
		return errShort
	}
	f.add(l)
	header := 20
	if l.end > l.body+12 {
		header = max(20, int(f.b[l.body+12]>>4)*4)
	}
	f.add(layer{kind: tcpLayer, at: l.body, body: min(l.body+header, l.end), end: l.end, whole: l.whole})
	return nil
}
