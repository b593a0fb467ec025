package redact

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"sniwatch/analyze/origin"
)

// A reissue is what is known of the certificates that were issued anew.
type reissue struct {
	certs    map[[32]byte]*x509.Certificate // by the fingerprint of the original
	broken   map[[32]byte][]byte            // what stands for one that cannot be parsed
	seen     []*x509.Certificate            // the originals
	pairs    map[string]*keyPair            // by the original's SubjectPublicKeyInfo
	standIns []standIn
	roots    []*x509.Certificate // originals, in order of first use
	chains   map[string]*origin.Chain
}

// A standIn is the key of an issuer that was not seen, with a certificate that
// it signed: by that the issuer is known should it come.
type standIn struct {
	child *x509.Certificate
	pair  *keyPair
}

func newReissue() reissue {
	return reissue{
		certs: map[[32]byte]*x509.Certificate{}, broken: map[[32]byte][]byte{},
		pairs: map[string]*keyPair{}, chains: map[string]*origin.Chain{},
	}
}

// maxCertificates is how many certificates are issued anew. A host has a few;
// each that signs costs a key, which for RSA takes up to seconds.
const maxCertificates = 64

// errTooMany is for a connection with one more.
var errTooMany = fmt.Errorf("more than %d different certificates were seen, and making keys is slow", maxCertificates)

// errRelation is for a chain that would be judged otherwise afterwards.
var errRelation = errors.New("its certificates cannot be re-issued so that they are judged as before")

// Certificate issues a chain anew: the same lengths, dates, kinds of keys and
// permissions, and each certificate signed by the one that stands for its
// signer; with other names, numbers, keys and signatures. What crypto/x509
// cannot parse becomes something as long that it cannot parse either.
//
// It fails where that is not possible, or Inspect would say something else of
// the chain under Roots than it said of c under the roots of Options.
func (r *Redactor) Certificate(c *origin.Chain) (*origin.Chain, error) {
	id := chainID(c)
	if again, ok := r.reissued.chains[id]; ok {
		return again, nil
	}
	raw := make([][]byte, len(c.Raw))
	for _, cert := range c.Certs {
		if cert != nil {
			r.pairOf(cert)
		}
	}
	for i, cert := range c.Certs {
		if cert == nil {
			raw[i] = r.unparsable(c.Raw[i])
			continue
		}
		again, err := r.issue(cert, c.Certs)
		if err != nil {
			return nil, err
		}
		raw[i] = again.Raw
	}
	again := origin.ParseChain(raw)
	for i := range raw {
		if len(raw[i]) != len(c.Raw[i]) || (again.Certs[i] == nil) != (c.Certs[i] == nil) {
			return nil, errForm
		}
	}
	if !r.judgedAlike(c, again) {
		return nil, errRelation
	}
	r.learnChain(c, again)
	if r.room(2 * len(id)) {
		r.reissued.chains[id] = again
	}
	return again, nil
}

// chainID tells chains apart by the fingerprints of their certificates.
func chainID(c *origin.Chain) string {
	var id []byte
	for _, sum := range c.SHA256 {
		id = append(id, sum[:]...)
	}
	return string(id)
}

// pairOf gives the key pair that stands for the key of a certificate.
func (r *Redactor) pairOf(cert *x509.Certificate) *keyPair {
	id := string(cert.RawSubjectPublicKeyInfo)
	if p := r.reissued.pairs[id]; p != nil {
		return p
	}
	kind := kindOfKey(cert)
	p := &keyPair{kind: kind, seed: id}
	if key, ok := cert.PublicKey.(*rsa.PublicKey); ok {
		p.exponent = key.E
	}
	for _, s := range r.reissued.standIns {
		if s.pair.kind == kind && s.pair.exponent == p.exponent && origin.Signed(s.child, cert) {
			p = s.pair
			break
		}
	}
	r.reissued.pairs[id] = p
	return p
}

// issue issues one certificate anew. others are those that came with it.
func (r *Redactor) issue(cert *x509.Certificate, others []*x509.Certificate) (*x509.Certificate, error) {
	sum := sha256.Sum256(cert.Raw)
	if again := r.reissued.certs[sum]; again != nil {
		return again, nil
	}
	if len(r.reissued.certs) >= maxCertificates {
		return nil, errTooMany
	}
	r.reissued.certs[sum] = cert // stands there while its root is issued; replaced below
	r.reissued.seen = append(r.reissued.seen, cert)
	pair := r.pairOf(cert)
	signer, err := r.signerOf(cert, pair, others)
	if err == nil {
		var again *x509.Certificate
		if again, err = r.rewrite(cert, pair, signer); err == nil {
			r.reissued.certs[sum] = again
			r.learnCertificate(cert, again)
			return again, nil
		}
	}
	delete(r.reissued.certs, sum)
	return nil, err
}

// signerOf gives the pair that stands for the key that signed cert: its own, one
// of a certificate that came with it or before, of a root, or a stand-in.
func (r *Redactor) signerOf(cert *x509.Certificate, own *keyPair, others []*x509.Certificate) (*keyPair, error) {
	var found *keyPair
	for _, root := range r.roots.Named(cert) { // all of them: their names are known, whoever signed
		if err := r.publish(root); err != nil {
			return nil, err
		}
		if found == nil && origin.Signed(cert, root) {
			found = r.pairOf(root)
		}
	}
	if origin.Signed(cert, cert) {
		return own, nil
	}
	for _, list := range [][]*x509.Certificate{others, r.reissued.seen} {
		for _, parent := range list {
			if parent != nil && origin.Signed(cert, parent) {
				return r.pairOf(parent), nil
			}
		}
	}
	if found != nil {
		return found, nil
	}
	for _, s := range r.reissued.standIns {
		if bytes.Equal(s.child.RawIssuer, cert.RawIssuer) && bytes.Equal(s.child.AuthorityKeyId, cert.AuthorityKeyId) &&
			s.pair.kind == kindOfSignature(cert) {
			return s.pair, nil
		}
	}
	const usualExponent = 65537
	pair := &keyPair{kind: kindOfSignature(cert),
		seed: "issuer" + string(cert.RawIssuer) + string(cert.AuthorityKeyId)}
	if pair.kind.name == "RSA" {
		pair.exponent = usualExponent
	}
	r.reissued.standIns = append(r.reissued.standIns, standIn{cert, pair})
	return pair, nil
}

// publish issues a trusted root anew and puts it among Roots.
func (r *Redactor) publish(root *x509.Certificate) error {
	if slices.ContainsFunc(r.reissued.roots, root.Equal) {
		return nil
	}
	r.reissued.roots = append(r.reissued.roots, root)
	_, err := r.issue(root, nil)
	return err
}

// maxSignatures is how often a signature of ECDSA is made until it is as long as
// the original's: half of them have the usual length.
const maxSignatures = 5000

// rewrite writes the certificate anew and signs it.
func (r *Redactor) rewrite(cert *x509.Certificate, pair, signer *keyPair) (*x509.Certificate, error) {
	der := bytes.Clone(cert.Raw)
	p, ok := takeParts(der)
	if !ok {
		return nil, errForm
	}
	if !r.distinguishedName(p.issuer) || !r.distinguishedName(p.subject) || !r.certificateExtensions(p.extensions) {
		return nil, errForm
	}
	for _, id := range p.unique {
		r.key.noise("unique", id)
	}
	if err := r.key.public(pair, p.key); err != nil {
		return nil, err
	}
	number := bytes.Clone(p.serial)
	for try := 0; try < maxSignatures; try++ {
		word := ""
		if try > 0 {
			word = strconv.Itoa(try)
		}
		copy(p.serial, number)
		r.serial(p.serial, word)
		signature, err := r.key.sign(signer, cert.SignatureAlgorithm, p.tbs)
		if errors.Is(err, errKey) && !canSign(signer, cert.SignatureAlgorithm) {
			r.key.noise("signature", p.signature) // nobody checks such a signature
			return parsed(der)
		}
		if err != nil {
			return nil, err
		}
		if len(signature) == len(p.signature) {
			copy(p.signature, signature)
			return parsed(der)
		}
	}
	return nil, errForm
}

// parsed parses what was written. Its error holds nothing of the original.
func parsed(der []byte) (*x509.Certificate, error) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, errForm
	}
	return cert, nil
}

// canSign tells whether a signature can be made at all. Where it cannot, the
// library does not check such signatures either.
func canSign(p *keyPair, algorithm x509.SignatureAlgorithm) bool {
	_, known := hashes[algorithm]
	return known && p.kind.name != "" && (p.kind.name != "RSA" || p.kind.bits >= leastRSA)
}

// unparsable gives a certificate as long as der that has the outer shape of one
// (RFC 5280, section 4.1) where der has it, and cannot be parsed.
func (r *Redactor) unparsable(der []byte) []byte {
	sum := sha256.Sum256(der)
	if out := r.reissued.broken[sum]; out != nil {
		return out
	}
	out := make([]byte, len(der))
	var body, tbs cryptobyte.String
	s := cryptobyte.String(bytes.Clone(der))
	if s.ReadASN1(&body, asn1.SEQUENCE) && s.Empty() && body.ReadASN1Element(&tbs, asn1.SEQUENCE) {
		copy(out, der[:len(der)-len(body)-len(tbs)]) // the outer header
		rest := out[len(der)-len(body)-len(tbs):]
		inner := cryptobyte.String(tbs)
		var content cryptobyte.String
		inner.ReadASN1(&content, asn1.SEQUENCE)
		copy(rest, tbs[:len(tbs)-len(content)])
		tail := vectorsOfTail(body)
		copy(rest[len(tbs):], tail)
	}
	if r.room(len(out)) {
		r.reissued.broken[sum] = out
	}
	return out
}

// vectorsOfTail gives signatureAlgorithm and signatureValue with their headers
// kept and their contents cleared.
func vectorsOfTail(b cryptobyte.String) []byte {
	out := bytes.Clone(b)
	var value cryptobyte.String
	var tag asn1.Tag
	for rest := cryptobyte.String(out); rest.ReadAnyASN1(&value, &tag); {
		fill(value, 0)
	}
	return out
}

// judgedAlike tells whether Inspect finds the same kinds of problems in both
// chains, at all times when that may change.
func (r *Redactor) judgedAlike(before, after *origin.Chain) bool {
	roots := origin.NewRoots("", r.rootsAgain()...)
	for _, at := range timesOf(before) {
		a, b := before.Inspect(r.roots, at, nil), after.Inspect(roots, at, nil)
		if !slices.EqualFunc(a, b, func(a, b origin.Problem) bool { return a.Kind == b.Kind && a.Warning == b.Warning }) {
			return false
		}
	}
	return true
}

// timesOf gives the times at which a chain is judged for comparison: within the
// dates of the leaf, and after.
func timesOf(c *origin.Chain) []time.Time {
	leaf := c.Leaf()
	if leaf == nil {
		return []time.Time{{}}
	}
	return []time.Time{leaf.NotBefore, leaf.NotAfter, leaf.NotAfter.Add(time.Hour)}
}

// rootsAgain gives what stands for the trusted roots that were used.
func (r *Redactor) rootsAgain() []*x509.Certificate {
	var out []*x509.Certificate
	for _, root := range r.reissued.roots {
		if again := r.reissued.certs[sha256.Sum256(root.Raw)]; again != nil {
			out = append(out, again)
		}
	}
	return out
}

// Roots gives, in PEM, what stands for the trusted roots that were used so far:
// whoever reads the redacted packets gives them to --roots. It is empty where no
// root was.
func (r *Redactor) Roots() []byte {
	var out []byte
	for _, root := range r.rootsAgain() {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Raw})...)
	}
	return out
}

// learnChain lets Text know the fingerprints of a chain.
func (r *Redactor) learnChain(before, after *origin.Chain) {
	for i := range before.SHA256 {
		r.learnPhrase(hex.EncodeToString(before.SHA256[i][:]), hex.EncodeToString(after.SHA256[i][:]))
	}
}

// learnCertificate lets Text know what reports say of a certificate.
func (r *Redactor) learnCertificate(before, after *x509.Certificate) {
	r.learnPhrase(before.Subject.String(), after.Subject.String())
	r.learnPhrase(before.Issuer.String(), after.Issuer.String())
	r.learnPhrase(fmt.Sprintf("%x", before.SerialNumber), fmt.Sprintf("%x", after.SerialNumber))
}
