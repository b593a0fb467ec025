package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sniwatch/analyze"
	"sniwatch/analyze/report"
	"sniwatch/analyze/report/evidence"
	"sniwatch/analyze/report/redact"
	"sniwatch/capture"
)

// defaultKey is the file of --redact-key without one.
const defaultKey = "sniwatch-redact.key"

// A redaction replaces names, addresses and certificates in everything that leaves
// the program; nil: nothing is replaced.
type redaction struct {
	*redact.Redactor
	keyFile    string
	interfaces map[*capture.Interface]*capture.Interface
	sections   map[*capture.Section]*capture.Section
	omitted    map[string]int // packets that were left out of the evidence, by the reason
}

// newRedaction reads the key, or makes one. The certificates of this host come
// first, so that their relations are known before any packet is seen.
func newRedaction(o *options, settings *analyze.Options) (*redaction, error) {
	if !o.redact {
		return nil, nil
	}
	r := &redaction{keyFile: o.redactKey, omitted: map[string]int{},
		interfaces: map[*capture.Interface]*capture.Interface{}, sections: map[*capture.Section]*capture.Section{}}
	how := redact.Options{Ranges: settings.Ranges, Roots: settings.Roots}
	f, err := os.Open(r.keyFile)
	switch {
	case err == nil:
		r.Redactor, err = redact.Load(f, how)
		f.Close()
		if err != nil {
			return nil, hinted{fmt.Errorf("%s is no key of sniwatch: %w", r.keyFile, err), "--redact-key names another file; one that is not there is made"}
		}
	case errors.Is(err, fs.ErrNotExist):
		key, err := redact.NewKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		r.Redactor = redact.New(key, how)
	default:
		return nil, fmt.Errorf("the redaction key cannot be read: %w", err)
	}
	if err := r.writeKey(); err != nil { // told before any work is done
		return nil, err
	}
	for _, c := range settings.Certificates.All() {
		_, _ = r.Certificate(c.Chain) // one that cannot be issued anew is left out where it is used
	}
	if settings.Host != nil {
		for _, c := range settings.Host.Certificates() {
			_, _ = r.Certificate(c.Chain)
		}
	}
	r.Distribution(settings.Distribution)
	return r, nil
}

// writeKey writes the key with what was replaced so far.
func (r *redaction) writeKey() error {
	f, err := report.CreateFile(r.keyFile, true)
	if err != nil {
		return err
	}
	if err = f.Private(); err == nil {
		err = r.WriteKey(f)
	}
	if err != nil {
		f.Abort()
		return err
	}
	return f.Commit()
}

// connection gives a connection as it may be told.
func (r *redaction) connection(c *analyze.Connection) *analyze.Connection {
	if r == nil {
		return c
	}
	return r.Connection(c)
}

// report gives a report as it may be told.
func (r *redaction) report(in *analyze.Report) *analyze.Report {
	if r == nil {
		return in
	}
	return r.Report(in)
}

// text gives a text as it may be told.
func (r *redaction) text(s string) string {
	if r == nil {
		return s
	}
	return r.Text(s)
}

// path gives the name of a file as it may be told.
func (r *redaction) path(s string) string {
	if r == nil {
		return s
	}
	return r.Path(s)
}

// rewrite is what the evidence is passed through; nil: it stays as it is.
func (r *redaction) rewrite() func(*analyze.Connection, []evidence.Packet) []evidence.Packet {
	if r == nil {
		return nil
	}
	return func(_ *analyze.Connection, packets []evidence.Packet) []evidence.Packet {
		plain := make([]capture.Packet, len(packets))
		by := make(map[int]*evidence.Packet, len(packets))
		for i := range packets {
			plain[i] = packets[i].Packet
			by[plain[i].Number] = &packets[i]
		}
		rewritten, left := r.Packets(plain)
		for _, l := range left {
			r.omitted[l.Why]++
		}
		var out []evidence.Packet
		for _, p := range rewritten {
			was := by[p.Number]
			out = append(out, evidence.Packet{Packet: p, Origin: r.origin(was.Origin), Comment: r.Text(was.Comment)})
		}
		return out
	}
}

// origin gives what is known of where a packet was captured as it may be told.
func (r *redaction) origin(o capture.Origin) capture.Origin {
	if o.Interface == nil {
		return o
	}
	known := r.interfaces[o.Interface]
	if known == nil {
		told := *o.Interface
		told.Description, told.Filter = r.Text(told.Description), r.Text(told.Filter)
		told.Section = r.section(told.Section)
		known = &told
		r.interfaces[o.Interface] = known
	}
	known.Statistics = o.Interface.Statistics // which comes last
	o.Interface = known
	return o
}

func (r *redaction) section(s *capture.Section) *capture.Section {
	if s == nil {
		return nil
	}
	if r.sections[s] == nil {
		r.sections[s] = &capture.Section{Hardware: r.Text(s.Hardware), OS: r.Text(s.OS), Application: r.Text(s.Application)}
	}
	return r.sections[s]
}

// finish writes the key and, beside the evidence, the roots under which it is
// judged as the original was, and tells what the owner has to know.
func (r *redaction) finish(o *options, s streams) error {
	if r == nil {
		return nil
	}
	errs := []error{r.writeKey()}
	tell := func(format string, a ...any) {
		fmt.Fprintf(s.err, "sniwatch: %s\n", report.Clean(fmt.Sprintf(format, a...), 1000))
	}
	tell("names, addresses and certificates are replaced; %s maps them back: keep it, and do not send it", r.keyFile)
	if n := r.Unlisted(); n > 0 {
		tell("%d replacements are not in it, because there were too many", n)
	}
	if roots := r.Roots(); o.evidence != "" && len(roots) > 0 {
		name := rootsBeside(o.evidence)
		f, err := report.CreateFile(name, o.force)
		if err == nil {
			if _, err = f.Write(roots); err == nil {
				err = f.Commit()
			}
		}
		errs = append(errs, err)
		tell("whoever reads %s gives --roots %s", o.evidence, name)
	}
	if prefixes := r.EdgePrefixes(); len(o.edges) > 0 && len(prefixes) > 0 {
		tell("and, for the clients that you named with --edge: %s", edgeFlags(prefixes))
	}
	for _, why := range slices.Sorted(maps.Keys(r.omitted)) {
		tell("%d packets were left out of the evidence: %s", r.omitted[why], why)
	}
	return errors.Join(errs...)
}

// rootsBeside gives the name of the roots that lie beside evidence.
func rootsBeside(evidence string) string {
	return strings.TrimSuffix(evidence, filepath.Ext(evidence)) + ".roots.pem"
}

func edgeFlags(prefixes []netip.Prefix) string {
	words := make([]string, len(prefixes))
	for i, p := range prefixes {
		words[i] = "--edge " + p.String()
	}
	return strings.Join(words, " ")
}
