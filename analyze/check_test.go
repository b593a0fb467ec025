package analyze

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
)

// checkDay is the day for which the certificates of these tests are judged.
var checkDay = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// checkRoot signs the certificates of these tests.
type checkRoot struct {
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
	roots *origin.Roots
}

func newCheckRoot(t *testing.T) *checkRoot {
	t.Helper()
	r := &checkRoot{}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Root"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: checkDay.AddDate(-1, 0, 0), NotAfter: checkDay.AddDate(1, 0, 0)}
	r.cert, r.key = template, nil
	r.cert, r.key = r.sign(t, template)
	r.roots = origin.NewRoots("root.pem", r.cert)
	return r
}

func (r *checkRoot) sign(t *testing.T, template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer := r.key
	if signer == nil {
		signer = key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, r.cert, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

// leaf makes a certificate that is valid for some days from checkDay on.
func (r *checkRoot) leaf(t *testing.T, days int, names ...string) []byte {
	t.Helper()
	cert, _ := r.sign(t, &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: names,
		NotBefore: checkDay.AddDate(0, -2, 0), NotAfter: checkDay.AddDate(0, 0, days)})
	return cert.Raw
}

// question is about the article's names, Host not forwarded.
func (r *checkRoot) question(files ...[]byte) *CheckQuestion {
	q := &CheckQuestion{Roots: r.roots, At: checkDay, Server: "localhost:443", Question: edge.Question{
		OriginDomains: []string{"origin.example.com"}, ViewerDomains: []string{"www.example.com"}, ForwardHost: edge.No}}
	for _, der := range files {
		q.Files = append(q.Files, &origin.Certificate{File: "/etc/own.pem", Chain: origin.ParseChain([][]byte{der})})
	}
	return q
}

// completed is the answer of a server that takes every offer; the newer one in
// TLS 1.3.
func completed(der ...[]byte) func(string, edge.Offer) (*edge.Answer, error) {
	return func(sni string, o edge.Offer) (*edge.Answer, error) {
		return &edge.Answer{SNI: sni, Outcome: edge.Completed, Version: o.MaxVersion, Certificates: der}, nil
	}
}

// byOffer answers the newer offer in one way and the older in another.
func byOffer(newer, older edge.Answer) func(string, edge.Offer) (*edge.Answer, error) {
	return func(sni string, o edge.Offer) (*edge.Answer, error) {
		a := older
		if o.MaxVersion == tls.VersionTLS13 {
			a = newer
		}
		a.SNI = sni
		return &a, nil
	}
}

func (c *Check) codes() (problems, warnings []Code) {
	for _, r := range c.Rows {
		for _, p := range r.Problems {
			problems = append(problems, p.Code)
		}
	}
	for _, w := range c.Warnings {
		warnings = append(warnings, w.Code)
	}
	return problems, warnings
}

// TestAskOutcomes: what the server answers, and what viewers get for it.
func TestAskOutcomes(t *testing.T) {
	r := newCheckRoot(t)
	good := r.leaf(t, 60, "origin.example.com")
	alert := func(n uint8) edge.Answer { return edge.Answer{Outcome: edge.AlertReceived, Alert: tls.AlertError(n)} }
	for _, tt := range []struct {
		name       string
		answer     edge.Answer
		code       Code // "": none
		status     int
		handshakes int
	}{
		{"completed", edge.Answer{Outcome: edge.Completed, Version: tls.VersionTLS13, Certificates: [][]byte{good}}, "", 200, 2},
		{"no certificate at all", edge.Answer{Outcome: edge.Completed, Version: tls.VersionTLS13}, CertificateUnusable, 502, 2},
		{"certificate is no certificate", edge.Answer{Outcome: edge.Completed, Version: tls.VersionTLS13, Certificates: [][]byte{{0}}}, CertificateUnusable, 502, 2},
		{"wrong name", edge.Answer{Outcome: edge.Completed, Version: tls.VersionTLS13, Certificates: [][]byte{r.leaf(t, 60, "www.example.com")}}, NameNotCovered, 502, 2},
		{"expired", edge.Answer{Outcome: edge.Completed, Version: tls.VersionTLS13, Certificates: [][]byte{r.leaf(t, -1, "origin.example.com")}}, CertificateExpired, 502, 2},
		{"plain HTTP", edge.Answer{Outcome: edge.PlainHTTP}, NotTLS, 502, 2},
		{"something else", edge.Answer{Outcome: edge.NotTLS}, NotTLS, 502, 2},
		{"closed port", edge.Answer{Outcome: edge.PortClosed}, PortClosed, 502, 1},
		{"no answer", edge.Answer{Outcome: edge.Unreachable}, SYNUnanswered, 504, 1},
		{"no address", edge.Answer{Outcome: edge.NoAddress}, "no-address", 502, 1},
		{"silence", edge.Answer{Outcome: edge.TimedOut}, ServerSilent, 504, 2},
		{"reset", edge.Answer{Outcome: edge.Reset}, ServerClosed, 502, 2},
		{"closed", edge.Answer{Outcome: edge.Hangup}, ServerClosed, 502, 2},
		{"nonsense", edge.Answer{Outcome: edge.Incompatible, Err: io.ErrNoProgress}, ServerClosed, 502, 2},
		{"alert 112", alert(112), SNIRefused, 502, 2},
		{"alert 80", alert(80), SNIRefused, 502, 2},
		{"alert 40", alert(40), NoSharedCipher, 502, 2},
		{"alert 47", alert(47), NoSharedCipher, 502, 2},
		{"alert 71", alert(71), NoSharedCipher, 502, 2},
		{"alert 70", alert(70), NoSharedVersion, 502, 2},
		{"alert 120", alert(120), NoSharedALPN, 502, 2},
		{"alert 116", alert(116), ClientCertificateRequired, 502, 2},
		{"alert 10", alert(10), ServerClosed, 502, 2},
	} {
		c, err := r.question().Ask(byOffer(tt.answer, tt.answer))
		if err != nil || len(c.Rows) != 1 || len(c.Handshakes) != tt.handshakes {
			t.Fatalf("%s: %v, %+v", tt.name, err, c)
		}
		row := c.Rows[0]
		if row.ViewerStatus != tt.status || row.OK() != (tt.status == 200) || c.Fails() == row.OK() || row.Accepted != row.OK() {
			t.Errorf("%s: viewers get %d, accepted %v", tt.name, row.ViewerStatus, row.Accepted)
		}
		switch problems, _ := c.codes(); {
		case tt.code == "" && len(problems) == 0:
		case len(problems) != 1 || problems[0] != tt.code:
			t.Errorf("%s: problems %q, want %s", tt.name, problems, tt.code)
		default:
			p := row.Problems[0]
			if p.Title == "" || p.Says == "" || len(p.Fixes) == 0 || p.Fixes[0].Says == "" {
				t.Errorf("%s: half a problem: %+v", tt.name, p)
			}
		}
		if h := c.Handshakes[0]; h.OK != (tt.answer.Outcome == edge.Completed) || h.Says == "" || h.Offer != "TLS 1.3 too" || h.SNI != "origin.example.com" {
			t.Errorf("%s: %+v", tt.name, h)
		}
	}
}

// TestPredictOrder: the problems of a certificate stand in the order of
// docs/diagnoses.md, in which the names come before what cannot be used.
func TestPredictOrder(t *testing.T) {
	r := newCheckRoot(t)
	cert, _ := r.sign(t, &x509.Certificate{SerialNumber: big.NewInt(3), DNSNames: []string{"www.example.com"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		NotBefore: checkDay.AddDate(0, -2, 0), NotAfter: checkDay.AddDate(0, 0, -1)})
	c := r.question(cert.Raw).Predict()
	problems, _ := c.codes()
	if want := []Code{CertificateExpired, NameNotCovered, CertificateUnusable}; !slices.Equal(problems, want) || c.Rows[0].Accepted || c.Rows[0].ArticleRow != 6 {
		t.Errorf("problems %q, want %q; row %d", problems, want, c.Rows[0].ArticleRow)
	}
	for _, p := range c.Rows[0].Problems[1:] {
		if !strings.Contains(p.Fixes[0].Command, "-d www.example.com -d origin.example.com") {
			t.Errorf("%s: %q does not get a certificate for both names", p.Code, p.Fixes[0].Command)
		}
	}
}

// TestPredictNames: a certificate for many names is not told in full.
func TestPredictNames(t *testing.T) {
	r := newCheckRoot(t)
	all := []string{"a.example.net", "b.example.net", "c.example.net", "d.example.net", "e.example.net", "f.example.net"}
	for n, want := range map[int]string{1: "for a.example.net.", 5: "d.example.net, e.example.net.", 6: "d.example.net, e.example.net and 1 more."} {
		c := r.question(r.leaf(t, 60, all[:n]...)).Predict()
		if says := c.Rows[0].Problems[0].Says; !strings.Contains(says, want) {
			t.Errorf("%d names: %q", n, says)
		}
	}
}

// TestPredictWarning: what CloudFront does not mind fails nothing, and nobody is
// told to get another certificate for it.
func TestPredictWarning(t *testing.T) {
	r := newCheckRoot(t)
	cert, _ := r.sign(t, &x509.Certificate{SerialNumber: big.NewInt(3), DNSNames: []string{"origin.example.com"}, IsCA: true, BasicConstraintsValid: true,
		Subject: pkix.Name{CommonName: "origin.example.com"}, NotBefore: checkDay.AddDate(0, -2, 0), NotAfter: checkDay.AddDate(0, 2, 0)})
	c := r.question(cert.Raw).Predict()
	if _, warnings := c.codes(); c.Fails() || !slices.Equal(warnings, []Code{CertificateUnusable}) || len(c.Warnings[0].Fixes) > 0 || !strings.HasPrefix(c.Warnings[0].Title, "/etc/own.pem: ") {
		t.Errorf("%+v, fails %v", c.Warnings, c.Fails())
	}
}

// TestAskOddNames: a name of a certificate that no ClientHello can have is not
// asked for.
func TestAskOddNames(t *testing.T) {
	r := newCheckRoot(t)
	der := r.leaf(t, 60, "www.example.com", "a b.example.com", "localhost")
	q := r.question(der)
	q.ViewerDomains, q.ForwardHost = nil, edge.Yes
	for _, name := range q.Names() {
		if err := edge.CheckOriginDomain(name); err != nil {
			t.Errorf("%q would be asked for: %v", name, err)
		}
	}
}

// TestAskOffers: where the server treats the two offers in different ways, the
// newer one decides and the older one is a warning.
func TestAskOffers(t *testing.T) {
	r := newCheckRoot(t)
	good, expired := r.leaf(t, 60, "origin.example.com"), r.leaf(t, -1, "origin.example.com")
	ok := edge.Answer{Outcome: edge.Completed, Version: tls.VersionTLS13, Certificates: [][]byte{good}}
	ok12 := ok
	ok12.Version = tls.VersionTLS12
	for _, tt := range []struct {
		name         string
		newer, older edge.Answer
		code         Code
		title, says  string
	}{
		{"TLS 1.3 only", ok, edge.Answer{Outcome: edge.AlertReceived, Alert: 70}, NoSharedVersion, "TLS 1.3 only", "takes TLS 1.3 only"},
		{"no cipher for TLS 1.2", ok, edge.Answer{Outcome: edge.AlertReceived, Alert: 40}, NoSharedCipher, "with TLS 1.2 at most", "With TLS 1.3, which"},
		{"TLS 1.2 in one form only", ok12, edge.Answer{Outcome: edge.AlertReceived, Alert: 70}, NoSharedVersion, "with TLS 1.2 at most", "took TLS 1.2."},
		{"another certificate", ok, edge.Answer{Outcome: edge.Completed, Version: tls.VersionTLS12, Certificates: [][]byte{expired}}, CertificateExpired, "with TLS 1.2 at most: the certificate has expired", "two certificates"},
		{"the same", ok, ok12, "", "", ""},
	} {
		c, err := r.question().Ask(byOffer(tt.newer, tt.older))
		if err != nil || !c.Rows[0].OK() {
			t.Fatalf("%s: %v, %+v", tt.name, err, c)
		}
		switch {
		case tt.code == "" && len(c.Warnings) == 0:
		case len(c.Warnings) != 1 || c.Warnings[0].Code != tt.code || !strings.HasPrefix(c.Warnings[0].Title, tt.title) || !strings.Contains(c.Warnings[0].Says, tt.says):
			t.Errorf("%s: %+v", tt.name, c.Warnings)
		}
	}
	asking := ok
	asking.WantsClient = true
	c, err := r.question().Ask(byOffer(asking, ok12))
	if _, warned := c.codes(); err != nil || !slices.Equal(warned, []Code{ClientCertificateRequired}) || !c.Rows[0].OK() {
		t.Errorf("a server that asks for a certificate: %v, %q", err, warned)
	}
}

// TestAskAndFiles: what the server serves is compared with what was given.
func TestAskAndFiles(t *testing.T) {
	r := newCheckRoot(t)
	old, renewed := r.leaf(t, 20, "Origin.example.com"), r.leaf(t, 80, "origin.example.com")
	for _, tt := range []struct {
		name         string
		served, file []byte
		label        string
		warnings     []Code
	}{
		{"the same", renewed, renewed, "/etc/own.pem", nil},
		{"renewed", old, renewed, "as served 1", []Code{ServerNotReloaded}},
		{"older file", renewed, old, "as served 1", []Code{"certificate-differs"}},
		{"other names", old, r.leaf(t, 80, "origin.example.com", "www.example.com"), "as served 1", []Code{"certificate-differs"}},
		{"other names, as many", old, r.leaf(t, 80, "www.example.com"), "as served 1", []Code{"certificate-differs"}},
	} {
		c, err := r.question(tt.file).Ask(completed(tt.served))
		if err != nil {
			t.Fatal(err)
		}
		_, warnings := c.codes()
		if !slices.Equal(warnings, tt.warnings) || c.Rows[0].Certificate.File != tt.label || len(c.Certificates) != 1 || c.Certificates[0].File != tt.label {
			t.Errorf("%s: warnings %q, certificate %q, listed %+v", tt.name, warnings, c.Rows[0].Certificate.File, c.Certificates)
		}
	}
}

// TestAskOncePerName: names that come in several rows are asked for once, and
// certificates that come for several names are listed once.
func TestAskOncePerName(t *testing.T) {
	r := newCheckRoot(t)
	one, other := r.leaf(t, 60, "*.example.com"), r.leaf(t, 60, "origin.example.com")
	q := r.question()
	q.ForwardHost, q.ViewerDomains = edge.Unknown, []string{"www.example.com", "*.shop.example.com"}
	var asked []string
	c, err := q.Ask(func(sni string, o edge.Offer) (*edge.Answer, error) {
		asked = append(asked, sni)
		der := one
		if sni == "origin.example.com" {
			der = other
		}
		return completed(der)(sni, o)
	})
	want := []string{"www.example.com", "www.example.com", "origin.example.com", "origin.example.com", "www.shop.example.com", "www.shop.example.com"}
	if err != nil || !slices.Equal(asked, want) {
		t.Fatalf("%v; asked for %q, want %q", err, asked, want)
	}
	if names := q.Names(); !slices.Equal(names, []string{"www.example.com", "origin.example.com", "*.shop.example.com"}) {
		t.Errorf("Names gives %q", names)
	}
	if len(c.Rows) != 4 || len(c.Certificates) != 2 || c.Certificates[1].File != "as served 2" || c.Rows[1].Certificate.File != "as served 2" {
		t.Errorf("%d rows, certificates %+v", len(c.Rows), c.Certificates)
	}
	boom := errors.New("boom")
	if c, err := q.Ask(func(string, edge.Offer) (*edge.Answer, error) { return nil, boom }); c != nil || !errors.Is(err, boom) {
		t.Errorf("%v, error %v", c, err)
	}
}

// TestAskSeveralOrigins: one server cannot be all origins of a distribution, and
// each origin is asked with its own protocols.
func TestAskSeveralOrigins(t *testing.T) {
	r := newCheckRoot(t)
	q := r.question()
	q.OriginDomains, q.ForwardHost = nil, edge.Unknown
	q.Config = &edge.Config{Source: "d.json", Aliases: []string{"www.example.com"}, Origins: []edge.Origin{
		{ID: "a", Domain: "origin.example.com", Protocol: "https-only", Protocols: []string{"TLSv1"}}, {ID: "b", Domain: "spare.example.com", Protocol: "https-only"}},
		Behaviors: []edge.Behavior{{Path: "/b", Target: "b", Legacy: true}, {Path: "*", Default: true, Target: "a", Legacy: true}}}
	served := completed(r.leaf(t, 60, "origin.example.com"))
	lowest := map[string]uint16{}
	c, err := q.Ask(func(sni string, o edge.Offer) (*edge.Answer, error) {
		lowest[sni] = o.MinVersion
		return served(sni, o)
	})
	if err != nil || lowest["origin.example.com"] != tls.VersionTLS10 || lowest["spare.example.com"] != tls.VersionTLS12 {
		t.Fatalf("%v; versions %v", err, lowest)
	}
	if _, warnings := c.codes(); !slices.Contains(warnings, "several-origins") || c.Source != "d.json" || c.Server != "localhost:443" {
		t.Errorf("warnings %q", warnings)
	}
	q.OriginDomains = []string{"origin.example.com"}
	c, err = q.Ask(served)
	if _, warnings := c.codes(); err != nil || slices.Contains(warnings, "several-origins") {
		t.Errorf("%v; warnings %q, though one origin was chosen", err, warnings)
	}
}

// TestCheckHints: what can be found out is told, with commands that are safe in a
// shell; where all is known there is nothing to tell.
func TestCheckHints(t *testing.T) {
	r := newCheckRoot(t)
	der := r.leaf(t, 60, "origin.example.com")
	for _, tt := range []struct {
		name   string
		change func(*CheckQuestion)
		hints  int
		last   string
	}{
		{"everything given", func(*CheckQuestion) {}, 0, ""},
		{"no Host", func(q *CheckQuestion) { q.ForwardHost = edge.Unknown }, 2, "sniwatch check --cert /etc/own.pem --distribution distribution.json"},
		{"no viewers", func(q *CheckQuestion) { q.ViewerDomains = nil }, 2, "--distribution distribution.json"},
		{"neither", func(q *CheckQuestion) { q.ViewerDomains, q.ForwardHost = nil, edge.Unknown }, 3, "--distribution distribution.json"},
		{"a hostile file", func(q *CheckQuestion) { q.ForwardHost, q.Files[0].File = edge.Unknown, "$(reboot).pem" }, 2, "check --cert FILE --distribution"},
		{"with a server", func(q *CheckQuestion) { q.ForwardHost = edge.Unknown }, 2, "check --connect localhost:443 --distribution"},
		{"with a hostile server", func(q *CheckQuestion) { q.ForwardHost, q.Server = edge.Unknown, "`reboot`:443" }, 2, "check --connect HOST:PORT --distribution"},
	} {
		q := r.question(der)
		tt.change(q)
		got, err := q.Ask(completed(der))
		if !strings.Contains(tt.name, "server") {
			q.Server = ""
			got = q.Predict()
		}
		if err != nil || len(got.Hints) != tt.hints {
			t.Fatalf("%s: %v, %+v", tt.name, err, got.Hints)
		}
		if tt.hints > 0 && !strings.Contains(got.Hints[tt.hints-1].Command, tt.last) {
			t.Errorf("%s: %q, want %q in it", tt.name, got.Hints[tt.hints-1].Command, tt.last)
		}
	}
}

// TestCheckCodesAreDocumented holds the codes that check alone has against
// docs/cloudfront.md.
func TestCheckCodesAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../docs/cloudfront.md")
	if err != nil {
		t.Fatal(err)
	}
	codes := regexp.MustCompile(`(?:warn\(|Code: |w\.Code, w\.Title = )"([a-z0-9-]+)"`)
	found := 0
	for _, name := range []string{"check_answers.go", "check_serve.go", "edge/warnings.go"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range codes.FindAllSubmatch(text, -1) {
			found++
			if !strings.Contains(string(page), "`"+string(m[1])+"`") {
				t.Errorf("%s: %s is not in docs/cloudfront.md", name, m[1])
			}
		}
	}
	if found < 18 {
		t.Errorf("only %d codes were found", found)
	}
}
