package redact

import (
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// The extensions of certificates that are kept, or rewritten by their meaning,
// by their object identifiers in DER (RFC 5280, section 4.2). All others are
// overwritten, whatever they hold.
const (
	extSubjectKeyID       = "\x55\x1d\x0e"
	extKeyUsage           = "\x55\x1d\x0f"
	extSubjectAltName     = "\x55\x1d\x11"
	extIssuerAltName      = "\x55\x1d\x12"
	extBasicConstraints   = "\x55\x1d\x13"
	extNameConstraints    = "\x55\x1d\x1e"
	extCRLPoints          = "\x55\x1d\x1f"
	extPolicies           = "\x55\x1d\x20"
	extPolicyMappings     = "\x55\x1d\x21"
	extAuthorityKeyID     = "\x55\x1d\x23"
	extPolicyConstraints  = "\x55\x1d\x24"
	extExtendedKeyUsage   = "\x55\x1d\x25"
	extFreshestCRL        = "\x55\x1d\x2e"
	extInhibitAnyPolicy   = "\x55\x1d\x36"
	extAuthorityAccess    = "\x2b\x06\x01\x05\x05\x07\x01\x01"
	extSubjectAccess      = "\x2b\x06\x01\x05\x05\x07\x01\x0b"
	extTLSFeature         = "\x2b\x06\x01\x05\x05\x07\x01\x18"
	extSignedTimestamps   = "\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x02" // RFC 6962, section 3.3
	extPrecertificate     = "\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x03"
	prefixPoliciesOfForum = "\x67\x81\x0c" // 2.23.140, of the CA/Browser Forum
	prefixOfX500          = "\x55\x1d"
)

// certificateExtensions rewrites the extensions of a certificate.
func (r *Redactor) certificateExtensions(list cryptobyte.String) bool {
	for !list.Empty() {
		var ext, oid, value cryptobyte.String
		if !list.ReadASN1(&ext, asn1.SEQUENCE) || !ext.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) ||
			!ext.SkipOptionalASN1(asn1.BOOLEAN) || !ext.ReadASN1(&value, asn1.OCTET_STRING) {
			return false
		}
		if !r.certificateExtension(string(oid), value) {
			r.scrub(value, 0)
		}
	}
	return true
}

// certificateExtension rewrites one extension. It is false where the extension
// is of another form than its RFC says.
func (r *Redactor) certificateExtension(oid string, value []byte) bool {
	s := cryptobyte.String(value)
	var inner cryptobyte.String
	switch oid {
	case extKeyUsage, extBasicConstraints, extPolicyConstraints, extExtendedKeyUsage, extInhibitAnyPolicy,
		extTLSFeature, extPrecertificate:
		return true
	case extSubjectKeyID:
		if !s.ReadASN1(&inner, asn1.OCTET_STRING) {
			return false
		}
		r.key.noise("key identifier", inner)
		return true
	case extAuthorityKeyID:
		return s.ReadASN1(&inner, asn1.SEQUENCE) && r.authorityKeyID(inner)
	case extSubjectAltName, extIssuerAltName:
		return s.ReadASN1(&inner, asn1.SEQUENCE) && r.generalNames(inner)
	case extAuthorityAccess, extSubjectAccess, extCRLPoints, extFreshestCRL:
		return r.locations(value, 0)
	case extPolicies, extPolicyMappings:
		return r.policies(value, 0)
	case extNameConstraints:
		return s.ReadASN1(&inner, asn1.SEQUENCE) && r.nameConstraints(inner)
	case extSignedTimestamps:
		if !s.ReadASN1(&inner, asn1.OCTET_STRING) {
			return false
		}
		r.timestamps(inner)
		return true
	}
	return false
}

// authorityKeyID rewrites keyIdentifier, authorityCertIssuer and
// authorityCertSerialNumber (RFC 5280, section 4.2.1.1), as they are rewritten
// in the certificate that they are about.
func (r *Redactor) authorityKeyID(b cryptobyte.String) bool {
	for !b.Empty() {
		var value cryptobyte.String
		var tag asn1.Tag
		if !b.ReadAnyASN1(&value, &tag) {
			return false
		}
		switch tag &^ 0xe0 {
		case 0:
			r.key.noise("key identifier", value)
		case 1:
			if !r.generalNames(value) {
				return false
			}
		case 2:
			r.serial(value, "")
		}
	}
	return true
}

// locations rewrites the places in DER that may hold GeneralNames, at any depth:
// those of revocation lists and of the issuer's certificate.
func (r *Redactor) locations(b cryptobyte.String, depth int) bool {
	for !b.Empty() {
		var value cryptobyte.String
		var tag asn1.Tag
		if depth == maxDepth || !b.ReadAnyASN1(&value, &tag) {
			return false
		}
		const context, constructed = 0x80, 0x20
		switch {
		case tag&context != 0 && tag&constructed == 0, tag == asn1.Tag(4).ContextSpecific().Constructed():
			r.generalName(tag, value)
		case tag&constructed != 0:
			if !r.locations(value, depth+1) {
				return false
			}
		case tag != asn1.OBJECT_IDENTIFIER:
			r.scrub(value, 0)
		}
	}
	return true
}

// policies rewrites the numbers of policies that an authority has to itself, and
// the texts beside them.
func (r *Redactor) policies(b cryptobyte.String, depth int) bool {
	for !b.Empty() {
		var value cryptobyte.String
		var tag asn1.Tag
		if depth == maxDepth || !b.ReadAnyASN1(&value, &tag) {
			return false
		}
		const constructed = 0x20
		switch {
		case tag&constructed != 0:
			if !r.policies(value, depth+1) {
				return false
			}
		case tag == asn1.OBJECT_IDENTIFIER:
			r.policy(value)
		case tag == asn1.IA5String:
			copy(value, r.webAddress(string(value)))
		case tag == asn1.INTEGER:
		default:
			r.attribute(nil, tag, value)
		}
	}
	return true
}

// policy replaces the number of a policy, unless it is one that all authorities
// use, or that of a qualifier (RFC 5280, section 4.2.1.4).
func (r *Redactor) policy(oid []byte) {
	text := string(oid)
	const qualifiers = "\x2b\x06\x01\x05\x05\x07\x02"
	for _, prefix := range []string{prefixPoliciesOfForum, prefixOfX500, qualifiers} {
		if len(text) >= len(prefix) && text[:len(prefix)] == prefix {
			return
		}
	}
	pick := r.key.derive(len(oid), "policy", text)
	for i := 1; i < len(oid); i++ {
		oid[i] = 1 + pick[i]%126 // an arc of one byte
	}
}

// nameConstraints rewrites the subtrees of an authority (RFC 5280, section
// 4.2.1.10). Names keep their relation to those of certificates. Ranges of
// addresses cannot: where some are permitted, all are afterwards, and where some
// are excluded, one that nobody has.
func (r *Redactor) nameConstraints(b cryptobyte.String) bool {
	for !b.Empty() {
		var subtrees cryptobyte.String
		var tag asn1.Tag
		if !b.ReadAnyASN1(&subtrees, &tag) {
			return false
		}
		permitted := tag&^0xe0 == 0
		for !subtrees.Empty() {
			var subtree, value cryptobyte.String
			var kind asn1.Tag
			if !subtrees.ReadASN1(&subtree, asn1.SEQUENCE) || !subtree.ReadAnyASN1(&value, &kind) {
				return false
			}
			switch kind &^ 0xe0 {
			case 1, 2, 6:
				copy(value, r.constrainedName(string(value)))
			case 7:
				fill(value, 0xff)
				if permitted {
					fill(value, 0)
				}
			default:
				r.generalName(kind, value)
			}
		}
	}
	return true
}

// constrainedName replaces a name of a subtree, which may begin with a dot or,
// for mail, have something before an @.
func (r *Redactor) constrainedName(s string) string {
	if len(s) > 0 && s[0] == '.' {
		return "." + r.Name(s[1:])
	}
	for i := range len(s) {
		if s[i] == '@' {
			return r.mailAddress(s)
		}
	}
	return r.Name(s)
}
