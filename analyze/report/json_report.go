package report

import (
	"sniwatch/analyze"
)

// reportObject is the last object of NDJSON.
type reportObject struct {
	header
	reportBody
}

// reportBody is everything that a report says, see docs/schema.md.
type reportBody struct {
	Version      string           `json:"version,omitempty"`
	Made         string           `json:"made,omitempty"`    // when the report was made
	Started      string           `json:"started,omitempty"` // first packet
	Ended        string           `json:"ended,omitempty"`   // last packet
	Live         bool             `json:"live"`
	Interim      bool             `json:"interim,omitempty"` // another report will come
	Inputs       []inputObject    `json:"inputs"`
	Ranges       *rangesObject    `json:"ranges,omitempty"`
	Roots        string           `json:"roots,omitempty"`
	Certificates []materialObject `json:"certificates"`
	Counts       countsObject     `json:"counts"`
	Findings     []findingObject  `json:"findings"`
	Warnings     []warningObject  `json:"warnings"`
	Logs         []logUsedObject  `json:"logs,omitempty"`
	Servers      []serverObject   `json:"servers,omitempty"`
	Notes        []noteObject     `json:"notes,omitempty"`
	Unanalysed   unanalysedObject `json:"unanalysed"`
}

type inputObject struct {
	Name      string   `json:"name"`
	Packets   int      `json:"packets"`
	Bytes     int64    `json:"bytes"`
	First     string   `json:"first,omitempty"`
	Last      string   `json:"last,omitempty"`
	LinkTypes []string `json:"link_types"`
	Broken    string   `json:"broken,omitempty"` // where and why reading stopped early
}

type rangesObject struct {
	Source  string `json:"source,omitempty"`
	Created string `json:"created,omitempty"`
	AgeDays int    `json:"age_days"`
}

// materialObject is a certificate by which connections were judged.
type materialObject struct {
	File     string          `json:"file,omitempty"` // absent: seen on the wire only
	Names    []string        `json:"names"`
	NotAfter string          `json:"not_after,omitempty"`
	Problems []problemObject `json:"problems"`
}

type problemObject struct {
	Code    string `json:"code"`
	Warning bool   `json:"warning"` // CloudFront accepts the certificate all the same
	Says    string `json:"says,omitempty"`
}

type countsObject struct {
	Connections        int `json:"connections"`
	CloudFront         int `json:"cloudfront"`
	Complete           int `json:"complete"`
	Refused            int `json:"refused"`
	Failed             int `json:"failed"`
	None               int `json:"none"`
	Unknown            int `json:"unknown"`
	CloudFrontRefused  int `json:"cloudfront_refused"`
	CloudFrontFailed   int `json:"cloudfront_failed"`
	CloudFrontComplete int `json:"cloudfront_complete"`
}

type findingObject struct {
	Code        string           `json:"code"`
	Certainty   string           `json:"certainty,omitempty"`
	CloudFront  bool             `json:"cloudfront"`
	Connections int              `json:"connections"`
	Of          int              `json:"of"` // connections of the same kind of client
	First       string           `json:"first,omitempty"`
	Last        string           `json:"last,omitempty"`
	SNI         []string         `json:"sni"`
	MoreSNI     int              `json:"more_sni,omitempty"` // names beyond those
	Clients     int              `json:"clients"`
	MoreClients bool             `json:"more_clients,omitempty"` // clients is a lower bound
	Addresses   []string         `json:"addresses,omitempty"`    // the first few clients
	Title       string           `json:"title,omitempty"`
	Explanation string           `json:"explanation,omitempty"`
	Evidence    []evidenceObject `json:"evidence"`
	Fixes       []string         `json:"fixes"`
	Also        []analyze.Code   `json:"also"`
	ArticleRow  int              `json:"article_row,omitempty"`
	Logged      int              `json:"logged,omitempty"`
	Harmless    bool             `json:"harmless,omitempty"` // nobody has to mend anything
	Example     *exampleObject   `json:"example,omitempty"`
}

// exampleObject tells which connection the evidence of a finding is from.
type exampleObject struct {
	ID      string `json:"id"`
	File    string `json:"file,omitempty"`
	Packets [2]int `json:"packets"` // first and last
}

type warningObject struct {
	Code  analyze.Code `json:"code"`
	Title string       `json:"title"`
	Says  string       `json:"says,omitempty"`
	Fixes []string     `json:"fixes"`
}

type unanalysedObject struct {
	DroppedByKernel     int   `json:"packets_dropped_by_kernel"`
	DroppedByInterface  int   `json:"packets_dropped_by_interface"`
	PacketsTruncated    int   `json:"packets_truncated"`
	Fragments           int   `json:"fragments"`
	Undecodable         int   `json:"undecodable"`
	UnknownLink         int   `json:"unknown_link"`
	HeadersTruncated    int   `json:"headers_truncated"`
	Stray               int   `json:"stray"`
	ConnectionsEvicted  int   `json:"connections_evicted"`
	BytesMissing        int64 `json:"bytes_missing"`
	ConnectionsWithGaps int   `json:"connections_with_gaps"`
	NotTCP              int   `json:"not_tcp"`
	ConnectionsLeftOut  int   `json:"connections_left_out,omitempty"`
	PacketsLeftOut      int   `json:"packets_left_out,omitempty"`
}

// newReport takes over a report.
func newReport(r *analyze.Report) reportBody {
	b := reportBody{
		Version: r.Version,
		Made:    date(r.Made),
		Started: stamp(r.Start),
		Ended:   stamp(r.End),
		Live:    r.Live,
		Interim: r.Interim,
		Roots:   r.Roots,

		Inputs:       make([]inputObject, 0, len(r.Inputs)),
		Certificates: make([]materialObject, 0, len(r.Certificates)),
		Findings:     make([]findingObject, 0, len(r.Findings)),
		Warnings:     make([]warningObject, 0, len(r.Warnings)),
		Counts:       countsObject(r.Counts),
		Logs:         usedLogs(r.Logs),
		Servers:      serverObjects(r.Servers),
		Notes:        noteObjects(r.Notes),
		Unanalysed:   unanalysedObject(r.Unanalysed),
	}
	if !r.Ranges.Created.IsZero() {
		b.Ranges = &rangesObject{r.Ranges.Source, date(r.Ranges.Created), r.Ranges.AgeDays}
	}
	for _, in := range r.Inputs {
		b.Inputs = append(b.Inputs, newInput(in))
	}
	for _, c := range r.Certificates {
		b.Certificates = append(b.Certificates, newMaterial(c))
	}
	for i := range r.Findings {
		b.Findings = append(b.Findings, newFinding(&r.Findings[i]))
	}
	for _, w := range r.Warnings {
		b.Warnings = append(b.Warnings, warningObject{w.Code, w.Title, w.Says, fixes(w.Fixes)})
	}
	return b
}

func newInput(in analyze.Input) inputObject {
	links := make([]string, len(in.LinkTypes))
	for i, l := range in.LinkTypes {
		links[i] = l.String()
	}
	return inputObject{in.Name, in.Packets, in.Bytes, stamp(in.First), stamp(in.Last), links, in.Broken}
}

func newMaterial(c analyze.CertificateUsed) materialObject {
	m := materialObject{c.File, list(c.Names), date(c.NotAfter), make([]problemObject, len(c.Problems))}
	for i, p := range c.Problems {
		m.Problems[i] = problemObject{string(p.Kind), p.Warning, p.Says}
	}
	return m
}

func newFinding(f *analyze.Finding) findingObject {
	o := findingObject{
		Code:        string(f.Code),
		Certainty:   string(f.Certainty),
		CloudFront:  f.CloudFront,
		Connections: f.Connections,
		Of:          f.Of,
		First:       stamp(f.First),
		Last:        stamp(f.Last),
		SNI:         list(f.SNI),
		MoreSNI:     f.MoreSNI,
		Clients:     f.Clients,
		MoreClients: f.MoreClients,
		Title:       f.Title,
		Explanation: f.Explanation,
		Evidence:    evidence(f.Evidence),
		Fixes:       fixes(f.Fixes),
		Also:        list(f.Also),
		ArticleRow:  f.ArticleRow,
		Logged:      f.Logged,
		Harmless:    f.Harmless,
	}
	for _, a := range f.Addresses {
		o.Addresses = append(o.Addresses, a.String())
	}
	if c := f.Example; c != nil {
		o.Example = &exampleObject{communityID(c.Client, c.Server), c.File, [2]int{c.FirstPacket, c.LastPacket}}
	}
	return o
}

// evidenceObject is one fact that a diagnosis rests on.
type evidenceObject struct {
	Packet int    `json:"packet,omitempty"`
	File   string `json:"file,omitempty"`
	Says   string `json:"says"`
}

// evidence puts each fact into one string: "label: value (note)".
func evidence(list []analyze.Evidence) []evidenceObject {
	out := make([]evidenceObject, len(list))
	for i, e := range list {
		says := e.Value
		if e.Label != "" && says != "" {
			says = e.Label + ": " + says
		} else if says == "" {
			says = e.Label
		}
		if e.Note != "" {
			says += " (" + e.Note + ")"
		}
		out[i] = evidenceObject{e.Packet, e.File, says}
	}
	return out
}

// fixes puts each fix into one string, its command on a line of its own.
func fixes(list []analyze.Fix) []string {
	out := make([]string, len(list))
	for i, f := range list {
		out[i] = f.Says
		if f.Command != "" {
			out[i] += "\n" + f.Command
		}
	}
	return out
}
