package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
)

// A checkRow is what of the JSON of a row the tests are about.
type checkRow struct {
	ViewerDomain  string `json:"viewer_domain"`
	OriginDomain  string `json:"origin_domain"`
	Certificate   string
	HostForwarded bool   `json:"host_forwarded"`
	DecidedBy     string `json:"decided_by"`
	Policy        string
	SNI           string
	Accepted      bool
	Matched       string
	ViewerStatus  int `json:"viewer_status"`
	ArticleRow    int `json:"article_row"`
	Problems      []struct {
		Code, Title string
		Fixes       []string
	}
}

func (r checkRow) codes() string {
	var all []string
	for _, p := range r.Problems {
		all = append(all, p.Code)
	}
	return strings.Join(all, ",")
}

type checked struct {
	Type     string
	Schema   int
	Rows     []checkRow
	Warnings []struct{ Code, Title string }
}

func (c checked) warns(code string) bool {
	return slices.ContainsFunc(c.Warnings, func(w struct{ Code, Title string }) bool { return w.Code == code })
}

// checkJSON runs check, and reads what it wrote.
func checkJSON(t *testing.T, args ...string) checked {
	t.Helper()
	out, errs, status := sniwatch(t, append([]string{"check", "--format", "json"}, args...)...)
	if status != exitDone || errs != "" {
		t.Fatalf("check %v: exit code %d: %s", args, status, errs)
	}
	return decodeCheck(t, out)
}

func decodeCheck(t *testing.T, out string) checked {
	t.Helper()
	var c checked
	if err := json.Unmarshal([]byte(out), &c); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if c.Type != "check" || c.Schema != 1 {
		t.Errorf("type %q, schema %d", c.Type, c.Schema)
	}
	return c
}

const (
	wwwName    = "www.example.com"
	originName = "origin.example.com"
	ownName    = "d111111abcdef8.cloudfront.net"
)

// eightRows is the article's table.
var eightRows = []struct {
	row            int
	viewer         string
	certificateFor string
	host           string // --forward-host
	sni            string
	status         int
}{
	{1, wwwName, originName, "yes", wwwName, 200},
	{2, wwwName, originName, "no", originName, 200},
	{3, ownName, originName, "yes", ownName, 200},
	{4, ownName, originName, "no", originName, 200},
	{5, wwwName, wwwName, "yes", wwwName, 200},
	{6, wwwName, wwwName, "no", originName, 502},
	{7, ownName, wwwName, "yes", ownName, 502},
	{8, ownName, wwwName, "no", originName, 502},
}

// TestCheckEightRows holds check against the article: with everything given
// there is one row, which is the article's.
func TestCheckEightRows(t *testing.T) {
	s := newShop(t)
	files := map[string]string{originName: s.chain(t, "origin.pem", originName), wwwName: s.chain(t, "www.pem", wwwName)}
	for _, want := range eightRows {
		args := []string{"--cert", files[want.certificateFor], "--roots", s.path("root.pem"), "--origin-domain", originName,
			"--viewer-domain", want.viewer, "--forward-host", want.host}
		c := checkJSON(t, args...)
		if len(c.Rows) != 1 {
			t.Fatalf("row %d: %d rows, want one", want.row, len(c.Rows))
		}
		r := c.Rows[0]
		if r.ArticleRow != want.row || r.SNI != want.sni || r.ViewerStatus != want.status || r.Accepted != (want.status == 200) ||
			r.ViewerDomain != want.viewer || r.OriginDomain != originName || r.HostForwarded != (want.host == "yes") || r.DecidedBy != "flag" {
			t.Errorf("row %d: %+v", want.row, r)
		}
		if want.status == 502 && (r.codes() != "name-not-covered" || r.Matched != "") || want.status == 200 && (r.codes() != "" || r.Matched == "") {
			t.Errorf("row %d: problems %q, matched %q", want.row, r.codes(), r.Matched)
		}
		for _, p := range r.Problems {
			if len(p.Fixes) == 0 || !strings.Contains(p.Fixes[0], "certbot") || !strings.Contains(p.Fixes[0], "-d "+originName) {
				t.Errorf("row %d: the first fix is not the origin domain's: %q", want.row, p.Fixes)
			}
		}
		_, _, status := sniwatch(t, append([]string{"check", "--exit-code"}, args...)...)
		if status != map[int]int{200: exitDone, 502: exitFailure}[want.status] {
			t.Errorf("row %d: exit code %d", want.row, status)
		}
	}
}

// TestCheckShowsAllEight: what is not given is shown for all values.
func TestCheckShowsAllEight(t *testing.T) {
	s := newShop(t)
	c := checkJSON(t, "--roots", s.path("root.pem"), "--origin-domain", originName,
		"--cert", s.chain(t, "origin.pem", originName), "--cert", s.chain(t, "www.pem", wwwName))
	rows := map[int]int{}
	for _, r := range c.Rows {
		rows[r.ArticleRow] = r.ViewerStatus
	}
	for _, want := range eightRows {
		if rows[want.row] != want.status {
			t.Errorf("row %d: %d, want %d", want.row, rows[want.row], want.status)
		}
	}
	if len(c.Rows) != 8 {
		t.Errorf("%d rows, want 8", len(c.Rows))
	}
}

// TestCheckAgreesWithSamples holds the prediction against the diagnosis of what
// then went over the wire.
func TestCheckAgreesWithSamples(t *testing.T) {
	inSamples(t)
	seen := 0
	for _, s := range readSamples(t) {
		if !strings.HasPrefix(s.file, "row") {
			continue
		}
		seen++
		c := checkJSON(t, append([]string{"--at", "2024-01-16"}, s.args...)...)
		if len(c.Rows) != 1 {
			t.Fatalf("%s: %d rows", s.file, len(c.Rows))
		}
		out, _, _ := sniwatch(t, append([]string{"-r", s.file, "--no-discover", "--format", "ndjson"}, s.args...)...)
		connections, _ := sayings(t, out)
		want, predicted := connections[0].Diagnosis, c.Rows[0]
		switch {
		case want.Code == "ok" && (predicted.ViewerStatus != 200 || predicted.codes() != ""),
			want.Code != "ok" && (predicted.ViewerStatus != 502 || predicted.codes() != want.Code):
			t.Errorf("%s: predicted %d %q, diagnosed %s", s.file, predicted.ViewerStatus, predicted.codes(), want.Code)
		case want.ArticleRow != 0 && want.ArticleRow != predicted.ArticleRow:
			t.Errorf("%s: predicted row %d, diagnosed %d", s.file, predicted.ArticleRow, want.ArticleRow)
		case !strings.HasPrefix(s.file, "row"+string(rune('0'+predicted.ArticleRow))):
			t.Errorf("%s: row %d", s.file, predicted.ArticleRow)
		}
	}
	if seen != 16 {
		t.Errorf("%d samples of rows, want 16", seen)
	}
}

// TestCheckAgreesWithJudge compares the prediction with the judgement that a
// diagnosis rests on, which starts from the SNI and not from the setting.
func TestCheckAgreesWithJudge(t *testing.T) {
	inSamples(t)
	for _, file := range []string{"origin", "www", "both", "wildcard", "neither"} {
		file = filepath.Join("certs", file+".pem")
		certificate, err := origin.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, viewer := range []string{wwwName, ownName, "shop.example.net", "a.b.example.com"} {
			for _, forward := range []string{"yes", "no"} {
				r := checkJSON(t, "--at", "2024-01-16", "--roots", "certs/root.pem", "--cert", file,
					"--origin-domain", originName, "--viewer-domain", viewer, "--forward-host", forward).Rows[0]
				d := edge.Distribution{OriginDomain: originName, ViewerDomains: []string{viewer}, ForwardHost: map[string]edge.Tristate{"yes": edge.Yes, "no": edge.No}[forward]}
				j := edge.Judge(certificate.Names(), r.SNI, d)
				if (j.Verdict == edge.Accepted) != r.Accepted || j.Verdict == edge.Undecided || j.Row != r.ArticleRow {
					t.Errorf("%s, %s, Host %s: predicted %v row %d, judged %v row %d", file, viewer, forward, r.Accepted, r.ArticleRow, j.Verdict, j.Row)
				}
			}
		}
	}
}

// TestCheckCertificateRules: each fault of a chain fails its rows, and has a
// sentence and a fix.
func TestCheckCertificateRules(t *testing.T) {
	inSamples(t)
	for file, want := range map[string]string{
		"origin-expired": "certificate-expired", "origin-not-yet-valid": "certificate-not-yet-valid",
		"origin-self-signed": "certificate-self-signed", "origin-private": "certificate-untrusted-issuer",
		"origin-nochain": "intermediate-missing", "origin-old-intermediate": "intermediate-expired",
		"origin-ed25519": "certificate-unusable", "origin-sha1": "certificate-unusable", "origin-client-auth": "certificate-unusable",
		"www-expired": "certificate-expired,name-not-covered", "origin": "", "origin-order": "", "origin-with-root": "",
	} {
		args := []string{"--at", "2024-01-16T12:00:00Z", "--roots", "certs/root.pem", "--cert", "certs/" + file + ".pem",
			"--origin-domain", originName, "--viewer-domain", wwwName, "--forward-host=no"}
		c := checkJSON(t, args...)
		r := c.Rows[0]
		if r.codes() != want || (r.ViewerStatus == 502) != (want != "") || r.Accepted != (want == "") {
			t.Errorf("%s: %d, problems %q, want %q", file, r.ViewerStatus, r.codes(), want)
		}
		for _, p := range r.Problems {
			if p.Title == "" || len(p.Fixes) == 0 {
				t.Errorf("%s: %s has title %q and fixes %q", file, p.Code, p.Title, p.Fixes)
			}
		}
		if file == "origin-order" && !c.warns("chain-out-of-order") || file == "origin-with-root" && !c.warns("root-sent") {
			t.Errorf("%s: warnings %v", file, c.Warnings)
		}
	}
}

// overrides is a distribution whose origin request policy keeps Host back, and
// whose cache policy forwards it all the same.
const overrides = `{"ETag": "E2QWRUHEXAMPLE", "DistributionConfig": {
	"Aliases": {"Quantity": 1, "Items": ["www.example.com"]},
	"Origins": {"Quantity": 1, "Items": [{"Id": "web", "DomainName": "origin.example.com", "CustomOriginConfig": {
		"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only", "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]}}}]},
	"DefaultCacheBehavior": {"TargetOriginId": "web", "ViewerProtocolPolicy": "redirect-to-https",
		"CachePolicyId": "83da9c7e-98b4-4e11-a168-04f0df8e2c65",
		"OriginRequestPolicyId": "b689b0a8-53d0-40ab-baf2-68738e2966ac"},
	"CacheBehaviors": {"Quantity": 0}, "Comment": "", "Enabled": true}}`

// TestCheckCachePolicyWins: the cache policy forwards Host under an origin
// request policy that does not, and is named as what decides.
func TestCheckCachePolicyWins(t *testing.T) {
	s := newShop(t)
	file := s.path("distribution.json")
	if err := os.WriteFile(file, []byte(overrides), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"--cert", s.chain(t, "www.pem", wwwName), "--roots", s.path("root.pem"), "--distribution", file}
	for _, r := range checkJSON(t, args...).Rows {
		if !r.HostForwarded || r.DecidedBy != "cache-policy" || r.Policy != edge.UseOriginCacheControlHeaders || r.SNI != r.ViewerDomain {
			t.Errorf("%+v", r)
		}
	}
	for _, format := range []string{"text", "markdown"} {
		out, errs, status := sniwatch(t, append([]string{"check", "--format", format}, args...)...)
		if status != exitDone || !strings.Contains(out, edge.UseOriginCacheControlHeaders) {
			t.Errorf("exit code %d, %s: the cache policy is not named in\n%s", status, errs, out)
		}
	}
}

// TestCheckExitCode: cases that are shown because something was not given do not
// count where others are in use.
func TestCheckExitCode(t *testing.T) {
	s := newShop(t)
	www, other := s.chain(t, "www.pem", wwwName), s.chain(t, "origin.pem", originName)
	file := s.path("distribution.json")
	if err := os.WriteFile(file, []byte(overrides), 0o600); err != nil {
		t.Fatal(err)
	}
	base := []string{"check", "--roots", s.path("root.pem")}
	for _, c := range []struct {
		args []string
		want int
	}{
		{[]string{"--exit-code", "--cert", www, "--origin-domain", originName}, exitFailure}, // nothing else is known
		{[]string{"--cert", www, "--origin-domain", originName}, exitDone},                   // not asked for
		{[]string{"--exit-code", "--cert", other, "--origin-domain", originName}, exitDone},  // all four do
		{[]string{"--exit-code", "--cert", www, "--distribution", file}, exitDone},           // the distribution's own name is not known to be in use
		{[]string{"--exit-code", "--cert", www, "--distribution", file, "--forward-host=no"}, exitFailure},
		{[]string{"--exit-code", "--cert", www, "--distribution", file, "--viewer-domain", ownName}, exitFailure},
	} {
		if _, errs, status := sniwatch(t, append(slices.Clone(base), c.args...)...); status != c.want {
			t.Errorf("%v: exit code %d, want %d %s", c.args, status, c.want, errs)
		}
	}
}

// TestCheckBadInput: wrong use is told in words, with what is right.
func TestCheckBadInput(t *testing.T) {
	s := newShop(t)
	cert := s.chain(t, "www.pem", wwwName)
	t.Chdir(s.folder)
	for name, text := range map[string]string{"other.json": `{"Buckets": []}`, "cut.json": overrides[:300], "half.json": `{"CachePolicy": {"Id": "x"}}`, "d.json": overrides} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	origin := []string{"--cert", cert, "--origin-domain", originName}
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"--origin-domain", originName}, exitUsage, "no certificate"},
		{[]string{"--cert", cert}, exitUsage, "--origin-domain"},
		{[]string{"--cert", "nosuch.pem", "--origin-domain", originName}, exitError, "nosuch.pem"},
		{[]string{"--cert", cert, "--origin-domain", ""}, exitUsage, "--origin-domain"},
		{[]string{"--cert", cert, "--origin-domain", "https://origin.example.com/"}, exitUsage, "origin.example.com"},
		{[]string{"--cert", cert, "--origin-domain", "origin.example.com:443"}, exitUsage, "port"},
		{[]string{"--cert", cert, "--origin-domain", "origin.example.com."}, exitUsage, "dot"},
		{[]string{"--cert", cert, "--origin-domain", "Origin.example.com"}, exitUsage, "origin.example.com"},
		{[]string{"--cert", cert, "--origin-domain", "bücher.example.com"}, exitUsage, "xn--"},
		{[]string{"--cert", cert, "--origin-domain", "*.example.com"}, exitUsage, "wildcard"},
		{[]string{"--cert", cert, "--origin-domain", "192.0.2.1"}, exitUsage, "IP address"},
		{append(slices.Clone(origin), "--viewer-domain", "http://www.example.com"), exitUsage, "--viewer-domain"},
		{append(slices.Clone(origin), "--forward-host", "perhaps"), exitUsage, "yes or no"},
		{append(slices.Clone(origin), "--format", "yaml"), exitUsage, "markdown"},
		{append(slices.Clone(origin), "--at", "soon"), exitUsage, "--at"},
		{append(slices.Clone(origin), "--connect", "https://localhost"), exitUsage, "--connect"},
		{append(slices.Clone(origin), "--connect", "localhost:0"), exitUsage, "--connect"},
		{append(slices.Clone(origin), "--policy", "p.json"), exitUsage, "--distribution"},
		{append(slices.Clone(origin), "--nonsense"), exitUsage, "check --help"},
		{append(slices.Clone(origin), "fullchain.pem"), exitUsage, "--cert fullchain.pem"},
		{[]string{"--cert", cert, "--distribution", "E1A2B3C4D5E6F7"}, exitUsage, "get-distribution-config --id E1A2B3C4D5E6F7"},
		{[]string{"--cert", cert, "--distribution", "arn:aws:cloudfront::123456789012:distribution/E1A2B3C4D5E6F7"}, exitUsage, "get-distribution-config --id E1A2B3C4D5E6F7"},
		{[]string{"--cert", cert, "--distribution", "nosuch.json"}, exitError, "nosuch.json"},
		{[]string{"--cert", cert, "--distribution", "d.json", "--policy", "nosuch.json"}, exitError, "get-origin-request-policy"},
		{[]string{"--cert", cert, "--distribution", "other.json"}, exitError, "get-distribution-config"},
		{[]string{"--cert", cert, "--distribution", "cut.json"}, exitError, "cut off"},
		{[]string{"--cert", cert, "--distribution", cert}, exitError, "PEM"},
		{[]string{"--cert", cert, "--distribution", "d.json", "--policy", "83da9c7e-98b4-4e11-a168-04f0df8e2c65"}, exitUsage, "get-cache-policy"},
		{[]string{"--cert", cert, "--distribution", "d.json", "--policy", "half.json"}, exitError, "half.json"},
		{[]string{"--cert", cert, "--distribution", "d.json", "--origin-domain", "else.example.com"}, exitUsage, "it has origin.example.com"},
	} {
		out, errs, status := sniwatch(t, append([]string{"check", "--roots", "root.pem"}, c.args...)...)
		if status != c.status || !strings.Contains(errs, c.says) || out != "" {
			t.Errorf("%v: exit code %d, want %d; %q is not in\n%s%s", c.args, status, c.status, c.says, errs, out)
		}
		if status == exitUsage && !strings.Contains(errs, "hint: ") {
			t.Errorf("%v: no hint in %s", c.args, errs)
		}
	}
}
