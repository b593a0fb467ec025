package origin

import (
	"slices"
	"strings"
)

// ChosenBy tells why a certificate is taken for the one that the server serves.
type ChosenBy string

// The reasons, as the JSON writes them.
const (
	BySNI     ChosenBy = "sni"     // one of its names covers the server name asked for
	ByDefault ChosenBy = "default" // none does: the first one, as a default server
	ByOnly    ChosenBy = "only"    // no other certificate is known
	ByFlag    ChosenBy = "flag"    // no other one is known, and the user named it
)

// A Store holds the certificates of this host. It is safe for concurrent use
// once FromFlag is set, but for Refresh.
type Store struct {
	FromFlag bool // the user named the certificates; they were not found

	certs    []*Certificate
	stamps   []stamp                   // as long as certs
	exact    map[string][]*Certificate // by name, in lower case
	wildcard map[string][]*Certificate // by what follows "*.", in lower case
}

// NewStore makes a Store of certs, in the order of the configuration: the first
// is that of the default server.
func NewStore(certs ...*Certificate) *Store {
	s := &Store{
		certs:    certs,
		exact:    make(map[string][]*Certificate),
		wildcard: make(map[string][]*Certificate),
	}
	for _, cert := range certs {
		now, _ := stampOf(cert.File)
		s.stamps = append(s.stamps, now)
		for _, name := range cert.Names() {
			name = normalName(name)
			if parent, ok := strings.CutPrefix(name, "*."); ok {
				s.wildcard[parent] = append(s.wildcard[parent], cert)
			} else {
				s.exact[name] = append(s.exact[name], cert)
			}
		}
	}
	return s
}

// Refresh reads the files again that have changed since they were read, and tells
// whether there were any.
func (s *Store) Refresh() (changed bool) {
	certs := slices.Clone(s.certs)
	for i, cert := range certs {
		if _, newer := s.stamps[i].newer(cert.File); !newer {
			continue
		}
		if again, err := Load(cert.File); err == nil { // else half written: the next look will do
			certs[i], changed = again, true
		}
	}
	if changed {
		flag := s.FromFlag
		*s = *NewStore(certs...)
		s.FromFlag = flag
	}
	return changed
}

// All gives the certificates in the order in which they were given.
func (s *Store) All() []*Certificate { return s.certs }

// Choose picks the certificate that a server would serve for sni, as nginx
// does: one with the very name, else with a wildcard for it, else the first.
// Where several have the name, an ECDSA certificate goes before an RSA one if
// the offer (nil: CloudFront's) allows it, as it does in OpenSSL for clients
// that prefer it. sni is "" where the client sent none. An empty Store gives
// nil and "".
func (s *Store) Choose(sni string, offer *Offer) (*Certificate, ChosenBy) {
	switch {
	case len(s.certs) == 0:
		return nil, ""
	case len(s.certs) == 1 && s.FromFlag:
		return s.certs[0], ByFlag
	case len(s.certs) == 1:
		return s.certs[0], ByOnly
	}
	name := normalName(sni)
	if found := s.exact[name]; len(found) > 0 {
		return preferred(found, offer), BySNI
	}
	if _, parent, ok := strings.Cut(name, "."); ok && len(s.wildcard[parent]) > 0 {
		return preferred(s.wildcard[parent], offer), BySNI
	}
	return preferred(s.siblings(), offer), ByDefault
}

// siblings gives the first certificate and those with the same names: the RSA
// and the ECDSA form of one default server.
func (s *Store) siblings() []*Certificate {
	names := s.certs[0].Names()
	same := s.certs[:1:1]
	for _, cert := range s.certs[1:] {
		if len(names) > 0 && slices.Equal(names, cert.Names()) {
			same = append(same, cert)
		}
	}
	return same
}

// preferred picks among certificates for one name by their keys.
func preferred(certs []*Certificate, offer *Offer) *Certificate {
	kinds := []keyKind{ecdsaKey, ed25519Key, rsaKey}
	for _, kind := range kinds {
		for _, cert := range certs {
			leaf := cert.Leaf()
			if leaf != nil && kindOf(leaf) == kind && offer.refuses(leaf) == "" {
				return cert
			}
		}
	}
	return certs[0]
}

// normalName brings a DNS name into the form in which names are compared:
// lower case, without the dot at its end.
func normalName(name string) string {
	return strings.ToLower(strings.TrimSuffix(name, "."))
}
