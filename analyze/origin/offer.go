package origin

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
)

// An Offer is what the ClientHello accepts, with the numbers of the TLS
// registries, GREASE and all. nil stands for what CloudFront offers to origins.
// An empty list stands for an extension that was not sent: it forbids nothing.
type Offer struct {
	SignatureSchemes []uint16 // of signature_algorithms
	CipherSuites     []uint16
	Groups           []uint16 // of supported_groups
	Versions         []uint16 // of supported_versions, else the legacy version
}

// cloudFrontOffer is the form that CloudFront sends since 2025 (policy
// CloudFront-Upstream-2025 of its TLS library, docs/cloudfront.md).
var cloudFrontOffer = Offer{
	Versions: []uint16{0x0304, 0x0303},
	CipherSuites: []uint16{0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xc023, 0xc027, 0xc024, 0xc028,
		0xc009, 0xc013, 0xc00a, 0xc014, 0x009c, 0x009d, 0x003c, 0x002f, 0x0035, 0x000a},
	Groups: []uint16{0x0017, 0x001d, 0x0018},
	SignatureSchemes: []uint16{0x0403, 0x0503, 0x0603, 0x0303, 0x0809, 0x080a, 0x080b, 0x0804, 0x0805, 0x0806,
		0x0401, 0x0501, 0x0601, 0x0301, 0x0201, 0x0203},
}

// A keyKind is what matters of a certificate's key for TLS.
type keyKind uint8

const (
	otherKey keyKind = iota
	rsaKey
	ecdsaKey
	ed25519Key
)

func kindOf(c *x509.Certificate) keyKind {
	switch c.PublicKey.(type) {
	case *rsa.PublicKey:
		return rsaKey
	case *ecdsa.PublicKey:
		return ecdsaKey
	case ed25519.PublicKey:
		return ed25519Key
	}
	return otherKey
}

// A key is a kind of key as a server's certificate may have it.
type key struct {
	name    string // as KeyText has it, of RSA without the size
	kind    keyKind
	group   uint16   // of supported_groups, that a curve needs; 0: none
	schemes []uint16 // of signature_algorithms, that it can sign with (RFC 8446, section 4.2.3)
}

// keys are those that TLS has a use for. The schemes of TLS 1.2 with SHA-1 are
// among theirs: they forbid no key.
var keys = []key{
	{"RSA", rsaKey, 0, []uint16{0x0201, 0x0301, 0x0401, 0x0501, 0x0601, 0x0804, 0x0805, 0x0806}},
	{"ECDSA P-224", ecdsaKey, 0x0015, ecdsaSchemes},
	{"ECDSA P-256", ecdsaKey, 0x0017, ecdsaSchemes},
	{"ECDSA P-384", ecdsaKey, 0x0018, ecdsaSchemes},
	{"ECDSA P-521", ecdsaKey, 0x0019, ecdsaSchemes},
	{"Ed25519", ed25519Key, 0, []uint16{0x0807}},
}

var ecdsaSchemes = []uint16{0x0203, 0x0303, 0x0403, 0x0503, 0x0603}

// ecdsaSuites are the cipher suites before TLS 1.3 whose server signs with
// ECDSA or EdDSA: those of IANA's registry named TLS_ECDHE_ECDSA_….
var ecdsaSuites = []uint16{0xc006, 0xc007, 0xc008, 0xc009, 0xc00a, 0xc023, 0xc024, 0xc02b, 0xc02c,
	0xc048, 0xc049, 0xc05c, 0xc05d, 0xc072, 0xc073, 0xc086, 0xc087, 0xc0ac, 0xc0ad, 0xc0ae, 0xc0af, 0xcca9}

// Kinds names the kinds of key that the offer allows, separated by commas:
// "RSA,ECDSA P-256". Inspect says the same of a chain for two offers, neither of
// them nil, that have the same Kinds.
func (o *Offer) Kinds() string {
	var names []string
	for _, k := range keys {
		if o.orCloudFront().allows(k) {
			names = append(names, k.name)
		}
	}
	return strings.Join(names, ",")
}

// refuses tells, as a rule in words, why a server cannot use c's key for this
// client; "" where it can. Such a server ends the handshake with alert 40.
func (o *Offer) refuses(c *x509.Certificate) string {
	name, kind := KeyText(c), kindOf(c)
	fits := func(k key) bool {
		return k.kind == kind && (k.name == name || kind == rsaKey) && o.orCloudFront().allows(k)
	}
	switch {
	case slices.ContainsFunc(keys, fits):
		return ""
	case o == nil:
		return fmt.Sprintf("its key is %s, which CloudFront does not offer", name)
	}
	return fmt.Sprintf("its key is %s, which the client does not offer", name)
}

func (o *Offer) orCloudFront() *Offer {
	if o == nil {
		return &cloudFrontOffer
	}
	return o
}

// allows tells whether a server can use a certificate with a key such as k. Up
// to TLS 1.2 the groups limit the curves of certificates, too (RFC 8422, section
// 5.1.1). In TLS 1.3 the scheme says the curve, but CloudFront is not known to
// take one that is not among its groups.
func (o *Offer) allows(k key) bool {
	return anyOf(o.SignatureSchemes, k.schemes) && o.allowsSuite(k.kind) &&
		(k.group == 0 || len(o.Groups) == 0 || slices.Contains(o.Groups, k.group))
}

// allowsSuite tells whether one of the suites can be used with a key of kind.
// Those of TLS 1.3 go with every key; those before it that do not sign with
// ECDSA count as RSA's, which is right for all that servers still enable.
func (o *Offer) allowsSuite(kind keyKind) bool {
	tls13 := len(o.Versions) == 0 || slices.Contains(o.Versions, 0x0304)
	return len(o.CipherSuites) == 0 || slices.ContainsFunc(o.CipherSuites, func(suite uint16) bool {
		switch {
		case suite == 0x00ff || suite == 0x5600 || suite&0x0f0f == 0x0a0a: // two signals (RFC 5746, 7507), GREASE (RFC 8701)
			return false
		case suite>>8 == 0x13:
			return tls13
		}
		return slices.Contains(ecdsaSuites, suite) == (kind != rsaKey)
	})
}

// anyOf tells whether offered has one of wanted, or forbids nothing.
func anyOf(offered, wanted []uint16) bool {
	return len(offered) == 0 || slices.ContainsFunc(wanted, func(w uint16) bool { return slices.Contains(offered, w) })
}
