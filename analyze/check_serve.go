package analyze

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
	"time"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
)

// Names gives the server names that Ask makes handshakes for, at most two for
// each.
func (q *CheckQuestion) Names() []string {
	var out []string
	seen := make(map[string]bool)
	for _, c := range edge.Combinations(q.withFiles()) {
		if !seen[c.SNI] {
			seen[c.SNI] = true
			out = append(out, c.SNI)
		}
	}
	return out
}

// withFiles gives the question with the names of the files, which are tried
// where the viewers' were not given.
func (q *CheckQuestion) withFiles() edge.Question {
	asked := q.Question
	asked.Certificates = nil
	for _, f := range q.Files {
		asked.Certificates = append(asked.Certificates, edge.Certificate{File: f.File, Names: f.Names()})
	}
	return asked
}

// Ask answers from what the server serves: handshake makes one handshake with
// q.Server, as edge.Connect does. Two are made for each of q.Names: as CloudFront
// does today, and with TLS 1.2 at most, as it did before November 2025 and still
// may. The error is that of handshake.
func (q *CheckQuestion) Ask(handshake func(sni string, offer edge.Offer) (*edge.Answer, error)) (*Check, error) {
	s := &asking{checking: newChecking(q), handshake: handshake, served: make(map[string]*serving)}
	s.c.Server = q.Server
	for _, combination := range edge.Combinations(q.withFiles()) {
		if err := s.ask(combination.SNI, s.protocols(&combination)); err != nil {
			return nil, err
		}
		s.c.Rows = append(s.c.Rows, s.row(combination))
	}
	s.nameChains()
	s.compareFiles()
	s.warnOfOrigins()
	return s.finish(), nil
}

// An asking is an answer in the making that comes from a server.
type asking struct {
	*checking
	handshake func(sni string, offer edge.Offer) (*edge.Answer, error)
	served    map[string]*serving // by SNI
}

// A serving is what the server does when it is asked for one name.
type serving struct {
	chain   *judgedChain  // what it sent, nil: no certificate was seen
	problem *CheckProblem // nil: the handshake with the newer offer completed
	status  int           // what viewers get because of problem
}

// protocols gives the OriginSslProtocols for a case, nil: not known.
func (s *asking) protocols(c *edge.Combination) []string {
	if s.Config == nil {
		return nil
	}
	o, _ := s.Config.Origin(c.Origin)
	return o.Protocols
}

// ask asks the server for one name, once.
func (s *asking) ask(sni string, protocols []string) error {
	if s.served[sni] != nil {
		return nil
	}
	newer, err := s.try(sni, edge.OfferFor(protocols, true))
	if err != nil {
		return err
	}
	s.served[sni] = s.serving(newer)
	switch newer.Outcome {
	case edge.NoAddress, edge.PortClosed, edge.Unreachable:
		return nil // the other one could not get further
	}
	older, err := s.try(sni, edge.OfferFor(protocols, false))
	if err != nil {
		return err
	}
	s.compareOffers(newer, older)
	return nil
}

// try makes one handshake and notes how it went.
func (s *asking) try(sni string, offer edge.Offer) (*edge.Answer, error) {
	a, err := s.handshake(askable(sni), offer)
	if err != nil {
		return nil, err
	}
	h := CheckHandshake{SNI: askable(sni), Offer: "TLS 1.2 at most", OK: a.Outcome == edge.Completed}
	if offer.MaxVersion >= tls.VersionTLS13 {
		h.Offer = "TLS 1.3 too"
	}
	if p, _ := answerProblem(a, s.Server); p != nil {
		h.Code, h.Says = p.Code, p.Title
	} else {
		h.Says = tls.VersionName(a.Version) + ", certificate for " + someNames(origin.ParseChain(a.Certificates).Names())
	}
	s.c.Handshakes = append(s.c.Handshakes, h)
	return a, nil
}

// askable gives a name that can stand in a ClientHello: for an alias such as
// *.example.com, one of those that it stands for.
func askable(sni string) string {
	if rest, ok := strings.CutPrefix(sni, "*."); ok {
		return "www." + rest
	}
	return sni
}

// serving judges the answer that decides.
func (s *asking) serving(a *edge.Answer) *serving {
	out := &serving{}
	out.problem, out.status = answerProblem(a, s.Server)
	if len(a.Certificates) > 0 || out.problem == nil {
		out.chain = s.judge("", origin.ParseChain(a.Certificates))
	}
	if a.WantsClient && out.problem == nil {
		s.warnOnce(Warning{Code: ClientCertificateRequired, Title: "the server asks for a client certificate",
			Says: "CloudFront sends one only if the origin is set up for mutual TLS. Without one the server may answer 400 after a good handshake."})
	}
	return out
}

// compareOffers warns where the server treats the two offers in different ways.
func (s *asking) compareOffers(newer, older *edge.Answer) {
	if newer.Outcome != edge.Completed {
		return
	}
	if p, _ := answerProblem(older, s.Server); p != nil {
		s.warnOnce(olderFails(p, newer))
		return
	}
	if len(older.Certificates) == 0 || bytes.Equal(older.Certificates[0], newer.Certificates[0]) {
		return
	}
	other := s.judge("", origin.ParseChain(older.Certificates))
	for _, p := range other.problems {
		if !p.Warning {
			s.warnOnce(Warning{Code: Code(p.Kind), Title: "with TLS 1.2 at most: " + faultTitles[p.Kind],
				Says:  "For " + newer.SNI + " the server has two certificates. The one that it serves where TLS 1.3 is not offered has a fault. " + p.Says,
				Fixes: faultFixes(&p, other.chain.Names(), "")})
		}
	}
}

// olderFails says that a server which answered the newer offer has the problem p
// with the older one.
func olderFails(p *CheckProblem, newer *edge.Answer) Warning {
	w := Warning{Code: p.Code, Title: "with TLS 1.2 at most: " + p.Title, Says: p.Says, Fixes: p.Fixes}
	switch {
	case newer.Version != tls.VersionTLS13:
		w.Says += " Where TLS 1.3 was offered too, the same server took " + tls.VersionName(newer.Version) + "."
	case p.Code == NoSharedVersion:
		w.Title = "TLS 1.3 only: a connection that offers TLS 1.2 at most is refused"
		w.Says = "The server takes TLS 1.3 only. CloudFront offers it since November 2025, and there is no setting for it. " +
			"A connection that offers TLS 1.2 at most, as all of CloudFront's did before, is refused."
	default:
		w.Says += " With TLS 1.3, which CloudFront offers since November 2025, the same server answers."
	}
	return w
}

// warnOnce adds a warning that is not there yet.
func (s *asking) warnOnce(w Warning) {
	if !slices.ContainsFunc(s.c.Warnings, func(have Warning) bool {
		return have.Code == w.Code && have.Title == w.Title && have.Says == w.Says
	}) {
		s.c.Warnings = append(s.c.Warnings, w)
	}
}

// row is a case as the server decides it.
func (s *asking) row(c edge.Combination) CheckRow {
	served := s.served[c.SNI]
	if served.problem == nil {
		return served.chain.row(c.With(served.chain.named()))
	}
	// No certificate was accepted, so it is none of the article's rows.
	return CheckRow{Row: edge.Row{Combination: c, ViewerStatus: served.status}, Problems: []CheckProblem{*served.problem}}
}

// nameChains gives the chains that were served the names by which the report
// calls them: that of the file which holds the same certificate, or a number.
func (s *asking) nameChains() {
	labels := make(map[[32]byte]string)
	for _, f := range s.files {
		if len(f.chain.SHA256) > 0 {
			labels[f.chain.SHA256[0]] = f.label
		}
	}
	listed := make(map[string]bool)
	unknown := 0
	for i := range s.c.Rows {
		served := s.served[s.c.Rows[i].SNI]
		if served.problem != nil || len(served.chain.chain.SHA256) == 0 {
			continue
		}
		j := served.chain
		key := j.chain.SHA256[0]
		if labels[key] == "" {
			unknown++
			labels[key] = fmt.Sprintf("as served %d", unknown)
		}
		j.label = labels[key]
		s.c.Rows[i].Certificate.File = j.label
		if !listed[j.label] {
			listed[j.label] = true
			s.c.Certificates = append(s.c.Certificates, j.used())
		}
	}
}

// compareFiles lays the files beside what the server serves.
func (s *asking) compareFiles() {
	if len(s.files) == 0 {
		return
	}
	for i := range s.c.Rows {
		sni := s.c.Rows[i].SNI
		j := s.served[sni].chain
		if j != nil && j.chain.Leaf() != nil && !s.isServed(j) {
			s.warnOnce(s.difference(sni, j))
		}
	}
}

// isServed tells whether one of the files has the leaf that was served.
func (s *asking) isServed(j *judgedChain) bool {
	return slices.ContainsFunc(s.files, func(f *judgedChain) bool {
		return len(f.chain.SHA256) > 0 && f.chain.SHA256[0] == j.chain.SHA256[0]
	})
}

// difference says that the server serves none of the files for a name, and why
// that may be.
func (s *asking) difference(sni string, served *judgedChain) Warning {
	leaf := served.chain.Leaf()
	for _, f := range s.files {
		file := f.chain.Leaf()
		if file == nil || !file.NotAfter.After(leaf.NotAfter) || !sameNames(f.chain.Names(), served.chain.Names()) {
			continue
		}
		return Warning{Code: ServerNotReloaded, Title: "the server was not reloaded: it serves an older certificate than " + f.label,
			Says: fmt.Sprintf("For %s it serves one that is valid to %s; that of the file is valid to %s. A server reads its certificates only when it starts or is reloaded.",
				askable(sni), leaf.NotAfter.UTC().Format(time.DateOnly), file.NotAfter.UTC().Format(time.DateOnly)),
			Fixes: []Fix{{Says: "Reload the server. With nginx:", Command: testReloadCommand}}}
	}
	return Warning{Code: "certificate-differs", Title: "the server does not serve the certificate that was given",
		Says: fmt.Sprintf("For %s it serves one for %s, valid to %s. The table is about that one.", askable(sni), someNames(served.chain.Names()),
			leaf.NotAfter.UTC().Format(time.DateOnly)),
		Fixes: []Fix{{Says: "See which site answers for that name (server_name in nginx, ServerName in Apache) and which certificate it has. With nginx:",
			Command: "sudo nginx -T | grep -E 'server_name|ssl_certificate '"}}}
}

// sameNames tells whether two certificates are for the same names: the newer is
// then the older's successor.
func sameNames(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	have := make(map[string]bool, len(a))
	for _, name := range a {
		have[strings.ToLower(name)] = true
	}
	return !slices.ContainsFunc(b, func(name string) bool { return !have[strings.ToLower(name)] })
}

// warnOfOrigins says that one server stands for several origins here.
func (s *asking) warnOfOrigins() {
	var domains []string
	for i := range s.c.Rows {
		if d := s.c.Rows[i].OriginDomain; s.Config != nil && !slices.Contains(domains, d) {
			domains = append(domains, d)
		}
	}
	if len(domains) < 2 {
		return
	}
	s.warnOnce(Warning{Code: "several-origins", Title: "the table judges one server as if it were all origins of the distribution",
		Says:  fmt.Sprintf("The distribution has %s, and all handshakes were made with %s.", someNames(domains), s.Server),
		Fixes: []Fix{{Says: "Choose the origin that this server is with --origin-domain."}}})
}
