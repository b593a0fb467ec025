package redact

import (
	"encoding/binary"
	"net/netip"

	"sniwatch/capture"
)

type linkType = capture.LinkType

const (
	linkNull     = capture.LinkNull
	linkEthernet = capture.LinkEthernet
	linkRawBSD   = capture.LinkRawBSD
	linkRawOBSD  = capture.LinkRawOBSD
	linkRaw      = capture.LinkRaw
	linkLoop     = capture.LinkLoop
	linkSLL      = capture.LinkSLL
	linkIPv4     = capture.LinkIPv4
	linkIPv6     = capture.LinkIPv6
	linkSLL2     = capture.LinkSLL2
)

// rewriteHeaders replaces the addresses of every layer, and what else could
// name somebody: options and padding. Checksums are made right afterwards.
func (r *Redactor) rewriteHeaders(f *frame) {
	for _, l := range f.layers {
		switch l.kind {
		case hardwareLayer:
			r.mac(f.b[l.at:])
			r.mac(f.b[l.at+6:])
		case cookedLayer:
			r.mac(f.b[l.at:])
			f.b[l.at+6], f.b[l.at+7] = 0, 0
		case ipv4Layer:
			r.address(f.b[l.at+12 : l.at+16])
			r.address(f.b[l.at+16 : l.at+20])
			fill(f.b[l.at+20:min(l.body, l.end)], 1) // options: no operation
		case ipv6Layer:
			r.address(f.b[l.at+8 : l.at+24])
			r.address(f.b[l.at+24 : l.at+40])
			f.padExtensions(l)
		case geneveLayer:
			scrubGeneve(f.b[l.at+8 : l.body])
		case tcpLayer:
			scrubTCPOptions(f.b[min(l.at+20, l.body):l.body])
		}
	}
	f.clearPadding()
}

// address replaces an IP address of 4 or 16 bytes.
func (r *Redactor) address(b []byte) {
	a, _ := netip.AddrFromSlice(b)
	copy(b, r.Addr(a).AsSlice())
}

func fill(b []byte, with byte) {
	for i := range b {
		b[i] = with
	}
}

// padExtensions makes the options of IPv6 extension headers padding (RFC 8200,
// section 4.2): some hold addresses.
func (f *frame) padExtensions(l layer) {
	next := f.b[l.at+6]
	for at := l.at + 40; at+8 <= l.body; {
		header := f.b[at:l.body]
		size := 8
		if next != 44 {
			size = min((int(header[1])+1)*8, len(header))
			for options := header[2:size]; len(options) > 0; {
				n := min(len(options), 257)
				if len(options)-n == 1 {
					n-- // no single byte is left over
				}
				fill(options[:n], 0)
				if n > 1 {
					options[0], options[1] = 1, byte(n-2)
				}
				options = options[n:]
			}
		}
		next, at = header[0], at+size
	}
}

// scrubGeneve clears the values of options: a gateway load balancer writes there
// which endpoint and which attachment a packet came from.
func scrubGeneve(options []byte) {
	for len(options) >= 4 {
		n := 4 + int(options[3]&0x1f)*4
		if n > len(options) {
			break
		}
		fill(options[4:n], 0)
		options = options[n:]
	}
	fill(options, 0)
}

// scrubTCPOptions keeps the options that TCP itself needs; the others, which can
// hold cookies and addresses, become no operation.
func scrubTCPOptions(options []byte) {
	for len(options) > 0 {
		kind := options[0]
		if kind == 1 {
			options = options[1:]
			continue
		}
		if kind == 0 || len(options) < 2 || options[1] < 2 || int(options[1]) > len(options) {
			fill(options, 0)
			return
		}
		n := int(options[1])
		switch kind {
		case 2, 3, 4, 5, 8: // segment size, window scale, selective acknowledgement, timestamps
		default:
			fill(options[:n], 1)
		}
		options = options[n:]
	}
}

// clearPadding clears what stands behind the end of an IP packet: padding of the
// link layer, or what an ICMP error says beside the packet that it quotes.
func (f *frame) clearPadding() {
	for _, l := range f.layers {
		if l.kind == ipv4Layer || l.kind == ipv6Layer {
			end := len(f.b)
			if q := f.quote(); q != nil && l.at >= q.at {
				end = q.end
			}
			fill(f.b[l.end:end], 0)
		}
	}
}

// quote gives the layer behind which a quoted packet stands, nil where there is
// none.
func (f *frame) quote() *layer {
	for i := range f.layers {
		if f.layers[i].kind == quoteLayer {
			return &f.layers[i]
		}
	}
	return nil
}

// tcp gives the innermost layer, which is TCP's, with the IP layer around it.
func (f *frame) tcp() (ip, tcp layer) {
	n := len(f.layers)
	return f.layers[n-2], f.layers[n-1]
}

// sum makes the checksums right, from the inside out. Where a part of what a
// checksum covers was not captured it becomes zero: nobody can check it, and the
// old one would tell something of what was replaced.
func (f *frame) sum() {
	for i := len(f.layers) - 1; i >= 0; i-- {
		l := f.layers[i]
		switch l.kind {
		case ipv4Layer:
			f.put(l.at+10, l.at, min(l.body, l.end), 0, true)
		case tcpLayer:
			if l.end >= l.at+18 {
				f.put(l.at+16, l.at, l.end, f.pseudo(i, protoTCP), l.whole)
			}
		case udpLayer:
			if f.b[l.at+6] != 0 || f.b[l.at+7] != 0 {
				f.put(l.at+6, l.at, l.end, f.pseudo(i, protoUDP), l.whole)
			}
		case icmpLayer:
			f.put(l.at+2, l.at, l.end, 0, l.whole)
		case icmpv6Layer:
			f.put(l.at+2, l.at, l.end, f.pseudo(i, protoICMP6), l.whole)
		case greLayer:
			if f.b[l.at]&0x80 != 0 {
				f.put(l.at+4, l.at, l.end, 0, l.whole)
			}
		}
	}
}

// put writes the checksum (RFC 1071) of the bytes from from to to.
func (f *frame) put(at, from, to int, sum uint32, whole bool) {
	f.b[at], f.b[at+1] = 0, 0
	if !whole {
		return
	}
	sum = addWords(sum, f.b[from:to])
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	sum = ^sum & 0xffff
	binary.BigEndian.PutUint16(f.b[at:], uint16(sum))
}

// addWords adds b as numbers of two bytes. 64 KiB of them stay below 32 bits.
func addWords(sum uint32, b []byte) uint32 {
	for ; len(b) >= 2; b = b[2:] {
		if sum += uint32(b[0])<<8 | uint32(b[1]); sum >= 1<<31 {
			sum = sum>>16 + sum&0xffff
		}
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	return sum
}

// pseudo adds the pseudo-header of the IP layer that stands before layer i
// (RFC 9293, section 3.1; RFC 8200, section 8.1).
func (f *frame) pseudo(i int, proto uint32) uint32 {
	l := f.layers[i]
	ip := f.layers[i-1]
	for i--; ip.kind != ipv4Layer && ip.kind != ipv6Layer; i-- {
		ip = f.layers[i-1]
	}
	addresses := f.b[ip.at+12 : ip.at+20]
	if ip.kind == ipv6Layer {
		addresses = f.b[ip.at+8 : ip.at+40]
	}
	n := uint32(l.end - l.at)
	return addWords(proto+n&0xffff+n>>16, addresses)
}
