package live

import (
	"slices"
	"strconv"
	"strings"
)

const httpsPort = 443

// quotesTCP lets ICMP errors about TCP segments through: destination
// unreachable (RFC 792; RFC 4443, section 3.1) and packet too big (RFC 4443,
// section 3.2). Byte 17 of the ICMP message is the Protocol field of the IPv4
// header that it quotes, byte 54 of the IPv6 packet the Next Header field of
// the quoted IPv6 header. Offsets are used instead of names because libpcap
// before 1.9 does not know icmp6[].
const quotesTCP = "(icmp[0] = 3 and icmp[17] = 6) or (ip6[6] = 58 and ip6[40] <= 2 and ip6[54] = 6)"

// PortFilter gives the expression for TCP segments from and to the ports, over
// IPv4 and IPv6, and for the ICMP errors about TCP that explain a connection
// which never came to be; with or without one VLAN tag. No ports: 443.
//
// IPv6 packets with extension headers before TCP do not pass: libpcap does not
// look behind them.
func PortFilter(ports []uint16) string { return portFilter(ports, true) }

func portFilter(ports []uint16, vlan bool) string {
	if len(ports) == 0 {
		ports = []uint16{httpsPort}
	}
	ports = slices.Clone(ports)
	slices.Sort(ports)
	ports = slices.Compact(ports)

	numbers := make([]string, len(ports))
	for i, port := range ports {
		numbers[i] = strconv.Itoa(int(port))
	}
	list := strings.Join(numbers, " or ")
	if len(numbers) > 1 {
		list = "(" + list + ")"
	}
	untagged := "tcp port " + list + " or " + quotesTCP
	if !vlan {
		return untagged
	}
	// "vlan" shifts the offsets of everything after it: it must stand last.
	return untagged + " or (vlan and (" + untagged + "))"
}
