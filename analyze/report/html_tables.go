package report

import (
	"encoding/hex"
	"html/template"
	"strconv"
	"strings"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
)

// An htmlTimeline is the picture over time, with its axes in words.
type htmlTimeline struct {
	Picture   template.HTML
	From, To  string
	Most, Bar string
	Legend    []htmlLegend
	Undated   string
}

type htmlLegend struct{ Class, Says string }

// newHTMLTimeline gives nil where all began at once: one bar says nothing.
func newHTMLTimeline(r *analyze.Report) *htmlTimeline {
	if len(r.Timeline.Buckets) < 2 {
		return nil
	}
	picture, most := timelineSVG(r)
	if picture == "" {
		return nil
	}
	tl := &r.Timeline
	cal := newCalendar(r.Start, r.End)
	t := &htmlTimeline{
		Picture: template.HTML(picture), // drawn by this package, its texts escaped
		From:    cal.at(r.Start, secondLayout), To: cal.at(r.End, secondLayout),
		Most: number(most), Bar: bucketWidth(tl.Width),
	}
	if tl.Undated > 0 {
		t.Undated = count(tl.Undated, "connection") + " without a time"
	}
	seen := map[string]bool{}
	var other []htmlLegend
	for i := range tl.Buckets {
		for _, s := range segments(r, &tl.Buckets[i]) {
			if seen[s.says] {
				continue
			}
			seen[s.says] = true
			other = append(other, htmlLegend{s.class, s.says})
		}
	}
	for i := range r.Findings {
		if says := "finding " + number(i+1); seen[says] {
			t.Legend = append(t.Legend, htmlLegend{colourOf(i), says + ": " + cleanWords(r.Findings[i].Title, maxTitle)})
			delete(seen, says)
		}
	}
	for _, l := range other {
		if seen[l.Says] {
			t.Legend = append(t.Legend, l)
		}
	}
	return t
}

// htmlCrowds lists the clients by prefix.
func htmlCrowds(crowds []analyze.Crowd) *htmlTable {
	if len(crowds) == 0 {
		return nil
	}
	const most = 20
	t := &htmlTable{Titles: []string{"prefix", "list", "connections", "failed"}}
	for i, c := range crowds {
		if i == most {
			t.More = "and " + count(len(crowds)-i, "other prefix")
			if len(crowds)-i > 1 {
				t.More = "and " + number(len(crowds)-i) + " other prefixes"
			}
			break
		}
		t.Rows = append(t.Rows, htmlRow{Cells: []htmlCell{
			{Text: prefixText(c), Code: c.Network != edge.Other}, {Text: listText(c)}, {Text: number(c.Connections)}, {Text: number(c.Failed)},
		}})
	}
	return t
}

// prefixText names whose clients a Crowd is.
func prefixText(c analyze.Crowd) string {
	if c.Network == edge.Other {
		return "other clients"
	}
	return c.Prefix.String()
}

// listText tells on which list the prefix is.
func listText(c analyze.Crowd) string {
	switch c.Network {
	case edge.Given:
		return "--edge"
	case edge.CloudFront:
		return Clean(c.Service, maxPhrase)
	}
	return "–"
}

// htmlConnections lists the connections that the caller chose.
func htmlConnections(r *analyze.Report, o PageOptions) *htmlTable {
	if len(o.Connections) == 0 {
		return nil
	}
	t := &htmlTable{Titles: []string{"time", "client", "asked for", "what happened", "diagnosis", "packets"}}
	cal, more := newCalendar(r.Start, r.End), o.MoreConnections
	for i, c := range o.Connections {
		if i == maxRowsHTML {
			more += len(o.Connections) - i
			break
		}
		packets := strconv.Itoa(c.FirstPacket) + "–" + strconv.Itoa(c.LastPacket)
		if len(r.Inputs) > 1 && c.File != "" {
			packets = Clean(c.File, maxPhrase) + ": " + packets
		}
		t.Rows = append(t.Rows, htmlRow{Cells: []htmlCell{
			{Text: cal.at(c.Start, milliLayout), Code: true}, {Text: c.Client.String(), Code: true},
			{Text: Clean(askedFor(c), maxPhrase*2), Code: true}, {Text: happened(c)},
			{Text: Clean(diagnosed(c), maxPhrase), Code: true}, {Text: packets},
		}})
	}
	if more > 0 {
		t.More = "and " + number(more) + " more"
	}
	return t
}

// htmlInputs lists the captures.
func htmlInputs(r *analyze.Report) *htmlTable {
	t := &htmlTable{Titles: []string{"capture", "packets", "bytes", "from", "to", "link"}}
	for i, in := range r.Inputs {
		if i == maxRowsHTML {
			t.More = "and " + count(len(r.Inputs)-i, "other")
			break
		}
		links := make([]string, len(in.LinkTypes))
		for j, l := range in.LinkTypes {
			links[j] = l.String()
		}
		row := htmlRow{Cells: []htmlCell{
			{Text: Clean(in.Name, maxWord), Code: true}, {Text: number(in.Packets)}, {Text: number(in.Bytes)},
			{Text: calendar{true}.at(in.First, secondLayout)}, {Text: calendar{true}.at(in.Last, secondLayout)},
			{Text: Clean(strings.Join(links, ", "), maxPhrase)},
		}}
		t.Rows = append(t.Rows, row)
		if in.Broken != "" {
			t.Rows = append(t.Rows, htmlRow{Class: "bad", Cells: []htmlCell{{Text: "not read to its end: " + cleanWords(in.Broken, maxTitle)}}})
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return t
}

// An htmlChain is a certificate of the report with those above it.
type htmlChain struct {
	From     string
	Names    []htmlName
	More     string
	Members  []htmlMember
	Problems []string
}

// An htmlMember is one certificate of a chain.
type htmlMember struct{ Subject, Issuer, From, To, Key, Print string }

func htmlChains(r *analyze.Report) []htmlChain {
	var out []htmlChain
	for i := range r.Certificates[:min(len(r.Certificates), maxListed)] {
		u := &r.Certificates[i]
		c := htmlChain{From: "seen on the wire"}
		if u.File != "" {
			c.From = Clean(u.File, maxWord)
		}
		for j, name := range u.Names {
			if j == maxNamesHTML {
				c.More = "and " + number(len(u.Names)-j) + " more"
				break
			}
			c.Names = append(c.Names, htmlName{Name: Clean(name, maxWord), Unicode: unicodeName(name)})
		}
		for _, p := range u.Problems {
			c.Problems = append(c.Problems, cleanWords(p.Says, maxValue))
		}
		c.Members = htmlMembers(u)
		out = append(out, c)
	}
	return out
}

// htmlMembers lists the certificates of a chain; without the chain, its date.
func htmlMembers(u *analyze.CertificateUsed) []htmlMember {
	if u.Chain == nil {
		if u.NotAfter.IsZero() {
			return nil
		}
		return []htmlMember{{To: u.NotAfter.UTC().Format(dateLayout)}}
	}
	var out []htmlMember
	for i, x := range u.Chain.Certs[:min(len(u.Chain.Certs), maxListed)] {
		m := htmlMember{Subject: "cannot be read", Print: hex.EncodeToString(u.Chain.SHA256[i][:])}
		if x != nil {
			m.Subject, m.Issuer = cleanWords(origin.SubjectText(x), maxTitle), cleanWords(origin.IssuerText(x), maxTitle)
			m.From, m.To = x.NotBefore.UTC().Format(dateLayout), x.NotAfter.UTC().Format(dateLayout)
			m.Key = origin.KeyText(x) + ", " + origin.SignatureText(x)
		}
		out = append(out, m)
	}
	return out
}
