package report

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"sniwatch/analyze"
	"sniwatch/analyze/origin/logs"
)

// logLine is the article's.
const logLine = "2024/01/16 03:41:18 [info] 812#812: *27 peer closed connection in SSL handshake (104: Connection reset by peer) " +
	"while SSL handshaking, client: 130.176.135.149, server: 0.0.0.0:443"

// explanation is one with all its parts; text stands for what is untrusted.
func explanation(text string) *analyze.Explanation {
	from, to := day("2024-01-16"), day("2024-01-16").Add(90*60e9)
	client := netip.MustParseAddr("130.176.135.149")
	cause := analyze.LogFinding{
		Diagnosis: analyze.Diagnosis{Code: analyze.NameNotCovered, Certainty: analyze.Likely, Title: "CloudFront refused your certificate: it has no name that CloudFront accepts",
			Explanation: "It accepts two names, and " + text + " is neither.\n\nThe line alone does not prove it.", ArticleRow: 6, Also: []analyze.Code{analyze.CertificateUnusable},
			Evidence: []analyze.Evidence{{Label: "CloudFront asked for", Value: text, Note: "as the log has it"}},
			Fixes:    []analyze.Fix{{Says: "Put the origin domain into the certificate.", Command: "sudo certbot --nginx -d origin.example.com"}, {Says: "Or forward Host."}}},
		Class: logs.PeerReset, Means: "The client reset the connection.", NeedsCapture: true, CloudFront: true, Lines: 8, First: from, Last: to,
		Networks: []analyze.LogNetwork{{Prefix: netip.MustParsePrefix("130.176.128.0/21"), Lines: 8}}, Clients: 5, Addresses: []netip.Addr{client}, Names: []string{text},
		Next:    []analyze.Fix{{Says: "To be sure, watch:", Command: "sudo sniwatch -i any"}},
		Example: logs.Entry{File: text, Line: 3, Text: logLine + text, Program: logs.Nginx, Client: netip.AddrPortFrom(client, 41822), ServerName: text, HasServerName: true, Alert: -1},
	}
	again := cause
	again.Class, again.Lines = logs.PeerClosed, 1
	harmless := cause
	harmless.Diagnosis = analyze.Diagnosis{Code: analyze.ClientLeftEarly, Certainty: analyze.Proven, Title: "Connections that were opened and not used", Harmless: true, Explanation: "Nothing was refused."}
	harmless.Class, harmless.Next, harmless.Lines = logs.ClosedBeforeHello, nil, 2
	other := analyze.LogFinding{Diagnosis: analyze.Diagnosis{Title: "x", Harmless: true}, Class: logs.HandshakeFailureOther, Means: "The handshake failed.", Lines: 4, Clients: 2, MoreClients: true,
		Addresses: []netip.Addr{client}, Example: logs.Entry{File: text, Line: 1234, Text: text, ErrorCode: text, Alert: -1}}
	alert := other
	alert.Class, alert.Means, alert.Clients, alert.Example.Alert, alert.Example.AlertFrom = logs.AlertReceived, "The client ended the handshake with a TLS alert.", 0, 42, logs.FromClient
	return &analyze.Explanation{Version: "1", Zone: "Asia/Tokyo", First: from, Last: to,
		Logs:   []analyze.LogRead{{Name: text, Programs: []logs.Program{logs.Nginx}, Counts: logs.Counts{Lines: 99, Entries: 19, Upstream: 1, Undecodable: 2, Cut: 3, Torn: 4}, Broken: "it " + text}},
		Counts: logs.Counts{Lines: 99, Entries: 19}, Findings: []analyze.LogFinding{cause, again, harmless, other, alert},
		Ranges: analyze.RangesUsed{Source: "embedded", Created: day("2023-08-22"), AgeDays: 100}, Certificates: []analyze.CertificateUsed{{File: text, Names: []string{text}, NotAfter: to}},
		Roots: "Mozilla, 2026-10-30", Warnings: []analyze.Warning{{Code: analyze.RangesOld, Title: "old"}, {Code: analyze.NoCloudFrontTraffic, Title: "none " + text, Says: text}},
		Hints: []analyze.Fix{{Says: "Set the level.", Command: "error_log x info;"}},
		Notes: []analyze.Note{{At: text + ":3", Says: text + " cannot be read: permission denied", Hint: "run sniwatch as root"}}}
}

func explanationText(t *testing.T, e *analyze.Explanation, width int) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteExplanation(&b, e, CheckOptions{Width: width}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestExplanationGolden(t *testing.T) {
	golden(t, "explain-80.txt", explanationText(t, explanation("origin.example.com"), 80))
	nothing := &analyze.Explanation{Counts: logs.Counts{Lines: 2}, Logs: []analyze.LogRead{{Name: "-", Counts: logs.Counts{Lines: 2}}}, Zone: "Local",
		Hints: []analyze.Fix{{Says: "Set the level.", Command: "error_log x info;"}}}
	golden(t, "explain-nothing.txt", explanationText(t, nothing, 80))
	var b bytes.Buffer
	if err := WriteExplanationMarkdown(&b, explanation("origin.example.com")); err != nil {
		t.Fatal(err)
	}
	golden(t, "explain.md", b.String())
}

// Text of logs is anybody's: at any width it steers nothing and breaks nothing.
func TestExplanationIsClean(t *testing.T) {
	for _, text := range []string{"\x1b[2J\x07", "\xff\xfe\u0085", "`|<b>[x](http://x)", strings.Repeat("a", 3000), strings.Repeat("\u202e", 300), "a\nb\r"} {
		for _, width := range []int{40, 80, 120} {
			checkLines(t, explanationText(t, explanation(text), width), width)
		}
		var md bytes.Buffer
		if err := WriteExplanationMarkdown(&md, explanation(text)); err != nil {
			t.Fatal(err)
		}
		checkLines(t, md.String(), 1<<20)
		if strings.Contains(md.String(), "<b>") || strings.Contains(md.String(), "](http") {
			t.Errorf("%q is Markdown that means something", text)
		}
	}
}

func TestExplanationJSON(t *testing.T) {
	var b bytes.Buffer
	if err := WriteExplanationJSON(&b, explanation("o.example.com")); err != nil {
		t.Fatal(err)
	}
	var o map[string]any
	if err := json.Unmarshal(b.Bytes(), &o); err != nil || strings.Count(b.String(), "\n") != 1 {
		t.Fatalf("%v: %s", err, b.String())
	}
	for _, want := range []string{`"type":"explanation"`, `"class":"peer-reset"`, `"code":"name-not-covered"`, `"certainty":"likely"`, `"article_row":6`,
		`"networks":[{"prefix":"130.176.128.0/21","lines":8}]`, `"client":"130.176.135.149:41822"`, `"sni":"o.example.com"`, `"alert":42`, `"undecodable":2`,
		`"first":"2024-01-16T00:00:00Z"`, `"candidates":[]`, `"next":["To be sure, watch:\nsudo sniwatch -i any"]`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s is not in %s", want, b.String())
		}
	}
}
