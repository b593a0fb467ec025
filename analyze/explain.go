package analyze

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/origin/logs"
)

// An Explanation is what 'sniwatch explain' says, as data: what the lines of
// servers' logs mean, without a capture. Printers lay it out and decide nothing.
type Explanation struct {
	Version string
	Made    time.Time
	Zone    string // of the times that the logs write without one

	Logs        []LogRead
	Counts      logs.Counts // of all of them
	First, Last time.Time   // of the lines about handshakes; zero: they have no times

	Ranges       RangesUsed
	Certificates []CertificateUsed
	Roots        string
	Findings     []LogFinding // those about CloudFront first, failures first, then by the number of lines
	Warnings     []Warning
	Hints        []Fix  // what would tell more
	Notes        []Note // about what was not understood of this host
}

// A LogRead is one log.
type LogRead struct {
	Name     string
	Programs []logs.Program // that wrote it, as far as lines about handshakes tell
	Counts   logs.Counts
	Broken   string // why reading stopped early; "": it did not
}

// A LogFinding is what lines of one class have to say. Its Diagnosis has no Code
// where the clients are not CloudFront's: scanners fail in all ways.
type LogFinding struct {
	Diagnosis
	Class        logs.Class
	Means        string // the class, in one sentence
	NeedsCapture bool   // the lines alone leave it open
	Candidates   []Code // what lines of the class can stand for
	CloudFront   bool   // the clients are CloudFront's, or given by --edge
	Lines        int
	First, Last  time.Time
	Networks     []LogNetwork // CloudFront's prefixes that the clients are in, the most lines first
	Clients      int          // distinct addresses; a lower bound where MoreClients
	MoreClients  bool
	Addresses    []netip.Addr // the first few of them
	Names        []string     // that were asked for, as far as the logs tell; at most maxNames
	MoreNames    int          // lines with others
	Next         []Fix        // how to be sure, where NeedsCapture
	Example      logs.Entry
}

// A LogNetwork is one prefix of AWS's list.
type LogNetwork struct {
	Prefix netip.Prefix
	Lines  int
}

// ExplainOptions are what is known beside the logs.
type ExplainOptions struct {
	Version      string
	Now          time.Time
	Zone         *time.Location
	Ranges       *edge.Ranges
	Certificates *origin.Store
	Roots        *origin.Roots
	Distribution edge.Distribution
	// Local is what this host's server is set to do, which counts where Certificates
	// has none; nil: not known.
	Local *LocalServer
}

// An Explainer collects the entries of logs. Its memory does not grow with them.
type Explainer struct {
	o      ExplainOptions
	e      Explanation
	groups map[logGroupKey]*logGroup
	used   []*origin.Certificate // of o.Local
}

// NewExplainer makes one. All of o but Distribution and Local must be set.
func NewExplainer(o ExplainOptions) *Explainer {
	return &Explainer{o: o, groups: make(map[logGroupKey]*logGroup), e: Explanation{
		Version: o.Version, Made: o.Now, Zone: o.Zone.String(), Roots: o.Roots.Source,
		Ranges: RangesUsed{Source: o.Ranges.Source, Created: o.Ranges.Created, AgeDays: int(o.Ranges.Age(o.Now).Hours() / 24)},
	}}
}

// A logGroupKey is what lines have in common that are explained together.
type logGroupKey struct {
	class      logs.Class
	cloudFront bool
	alert      int
	from       logs.AlertSide
	name       string // of CloudFront's alone: others ask for anything
	hasName    bool
	reason     string // where the class does not say it
}

// A logGroup is what is known of those lines.
type logGroup struct {
	logGroupKey
	LogFinding
	seen     map[netip.Addr]bool
	networks map[netip.Prefix]int
}

// Limits on what a log can make us keep.
const (
	maxLogGroups    = 200  // beyond them, names and reasons are not told apart
	maxLogClients   = 2000 // addresses in a group
	maxLogNames     = 5
	maxLogAddresses = 5
)

// Begin says that the entries that follow are of this log.
func (x *Explainer) Begin(name string) { x.e.Logs = append(x.e.Logs, LogRead{Name: name}) }

// End says what became of the log; broken is why it could not be read to its end.
func (x *Explainer) End(c logs.Counts, broken string) {
	log := &x.e.Logs[len(x.e.Logs)-1]
	log.Counts, log.Broken = c, broken
	x.e.Counts.Add(c)
}

// Entry takes an entry. It is not kept.
func (x *Explainer) Entry(e *logs.Entry) {
	log := &x.e.Logs[len(x.e.Logs)-1]
	if !slices.Contains(log.Programs, e.Program) {
		log.Programs = append(log.Programs, e.Program)
	}
	spread(&x.e.First, &x.e.Last, e.Time)
	match := edge.Match{}
	if e.Client.IsValid() {
		match = x.o.Ranges.Lookup(e.Client.Addr())
	}
	x.group(e, match.Network != edge.Other).add(e, match)
}

// group finds the group of an entry, or makes it.
func (x *Explainer) group(e *logs.Entry, cloudFront bool) *logGroup {
	k := logGroupKey{class: e.Class, cloudFront: cloudFront, alert: e.Alert, from: e.AlertFrom}
	general := k
	if cloudFront {
		k.name, k.hasName = e.ServerName, e.HasServerName
	}
	if e.Class == logs.HandshakeFailureOther || e.Class == logs.ClientCertificate {
		k.reason = e.ErrorCode
	}
	if g := x.groups[k]; g != nil {
		return g
	}
	if len(x.groups) >= maxLogGroups {
		if k = general; x.groups[k] != nil {
			return x.groups[k]
		}
	}
	m := logs.MeaningOf(e.Class)
	g := &logGroup{logGroupKey: k, seen: make(map[netip.Addr]bool), networks: make(map[netip.Prefix]int),
		LogFinding: LogFinding{Class: e.Class, Means: m.Means, NeedsCapture: m.NeedsCapture, CloudFront: cloudFront, Example: *e}}
	for _, code := range m.Codes {
		g.Candidates = append(g.Candidates, Code(code))
	}
	x.groups[k] = g
	return g
}

// add counts an entry.
func (g *logGroup) add(e *logs.Entry, match edge.Match) {
	g.Lines++
	spread(&g.First, &g.Last, e.Time)
	if match.Prefix.IsValid() {
		g.networks[match.Prefix]++
	}
	if a := e.Client.Addr(); a.IsValid() && !g.seen[a] {
		if len(g.seen) < maxLogClients {
			g.seen[a] = true
		} else {
			g.MoreClients = true
		}
		if len(g.Addresses) < maxLogAddresses {
			g.Addresses = append(g.Addresses, a)
		}
	}
	switch {
	case !e.HasServerName || slices.Contains(g.Names, e.ServerName):
	case len(g.Names) < maxLogNames:
		g.Names = append(g.Names, e.ServerName)
	default:
		g.MoreNames++
	}
}

// spread makes first and last cover t.
func spread(first, last *time.Time, t time.Time) {
	if t.IsZero() {
		return
	}
	if first.IsZero() || t.Before(*first) {
		*first = t
	}
	if t.After(*last) {
		*last = t
	}
}

// Finish gives the explanation of all that was taken.
func (x *Explainer) Finish() *Explanation {
	e := x.e
	for _, g := range x.groups {
		e.Findings = append(e.Findings, x.finding(g))
	}
	slices.SortFunc(e.Findings, byImportance)
	at := e.Last
	if at.IsZero() {
		at = x.o.Now
	}
	for _, c := range slices.Concat(x.o.Certificates.All(), x.used) {
		u := CertificateUsed{File: c.File, Names: c.Names(), Problems: c.Inspect(x.o.Roots, at, nil)}
		if leaf := c.Leaf(); leaf != nil {
			u.NotAfter = leaf.NotAfter
		}
		e.Certificates = append(e.Certificates, u)
	}
	e.Hints, e.Warnings, e.Notes = x.hints(&e), x.warnings(&e), x.notes()
	return &e
}

// finding makes of a group what is said of it.
func (x *Explainer) finding(g *logGroup) LogFinding {
	f := g.LogFinding
	f.Clients = len(g.seen)
	for prefix, n := range g.networks {
		f.Networks = append(f.Networks, LogNetwork{prefix, n})
	}
	slices.SortFunc(f.Networks, func(a, b LogNetwork) int {
		return cmp.Or(cmp.Compare(b.Lines, a.Lines), a.Prefix.Addr().Compare(b.Prefix.Addr()))
	})
	f.Diagnosis = x.diagnose(g)
	if f.NeedsCapture && f.CloudFront {
		f.Next = []Fix{{Says: "To be sure, and to see what else it is if not that, watch the next failures on this host:", Command: x.watchCommand()}}
	}
	return f
}

// byImportance is the order of the findings: total, so that the order in which
// groups were found does not show.
func byImportance(a, b LogFinding) int {
	return cmp.Or(first(b.CloudFront, a.CloudFront), first(b.Failure(), a.Failure()), cmp.Compare(b.Lines, a.Lines),
		a.First.Compare(b.First), cmp.Compare(classOrder(a.Class), classOrder(b.Class)), cmp.Compare(a.Example.File, b.Example.File),
		cmp.Compare(a.Example.Line, b.Example.Line))
}

// first compares two conditions: the true one is the greater.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func classOrder(c logs.Class) int {
	return slices.IndexFunc(logs.Classes, func(m logs.Meaning) bool { return m.Class == c })
}

// Fails tells whether a handshake of CloudFront's failed for something that
// somebody has to mend.
func (e *Explanation) Fails() bool {
	return slices.ContainsFunc(e.Findings, func(f LogFinding) bool { return f.CloudFront && f.Failure() })
}
