package analyze

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/tlswire"
	"sniwatch/capture"
)

var updateWords = flag.Bool("update", false, "rewrite the files that tests compare with")

// The words of the main cases, to be read: testdata/words/NAME.txt.
var wordTests = []struct {
	name  string
	facts []fact
}{
	{"name-row6", []fact{distribution(edge.Distribution{OriginDomain: theOrigin, ViewerDomains: []string{theSite}}), askedOrigin, serves(theSite), hasFile("fullchain.pem", tlswire.Present), resets}},
	{"name-origin-unknown", []fact{askedOrigin, serves(theSite, "example.com"), resets}},
	{"name-row7-cloudfront-name", []fact{hello(theirs), serves(theSite), resets}},
	{"name-row7-origin-known", []fact{knownOrigin, hello(theirs), serves(theSite), resets}},
	{"name-host-forwarded", []fact{knownOrigin, hello("shop.example.com"), serves(theSite), resets}},
	{"name-tls13", []fact{knownOrigin, askedOrigin, hides(tlswire.Present, theSite), resets}},
	{"name-tls13-other-size", []fact{knownOrigin, askedOrigin, hides(tlswire.Absent, theSite), resets}},
	{"name-wildcard", []fact{hello("a.b.example.com"), serves("*.example.com"), resets}},
	{"name-other-client", []fact{otherClient, askedOrigin, serves(theSite), alert(FromClient, tlswire.Fatal, tlswire.BadCertificate), goes}},
	{"name-hostile", []fact{hello(hostile), serves(theSite), resets}},
	{"name-curl", []fact{otherClient, askedOrigin, serves(theSite), finished, hiddenAlert(FromClient), goes}},
	{"expired", []fact{askedOrigin, serves(theOrigin), expired, resets}},
	{"expired-not-reloaded", []fact{askedOrigin, serves(theOrigin), hasFile("/etc/letsencrypt/live/x/fullchain.pem", tlswire.Absent), newerFile, expired, resets}},
	{"expired-alert-contradicts", []fact{otherClient, askedOrigin, serves(theOrigin), expired, alert(FromClient, tlswire.Fatal, tlswire.UnknownCA), goes}},
	{"not-yet-valid", []fact{askedOrigin, serves(theOrigin), tooSoon, resets}},
	{"self-signed", []fact{askedOrigin, serves("ip-10-0-0-10"), selfish, resets}},
	{"untrusted-issuer", []fact{askedOrigin, serves(theOrigin), private, resets}},
	{"intermediate-missing", []fact{askedOrigin, serves(theOrigin), hasFile("/etc/letsencrypt/live/x/cert.pem", tlswire.Present), lacking, resets}},
	{"intermediate-expired", []fact{askedOrigin, serves(theOrigin), oldLink, resets}},
	{"unusable", []fact{askedOrigin, serves(theOrigin), useless, resets}},
	{"rejected-unknown", []fact{askedOrigin, flight13, resets}},
	{"rejected-no-fault", []fact{askedOrigin, hides(tlswire.Unseen, theOrigin), resets}},
	{"sni-refused-cloudfront-name", []fact{hello(theirs), sslFatal(tlswire.UnrecognizedName), serverGoes}},
	{"sni-refused-80", []fact{askedOrigin, sslFatal(tlswire.InternalError), serverGoes}},
	{"no-shared-cipher", []fact{askedOrigin, sslFatal(tlswire.HandshakeFailure), serverGoes}},
	{"no-shared-group", ruleTests[11].fires},
	{"no-shared-version", []fact{askedOrigin, sslFatal(tlswire.ProtocolVersion), serverGoes}},
	{"no-shared-alpn", []fact{askedOrigin, sslFatal(tlswire.NoApplicationProtocol), serverGoes}},
	{"client-certificate-required", ruleTests[14].fires},
	{"not-tls", ruleTests[15].fires},
	{"port-closed", ruleTests[16].fires},
	{"syn-unanswered", ruleTests[17].fires},
	{"synack-unanswered", ruleTests[18].fires},
	{"server-silent", ruleTests[19].fires},
	{"server-flight-lost", ruleTests[20].fires},
	{"server-closed", ruleTests[21].fires},
	{"client-left-early", ruleTests[22].fires},
	{"client-silent", ruleTests[23].fires},
	{"client-not-tls", ruleTests[24].fires},
	{"ok", ruleTests[25].fires},
	{"ok-resumed", ruleTests[26].fires},
	{"completed-abandoned", ruleTests[27].fires},
	{"open", ruleTests[28].fires},
	{"incomplete-capture", ruleTests[29].fires},
	{"port-closed-icmp", []fact{set(noTLS), icmp(3, 3, theServer)}},
	{"syn-prohibited", []fact{set(noTLS), icmp(3, 10, theServer)}},
	{"syn-prohibited-by-router", []fact{set(noTLS), icmp(1, 1, "2001:db8::1")}},
	{"syn-no-way", []fact{otherClient, set(noTLS), icmp(1, 0, "2001:db8::1")}},
	{"syn-answered-by-ack", []fact{otherClient, set(noTLS), set(func(c *Connection) { c.FromServer.Segments = 1 }), ended(Reset, FromClient, 0)}},
	{"server-silent-unacknowledged", []fact{askedOrigin, set(func(c *Connection) { c.FromClient.Acked = 0 }), ended(Reset, FromClient, 10*time.Second)}},
	{"server-silent-late", []fact{askedOrigin, set(func(c *Connection) { c.FromClient.Bytes = 200 }), ended(Closed, FromClient, 13*time.Second), lateFlight}},
	{"server-closed-no-name", []fact{hello(""), sslFatal(tlswire.UnrecognizedName), serverGoes}},
	{"server-closed-old-version", []fact{otherClient, hello(""), offersOld, sslFatal(tlswire.InternalError), serverGoes}},
	{"server-closed-hidden-alert", []fact{otherClient, askedOrigin, flight13, hiddenAlert(FromServer), serverGoes}},
	{"client-certificate-required-hidden", []fact{askedOrigin, flight13, answers(25, 53), hiddenAlert(FromServer), serverGoes}},
	{"not-tls-smtp", []fact{otherClient, onPort(465), hello(""), speaks(FromServer, "an SMTP greeting"), set(func(c *Connection) { c.FromServer.NotTLSPacket = 3 }), serverGoes}},
	{"not-tls-ssl2", []fact{otherClient, hello(""), speaks(FromServer, tlswire.SSL2Server), serverGoes}},
	{"unusable-unreadable", []fact{otherClient, askedOrigin, serves(theSite), unreadable, resets}},
	{"intermediate-missing-nameless", []fact{askedOrigin, serves(theOrigin), problem(origin.Problem{Kind: origin.IntermediateMissing}), resets}},
}

// newerFile lets the file on the host be valid for longer than what was sent.
func newerFile(c *Connection, _ *Knowledge) {
	c.Local.Certificate = &origin.Certificate{File: c.Local.Certificate.File, Chain: chainUntil(testStart.AddDate(0, 3, 0), theOrigin)}
}

// lateFlight is a flight that came when the client had left.
func lateFlight(c *Connection, k *Knowledge) {
	flight(c, k)
	c.ServerHello.Time, c.ServerHello.Packet = c.End.Time+capture.Timestamp(5*time.Second), 9
	c.FromServer.Acked = 0
}

func TestWords(t *testing.T) {
	for _, tt := range wordTests {
		t.Run(tt.name, func(t *testing.T) {
			c, k := given(tt.facts...)
			got := spoken(diagnose(t, c, k))
			golden := filepath.Join("testdata", "words", tt.name+".txt")
			if *updateWords {
				if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// spoken lays a diagnosis out for reading, one sentence after the other.
func spoken(d Diagnosis) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  [%s, %s]\n\n", d.Title, d.Code, d.Certainty)
	for _, e := range d.Evidence {
		where := e.File
		if e.Packet > 0 {
			where = fmt.Sprintf("packet %d", e.Packet)
		}
		fmt.Fprintf(&b, "  %s: %q (%s)", e.Label, e.Value, where)
		if e.Note != "" {
			fmt.Fprintf(&b, " - %q", e.Note)
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "\n%q\n", d.Explanation)
	for i, f := range d.Fixes {
		fmt.Fprintf(&b, "\n%d. %s\n", i+1, f.Says)
		if f.Command != "" {
			fmt.Fprintf(&b, "     %s\n", f.Command)
		}
	}
	if d.ArticleRow != 0 {
		fmt.Fprintf(&b, "\nrow %d\n", d.ArticleRow)
	}
	if len(d.Also) > 0 {
		fmt.Fprintf(&b, "\nalso: %v\n", d.Also)
	}
	return strings.ReplaceAll(strings.ReplaceAll(b.String(), `\n`, "\n"), `\"`, `"`)
}

func TestNameInSentence(t *testing.T) {
	long := strings.Repeat("é", 80)
	for in, want := range map[string]string{
		"www.example.com":  "www.example.com",
		"*.example.com":    "*.example.com",
		"a b":              `"a b"`,
		"x\nroot":          `"x\nroot"`,
		"":                 `""`,
		long:               `"` + strings.Repeat("é", 50) + `…"`,
		"-n.example.com":   `"-n.example.com"`,
		"a..example.com":   `"a..example.com"`,
		"$(id).example.co": `"$(id).example.co"`,
	} {
		if got := name(in); got != want {
			t.Errorf("name(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0.0 ms", 1100 * time.Microsecond: "1.1 ms", 14300 * time.Millisecond: "14.3 s", 45 * time.Millisecond: "45 ms",
		3 * time.Minute: "3 minutes", 30 * time.Hour: "30 hours", 6 * 24 * time.Hour: "6 days",
	} {
		if got := span(d); got != want {
			t.Errorf("span(%v) = %q, want %q", d, got, want)
		}
	}
}

func BenchmarkDiagnose(b *testing.B) {
	for _, tt := range []struct {
		name  string
		facts []fact
	}{{"ok", ruleTests[25].fires}, {"name-not-covered", ruleTests[6].fires}} {
		b.Run(tt.name, func(b *testing.B) {
			c, k := given(tt.facts...)
			b.ReportAllocs()
			for b.Loop() {
				outcome(c, k)
				Diagnose(c, k)
			}
		})
	}
}
