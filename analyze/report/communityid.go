package report

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"net/netip"
)

// protocolTCP is TCP's number in an IP header.
const protocolTCP = 6

// communityID gives the Community ID of a TCP connection, version 1 with the
// seed 0: the same string from either direction, and from Zeek, Suricata and
// tshark. Source: the specification "Community ID Flow Hashing" by Corelight.
func communityID(a, b netip.AddrPort) string {
	if c := a.Addr().Compare(b.Addr()); c > 0 || c == 0 && a.Port() > b.Port() {
		a, b = b, a
	}
	var buf [2 + 16 + 16 + 1 + 1 + 2 + 2]byte // the longest: both addresses IPv6
	in := append(buf[:0], 0, 0)               // the seed
	in = appendAddr(in, a.Addr())
	in = appendAddr(in, b.Addr())
	in = append(in, protocolTCP, 0) // and one byte of padding
	in = binary.BigEndian.AppendUint16(in, a.Port())
	in = binary.BigEndian.AppendUint16(in, b.Port())
	sum := sha1.Sum(in)

	var out [2 + 28]byte // base64 makes 28 characters of 20 bytes
	copy(out[:], "1:")
	base64.StdEncoding.Encode(out[2:], sum[:])
	return string(out[:])
}

// appendAddr appends the 4 or 16 bytes of an address.
func appendAddr(to []byte, a netip.Addr) []byte {
	if a = a.Unmap(); a.Is4() {
		four := a.As4()
		return append(to, four[:]...)
	}
	sixteen := a.As16()
	return append(to, sixteen[:]...)
}
