package report

import (
	"bytes"
	"io"

	"sniwatch/analyze"
	"sniwatch/analyze/origin/logs"
)

// explainObject is what 'sniwatch explain --format json' writes, see
// docs/schema.md.
type explainObject struct {
	header
	Version      string             `json:"version,omitempty"`
	Zone         string             `json:"zone,omitempty"`
	Logs         []logObject        `json:"logs"`
	Start        string             `json:"start,omitempty"`
	End          string             `json:"end,omitempty"`
	Ranges       string             `json:"ranges,omitempty"`
	Roots        string             `json:"roots,omitempty"`
	Findings     []logFindingObject `json:"findings"`
	Certificates []materialObject   `json:"certificates"`
	Warnings     []warningObject    `json:"warnings"`
	Hints        []string           `json:"hints,omitempty"`
	Notes        []noteObject       `json:"notes,omitempty"`
}

type logObject struct {
	Name        string         `json:"name"`
	Programs    []logs.Program `json:"programs"`
	Lines       int64          `json:"lines"`
	Bytes       int64          `json:"bytes"`
	Entries     int64          `json:"entries"`
	Upstream    int64          `json:"upstream"`
	Undecodable int64          `json:"undecodable"`
	Cut         int64          `json:"cut"`
	Torn        int64          `json:"torn"`
	Broken      string         `json:"broken,omitempty"`
}

type logFindingObject struct {
	Class        logs.Class         `json:"class"`
	Means        string             `json:"means"`
	CloudFront   bool               `json:"cloudfront"`
	Lines        int                `json:"lines"`
	First        string             `json:"first,omitempty"`
	Last         string             `json:"last,omitempty"`
	Clients      int                `json:"clients"`
	MoreClients  bool               `json:"more_clients"`
	Addresses    []string           `json:"addresses"`
	Networks     []logNetworkObject `json:"networks"`
	Names        []string           `json:"names"`
	NeedsCapture bool               `json:"needs_capture"`
	Candidates   []analyze.Code     `json:"candidates"`
	Code         analyze.Code       `json:"code,omitempty"`
	Certainty    analyze.Certainty  `json:"certainty,omitempty"`
	Title        string             `json:"title"`
	Says         string             `json:"says,omitempty"`
	Also         []analyze.Code     `json:"also,omitempty"`
	ArticleRow   int                `json:"article_row,omitempty"`
	Fixes        []string           `json:"fixes"`
	Next         []string           `json:"next"`
	Example      logExampleObject   `json:"example"`
}

type logNetworkObject struct {
	Prefix string `json:"prefix"`
	Lines  int    `json:"lines"`
}

type logExampleObject struct {
	File       string       `json:"file"`
	Line       int          `json:"line,omitempty"`
	Text       string       `json:"text"`
	Program    logs.Program `json:"program"`
	Client     string       `json:"client,omitempty"`
	Server     string       `json:"server,omitempty"`
	Connection uint64       `json:"connection,omitempty"`
	Process    string       `json:"process,omitempty"`
	SNI        *string      `json:"sni,omitempty"`
	Alert      *int         `json:"alert,omitempty"`
	Reason     string       `json:"reason,omitempty"`
}

// WriteExplanationJSON writes an explanation as one JSON object. The error is
// w's.
func WriteExplanationJSON(w io.Writer, e *analyze.Explanation) error {
	o := explainObject{header: newHeader("explanation"), Version: e.Version, Zone: e.Zone, Start: date(e.First), End: date(e.Last),
		Ranges: date(e.Ranges.Created), Roots: e.Roots, Logs: make([]logObject, len(e.Logs)), Findings: make([]logFindingObject, len(e.Findings)),
		Certificates: make([]materialObject, len(e.Certificates)), Warnings: make([]warningObject, len(e.Warnings)), Notes: noteObjects(e.Notes)}
	for i, l := range e.Logs {
		c := &l.Counts
		o.Logs[i] = logObject{l.Name, list(l.Programs), c.Lines, c.Bytes, c.Entries, c.Upstream, c.Undecodable, c.Cut, c.Torn, l.Broken}
	}
	for i := range e.Findings {
		o.Findings[i] = newLogFinding(&e.Findings[i])
	}
	for i, used := range e.Certificates {
		o.Certificates[i] = newMaterial(used)
	}
	for i, w := range e.Warnings {
		o.Warnings[i] = warningObject{w.Code, w.Title, w.Says, fixes(w.Fixes)}
	}
	if len(e.Hints) > 0 {
		o.Hints = fixes(e.Hints)
	}
	var buf bytes.Buffer
	if err := encode(&buf, o); err != nil {
		return err
	}
	_, err := w.Write(buf.Bytes())
	return err
}

func newLogFinding(f *analyze.LogFinding) logFindingObject {
	o := logFindingObject{Class: f.Class, Means: f.Means, CloudFront: f.CloudFront, Lines: f.Lines, First: date(f.First), Last: date(f.Last),
		Clients: f.Clients, MoreClients: f.MoreClients, Addresses: []string{}, Networks: make([]logNetworkObject, len(f.Networks)),
		Names: list(f.Names), NeedsCapture: f.NeedsCapture, Candidates: list(f.Candidates), Code: f.Code, Certainty: f.Certainty,
		Title: f.Title, Says: f.Explanation, Also: f.Also, ArticleRow: f.ArticleRow, Fixes: fixes(f.Fixes), Next: fixes(f.Next), Example: newLogExample(&f.Example)}
	for _, a := range f.Addresses {
		o.Addresses = append(o.Addresses, a.String())
	}
	for i, n := range f.Networks {
		o.Networks[i] = logNetworkObject{n.Prefix.String(), n.Lines}
	}
	return o
}

func newLogExample(e *logs.Entry) logExampleObject {
	o := logExampleObject{File: e.File, Line: e.Line, Text: e.Text, Program: e.Program, Connection: e.Connection, Process: e.Process, Reason: e.ErrorCode}
	switch {
	case e.Client.Port() != 0:
		o.Client = e.Client.String()
	case e.Client.IsValid():
		o.Client = e.Client.Addr().String()
	}
	if e.Server.IsValid() {
		o.Server = e.Server.String()
	}
	if e.HasServerName {
		o.SNI = &e.ServerName
	}
	if e.AlertFrom != logs.NoAlert {
		o.Alert = &e.Alert
	}
	return o
}
