package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"time"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/report"
)

// handshakeTimeout bounds one handshake, the connection included. CloudFront
// waits up to 10 seconds for the connection alone by default.
const handshakeTimeout = 10 * time.Second

// maxServerNames bounds the handshakes of one run to twice as many: they are
// made with a server that has other work.
const maxServerNames = 100

// A serving is what the server does when it is asked for one name.
type serving struct {
	chain   *judgedChain         // what it sent, nil: no certificate was seen
	problem *report.CheckProblem // nil: the handshake with the newer offer completed
	status  int                  // what viewers get because of problem
}

// connect makes the handshakes, and fills the table from what came back.
func (ck *checking) connect(ctx context.Context) error {
	q := ck.o.question
	for _, j := range ck.files {
		q.Certificates = append(q.Certificates, j.named())
	}
	combinations := edge.Combinations(q)
	names := make(map[string]*serving)
	for i := range combinations {
		names[combinations[i].SNI] = nil
	}
	if len(names) > maxServerNames {
		return usageError{fmt.Sprintf("%d names would be asked for with --connect, and %d is the most", len(names), maxServerNames),
			"choose with --viewer-domain, --origin-domain and --forward-host"}
	}
	for i := range combinations {
		combination := &combinations[i]
		s := names[combination.SNI]
		if s == nil {
			var err error
			if s, err = ck.serve(ctx, combination.SNI, ck.protocols(combination)); err != nil {
				return err
			}
			names[combination.SNI] = s
		}
		ck.c.Rows = append(ck.c.Rows, ck.servedRow(*combination, s))
	}
	ck.nameChains(names)
	ck.compare(names)
	return nil
}

// protocols gives the OriginSslProtocols for a case, nil: not known.
func (ck *checking) protocols(c *edge.Combination) []string {
	if ck.o.question.Config == nil {
		return nil
	}
	o, _ := ck.o.question.Config.Origin(c.Origin)
	return o.Protocols
}

// serve asks the server for one name: as CloudFront does today, and with TLS
// 1.2 at most, as it did before November 2025 and still may.
func (ck *checking) serve(ctx context.Context, sni string, protocols []string) (*serving, error) {
	newer, err := ck.handshake(ctx, sni, edge.OfferFor(protocols, true))
	if err != nil {
		return nil, err
	}
	s := ck.newServing(newer)
	if newer.Outcome == edge.NoAddress || newer.Outcome == edge.PortClosed || newer.Outcome == edge.Unreachable {
		return s, nil // the other one could not get further
	}
	older, err := ck.handshake(ctx, sni, edge.OfferFor(protocols, false))
	if err != nil {
		return nil, err
	}
	ck.compareOffers(s, newer, older)
	return s, nil
}

// handshake makes one handshake and notes how it went.
func (ck *checking) handshake(ctx context.Context, sni string, offer edge.Offer) (*edge.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	a, err := edge.Connect(ctx, (&net.Dialer{}).DialContext, ck.o.connect, askable(sni), offer)
	if err != nil {
		return nil, fmt.Errorf("cannot make a handshake with %s: %w", ck.o.connect, err)
	}
	h := report.CheckHandshake{SNI: askable(sni), Offer: "TLS 1.2 at most", OK: a.Outcome == edge.Completed}
	if offer.MaxVersion >= tls.VersionTLS13 {
		h.Offer = "TLS 1.3 too"
	}
	if p, _ := ck.answerProblem(a); p != nil {
		h.Code, h.Says = p.Code, p.Title
	} else {
		h.Says = tls.VersionName(a.Version) + ", certificate for " + someNames(origin.ParseChain(a.Certificates).Names())
	}
	ck.c.Handshakes = append(ck.c.Handshakes, h)
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

// newServing judges the answer that decides.
func (ck *checking) newServing(a *edge.Answer) *serving {
	s := &serving{}
	s.problem, s.status = ck.answerProblem(a)
	if len(a.Certificates) > 0 {
		s.chain = ck.judge("", origin.ParseChain(a.Certificates))
	}
	if a.WantsClient && s.problem == nil {
		ck.warnOnce(analyze.Warning{Code: analyze.ClientCertificateRequired, Title: "the server asks for a client certificate",
			Says: "CloudFront sends one only if the origin is set up for mutual TLS. Without one the server may answer 400 after a good handshake."})
	}
	return s
}

// compareOffers warns where the server treats the two offers in different ways.
func (ck *checking) compareOffers(s *serving, newer, older *edge.Answer) {
	if newer.Outcome != edge.Completed {
		return
	}
	if p, _ := ck.answerProblem(older); p != nil {
		says := "The server takes TLS 1.3 only. CloudFront offers it since November 2025, and there is no setting for it. " +
			"A connection that offers TLS 1.2 at most, as all of CloudFront's did before, is refused."
		title := "TLS 1.3 only: a connection that offers TLS 1.2 at most is refused"
		if p.Code != analyze.NoSharedVersion {
			title = "with TLS 1.2 at most: " + p.Title
			says = p.Says + " With TLS 1.3, which CloudFront offers since November 2025, the same server answers."
		}
		ck.warnOnce(analyze.Warning{Code: p.Code, Title: title, Says: says, Fixes: p.Fixes})
		return
	}
	if len(older.Certificates) == 0 || bytes.Equal(older.Certificates[0], newer.Certificates[0]) {
		return
	}
	other := ck.judge("", origin.ParseChain(older.Certificates))
	for _, p := range other.problems {
		if !p.Warning {
			ck.warnOnce(analyze.Warning{Code: analyze.Code(p.Kind), Title: "with TLS 1.2 at most: " + faultTitles[p.Kind],
				Says:  "For " + askable(newer.SNI) + " the server has two certificates. The one that it serves where TLS 1.3 is not offered has a fault. " + p.Says,
				Fixes: faultFixes(&p, other.chain.Names(), "")})
		}
	}
}

// warnOnce adds a warning that is not there yet.
func (ck *checking) warnOnce(w analyze.Warning) {
	for _, have := range ck.c.Warnings {
		if have.Code == w.Code && have.Title == w.Title && have.Says == w.Says {
			return
		}
	}
	ck.c.Warnings = append(ck.c.Warnings, w)
}

// servedRow is a case as the server decides it.
func (ck *checking) servedRow(c edge.Combination, s *serving) report.CheckRow {
	if s.problem == nil {
		return ck.row(c, s.chain)
	}
	// No certificate was seen, so it is none of the article's rows.
	return report.CheckRow{Row: edge.Row{Combination: c, ViewerStatus: s.status}, Problems: []report.CheckProblem{*s.problem}}
}

// nameChains gives the chains that were served the names by which the report
// calls them: that of the file which holds the same certificate, or a number.
func (ck *checking) nameChains(names map[string]*serving) {
	labels := make(map[[32]byte]string)
	for _, f := range ck.files {
		if len(f.chain.SHA256) > 0 {
			labels[f.chain.SHA256[0]] = f.label
		}
	}
	var served []*judgedChain
	for i := range ck.c.Rows {
		s := names[ck.c.Rows[i].SNI]
		if s.chain == nil || s.problem != nil {
			continue
		}
		if key := s.chain.chain.SHA256[0]; labels[key] == "" {
			labels[key] = fmt.Sprintf("as served %d", len(served)+1)
		}
		if s.chain.label == "" {
			s.chain.label = labels[s.chain.chain.SHA256[0]]
			served = append(served, s.chain)
		}
		ck.c.Rows[i].Certificate.File = s.chain.label
	}
	listed := make(map[string]bool)
	for _, j := range served {
		if !listed[j.label] {
			ck.c.Certificates = append(ck.c.Certificates, j.used())
			listed[j.label] = true
		}
	}
}

// compare lays the files of --cert beside what the server serves.
func (ck *checking) compare(names map[string]*serving) {
	if len(ck.files) == 0 {
		return
	}
	for i := range ck.c.Rows {
		s := names[ck.c.Rows[i].SNI]
		if s.chain == nil || s.chain.chain.Leaf() == nil || ck.isServed(s.chain) {
			continue
		}
		ck.warnOnce(ck.difference(ck.c.Rows[i].SNI, s.chain))
	}
}

// isServed tells whether one of the files has the leaf that was served.
func (ck *checking) isServed(j *judgedChain) bool {
	for _, f := range ck.files {
		if len(f.chain.SHA256) > 0 && f.chain.SHA256[0] == j.chain.SHA256[0] {
			return true
		}
	}
	return false
}

// difference says that the server serves none of the files for a name, and why
// that may be.
func (ck *checking) difference(sni string, served *judgedChain) analyze.Warning {
	leaf := served.chain.Leaf()
	for _, f := range ck.files {
		file := f.chain.Leaf()
		if file == nil || !file.NotAfter.After(leaf.NotAfter) || !sameNames(f.chain.Names(), served.chain.Names()) {
			continue
		}
		return analyze.Warning{Code: analyze.ServerNotReloaded, Title: "the server was not reloaded: it serves an older certificate than " + f.label,
			Says: fmt.Sprintf("For %s it serves one that is valid to %s; that of the file is valid to %s. A server reads its certificates only when it starts or is reloaded.",
				askable(sni), leaf.NotAfter.UTC().Format(time.DateOnly), file.NotAfter.UTC().Format(time.DateOnly)),
			Fixes: []analyze.Fix{{Says: "Reload the server. With nginx:", Command: reloadServer}}}
	}
	return analyze.Warning{Code: "certificate-differs", Title: "the server does not serve the certificate that was given",
		Says: fmt.Sprintf("For %s it serves one for %s, valid to %s. The table is about that one.", askable(sni), someNames(served.chain.Names()),
			leaf.NotAfter.UTC().Format(time.DateOnly)),
		Fixes: []analyze.Fix{{Says: "See which site answers for that name (server_name in nginx, ServerName in Apache) and which certificate it has. With nginx:",
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
	for _, name := range b {
		if !have[strings.ToLower(name)] {
			return false
		}
	}
	return true
}
