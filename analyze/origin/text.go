package origin

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"time"
)

// KeyText names the kind and size of a certificate's public key, such as
// "RSA 2048", "ECDSA P-256" or "Ed25519".
func KeyText(c *x509.Certificate) string {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA " + key.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	if c.PublicKeyAlgorithm != x509.UnknownPublicKeyAlgorithm {
		return c.PublicKeyAlgorithm.String()
	}
	return "of an unknown kind"
}

// SignatureText names the algorithm that a certificate was signed with, such
// as "SHA256-RSA".
func SignatureText(c *x509.Certificate) string {
	if c.SignatureAlgorithm == x509.UnknownSignatureAlgorithm {
		return "an unknown algorithm"
	}
	return c.SignatureAlgorithm.String()
}

// SubjectText gives whom a certificate is for, in the style of RFC 2253. It is
// untrusted: whoever prints it cleans it.
func SubjectText(c *x509.Certificate) string { return c.Subject.String() }

// IssuerText gives who says to have signed a certificate, in the style of
// RFC 2253. It is untrusted: whoever prints it cleans it.
func IssuerText(c *x509.Certificate) string { return c.Issuer.String() }

// hostOf gives the first name of a certificate, as a sentence would call it.
func hostOf(c *x509.Certificate) string {
	switch {
	case len(c.DNSNames) > 0:
		return c.DNSNames[0]
	case c.Subject.CommonName != "":
		return c.Subject.CommonName
	case len(c.IPAddresses) > 0:
		return c.IPAddresses[0].String()
	}
	return subjectOrHost(c)
}

// subjectOrHost gives the subject, or where it is empty, as it is in
// certificates that have their names in subjectAltName only, what there is.
func subjectOrHost(c *x509.Certificate) string {
	switch {
	case len(c.Subject.Names) > 0:
		return SubjectText(c)
	case len(c.DNSNames) > 0:
		return c.DNSNames[0]
	}
	return fmt.Sprintf("number %x", c.SerialNumber)
}

// dateText writes a time as operators compare it with openssl's output.
func dateText(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// apartText says how far t lies from at, such as "36 days before 2024-05-07";
// word is "before" or "after". Near at, where days do not tell enough, it
// counts in smaller units and names the time.
func apartText(t, at time.Time, word string) string {
	d := at.Sub(t).Abs()
	if d >= 48*time.Hour {
		return fmt.Sprintf("%d days %s %s", d/(24*time.Hour), word, at.UTC().Format(time.DateOnly))
	}
	n, unit := d/time.Hour, "hour"
	switch {
	case d < time.Minute:
		n, unit = d/time.Second, "second"
	case d < 2*time.Hour:
		n, unit = d/time.Minute, "minute"
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s %s %s", n, unit, word, dateText(at))
}
