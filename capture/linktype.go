package capture

import "strconv"

// A LinkType says with which header a packet begins. The numbers are those of
// https://www.tcpdump.org/linktypes.html; a number without a name is kept.
type LinkType uint32

// The link types that Decode understands.
const (
	LinkNull      LinkType = 0   // BSD loopback: address family in the byte order of the capturing host
	LinkEthernet  LinkType = 1   // Ethernet, also 802.1Q
	LinkPPP       LinkType = 9   // PPP, with or without the HDLC address bytes
	LinkRawBSD    LinkType = 12  // IPv4 or IPv6; DLT_RAW of most systems
	LinkRawOBSD   LinkType = 14  // IPv4 or IPv6; DLT_RAW of OpenBSD
	LinkPPPSerial LinkType = 50  // PPP in HDLC-like framing (RFC 1662), or Cisco HDLC
	LinkPPPEther  LinkType = 51  // PPPoE session header (RFC 2516)
	LinkRaw       LinkType = 101 // IPv4 or IPv6
	LinkCHDLC     LinkType = 104 // Cisco HDLC
	LinkLoop      LinkType = 108 // OpenBSD loopback: address family in network byte order
	LinkSLL       LinkType = 113 // Linux "any" device
	LinkIPv4      LinkType = 228 // IPv4
	LinkIPv6      LinkType = 229 // IPv6
	LinkSLL2      LinkType = 276 // Linux "any" device with the interface index
)

// linkNames are the names that tcpdump -L prints, also of common link types
// that Decode does not understand: the report must be able to name them.
var linkNames = map[LinkType]string{
	LinkNull:      "NULL",
	LinkEthernet:  "EN10MB",
	6:             "IEEE802",
	7:             "ARCNET",
	8:             "SLIP",
	LinkPPP:       "PPP",
	10:            "FDDI",
	LinkRawBSD:    "RAW",
	LinkRawOBSD:   "RAW",
	LinkPPPSerial: "PPP_SERIAL",
	LinkPPPEther:  "PPP_ETHER",
	100:           "ATM_RFC1483",
	LinkRaw:       "RAW",
	LinkCHDLC:     "C_HDLC",
	105:           "IEEE802_11",
	107:           "FRELAY",
	LinkLoop:      "LOOP",
	109:           "ENC",
	LinkSLL:       "LINUX_SLL",
	117:           "PFLOG",
	119:           "PRISM_HEADER",
	122:           "IP_OVER_FC",
	127:           "IEEE802_11_RADIO",
	140:           "MTP2",
	141:           "MTP3",
	142:           "SCCP",
	143:           "DOCSIS",
	187:           "BLUETOOTH_HCI_H4",
	189:           "USB_LINUX",
	192:           "PPI",
	195:           "IEEE802_15_4_WITHFCS",
	201:           "BLUETOOTH_HCI_H4_WITH_PHDR",
	204:           "PPP_WITH_DIR",
	220:           "USB_LINUX_MMAPPED",
	227:           "CAN_SOCKETCAN",
	LinkIPv4:      "IPV4",
	LinkIPv6:      "IPV6",
	230:           "IEEE802_15_4_NOFCS",
	231:           "DBUS",
	239:           "NFLOG",
	249:           "USBPCAP",
	253:           "NETLINK",
	258:           "PKTAP",
	LinkSLL2:      "LINUX_SLL2",
}

// String gives tcpdump's name without the DLT_ in front, or "DLT 147".
func (t LinkType) String() string {
	if name, ok := linkNames[t]; ok {
		return name
	}
	return "DLT " + strconv.FormatUint(uint64(t), 10)
}
