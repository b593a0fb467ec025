package analyze

import (
	"strings"

	"sniwatch/analyze/edge"
)

// warn gathers what makes nothing fail, and should be known.
func (ck *checking) warn() {
	if config := ck.Config; config != nil {
		for _, w := range config.Warnings(ck.Policies) {
			ck.c.Warnings = append(ck.c.Warnings, distributionWarning(w))
		}
	}
	for _, u := range ck.c.Certificates {
		for _, p := range u.Problems {
			if p.Warning {
				ck.c.Warnings = append(ck.c.Warnings, Warning{Code: Code(p.Kind),
					Title: u.File + ": " + faultTitles[p.Kind], Says: p.Says, Fixes: faultFixes(&p, nil, "")})
			}
		}
	}
}

// distributionWarning says of which part of the distribution a warning is.
func distributionWarning(w edge.Warning) Warning {
	out := Warning{Code: Code(w.Code), Title: w.Title, Says: w.Says}
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
		out.Fixes = append(out.Fixes, Fix(f))
	}
	return out
}

// hint tells how to find out what was not given, where that matters.
func (ck *checking) hint() {
	q := &ck.Question
	if q.Config != nil || len(ck.c.Rows) < 2 {
		return
	}
	if len(q.ViewerDomains) == 0 {
		ck.c.Hints = append(ck.c.Hints, Fix{Says: "Viewers use the name that their browsers show. One of your own is an alternate domain name (CNAME) of the distribution. Give it with --viewer-domain."})
	}
	if q.ForwardHost == edge.Unknown {
		ck.c.Hints = append(ck.c.Hints, Fix{Says: "Host: in the CloudFront console, open the distribution, Behaviors, Edit. Origin request policy " + edge.AllViewer +
			": forwarded. " + edge.AllViewerExceptHost + ", or none: not, unless the cache policy is " + edge.UseOriginCacheControlHeaders +
			", which forwards it all the same. Give it with --forward-host=yes or no."})
	}
	if len(ck.c.Hints) == 0 {
		return
	}
	ck.c.Hints = append(ck.c.Hints, Fix{Says: "Or let sniwatch read all of that from the distribution:",
		Command: "aws cloudfront get-distribution-config --id ID > distribution.json\nsniwatch check " + ck.certArguments() + "--distribution distribution.json"})
}

// certArguments repeats how the certificates were given, where that is safe in a
// shell.
func (ck *checking) certArguments() string {
	if ck.Server != "" {
		return "--connect " + shellWord(ck.Server, "HOST:PORT") + " "
	}
	if len(ck.files) > 2 {
		return "--cert FILE "
	}
	var b strings.Builder
	for _, f := range ck.files {
		b.WriteString("--cert " + shellWord(f.label, "FILE") + " ")
	}
	return b.String()
}

// shellWord gives s where it means nothing but itself in a shell, else a word to
// be replaced.
func shellWord(s, otherwise string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:"
	if strings.Trim(s, plain) != "" {
		return otherwise
	}
	return s
}
