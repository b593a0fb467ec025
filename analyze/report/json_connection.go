package report

import (
	"encoding/hex"

	"sniwatch/analyze"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/tlswire"
)

// connectionObject is one connection, see docs/schema.md.
type connectionObject struct {
	header
	ID          string             `json:"id"` // Community ID
	File        string             `json:"file,omitempty"`
	Start       string             `json:"start,omitempty"`
	DurationMS  *float64           `json:"duration_ms,omitempty"`
	Packets     packetsObject      `json:"packets"`
	Client      clientObject       `json:"client"`
	Server      endpointObject     `json:"server"`
	ClientHello *clientHelloObject `json:"client_hello,omitempty"`
	ServerHello *serverHelloObject `json:"server_hello,omitempty"`
	Certificate certificateObject  `json:"certificate"`
	Alerts      []alertObject      `json:"alerts"`
	End         endObject          `json:"end"`
	Handshake   string             `json:"handshake"`
	History     string             `json:"history,omitempty"`
	Gaps        []gapObject        `json:"gaps"`
	Faults      []faultObject      `json:"faults"`
	Log         []logLineObject    `json:"log,omitempty"`
	Diagnosis   *diagnosisObject   `json:"diagnosis,omitempty"`
}

type packetsObject struct {
	First int `json:"first,omitempty"`
	Last  int `json:"last,omitempty"`
	Count int `json:"count"`
}

type endpointObject struct {
	IP   string `json:"ip"`
	Port uint16 `json:"port"`
}

type clientObject struct {
	endpointObject
	Network string `json:"network"`
	Prefix  string `json:"prefix,omitempty"`
	Service string `json:"service,omitempty"`
}

type certificateObject struct {
	State  string       `json:"state"`
	Packet int          `json:"packet,omitempty"`
	Chain  []x509Object `json:"chain,omitempty"`
	Local  *localObject `json:"local,omitempty"`
}

// x509Object is one certificate of a chain. Of one that crypto/x509 cannot
// parse, only the fingerprint is known.
type x509Object struct {
	Subject   string   `json:"subject,omitempty"`
	Issuer    string   `json:"issuer,omitempty"`
	Names     []string `json:"names,omitzero"`
	NotBefore string   `json:"not_before,omitempty"`
	NotAfter  string   `json:"not_after,omitempty"`
	SHA256    string   `json:"sha256"`
	Key       string   `json:"key,omitempty"`
	Signature string   `json:"signature,omitempty"`
}

type localObject struct {
	File     string `json:"file"`
	SHA256   string `json:"sha256,omitempty"`
	ChosenBy string `json:"chosen_by,omitempty"`
	Agrees   *bool  `json:"agrees,omitempty"` // absent: it cannot be told
}

type alertObject struct {
	Packet    int    `json:"packet,omitempty"`
	From      string `json:"from"`
	Level     string `json:"level,omitempty"`
	Code      *uint8 `json:"code,omitempty"` // 0 is close_notify
	Name      string `json:"name,omitempty"`
	Certainty string `json:"certainty"`
}

type endObject struct {
	How     string   `json:"how"`
	By      string   `json:"by,omitempty"`
	Packet  int      `json:"packet,omitempty"`
	AfterMS *float64 `json:"after_ms,omitempty"`
	Stage   string   `json:"stage"`
}

type gapObject struct {
	From      string `json:"from"`
	AfterByte int64  `json:"after_byte"`
	Bytes     int64  `json:"bytes"`
}

type faultObject struct {
	Packet int    `json:"packet,omitempty"`
	From   string `json:"from"`
	In     string `json:"in"`     // the message or record that is broken
	Field  string `json:"field"`  // RFC name
	Offset int    `json:"offset"` // bytes from the start of the message body
}

type diagnosisObject struct {
	Code        string           `json:"code"`
	Certainty   string           `json:"certainty,omitempty"`
	Title       string           `json:"title,omitempty"`
	Explanation string           `json:"explanation,omitempty"`
	Evidence    []evidenceObject `json:"evidence"`
	Fixes       []string         `json:"fixes"`
	Also        []analyze.Code   `json:"also"`
	ArticleRow  int              `json:"article_row,omitempty"`
}

// newConnection takes over a connection.
func newConnection(c *analyze.Connection) *connectionObject {
	o := &connectionObject{
		header:      newHeader("connection"),
		ID:          communityID(c.Client, c.Server),
		File:        c.File,
		Start:       stamp(c.Start),
		Packets:     packetsObject{c.FirstPacket, c.LastPacket, c.Packets},
		Client:      newClient(c),
		Server:      endpointObject{c.Server.Addr().String(), c.Server.Port()},
		ClientHello: newClientHello(c.ClientHello),
		ServerHello: newServerHello(c.ServerHello),
		Certificate: newCertificate(c),
		Alerts:      make([]alertObject, len(c.Alerts)),
		End:         newEnd(&c.End),
		Handshake:   c.Handshake.String(),
		History:     c.History,
		Log:         logLineObjects(c.Log),
		Gaps:        make([]gapObject, len(c.Gaps)),
		Faults:      make([]faultObject, len(c.Faults)),
		Diagnosis:   newDiagnosis(&c.Diagnosis),
	}
	if c.Start != 0 && c.Last != 0 {
		o.DurationMS = millis(c.Last.Sub(c.Start))
	}
	for i := range c.Alerts {
		o.Alerts[i] = newAlert(&c.Alerts[i])
	}
	for i, g := range c.Gaps {
		o.Gaps[i] = gapObject{g.From.String(), g.AfterByte, g.Bytes}
	}
	for i, f := range c.Faults {
		o.Faults[i] = faultObject{f.Packet, f.From.String(), f.In, f.Field, f.Offset}
	}
	return o
}

func newClient(c *analyze.Connection) clientObject {
	o := clientObject{
		endpointObject: endpointObject{c.Client.Addr().String(), c.Client.Port()},
		Network:        c.Edge.Network.String(),
		Service:        c.Edge.Service,
	}
	if c.Edge.Prefix.IsValid() {
		o.Prefix = c.Edge.Prefix.String()
	}
	return o
}

func newCertificate(c *analyze.Connection) certificateObject {
	o := certificateObject{State: c.Certificate.State.String(), Packet: c.Certificate.Packet}
	if chain := c.Certificate.Chain; chain != nil {
		o.Chain = make([]x509Object, len(chain.Certs))
		for i := range chain.Certs {
			o.Chain[i] = newX509(chain, i)
		}
	}
	if local := c.Local.Certificate; local != nil {
		o.Local = &localObject{File: local.File, ChosenBy: string(c.Local.ChosenBy)}
		if local.Chain != nil && len(local.SHA256) > 0 {
			o.Local.SHA256 = hex.EncodeToString(local.SHA256[0][:])
		}
		switch c.Local.Agrees {
		case tlswire.Present:
			o.Local.Agrees = new(true)
		case tlswire.Absent:
			o.Local.Agrees = new(false)
		}
	}
	return o
}

// newX509 takes over certificate i of a chain.
func newX509(chain *origin.Chain, i int) x509Object {
	o := x509Object{SHA256: hex.EncodeToString(chain.SHA256[i][:])}
	cert := chain.Certs[i]
	if cert == nil {
		return o
	}
	o.Subject, o.Issuer = origin.SubjectText(cert), origin.IssuerText(cert)
	o.NotBefore, o.NotAfter = date(cert.NotBefore), date(cert.NotAfter)
	o.Key, o.Signature = origin.KeyText(cert), origin.SignatureText(cert)
	o.Names = list(cert.DNSNames)
	if i == 0 {
		o.Names = list(chain.Names()) // the common name where there is no other
	}
	return o
}

func newAlert(a *analyze.Alert) alertObject {
	o := alertObject{Packet: a.Packet, From: a.From.String(), Certainty: "inferred"}
	if !a.Inferred {
		o.Certainty = "observed"
		o.Level, o.Name = a.Level.String(), a.Description.String()
		o.Code = new(uint8(a.Description))
	}
	return o
}

func newEnd(e *analyze.End) endObject {
	o := endObject{How: e.How.String(), Packet: e.Packet, Stage: e.Stage.String()}
	if e.How == analyze.Reset || e.How == analyze.Closed {
		o.By = e.By.String()
		if e.After >= 0 {
			o.AfterMS = millis(e.After)
		}
	}
	return o
}

func newDiagnosis(d *analyze.Diagnosis) *diagnosisObject {
	if d.Code == "" {
		return nil
	}
	return &diagnosisObject{
		Code:        string(d.Code),
		Certainty:   string(d.Certainty),
		Title:       d.Title,
		Explanation: d.Explanation,
		Evidence:    evidence(d.Evidence),
		Fixes:       fixes(d.Fixes),
		Also:        list(d.Also),
		ArticleRow:  d.ArticleRow,
	}
}
