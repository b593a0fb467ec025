package redact

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"unicode/utf16"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
)

// secrets are what must not be found, by what it is.
type secrets map[string][]byte

// secrets collects the names and addresses of a scene, in the encodings in which
// they could stand somewhere.
func (s *scene) secrets(connections []*analyze.Connection) secrets {
	found := secrets{}
	for _, name := range append(s.distribution.ViewerDomains, s.distribution.OriginDomain) {
		found.name(name)
	}
	chains := []*origin.Chain{}
	for _, c := range s.certificates {
		chains = append(chains, c.Chain)
	}
	for _, c := range connections {
		if c.ClientHello != nil {
			found.name(c.ClientHello.ServerName)
		}
		if c.Certificate.Chain != nil {
			chains = append(chains, c.Certificate.Chain)
		}
		found.address(c.Client.Addr())
		found.address(c.Server.Addr())
	}
	for _, chain := range chains {
		found.chain(chain)
	}
	return found
}

// chain adds what the certificates of a chain say.
func (found secrets) chain(chain *origin.Chain) {
	for _, name := range chain.Names() {
		found.name(name)
	}
	for i, c := range chain.Certs {
		if c == nil {
			continue
		}
		for _, value := range c.Subject.Names {
			if text, ok := value.Value.(string); ok && len(text) > 2 {
				found.name(text)
			}
		}
		if raw := c.SerialNumber.Bytes(); len(raw) > 6 {
			found["serial number "+c.SerialNumber.Text(16)] = raw
		}
		found[fmt.Sprintf("signature %d of %x", i, chain.SHA256[i])] = c.Signature
		if len(c.SubjectKeyId) > 8 {
			found["key identifier "+hex.EncodeToString(c.SubjectKeyId)] = c.SubjectKeyId
		}
	}
}

func (found secrets) name(name string) {
	bare := strings.ToLower(strings.TrimPrefix(strings.TrimSuffix(name, "."), "*."))
	if len(bare) < 5 || bare == "localhost" {
		return
	}
	found["UTF-8 "+bare] = []byte(bare)
	if second := strings.Split(bare, "."); len(second) > 1 && len(second[len(second)-2]) > 3 && second[len(second)-2] != "cloudfront" {
		found["label "+second[len(second)-2]] = []byte("." + second[len(second)-2] + ".")
	}
	wide := []byte{}
	for _, unit := range utf16.Encode([]rune(bare)) {
		wide = append(wide, byte(unit>>8), byte(unit))
	}
	found["UTF-16 "+bare] = wide
	found["hexadecimal "+bare] = []byte(hex.EncodeToString([]byte(bare)))
}

func (found secrets) address(a netip.Addr) {
	if edge.Embedded().Lookup(a).Network == edge.CloudFront || a.IsLoopback() {
		return
	}
	found["bytes of "+a.String()] = a.AsSlice()
	if text := a.String(); len(text) > 8 {
		found["text of "+text] = []byte(text)
	}
}

func (found secrets) search(t testing.TB, where string, in []byte) {
	t.Helper()
	lower := bytes.ToLower(in)
	for what, secret := range found {
		if bytes.Contains(lower, secret) || bytes.Contains(in, secret) {
			t.Errorf("%s holds the %q", where, what)
		}
	}
}
