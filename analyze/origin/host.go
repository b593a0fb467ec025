package origin

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"sniwatch/analyze/origin/config"
)

// A Host is what the servers of this host serve by their configurations. Nothing
// of it is for two goroutines at once.
type Host struct {
	Configurations []*config.Configuration
	// Addresses are this host's own. Where there are any, the configurations say
	// nothing about servers at other addresses; nil: all servers are this host's.
	Addresses []netip.Addr

	files map[string]*hostFile
	order []*hostFile // in the order in which the configurations name them
	known map[question]answer
	whole map[string]*Certificate // with the chain of another file, by the names of all files
	notes []config.Note
}

// A hostFile is one certificate file. It is read when it is first asked for, and
// again when it has changed.
type hostFile struct {
	name  string
	cert  *Certificate // nil: it cannot be read
	stamp stamp
	at    config.Position // where it is named
}

const (
	maxHostFiles = 2000 // certificate files of one host
	maxHostNotes = 200
)

// NewHost makes a Host, and reads the certificates that the configurations name
// without variables.
func NewHost(configurations []*config.Configuration, addresses []netip.Addr) *Host {
	h := &Host{Configurations: configurations, Addresses: addresses, files: make(map[string]*hostFile), whole: make(map[string]*Certificate), known: make(map[question]answer)}
	for _, c := range configurations {
		h.notes = append(h.notes, c.Notes...)
		c.CertificateNames = h.names
		for _, site := range c.Sites {
			for _, f := range site.Certificates {
				if !strings.Contains(f.File, "$") {
					h.file(f.File, f.At)
				}
			}
		}
	}
	return h
}

// names gives the names in a certificate file.
func (h *Host) names(file string) []string {
	if f := h.file(file, config.Position{}); f != nil && f.cert != nil {
		return f.cert.Names()
	}
	return nil
}

// file gives the file of that name; nil: there are too many.
func (h *Host) file(name string, at config.Position) *hostFile {
	if f := h.files[name]; f != nil {
		return f
	}
	if len(h.files) == maxHostFiles {
		h.note(at, fmt.Sprintf("more than %d certificate files: %s and others were not read", maxHostFiles, name), "")
		return nil
	}
	f := &hostFile{name: name, at: at}
	h.files[name] = f
	h.order = append(h.order, f)
	h.read(f)
	return f
}

// read reads a certificate file, keys in it skipped.
func (h *Host) read(f *hostFile) {
	f.stamp, _ = stampOf(f.name)
	cert, err := Load(f.name)
	if err != nil {
		f.cert = nil
		wrong, _ := err.(*FileError)
		hint := ""
		if wrong != nil {
			hint = wrong.Hint()
		}
		h.note(f.at, err.Error(), hint)
		return
	}
	f.cert = cert
}

func (h *Host) note(at config.Position, says, hint string) {
	n := config.Note{At: at, Says: says, Hint: hint}
	if len(h.notes) < maxHostNotes && !slices.Contains(h.notes, n) {
		h.notes = append(h.notes, n)
	}
}

// Notes tell what could not be read.
func (h *Host) Notes() []config.Note { return h.notes }

// Refresh reads the files again that have changed since they were read, and tells
// whether there were any.
func (h *Host) Refresh() (changed bool) {
	if h == nil {
		return false
	}
	for _, f := range h.order {
		if _, newer := f.stamp.newer(f.name); !newer {
			continue
		}
		before := f.cert
		h.read(f)
		if f.cert == nil && before != nil {
			f.cert, f.stamp = before, stamp{} // half written: the next look will do
			continue
		}
		changed = true
	}
	if changed {
		clear(h.whole)
		clear(h.known)
	}
	return changed
}

// Certificates gives those that were read, in the order in which the
// configurations name them.
func (h *Host) Certificates() []*Certificate {
	var out []*Certificate
	for _, f := range h.order {
		if f.cert != nil {
			out = append(out, f.cert)
		}
	}
	return out
}

// Answer tells what the server at that address does with a ClientHello for sni,
// "" if it has none. false: no configuration has the address.
func (h *Host) Answer(sni string, server netip.AddrPort) (*config.Configuration, config.Choice, bool) {
	if h == nil || h.Addresses != nil && !slices.Contains(h.Addresses, server.Addr().Unmap()) {
		return nil, config.Choice{}, false
	}
	q := question{normalName(sni), server}
	if a, ok := h.known[q]; ok {
		return a.configuration, a.choice, a.configuration != nil
	}
	var a answer
	for _, c := range h.Configurations {
		if choice, ok := c.Choose(q.sni, server); ok && choice.TLS {
			a = answer{c, choice}
			break
		}
	}
	if len(h.known) == maxAnswers {
		clear(h.known) // scanners ask for anything
	}
	q.sni = strings.Clone(q.sni) // without the ClientHello that it is a part of
	h.known[q] = a
	return a.configuration, a.choice, a.configuration != nil
}

// A question is what a server is asked, and an answer what it does: to go through
// a thousand sites takes 70 µs.
type (
	question struct {
		sni    string
		server netip.AddrPort
	}
	answer struct {
		configuration *config.Configuration // nil: no site answers
		choice        config.Choice
	}
)

const maxAnswers = 4096

// Certificate gives the certificate of a Choice that the server serves to such an
// offer: the kind of key decides where there are several. nil: none can be read.
func (h *Host) Certificate(choice *config.Choice, offer *Offer) *Certificate {
	var certs []*Certificate
	for _, name := range choice.Certificates {
		if strings.Contains(name, "$") {
			continue
		}
		if f := h.file(name, choice.Site.At); f != nil && f.cert != nil {
			certs = append(certs, h.withChain(f.cert, choice.Chains))
		}
	}
	if len(certs) == 0 {
		return nil
	}
	return preferred(certs, offer)
}

// withChain adds the certificates of Apache's SSLCertificateChainFile.
func (h *Host) withChain(cert *Certificate, chains []string) *Certificate {
	if len(chains) == 0 {
		return cert
	}
	key := cert.File + "\x00" + strings.Join(chains, "\x00")
	if whole := h.whole[key]; whole != nil {
		return whole
	}
	raw := slices.Clone(cert.Raw)
	for _, name := range chains {
		if f := h.file(name, config.Position{}); f != nil && f.cert != nil {
			raw = append(raw, f.cert.Raw...)
		}
	}
	whole := &Certificate{File: cert.File, Chain: ParseChain(raw)}
	h.whole[key] = whole
	return whole
}
