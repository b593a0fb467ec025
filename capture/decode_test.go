package capture

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

// The headers that the tests put together. Lengths are filled in by the
// functions; checksums stay 0, which nobody looks at.

func raw(text string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// tcpSegment has ports 34512 and 443, sequence number 1000, acknowledgement
// 2000 and the flags.
func tcpSegment(flags byte, options, payload []byte) []byte {
	return cat(be16(34512), be16(443), be32(1000), be32(2000), []byte{byte(20+len(options)) << 2, flags},
		be16(65535), be32(0), options, payload)
}

func v4(proto byte, payload []byte) []byte { return v4options(proto, nil, payload) }

func v4options(proto byte, options, payload []byte) []byte {
	return cat([]byte{0x45 + byte(len(options)/4), 0}, be16(20+len(options)+len(payload)), be32(0x12344000),
		[]byte{64, proto, 0, 0, 130, 176, 1, 2, 10, 0, 0, 10}, options, payload)
}

func v6(next byte, payload []byte) []byte {
	return cat(raw("60000000"), be16(len(payload)), []byte{next, 64},
		raw("2600 9000 0000 0000 0000 0000 0000 0001"), raw("2600 1f14 0000 0000 0000 0000 0000 0002"), payload)
}

func udpTo(port int, payload []byte) []byte {
	return cat(be16(50000), be16(port), be16(8+len(payload)), be16(0), payload)
}

func ether(t int, payload []byte) []byte {
	return cat(raw("020000000001 020000000002"), be16(t), payload)
}

const (
	clientV4, serverV4 = "130.176.1.2:34512", "10.0.0.10:443"
	clientV6, serverV6 = "[2600:9000::1]:34512", "[2600:1f14::2]:443"
)

// Every way to wrap a segment must give the same segment.
func TestDecodeHeaders(t *testing.T) {
	hello := []byte("hello")
	seg := tcpSegment(0x18, nil, hello)
	p4, p6 := v4(6, seg), v6(6, seg)
	in4 := func(proto byte, b []byte) []byte { return ether(0x0800, v4(proto, b)) }
	overUDP := func(port int, b ...[]byte) []byte { return in4(17, udpTo(port, cat(b...))) }
	gtp4 := func(head string) []byte { return overUDP(2152, raw(head), p4) }
	zeroLength := bytes.Clone(p4)
	zeroLength[2], zeroLength[3] = 0, 0
	jumbo := bytes.Clone(v6(0, cat(raw("06 00 c2 04 00 01 00 00"), seg)))
	jumbo[4], jumbo[5] = 0, 0

	tests := []struct {
		name string
		link LinkType
		data []byte
		v6   bool
	}{
		{"ethernet ipv4", 1, ether(0x0800, p4), false},
		{"ethernet ipv6", 1, ether(0x86dd, p6), true},
		{"ipv4 said, ipv6 there", 1, ether(0x0800, p6), true},
		{"padding", 1, cat(ether(0x0800, p4), make([]byte, 20)), false},
		{"padding ipv6", 1, cat(ether(0x86dd, p6), make([]byte, 20)), true},
		{"802.1Q", 1, ether(0x8100, cat(be16(7), be16(0x0800), p4)), false},
		{"QinQ", 1, ether(0x88a8, cat(be16(7), be16(0x8100), be16(8), be16(0x86dd), p6)), true},
		{"0x9100 and 0x9200", 1, ether(0x9100, cat(be16(7), be16(0x9200), be16(8), be16(0x0800), p4)), false},
		{"MPLS", 1, ether(0x8847, cat(raw("00010040 00020140"), p4)), false},
		{"MPLS ipv6", 1, ether(0x8848, cat(raw("00010140"), p6)), true},
		{"PPPoE", 1, ether(0x8864, cat(raw("1100 0001"), be16(2+len(p4)), be16(0x0021), p4)), false},
		{"PPPoE ipv6", 1, ether(0x8864, cat(raw("1100 0001"), be16(2+len(p6)), be16(0x0057), p6)), true},
		{"802.3 SNAP", 1, ether(8+len(p4), cat(raw("aaaa03 000000 0800"), p4)), false},
		{"SLL", 113, cat(raw("0000 0001 0006 020000000001 0000"), be16(0x0800), p4), false},
		{"SLL ipv6", 113, cat(raw("0000 0001 0006 020000000001 0000"), be16(0x86dd), p6), true},
		{"SLL 802.1Q", 113, cat(raw("0000 0001 0006 020000000001 0000 8100 0007"), be16(0x0800), p4), false},
		{"SLL2", 276, cat(be16(0x0800), raw("0000 00000002 0001 00 06 020000000001 0000"), p4), false},
		{"SLL2 ipv6", 276, cat(be16(0x86dd), raw("0000 00000002 0001 00 06 020000000001 0000"), p6), true},
		{"NULL little-endian", 0, cat(raw("02000000"), p4), false},
		{"NULL big-endian", 0, cat(raw("00000002"), p4), false},
		{"NULL Linux ipv6", 0, cat(raw("0a000000"), p6), true},
		{"NULL OpenBSD ipv6", 0, cat(raw("00000018"), p6), true},
		{"NULL FreeBSD ipv6", 0, cat(raw("1c000000"), p6), true},
		{"NULL macOS ipv6", 0, cat(raw("1e000000"), p6), true},
		{"LOOP", 108, cat(raw("00000002"), p4), false},
		{"RAW", 101, p4, false},
		{"RAW ipv6", 101, p6, true},
		{"RAW of BSD", 12, p4, false},
		{"RAW of OpenBSD", 14, p6, true},
		{"IPV4", 228, p4, false},
		{"IPV6", 229, p6, true},
		{"C_HDLC", 104, cat(raw("0f00 0800"), p4), false},
		{"PPP", 9, cat(raw("ff03 0021"), p4), false},
		{"PPP without address", 9, cat(raw("0057"), p6), true},
		{"PPP compressed protocol", 9, cat(raw("21"), p4), false},
		{"PPP_SERIAL", 50, cat(raw("ff03 0021"), p4), false},
		{"PPP_SERIAL Cisco unicast", 50, cat(raw("0f00 0800"), p4), false},
		{"PPP_SERIAL Cisco", 50, cat(raw("8f00 86dd"), p6), true},
		{"PPP_ETHER", 51, cat(raw("1100 0001"), be16(2+len(p4)), be16(0x0021), p4), false},
		{"ipv4 options", 101, v4options(6, raw("94040000 01010100"), seg), false},
		{"ipv4 total length 0", 1, ether(0x0800, zeroLength), false},
		{"ipv4 AH", 101, v4(51, cat(raw("06 04 0000 00000001 00000002 000000000000000000000000"), seg)), false},
		{"ipv6 hop-by-hop", 101, v6(0, cat(raw("06 00 0502 0000 0100"), seg)), true},
		{"ipv6 all extensions", 101, v6(0, cat(raw("2b 00 0502 0000 0100"), raw("3c 02 0000 00000000 00000000 00000000 00000000 00000000"),
			raw("33 00 0104 00000000"), raw("87 04 0000 00000001 00000002 000000000000000000000000"), raw("06 00 0000 00000000"), seg)), true},
		{"ipv6 atomic fragment", 101, v6(44, cat(raw("06 00 0000 00000001"), seg)), true},
		{"ipv6 jumbo", 101, jumbo, true},
		{"IPIP", 1, in4(4, p4), false},
		{"6in4", 1, in4(41, p6), true},
		{"4in6", 101, v6(4, p4), false},
		{"6in6 behind an extension", 101, v6(60, cat(raw("29 00 0104 00000000"), p6)), true},
		{"GRE", 1, in4(47, cat(raw("0000 0800"), p4)), false},
		{"GRE all fields", 1, in4(47, cat(raw("b000 86dd 00000000 00000001 00000002"), p6)), true},
		{"GRE ethernet 802.1Q", 1, in4(47, cat(raw("2000 6558 00000001"), ether(0x8100, cat(be16(7), be16(0x0800), p4)))), false},
		{"GRE MPLS", 1, in4(47, cat(raw("0000 8847 00010140"), p4)), false},
		{"VXLAN", 1, overUDP(4789, raw("08000000 00000700"), ether(0x0800, p4)), false},
		{"VXLAN old port, ipv6 outside", 1, ether(0x86dd, v6(17, udpTo(8472, cat(raw("08000000 00000700"), ether(0x86dd, p6))))), true},
		{"VXLAN reserved bits", 1, overUDP(4789, raw("88800001 000007ff"), ether(0x0800, p4)), false},
		{"VXLAN in VXLAN", 1, overUDP(4789, raw("08000000 00000700"), overUDP(4789, raw("08000000 00000800"), ether(0x0800, p4))), false},
		{"Geneve ethernet", 1, overUDP(6081, raw("0000 6558 00000100"), ether(0x0800, p4)), false},
		{"Geneve options ipv4", 1, overUDP(6081, raw("0240 0800 00000100 0108 0101 deadbeef"), p4), false},
		{"GTP-U", 1, gtp4("30ff 0000 00000001"), false},
		{"GTP-U sequence", 1, gtp4("32ff 0000 00000001 0001 00 00"), false},
		{"GTP-U extensions", 1, gtp4("34ff 0000 00000001 0000 00 85 01 1009 85 02 100900000000 00"), false},
	}
	var d Decoder
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s Segment
			p := Packet{Number: 5, Time: 6, Link: tt.link, Length: len(tt.data), Data: tt.data}
			if kind := d.Decode(&p, &s); kind != TCP {
				t.Fatalf("kind %d", kind)
			}
			src, dst := clientV4, serverV4
			if tt.v6 {
				src, dst = clientV6, serverV6
			}
			if s.Src.AddrPort() != netip.MustParseAddrPort(src) || s.Dst.AddrPort() != netip.MustParseAddrPort(dst) {
				t.Errorf("%v > %v", s.Src.AddrPort(), s.Dst.AddrPort())
			}
			if s.Packet != 5 || s.Time != 6 || s.Seq != 1000 || s.Ack != 2000 || s.Flags != PSH|ACK || s.MSS != 0 {
				t.Errorf("%+v", s)
			}
			if s.Length != len(hello) || string(s.Payload) != string(hello) {
				t.Errorf("payload %q, length %d", s.Payload, s.Length)
			}

			// Cut by the snap length, anywhere: never a wrong payload, never
			// a contradiction.
			for n := range tt.data {
				p.Data = tt.data[:n:n]
				kind := d.Decode(&p, &s)
				switch {
				case kind == Truncated:
				case kind == TCP && bytes.HasPrefix(hello, s.Payload):
				default:
					t.Errorf("cut to %d bytes: kind %d, payload %q", n, kind, s.Payload)
				}
			}
		})
	}
}

// Traffic mirroring cuts the packet inside the tunnel: the outer headers are
// consistent, and the inner length counts more than there is.
func TestDecodeMirrored(t *testing.T) {
	inner := ether(0x0800, v4(6, tcpSegment(0x18, nil, make([]byte, 1400))))[:100]
	data := ether(0x0800, v4(17, udpTo(4789, cat(raw("08000000 00000700"), inner))))
	var d Decoder
	var s Segment
	if kind := d.Decode(&Packet{Link: 1, Length: len(data), Data: data}, &s); kind != TCP || s.Length != 1400 || len(s.Payload) != 100-54 {
		t.Errorf("kind %d, %d of %d bytes", kind, len(s.Payload), s.Length)
	}
	data = ether(0x0800, v4(17, udpTo(4789, cat(raw("08000000 00000700"), inner[:50]))))
	if kind := d.Decode(&Packet{Link: 1, Length: len(data), Data: data}, &s); kind != Truncated {
		t.Errorf("TCP header cut in the tunnel: kind %d", kind)
	}
}

// A total length behind the end of the frame is a lie: what was captured
// whole ends with the frame, and what was not ends where the frame ended.
func TestDecodeLyingLength(t *testing.T) {
	lie4 := ether(0x0800, v4(6, tcpSegment(0x12, raw("020405b4"), []byte("hello"))))
	lie4[16], lie4[17] = 0x10, 0x34 // 4148
	lie6 := ether(0x86dd, v6(6, tcpSegment(0x12, raw("020405b4"), []byte("hello"))))
	lie6[18], lie6[19] = 0x10, 0x34
	inTunnel := ether(0x0800, v4(17, udpTo(4789, cat(raw("08000000 00000700"), lie4))))
	var d Decoder
	for _, tt := range []struct {
		name             string
		data             []byte
		wire             int // bytes of the frame that were not captured
		length, captured int
	}{
		{"IPv4", lie4, 0, 5, 5},
		{"IPv6", lie6, 0, 5, 5},
		{"IPv4, cut", lie4[:len(lie4)-3], 3, 5, 2},
		{"IPv6, cut", lie6[:len(lie6)-3], 3, 5, 2},
		{"IPv4, long on the wire", lie4, 9000, 4148 - 44, 5},
		{"in a tunnel", inTunnel, 0, 4148 - 44, 5},
	} {
		var s Segment
		p := Packet{Link: 1, Length: len(tt.data) + tt.wire, Data: tt.data}
		if kind := d.Decode(&p, &s); kind != TCP || s.Length != tt.length || len(s.Payload) != tt.captured {
			t.Errorf("%s: kind %d, %d of %d bytes, want %d of %d", tt.name, kind, len(s.Payload), s.Length, tt.captured, tt.length)
		}
	}
	if kind := d.Decode(&Packet{Link: 1, Length: 40, Data: lie4[:40]}, new(Segment)); kind != Undecodable {
		t.Errorf("the frame ends in the TCP header: kind %d", kind)
	}
}

func TestDecodeKinds(t *testing.T) {
	seg := tcpSegment(0x10, nil, nil)
	p4 := v4(6, seg)
	changed := func(b []byte, at int, to ...byte) []byte {
		b = bytes.Clone(b)
		copy(b[at:], to)
		return b
	}
	deep := p4
	for range maxHeaders {
		deep = v4(4, deep)
	}
	deepEther := ether(0x0800, p4)
	for range maxHeaders {
		deepEther = ether(0x6558, deepEther)
	}
	deepLLC := cat(be16(0x0800), p4)
	for range maxHeaders {
		deepLLC = cat(be16(0x8100), be16(7), be16(8), raw("aaaa03 000000"), deepLLC)
	}
	tests := []struct {
		name string
		link LinkType
		data []byte
		want Kind
	}{
		{"ARP", 1, ether(0x0806, make([]byte, 28)), Other},
		{"UDP", 101, v4(17, udpTo(53, nil)), Other},
		{"STP", 1, ether(38, raw("424203 0000")), Other},
		{"ESP", 101, v4(50, make([]byte, 40)), Other},
		{"SLL netlink", 113, make([]byte, 60), Other},
		{"NULL with an unknown family", 0, raw("07000000 00"), Other},
		{"PPTP", 101, v4(47, raw("3081 880b 0000 0000")), Other},
		{"PPP LCP", 9, raw("ff03 c021 01010004"), Other},
		{"PPPoE discovery in a session", 1, ether(0x8864, raw("1109 0000 0000 0000")), Other},
		{"not VXLAN", 101, v4(17, udpTo(4789, []byte("something"))), Other},
		{"VXLAN port, short", 101, v4(17, udpTo(4789, []byte("x"))), Other},
		{"Geneve control", 101, v4(17, udpTo(6081, raw("0080 0800 00000000"))), Other},
		{"GTP-U echo", 101, v4(17, udpTo(2152, raw("3201 0004 00000000 00000000"))), Other},
		{"MPLS pseudowire", 1, ether(0x8847, raw("00010140 00000000 020000000001")), Other},
		{"ipv6 no next header", 101, v6(59, nil), Other},

		{"fragment of UDP", 101, changed(v4(17, udpTo(53, nil)), 6, 0x20, 0), Other},
		{"fragment of ICMP", 101, changed(v4(1, make([]byte, 8)), 6, 0x00, 0xb9), Other},
		{"ipv6 fragment of UDP", 101, v6(44, cat(raw("11 00 0001 00000001"), udpTo(53, nil))), Other},
		{"ipv6 fragment with another extension header", 101, v6(44, cat(raw("3c 00 0001 00000001"), make([]byte, 8))), Fragment},
		{"fragment of a tunnel", 101, changed(v4(47, make([]byte, 8)), 6, 0x20, 0), Fragment},

		{"first fragment", 101, changed(p4, 6, 0x20, 0), Fragment},
		{"last fragment", 101, changed(p4, 6, 0x00, 0xb9), Fragment},
		{"first fragment in Ethernet", 1, ether(0x0800, changed(p4, 6, 0x20, 0)), Fragment},
		{"last fragment in Ethernet", 1, ether(0x0800, changed(p4, 6, 0x00, 0xb9)), Fragment},
		{"ICMP about a later fragment", 101, v4(1, cat(raw("0304 0000 0000 05dc"), changed(p4, 6, 0x00, 0xb9))), Other},
		{"ipv6 first fragment", 101, v6(44, cat(raw("06 00 0001 00000001"), seg)), Fragment},
		{"ipv6 last fragment", 101, v6(44, cat(raw("06 00 0590 00000001"), seg)), Fragment},

		{"nothing at all", 1, nil, Undecodable},
		{"half an Ethernet header", 1, make([]byte, 10), Undecodable},
		{"no IP header", 1, ether(0x0800, make([]byte, 10)), Undecodable},
		{"version 5", 101, changed(p4, 0, 0x55), Undecodable},
		{"IPv4 said, version 0 there", 1, ether(0x0800, make([]byte, 60)), Undecodable},
		{"header length 16", 101, changed(p4, 0, 0x44), Undecodable},
		{"total length below header", 101, changed(p4, 2, 0, 19), Undecodable},
		{"total length ends in the TCP header", 101, changed(p4, 2, 0, 30), Undecodable},
		{"data offset 16", 101, v4(6, changed(seg, 12, 0x40)), Undecodable},
		{"data offset behind the end", 101, v4(6, changed(seg, 12, 0x60)), Undecodable},
		{"ipv6 extension behind the end", 101, v6(0, raw("06 09 0000 00000000")), Undecodable},
		{"GTP-U extension of length 0", 101, v4(17, udpTo(2152, raw("34ff 0000 00000001 0000 00 85 00 1009 00"))), Undecodable},
		{"too many IP headers", 101, deep, Undecodable},
		{"too many Ethernet headers", 1, deepEther, Undecodable},
		{"too many LLC headers", 1, cat(make([]byte, 12), deepLLC), Undecodable},
		{"AH in AH", 101, v4(51, cat(raw("33 01 0000 00000000 00000000 06 01 0000 00000000 00000000"), seg)), Undecodable},

		{"802.11", 105, make([]byte, 60), UnknownLink},
		{"unheard of", 1 << 20, p4, UnknownLink},
	}
	var d Decoder
	for _, tt := range tests {
		var s Segment
		if kind := d.Decode(&Packet{Link: tt.link, Length: len(tt.data), Data: tt.data}, &s); kind != tt.want {
			t.Errorf("%s: kind %d, want %d", tt.name, kind, tt.want)
		}
	}
}

func TestDecodeOptions(t *testing.T) {
	tests := []struct {
		name    string
		flags   byte
		options string
		mss     uint16
		flagsIn Flags
	}{
		{"syn", 0x02, "020405b4 01030307", 1460, SYN},
		{"syn-ack, MSS last", 0x12, "01 030307 020422d1", 8913, SYN | ACK},
		{"not a SYN", 0x10, "020405b4", 0, ACK},
		{"ECN bits", 0xc2, "020405b4", 1460, SYN},
		{"end of options before", 0x02, "00 00 00 00 020405b4", 0, SYN},
		{"option of length 0", 0x02, "0300 0000 020405b4", 0, SYN},
		{"option of length 1", 0x02, "0301 0000", 0, SYN},
		{"option behind the end", 0x02, "01 01 0204", 0, SYN},
		{"kind only", 0x02, "010101 02", 0, SYN},
		{"MSS of length 3", 0x02, "020305 00", 0, SYN},
	}
	var d Decoder
	for _, tt := range tests {
		data := v4(6, tcpSegment(tt.flags, raw(tt.options), nil))
		var s Segment
		if kind := d.Decode(&Packet{Link: 101, Length: len(data), Data: data}, &s); kind != TCP || s.MSS != tt.mss || s.Flags != tt.flagsIn || s.Length != 0 {
			t.Errorf("%s: kind %d, MSS %d, flags %#x, length %d", tt.name, kind, s.MSS, s.Flags, s.Length)
		}
	}
	// Options that were not captured do no harm.
	data := v4(6, tcpSegment(0x02, raw("020405b4 01030307"), nil))
	var s Segment
	if kind := d.Decode(&Packet{Link: 101, Length: len(data), Data: data[:42]}, &s); kind != TCP || s.MSS != 0 || s.Length != 0 || len(s.Payload) != 0 {
		t.Errorf("options cut: kind %d, %+v", kind, s)
	}
}

func TestDecodeUnreachable(t *testing.T) {
	quote := tcpSegment(0x02, nil, nil)
	q4, q6 := v4(6, quote), v6(6, quote)
	router := func(proto byte, b []byte) []byte {
		p := v4(proto, b)
		copy(p[12:], []byte{10, 9, 9, 9})
		return p
	}
	tests := []struct {
		name       string
		data       []byte
		want       Kind
		said       string
		clientIsV6 bool
	}{
		{"port unreachable", router(1, cat(raw("0303 0000 00000000"), q4)), Unreachable, "3/3 0 10.9.9.9", false},
		{"8 bytes quoted", router(1, cat(raw("030a 0000 00000000"), q4[:28])), Unreachable, "3/10 0 10.9.9.9", false},
		{"fragmentation needed", router(1, cat(raw("0304 0000 0000 05dc"), q4)), Unreachable, "3/4 1500 10.9.9.9", false},
		{"quoted options", router(1, cat(raw("0301 0000 00000000"), v4options(6, raw("94040000"), quote))), Unreachable, "3/1 0 10.9.9.9", false},
		{"ipv6 unreachable", v6(58, cat(raw("0104 0000 00000000"), q6)), Unreachable, "1/4 0 2600:9000::1", true},
		{"packet too big", v6(58, cat(raw("0200 0000 00000500"), q6)), Unreachable, "2/0 1280 2600:9000::1", true},
		{"ipv6 quoted extension", v6(58, cat(raw("0101 0000 00000000"), v6(0, cat(raw("06 00 0502 0000 0100"), quote)))), Unreachable, "1/1 0 2600:9000::1", true},
		{"7 bytes quoted", router(1, cat(raw("0303 0000 00000000"), q4[:27])), Other, "", false},
		{"about UDP", router(1, cat(raw("0303 0000 00000000"), v4(17, udpTo(53, nil)))), Other, "", false},
		{"echo", router(1, cat(raw("0800 0000 00000000"), q4)), Other, "", false},
		{"ipv6 echo", v6(58, cat(raw("8000 0000 00000000"), q6)), Other, "", false},
	}
	var d Decoder
	for _, tt := range tests {
		s := Segment{Ack: 7, Flags: ACK, MSS: 7, Length: 7, Payload: []byte("stale")}
		kind := d.Decode(&Packet{Link: 101, Length: len(tt.data), Data: tt.data}, &s)
		if kind != tt.want {
			t.Errorf("%s: kind %d, want %d", tt.name, kind, tt.want)
		}
		if kind != Unreachable {
			continue
		}
		src, dst := clientV4, serverV4
		if tt.clientIsV6 {
			src, dst = clientV6, serverV6
		}
		said := fmt.Sprintf("%d/%d %d %v", s.ICMP.Type, s.ICMP.Code, s.ICMP.MTU, netip.AddrFrom16(s.ICMP.From).Unmap())
		if said != tt.said || s.Src.AddrPort().String() != src || s.Dst.AddrPort().String() != dst || s.Seq != 1000 {
			t.Errorf("%s: %s, %v > %v", tt.name, said, s.Src.AddrPort(), s.Dst.AddrPort())
		}
		if s.Ack != 0 || s.Flags != 0 || s.MSS != 0 || s.Length != 0 || s.Payload != nil {
			t.Errorf("%s: stale fields in %+v", tt.name, s)
		}
	}
}

func TestLinkTypeNames(t *testing.T) {
	for link, want := range map[LinkType]string{0: "NULL", 1: "EN10MB", 101: "RAW", 113: "LINUX_SLL", 276: "LINUX_SLL2", 147: "DLT 147", 4294967295: "DLT 4294967295"} {
		if have := link.String(); have != want {
			t.Errorf("%d: %s, want %s", uint32(link), have, want)
		}
	}
}
