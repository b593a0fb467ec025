//go:build cgo

package live

import (
	"net"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// Headers for the frames of these tests. gopacket's serialiser is not part of
// sniwatch: a mistake of ours cannot cancel out.
var (
	ethernetIPv4 = &layers.Ethernet{SrcMAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, DstMAC: net.HardwareAddr{2, 0, 0, 0, 0, 2}, EthernetType: layers.EthernetTypeIPv4}
	ethernetIPv6 = &layers.Ethernet{SrcMAC: ethernetIPv4.SrcMAC, DstMAC: ethernetIPv4.DstMAC, EthernetType: layers.EthernetTypeIPv6}
	ethernetVLAN = &layers.Ethernet{SrcMAC: ethernetIPv4.SrcMAC, DstMAC: ethernetIPv4.DstMAC, EthernetType: layers.EthernetTypeDot1Q}
	tagIPv4      = &layers.Dot1Q{VLANIdentifier: 5, Type: layers.EthernetTypeIPv4}
	tagIPv6      = &layers.Dot1Q{VLANIdentifier: 5, Type: layers.EthernetTypeIPv6}
)

func ipv4(protocol layers.IPProtocol) *layers.IPv4 {
	return &layers.IPv4{Version: 4, IHL: 5, TTL: 64, Protocol: protocol,
		SrcIP: net.IP{192, 0, 2, 1}, DstIP: net.IP{192, 0, 2, 2}}
}

func ipv6(next layers.IPProtocol) *layers.IPv6 {
	return &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: next,
		SrcIP: net.ParseIP("2001:db8::1"), DstIP: net.ParseIP("2001:db8::2")}
}

func tcp(source, destination layers.TCPPort) *layers.TCP {
	return &layers.TCP{SrcPort: source, DstPort: destination, SYN: true, DataOffset: 5}
}

func udp(port layers.UDPPort) *layers.UDP {
	return &layers.UDP{SrcPort: 40000, DstPort: port, Length: 8}
}

func icmp(kind uint8) *layers.ICMPv4 {
	return &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(kind, 3)}
}

// icmpv6 is followed by the 4 bytes that stand before what it quotes.
func icmpv6(kind uint8) []gopacket.SerializableLayer {
	return []gopacket.SerializableLayer{
		&layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(kind, 0)},
		gopacket.Payload{0, 0, 5, 0},
	}
}

// frame puts layers together, or slices of layers.
func frame(t testing.TB, parts ...any) []byte {
	t.Helper()
	var list []gopacket.SerializableLayer
	for _, part := range parts {
		switch part := part.(type) {
		case []gopacket.SerializableLayer:
			list = append(list, part...)
		case gopacket.SerializableLayer:
			list = append(list, part)
		default:
			t.Fatalf("%T is no layer", part)
		}
	}
	buffer := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buffer, gopacket.SerializeOptions{FixLengths: true}, list...); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}
