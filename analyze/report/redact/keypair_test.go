package redact

import (
	"crypto/rsa"
	"strconv"
	"testing"
)

func BenchmarkRSAKey(b *testing.B) {
	for _, bits := range []int{2048, 4096} {
		b.Run(strconv.Itoa(bits), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				p := &keyPair{kind: keyKind{name: "RSA", bits: bits}, exponent: 65537, seed: strconv.Itoa(i)}
				testKey.rsaKey(p)
			}
		})
	}
}

// TestRSAKey makes keys of odd sizes too: their moduli are exactly as long, and
// crypto/rsa finds nothing wrong with them.
func TestRSAKey(t *testing.T) {
	for _, bits := range []int{1024, 1031, 2047} {
		p := &keyPair{kind: keyKind{name: "RSA", bits: bits}, exponent: 3, seed: "x"}
		private, err := testKey.private(p)
		if err != nil {
			t.Fatal(err)
		}
		key := private.(*rsa.PrivateKey)
		if key.N.BitLen() != bits || key.Validate() != nil {
			t.Errorf("%d bits: the modulus has %d, %v", bits, key.N.BitLen(), key.Validate())
		}
		again := testKey.rsaKey(p).(*rsa.PrivateKey)
		if !key.Equal(again) {
			t.Errorf("%d bits: not the same the second time", bits)
		}
	}
}
