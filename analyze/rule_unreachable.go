package analyze

import (
	"fmt"
	"net/netip"

	"sniwatch/capture"
)

// unreached is what an ICMP error says about a SYN that was not delivered.
type unreached uint8

const (
	otherwise       unreached = iota // something that has nothing to do with reaching the host
	portUnreachable                  // the host was reached, and refuses the port
	prohibited                       // a firewall, or a policy of routing, forbids it
	noWay                            // nobody on the path knows a way to the host, or the host is down
)

// Types of ICMP errors: Destination Unreachable (RFC 792; RFC 4443, section
// 3.1), and what ICMPv6 has for packets that do not fit (section 3.2). The types
// of ICMPv4 and ICMPv6 that sniwatch looks at differ, see capture.ICMPError.
const (
	icmpUnreachable   = 3
	icmpv6Unreachable = 1
	icmpv6TooBig      = 2
)

// unreachableCodes are the codes of Destination Unreachable of ICMPv4 (RFC 792;
// RFC 1812, section 5.2.7.1). Code 4, fragmentation needed, is about sizes.
var unreachableCodes = [...]struct {
	means unreached
	text  string
}{
	0: {noWay, "network unreachable"}, 1: {noWay, "host unreachable"},
	2: {noWay, "protocol unreachable"}, 3: {portUnreachable, "port unreachable"},
	4: {otherwise, "fragmentation needed"}, 5: {noWay, "source route failed"},
	6: {noWay, "network unknown"}, 7: {noWay, "host unknown"}, 8: {noWay, "source host isolated"},
	9: {prohibited, "network prohibited"}, 10: {prohibited, "host prohibited"},
	11: {noWay, "network unreachable for this type of service"}, 12: {noWay, "host unreachable for this type of service"},
	13: {prohibited, "administratively prohibited"},
}

// unreachable6Codes are those of ICMPv6 (RFC 4443, section 3.1).
var unreachable6Codes = [...]struct {
	means unreached
	text  string
}{
	0: {noWay, "no route to the host"}, 1: {prohibited, "administratively prohibited"},
	2: {noWay, "beyond the scope of the source address"}, 3: {noWay, "address unreachable"},
	4: {portUnreachable, "port unreachable"},
	5: {prohibited, "the source address is against a policy"}, 6: {prohibited, "the route rejects it"},
}

// readICMP tells what an ICMP error means, and how its RFC calls it.
func readICMP(e capture.ICMPError) (unreached, string) {
	code := int(e.Code)
	switch {
	case e.Type == icmpUnreachable && code < len(unreachableCodes):
		return unreachableCodes[code].means, unreachableCodes[code].text
	case e.Type == icmpv6Unreachable && code < len(unreachable6Codes):
		return unreachable6Codes[code].means, unreachable6Codes[code].text
	case e.Type == icmpv6TooBig:
		return otherwise, "packet too big"
	}
	return otherwise, fmt.Sprintf("type %d, code %d", e.Type, e.Code)
}

// ICMPText gives what an ICMP error says, in the words of its RFC, such as
// "port unreachable".
func ICMPText(e capture.ICMPError) string {
	_, text := readICMP(e)
	return text
}

// unreachedBy tells what an ICMP error says about the connection as a whole.
func (v *view) unreachedBy() unreached {
	if v.Unreachable == 0 {
		return otherwise
	}
	means, _ := readICMP(v.ICMP)
	return means
}

// tooBig tells whether the ICMP error says that a packet does not fit (RFC
// 1191; in IPv6 RFC 4443, section 3.2).
func (v *view) tooBig() bool {
	const fragmentationNeeded = 4
	return v.Unreachable != 0 &&
		(v.ICMP.Type == icmpUnreachable && v.ICMP.Code == fragmentationNeeded || v.ICMP.Type == icmpv6TooBig)
}

// icmpRow is the evidence of the ICMP error.
func (v *view) icmpRow() Evidence {
	return Evidence{Packet: v.Unreachable, Label: "the answer was an ICMP error", Value: ICMPText(v.ICMP),
		Note: fmt.Sprintf("type %d, code %d, from %s", v.ICMP.Type, v.ICMP.Code, v.icmpSender())}
}

// icmpSender is who sent the ICMP error: the server's address, or a router's.
func (v *view) icmpSender() netip.Addr { return netip.AddrFrom16(v.ICMP.From).Unmap() }

// saidByServer tells whether the server's own address sent the ICMP error.
func (v *view) saidByServer() bool { return v.icmpSender() == v.Server.Addr().WithZone("") }

// prohibitedWords: an ICMP error says that a firewall forbids the connection.
func prohibitedWords(v *view) Diagnosis {
	port := v.Server.Port()
	d := Diagnosis{Certainty: Proven, Title: fmt.Sprintf("A firewall forbids connections to port %d of your server", port)}
	d.Evidence = []Evidence{v.synRow(), v.icmpRow()}
	if v.saidByServer() {
		d.Explanation = sentences("The packet reached the host, and a firewall on the host rejected it and said so.", v.viewersGet("502"))
		d.Fixes = []Fix{{Says: fmt.Sprintf("Look for the rule that rejects it, and let TCP to port %d in:", port), Command: "sudo nft list ruleset; sudo iptables -nvL"}}
		return d
	}
	d.Explanation = sentences(fmt.Sprintf("Not your server answered, but %s: a firewall or router before it, which has a rule against this packet.", v.icmpSender()),
		v.viewersGet("502"))
	d.Fixes = []Fix{{Says: fmt.Sprintf("Let TCP to port %d pass at %s.", port, v.icmpSender())}}
	return d
}

// noWayWords: an ICMP error says that the host cannot be reached.
func noWayWords(v *view) Diagnosis {
	d := Diagnosis{Certainty: Likely, Title: "The connection did not find the way to your server"}
	d.Evidence = []Evidence{v.synRow(), v.icmpRow()}
	server := v.Server.Addr().WithZone("").String()
	who := fmt.Sprintf("A router, %s,", v.icmpSender())
	if v.saidByServer() {
		who = "Your server's own address"
	}
	d.Explanation = sentences(who+" says that it cannot deliver the packet: it has no route to the host, or the host behind it is down. "+
		"Whether the port is open, this does not show.", v.viewersGet("502 or 504"))
	d.Fixes = []Fix{
		{Says: "Look whether what has this address is running: an instance, or a container or virtual machine to which this host passes connections on."},
		{Says: "Look which way leads to it, on the machine that said so:", Command: "ip route get " + server},
	}
	return d
}
