package report

import (
	"slices"
	"strconv"
	"strings"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
)

// A caseTable is a Check laid out: its rows as the lines that a reader sees.
type caseTable struct {
	*analyze.Check
	lines []*caseLine
}

// verdict is the answer in one sentence. It counts the cases as the table shows
// them: paths that are alike are one.
func (c *caseTable) verdict() string {
	var rows []*analyze.CheckRow
	for _, l := range c.lines {
		if !c.Uncertain() || l.row.InUse == edge.Yes {
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
		return "No case to judge: CloudFront makes no connection for this distribution that meets a certificate of yours"
	case n == 1:
		return rowVerdict(rows[0])
	case good == n:
		return with + "CloudFront will accept the origin in " + allOf(n) + c.inUse()
	case good == 0:
		return with + "CloudFront will accept the origin in none of " + number(n) + " cases" + c.inUse()
	default:
		return with + "CloudFront will accept the origin in " + number(good) + " of " + number(n) + " cases" + c.inUse()
	}
}

// allOf names all of n cases, n being more than one.
func allOf(n int) string {
	if n == 2 {
		return "both cases"
	}
	return "all " + number(n) + " cases"
}

// inUse says which cases are counted, where there are others.
func (c *caseTable) inUse() string {
	if c.Uncertain() {
		return " that are in use"
	}
	return ""
}

// rowVerdict is the answer where this row is the only one. What is wrong beside
// the names comes before the row, which is about names alone.
func rowVerdict(r *analyze.CheckRow) string {
	gets := ", and viewers get " + strconv.Itoa(r.ViewerStatus)
	row, other := "", ""
	if r.ArticleRow > 0 {
		row = "This is row " + strconv.Itoa(r.ArticleRow)
	}
	for i := range r.Problems {
		if other == "" && r.Problems[i].Code != analyze.NameNotCovered {
			other = Clean(r.Problems[i].Title, maxTitle)
		}
	}
	switch {
	case r.OK():
		return strings.TrimPrefix(row+": ", ": ") + "CloudFront will accept the certificate" + gets
	case other == "":
		return strings.TrimPrefix(row+": ", ": ") + "CloudFront will refuse the certificate" + gets
	case r.Certificate.File == "":
		return capitalised(other) + ": CloudFront will get no certificate" + gets
	case row == "":
		return capitalised(other) + ": CloudFront will refuse it" + gets
	case r.Matched != "":
		return row + " by its names, but " + other + ": CloudFront will refuse it" + gets
	}
	return row + ", and " + other + ": CloudFront will refuse it" + gets
}

// servedNames says in short which certificates it is about.
func (c *caseTable) servedNames() string {
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
	row   *analyze.CheckRow
	paths []string // cache behaviours
}

// maxCases is how many lines a table for people has; the JSON has all.
const maxCases = 60

// newCaseTable puts rows that look alike into one line each, and gives every line
// a label of its own: the row of the table of eight cases where that is enough.
func newCaseTable(c *analyze.Check) *caseTable {
	t := &caseTable{Check: c, lines: alike(c.Rows)}
	used := make(map[int]bool)
	unique := true
	for _, l := range t.lines {
		n := l.row.ArticleRow
		unique = unique && n > 0 && !used[n]
		used[n] = true
	}
	for i, l := range t.lines {
		l.label = letters(i)
		if unique {
			l.label = strconv.Itoa(l.row.ArticleRow)
		}
	}
	return t
}

// alike puts rows that look alike into one line each.
func alike(rows []analyze.CheckRow) []*caseLine {
	var out []*caseLine
	seen := make(map[string]*caseLine)
	for i := range rows {
		r := &rows[i]
		key := look(r)
		l := seen[key]
		if l == nil {
			l = &caseLine{row: r}
			seen[key] = l
			out = append(out, l)
		}
		if r.Behavior != "" && !slices.Contains(l.paths, r.Behavior) {
			l.paths = append(l.paths, r.Behavior)
		}
	}
	return out
}

// look is everything of a row that a table shows.
func look(r *analyze.CheckRow) string {
	parts := []string{r.ViewerDomain, r.OriginDomain, r.SNI, r.Certificate.File, r.Matched,
		strconv.FormatBool(r.HostForwarded), strconv.Itoa(r.ViewerStatus), strconv.Itoa(r.ArticleRow), r.InUse.String()}
	for i := range r.Problems {
		parts = append(parts, key(&r.Problems[i]))
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
	return len(lines) > 1 && lines[0].label != strconv.Itoa(lines[0].row.ArticleRow)
}

// A failing is one problem together with the cases that have it.
type failing struct {
	problem *analyze.CheckProblem
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
			f := seen[key(p)]
			if f == nil {
				f = &failing{problem: p, status: l.row.ViewerStatus}
				seen[key(p)] = f
				out = append(out, f)
			}
			f.add(l, p)
		}
	}
	return out
}

// add adds a case, and what helps there.
func (f *failing) add(l *caseLine, p *analyze.CheckProblem) {
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
		says := capitalised(strings.TrimPrefix(fix.Says, "Or "))
		part = append(part, analyze.Fix{Says: "For " + which(fix.lines, all) + ": " + says, Command: fix.Command})
	}
	out := append(whole, part...)
	return out[:min(len(out), maxFixes)]
}

// key tells problems apart by what is said of them; how they are mended may
// differ from case to case.
func key(p *analyze.CheckProblem) string {
	return strings.Join([]string{string(p.Code), p.Title, p.Says}, "\x01")
}

// heading names the cases of a problem at the beginning of a line. Those of which
// none is known to be in use must not frighten whoever has others.
func (f *failing) heading(c *caseTable) string {
	s := capitalised(which(f.lines, c.lines))
	if c.Uncertain() && !slices.ContainsFunc(f.lines, func(l *caseLine) bool { return l.row.InUse == edge.Yes }) {
		s += ", if in use"
	}
	return s
}

// which names some of all the cases: "row 6", "rows 6, 7 and 8", "both cases".
func which(some, all []*caseLine) string {
	switch {
	case len(all) == 1 && all[0].row.ArticleRow == 0:
		return "this case"
	case len(all) > 1 && len(some) == len(all):
		return allOf(len(all))
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
func (c *caseTable) decisions() []*hostDecision {
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

// legend says what the words of the table mean, and what was assumed for it, each
// sentence once.
func (c *caseTable) legend() []string {
	out := []string{"Row: of the table of eight cases in docs/cloudfront.md, which is about names alone. " +
		"Host: whether CloudFront forwards the viewer's Host header to the origin."}
	if c.Uncertain() {
		out = append(out, "?: shown because something about it is not known.")
	}
	for i := range c.Rows {
		for _, s := range c.Rows[i].Assumed {
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}
