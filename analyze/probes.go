package analyze

import (
	"net/netip"
	"strings"
	"sync"

	"sniwatch/analyze/origin"
	"sniwatch/analyze/tlswire"
)

// Probes are the certificates that this host's server shows when it is asked: what
// TLS 1.3 hides on the wire. A Watcher says which names are wanted; whoever runs it
// makes the handshakes.
type Probes struct {
	known  map[site]*probed
	wanted []Probe

	guard sync.Mutex
	own   map[netip.AddrPort]struct{} // clients that are sniwatch itself
}

// probed is what one question gave.
type probed struct {
	chain    *origin.Chain // nil: the server showed none
	answered bool
}

// A Probe is a question: which certificate does Server show for SNI?
type Probe struct {
	Server netip.AddrPort
	SNI    string // "": none
}

// maxProbes is how many names are asked for in one run. A host has a few; scanners
// ask for anything.
const maxProbes = 200

// NewProbes makes Probes that know nothing.
func NewProbes() *Probes {
	return &Probes{known: map[site]*probed{}, own: map[netip.AddrPort]struct{}{}}
}

// Next gives the next question.
func (p *Probes) Next() (q Probe, ok bool) {
	if len(p.wanted) == 0 {
		return Probe{}, false
	}
	q = p.wanted[0]
	p.wanted = p.wanted[1:]
	return q, true
}

// Probed notes the answer to a question, nil where the server showed no certificate,
// and compares it with the file that the server should serve.
func (w *Watcher) Probed(q Probe, chain *origin.Chain) {
	w.opts.Probes.Found(q, chain)
	if chain != nil {
		file, _, _ := w.host.choose(q.SNI, q.Server, nil)
		w.collector.served.shown(chain, file)
	}
}

// Found notes the answer to a question, nil where the server showed no certificate.
func (p *Probes) Found(q Probe, chain *origin.Chain) {
	p.known[site{q.Server, q.SNI}] = &probed{chain, true}
}

// askAgain forgets the answers: the server may have another certificate now.
func (p *Probes) askAgain() {
	if p != nil {
		clear(p.known)
	}
}

// Own notes that the client at that address is sniwatch: its connections are not
// counted. It may be called while another goroutine uses p, and has to be before the
// connection ends: one that is told is told.
func (p *Probes) Own(client netip.AddrPort) {
	p.guard.Lock()
	defer p.guard.Unlock()
	if len(p.own) == maxOwn {
		clear(p.own) // their connections are long over
	}
	p.own[client] = struct{}{}
}

// maxOwn is how many of sniwatch's own connections are remembered.
const maxOwn = 1024

// isOwn tells whether a connection is one of sniwatch's own.
func (p *Probes) isOwn(client netip.AddrPort) bool {
	if p == nil {
		return false
	}
	p.guard.Lock()
	defer p.guard.Unlock()
	_, own := p.own[client]
	return own
}

// chain gives what the server shows on a connection like c, as far as it was asked;
// asked tells whether it was. Otherwise it will be.
func (p *Probes) chain(c *Connection) (chain *origin.Chain, asked bool) {
	h := c.ClientHello
	if p == nil || h == nil || h.ServerNameState != tlswire.Present && h.ServerNameState != tlswire.Absent {
		return nil, true
	}
	if s := p.known[site{c.Server, h.ServerName}]; s != nil {
		return s.chain, s.answered
	}
	if len(p.known) == maxProbes {
		return nil, true
	}
	q := Probe{c.Server, strings.Clone(h.ServerName)} // without the hello that it is a part of
	p.known[site{q.Server, q.SNI}] = &probed{}
	p.wanted = append(p.wanted, q)
	return nil, false
}
