//go:build cgo

package live

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/gopacket/layers"

	"sniwatch/capture"
)

func TestPortFilterMatches(t *testing.T) {
	const (
		isTCP    = layers.IPProtocolTCP
		isUDP    = layers.IPProtocolUDP
		isICMP   = layers.IPProtocolICMPv4
		isICMPv6 = layers.IPProtocolICMPv6
	)
	tests := []struct {
		name string
		data []byte
		want bool
	}{
		{"IPv4 to 443", frame(t, ethernetIPv4, ipv4(isTCP), tcp(40000, 443)), true},
		{"IPv4 from 443", frame(t, ethernetIPv4, ipv4(isTCP), tcp(443, 40000)), true},
		{"IPv4 to the second port", frame(t, ethernetIPv4, ipv4(isTCP), tcp(40000, 8443)), true},
		{"IPv4 to 80", frame(t, ethernetIPv4, ipv4(isTCP), tcp(40000, 80)), false},
		{"IPv4 UDP 443", frame(t, ethernetIPv4, ipv4(isUDP), udp(443)), false},
		{"IPv6 to 443", frame(t, ethernetIPv6, ipv6(isTCP), tcp(40000, 443)), true},
		{"IPv6 to 80", frame(t, ethernetIPv6, ipv6(isTCP), tcp(40000, 80)), false},
		{"tagged IPv4 to 443", frame(t, ethernetVLAN, tagIPv4, ipv4(isTCP), tcp(40000, 443)), true},
		{"tagged IPv4 to 80", frame(t, ethernetVLAN, tagIPv4, ipv4(isTCP), tcp(40000, 80)), false},
		{"tagged IPv6 from 8443", frame(t, ethernetVLAN, tagIPv6, ipv6(isTCP), tcp(8443, 40000)), true},
		{"unreachable, quotes TCP", frame(t, ethernetIPv4, ipv4(isICMP), icmp(3), ipv4(isTCP), tcp(40000, 443)), true},
		{"unreachable, quotes UDP", frame(t, ethernetIPv4, ipv4(isICMP), icmp(3), ipv4(isUDP), udp(53)), false},
		{"echo with TCP inside", frame(t, ethernetIPv4, ipv4(isICMP), icmp(8), ipv4(isTCP), tcp(40000, 443)), false},
		{"tagged unreachable", frame(t, ethernetVLAN, tagIPv4, ipv4(isICMP), icmp(3), ipv4(isTCP), tcp(40000, 443)), true},
		{"ICMPv6 unreachable", frame(t, ethernetIPv6, ipv6(isICMPv6), icmpv6(1), ipv6(isTCP), tcp(40000, 443)), true},
		{"ICMPv6 too big", frame(t, ethernetIPv6, ipv6(isICMPv6), icmpv6(2), ipv6(isTCP), tcp(40000, 443)), true},
		{"ICMPv6 too big, quotes UDP", frame(t, ethernetIPv6, ipv6(isICMPv6), icmpv6(2), ipv6(isUDP), udp(53)), false},
		{"ICMPv6 neighbour solicitation", frame(t, ethernetIPv6, ipv6(isICMPv6), icmpv6(135), ipv6(isTCP), tcp(40000, 443)), false},
		{"tagged ICMPv6 too big", frame(t, ethernetVLAN, tagIPv6, ipv6(isICMPv6), icmpv6(2), ipv6(isTCP), tcp(40000, 443)), true},
		{"cut before the ports", frame(t, ethernetIPv4, ipv4(isTCP), tcp(40000, 443))[:34], false},
		{"empty", nil, false},
	}
	filter, err := CompileFilter(capture.LinkEthernet, PortFilter([]uint16{443, 8443}))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		p := capture.Packet{Link: capture.LinkEthernet, Length: len(test.data), Data: test.data}
		if got := filter.Match(&p); got != test.want {
			t.Errorf("%s: Match is %v", test.name, got)
		}
	}
}

// TestLinkTypes proves that the number of a link type is that of files, not
// libpcap's own, and has more than 8 bits.
func TestLinkTypes(t *testing.T) {
	inside := frame(t, ipv4(layers.IPProtocolTCP), tcp(40000, 443))
	sll2 := make([]byte, 20)
	sll2[0] = 0x08 // protocol type 0x0800 stands first; in SLL it stands last
	sll := make([]byte, 16)
	sll[14] = 0x08
	tests := []struct {
		link   capture.LinkType
		header []byte
	}{
		{capture.LinkEthernet, frame(t, ethernetIPv4)[:14]}, // without gopacket's padding
		{capture.LinkRaw, nil},
		{capture.LinkRawBSD, nil},
		{capture.LinkIPv4, nil},
		{capture.LinkSLL, sll},
		{capture.LinkSLL2, sll2},
		{capture.LinkNull, []byte{2, 0, 0, 0}},
		{capture.LinkLoop, []byte{0, 0, 0, 2}},
	}
	for _, test := range tests {
		data := slices.Concat(test.header, inside)
		p := capture.Packet{Link: test.link, Length: len(data), Data: data}
		for expression, want := range map[string]bool{
			portFilter(nil, false): true,
			"tcp port 80":          false,
			"host 192.0.2.1":       true,
			"":                     true,
		} {
			filter, err := CompileFilter(test.link, expression)
			if err != nil {
				t.Errorf("%s: %v", test.link, err)
			} else if filter.Match(&p) != want {
				t.Errorf("%s: %q does not give %v", test.link, expression, want)
			}
		}
	}
}

func TestFilterKnowsTheLengthOnTheWire(t *testing.T) {
	filter, err := CompileFilter(capture.LinkEthernet, "greater 1000")
	if err != nil {
		t.Fatal(err)
	}
	p := capture.Packet{Length: 1500, Data: make([]byte, 60)}
	if !filter.Match(&p) {
		t.Error("a packet of 1500 bytes, cut to 60, is not greater than 1000")
	}
	p.Length = 60
	if filter.Match(&p) {
		t.Error("a packet of 60 bytes is greater than 1000")
	}
}

func TestFilterErrors(t *testing.T) {
	tests := []struct {
		link             capture.LinkType
		expression, says string
	}{
		{capture.LinkEthernet, "tcp prot 443", "syntax error"},
		{capture.LinkEthernet, "tcp port 443 and", "syntax error"},
		{capture.LinkEthernet, "port 443443", "illegal port number"},
		{capture.LinkEthernet, "inbound", "savefiles"},
		{capture.LinkRaw, "vlan", "no VLAN support"},
		{capture.LinkEthernet, "tcp\x00 and nonsense", "NUL"},
		{1 << 16, "tcp", "no link type"},
		{1<<32 - 1, "tcp", "no link type"},
	}
	for _, test := range tests {
		_, err := CompileFilter(test.link, test.expression)
		var problem *Error
		if !errors.As(err, &problem) || problem.Cause != BadFilter {
			t.Errorf("%q for %s: %v, want an *Error with BadFilter", test.expression, test.link, err)
			continue
		}
		if !strings.Contains(err.Error(), test.says) || problem.Hint() == "" {
			t.Errorf("%q for %s: %q, hint %q", test.expression, test.link, err, problem.Hint())
		}
	}
}

// FuzzFilter looks for expressions and bytes that libpcap, or the way it is
// called, does not survive.
func FuzzFilter(f *testing.F) {
	f.Add(uint32(1), PortFilter(nil), 60, frame(f, ethernetVLAN, tagIPv4, ipv4(layers.IPProtocolTCP), tcp(1, 443)))
	f.Add(uint32(101), portFilter(nil, false), 60, frame(f, ipv6(layers.IPProtocolTCP), tcp(1, 443)))
	f.Add(uint32(276), "tcp[0] = 1 and greater 5", 0, []byte{})
	f.Add(uint32(147), "link[0] = 1", -1, []byte{1})
	f.Add(uint32(1), "ip[ip[0] & 0xf : 4] / tcp[2] > 0", 1<<31, []byte("\x45"))
	f.Fuzz(func(t *testing.T, link uint32, expression string, length int, data []byte) {
		if strings.ContainsFunc(expression, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }) &&
			!strings.Contains(expression, "[") && !strings.Contains(expression, "port") {
			t.Skip("could be a host name, which is looked up")
		}
		filter, err := CompileFilter(capture.LinkType(link), expression)
		if err != nil {
			return
		}
		p := capture.Packet{Length: length, Data: data}
		if first := filter.Match(&p); first != filter.Match(&p) {
			t.Error("the same packet matches once only")
		}
	})
}

func BenchmarkFilter(b *testing.B) {
	data := frame(b, ethernetIPv4, ipv4(layers.IPProtocolTCP), tcp(40000, 443))
	p := capture.Packet{Length: len(data), Data: data}
	for name, expression := range map[string]string{
		"host": "host 192.0.2.1", "ports": PortFilter(nil), "no match": PortFilter([]uint16{80})} {
		filter, err := CompileFilter(capture.LinkEthernet, expression)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				filter.Match(&p)
			}
		})
	}
}
