package analyze

import (
	"net/netip"
	"slices"
	"time"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/origin/config"
	"sniwatch/analyze/tlswire"
	"sniwatch/capture"
)

// join lays what is known of this host beside the facts of a connection: the
// certificate that the server would choose, and what is wrong with the one
// that counts.
func (w *Watcher) join(c *Connection) {
	h := c.ClientHello
	if h == nil {
		return
	}
	l := &c.Local
	offer := offerOf(h)
	l.Certificate, l.ChosenBy, l.Answer = w.host.choose(h.ServerName, c.Server, offer)
	l.Probed, _ = w.host.probes.chain(c)
	switch {
	case l.Probed != nil && c.Certificate.Chain == nil:
		l.Agrees = agreement(c, l.Probed)
	case l.Certificate != nil:
		l.Agrees = agreement(c, l.Certificate.Chain)
	}
	switch {
	case c.Certificate.Chain != nil:
		l.Judged = c.Certificate.Chain
	case l.Probed != nil:
		l.Judged = l.Probed
	case l.Certificate != nil:
		l.Judged = l.Certificate.Chain
	default:
		return
	}
	l.Problems = w.judged.inspect(l.Judged, w.opts.Roots, judgedAt(c.Start, l.Judged), offer)
	l.Names = edge.Judge(l.Judged.Names(), h.ServerName, w.knowledge.about(h.ServerName).Distribution)
}

// thisHost is what is known of the certificates of this host.
type thisHost struct {
	store  *origin.Store // those that were named, or found without a configuration
	config *origin.Host  // nil: no configuration is known
	probes *Probes       // nil: the server is not asked
	asked  bool          // some connection was with a server whose configuration is known
}

// choose gives the certificate that the server would serve to a client that asks
// for sni with that offer (nil: CloudFront's). One that the user named goes before
// the configuration.
func (t *thisHost) choose(sni string, server netip.AddrPort, offer *origin.Offer) (cert *origin.Certificate, by origin.ChosenBy, how *Answer) {
	configuration, choice, ok := t.config.Answer(sni, server)
	if ok {
		t.asked = true
		how = newAnswer(configuration, &choice, server)
	}
	if t.store.FromFlag && len(t.store.All()) > 0 || how == nil {
		cert, by = t.store.Choose(sni, offer)
		return cert, by, how
	}
	switch choice.Why {
	case config.ByDefault:
		by = origin.ByDefault
	case config.ByOnly:
		by = origin.ByOnly
	default:
		by = origin.BySNI
	}
	return t.config.Certificate(&choice, offer), by, how
}

// newAnswer takes over what explains something.
func newAnswer(c *config.Configuration, choice *config.Choice, server netip.AddrPort) *Answer {
	s := choice.Site
	a := &Answer{
		Program: string(c.Program), File: c.File, At: s.At, Why: choice.Why,
		Protocols: s.Protocols, Ciphers: s.Ciphers, Suites: s.Suites, Groups: s.Groups, VerifyClient: s.VerifyClient,
	}
	for _, site := range c.Sites {
		if !answersAt(site, server) {
			continue
		}
		for _, n := range site.Names {
			if n.Pattern != "" && n.Pattern != "_" && !slices.Contains(a.Known, n.Pattern) && len(a.Known) < maxKnown {
				a.Known = append(a.Known, n.Pattern)
			}
		}
	}
	if hidden, is := c.Hides(s); is {
		a.HiddenFailures = &hidden
	}
	return a
}

// maxKnown is how many names of sites an Answer has.
const maxKnown = 50

// Refresh reads the certificates of this host again that have changed, and compares
// them with what is served.
func (w *Watcher) Refresh() {
	named, configured := w.host.store.Refresh(), w.host.config.Refresh()
	if named || configured {
		w.collector.served.compareAll(&w.host)
		w.host.probes.askAgain()
	}
}

// all lists the certificates of this host.
func (t *thisHost) all() []*origin.Certificate {
	certs := t.store.All()
	if t.config == nil || !t.asked || t.store.FromFlag && len(certs) > 0 {
		return certs
	}
	return append(slices.Clone(certs), t.config.Certificates()...)
}

// servers lists the servers whose configuration was read, if it is about anything
// that was seen.
func (t *thisHost) servers() []ServerUsed {
	if t.config == nil || !t.asked {
		return nil
	}
	var out []ServerUsed
	for _, c := range t.config.Configurations {
		if c.File != "" {
			out = append(out, ServerUsed{string(c.Program), c.File, c.Running, len(c.Sites)})
		}
	}
	return out
}

func (t *thisHost) notes() []Note {
	if t.config == nil || !t.asked {
		return nil
	}
	return NotesOf(t.config)
}

// NotesOf gives what could not be read of a host's configuration, or was not understood.
func NotesOf(h *origin.Host) (notes []Note) {
	for _, n := range h.Notes() {
		notes = append(notes, Note{n.At.String(), n.Says, n.Hint})
	}
	return notes
}

// judgedAt gives the time at which a chain is judged: the packet's. A capture
// without times says nothing about dates, so that the chain is then judged as
// of the moment when all of it was valid at last.
func judgedAt(start capture.Timestamp, chain *origin.Chain) time.Time {
	if start != 0 {
		return start.Time()
	}
	var at time.Time
	for _, c := range chain.Certs {
		if c != nil && c.NotBefore.After(at) {
			at = c.NotBefore
		}
	}
	return at
}

// offerOf gives the part of a ClientHello that decides which certificates it
// can use.
func offerOf(h *ClientHello) *origin.Offer {
	return &origin.Offer{
		SignatureSchemes: numbers(h.SignatureSchemes),
		CipherSuites:     numbers(h.CipherSuites),
		Groups:           numbers(h.Groups),
		Versions:         numbers(h.Versions()),
	}
}

func numbers[T ~uint16](in []T) []uint16 {
	out := make([]uint16, len(in))
	for i, v := range in {
		out[i] = uint16(v)
	}
	return out
}

// A record of TLS 1.3 is longer than the message in it by the content type and
// the tag of AES-GCM, AES-CCM or ChaCha20-Poly1305 (RFC 8446, section 5.2).
const hiddenOverhead = 1 + 16

// agreement compares the server's certificate with the one on this host. In
// TLS 1.3 only the size can be compared, where each message has its own record.
func agreement(c *Connection, local *origin.Chain) tlswire.Presence {
	switch c.Certificate.State {
	case tlswire.Present:
		if c.Certificate.Chain.SHA256[0] == local.SHA256[0] {
			return tlswire.Present
		}
		return tlswire.Absent
	case tlswire.Encrypted:
		records := c.FromServer.EncryptedRecords
		if slices.Contains(records, local.MessageSize(true)+hiddenOverhead) {
			return tlswire.Present
		}
		// EncryptedExtensions, Certificate, CertificateVerify, Finished: the way
		// OpenSSL and Go send them. Any other grouping cannot be compared.
		if len(records) == 4 {
			return tlswire.Absent
		}
	}
	return tlswire.Unseen
}

// judgedCache remembers what Inspect said: a certificate that is refused is
// refused thousands of times.
type judgedCache map[judgedKey]judged

// judgedKey is what Inspect looks at beside the time.
type judgedKey struct {
	chain *origin.Chain
	kinds string // of keys that the client's offer allows
}

// judged is what Inspect said, and for which times it holds.
type judged struct {
	from, until time.Time
	problems    []origin.Problem
}

const maxJudged = 1024

func (k judgedCache) inspect(chain *origin.Chain, roots *origin.Roots, at time.Time, offer *origin.Offer) []origin.Problem {
	key := judgedKey{chain, offer.Kinds()}
	if j, ok := k[key]; ok && !at.Before(j.from) && at.Before(j.until) {
		return j.problems
	}
	if len(k) >= maxJudged {
		clear(k)
	}
	j := judged{at, chain.NextChange(at), chain.Inspect(roots, at, offer)}
	k[key] = j
	return j.problems
}
