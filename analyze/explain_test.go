package analyze

import (
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/origin/logs"
)

// explainNow is when the logs of these tests are explained: a day after they
// were written, while the sample certificates are valid.
var explainNow = time.Date(2024, 1, 17, 0, 0, 0, 0, time.UTC)

// explained gives what is said of a log.
func explained(t *testing.T, log string, d edge.Distribution, certs ...string) *Explanation {
	t.Helper()
	o := ExplainOptions{Now: explainNow, Zone: time.UTC, Ranges: edge.Embedded(), Distribution: d}
	var files []*origin.Certificate
	for _, name := range certs {
		c, err := origin.Load("../pcaps/certs/" + name + ".pem")
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, c)
	}
	var err error
	if o.Roots, err = origin.LoadRoots("../pcaps/certs/root.pem"); err != nil {
		t.Fatal(err)
	}
	o.Certificates = origin.NewStore(files...)
	x := NewExplainer(o)
	x.Begin("error.log")
	r := logs.NewReader("error.log", strings.NewReader(log), logs.Options{Now: explainNow})
	for {
		var e logs.Entry
		if err := r.Next(&e); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		x.Entry(&e)
	}
	x.End(r.Counts(), "")
	return x.Finish()
}

// articleLines are eight lines like those of the article: five addresses of
// CloudFront, reset in the middle of the handshake.
func articleLines() string {
	var b strings.Builder
	for i, client := range []string{"130.176.135.149", "130.176.135.84", "130.176.135.149", "130.176.135.150", "64.252.114.216", "130.176.135.149", "64.252.114.201", "130.176.135.84"} {
		fmt.Fprintf(&b, "2024/01/16 03:41:%02d [info] 812#812: *%d peer closed connection in SSL handshake (104: Connection reset by peer) while SSL handshaking, client: %s, server: 0.0.0.0:443\n",
			10+4*i, 21+3*i, client)
	}
	return b.String()
}

const debugName = "2024/01/16 03:41:09 [debug] 812#812: *21 SSL server name: \"%s\"\n"

func firstLine(log string) string { return log[:strings.IndexByte(log, '\n')+1] }

func TestExplainTheArticle(t *testing.T) {
	all := articleLines()
	one := firstLine(all)
	withOrigin := edge.Distribution{OriginDomain: "origin.example.com"}
	for _, c := range []struct {
		name      string
		log       string
		d         edge.Distribution
		certs     []string
		code      Code
		certainty Certainty
		row       int
		says      []string // in the title, the explanation, the fixes or what comes next
	}{
		{"nothing known", all, edge.Distribution{}, nil, CertificateRejected, Likely, 0,
			[]string{"most likely refused", "does not prove it", "sniwatch explain error.log --cert fullchain.pem --origin-domain NAME", "sudo sniwatch -i any --cert fullchain.pem"}},
		{"certificate alone", all, edge.Distribution{}, []string{"www"}, CertificateRejected, Likely, 0, []string{"probably for its names", "--origin-domain NAME"}},
		{"name", all, withOrigin, []string{"www"}, NameNotCovered, Likely, 0,
			[]string{"-d www.example.com -d origin.example.com", "Or forward Host", "AllViewer", "does not prove it"}},
		{"name, Host not forwarded", all, edge.Distribution{OriginDomain: "origin.example.com", ForwardHost: edge.No}, []string{"www"}, NameNotCovered, Likely, 6,
			[]string{"-d www.example.com -d origin.example.com", "Or forward Host"}},
		{"name of a debug line", fmt.Sprintf(debugName, "origin.example.com") + one, withOrigin, []string{"www"}, NameNotCovered, Likely, 6, []string{"does not forward Host"}},
		{"own name of CloudFront", fmt.Sprintf(debugName, "d111111abcdef8.cloudfront.net") + one, withOrigin, []string{"www"}, NameNotCovered, Likely, 7, []string{"stop forwarding Host"}},
		{"a hostile name", fmt.Sprintf(debugName, "$(reboot);\x1b[2J") + one, edge.Distribution{}, []string{"www"}, NameNotCovered, Likely, 0, nil},
		{"right name, no fault", all, withOrigin, []string{"origin"}, CertificateRejected, Possible, 0, []string{"shows no fault", "another certificate than the file"}},
		{"expired", all, withOrigin, []string{"origin-expired"}, CertificateExpired, Likely, 0, []string{"certbot renew"}},
		{"self-signed", all, withOrigin, []string{"origin-self-signed"}, CertificateSelfSigned, Likely, 0, []string{"publicly trusted"}},
		{"no intermediate", all, withOrigin, []string{"origin-nochain"}, IntermediateMissing, Likely, 0, []string{"fullchain.pem instead of cert.pem"}},
		{"expired and wrong name", all, withOrigin, []string{"www-expired"}, CertificateExpired, Likely, 0, nil},
		{"the right one of two by the name", fmt.Sprintf(debugName, "www.example.com") + one, withOrigin, []string{"origin-expired", "www"}, CertificateRejected, Possible, 0, nil},
		{"two, and no name", all, withOrigin, []string{"www", "origin"}, NameNotCovered, Possible, 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := explained(t, c.log, c.d, c.certs...)
			if len(e.Findings) != 1 || !e.Fails() {
				t.Fatalf("findings %+v", e.Findings)
			}
			f := e.Findings[0]
			if f.Code != c.code || f.Certainty != c.certainty || f.ArticleRow != c.row || !f.CloudFront || !f.NeedsCapture {
				t.Errorf("%s, %s, row %d; want %s, %s, %d", f.Code, f.Certainty, f.ArticleRow, c.code, c.certainty, c.row)
			}
			text := f.Title + f.Explanation
			for _, fix := range append(f.Fixes, f.Next...) {
				text += "\n" + fix.Says + "\n" + fix.Command
				if strings.Contains(fix.Command, "$") {
					t.Errorf("the command %q has what a client wrote", fix.Command)
				}
			}
			for _, says := range c.says {
				if !strings.Contains(text, says) {
					t.Errorf("%q is not said:\n%s", says, text)
				}
			}
		})
	}
}

// CloudFront was seen to reset: a line of a connection that was closed says less.
func TestExplainClosed(t *testing.T) {
	closed := strings.ReplaceAll(articleLines(), " (104: Connection reset by peer)", "")
	for _, certs := range [][]string{nil, {"www"}} {
		f := explained(t, closed, edge.Distribution{OriginDomain: "origin.example.com"}, certs...).Findings[0]
		if f.Class != logs.PeerClosed || f.Certainty != Possible || !strings.HasPrefix(f.Title, "CloudFront may have refused your certificate") {
			t.Errorf("%s %s: %s", f.Class, f.Certainty, f.Title)
		}
	}
}

func TestExplainCounts(t *testing.T) {
	e := explained(t, articleLines(), edge.Distribution{})
	f := e.Findings[0]
	if f.Lines != 8 || f.Clients != 5 || len(f.Networks) != 2 || f.Networks[0].Lines != 6 || f.Networks[0].Prefix != netip.MustParsePrefix("130.176.128.0/21") {
		t.Errorf("%d lines, %d clients, %v", f.Lines, f.Clients, f.Networks)
	}
	if !f.First.Equal(time.Date(2024, 1, 16, 3, 41, 10, 0, time.UTC)) || !f.Last.Equal(time.Date(2024, 1, 16, 3, 41, 38, 0, time.UTC)) || f.Example.Line != 1 {
		t.Errorf("%v to %v, line %d", f.First, f.Last, f.Example.Line)
	}
}

// A certificate that was made after the lines cannot be what was served then.
func TestExplainWithANewerCertificate(t *testing.T) {
	old := strings.ReplaceAll(articleLines(), "2024/01/16", "2019/01/16")
	e := explained(t, old, edge.Distribution{OriginDomain: "origin.example.com"}, "www")
	if f := e.Findings[0]; f.Code != CertificateRejected || f.Certainty != Possible || !strings.Contains(f.Explanation, "newer than these lines") {
		t.Errorf("%s %s: %s", f.Code, f.Certainty, f.Explanation)
	}
}

// Every class has something to say, and no diagnosis that its table does not name.
func TestExplainEveryClass(t *testing.T) {
	for _, m := range logs.Classes {
		for _, alert := range []int{-1, 42, 45, 48, 70, 40, 20, 200} {
			for _, certs := range [][]string{nil, {"www"}, {"origin-p521"}} {
				x := NewExplainer(ExplainOptions{Now: explainNow, Zone: time.UTC, Ranges: edge.Embedded(), Certificates: storeOf(t, certs...), Roots: origin.MozillaRoots()})
				x.Begin("error.log")
				entry := logs.Entry{Class: m.Class, Alert: alert, Client: netip.MustParseAddrPort("130.176.135.149:0"), Program: logs.Nginx}
				if alert >= 0 {
					entry.AlertFrom = logs.FromClient
				}
				x.Entry(&entry)
				x.End(logs.Counts{Entries: 1, Lines: 1}, "")
				f := x.Finish().Findings[0]
				if f.Title == "" || f.Explanation == "" || f.Certainty == "" || !slices.Contains(f.Candidates, f.Code) {
					t.Errorf("%s, alert %d, %v: %q %s %s is none of %v", m.Class, alert, certs, f.Title, f.Code, f.Certainty, f.Candidates)
				}
				if f.NeedsCapture != (len(f.Next) > 0) || f.NeedsCapture && f.Certainty == Proven {
					t.Errorf("%s: %s, and a capture is needed: %t, next %v", m.Class, f.Certainty, f.NeedsCapture, f.Next)
				}
			}
		}
	}
}

func storeOf(t *testing.T, certs ...string) *origin.Store {
	t.Helper()
	var files []*origin.Certificate
	for _, name := range certs {
		c, err := origin.Load("../pcaps/certs/" + name + ".pem")
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, c)
	}
	return origin.NewStore(files...)
}

// What scanners do is told, and is no failure.
func TestExplainOthers(t *testing.T) {
	e := explained(t, strings.ReplaceAll(strings.ReplaceAll(articleLines(), "130.176.135", "192.0.2"), "64.252.114", "198.51.100"), edge.Distribution{})
	if f := e.Findings[0]; f.CloudFront || f.Code != "" || f.Failure() || e.Fails() || f.Lines != 8 {
		t.Errorf("%+v", f)
	}
	if len(e.Warnings) == 0 || e.Warnings[0].Code != NoCloudFrontTraffic {
		t.Errorf("warnings %+v", e.Warnings)
	}
}

func TestExplainNothing(t *testing.T) {
	e := explained(t, "2024/01/16 03:41:10 [notice] 1#1: start worker processes\n", edge.Distribution{})
	if len(e.Findings) != 0 || len(e.Warnings) != 0 || len(e.Hints) == 0 || !strings.Contains(e.Hints[0].Command, "info;") {
		t.Errorf("%+v", e)
	}
}

// A log of a scan: any number of names, reasons and addresses are a bounded
// number of groups, and no line is lost.
func TestExplainIsBounded(t *testing.T) {
	x := NewExplainer(ExplainOptions{Now: explainNow, Zone: time.UTC, Ranges: edge.Embedded(), Certificates: storeOf(t, "www"), Roots: origin.MozillaRoots()})
	x.Begin("error.log")
	const lines = 20_000
	for i := range lines {
		client := netip.AddrFrom4([4]byte{130, 176, byte(128 + i>>8&7), byte(i)})
		if i%2 == 0 {
			client = netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		}
		x.Entry(&logs.Entry{Class: []logs.Class{logs.HandshakeFailureOther, logs.SNIRejected}[i/2%2], Alert: -1, Client: netip.AddrPortFrom(client, 0),
			ServerName: fmt.Sprintf("n%d.example.com", i), HasServerName: true, ErrorCode: fmt.Sprintf("reason %d", i)})
	}
	x.End(logs.Counts{Entries: lines}, "")
	e := x.Finish()
	n := 0
	for i := range e.Findings {
		f := &e.Findings[i]
		n += f.Lines
		if len(f.Names) > maxLogNames || len(f.Addresses) > maxLogAddresses || f.Clients > maxLogClients {
			t.Errorf("%+v", f)
		}
	}
	if n != lines || len(e.Findings) > maxLogGroups+8 {
		t.Errorf("%d findings with %d lines", len(e.Findings), n)
	}
}
