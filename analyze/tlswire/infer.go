package tlswire

import (
	"strings"
	"sync"
)

// Inferred is what the length of an encrypted record says about its content.
type Inferred uint8

// The contents that can be told by length.
const (
	InferNothing Inferred = iota
	InferAlert
	InferFinished
)

// String gives a word for it.
func (i Inferred) String() string { return [...]string{"nothing", "alert", "finished"}[i] }

// InferRecord says what the first encrypted record of a client is by its
// length, the fragment's bytes as the record header gives them. It is
// arithmetic, not proof: it holds for one message a record and no more padding
// than the cipher needs, as the libraries in use send them.
func InferRecord(version Version, suite CipherSuite, length int) Inferred {
	l := LengthsOf(version, suite)
	return l.Infer(length)
}

// Lengths are those of the records that can be told by their length, on a
// connection of one version and suite. The zero value tells nothing.
type Lengths struct {
	alert, finished [2]int // in CBC mode: the MAC inside the blocks, behind them; 0: there is none
}

// LengthsOf works out the Lengths, once for a connection.
func LengthsOf(version Version, suite CipherSuite) (l Lengths) {
	const alert = 2
	p := properties()[suite]
	if version.IsTLS13() {
		if p.tag > 0 {
			l.alert[0] = alert + 1 + p.tag         // TLSInnerPlaintext: one byte of type (RFC 8446, section 5.2)
			l.finished[0] = 4 + p.hash + 1 + p.tag // verify_data is as long as the hash (section 4.4.4)
		}
		return l
	}
	finished := 4 + 12 // verify_data_length (RFC 5246, section 7.4.9)
	if version == SSL30 {
		finished = 4 + 16 + 20 // MD5 and SHA-1 (RFC 6101, section 5.6.9)
	}
	l.alert = p.before13.lengths(version, alert)
	l.finished = p.before13.lengths(version, finished)
	return l
}

// Infer says what a record of this length is, as InferRecord does.
func (l *Lengths) Infer(length int) Inferred {
	switch {
	case length == 0:
	case length == l.alert[0], length == l.alert[1]:
		return InferAlert
	case length == l.finished[0], length == l.finished[1]:
		return InferFinished
	}
	return InferNothing
}

// A property is what the length of records depends on.
type property struct {
	tag, hash int // see TagLength, HashLength
	before13  protection
}

// properties are those of all suites that have a name. They are read off the
// names once: records are too many for that.
var properties = sync.OnceValue(func() map[CipherSuite]property {
	all := make(map[CipherSuite]property, len(cipherSuites))
	for _, known := range cipherSuites {
		suite := CipherSuite(known.code)
		all[suite] = property{suite.TagLength(), suite.HashLength(), protectionOf(suite)}
	}
	return all
})

// TagLength gives the bytes of the authentication tag of an AEAD suite; 0 for
// any other suite and for those that sniwatch does not know.
func (c CipherSuite) TagLength() int {
	name := c.String()
	switch {
	case strings.Contains(name, "_CCM_8"):
		return 8 // RFC 6655, section 6
	case strings.Contains(name, "_GCM"), strings.Contains(name, "_CCM"),
		strings.Contains(name, "_CHACHA20_POLY1305"), strings.HasPrefix(name, "TLS_AEGIS"):
		return 16
	}
	return 0
}

// HashLength gives the bytes of the hash that the suite's name ends with: that
// of the key schedule for an AEAD suite, that of the MAC for the others. Suites
// whose name has none use SHA-256 (RFC 5246, section 5). 0: not known.
func (c CipherSuite) HashLength() int {
	name := c.String()
	hash := name[strings.LastIndexByte(name, '_')+1:]
	switch hash {
	case "MD5":
		return 16
	case "SHA", "SHA1":
		return 20
	case "SHA256", "SM3", "CCM", "8":
		return 32
	case "SHA384":
		return 48
	case "SHA512":
		return 64
	}
	return 0
}

// A protection is how a suite of TLS 1.2 and before wraps a plaintext.
type protection struct {
	known bool
	nonce int // bytes of the explicit nonce of an AEAD cipher
	tag   int // bytes of the tag of an AEAD cipher, or of the MAC
	block int // bytes of a block in CBC mode, 0: no CBC
}

// protectionOf reads the properties of a suite off its name.
func protectionOf(suite CipherSuite) protection {
	name := suite.String()
	tag := suite.TagLength()
	switch {
	case strings.Contains(name, "_CHACHA20_POLY1305"):
		return protection{known: true, tag: tag} // RFC 7905, section 2: the nonce is not sent
	case tag > 0:
		return protection{known: true, nonce: 8, tag: tag} // RFC 5288, section 3; RFC 6655, section 3
	}
	p := protection{tag: suite.HashLength()}
	switch {
	case strings.Contains(name, "DES_"), strings.Contains(name, "DES40_"), strings.Contains(name, "IDEA_"), strings.Contains(name, "RC2_"):
		p.block = 8
	case strings.Contains(name, "_CBC"):
		p.block = 16
	}
	p.known = p.tag > 0 && (p.block > 0 || strings.Contains(name, "_RC4_") || strings.Contains(name, "_WITH_NULL_"))
	return p
}

// lengths gives the fragments that a plaintext of n bytes can make; 0: none.
func (p protection) lengths(version Version, n int) [2]int {
	switch {
	case !p.known:
		return [2]int{}
	case p.block == 0:
		return [2]int{p.nonce + n + p.tag}
	}
	iv := 0
	if version >= TLS11 { // explicit since then (RFC 4346, section 6.2.3.2)
		iv = p.block
	}
	// One byte at least is padding; its last one tells the length. The MAC is
	// inside the blocks, or behind them with encrypt_then_mac (RFC 7366).
	return [2]int{iv + roundUp(n+p.tag+1, p.block), iv + roundUp(n+1, p.block) + p.tag}
}

func roundUp(n, multiple int) int { return (n + multiple - 1) / multiple * multiple }
