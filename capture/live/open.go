//go:build cgo

package live

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/google/gopacket/pcap"

	"sniwatch/capture"
)

const maxBufferKiB = 2<<20 - 1 // libpcap counts bytes with an int

// How gopacket words libpcap's activation codes (pcap_activate(3)); its own
// type for them is not exported.
const (
	activateNoSuchDevice  = "No Such Device"               // PCAP_ERROR_NO_SUCH_DEVICE
	activateDenied        = "Permission Denied"            // PCAP_ERROR_PERM_DENIED
	activatePromiscDenied = "unknown activated error: -11" // PCAP_ERROR_PROMISC_PERM_DENIED
	activateNotUp         = "Interface Not Up"             // PCAP_ERROR_IFACE_NOT_UP
	activateNoPromisc     = "Cannot set as promisc"        // PCAP_WARNING_PROMISC_NOTSUP
)

// Open begins to capture. An error is an *Error where its cause is known.
func Open(o Options) (*Handle, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	source, err := activate(o, !o.NoPromiscuous && o.Interface != anyInterface)
	if err != nil && err.Error() == activateNoPromisc {
		// A warning of libpcap, but gopacket gives no handle then.
		source, err = activate(o, false)
	}
	if err != nil {
		return nil, openError(o.Interface, err)
	}
	link, err := linkType(source)
	if err != nil {
		source.Close()
		return nil, fmt.Errorf("%s: %w", o.Interface, err)
	}
	// libpcap refuses the word "vlan" where a link has no VLAN tags.
	expression := o.expression(link == capture.LinkEthernet)
	if err := setFilter(source, o.Filter, expression); err != nil {
		source.Close()
		return nil, err
	}
	return &Handle{name: o.Interface, expression: expression, link: link, source: source}, nil
}

// fill puts the defaults in and checks the ranges.
func (o *Options) fill() error {
	if o.SnapLen == 0 {
		o.SnapLen = DefaultSnapLen
	}
	if o.BufferKiB == 0 {
		o.BufferKiB = DefaultBufferKiB
	}
	switch {
	case o.Interface == "" || strings.ContainsRune(o.Interface, 0):
		return noSuchInterface(o.Interface)
	case o.SnapLen < 0 || o.SnapLen > DefaultSnapLen:
		return newError(BadOption, "", "snap length %d is not between 1 and %d bytes", o.SnapLen, DefaultSnapLen)
	case o.BufferKiB < 0 || o.BufferKiB > maxBufferKiB:
		return newError(BadOption, "", "buffer of %d KiB is not between 1 and %d", o.BufferKiB, maxBufferKiB)
	case strings.ContainsRune(o.Filter, 0):
		return badFilter(o.Filter, "it contains a NUL byte")
	}
	return nil
}

// activate opens the interface; with an error that is one of libpcap's codes,
// or one that libpcap has put into words.
func activate(o Options, promiscuous bool) (*pcap.Handle, error) {
	inactive, err := pcap.NewInactiveHandle(o.Interface)
	if err != nil {
		return nil, err
	}
	defer inactive.CleanUp()
	err = errors.Join(
		inactive.SetSnapLen(o.SnapLen),
		inactive.SetPromisc(promiscuous),
		inactive.SetTimeout(readTimeout),
		inactive.SetBufferSize(o.BufferKiB<<10),
	)
	if err != nil {
		return nil, err
	}
	return inactive.Activate() // asks for nanoseconds by itself
}

// setFilter has the user's part compiled alone first: the message is then about
// what the user wrote, and a parenthesis in it cannot pair with one of ours.
func setFilter(source *pcap.Handle, users, whole string) error {
	if _, err := source.CompileBPFFilter(users); err != nil {
		return badFilter(users, err.Error())
	}
	if err := source.SetBPFFilter(whole); err != nil {
		return badFilter(whole, err.Error())
	}
	return nil
}

// linkType finds the data link type of source. gopacket keeps only 8 bits of
// it; which of the interface's types ends in those 8 bits is looked up.
func linkType(source *pcap.Handle) (capture.LinkType, error) {
	low := int(source.LinkType())
	offered, err := source.ListDataLinks()
	if err != nil {
		return 0, err
	}
	found := -1
	for _, link := range offered {
		number := pcap.DatalinkNameToVal(link.Name)
		if number < 0 || number&0xff != low || number == found {
			continue
		}
		if found >= 0 {
			return 0, fmt.Errorf("link type %s or %s", pcap.DatalinkValToName(found), link.Name)
		}
		found = number
	}
	if found < 0 {
		found = low // a type that has no name
	}
	return fromDLT(found), nil
}

// fromDLT gives the number that files use for a number that libpcap uses in
// memory, where they differ on Linux (libpcap, pcap-common.c).
func fromDLT(number int) capture.LinkType {
	switch number {
	case 11: // DLT_ATM_RFC1483
		return 100
	case 12: // DLT_RAW
		return capture.LinkRaw
	case 15: // DLT_SLIP_BSDOS
		return 102
	case 16: // DLT_PPP_BSDOS
		return 103
	case 19: // DLT_ATM_CLIP
		return 106
	}
	return capture.LinkType(number)
}

func openError(name string, err error) error {
	code := err.Error()
	switch {
	case code == activateNoSuchDevice, (code == activateDenied || code == activatePromiscDenied) && !exists(name):
		return noSuchInterface(name)
	case code == activateDenied, code == activatePromiscDenied:
		return newError(NoPermission, permissionHint, "cannot capture on %s: permission denied", name)
	case code == activateNotUp:
		return newError(InterfaceDown, "sudo ip link set "+name+" up", "cannot capture on %s: the interface is down", name)
	}
	return newError(Other, "", "cannot capture on %s: %s", name, strings.TrimPrefix(code, "Error: "))
}

func noSuchInterface(name string) error {
	return newError(NoSuchInterface, interfacesHint(), "there is no interface %q", name)
}

// readError explains why a capture that ran cannot go on.
func readError(name string, err error) error {
	said := ""
	if err != nil {
		said = err.Error()
	}
	link, lookup := net.InterfaceByName(name)
	switch {
	case name == anyInterface:
	case lookup != nil || strings.Contains(said, "disappeared"):
		return newError(InterfaceGone, `the packets before that were kept; "-i any" goes on when interfaces come and go`,
			"%s vanished while it was being captured", name)
	case link.Flags&net.FlagUp == 0:
		return newError(InterfaceDown, "sudo ip link set "+name+" up", "%s was taken down while it was being captured", name)
	}
	return newError(Other, "", "capture on %s ended: %s", name, said)
}
