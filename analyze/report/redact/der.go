package redact

import (
	"bytes"
	"errors"
	"net/netip"
	"unicode/utf16"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Everything here rewrites DER in place, each value by one as long, so that no
// length around it changes.

// errForm is for a certificate that is not built as RFC 5280 has it, although
// crypto/x509 reads it.
var errForm = errors.New("a certificate is of a form that cannot be re-issued")

// parts are the places in a certificate that re-issuing is about (RFC 5280,
// section 4.1). All are views of its DER.
type parts struct {
	tbs        []byte // tbsCertificate, with its header
	serial     []byte
	issuer     []byte // the Name, with its header
	subject    []byte
	key        []byte // subjectPublicKey, without the count of unused bits
	unique     [][]byte
	extensions cryptobyte.String // the SEQUENCE's content
	signature  []byte            // signatureValue, without the count of unused bits
}

// takeParts finds the places.
func takeParts(der []byte) (p parts, ok bool) {
	var body, tbs, algorithm, bits, rest cryptobyte.String
	s := cryptobyte.String(der)
	if !s.ReadASN1(&body, asn1.SEQUENCE) || !body.ReadASN1Element(&tbs, asn1.SEQUENCE) ||
		!body.ReadASN1(&algorithm, asn1.SEQUENCE) || !body.ReadASN1(&bits, asn1.BIT_STRING) || len(bits) == 0 {
		return p, false
	}
	p.tbs, p.signature = tbs, bits[1:]
	var serial, issuer, subject, validity, info, key cryptobyte.String
	explicit := asn1.Tag(0).ContextSpecific().Constructed()
	if !tbs.ReadASN1(&rest, asn1.SEQUENCE) || !rest.SkipOptionalASN1(explicit) ||
		!rest.ReadASN1(&serial, asn1.INTEGER) || !rest.SkipASN1(asn1.SEQUENCE) ||
		!rest.ReadASN1Element(&issuer, asn1.SEQUENCE) || !rest.ReadASN1(&validity, asn1.SEQUENCE) ||
		!rest.ReadASN1Element(&subject, asn1.SEQUENCE) || !rest.ReadASN1(&info, asn1.SEQUENCE) ||
		!info.SkipASN1(asn1.SEQUENCE) || !info.ReadASN1(&key, asn1.BIT_STRING) || len(key) == 0 {
		return p, false
	}
	p.serial, p.issuer, p.subject, p.key = serial, issuer, subject, key[1:]
	for !rest.Empty() {
		var value cryptobyte.String
		var tag asn1.Tag
		if !rest.ReadAnyASN1(&value, &tag) {
			return p, false
		}
		if tag == asn1.Tag(3).ContextSpecific().Constructed() {
			if !value.ReadASN1(&p.extensions, asn1.SEQUENCE) {
				return p, false
			}
			continue
		}
		p.unique = append(p.unique, value)
	}
	return p, true
}

// serial replaces a number of a certificate; it stays positive, and as DER has it.
func (r *Redactor) serial(b []byte, try string) {
	if len(b) == 0 {
		return
	}
	pick := r.key.derive(len(b), "serial", string(b), try)
	padded := b[0] == 0 && len(b) > 1
	copy(b, pick)
	if b[0] = b[0]&0x7f | 1; padded {
		b[0], b[1] = 0, b[1]|0x80
	}
}

// distinguishedName replaces the values of a Name (RFC 5280, section 4.1.2.4),
// with its header. It is false where b is none; then it may be half replaced.
func (r *Redactor) distinguishedName(b []byte) bool {
	s := cryptobyte.String(b)
	var name cryptobyte.String
	if !s.ReadASN1(&name, asn1.SEQUENCE) || !s.Empty() {
		return false
	}
	for !name.Empty() {
		var set cryptobyte.String
		if !name.ReadASN1(&set, asn1.SET) {
			return false
		}
		for !set.Empty() {
			var pair, oid, value cryptobyte.String
			var tag asn1.Tag
			if !set.ReadASN1(&pair, asn1.SEQUENCE) || !pair.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) ||
				!pair.ReadAnyASN1(&value, &tag) {
				return false
			}
			r.attribute(oid, tag, value)
		}
	}
	return true
}

// Attribute types whose values need another treatment than words.
var (
	oidCommonName = []byte{0x55, 4, 3}
	oidCountry    = []byte{0x55, 4, 6}
	oidEmail      = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1}
)

// asn1BMPString and asn1UniversalString are characters of two and of four bytes.
const (
	asn1BMPString       = asn1.Tag(30)
	asn1UniversalString = asn1.Tag(28)
	asn1NumericString   = asn1.Tag(18)
)

// attribute replaces one value of a distinguished name.
func (r *Redactor) attribute(oid []byte, tag asn1.Tag, value []byte) {
	switch tag {
	case asn1.UTF8String, asn1.PrintableString, asn1.IA5String, asn1.T61String, asn1NumericString:
		copy(value, r.attributeText(oid, string(value)))
	case asn1BMPString:
		units := make([]uint16, len(value)/2)
		for i := range units {
			units[i] = uint16(value[2*i])<<8 | uint16(value[2*i+1])
		}
		text := string(utf16.Decode(units))
		if len(text) != len(units) { // not ASCII alone
			text = string(value[:len(units)])
		}
		for i, c := range []byte(r.attributeText(oid, text)) {
			value[2*i], value[2*i+1] = 0, c
		}
	case asn1UniversalString:
		r.key.noise("attribute", value)
		for i := range value {
			if value[i] = 'a' + value[i]%26; i%4 != 3 {
				value[i] = 0
			}
		}
	default:
		r.scrub(value, 0)
	}
}

// attributeText replaces the text of an attribute.
func (r *Redactor) attributeText(oid []byte, s string) string {
	switch {
	case bytes.Equal(oid, oidCountry):
		return string(bytes.Repeat([]byte("X"), len(s))) // XX is nobody's (ISO 3166)
	case bytes.Equal(oid, oidEmail):
		return r.mailAddress(s)
	case bytes.Equal(oid, oidCommonName) && isPlainName(s):
		return r.Name(s)
	}
	to := r.pseudonym(s)
	r.learnPhrase(s, to)
	return to
}

// generalNames replaces the names of a GeneralNames (RFC 5280, section 4.2.1.6)
// without its header.
func (r *Redactor) generalNames(b []byte) bool {
	for s := cryptobyte.String(b); !s.Empty(); {
		var value cryptobyte.String
		var tag asn1.Tag
		if !s.ReadAnyASN1(&value, &tag) {
			return false
		}
		r.generalName(tag, value)
	}
	return true
}

// generalName replaces one GeneralName.
func (r *Redactor) generalName(tag asn1.Tag, value []byte) {
	switch tag &^ 0xe0 {
	case 1:
		copy(value, r.mailAddress(string(value)))
	case 2:
		copy(value, r.Name(string(value)))
	case 4:
		if !r.distinguishedName(value) {
			r.scrub(value, 0)
		}
	case 6:
		copy(value, r.webAddress(string(value)))
	case 7:
		if a, ok := netip.AddrFromSlice(value); ok {
			copy(value, r.Addr(a).AsSlice())
		} else {
			r.key.noise("address", value)
		}
	case 8: // registeredID, a public number
	default:
		r.scrub(value, 0)
	}
}

// maxDepth bounds how deep DER of an unknown form is followed.
const maxDepth = 16

// scrub overwrites whatever could say something in DER of an unknown form:
// texts, bytes and numbers. What is no DER is overwritten as a whole.
func (r *Redactor) scrub(b []byte, depth int) {
	probe := cryptobyte.String(b)
	for !probe.Empty() {
		var value cryptobyte.String
		var tag asn1.Tag
		if !probe.ReadAnyASN1(&value, &tag) || depth == maxDepth {
			r.key.noise("unknown", b)
			return
		}
	}
	for s := cryptobyte.String(b); !s.Empty(); {
		var value cryptobyte.String
		var tag asn1.Tag
		s.ReadAnyASN1(&value, &tag)
		const constructed = 0x20
		switch {
		case tag&constructed != 0:
			r.scrub(value, depth+1)
		case tag == asn1.BOOLEAN, tag == asn1.NULL, tag == asn1.OBJECT_IDENTIFIER, tag == asn1.ENUM,
			tag == asn1.UTCTime, tag == asn1.GeneralizedTime:
		case tag == asn1.INTEGER:
			r.serial(value, "")
		case tag == asn1.BIT_STRING && len(value) > 0:
			r.key.noise("unknown", value[1:])
		case tag == asn1BMPString, tag == asn1.UTF8String, tag == asn1.PrintableString, tag == asn1.IA5String,
			tag == asn1.T61String, tag == asn1NumericString:
			r.attribute(nil, tag, value)
		case len(value) > 0 && tag&0xc0 != 0:
			copy(value, r.wordsOnce(string(value), "unknown"))
		default:
			r.key.noise("unknown", value)
		}
	}
}
