package config

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
)

// Why tells how a server came to a site.
type Why string

// The ways.
const (
	ByExact    Why = "exact"    // one of its names is the SNI
	ByWildcard Why = "wildcard" // one of its names with a * covers it
	ByRegex    Why = "regex"    // one of its regular expressions matches it
	ByDefault  Why = "default"  // none does: the default for the address
	ByOnly     Why = "only"     // nothing else answers on the address
)

// A Choice is what a server does with one server name on one address.
type Choice struct {
	Site *Site
	Why  Why
	Name string // the name of the site, or of HAProxy's certificate, that decided; "": none did
	// Certificates are the files it serves from, with $variables filled in; a
	// name with $ left in it could not be filled. Where there are several, the
	// server shows the first with the kind of key that it agrees on with the
	// client, ECDSA before RSA.
	Certificates []string
	Chains       []string // Apache's SSLCertificateChainFile
	TLS          bool     // the address speaks TLS; false: plain text, or TLS passed through
	Refuses      bool     // the handshake is refused: ssl_reject_handshake, strict-sni
}

// Choose tells what the server does with a ClientHello for sni ("": none) that
// came to server. false: no site answers there.
func (c *Configuration) Choose(sni string, server netip.AddrPort) (Choice, bool) {
	sites, rank := c.answering(server)
	if len(sites) == 0 {
		return Choice{}, false
	}
	switch c.Program {
	case HAProxy:
		return chooseCertificate(sites[0], normal(sni), c.CertificateNames), true
	case Apache:
		return chooseVirtualHost(sites, normal(sni)), true
	}
	return chooseServer(sites, sni, server, rank), true
}

// answering gives the sites whose address fits best, in the order of the files,
// and how well it fits.
func (c *Configuration) answering(server netip.AddrPort) (sites []*Site, best int) {
	for _, main := range []bool{false, true} {
		for _, site := range c.Sites {
			rank := site.rank(server)
			if site.Main != main || rank == 0 || rank < best {
				continue
			}
			if rank > best {
				sites, best = nil, rank
			}
			sites = append(sites, site)
		}
		if len(sites) > 0 {
			break // Apache's main server answers only where no VirtualHost does
		}
	}
	return sites, best
}

// rank gives the best rank of the addresses of a site.
func (s *Site) rank(server netip.AddrPort) int {
	best := 0
	for _, listen := range s.Listens {
		best = max(best, listen.rank(server))
	}
	return best
}

// rank tells how well the address fits: 0 not at all; the very address goes
// before a wildcard, and a port before every port. A host name, which is not
// looked up, may fit and comes last.
func (l Listen) rank(server netip.AddrPort) int {
	address := server.Addr().Unmap()
	rank := 0
	switch {
	case l.Host != "":
		rank = 1
	case !l.Address.IsValid():
		rank = 2
	case l.Address.IsUnspecified() && l.Address.Is4() == address.Is4():
		rank = 3
	case l.Address == address.WithZone(""):
		rank = 4
	default:
		return 0
	}
	switch port := server.Port(); {
	case l.Port == 0:
		return 2 * rank
	case port == l.Port, l.LastPort != 0 && l.Port <= port && port <= l.LastPort:
		return 2*rank + 1
	}
	return 0
}

// chooseServer is nginx: among the server blocks of the socket the exact name,
// else the longest with a * first, else the longest with a * last, else the
// first regular expression, else the default server.
func chooseServer(sites []*Site, asked string, server netip.AddrPort, rank int) Choice {
	sni := normal(asked)
	choice := Choice{Site: sites[0], Why: ByDefault}
	for _, site := range sites {
		for _, listen := range site.Listens {
			if listen.rank(server) != rank {
				continue
			}
			// One ssl makes the whole socket TLS.
			choice.TLS = choice.TLS || listen.TLS
			if listen.Default {
				choice.Site = site
			}
		}
	}
	if len(sites) == 1 {
		choice.Why = ByOnly
	}
	var best Name
	if sni != "" {
		for _, site := range sites {
			for _, name := range site.Names {
				if name.matches(sni) && (best.Pattern == "" || before(name, best)) {
					choice.Site, choice.Name, best = site, name.Pattern, name
				}
			}
		}
	}
	if best.Pattern != "" {
		choice.Why = whyOf(best)
	}
	if choice.TLS {
		choice.Refuses = choice.Site.RejectHandshake
		for _, cert := range lastFirst(choice.Site.Certificates) {
			choice.Certificates = append(choice.Certificates, fillVariables(cert, asked, server, choice.Site.maps))
		}
	}
	return choice
}

// before tells whether nginx prefers a to b, both of which match. Among equals
// the first stays.
func before(a, b Name) bool {
	if a.Kind != b.Kind {
		return a.Kind < b.Kind
	}
	return a.Kind != Regex && a.covered() > b.covered()
}

// covered counts the bytes of a name that a wildcard does not stand for:
// .example.com and *.example.com are equally long.
func (n Name) covered() int { return len(strings.Trim(n.Pattern, "*")) }

func whyOf(n Name) Why {
	switch n.Kind {
	case Exact:
		return ByExact
	case Regex:
		return ByRegex
	}
	return ByWildcard
}

// chooseVirtualHost is Apache: the first VirtualHost of the address that has
// the name, else the first one of the address. Whether the connection is TLS
// is for that first one to say, since no name is known yet; one without TLS
// that has the name is chosen, but the certificate is the first one's then.
func chooseVirtualHost(sites []*Site, sni string) Choice {
	first := sites[0]
	choice := Choice{Site: first, Why: ByDefault, TLS: first.speaksTLS()}
	if len(sites) == 1 {
		choice.Why = ByOnly
	}
	if name, site := firstNamed(sites, sni); site != nil {
		choice.Site, choice.Name, choice.Why = site, name.Pattern, whyOf(name)
	}
	if choice.TLS {
		serving := choice.Site
		if !serving.speaksTLS() {
			serving = first
		}
		choice.Chains = serving.Chains
		choice.Certificates = lastFirst(serving.Certificates)
	}
	return choice
}

// lastFirst gives the files backwards: with OpenSSL's SSL_CTX_use_certificate,
// as nginx and mod_ssl call it, the last one for a kind of key counts.
func lastFirst(certs []CertificateFile) []string {
	var files []string
	for _, cert := range slices.Backward(certs) {
		files = append(files, cert.File)
	}
	return files
}

func firstNamed(sites []*Site, sni string) (Name, *Site) {
	if sni == "" {
		return Name{}, nil
	}
	for _, site := range sites {
		for _, name := range site.Names {
			if name.matches(sni) {
				return name, site
			}
		}
	}
	return Name{}, nil
}

func (s *Site) speaksTLS() bool { return len(s.Listens) > 0 && s.Listens[0].TLS }

// chooseCertificate is HAProxy: of one bind line the certificates that have the
// very name, then those that have a wildcard for it, which serve the kinds of
// key that the former do not have; if there are none, the default one.
func chooseCertificate(site *Site, sni string, names func(string) []string) Choice {
	choice := Choice{Site: site, Why: ByDefault, TLS: site.speaksTLS()}
	if !choice.TLS {
		choice.Why = ByOnly
		return choice
	}
	var exact, wildcard []string
	var exactName, wildcardName string
	for _, cert := range site.Certificates {
		name, isExact := cert.covers(sni, names)
		switch {
		case name == "":
		case isExact:
			exact, exactName = append(exact, cert.File), cmp.Or(exactName, name)
		default:
			wildcard, wildcardName = append(wildcard, cert.File), cmp.Or(wildcardName, name)
		}
	}
	choice.Certificates = slices.Concat(exact, wildcard)
	switch {
	case len(exact) > 0:
		choice.Why, choice.Name = ByExact, exactName
	case len(wildcard) > 0:
		choice.Why, choice.Name = ByWildcard, wildcardName
	case site.StrictSNI:
		choice.Refuses = true
	default:
		choice.Certificates = site.defaults()
		if len(site.Certificates) == 1 {
			choice.Why = ByOnly
		}
	}
	return choice
}

// covers gives the name by which HAProxy takes the certificate for sni: that of
// a filter of the crt-list, or one of the certificate itself where there are no
// filters. "": none. An exclusion counts for wildcards only, as in HAProxy.
func (c CertificateFile) covers(sni string, names func(string) []string) (name string, exact bool) {
	patterns := c.Filters
	if patterns == nil && names != nil && sni != "" {
		patterns = names(c.File)
	}
	excluded := false
	for _, pattern := range patterns {
		if not, ok := strings.CutPrefix(pattern, "!"); ok {
			excluded = excluded || normal(not) == sni
			continue
		}
		isExact, isWildcard := oneLabel(normal(pattern), sni)
		if isExact {
			return pattern, true
		}
		if isWildcard && name == "" {
			name = pattern
		}
	}
	if excluded {
		name = ""
	}
	return name, false
}

// defaults gives what HAProxy serves where no name fits: its default-crt, or
// the certificate that it loaded first.
func (s *Site) defaults() []string {
	var files []string
	for _, cert := range s.Certificates {
		if cert.Default {
			files = append(files, cert.File)
		}
	}
	if files == nil && len(s.Certificates) > 0 {
		files = []string{s.Certificates[0].File}
	}
	return files
}
