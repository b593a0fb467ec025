package analyze

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sniwatch/analyze/origin"
	"sniwatch/capture"
)

// oldAfter is the age at which CloudFront's address list is called old: by then
// it misses about one address in a hundred.
const oldAfter = 90 * 24 * time.Hour

// Report says what was found in all inputs that were ended. now is the date of
// the report.
func (w *Watcher) Report(now time.Time) *Report {
	k := &w.collector
	r := &Report{
		Version: w.opts.Version, Made: now, Live: w.opts.Live,
		Inputs: w.inputs, Counts: k.counts, Crowds: k.crowds.sorted(),
		Roots: w.opts.Roots.Source, Distribution: w.opts.Distribution,
		Ranges: RangesUsed{
			Source: w.opts.Ranges.Source, Created: w.opts.Ranges.Created,
			AgeDays: int(w.opts.Ranges.Age(now).Hours() / 24),
		},
	}
	r.Findings, r.Timeline = k.sorted()
	r.Start, r.End = times(w.inputs)
	at := r.End.Time()
	if r.End == 0 {
		at = now
	}
	r.Certificates = k.served.used(&w.host, w.opts.Roots, at)
	r.Unanalysed = w.unanalysed()
	r.Logs = w.opts.Lines.Used()
	r.Servers, r.Notes = w.host.servers(), w.host.notes()
	r.Warnings = w.warnings(r)
	return r
}

// times gives the times of the first and the last packet.
func times(inputs []Input) (start, end capture.Timestamp) {
	for _, in := range inputs {
		if in.Packets == 0 {
			continue
		}
		if start == 0 || in.First < start {
			start = in.First
		}
		end = max(end, in.Last)
	}
	return start, end
}

// Dropped notes what a live capture lost.
func (w *Watcher) Dropped(byKernel, byInterface int) {
	w.droppedByKernel, w.droppedByInterface = byKernel, byInterface
}

func (w *Watcher) unanalysed() Unanalysed {
	k := &w.collector
	return Unanalysed{
		DroppedByKernel: w.droppedByKernel, DroppedByInterface: w.droppedByInterface,
		PacketsTruncated: k.cut, Fragments: w.kinds[capture.Fragment],
		Undecodable: w.kinds[capture.Undecodable], UnknownLink: w.kinds[capture.UnknownLink],
		HeadersTruncated: w.kinds[capture.Truncated], NotTCP: w.kinds[capture.Other],
		Stray: w.table.Counts.Stray, ConnectionsEvicted: w.table.Counts.Evicted,
		BytesMissing: k.missing, ConnectionsWithGaps: k.gaps,
		ConnectionsLeftOut: w.shed.connections, PacketsLeftOut: w.shed.packets,
	}
}

// warnings gathers what explains no failure and should be known.
func (w *Watcher) warnings(r *Report) []Warning {
	var out []Warning
	out = append(out, w.trafficWarnings(r)...)
	out = append(out, w.collector.served.warnings()...)
	out = append(out, logWarnings(r.Logs)...)
	out = append(out, hiddenByLog(r.Findings)...)
	out = append(out, strayWarnings(w.collector.served.strays)...)
	out = append(out, w.certificateWarnings(r.Certificates)...)
	if w.opts.Ranges.Age(r.Made) > oldAfter {
		out = append(out, Warning{
			Code:  RangesOld,
			Title: fmt.Sprintf("the list of CloudFront's addresses is %d days old", r.Ranges.AgeDays),
			Says:  "CloudFront has got addresses since then that are not on it; connections from them count as other clients.",
			Fixes: []Fix{{Says: "Fetch the list of today", Command: "sniwatch ranges --update"}},
		})
	}
	return out
}

// trafficWarnings tells of packets that did not come, or were lost.
func (w *Watcher) trafficWarnings(r *Report) []Warning {
	var out []Warning
	if r.Counts.CloudFront == 0 {
		out = append(out, Warning{
			Code:  NoCloudFrontTraffic,
			Title: "not one connection in the capture is from CloudFront",
			Says: "If viewers got 502 or 504 during this time, CloudFront's packets did not reach this host: the security group or network ACL" +
				" does not let them in, or the origin domain in the distribution resolves to another address.",
			Fixes: []Fix{{Says: "Let CloudFront in: allow its prefix list in the security group", Command: "aws ec2 describe-managed-prefix-lists --filters Name=prefix-list-name,Values=com.amazonaws.global.cloudfront.origin-facing"}},
		})
	}
	if missed := w.missed(&r.Unanalysed); missed != "" {
		out = append(out, Warning{
			Code:  CaptureLostPackets,
			Title: "packets are missing from the capture" + missed,
			Says:  "They were on the wire, but were not captured, or not whole, or there was no room for what they belong to.",
			Fixes: []Fix{{Says: "Capture whole packets, with a larger buffer, or fewer of them with a filter", Command: "sniwatch -i eth0 -s 262144 -B 65536"}},
		})
	}
	return out
}

// missed says what it means for the report that packets were lost; "": nothing,
// since nothing of a handshake was lost.
func (w *Watcher) missed(u *Unanalysed) string {
	switch n := w.collector.doubtful + u.ConnectionsEvicted; {
	case n > 0:
		return ": " + many(int64(n), "connection") + " cannot be judged, or only in part"
	case u.DroppedByKernel+u.DroppedByInterface > 0:
		return ": there may be connections that are not counted"
	case w.collector.hit > 0:
		return ", but every handshake that was seen could be judged"
	}
	return ""
}

// warnings tells of certificates that changed, or that the server did not reload.
func (s *served) warnings() []Warning {
	var out []Warning
	for _, c := range s.changes {
		out = append(out, Warning{
			Code:  CertificateChanged,
			Title: fmt.Sprintf("%s changed during the capture, at %s UTC (packet %d)", c.site.certificate(), c.at.Time().Format(time.DateTime), c.packet),
			Says:  sentences(fmt.Sprintf("Before, it was valid until %s; after, until %s.", until(c.before), until(c.after)), c.again()),
		})
	}
	for _, c := range s.stale {
		out = append(out, Warning{
			Code:  ServerNotReloaded,
			Title: fmt.Sprintf("the server does not serve the certificate in %s, but an older one%s", file(c.file.File), c.seen()),
			Says: fmt.Sprintf("The one that it serves is valid until %s, the one in the file until %s: it was renewed, and the server was not reloaded.",
				until(c.wire), until(c.file.Chain)),
			Fixes: []Fix{{Says: "Reload the server", Command: "sudo nginx -t && sudo systemctl reload nginx"}},
		})
	}
	return out
}

// seen tells in which packet the certificate that is served was seen.
func (s *staleness) seen() string {
	if s.packet == 0 {
		return ""
	}
	return fmt.Sprintf(" (packet %d)", s.packet)
}

// certificate names that of a site.
func (s site) certificate() string {
	if s.sni == "" {
		return "the certificate of the default site (no name asked for)"
	}
	return "the certificate for " + name(s.sni)
}

// again says what a certificate that changes more than once means.
func (c *change) again() string {
	if c.times == 1 {
		return ""
	}
	return fmt.Sprintf("It changed %d times: more than one server, or more than one process of it, answers at %s, and not all have the same certificate.", c.times, c.site.server)
}

func until(c *origin.Chain) string {
	if leaf := c.Leaf(); leaf != nil {
		return leaf.NotAfter.UTC().Format(time.DateOnly)
	}
	return "a date that cannot be read"
}

// certificateWarnings tells what is wrong with a certificate and explains no
// failure: CloudFront accepts it all the same, or nobody was refused for it.
// Several certificates with the same fault, such as an issuer that they share,
// have one warning that names them.
func (w *Watcher) certificateWarnings(all []CertificateUsed) []Warning {
	var out []Warning
	names := map[int][]string{} // by the warning's place in out: the names of what was seen on the wire only
	for _, c := range all {
		for _, p := range c.Problems {
			if w.collector.explains(Code(p.Kind)) {
				continue
			}
			one := Warning{Code: Code(p.Kind), Title: warningTitle(c, p), Says: p.Says}
			i := slices.IndexFunc(out, func(o Warning) bool { return o.Code == one.Code && o.Title == one.Title && o.Says == one.Says })
			if i < 0 {
				i = len(out)
				out = append(out, one)
			}
			if n := c.firstName(); c.File == "" && n != "" && !slices.Contains(names[i], n) {
				names[i] = append(names[i], n)
			}
		}
	}
	for i, n := range names {
		out[i].Title += " (" + strings.Join(n, ", ") + ")"
	}
	return out
}

// firstName gives the name by which people know a certificate; "": it has none.
func (c *CertificateUsed) firstName() string {
	if len(c.Names) == 0 {
		return ""
	}
	return name(c.Names[0])
}

// explains tells whether a code is that of a finding, or stands beside one.
func (k *collector) explains(code Code) bool {
	return slices.ContainsFunc(k.order, func(f *Finding) bool {
		return f.Code == code || slices.Contains(f.Also, code)
	})
}

// titles of what can be wrong with a certificate, after the words that name it.
var titles = map[origin.ProblemKind]string{
	origin.CertificateExpired:     "has expired",
	origin.CertificateNotYetValid: "is not valid yet",
	origin.SelfSigned:             "is signed by itself",
	origin.UntrustedIssuer:        "is from an issuer that CloudFront does not trust",
	origin.IntermediateMissing:    "comes without its intermediate certificate",
	origin.IntermediateExpired:    "comes with an intermediate certificate that has expired",
	origin.Unusable:               "is of a kind that CloudFront cannot use",
	origin.ExpiresSoon:            "expires soon",
	origin.ChainOutOfOrder:        "has its chain out of order",
	origin.RootSent:               "comes with its root, which is not needed",
}

func warningTitle(c CertificateUsed, p origin.Problem) string {
	which := "the certificate on the wire"
	if c.File != "" {
		which = "the certificate in " + file(c.File)
	}
	if p.Kind == origin.Unusable && p.Warning {
		return which + " is of a kind that CloudFront's documentation does not list"
	}
	return which + " " + titles[p.Kind]
}
