package report

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
)

// A Check is what 'sniwatch check' found out: what CloudFront will make of the
// certificates of an origin, case by case.
type Check struct {
	Version string    // of sniwatch
	At      time.Time // the time for which the certificates were judged
	Roots   string    // which roots count as trusted
	Source  string    // file of the distribution, "": none was given
	Server  string    // HOST:PORT that handshakes were made with, "": none were

	Rows         []CheckRow
	Certificates []analyze.CertificateUsed
	Handshakes   []CheckHandshake
	Warnings     []analyze.Warning
	Hints        []analyze.Fix // how to find out what was not given
}

// A CheckRow is one case: what was predicted from the names, and every fault
// that makes CloudFront refuse the origin all the same. Accepted and
// ViewerStatus are those of all this together; Matched is about names alone.
type CheckRow struct {
	edge.Row
	Problems []CheckProblem
}

// A CheckProblem is one reason why viewers get an error.
type CheckProblem struct {
	Code  analyze.Code
	Title string // one line, no full stop
	Says  string // sentences; paragraphs are separated by an empty line
	Fixes []analyze.Fix
}

// A CheckHandshake is one handshake with the server.
type CheckHandshake struct {
	SNI   string
	Offer string // which ClientHello was sent
	OK    bool   // the server took it
	Code  analyze.Code
	Says  string // what the server answered, in a few words
}

// OK tells whether viewers get an answer in this case.
func (r *CheckRow) OK() bool { return r.ViewerStatus == statusOK }

const statusOK = 200

// counted gives the rows that the verdict is about: those that are in use or,
// where no row is known to be, all of them.
func (c *Check) counted() []*CheckRow {
	var used, all []*CheckRow
	for i := range c.Rows {
		all = append(all, &c.Rows[i])
		if c.Rows[i].InUse == edge.Yes {
			used = append(used, &c.Rows[i])
		}
	}
	if len(used) > 0 {
		return used
	}
	return all
}

// Fails tells whether viewers get an error in a case that is in use. Cases that
// are shown because something was not given count only where nothing else is
// known.
func (c *Check) Fails() bool {
	return slices.ContainsFunc(c.counted(), func(r *CheckRow) bool { return !r.OK() })
}

// verdict is the answer in one sentence. It counts the cases as the table shows
// them: paths that are alike are one.
func (c *Check) verdict() string {
	var rows []*CheckRow
	for _, l := range c.lines() {
		if !c.uncertain() || l.row.InUse == edge.Yes {
			rows = append(rows, l.row)
		}
	}
	good := 0
	for _, r := range rows {
		if r.OK() {
			good++
		}
	}
	with := "With " + c.servedNames() + " "
	switch n := len(rows); {
	case n == 0:
		return "No case to judge: no connection of this distribution meets a certificate of yours"
	case n == 1:
		return rows[0].verdict()
	case good == n:
		return with + "CloudFront will accept the origin in all " + number(n) + " cases" + c.inUse()
	case good == 0:
		return with + "CloudFront will accept the origin in none of " + number(n) + " cases" + c.inUse()
	default:
		return with + "CloudFront will accept the origin in " + number(good) + " of " + number(n) + " cases" + c.inUse()
	}
}

// inUse says which cases are counted, where there are others.
func (c *Check) inUse() string {
	if c.uncertain() {
		return " that are in use"
	}
	return ""
}

// verdict is the answer where this row is the only one.
func (r *CheckRow) verdict() string {
	this := ""
	if r.ArticleRow > 0 {
		this = "This is row " + strconv.Itoa(r.ArticleRow) + ": "
	}
	verb := "accept"
	if !r.OK() {
		verb = "refuse"
		if len(r.Certificate.Names) == 0 {
			return this + "CloudFront will get no certificate, and viewers get " + strconv.Itoa(r.ViewerStatus)
		}
	}
	return this + "CloudFront will " + verb + " the certificate, and viewers get " + strconv.Itoa(r.ViewerStatus)
}

// servedNames says in short which certificates it is about.
func (c *Check) servedNames() string {
	files := make(map[string]bool)
	for i := range c.Rows {
		files[c.Rows[i].Certificate.File] = true
	}
	switch {
	case c.Server != "":
		return "what " + Clean(c.Server, maxWord) + " serves,"
	case len(files) == 1:
		return "this certificate"
	}
	return "these certificates"
}

// A caseLine is what the reader sees as one case: rows that differ in nothing
// but the path and the origin's id are one.
type caseLine struct {
	label string // how the text below the table calls it: "6", or a letter
	row   *CheckRow
	rows  []int    // in Check.Rows
	paths []string // cache behaviours
}

// maxCases is how many lines a table for people has; the JSON has all.
const maxCases = 60

// lines puts rows that look alike into one line each, and gives every line a
// label of its own: the row of the table of eight cases where that is enough.
func (c *Check) lines() []*caseLine {
	var out []*caseLine
	seen := make(map[string]*caseLine)
	for i := range c.Rows {
		r := &c.Rows[i]
		key := r.look()
		l := seen[key]
		if l == nil {
			l = &caseLine{row: r}
			seen[key] = l
			out = append(out, l)
		}
		l.rows = append(l.rows, i)
		if r.Behavior != "" && !slices.Contains(l.paths, r.Behavior) {
			l.paths = append(l.paths, r.Behavior)
		}
	}
	used := make(map[int]bool)
	unique := true
	for _, l := range out {
		n := l.row.ArticleRow
		unique = unique && n > 0 && !used[n]
		used[n] = true
	}
	for i, l := range out {
		l.label = letters(i)
		if unique {
			l.label = strconv.Itoa(l.row.ArticleRow)
		}
	}
	return out
}

// look is everything of a row that a table shows.
func (r *CheckRow) look() string {
	parts := []string{r.ViewerDomain, r.OriginDomain, r.SNI, r.Certificate.File, r.Matched,
		strconv.FormatBool(r.HostForwarded), strconv.Itoa(r.ViewerStatus), strconv.Itoa(r.ArticleRow), r.InUse.String()}
	for i := range r.Problems {
		parts = append(parts, r.Problems[i].key())
		for _, f := range r.Problems[i].Fixes {
			parts = append(parts, f.Says, f.Command)
		}
	}
	return strings.Join(parts, "\x00")
}

// letters counts a, b, … z, aa, ab, …
func letters(i int) string {
	if i < 26 {
		return string(rune('a' + i))
	}
	return letters(i/26-1) + letters(i%26)
}

// isLettered tells whether the labels are letters, so that the table needs a
// column for them.
func isLettered(lines []*caseLine) bool {
	return len(lines) > 0 && lines[0].label != strconv.Itoa(lines[0].row.ArticleRow)
}

// A failing is one problem together with the cases that have it.
type failing struct {
	problem *CheckProblem
	lines   []*caseLine
	status  int // what viewers get; 0: it differs
	fixes   []*caseFix
}

// A caseFix is one thing to do, and in which of the cases it helps.
type caseFix struct {
	analyze.Fix
	lines []*caseLine
}

// failings lists the problems, each once, in the order of the lines.
func failings(lines []*caseLine) []*failing {
	var out []*failing
	seen := make(map[string]*failing)
	for _, l := range lines {
		for i := range l.row.Problems {
			p := &l.row.Problems[i]
			f := seen[p.key()]
			if f == nil {
				f = &failing{problem: p, status: l.row.ViewerStatus}
				seen[p.key()] = f
				out = append(out, f)
			}
			f.add(l, p)
		}
	}
	return out
}

// add adds a case, and what helps there.
func (f *failing) add(l *caseLine, p *CheckProblem) {
	if f.status != l.row.ViewerStatus {
		f.status = 0
	}
	f.lines = append(f.lines, l)
	for _, fix := range p.Fixes {
		at := slices.IndexFunc(f.fixes, func(have *caseFix) bool { return have.Fix == fix })
		if at < 0 {
			at = len(f.fixes)
			f.fixes = append(f.fixes, &caseFix{Fix: fix})
		}
		f.fixes[at].lines = append(f.fixes[at].lines, l)
	}
}

// maxFixes is how many alternatives a reader is given.
const maxFixes = 6

// alternatives are the fixes: first those that help in all of the cases, then
// the others with the cases that they are for.
func (f *failing) alternatives(all []*caseLine) []analyze.Fix {
	var whole, part []analyze.Fix
	for _, fix := range f.fixes {
		if len(fix.lines) == len(f.lines) {
			whole = append(whole, fix.Fix)
			continue
		}
		says := fix.Says
		if rest, ok := strings.CutPrefix(says, "Or "); ok {
			says = "or " + rest
		}
		part = append(part, analyze.Fix{Says: "For " + which(fix.lines, all) + ": " + says, Command: fix.Command})
	}
	out := append(whole, part...)
	return out[:min(len(out), maxFixes)]
}

// key tells problems apart by what is said of them; how they are mended may
// differ from case to case.
func (p *CheckProblem) key() string {
	return strings.Join([]string{string(p.Code), p.Title, p.Says}, "\x01")
}

// which names some of all the cases: "row 6", "rows 6, 7 and 8", "all cases".
func which(some, all []*caseLine) string {
	switch {
	case len(all) == 1 && all[0].row.ArticleRow == 0:
		return "this case"
	case len(all) > 1 && len(some) == len(all):
		return "all " + number(len(all)) + " cases"
	}
	thing := "case"
	if !isLettered(all) {
		thing = "row"
	}
	const most = 12
	var labels []string
	for i, l := range some {
		if i == most {
			labels = append(labels, number(len(some)-most)+" more")
			break
		}
		labels = append(labels, l.label)
	}
	return plural(len(some), thing) + " " + enumerate(labels)
}

// enumerate writes "a", "a and b", "a, b and c".
func enumerate(list []string) string {
	if n := len(list); n > 1 {
		return strings.Join(list[:n-1], ", ") + " and " + list[n-1]
	}
	return strings.Join(list, "")
}

// A hostDecision is what decides about Host for some paths.
type hostDecision struct {
	edge.Decision
	paths []string
}

// decisions lists what decides about Host, each once; none where nobody but the
// flag or an assumption does.
func (c *Check) decisions() []*hostDecision {
	var out []*hostDecision
	for i := range c.Rows {
		r := &c.Rows[i]
		if r.Behavior == "" || r.Decision.Says == "" {
			continue
		}
		at := slices.IndexFunc(out, func(d *hostDecision) bool {
			return d.Says == r.Decision.Says
		})
		if at < 0 {
			at = len(out)
			out = append(out, &hostDecision{Decision: r.Decision})
		}
		if d := out[at]; !slices.Contains(d.paths, r.Behavior) {
			d.paths = append(d.paths, r.Behavior)
		}
	}
	return out
}

// assumptions lists what was assumed, each sentence once.
func (c *Check) assumptions() []string {
	var out []string
	for i := range c.Rows {
		for _, s := range c.Rows[i].Assumed {
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}

// uncertain tells whether some cases are in use and others only perhaps.
func (c *Check) uncertain() bool {
	n := len(c.counted())
	return n > 0 && n < len(c.Rows)
}
