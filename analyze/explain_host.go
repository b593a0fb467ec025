package analyze

import (
	"net/netip"
	"slices"

	"sniwatch/analyze/origin"
)

// A LocalServer is what the server of this host is set to do, as far as lines of a
// log can use it. The log may be of another host, so that only what fits it counts.
type LocalServer struct {
	// Only is the one certificate that it serves; nil: there are several, or none.
	Only *origin.Certificate
	// Serves gives the certificate for a name on a port, nil where none is served;
	// byName tells whether a site has that name, and not just the default answers.
	Serves func(sni string, port uint16) (cert *origin.Certificate, byName bool)
	// Wrote tells whether the server writes its log to that file, or rotated it away.
	Wrote func(file string) bool
	// Notes are about what of its configuration could not be read.
	Notes []Note
}

// chosen gives the certificate that the server would choose for the lines of a
// group: of those that were named or, without any, by the configuration of this
// host.
func (x *Explainer) chosen(g *logGroup, sni string, known bool) (*origin.Certificate, origin.ChosenBy) {
	l := x.o.Local
	if len(x.o.Certificates.All()) > 0 || l == nil {
		return x.o.Certificates.Choose(sni, nil)
	}
	if !known {
		if l.Only != nil && g.CloudFront && l.Wrote(g.Example.File) {
			return x.uses(l.Only), origin.ByOnly
		}
		return nil, ""
	}
	cert, byName := l.Serves(sni, portOf(g.Example.Server))
	switch {
	case cert == nil:
	case byName:
		return x.uses(cert), origin.BySNI
	case l.Wrote(g.Example.File):
		return x.uses(cert), origin.ByDefault
	}
	return nil, ""
}

// notes gives what could not be read of the server that wrote one of the logs: of
// another server's logs it takes away nothing.
func (x *Explainer) notes() []Note {
	l := x.o.Local
	if l == nil || !slices.ContainsFunc(x.e.Logs, func(r LogRead) bool { return l.Wrote(r.Name) }) {
		return nil
	}
	return l.Notes
}

// portOf is the port of the server that a line is about: not all have it.
func portOf(server netip.AddrPort) uint16 {
	const https = 443
	if server.Port() == 0 {
		return https
	}
	return server.Port()
}

// uses notes that a certificate of this host is what lines were explained by.
func (x *Explainer) uses(cert *origin.Certificate) *origin.Certificate {
	if !slices.Contains(x.used, cert) {
		x.used = append(x.used, cert)
	}
	return cert
}
