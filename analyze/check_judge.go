package analyze

import (
	"fmt"
	"strings"
	"time"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
)

// A CheckQuestion is what 'sniwatch check' is asked.
type CheckQuestion struct {
	edge.Question // of its Certificates nothing is read: they are those of Files
	Files         []*origin.Certificate
	// Serves gives the certificate of Files that the server serves for a name, nil:
	// none. Serves nil: each of Files is judged for every name.
	Serves func(sni string) *origin.Certificate
	Roots  *origin.Roots
	At     time.Time // for which certificates are judged
	Server string    // HOST:PORT, for Ask
}

// Predict answers from the certificates in q.Files: one row for each way in
// which CloudFront connects and each certificate.
func (q *CheckQuestion) Predict() *Check {
	ck := newChecking(q)
	if q.Serves != nil {
		return ck.served()
	}
	for _, j := range ck.files {
		asked := q.Question
		asked.Certificates = []edge.Certificate{j.named()}
		for _, predicted := range edge.Predict(asked) {
			ck.c.Rows = append(ck.c.Rows, j.row(predicted))
		}
		ck.c.Certificates = append(ck.c.Certificates, j.used())
	}
	return ck.finish()
}

// served answers with the certificate that the server would serve in each case.
func (ck *checking) served() *Check {
	used := map[*origin.Certificate]*judgedChain{}
	for _, c := range edge.Combinations(ck.withFiles()) {
		cert := ck.Serves(c.SNI)
		if cert == nil {
			ck.c.Rows = append(ck.c.Rows, refusedRow(c))
			continue
		}
		j := used[cert]
		if j == nil {
			j = ck.judge(cert.File, cert.Chain)
			used[cert] = j
			ck.c.Certificates = append(ck.c.Certificates, j.used())
		}
		ck.c.Rows = append(ck.c.Rows, j.row(c.With(j.named())))
	}
	return ck.finish()
}

// refusedRow is a case in which the server has no certificate for the name.
func refusedRow(c edge.Combination) CheckRow {
	row := CheckRow{Row: edge.Row{Combination: c, ViewerStatus: statusBadGateway}}
	row.Problems = []CheckProblem{{Code: SNIRefused, Title: "the server has no certificate for " + name(c.SNI),
		Says: "By its configuration it refuses this name, or no site with a certificate that can be read answers for it.",
		Fixes: []Fix{{Says: "Give the name to the site that should answer, with a certificate for the origin domain, and reload. With nginx:",
			Command: testReloadCommand}}}}
	return row
}

// A checking is an answer in the making.
type checking struct {
	*CheckQuestion
	files []*judgedChain
	c     *Check
}

func newChecking(q *CheckQuestion) *checking {
	ck := &checking{CheckQuestion: q, c: &Check{At: q.At, Roots: q.Roots.Source}}
	if q.Config != nil {
		ck.c.Source = q.Config.Source
	}
	for _, f := range q.Files {
		ck.files = append(ck.files, ck.judge(f.File, f.Chain))
	}
	return ck
}

// finish adds what is said beside the table.
func (ck *checking) finish() *Check {
	ck.warn()
	ck.hint()
	return ck.c
}

// A judgedChain is a chain of certificates and what is wrong with it.
type judgedChain struct {
	label    string // its file, or how the table calls what the server sent
	chain    *origin.Chain
	problems []origin.Problem
}

func (ck *checking) judge(label string, chain *origin.Chain) *judgedChain {
	return &judgedChain{label, chain, chain.Inspect(ck.Roots, ck.At, nil)}
}

// named is what the rule of names needs of the chain.
func (j *judgedChain) named() edge.Certificate {
	return edge.Certificate{File: j.label, Names: j.chain.Names()}
}

// used is the chain as the report lists it.
func (j *judgedChain) used() CertificateUsed {
	u := CertificateUsed{File: j.label, Names: j.chain.Names(), Problems: j.problems}
	if leaf := j.chain.Leaf(); leaf != nil {
		u.NotAfter = leaf.NotAfter
	}
	return u
}

// row adds to what CloudFront makes of the chain's names in one case what it
// makes of everything else.
func (j *judgedChain) row(predicted edge.Row) CheckRow {
	row := CheckRow{Row: predicted}
	named := row.Accepted || j.chain.Leaf() == nil // of a certificate that cannot be read there is more to say
	for _, p := range j.problems {
		if p.Warning {
			continue
		}
		if p.Kind == origin.Unusable && !named { // the order of docs/diagnoses.md
			row.Problems, named = append(row.Problems, nameProblem(&row.Row)), true
		}
		row.Problems = append(row.Problems, faultProblem(&p, j.chain.Names(), row.OriginDomain))
	}
	if !named {
		row.Problems = append(row.Problems, nameProblem(&row.Row))
	}
	if len(row.Problems) > 0 {
		row.Accepted, row.ViewerStatus = false, statusBadGateway
	}
	return row
}

// nameProblem is that of a certificate that has none of the names.
func nameProblem(r *edge.Row) CheckProblem {
	p := CheckProblem{Code: NameNotCovered, Title: "the certificate has no name that CloudFront accepts",
		Says: "It is for " + someNames(r.Certificate.Names) + ". CloudFront accepts the origin domain, " + r.OriginDomain +
			", and where it forwards Host also that name, which is the one that viewers use."}
	for _, f := range r.Fixes {
		p.Fixes = append(p.Fixes, Fix(f))
	}
	return p
}

// someNames lists the first few of a certificate's names.
func someNames(names []string) string {
	const most = 5
	if len(names) == 0 {
		return "no name at all"
	}
	s := strings.Join(names[:min(len(names), most)], ", ")
	if more := len(names) - most; more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}
