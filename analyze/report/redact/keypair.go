package redact

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"math/big"
	"strconv"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// A keyKind is a kind of key pair that can be made anew.
type keyKind struct {
	name  string         // "RSA", "ECDSA", "Ed25519"; "" for any other
	bits  int            // of an RSA modulus
	curve elliptic.Curve // of ECDSA
}

// kindOfKey gives the kind of a certificate's key.
func kindOfKey(c *x509.Certificate) keyKind {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return keyKind{name: "RSA", bits: key.N.BitLen()}
	case *ecdsa.PublicKey:
		return keyKind{name: "ECDSA", curve: key.Curve}
	case ed25519.PublicKey:
		return keyKind{name: "Ed25519"}
	}
	return keyKind{}
}

// kindOfSignature guesses the kind of the key that signed c, from the signature
// alone: its issuer was not seen.
func kindOfSignature(c *x509.Certificate) keyKind {
	switch c.SignatureAlgorithm {
	case x509.PureEd25519:
		return keyKind{name: "Ed25519"}
	case x509.ECDSAWithSHA1, x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512:
		var body cryptobyte.String
		var a, b big.Int
		s := cryptobyte.String(c.Signature)
		if !s.ReadASN1(&body, asn1.SEQUENCE) || !body.ReadASN1Integer(&a) || !body.ReadASN1Integer(&b) {
			return keyKind{}
		}
		for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384()} {
			if max(a.BitLen(), b.BitLen()) <= curve.Params().BitSize {
				return keyKind{name: "ECDSA", curve: curve}
			}
		}
		return keyKind{name: "ECDSA", curve: elliptic.P521()}
	}
	if c.SignatureAlgorithm == x509.UnknownSignatureAlgorithm {
		return keyKind{}
	}
	return keyKind{name: "RSA", bits: len(c.Signature) * 8}
}

// A keyPair stands for a key of the original. Its halves are made when they are
// first asked for: making RSA keys is slow.
type keyPair struct {
	kind     keyKind
	exponent int    // of RSA
	seed     string // decides the pair, together with the Key
	signer   crypto.Signer
}

// The sizes of RSA keys that crypto/rsa signs with, and that are made in time.
const (
	leastRSA = 1024
	mostRSA  = 4096
)

// public writes the public key over the one that stands in subjectPublicKey,
// which is as long.
func (k *Key) public(p *keyPair, at []byte) error {
	switch p.kind.name {
	case "RSA":
		return k.publicRSA(p, at)
	case "ECDSA":
		private, err := k.private(p)
		if err != nil {
			return err
		}
		point, err := private.(*ecdsa.PrivateKey).PublicKey.Bytes()
		if err != nil || len(point) != len(at) {
			return errForm
		}
		copy(at, point)
	case "Ed25519":
		private, err := k.private(p)
		if err != nil {
			return err
		}
		copy(at, private.Public().(ed25519.PublicKey))
	default:
		k.noise("public key", at)
	}
	return nil
}

// publicRSA writes the modulus into an RSAPublicKey (RFC 8017, appendix A.1.1).
// The exponent stays.
func (k *Key) publicRSA(p *keyPair, at []byte) error {
	var body, n cryptobyte.String
	s := cryptobyte.String(at)
	if !s.ReadASN1(&body, asn1.SEQUENCE) || !body.ReadASN1(&n, asn1.INTEGER) {
		return errForm
	}
	modulus, err := k.rsaModulus(p)
	if err != nil {
		return err
	}
	if len(modulus.Bytes()) > len(n) {
		return errForm
	}
	modulus.FillBytes(n)
	return nil
}

// rsaModulus gives the modulus of an RSA key. Keys of a size that is not signed
// with need no private half: their modulus is a number of the right length and
// no more.
func (k *Key) rsaModulus(p *keyPair) (*big.Int, error) {
	if p.kind.bits >= leastRSA && p.kind.bits <= mostRSA {
		private, err := k.private(p)
		if err != nil {
			return nil, err
		}
		return private.(*rsa.PrivateKey).N, nil
	}
	return k.number(p.kind.bits, 1, "modulus", p.seed), nil
}

// number gives an odd number of exactly that many bits, of which the first top
// ones are set.
func (k *Key) number(bits, top int, purpose string, parts ...string) *big.Int {
	n := new(big.Int).SetBytes(k.derive((bits+7)/8, purpose, parts...))
	mask := new(big.Int).Lsh(big.NewInt(1), uint(bits))
	n.And(n, mask.Sub(mask, big.NewInt(1)))
	for i := 1; i <= top; i++ {
		n.SetBit(n, bits-i, 1)
	}
	return n.SetBit(n, 0, 1)
}

// errKey is for a key that cannot be made anew.
var errKey = errors.New("a certificate was signed with a key that cannot be made anew")

// private gives the private half.
func (k *Key) private(p *keyPair) (crypto.Signer, error) {
	if p.signer != nil {
		return p.signer, nil
	}
	switch p.kind.name {
	case "RSA":
		if p.kind.bits < leastRSA || p.kind.bits > mostRSA {
			return nil, errKey
		}
		p.signer = k.rsaKey(p)
	case "ECDSA":
		size := (p.kind.curve.Params().BitSize + 7) / 8
		for try := 0; p.signer == nil && try < maxTries; try++ {
			scalar := k.derive(size, "ecdsa", p.seed, strconv.Itoa(try))
			if p.kind.curve == elliptic.P521() {
				scalar[0] &= 1
			}
			if key, err := ecdsa.ParseRawPrivateKey(p.kind.curve, scalar); err == nil {
				p.signer = key
			}
		}
	case "Ed25519":
		p.signer = ed25519.NewKeyFromSeed(k.derive(ed25519.SeedSize, "ed25519", p.seed))
	}
	if p.signer == nil {
		return nil, errKey
	}
	return p.signer, nil
}

// rsaKey makes an RSA key that depends on nothing but the Key and the seed;
// crypto/rsa makes random ones only. It is thrown away: it has to be right, not
// secret.
func (k *Key) rsaKey(p *keyPair) crypto.Signer {
	one, e := big.NewInt(1), big.NewInt(int64(p.exponent))
	for try := 0; try < maxTries; try++ {
		name := strconv.Itoa(try)
		a := k.prime(p.kind.bits-p.kind.bits/2, p.seed, "p", name)
		b := k.prime(p.kind.bits/2, p.seed, "q", name)
		n := new(big.Int).Mul(a, b)
		phi := new(big.Int).Mul(new(big.Int).Sub(a, one), new(big.Int).Sub(b, one))
		d := new(big.Int).ModInverse(e, phi)
		if n.BitLen() != p.kind.bits || d == nil || a.Cmp(b) == 0 {
			continue
		}
		key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n, E: p.exponent}, D: d, Primes: []*big.Int{a, b}}
		key.Precompute()
		if key.Validate() == nil {
			return key
		}
	}
	return nil
}

// prime gives the first prime from a number of that many bits on.
func (k *Key) prime(bits int, parts ...string) *big.Int {
	n := k.number(bits, 2, "prime", parts...)
	for two := big.NewInt(2); !n.ProbablyPrime(0); {
		n.Add(n, two)
	}
	return n
}

// hashes are those of the signature algorithms that are made anew.
var hashes = map[x509.SignatureAlgorithm]crypto.Hash{
	x509.MD5WithRSA: crypto.MD5, x509.SHA1WithRSA: crypto.SHA1, x509.SHA256WithRSA: crypto.SHA256,
	x509.SHA384WithRSA: crypto.SHA384, x509.SHA512WithRSA: crypto.SHA512,
	x509.SHA256WithRSAPSS: crypto.SHA256, x509.SHA384WithRSAPSS: crypto.SHA384, x509.SHA512WithRSAPSS: crypto.SHA512,
	x509.ECDSAWithSHA1: crypto.SHA1, x509.ECDSAWithSHA256: crypto.SHA256,
	x509.ECDSAWithSHA384: crypto.SHA384, x509.ECDSAWithSHA512: crypto.SHA512,
	x509.PureEd25519: 0,
}

// sign signs tbs with the algorithm that stands in it.
func (k *Key) sign(p *keyPair, algorithm x509.SignatureAlgorithm, tbs []byte) ([]byte, error) {
	hash, known := hashes[algorithm]
	if !known {
		return nil, errKey
	}
	private, err := k.private(p)
	if err != nil {
		return nil, err
	}
	digest := tbs
	if hash != 0 {
		h := hash.New()
		h.Write(tbs)
		digest = h.Sum(nil)
	}
	switch algorithm {
	case x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS, x509.SHA512WithRSAPSS:
		return private.Sign(rand.Reader, digest, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash})
	}
	return private.Sign(nil, digest, hash) // without randomness: the same each time (RFC 6979)
}
