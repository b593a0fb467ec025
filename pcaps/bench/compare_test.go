package main

import (
	"fmt"
	"strings"
	"testing"
)

// ndjson is what a sniwatch without a mistake would write. It is put together
// by hand, apart from what reads it.
func ndjson(truth string) string {
	var b strings.Builder
	total := 0
	connection := func(ip, port, server, sni, alerts, how, by, code, handshake string) {
		total++
		fmt.Fprintf(&b, `{"type":"connection","client":{"ip":%q,"port":%s},"server":{"ip":"10.0.0.10","port":%s},`, ip, port, server)
		if sni != "-" {
			fmt.Fprintf(&b, `"client_hello":{"packet":4,"sni":%q},`, sni)
		}
		b.WriteString(`"alerts":[{"from":"client","certainty":"inferred"}`)
		if from, number, ok := strings.Cut(alerts, ":"); ok {
			fmt.Fprintf(&b, `,{"from":%q,"code":%s,"certainty":"observed"}`, from, number)
		}
		fmt.Fprintf(&b, `],"end":{"how":%q`, how)
		if by != "-" {
			fmt.Fprintf(&b, `,"by":%q`, by)
		}
		first, _, _ := strings.Cut(code, "|")
		fmt.Fprintf(&b, `},"handshake":%q,"diagnosis":{"title":"a \"word\" }","code":%q}}`+"\n", handshake, first)
	}
	for line := range strings.Lines(truth) {
		line = strings.TrimSuffix(line, "\n")
		if rest, ok := strings.CutPrefix(line, "# not listed: "); ok {
			var code string
			var n int
			fmt.Sscanf(strings.Replace(rest, "\t", " ", 1), "%s %d", &code, &n)
			for i := range n {
				connection("192.0.2.1", fmt.Sprint(1+i), "443", "-", "-", "open", "-", code, "unknown")
			}
		} else if f := strings.Split(line, "\t"); len(f) == 9 && line[0] != '#' {
			connection(f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], f[8])
		}
	}
	fmt.Fprintf(&b, `{"type":"report","counts":{"connections":%d,"complete":0}}`+"\n", total)
	return b.String()
}

func compareText(t *testing.T, truth, said string) (Differences, error) {
	t.Helper()
	parsed, err := ReadTruth(strings.NewReader(truth))
	if err != nil {
		t.Fatal(err)
	}
	return Compare(parsed, strings.NewReader(said))
}

func TestCompareAgrees(t *testing.T) {
	d, err := compareText(t, sampleTruth, ndjson(sampleTruth))
	if err != nil || d.Total != 0 || d.Connections != 10 {
		t.Errorf("%+v, %v", d, err)
	}
}

// Each case changes one thing in what sniwatch says.
func TestCompareNoticesEveryDifference(t *testing.T) {
	said := ndjson(sampleTruth)
	lines := strings.SplitAfter(said, "\n")
	for _, c := range []struct {
		name, said string
		total      int
		says       string
	}{
		{"SNI", strings.Replace(said, `"sni":"www.`, `"sni":"ww2.`, 1), 1, "130.176.128.0:1024 to port 443: SNI: ww2.example.com, in truth www.example.com"},
		{"no SNI", strings.Replace(said, `"sni":"www.example.com"`, `"sni_state":"absent"`, 1), 1, "SNI: -, in truth www.example.com"},
		{"alert", strings.Replace(said, `"code":40`, `"code":42`, 1), 1, "alerts in clear: server:42, in truth server:40"},
		{"alert of the other side", strings.Replace(said, `"from":"server"`, `"from":"client"`, 1), 1, "client:40"},
		{"how", strings.Replace(said, `"how":"fin"`, `"how":"reset"`, 1), 1, "how it ended: reset, in truth fin"},
		{"by", strings.Replace(said, `"by":"client"`, `"by":"server"`, 1), 1, "who ended it: server, in truth client"},
		{"diagnosis", strings.Replace(said, `"code":"no-shared-cipher"`, `"code":"sni-refused"`, 1), 1, "diagnosis: sni-refused, in truth no-shared-cipher"},
		{"handshake", strings.Replace(said, `"handshake":"refused"`, `"handshake":"failed"`, 1), 1, "handshake: failed, in truth refused"},
		{"two fields", strings.Replace(strings.Replace(said, `"by":"client"`, `"by":"server"`, 1), `"how":"fin"`, `"how":"reset"`, 1), 2, "who ended it"},
		{"missing", strings.Join(lines[1:], ""), 1, "130.176.128.0:1024 to port 443: missing, in truth ok"},
		{"twice", lines[0] + said, 1, "told twice"},
		{"another port of the server", strings.Replace(said, `"ip":"10.0.0.10","port":443`, `"ip":"10.0.0.10","port":444`, 1), 2, "to port 444"},
		{"one counted too few", strings.Join(lines[:2], "") + strings.Join(lines[3:], ""), 1, "port-closed: 2 connections, in truth 3"},
		{"counted with another diagnosis", strings.Replace(said, `"port-closed"`, `"server-silent"`, 1), 2, "server-silent: 1 connections that are not in the truth, such as 192.0.2.1:1 to port 443"},
		{"the report's count", strings.Replace(said, `"connections":10`, `"connections":11`, 1), 1, "the report counts 11 connections, the truth has 10"},
	} {
		d, err := compareText(t, sampleTruth, c.said)
		if err != nil || d.Total != c.total || !strings.Contains(strings.Join(d.First, "\n"), c.says) {
			t.Errorf("%s: %+v, %v; want %d with %q", c.name, d, err, c.total, c.says)
		}
	}
}

func TestEitherOfTwoDiagnosesIsRight(t *testing.T) {
	said := strings.Replace(ndjson(sampleTruth), `"syn-unanswered"`, `"open"`, 2)
	if d, err := compareText(t, sampleTruth, said); err != nil || d.Total != 0 {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestCompareNoticesACutStream(t *testing.T) {
	said := ndjson(sampleTruth)
	for _, cut := range []string{said[:strings.LastIndex(said, `{"type":"report"`)], said[:len(said)-20], ""} {
		if _, err := compareText(t, sampleTruth, cut); err == nil {
			t.Errorf("no error at %d of %d bytes", len(cut), len(said))
		}
	}
}

func TestOnlyTheFirstDifferencesAreShown(t *testing.T) {
	var truth strings.Builder
	for i := range 50 {
		fmt.Fprintf(&truth, "192.0.2.9\t%d\t443\ta\t-\tfin\tclient\tok\tcomplete\n", 1+i)
	}
	d, err := compareText(t, truth.String(), `{"type":"report","counts":{"connections":50}}`)
	if err != nil || d.Total != 50 || len(d.First) != shown || !strings.Contains(d.First[0], "192.0.2.9:1 ") {
		t.Errorf("%+v, %v", d, err)
	}
	if text := d.Text(Capture{Path: "x.pcap"}, Program{Name: "sniwatch"}); !strings.HasPrefix(text, "sniwatch against the truth of x.pcap: 0 connections, differences: 50\n  192.0.2.9:1 ") {
		t.Error(text)
	}
}
