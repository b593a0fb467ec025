package origin

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
)

const (
	pemBegin = "-----BEGIN "
	pemEnd   = "-----END "
	pemDash  = "-----"
)

// hintChain is the way out where a file is none that a server would serve.
const hintChain = "give the file that the server serves: the certificate and its intermediates in PEM, usually fullchain.pem"

// parseFile takes the certificates out of data, the contents of the file name:
// PEM with any text around the blocks (RFC 7468), or one certificate in DER.
func parseFile(data []byte, name string) ([][]byte, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, &FileError{File: name, What: "is empty", hint: hintChain}
	}
	if !bytes.Contains(data, []byte(pemBegin)) {
		return parseDER(data, name)
	}
	var certs [][]byte
	var others []string // labels of the blocks that hold no certificate
	for s := (pemScanner{rest: data}); s.next(); {
		if !isCertificateLabel(s.label) {
			others = append(others, s.label)
			continue
		}
		der, fault := s.decode()
		if fault != "" {
			return nil, &FileError{File: name, hint: "copy the file again, or have it issued again",
				What: fmt.Sprintf("is damaged: certificate %d, at line %d, %s", len(certs)+1, s.line, fault)}
		}
		certs = append(certs, der)
	}
	if len(certs) == 0 {
		return nil, noCertificate(others, name)
	}
	return certs, nil
}

// isCertificateLabel knows the labels under which OpenSSL reads certificates.
func isCertificateLabel(label string) bool {
	return label == "CERTIFICATE" || label == "X509 CERTIFICATE" || label == "TRUSTED CERTIFICATE"
}

// isKeyLabel knows "PRIVATE KEY", "RSA PRIVATE KEY" and their like.
func isKeyLabel(label string) bool { return strings.HasSuffix(label, "PRIVATE KEY") }

// noCertificate explains what a PEM file without certificates holds.
func noCertificate(labels []string, name string) error {
	e := &FileError{File: name, hint: hintChain}
	has := func(is func(string) bool) bool { return slices.ContainsFunc(labels, is) }
	switch {
	case has(isKeyLabel):
		e.What = "holds a private key and no certificate; sniwatch never reads keys"
		e.hint = "give the certificate in its place: usually fullchain.pem in the same directory"
	case has(func(l string) bool { return strings.HasSuffix(l, "CERTIFICATE REQUEST") }):
		e.What = "holds a certificate request (CSR), not a certificate"
		e.hint = "give the certificate that the authority made of it: usually fullchain.pem"
	case has(func(l string) bool { return l == "PKCS7" || l == "CMS" }):
		e.What = "holds PKCS#7, which servers do not read"
		e.hint = "take the certificates out of it: openssl pkcs7 -print_certs -in FILE -out fullchain.pem"
	case len(labels) == 0:
		e.What = `holds no PEM block: a line "` + pemBegin + `CERTIFICATE-----" must begin at its first column`
	default:
		e.What = fmt.Sprintf("holds no certificate, only %q", labels[0])
	}
	return e
}

// A pemScanner walks over the PEM blocks of a file without decoding them.
// encoding/pem would decode keys, too, and silently skips damaged blocks.
type pemScanner struct {
	rest  []byte
	seen  int    // lines read
	label string // of the block
	line  int    // of its first line, from 1
	block []byte // from its first line to its last; to where it is cut off, if it is
	whole bool
}

// next goes to the next block. A block that another one begins in, or that has
// no end, is not whole.
func (s *pemScanner) next() bool {
	for len(s.rest) > 0 {
		at := s.rest
		label, ok := boundary(s.readLine(), pemBegin)
		if !ok {
			continue
		}
		s.label, s.line, s.whole = label, s.seen, false
		for len(s.rest) > 0 && !s.whole {
			before := s.rest
			line := s.readLine()
			if _, again := boundary(line, pemBegin); again {
				s.rest, s.seen = before, s.seen-1
				break
			}
			end, ok := boundary(line, pemEnd)
			s.whole = ok && end == label
		}
		s.block = at[:len(at)-len(s.rest)]
		return true
	}
	return false
}

// readLine takes one line off the rest.
func (s *pemScanner) readLine() []byte {
	line, rest, _ := bytes.Cut(s.rest, []byte("\n"))
	s.rest = rest
	s.seen++
	return line
}

// boundary gives the label of a line such as "-----BEGIN CERTIFICATE-----".
func boundary(line []byte, prefix string) (label string, ok bool) {
	after, ok := bytes.CutPrefix(bytes.TrimRight(line, " \t\r"), []byte(prefix))
	if !ok {
		return "", false
	}
	text, ok := bytes.CutSuffix(after, []byte(pemDash))
	return string(text), ok
}

// decode gives the certificate in the block, or says what is wrong with it. It
// must be shaped like a certificate; whether it can be parsed is not asked.
func (s *pemScanner) decode() (der []byte, fault string) {
	if !s.whole {
		return nil, "has no end: a line \"" + pemEnd + s.label + pemDash + "\" is lacking"
	}
	block, _ := pem.Decode(s.block)
	if block == nil {
		return nil, "is not valid base64"
	}
	der = block.Bytes
	if s.label == "TRUSTED CERTIFICATE" { // OpenSSL appends its own settings to it
		der = firstElement(der)
	}
	if !isCertificateShaped(der) {
		return nil, "is not a certificate inside"
	}
	return der, ""
}
