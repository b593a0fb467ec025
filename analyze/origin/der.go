package origin

import (
	"bytes"
	"crypto/x509"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// parseDER takes a file without PEM as one certificate in DER, or says what it
// looks like instead.
func parseDER(data []byte, name string) ([][]byte, error) {
	e := &FileError{File: name, hint: hintChain}
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		e.What = "is text in UTF-16"
		e.hint = "save it as plain text (UTF-8); servers cannot read it either"
	case bytes.HasPrefix(data, []byte{0xfe, 0xed, 0xfe, 0xed}):
		e.What = "is a Java key store"
		e.hint = "export the certificates: keytool -exportcert -rfc -alias ALIAS -keystore FILE"
	case isPKCS12(data):
		e.What = "is PKCS#12 (.p12, .pfx), which holds a private key; sniwatch never reads keys"
		e.hint = "take the certificates out of it: openssl pkcs12 -in FILE -nokeys -out fullchain.pem"
	case isPKCS7(data):
		e.What = "is PKCS#7 (.p7b), which servers do not read"
		e.hint = "take the certificates out of it: openssl pkcs7 -inform DER -print_certs -in FILE -out fullchain.pem"
	case isKey(data):
		e.What = "holds a private key and no certificate; sniwatch never reads keys"
		e.hint = "give the certificate in its place: usually fullchain.pem in the same directory"
	case isRequest(data):
		e.What = "is a certificate request (CSR), not a certificate"
		e.hint = "give the certificate that the authority made of it: usually fullchain.pem"
	case isCertificateShaped(data):
		return [][]byte{data}, nil
	case utf8.Valid(data) && !bytes.ContainsRune(data, 0):
		e.What = "is text that holds no certificate"
	default:
		e.What = "is neither PEM nor a certificate in DER"
	}
	return nil, e
}

// isCertificateShaped tells whether der is one SEQUENCE of the three parts of a
// Certificate (RFC 5280, section 4.1) and nothing after it.
func isCertificateShaped(der []byte) bool {
	s := cryptobyte.String(der)
	var body, tbs cryptobyte.String
	return s.ReadASN1(&body, asn1.SEQUENCE) && s.Empty() &&
		body.ReadASN1(&tbs, asn1.SEQUENCE) && !tbs.Empty() &&
		body.SkipASN1(asn1.SEQUENCE) && body.SkipASN1(asn1.BIT_STRING) && body.Empty()
}

// firstElement cuts der after its first ASN.1 element.
func firstElement(der []byte) []byte {
	s := cryptobyte.String(der)
	var first cryptobyte.String
	if !s.ReadASN1Element(&first, asn1.SEQUENCE) {
		return der
	}
	return first
}

// isRequest knows a CertificationRequest (RFC 2986), whose outer shape is that
// of a certificate.
func isRequest(der []byte) bool {
	if !isCertificateShaped(der) {
		return false
	}
	_, err := x509.ParseCertificateRequest(der)
	return err == nil
}

// sequenceOf opens the outer SEQUENCE and its leading version number.
func sequenceOf(der []byte) (rest cryptobyte.String, version int, ok bool) {
	s := cryptobyte.String(der)
	ok = s.ReadASN1(&rest, asn1.SEQUENCE) && rest.ReadASN1Integer(&version)
	return rest, version, ok
}

// isPKCS12 knows a PFX (RFC 7292, section 4): version 3, then ContentInfo.
func isPKCS12(der []byte) bool {
	rest, version, ok := sequenceOf(der)
	return ok && version == 3 && rest.PeekASN1Tag(asn1.SEQUENCE)
}

// isKey knows the outside of private keys, whose inside is not looked at: PKCS#8
// (RFC 5208, 5958), RSA (RFC 8017, A.1.2) and EC (RFC 5915) begin with version
// 0 or 1, then an algorithm, the modulus or the key.
func isKey(der []byte) bool {
	rest, version, ok := sequenceOf(der)
	return ok && (version == 0 || version == 1) &&
		(rest.PeekASN1Tag(asn1.SEQUENCE) || rest.PeekASN1Tag(asn1.INTEGER) || rest.PeekASN1Tag(asn1.OCTET_STRING))
}

// isPKCS7 knows signedData (RFC 2315, section 9): 1.2.840.113549.1.7.2.
func isPKCS7(der []byte) bool {
	s := cryptobyte.String(der)
	var body, oid cryptobyte.String
	return s.ReadASN1(&body, asn1.SEQUENCE) && body.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) &&
		bytes.Equal(oid, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02})
}
