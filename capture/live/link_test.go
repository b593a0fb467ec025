//go:build cgo && linux

package live

import (
	"errors"
	"net"
	"testing"
	"time"

	"github.com/google/gopacket/layers"
	"golang.org/x/sys/unix"

	"sniwatch/capture"
	"sniwatch/pcaps/netns/netnstest"
)

// TestDefaultFilter makes connections over IPv4 and IPv6 and is told by ICMP
// that there is no way to another: all of it is let through, port 80 is not.
func TestDefaultFilter(t *testing.T) {
	origin, edge := netnstest.Wired(t, `ip addr add 192.0.2.1/24 dev wire
		ip addr add 2001:db8::1/64 dev wire nodad
		sysctl -qw net.ipv4.ip_forward=1
		ip route add unreachable 203.0.113.0/24`,
		`ip addr add 192.0.2.2/24 dev wire
		ip addr add 2001:db8::2/64 dev wire nodad
		ip route add 203.0.113.0/24 via 192.0.2.1`)
	listen(t, origin, ":443", ":80")

	h := openIn(t, origin, Options{Interface: "wire"})
	err := edge.Do(func() error {
		for _, address := range []string{"192.0.2.1:80", "192.0.2.1:443", "[2001:db8::1]:80", "[2001:db8::1]:443"} {
			conn, err := net.DialTimeout("tcp", address, 5*time.Second)
			if err != nil {
				return err
			}
			conn.Close()
		}
		if conn, err := net.DialTimeout("tcp", "203.0.113.1:443", time.Second); err == nil {
			conn.Close()
			return errors.New("connected to an address that cannot be reached")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	checkSeen(t, "origin", readSYNs(t, h), "SYN to 192.0.2.1", "SYN to 2001:db8::1",
		"SYN to 203.0.113.1", "ICMP error about 203.0.113.1")
}

// TestVLANTags sends frames with a VLAN tag. On the way in, Linux takes the tag
// off and keeps it beside the packet; on the way out the capture sees it in the
// packet. The default filter lets both through, and libpcap puts the tag back.
func TestVLANTags(t *testing.T) {
	origin, edge := netnstest.Wired(t, "", "")
	ends := map[string]*Handle{
		"way in":  openIn(t, origin, Options{Interface: "wire"}),
		"way out": openIn(t, edge, Options{Interface: "wire"}),
	}
	send(t, edge,
		frame(t, ethernetVLAN, tagIPv4, ipv4(layers.IPProtocolTCP), tcp(40000, 443)),
		frame(t, ethernetVLAN, tagIPv6, ipv6(layers.IPProtocolTCP), tcp(40000, 443)),
		frame(t, ethernetVLAN, tagIPv4, ipv4(layers.IPProtocolTCP), tcp(40000, 80)),
		frame(t, ethernetVLAN, tagIPv4, ipv4(layers.IPProtocolICMPv4), icmp(3), ipv4(layers.IPProtocolTCP), tcp(40000, 443)),
		frame(t, ethernetVLAN, tagIPv6, ipv6(layers.IPProtocolICMPv6), icmpv6(2), ipv6(layers.IPProtocolTCP), tcp(40000, 443)),
		frame(t, ethernetIPv4, ipv4(layers.IPProtocolTCP), tcp(40000, 443)))
	for end, h := range ends {
		checkSeen(t, end, readSYNs(t, h),
			"tagged SYN to 192.0.2.2", "tagged SYN to 2001:db8::2", "tagged ICMP error about 192.0.2.2",
			"tagged ICMP error about 2001:db8::2", "SYN to 192.0.2.2")
	}
}

func checkSeen(t *testing.T, where string, seen map[string]bool, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !seen[want] {
			t.Errorf("%s: not seen: %s", where, want)
		}
		delete(seen, want)
	}
	for other := range seen {
		t.Errorf("%s: seen: %s", where, other)
	}
}

// send sends whole frames over the wire.
func send(t *testing.T, n netnstest.Namespace, frames ...[]byte) {
	t.Helper()
	err := n.Do(func() error {
		wire, err := net.InterfaceByName("wire")
		if err != nil {
			return err
		}
		socket, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
		if err != nil {
			return err
		}
		defer unix.Close(socket)
		for _, data := range frames {
			if err := unix.Sendto(socket, data, 0, &unix.SockaddrLinklayer{Ifindex: wire.Index}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// listen accepts connections in the namespace until the test ends.
func listen(t *testing.T, n netnstest.Namespace, addresses ...string) {
	t.Helper()
	err := n.Do(func() error {
		for _, address := range addresses {
			listener, err := net.Listen("tcp", address)
			if err != nil {
				return err
			}
			t.Cleanup(func() { listener.Close() })
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// readSYNs reads until nothing more comes and tells to which addresses there
// were SYNs and ICMP errors, and which of them had a VLAN tag.
func readSYNs(t *testing.T, h *Handle) map[string]bool {
	t.Helper()
	seen := map[string]bool{}
	var decoder capture.Decoder
	for idle := 0; idle < 2; { // one tick may come between packets
		var p capture.Packet
		if err := h.Next(&p); errors.Is(err, ErrTick) {
			idle++
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		idle = 0
		tag := ""
		if p.Data[12] == 0x81 && p.Data[13] == 0 {
			tag = "tagged "
		}
		var s capture.Segment
		switch kind := decoder.Decode(&p, &s); {
		case kind == capture.Unreachable:
			seen[tag+"ICMP error about "+s.Dst.AddrPort().Addr().String()] = true
		case kind != capture.TCP || s.Src.Port != 443 && s.Dst.Port != 443:
			t.Errorf("packet %d: kind %d, ports %d and %d", p.Number, kind, s.Src.Port, s.Dst.Port)
		case s.Flags.Has(capture.SYN) && s.Dst.Port == 443:
			seen[tag+"SYN to "+s.Dst.AddrPort().Addr().String()] = true
		}
	}
	return seen
}

func TestAnyInterface(t *testing.T) {
	n := netnstest.New(t)
	h := openIn(t, n, Options{Interface: "any"})
	if h.LinkType() != capture.LinkSLL && h.LinkType() != capture.LinkSLL2 {
		t.Errorf("link type %s", h.LinkType())
	}
	listen(t, n, ":443")
	err := n.Do(func() error {
		conn, err := net.Dial("tcp", "127.0.0.1:443")
		if err == nil {
			conn.Close()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var p capture.Packet
	nextPacket(t, h, &p)
	var s capture.Segment
	if kind := new(capture.Decoder).Decode(&p, &s); kind != capture.TCP || !s.Flags.Has(capture.SYN) {
		t.Errorf("the first packet is of kind %d", kind)
	}
}

// TestRawLink proves that the number of a live link type is that of files: a
// tunnel interface has DLT_RAW, 12, in libpcap and LINKTYPE_RAW, 101, in files.
func TestRawLink(t *testing.T) {
	n := netnstest.New(t)
	n.Sh(t, "ip tuntap add tunnel mode tun && ip link set tunnel up || true")
	var h *Handle
	err := n.Do(func() (err error) {
		h, err = Open(Options{Interface: "tunnel"})
		return err
	})
	var problem *Error
	if errors.As(err, &problem) && problem.Cause == NoSuchInterface {
		t.Skip("NOT TESTED: no tunnel interface can be made here")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer closeAndRelease(h)
	if h.LinkType() != capture.LinkRaw {
		t.Errorf("link type %s (%d)", h.LinkType(), h.LinkType())
	}
}

func TestInterfaceVanishes(t *testing.T) {
	origin, edge := netnstest.Wired(t, "", "")
	h := openIn(t, origin, Options{Interface: "wire"})
	edge.Sh(t, "ip link del wire")
	began := time.Now()
	err := origin.Do(func() error { // where the name of the interface can be looked up
		for {
			var p capture.Packet
			if err := h.Next(&p); err != nil && !errors.Is(err, ErrTick) {
				return err
			}
			if time.Since(began) > 5*time.Second {
				return errors.New("nothing was noticed")
			}
		}
	})
	var problem *Error
	if !errors.As(err, &problem) || problem.Cause != InterfaceGone || problem.Hint() == "" {
		t.Errorf("Next returned %v", err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %v to notice", took)
	}
	var p capture.Packet
	if again := h.Next(&p); again != err {
		t.Errorf("after that, Next returned %v", again)
	}
}
