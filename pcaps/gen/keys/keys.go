// Package keys holds the private keys of the throw-away certificates in the
// sample captures. They are public, so that the captures can be made again byte
// for byte; they must never sign or protect anything else.
package keys

import (
	"crypto"
	"crypto/x509"
	"embed"
	"encoding/pem"
	"fmt"
)

//go:embed test-*.pem
var files embed.FS

// Load gives the key of the file test-NAME.pem.
func Load(name string) (crypto.Signer, error) {
	text, err := files.ReadFile("test-" + name + ".pem")
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("test-%s.pem holds no PEM block", name)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("test-%s.pem: %w", name, err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("test-%s.pem: a %T cannot sign", name, key)
	}
	return signer, nil
}
