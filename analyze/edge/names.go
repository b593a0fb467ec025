package edge

import (
	"net/netip"
	"strings"
)

// maxHostName is the length of the longest host name in bytes, without a trailing
// dot (RFC 1035, section 2.3.4: 255 bytes on the wire).
const maxHostName = 253

// Covers tells whether one name of a certificate covers host, as RFC 6125,
// section 6.4.3 has it and CloudFront was seen to do it: letters match in either
// case, a wildcard is the whole leftmost label and stands for exactly one label,
// and one trailing dot of host is left out. An IP address is covered by no name.
//
// Both are compared as ASCII, so an internationalised name must be in its
// A-label form (xn--…) on both sides, as certificates and SNI have it.
func Covers(pattern, host string) bool {
	host = strings.TrimSuffix(host, ".")
	if !wellFormed(pattern) || !wellFormed(host) || isIP(host) {
		return false
	}
	if suffix, ok := strings.CutPrefix(pattern, "*."); ok {
		_, rest, _ := strings.Cut(host, ".")
		return equalFold(suffix, rest)
	}
	return equalFold(pattern, host)
}

// AnyCovers gives the first of names that covers host.
func AnyCovers(names []string, host string) (by string, ok bool) {
	for _, name := range names {
		if Covers(name, host) {
			return name, true
		}
	}
	return "", false
}

// wellFormed tells whether name is labels with single dots between them, none of
// them empty, with "*" nowhere but as the leftmost of several labels. What
// characters the labels are of does not matter for comparing.
func wellFormed(name string) bool {
	rest, wildcard := strings.CutPrefix(name, "*.")
	if wildcard && rest == "" || strings.IndexByte(rest, '*') >= 0 {
		return false
	}
	label := 0
	for i := range len(rest) {
		if rest[i] != '.' {
			label++
			continue
		}
		if label == 0 {
			return false
		}
		label = 0
	}
	return label > 0
}

// isIP tells whether host is an IP address, with or without the brackets of a URL.
func isIP(host string) bool {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		host = strings.TrimSuffix(inner, "]")
	}
	// ParseAddr makes an error for each name that is no address: names that
	// cannot be one are not worth the allocation.
	if strings.IndexByte(host, ':') < 0 && strings.Trim(host, "0123456789.") != "" {
		return false
	}
	_, err := netip.ParseAddr(host)
	return err == nil
}

// equalFold compares ASCII letters in either case and all other bytes exactly.
// strings.EqualFold would fold more: the Kelvin sign is no k in a host name.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// hostName brings a name into the form in which names are compared and shown:
// ASCII letters in lower case, without a trailing dot; "" for an IP address,
// which CloudFront takes neither as an origin domain nor as a viewer's name.
func hostName(s string) string {
	s = strings.TrimSuffix(strings.TrimSpace(s), ".")
	if isIP(s) {
		return ""
	}
	b := []byte(s)
	for i, c := range b {
		b[i] = lower(c)
	}
	return string(b)
}

// isCloudFrontName tells whether name, as hostName gives it, is one that
// CloudFront gives to a distribution: dxxxx.cloudfront.net. Viewers use such
// names; a host that is an origin has none of them.
func isCloudFrontName(name string) bool { return strings.HasSuffix(name, ".cloudfront.net") }
