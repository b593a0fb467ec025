//go:build cgo

package live

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/google/gopacket/pcap"
)

// anyInterface is libpcap's name for all interfaces together, on Linux.
const anyInterface = "any"

// The flags of pcap_findalldevs(3).
const (
	flagLoopback = 1 << iota // PCAP_IF_LOOPBACK
	flagUp                   // PCAP_IF_UP
	flagRunning              // PCAP_IF_RUNNING
)

// Interfaces lists what can be captured from, in the order of tcpdump -D.
func Interfaces() ([]Interface, error) {
	devices, err := pcap.FindAllDevs()
	if err != nil {
		return nil, fmt.Errorf("list of interfaces: %w", err)
	}
	list := make([]Interface, 0, len(devices))
	for _, device := range devices {
		list = append(list, Interface{
			Name:        device.Name,
			Description: device.Description,
			Addresses:   addresses(device.Addresses),
			Up:          device.Flags&flagUp != 0,
			Running:     device.Flags&flagRunning != 0,
			Loopback:    device.Flags&flagLoopback != 0,
		})
	}
	return list, nil
}

func addresses(from []pcap.InterfaceAddress) []netip.Addr {
	var list []netip.Addr
	for _, address := range from {
		if ip, ok := netip.AddrFromSlice(address.IP); ok {
			list = append(list, ip)
		}
	}
	return list
}

// exists tells whether libpcap or the kernel knows an interface of that name.
func exists(name string) bool {
	if _, err := net.InterfaceByName(name); err == nil {
		return true
	}
	list, _ := Interfaces() // not to know is not to have it
	for _, known := range list {
		if known.Name == name {
			return true
		}
	}
	return false
}

// interfacesHint names the network interfaces there are. What else libpcap can
// read (USB, Bluetooth, netfilter) carries no TLS and is left out.
func interfacesHint() string {
	list, _ := Interfaces() // a hint less, where it fails
	var names []string
	for _, known := range list {
		if _, err := net.InterfaceByName(known.Name); err == nil || known.Name == anyInterface {
			names = append(names, known.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "there are: " + strings.Join(names, ", ")
}
