package analyze

import (
	"slices"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/tlswire"
)

// A NameCheck lays the names that the client accepts beside those that the
// certificate has. All names are untrusted.
type NameCheck struct {
	Accepted    []AcceptedName
	Certificate []CertificateName
	From        string // where the certificate is from: its file, or "" for the wire
}

// An AcceptedName is a name that the client accepts in a certificate.
type AcceptedName struct {
	Role string // "origin domain", "forwarded Host"
	Name string // "": it is not known, and Note says how it can be
	// Covered tells whether a name of the certificate covers it; Unknown where Name is not known.
	Covered edge.Tristate
	By      string // that name of the certificate
	Note    string // what there is to add; ours, not untrusted
}

// A CertificateName is a name of the certificate.
type CertificateName struct {
	Name   string
	Covers bool // an accepted name
}

// Names lays the two lists of names side by side, for findings that are about
// names. d is what is known of the distribution. nil: the finding is about
// something else, or no certificate is known.
func (f *Finding) Names(d edge.Distribution) *NameCheck {
	c := f.Example
	about := []Code{NameNotCovered, CertificateRejected}
	if c == nil || c.Local.Judged == nil || c.ClientHello == nil ||
		!slices.Contains(about, f.Code) && !slices.Contains(f.Also, NameNotCovered) {
		return nil
	}
	n := &NameCheck{From: sourceOf(c)}
	if f.CloudFront {
		n.Accepted = acceptedByCloudFront(c, d)
	} else {
		n.Accepted = []AcceptedName{{Role: "the name asked for", Name: askedName(c), Note: "SNI"}}
	}
	names := c.Local.Judged.Names()
	covering := map[string]bool{}
	for i := range n.Accepted {
		a := &n.Accepted[i]
		if a.Name == "" {
			continue
		}
		a.Covered = edge.No
		if by, ok := edge.AnyCovers(names, a.Name); ok {
			a.Covered, a.By = edge.Yes, by
			covering[by] = true
		}
	}
	for _, name := range names {
		n.Certificate = append(n.Certificate, CertificateName{name, covering[name]})
	}
	return n
}

// sourceOf tells where the certificate that counts is from.
func sourceOf(c *Connection) string {
	if c.Certificate.Chain == nil && c.Local.Certificate != nil {
		return c.Local.Certificate.File
	}
	return ""
}

// askedName gives the SNI, "" where it was not seen or there is none.
func askedName(c *Connection) string {
	if c.ClientHello.ServerNameState != tlswire.Present {
		return ""
	}
	return c.ClientHello.ServerName
}

// acceptedByCloudFront lists the origin domain, and the Host where it is
// forwarded (docs/cloudfront.md).
func acceptedByCloudFront(c *Connection, d edge.Distribution) []AcceptedName {
	asked := askedName(c)
	domain := AcceptedName{Role: "the origin domain", Name: d.OriginDomain}
	host := AcceptedName{Role: "the forwarded Host"}
	switch c.Local.Names.HostForwarded {
	case edge.No:
		if domain.Name == "" {
			domain.Name = asked
		}
		if sameName(domain.Name, asked) {
			domain.Note = "asked for"
		}
		host.Note = "Host is not forwarded"
	case edge.Yes:
		host.Name = asked
		host.Note = "asked for"
		if domain.Name == "" {
			domain.Note = "not known: --origin-domain tells"
		}
	default:
		return []AcceptedName{{Role: "the origin domain or the forwarded Host", Name: asked, Note: "asked for"},
			{Role: "the other of the two", Note: "not known: --origin-domain and --forward-host tell"}}
	}
	return []AcceptedName{domain, host}
}

// HowSure says what the certainty of a finding means, and what would decide
// where it is not proven; decides may be "".
func (f *Finding) HowSure() (means, decides string) {
	hidden := f.Example != nil && f.Example.Certificate.State == tlswire.Encrypted
	switch f.Certainty {
	case Proven:
		return "The packets admit no other of the causes that sniwatch knows.", ""
	case Likely:
		if hidden {
			return "The connection was refused, and the certificate on this host explains why; the one that was sent is hidden by TLS 1.3.",
				"A capture with TLS 1.2 alone shows the certificate itself: ssl_protocols TLSv1.2; in nginx, for as long as it takes."
		}
		return "It explains everything that was seen; another cause would have to look the same.",
			"The first of the remedies: if the failures stop, it was this."
	case Possible:
		decides = "What is proposed above, in its order: each excludes one cause."
		if hidden {
			decides = "Give sniwatch the certificate that the server has, with --cert, or capture with TLS 1.2 alone."
			if f.Example.Local.Judged != nil {
				decides = "--probe asks the server which certificate it serves, and a capture with TLS 1.2 alone shows it."
			}
		}
		return "It is one of several causes that look the same in the packets.", decides
	}
	return "", ""
}

// ChainsSeen lists the distinct chains of certificates that a report is about:
// the host's, those of the wire, and those of the examples.
func (r *Report) ChainsSeen() []*origin.Chain {
	var out []*origin.Chain
	add := func(c *origin.Chain) {
		if c == nil || len(c.Raw) == 0 || slices.ContainsFunc(out, func(o *origin.Chain) bool { return slices.Equal(o.SHA256, c.SHA256) }) {
			return
		}
		out = append(out, c)
	}
	for i := range r.Certificates {
		add(r.Certificates[i].Chain)
	}
	for i := range r.Findings {
		if c := r.Findings[i].Example; c != nil {
			add(c.Certificate.Chain)
		}
	}
	return out
}
