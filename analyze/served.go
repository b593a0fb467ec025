package analyze

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sniwatch/analyze/origin"
	"sniwatch/analyze/origin/config"
	"sniwatch/analyze/tlswire"
	"sniwatch/capture"
)

// maxServed is for how many sites it is remembered which certificate they have.
// A host has a few; scanners ask for anything.
const maxServed = 1024

// served remembers which certificate the wire showed for which site, to notice
// one that changes, or that is not the file's.
type served struct {
	leaf      map[site]*origin.Chain
	last      lastServed
	chains    []*origin.Chain // distinct leaves, in order of first sight, that are no file's
	changes   []change
	asked     map[site]struct{} // of CloudFront, looked up in the configuration
	lastAsked lastServed        // of these
	strays    []stray
	stale     []staleness
}

// A site is a server, by its address, and the name that it was asked for; "": none.
type site struct {
	server netip.AddrPort
	sni    string
}

// lastServed is what was noted last. A busy host serves one site again and again,
// and then not even the map is asked.
type lastServed struct {
	server netip.AddrPort
	sni    []byte
	chain  *origin.Chain
}

// A change is another leaf for the same site: the first one, and how
// often the leaf changed in all.
type change struct {
	site          site
	before, after *origin.Chain
	at            capture.Timestamp
	packet        int
	times         int
}

// staleness is a leaf on the wire that is older than the one in the file that
// the server would choose.
type staleness struct {
	wire   *origin.Chain
	file   *origin.Certificate
	packet int // 0: the server showed it when it was asked, or serves it still
}

const maxRemarks = 8 // changes, stale certificates, certificates of the wire that are listed

func newServed() served { return served{leaf: map[site]*origin.Chain{}, asked: map[site]struct{}{}} }

// note looks at the certificate of one connection. Nearly always it is the one
// that this site had before, which costs a look into the map.
func (s *served) note(r *reading, local *thisHost) {
	if local.config != nil && r.ClientHello != nil && !r.helloIsSSL2 && r.fromCloudFront() && r.Handshake == Complete {
		s.stray(r.Server, tlswire.ServerName(r.helloBody), local)
	}
	if local.probes != nil && r.certificateState() == tlswire.Encrypted {
		s.hidden(r, local)
	}
	if r.Certificate.Chain != nil && r.ClientHello != nil && !r.helloIsSSL2 {
		s.shows(tlswire.ServerName(r.helloBody), r.Certificate.Chain, sight{r, r.Start, r.Certificate.Packet}, local)
	}
}

// A sight is when a certificate was seen: by a connection, or by one that asked for
// the same and was shown the same.
type sight struct {
	*reading
	start  capture.Timestamp
	packet int
}

// shows looks at the certificate that a site showed.
func (s *served) shows(sni []byte, chain *origin.Chain, r sight, local *thisHost) {
	if l := &s.last; l.chain == chain && l.server == r.Server && bytes.Equal(l.sni, sni) {
		return
	}
	s.last = lastServed{r.Server, append(s.last.sni[:0], sni...), chain}
	before, known := s.leaf[site{r.Server, string(sni)}]
	if before == chain || !known && len(s.leaf) == maxServed {
		return
	}
	r.parseHello()
	c := &r.Connection
	if h := c.ClientHello; h.ServerNameState == tlswire.Present || h.ServerNameState == tlswire.Absent {
		asked := site{c.Server, strings.Clone(h.ServerName)} // without the hello that it is a part of
		s.leaf[asked] = chain
		if known && before.SHA256[0] != chain.SHA256[0] {
			s.changed(change{asked, before, chain, r.start, r.packet, 1})
		}
	}
	s.compare(c, r.packet, local)
}

// stray notes a name that CloudFront asked for, if the default site answers because
// no site has it and CloudFront accepted that.
func (s *served) stray(server netip.AddrPort, sni []byte, local *thisHost) {
	if l := &s.lastAsked; len(s.asked) == maxServed || len(sni) == 0 || l.server == server && bytes.Equal(l.sni, sni) {
		return
	}
	s.lastAsked = lastServed{server: server, sni: append(s.lastAsked.sni[:0], sni...)}
	asked := site{server, string(sni)}
	if _, known := s.asked[asked]; known {
		return
	}
	s.asked[asked] = struct{}{}
	configuration, choice, ok := local.config.Answer(asked.sni, server)
	local.asked = local.asked || ok
	if ok && choice.Why == config.ByDefault && len(s.strays) < maxRemarks {
		s.strays = append(s.strays, stray{asked.sni, newAnswer(configuration, &choice, server)})
	}
}

// changed notes a change, unless the site is known to change already: several
// servers behind one address may each have a certificate of their own.
func (s *served) changed(now change) {
	i := slices.IndexFunc(s.changes, func(c change) bool { return c.site == now.site })
	switch {
	case i >= 0:
		s.changes[i].times++
	case len(s.changes) < maxRemarks:
		s.changes = append(s.changes, now)
	}
}

// compare looks for a file that is newer than what the wire shows.
func (s *served) compare(c *Connection, packet int, local *thisHost) {
	chain := c.Certificate.Chain
	for _, other := range s.chains {
		if other.SHA256[0] == chain.SHA256[0] {
			return
		}
	}
	file, _, _ := local.choose(c.ClientHello.ServerName, c.Server, offerOf(c.ClientHello))
	if file != nil && agreement(c, file.Chain) == tlswire.Present {
		return
	}
	if len(s.chains) < maxRemarks {
		s.chains = append(s.chains, chain)
	}
	if file == nil || len(s.stale) == maxRemarks {
		return
	}
	if olderOf(chain, file.Chain) {
		s.stale = append(s.stale, staleness{chain, file, packet})
	}
}

// compareAll compares what each site serves with files that have changed.
func (s *served) compareAll(local *thisHost) {
	for asked, chain := range s.leaf {
		file, _, _ := local.choose(asked.sni, asked.server, nil)
		s.shown(chain, file)
	}
}

// hidden asks for the certificate of a site that TLS 1.3 hides, and compares it.
func (s *served) hidden(r *reading, local *thisHost) {
	r.parseHello()
	if chain, _ := local.probes.chain(&r.Connection); chain != nil {
		file, _, _ := local.choose(r.ClientHello.ServerName, r.Server, nil)
		s.shown(chain, file)
	}
}

// shown compares what the server serves, or showed when it was asked, with the file
// that it should serve.
func (s *served) shown(chain *origin.Chain, file *origin.Certificate) {
	known := slices.ContainsFunc(s.stale, func(o staleness) bool { return o.wire.SHA256[0] == chain.SHA256[0] })
	if file != nil && !known && len(s.stale) < maxRemarks && olderOf(chain, file.Chain) {
		s.stale = append(s.stale, staleness{chain, file, 0})
	}
}

// olderOf tells whether a chain is what a file was before its renewal.
func olderOf(chain, file *origin.Chain) bool {
	old, renewed := chain.Leaf(), file.Leaf()
	return old != nil && renewed != nil && old.NotBefore.Before(renewed.NotBefore) && shareName(chain, file)
}

// shareName tells whether two certificates are for the same host: one is then
// the renewal of the other.
func shareName(a, b *origin.Chain) bool {
	names := map[string]bool{}
	for _, n := range a.Names() {
		names[n] = true
	}
	for _, n := range b.Names() {
		if names[n] {
			return true
		}
	}
	return false
}

// used lists the host's certificates and those that only the wire showed.
func (s *served) used(local *thisHost, roots *origin.Roots, at time.Time) []CertificateUsed {
	var out []CertificateUsed
	for _, c := range local.all() {
		out = append(out, certificateUsed(c.File, c.Chain, roots, at))
	}
	for _, c := range s.chains {
		out = append(out, certificateUsed("", c, roots, at))
	}
	return out
}

func certificateUsed(file string, c *origin.Chain, roots *origin.Roots, at time.Time) CertificateUsed {
	u := CertificateUsed{File: file, Names: c.Names(), Problems: c.Inspect(roots, at, nil), Chain: c}
	if leaf := c.Leaf(); leaf != nil {
		u.NotAfter = leaf.NotAfter
	}
	return u
}
