package report

import (
	"bytes"
	"io"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
)

// checkObject is what 'sniwatch check --format json' writes, see docs/schema.md.
type checkObject struct {
	header
	Version      string            `json:"version,omitempty"`
	At           string            `json:"at,omitempty"` // for when the certificates were judged
	Distribution string            `json:"distribution,omitempty"`
	Server       string            `json:"server,omitempty"`
	Roots        string            `json:"roots,omitempty"`
	Rows         []checkRowObject  `json:"rows"`
	Certificates []materialObject  `json:"certificates"`
	Handshakes   []handshakeObject `json:"handshakes,omitempty"`
	Warnings     []warningObject   `json:"warnings"`
}

type checkRowObject struct {
	ViewerDomain  string               `json:"viewer_domain,omitempty"`
	OriginDomain  string               `json:"origin_domain,omitempty"`
	Certificate   string               `json:"certificate,omitempty"` // file, or the server that sent it
	HostForwarded bool                 `json:"host_forwarded"`
	DecidedBy     edge.DecidedBy       `json:"decided_by,omitempty"`
	Policy        string               `json:"policy,omitempty"`   // that decides
	Behavior      string               `json:"behavior,omitempty"` // path pattern
	Origin        string               `json:"origin,omitempty"`   // id in the distribution
	InUse         *bool                `json:"in_use,omitempty"`   // absent: shown because something was not given
	SNI           string               `json:"sni,omitempty"`
	Accepted      bool                 `json:"accepted"`
	Matched       string               `json:"matched,omitempty"`      // which of the two names the certificate has
	MatchedName   string               `json:"matched_name,omitempty"` // the name in the certificate that covers it
	ViewerStatus  int                  `json:"viewer_status"`
	ArticleRow    int                  `json:"article_row,omitempty"`
	Problems      []checkProblemObject `json:"problems"`
	Assumed       []string             `json:"assumed,omitempty"`
}

type checkProblemObject struct {
	Code  analyze.Code `json:"code"`
	Title string       `json:"title"`
	Says  string       `json:"says,omitempty"`
	Fixes []string     `json:"fixes"`
}

type handshakeObject struct {
	SNI   string       `json:"sni"`
	Offer string       `json:"offer"`
	OK    bool         `json:"ok"`
	Code  analyze.Code `json:"code,omitempty"`
	Says  string       `json:"says,omitempty"`
}

// WriteCheckJSON writes a check as one JSON object. The error is w's.
func WriteCheckJSON(w io.Writer, c *analyze.Check) error {
	o := checkObject{
		header: newHeader("check"), Version: c.Version, At: date(c.At),
		Distribution: c.Source, Server: c.Server, Roots: c.Roots,
		Rows:         make([]checkRowObject, len(c.Rows)),
		Certificates: make([]materialObject, len(c.Certificates)),
		Warnings:     make([]warningObject, len(c.Warnings)),
	}
	for i := range c.Rows {
		o.Rows[i] = newCheckRow(&c.Rows[i])
	}
	for i, used := range c.Certificates {
		o.Certificates[i] = newMaterial(used)
	}
	for _, h := range c.Handshakes {
		o.Handshakes = append(o.Handshakes, handshakeObject(h))
	}
	for i, w := range c.Warnings {
		o.Warnings[i] = warningObject{w.Code, w.Title, w.Says, fixes(w.Fixes)}
	}
	var buf bytes.Buffer
	if err := encode(&buf, o); err != nil {
		return err
	}
	_, err := w.Write(buf.Bytes())
	return err
}

func newCheckRow(r *analyze.CheckRow) checkRowObject {
	o := checkRowObject{
		ViewerDomain: r.ViewerDomain, OriginDomain: r.OriginDomain, Certificate: r.Certificate.File,
		HostForwarded: r.HostForwarded, DecidedBy: r.Decision.By, Policy: r.Decision.Policy,
		Behavior: r.Behavior, Origin: r.Origin, SNI: r.SNI,
		Accepted: r.Accepted, Matched: r.Matched, MatchedName: r.MatchedName,
		ViewerStatus: r.ViewerStatus, ArticleRow: r.ArticleRow, Assumed: r.Assumed,
		Problems: make([]checkProblemObject, len(r.Problems)),
	}
	if r.InUse != edge.Unknown {
		used := r.InUse == edge.Yes
		o.InUse = &used
	}
	for i, p := range r.Problems {
		o.Problems[i] = checkProblemObject{p.Code, p.Title, p.Says, fixes(p.Fixes)}
	}
	return o
}
