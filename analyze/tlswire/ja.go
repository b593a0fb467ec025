package tlswire

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
)

// JA3 gives the fingerprint of the client as Salesforce defined it: the MD5, in
// hexadecimal, of version, cipher suites, extensions, groups and point formats
// in wire order, GREASE left out. It means nothing for a hello that was cut.
func (h ClientHello) JA3() string {
	b := make([]byte, 0, 512)
	b = strconv.AppendUint(b, uint64(h.LegacyVersion), 10)
	b = append(b, ',')
	b = appendJA3(b, h.CipherSuites)
	b = append(b, ',')
	b = appendJA3(b, h.extensionTypes())
	b = append(b, ',')
	b = appendJA3(b, h.Groups)
	b = append(b, ',')
	for i, format := range h.ECPointFormats {
		if i > 0 {
			b = append(b, '-')
		}
		b = strconv.AppendUint(b, uint64(format), 10)
	}
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}

// JA4 gives the fingerprint of the client as FoxIO defined it (JA4 alone; the
// other fingerprints of its family have another licence). GREASE is left out,
// and the order of cipher suites and extensions does not count. It means
// nothing for a hello that was cut.
func (h ClientHello) JA4() string {
	extensions := withoutGREASE(h.extensionTypes())
	suites := withoutGREASE(h.CipherSuites)
	b := append(make([]byte, 0, 36), 't')
	b = append(b, h.ja4Version()...)
	if slices.Contains(extensions, ExtServerName) {
		b = append(b, 'd')
	} else {
		b = append(b, 'i')
	}
	b = appendCount(b, len(suites))
	b = appendCount(b, len(extensions))
	b = append(b, h.ja4ALPN()...)

	slices.Sort(suites)
	b = append(b, '_')
	b = appendHash(b, appendHex(nil, suites))

	extensions = slices.DeleteFunc(extensions, func(t ExtensionType) bool {
		return t == ExtServerName || t == ExtALPN
	})
	slices.Sort(extensions)
	list := appendHex(nil, extensions)
	if schemes := withoutGREASE(h.SignatureSchemes); len(list) > 0 && len(schemes) > 0 {
		list = appendHex(append(list, '_'), schemes)
	}
	b = append(b, '_')
	return string(appendHash(b, list))
}

// ja4Version gives the two characters for the highest version by number.
func (h ClientHello) ja4Version() string {
	var highest Version
	for _, v := range h.Versions() {
		if !IsGREASE(uint16(v)) {
			highest = max(highest, v)
		}
	}
	switch highest {
	case TLS13:
		return "13"
	case TLS12:
		return "12"
	case TLS11:
		return "11"
	case TLS10:
		return "10"
	case SSL30:
		return "s3"
	case SSL20:
		return "s2"
	}
	return "00"
}

// ja4ALPN gives the first and the last character of the first protocol, or of
// its bytes in hexadecimal where one of the two is no ASCII letter or digit.
func (h ClientHello) ja4ALPN() string {
	if len(h.ALPN) == 0 || h.ALPN[0] == "" {
		return "00"
	}
	name := h.ALPN[0]
	first, last := name[0], name[len(name)-1]
	if isAlphanumeric(first) && isAlphanumeric(last) {
		return string([]byte{first, last})
	}
	const digits = "0123456789abcdef"
	return string([]byte{digits[first>>4], digits[last&0xf]})
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

func (h ClientHello) extensionTypes() []ExtensionType {
	types := make([]ExtensionType, len(h.Extensions))
	for i, e := range h.Extensions {
		types[i] = e.Type
	}
	return types
}

// withoutGREASE gives a copy of list without the GREASE values.
func withoutGREASE[T ~uint16](list []T) []T {
	kept := make([]T, 0, len(list))
	for _, v := range list {
		if !IsGREASE(uint16(v)) {
			kept = append(kept, v)
		}
	}
	return kept
}

// appendJA3 appends list in decimal, with hyphens, GREASE left out.
func appendJA3[T ~uint16](b []byte, list []T) []byte {
	start := len(b)
	for _, v := range list {
		if IsGREASE(uint16(v)) {
			continue
		}
		if len(b) > start {
			b = append(b, '-')
		}
		b = strconv.AppendUint(b, uint64(v), 10)
	}
	return b
}

// appendHex appends list in four hexadecimal digits each, with commas.
func appendHex[T ~uint16](b []byte, list []T) []byte {
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = hex.AppendEncode(b, []byte{byte(v >> 8), byte(v)})
	}
	return b
}

// appendHash appends the first twelve digits of list's SHA-256, or zeros for an
// empty list.
func appendHash(b, list []byte) []byte {
	if len(list) == 0 {
		return append(b, "000000000000"...)
	}
	sum := sha256.Sum256(list)
	return hex.AppendEncode(b, sum[:6])
}

// appendCount appends n in two digits; what is above 99 is 99.
func appendCount(b []byte, n int) []byte {
	n = min(n, 99)
	return append(b, byte('0'+n/10), byte('0'+n%10))
}
