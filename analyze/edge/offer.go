package edge

import (
	"crypto/tls"
	"slices"
)

// An Offer is what CloudFront's ClientHello offers to origins, as far as Go's TLS
// can be made to. It offers Ed25519 and P-521 signatures, which CloudFront does
// not: a key of those kinds passes here and fails there. It does not offer the CBC
// suites with SHA-384 (0xc024, 0xc028), takes no signature with SHA-1 in TLS 1.2
// and has no SSLv3, all of which CloudFront can offer: a server that has nothing
// else fails here and passes there. And it orders suites, groups and extensions as
// Go does: a server that goes by the client's order may choose another.
type Offer struct {
	MinVersion uint16
	MaxVersion uint16
	Suites     []uint16      // below TLS 1.3; those of TLS 1.3 are all three in either
	Groups     []tls.CurveID // no post-quantum ones: none were seen towards origins
}

// The cipher suites below TLS 1.3 that CloudFront offers, in its order, without
// 0xc024, 0xc028 (CBC with SHA-384) and RC4, which crypto/tls does not have.
// Source: s2n-tls, the library of AWS, whose policies CloudFront-Upstream and
// CloudFront-Upstream-2025 bear CloudFront's name; what a capture of real traffic
// showed agrees.
var (
	olderSuites = []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
		tls.TLS_RSA_WITH_AES_256_GCM_SHA384, tls.TLS_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_RSA_WITH_AES_256_CBC_SHA, tls.TLS_RSA_WITH_AES_128_CBC_SHA256, tls.TLS_RSA_WITH_AES_128_CBC_SHA,
		tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA,
	}
	newerSuites = []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
		tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_RSA_WITH_AES_128_CBC_SHA256, tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA,
		tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA,
	}
	edgeGroups = []tls.CurveID{tls.CurveP256, tls.X25519, tls.CurveP384}
)

// OfferFor gives the offer for an origin whose OriginSslProtocols are these;
// none stand for TLSv1.2 alone. The newer form offers TLS 1.3 too, which
// CloudFront has done by itself since November 2025; the older one is for
// comparison, as a server may go wrong in TLS 1.3 alone. SSLv3 counts as TLS 1.0:
// crypto/tls does not have it.
func OfferFor(protocols []string, newer bool) Offer {
	o := Offer{
		MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12,
		Suites: slices.Clone(olderSuites), Groups: slices.Clone(edgeGroups),
	}
	var versions []uint16
	for _, p := range protocols {
		switch p {
		case "SSLv3", "TLSv1":
			versions = append(versions, tls.VersionTLS10)
		case "TLSv1.1":
			versions = append(versions, tls.VersionTLS11)
		case "TLSv1.2":
			versions = append(versions, tls.VersionTLS12)
		}
	}
	if len(versions) > 0 {
		o.MinVersion, o.MaxVersion = slices.Min(versions), slices.Max(versions)
	}
	if newer {
		o.MaxVersion, o.Suites = tls.VersionTLS13, slices.Clone(newerSuites)
	}
	return o
}

// config makes the configuration of one handshake. Certificates are not verified
// here: the answer is wanted also where they are wrong.
func (o Offer) config(sni string) *tls.Config {
	return &tls.Config{
		ServerName:             sni,
		MinVersion:             o.MinVersion,
		MaxVersion:             o.MaxVersion,
		CipherSuites:           o.Suites,
		CurvePreferences:       o.Groups,
		InsecureSkipVerify:     true,
		SessionTicketsDisabled: true,
	}
}
