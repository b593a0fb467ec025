package tlswire

// ParseCertificate reads the body of a Certificate message of TLS 1.2 and
// before (RFC 5246, section 7.4.2): the certificates in DER, as they were sent,
// as views of body. Where the body is malformed or cut, f names the field and
// certs holds those that are whole. An empty list is legal: a client that has
// no certificate sends it.
func ParseCertificate(body []byte) (certs [][]byte, f *Fault) {
	r := newReader(body)
	list := r.open24("certificate_list")
	r.ended("certificate_list")
	for !list.cut && len(list.rest) > 0 {
		at := list.at()
		cert := list.vector24("ASN.1Cert")
		if list.cut {
			break
		}
		if len(cert) == 0 {
			list.note("ASN.1Cert", at)
			continue
		}
		certs = append(certs, cert)
	}
	r.take(&list)
	return certs, r.fault
}

// ParseServerKeyExchange reads the group of an ECDHE ServerKeyExchange (RFC
// 8422, section 5.4). It is 0 where the exchange is of another kind: DHE, or
// with a pre-shared key.
func ParseServerKeyExchange(body []byte) (Group, *Fault) {
	const namedCurve = 3
	if len(body) > 0 && body[0] != namedCurve || isFiniteField(body) {
		return 0, nil
	}
	r := newReader(body)
	r.uint8("curve_type")
	group := Group(r.uint16("namedcurve"))
	r.vector8("public")
	return group, r.fault
}

// isFiniteField tells whether body begins with the three numbers of a DHE
// exchange (RFC 5246, section 7.4.3). A prime of 6144 bits and more has a
// length whose first byte is that of a named curve.
func isFiniteField(body []byte) bool {
	r := newReader(body)
	for _, field := range []string{"dh_p", "dh_g", "dh_Ys"} {
		if len(r.vector16(field)) == 0 {
			return false
		}
	}
	return true
}
