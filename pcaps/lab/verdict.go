//go:build linux

package main

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// A connection is what sniwatch writes about one, as far as the lab compares it
// (docs/schema.md). The lab reads it for itself.
type connection struct {
	Start  string `json:"start"`
	Client struct {
		IP   netip.Addr `json:"ip"`
		Port uint16     `json:"port"`
	} `json:"client"`
	Handshake string `json:"handshake"`
	History   string `json:"history"`
	Hello     struct {
		Version struct{ Code uint16 }
	} `json:"server_hello"`
	End struct {
		How, By, Stage string
	} `json:"end"`
	Diagnosis struct {
		Code       string `json:"code"`
		Certainty  string `json:"certainty"`
		ArticleRow int    `json:"article_row"`
	} `json:"diagnosis"`
}

// An observation is what sniwatch wrote about one scenario.
type observation struct {
	connections []connection
	codes       []string // of the report's findings and warnings
	lost        int      // packets that the kernel dropped
}

// readObservation reads ndjson.
func readObservation(text []byte) (o observation, err error) {
	for line := range bytes.Lines(text) {
		var kind struct{ Type string }
		if err := json.Unmarshal(line, &kind); err != nil {
			return o, err
		}
		if kind.Type == "connection" {
			var c connection
			if err := json.Unmarshal(line, &c); err != nil {
				return o, err
			}
			o.connections = append(o.connections, c)
			continue
		}
		var report struct {
			Findings, Warnings []struct{ Code string }
			Unanalysed         map[string]int
		}
		if err := json.Unmarshal(line, &report); err != nil {
			return o, err
		}
		for _, f := range append(report.Findings, report.Warnings...) {
			o.codes = append(o.codes, f.Code)
		}
		o.lost = report.Unanalysed["packets_dropped_by_kernel"]
	}
	slices.SortFunc(o.connections, func(a, b connection) int { return strings.Compare(a.key(), b.key()) })
	return o, nil
}

func (c connection) client() netip.AddrPort { return netip.AddrPortFrom(c.Client.IP, c.Client.Port) }

// key is the same for a connection live and in the capture.
func (c connection) key() string { return fmt.Sprint(c.client(), " ", c.Start) }

// says is all of an opinion, in one line.
func (c connection) says() string { return c.opinion() + ", " + c.end() }

// end is how the connection ended, and its story.
func (c connection) end() string {
	return c.End.How + " by " + c.End.By + " " + c.End.Stage + ", " + c.History
}

// opinion is what became of it, and why.
func (c connection) opinion() string {
	words := []string{c.Diagnosis.Code, "handshake " + c.Handshake}
	if c.Hello.Version.Code != 0 {
		words = append(words, tls.VersionName(c.Hello.Version.Code))
	}
	if c.Diagnosis.ArticleRow > 0 {
		words = append(words, fmt.Sprintf("row %d", c.Diagnosis.ArticleRow))
	}
	return strings.Join(append(words, c.Diagnosis.Certainty), ", ")
}

// A verdict is how far the four agree: the empty lists mean that they do.
type verdict struct {
	live, offline, log, between []string // what disagrees, in words
}

func (v verdict) agree() bool {
	return len(v.live)+len(v.offline)+len(v.log)+len(v.between) == 0
}

// judge compares the truth with what sniwatch saw live, with what it reads from
// the capture, and with the log.
func judge(c scenario, all []played, a account, remarks []remark) verdict {
	return verdict{
		live:    against(c, all, a.live),
		offline: against(c, all, a.offline),
		log:     againstLog(all, remarks),
		between: compare(a.live, a.offline),
	}
}

// against finds for each connection that was played the one that was seen.
func against(c scenario, all []played, o observation) []string {
	var wrong []string
	left := slices.Clone(o.connections)
	// Those whose port is known choose first.
	for _, known := range []bool{true, false} {
		for _, p := range all {
			if known != (p.client.Port() != 0) {
				continue
			}
			isIt := func(c connection) bool {
				return c.Client.IP == p.client.Addr() && (!known || c.Client.Port == p.client.Port())
			}
			i := slices.IndexFunc(left, isIt)
			if !known { // several may be from there: the one of which it is true, if there is one
				if right := slices.IndexFunc(left, func(c connection) bool { return isIt(c) && fits(c, p.want) }); right >= 0 {
					i = right
				}
			}
			if i < 0 {
				wrong = append(wrong, fmt.Sprintf("%v: not seen, the truth is %v", p.client, p.want))
				continue
			}
			if !fits(left[i], p.want) {
				wrong = append(wrong, fmt.Sprintf("%v: %s; the truth is %s", left[i].client(), left[i].says(), p.want.whole()))
			}
			left = slices.Delete(left, i, i+1)
		}
	}
	for _, more := range left {
		wrong = append(wrong, fmt.Sprintf("%v: nobody made it: %s", more.client(), more.says()))
	}
	for _, code := range c.report {
		if !slices.Contains(o.codes, code) {
			wrong = append(wrong, fmt.Sprintf("the report lacks %s: it has %s", code, strings.Join(o.codes, ", ")))
		}
	}
	if o.lost > 0 {
		wrong = append(wrong, fmt.Sprintf("the kernel dropped %d packets", o.lost))
	}
	return wrong
}

// fits tells whether an opinion is the truth. Of a healthy connection the truth
// may leave the row open: a certificate can have more names than the table.
func fits(c connection, t truth) bool {
	code := t.code
	if t.visible != "" {
		code = t.visible
	}
	return c.Diagnosis.Code == code && c.Handshake == t.handshake &&
		(c.Diagnosis.ArticleRow == t.row || t.row == 0 && t.good()) &&
		(t.version == 0 || c.Hello.Version.Code == t.version) && hasAll(c.History, t.shows)
}

func hasAll(history, letters string) bool {
	for _, l := range letters {
		if !strings.ContainsRune(history, l) {
			return false
		}
	}
	return true
}

// againstLog compares how often each class should be in the log, and is.
func againstLog(all []played, remarks []remark) []string {
	want, have := map[string]int{}, map[string]int{}
	for _, p := range all {
		if p.want.log != "" {
			want[p.want.log]++
		}
	}
	for _, r := range remarks {
		have[r.class]++
	}
	var wrong []string
	for class, n := range want {
		if have[class] != n {
			wrong = append(wrong, fmt.Sprintf("the log says %q %d times, and should %d times", class, have[class], n))
		}
	}
	for _, r := range remarks {
		if want[r.class] == 0 {
			wrong = append(wrong, fmt.Sprintf("unexpected %q: %s", r.class, r.line))
		}
	}
	slices.Sort(wrong)
	return wrong
}

// compare finds where the live view differs from the one of the capture.
func compare(live, offline observation) []string {
	var wrong []string
	for i := range min(len(live.connections), len(offline.connections)) {
		a, b := live.connections[i], offline.connections[i]
		if a.client() == b.client() && a.says() != b.says() {
			wrong = append(wrong, fmt.Sprintf("%v: live %s; offline %s", a.client(), a.says(), b.says()))
		}
	}
	if len(live.connections) != len(offline.connections) {
		wrong = append(wrong, fmt.Sprintf("%d connections live, %d offline", len(live.connections), len(offline.connections)))
	}
	return wrong
}
