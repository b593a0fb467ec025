package main

import (
	"fmt"
	"slices"
	"strings"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/report"
)

// A checking is an answer in the making.
type checking struct {
	o     *checkOptions
	roots *origin.Roots
	files []*judgedChain // of --cert
	c     *report.Check
}

// A judgedChain is a chain of certificates and what is wrong with it.
type judgedChain struct {
	label    string // its file, or how the table calls what the server sent
	chain    *origin.Chain
	problems []origin.Problem
}

// load reads the certificates and the roots.
func (ck *checking) load() error {
	if ck.o.roots != "" {
		roots, err := origin.LoadRoots(ck.o.roots)
		if err != nil {
			return hinted{fmt.Errorf("no roots: %w", err), "--roots takes the PEM file of the authorities that are to be trusted"}
		}
		ck.roots = roots
	}
	for _, name := range ck.o.certs {
		certificate, err := origin.Load(name)
		if err != nil {
			return err
		}
		ck.files = append(ck.files, ck.judge(name, certificate.Chain))
	}
	return nil
}

func (ck *checking) judge(label string, chain *origin.Chain) *judgedChain {
	return &judgedChain{label, chain, chain.Inspect(ck.roots, ck.o.at, nil)}
}

// named is what the rule of names needs of the chain.
func (j *judgedChain) named() edge.Certificate {
	return edge.Certificate{File: j.label, Names: j.chain.Names()}
}

// used is the chain as the report lists it.
func (j *judgedChain) used() analyze.CertificateUsed {
	u := analyze.CertificateUsed{File: j.label, Names: j.chain.Names(), Problems: j.problems}
	if leaf := j.chain.Leaf(); leaf != nil {
		u.NotAfter = leaf.NotAfter
	}
	return u
}

// predict fills the table from the certificates of the files.
func (ck *checking) predict() {
	for _, j := range ck.files {
		q := ck.o.question
		q.Certificates = []edge.Certificate{j.named()}
		for _, combination := range edge.Combinations(q) {
			ck.c.Rows = append(ck.c.Rows, ck.row(combination, j))
		}
	}
	for _, j := range ck.files {
		ck.c.Certificates = append(ck.c.Certificates, j.used())
	}
}

// row says what CloudFront makes of a chain in one case: of its names, and of
// everything else.
func (ck *checking) row(combination edge.Combination, j *judgedChain) report.CheckRow {
	row := report.CheckRow{Row: combination.With(j.named())}
	named := row.Accepted || j.chain.Leaf() == nil // of a certificate that cannot be read there is more to say
	for _, p := range j.problems {
		if p.Warning {
			continue
		}
		if p.Kind == origin.Unusable && !named { // the order of docs/diagnoses.md
			row.Problems, named = append(row.Problems, nameProblem(&row.Row)), true
		}
		row.Problems = append(row.Problems, faultProblem(&p, j, row.OriginDomain))
	}
	if !named {
		row.Problems = append(row.Problems, nameProblem(&row.Row))
	}
	if len(row.Problems) > 0 {
		row.Accepted, row.ViewerStatus = false, statusBadGateway
	}
	return row
}

// What viewers get where CloudFront cannot use the origin: 502, and 504 where
// it gets no answer at all.
const (
	statusBadGateway     = 502
	statusGatewayTimeout = 504
)

// nameProblem is that of a certificate that has none of the names.
func nameProblem(r *edge.Row) report.CheckProblem {
	p := report.CheckProblem{Code: analyze.NameNotCovered, Title: "the certificate has no name that CloudFront accepts",
		Says: "It is for " + someNames(r.Certificate.Names) + ". CloudFront accepts the origin domain, " + r.OriginDomain +
			", and where it forwards Host also that name, which is the one that viewers use."}
	for _, f := range r.Fixes {
		p.Fixes = append(p.Fixes, analyze.Fix(f))
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

// warn gathers what makes nothing fail, and should be known.
func (ck *checking) warn() {
	if config := ck.o.question.Config; config != nil {
		for _, w := range config.Warnings(ck.o.question.Policies) {
			ck.c.Warnings = append(ck.c.Warnings, distributionWarning(w))
		}
	}
	for _, u := range ck.c.Certificates {
		for _, p := range u.Problems {
			if p.Warning {
				ck.c.Warnings = append(ck.c.Warnings, analyze.Warning{Code: analyze.Code(p.Kind),
					Title: u.File + ": " + faultTitles[p.Kind], Says: p.Says, Fixes: faultFixes(&p, nil, "")})
			}
		}
	}
}

// distributionWarning says of which part of the distribution a warning is.
func distributionWarning(w edge.Warning) analyze.Warning {
	out := analyze.Warning{Code: analyze.Code(w.Code), Title: w.Title, Says: w.Says}
	var about []string
	if w.Behavior != "" {
		about = append(about, "path "+w.Behavior)
	}
	if w.Origin != "" {
		about = append(about, "origin "+w.Origin)
	}
	if len(about) > 0 {
		out.Title += " (" + strings.Join(about, ", ") + ")"
	}
	for _, f := range w.Fixes {
		out.Fixes = append(out.Fixes, analyze.Fix(f))
	}
	return out
}

// hint tells how to find out what was not given, where that matters.
func (ck *checking) hint() {
	q := &ck.o.question
	if q.Config != nil || len(ck.c.Rows) < 2 {
		return
	}
	if len(q.ViewerDomains) == 0 {
		ck.c.Hints = append(ck.c.Hints, analyze.Fix{Says: "Viewers use the name that their browsers show. One of your own is an alternate domain name (CNAME) of the distribution. Give it with --viewer-domain."})
	}
	if q.ForwardHost == edge.Unknown {
		ck.c.Hints = append(ck.c.Hints, analyze.Fix{Says: "Host: in the CloudFront console, open the distribution, Behaviors, Edit. Origin request policy " + edge.AllViewer +
			": forwarded. " + edge.AllViewerExceptHost + ", or none: not, unless the cache policy is " + edge.UseOriginCacheControlHeaders +
			", which forwards it all the same. Give it with --forward-host=yes or no."})
	}
	if len(ck.c.Hints) == 0 {
		return
	}
	ck.c.Hints = append(ck.c.Hints, analyze.Fix{Says: "Or let sniwatch read all of that from the distribution:",
		Command: "aws cloudfront get-distribution-config --id ID > distribution.json\nsniwatch check " + ck.certArguments() + "--distribution distribution.json"})
}

// certArguments repeats --cert, where that is safe in a shell.
func (ck *checking) certArguments() string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/"
	if ck.o.connect != "" {
		return "--connect " + ck.o.connect + " "
	}
	if slices.ContainsFunc(ck.o.certs, func(s string) bool { return strings.Trim(s, plain) != "" }) || len(ck.o.certs) > 2 {
		return "--cert FILE "
	}
	return "--cert " + strings.Join(ck.o.certs, " --cert ") + " "
}
