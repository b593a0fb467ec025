package report

import (
	"slices"
	"strings"

	"sniwatch/analyze"
)

// maxListed is how many inputs or certificates are listed by name.
const maxListed = 10

// A loss is one reason why something was not analysed, as people say it.
type loss struct {
	n    int
	what string // in the plural
	one  string // in the singular
}

// losses lists the reasons that apply.
func losses(u *analyze.Unanalysed) []loss {
	all := []loss{
		{u.DroppedByKernel, "packets dropped by the kernel, which had no room for them (a larger buffer: -B)",
			"packet dropped by the kernel, which had no room for it (a larger buffer: -B)"},
		{u.DroppedByInterface, "packets dropped by the network interface", "packet dropped by the network interface"},
		{u.PacketsTruncated, "connections with packets cut by the snap length (capture with -s 0)",
			"connection with packets cut by the snap length (capture with -s 0)"},
		{u.HeadersTruncated, "packets whose headers are cut by the snap length", "packet whose headers are cut by the snap length"},
		{u.Fragments, "IP fragments, which are not put together", "IP fragment, which is not put together"},
		{u.Undecodable, "packets with headers that contradict themselves", "packet with headers that contradict themselves"},
		{u.UnknownLink, "packets of a link layer that sniwatch does not know", "packet of a link layer that sniwatch does not know"},
		{u.ConnectionsEvicted, "connections given up to stay within the memory limit", "connection given up to stay within the memory limit"},
		{u.ConnectionsWithGaps, "connections with packets missing", "connection with packets missing"},
		{u.ConnectionsLeftOut, "connections not looked at, to stay within --cpu-limit: this is a sample",
			"connection not looked at, to stay within --cpu-limit: this is a sample"},
		{u.PacketsLeftOut, "packets of connections that were not looked at", "packet of a connection that was not looked at"},
		{u.Stray, "segments of connections that began before the capture", "segment of a connection that began before the capture"},
	}
	var some []loss
	for _, l := range all {
		if l.n > 0 {
			some = append(some, l)
		}
	}
	return some
}

// coverage says how much of the input was looked at, and how far the report can
// be trusted for it.
func (p *page) coverage(r *analyze.Report) {
	some := losses(&r.Unanalysed)
	whole := len(some) == 0
	for _, in := range r.Inputs {
		whole = whole && in.Broken == ""
	}
	what := count(packets(r), "packet") + where(r) + notTCP(r)
	if whole {
		claim := "Looked at: "
		if r.Counts.Connections > r.Counts.None && r.Counts.Unknown == 0 {
			claim = "All handshakes seen whole: " // other traffic is not followed, and may have gaps
		}
		p.block("", claim+what+".", plain)
		p.inputs(r)
		return
	}
	p.block("", "Not seen whole: "+what+".", yellow)
	p.inputs(r)
	p.lossLines(some)
	for _, s := range trust(r) {
		p.block("", s, plain)
	}
	p.blank()
}

// notTCP says how many of the packets were nothing that TLS could be in.
func notTCP(r *analyze.Report) string {
	switch n := r.Unanalysed.NotTCP; {
	case n == 0:
		return ""
	case n == packets(r):
		return ", none of them TCP"
	default:
		return ", " + number(n) + " of them not TCP"
	}
}

// where names the input, or says how many there are.
func where(r *analyze.Report) string {
	switch {
	case len(r.Inputs) == 0:
		return ""
	case len(r.Inputs) > 1 && r.Live:
		return " on " + count(len(r.Inputs), "interface")
	case len(r.Inputs) > 1:
		return " in " + count(len(r.Inputs), "file")
	case r.Live:
		return " on " + Clean(r.Inputs[0].Name, maxWord)
	}
	return " in " + Clean(r.Inputs[0].Name, maxWord)
}

// inputs lists several inputs, and every one that could not be read to its end.
func (p *page) inputs(r *analyze.Report) {
	listed, left := 0, 0
	for _, in := range r.Inputs {
		name := Clean(in.Name, p.width-4)
		switch {
		case in.Broken != "":
			p.block("  ", name+": "+count(in.Packets, "packet")+", not read to its end: "+cleanWords(in.Broken, maxTitle), plain)
		case len(r.Inputs) == 1:
		case listed < maxListed:
			listed++
			text := count(in.Packets, "packet")
			if when := p.cal.span(in.First, in.Last); when != "" {
				text += ", " + when
			}
			p.block("  ", name+": "+text, plain)
		default:
			left++
		}
	}
	if left > 0 {
		p.line("  and " + count(left, "other"))
	}
}

// lossLines lists what is missing, the numbers aligned.
func (p *page) lossLines(some []loss) {
	digits := 0
	for _, l := range some {
		digits = max(digits, len(number(l.n)))
	}
	for _, l := range some {
		what := l.what
		if l.n == 1 {
			what = l.one
		}
		p.block("  "+padLeft(number(l.n), digits)+" ", what, plain)
	}
}

// trust says in sentences what the missing parts mean for the rest. How many
// connections cannot be judged, a warning says.
func trust(r *analyze.Report) []string {
	u := &r.Unanalysed
	var out []string
	if u.BytesMissing > 0 {
		out = append(out, count(u.BytesMissing, "byte")+" "+isAre(u.BytesMissing)+" missing.")
	}
	if u.DroppedByKernel+u.DroppedByInterface+u.Fragments+u.Undecodable+u.UnknownLink+u.HeadersTruncated > 0 {
		out = append(out, "A connection that was in those packets alone is not counted.")
	}
	if u.ConnectionsLeftOut > 0 {
		out = append(out, "The counts are those of the connections that were looked at; there were more of each kind.")
	}
	if !slices.ContainsFunc(r.Warnings, func(w analyze.Warning) bool { return w.Code == analyze.CaptureLostPackets }) {
		out = append(out, "What is said above stands: it rests on packets that were seen.")
	}
	return out
}

// isAre gives the verb for n things.
func isAre(n int64) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// materials says by what the connections were judged: certificates, roots, and
// the list of CloudFront's addresses with its age.
func (p *page) materials(r *analyze.Report) {
	known := told(r)
	for i := range r.Certificates {
		if i == maxListed {
			p.line("and " + count(len(r.Certificates)-i, "other certificate"))
			break
		}
		p.certificate(&r.Certificates[i], known)
	}
	if r.Roots != "" {
		p.block("", "Trusted roots: "+cleanWords(r.Roots, maxTitle)+".", plain)
	}
	if s := ranges(r); s != "" {
		p.block("", s, plain)
	}
	if r.Version != "" && !r.Made.IsZero() {
		p.block("", "Made by sniwatch "+Clean(r.Version, maxPhrase)+" on "+r.Made.UTC().Format(dateLayout)+".", faint)
	}
}

// certificate describes one certificate, and those of its faults that the rest
// of the report does not tell.
func (p *page) certificate(c *analyze.CertificateUsed, told map[analyze.Code]bool) {
	from := "Certificate on the wire: "
	if c.File != "" {
		from = "Certificate " + Clean(c.File, maxWord) + ": "
	}
	var parts []string
	if n := len(c.Names); n > 0 {
		shown := make([]string, 0, maxListed)
		for _, name := range c.Names[:min(n, maxListed)] {
			shown = append(shown, Clean(name, maxWord))
		}
		s := "for " + strings.Join(shown, ", ")
		if n > maxListed {
			s += " and " + count(n-maxListed, "other")
		}
		parts = append(parts, s)
	}
	if !c.NotAfter.IsZero() {
		parts = append(parts, "valid to "+c.NotAfter.UTC().Format(dateLayout))
	}
	if len(parts) == 0 {
		parts = append(parts, "cannot be read")
	}
	p.block("", from+strings.Join(parts, "; ")+".", plain)
	for _, problem := range c.Problems {
		if !told[analyze.Code(problem.Kind)] {
			p.block("  ", cleanWords(problem.Says, maxValue), plain)
		}
	}
}

// told lists the codes that the report has a finding or a warning for.
func told(r *analyze.Report) map[analyze.Code]bool {
	m := make(map[analyze.Code]bool)
	for i := range r.Findings {
		m[r.Findings[i].Code] = true
		for _, c := range r.Findings[i].Also {
			m[c] = true
		}
	}
	for _, w := range r.Warnings {
		m[w.Code] = true
	}
	return m
}

// ranges says which list of CloudFront's addresses was used, and where a
// warning says that it is too old, what to do about it.
func ranges(r *analyze.Report) string {
	if r.Ranges.Created.IsZero() {
		return ""
	}
	s := "CloudFront list of " + r.Ranges.Created.UTC().Format(dateLayout)
	if r.Ranges.Source != "" && r.Ranges.Source != "embedded" {
		s += " from " + Clean(r.Ranges.Source, maxWord)
	}
	for _, w := range r.Warnings {
		if w.Code == analyze.RangesOld {
			return s + " (" + count(r.Ranges.AgeDays, "day") + " old: run 'sniwatch ranges --update')."
		}
	}
	return s + "."
}
