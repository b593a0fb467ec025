package edge

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The article's table, cut down to what a certificate does not decide, for the
// certificates that the table does not have.
var articleQuestion = Question{
	OriginDomains: []string{originName},
	ViewerDomains: []string{viewerName, edgeName},
}

// TestPredictArticle is the table of docs/cloudfront.md: with these names, all
// eight rows come out in its order.
func TestPredictArticle(t *testing.T) {
	q := articleQuestion
	q.Certificates = []Certificate{{"origin.pem", []string{originName}}, {"www.pem", []string{viewerName}}}
	want := []struct {
		row         int
		viewer      string
		certificate string
		host        bool
		sni         string
		status      int
		matched     string
	}{
		{1, viewerName, originName, true, viewerName, 200, MatchedOrigin},
		{2, viewerName, originName, false, originName, 200, MatchedOrigin},
		{3, edgeName, originName, true, edgeName, 200, MatchedOrigin},
		{4, edgeName, originName, false, originName, 200, MatchedOrigin},
		{5, viewerName, viewerName, true, viewerName, 200, MatchedHost},
		{6, viewerName, viewerName, false, originName, 502, ""},
		{7, edgeName, viewerName, true, edgeName, 502, ""},
		{8, edgeName, viewerName, false, originName, 502, ""},
	}
	rows := Predict(q)
	if len(rows) != len(want) {
		t.Fatalf("%d rows, want %d", len(rows), len(want))
	}
	for i, w := range want {
		r := rows[i]
		if r.ArticleRow != w.row || r.ViewerDomain != w.viewer || r.Certificate.Names[0] != w.certificate || r.HostForwarded != w.host ||
			r.SNI != w.sni || r.ViewerStatus != w.status || r.Matched != w.matched || r.Accepted != (w.status == 200) || r.OriginDomain != originName {
			t.Errorf("row %d: %+v", w.row, r)
		}
		if r.Accepted && r.MatchedName != w.certificate || r.Accepted != (r.Fixes == nil) || r.InUse != Unknown || len(r.Assumed) != 0 {
			t.Errorf("row %d: matched %q, fixes %v, in use %v, assumed %q", w.row, r.MatchedName, r.Fixes, r.InUse, r.Assumed)
		}
	}
}

// TestPredictOtherCertificates: what the article's table does not have. The
// numbers are those of own name and Host, own name, cloudfront.net and Host,
// cloudfront.net.
func TestPredictOtherCertificates(t *testing.T) {
	for _, tt := range []struct {
		name   string
		names  []string
		rows   [4]int
		status [4]int
	}{
		{"both", []string{viewerName, originName}, [4]int{5, 2, 3, 4}, [4]int{200, 200, 200, 200}},
		{"wildcard", []string{"*.example.com"}, [4]int{5, 2, 3, 4}, [4]int{200, 200, 200, 200}},
		{"neither", []string{"shop.example.org"}, [4]int{0, 0, 7, 8}, [4]int{502, 502, 502, 502}},
		{"the parent alone", []string{"example.com"}, [4]int{0, 0, 7, 8}, [4]int{502, 502, 502, 502}},
		{"no name", nil, [4]int{0, 0, 0, 0}, [4]int{502, 502, 502, 502}},
		{"the origin domain in capitals", []string{"ORIGIN.Example.COM"}, [4]int{1, 2, 3, 4}, [4]int{200, 200, 200, 200}},
	} {
		q := articleQuestion
		q.Certificates = []Certificate{{"a.pem", tt.names}}
		for i, r := range Predict(q) {
			if r.ArticleRow != tt.rows[i] || r.ViewerStatus != tt.status[i] {
				t.Errorf("%s, case %d: row %d, %d; want %d, %d", tt.name, i, r.ArticleRow, r.ViewerStatus, tt.rows[i], tt.status[i])
			}
		}
	}
}

// TestPredictAgreesWithJudge: what is predicted is what a capture is judged to
// be, for every combination of certificate, viewers' name, origin domain and
// forwarding.
func TestPredictAgreesWithJudge(t *testing.T) {
	some := []string{originName, viewerName, edgeName, "*.example.com", "example.com", "other.example.org", "a.b.example.com"}
	var certs [][]string
	for mask := range 1 << len(some) {
		var names []string
		for i, n := range some {
			if mask>>i&1 == 1 && n != edgeName {
				names = append(names, n)
			}
		}
		certs = append(certs, names)
	}
	count := 0
	for _, names := range certs {
		for _, origin := range []string{originName, "other.example.org", "a.b.example.com", viewerName} {
			for _, viewer := range []string{viewerName, edgeName, "example.com", "a.b.example.com", "*.example.com"} {
				for _, host := range []Tristate{Yes, No} {
					rows := Predict(Question{OriginDomains: []string{origin}, ViewerDomains: []string{viewer}, ForwardHost: host, Certificates: []Certificate{{"", names}}})
					if len(rows) != 1 {
						t.Fatalf("%d rows where everything is given", len(rows))
					}
					count++
					r := rows[0]
					j := Judge(names, r.SNI, Distribution{OriginDomain: origin, ViewerDomains: []string{viewer}, ForwardHost: host})
					verdict := map[bool]Verdict{true: Accepted, false: Rejected}[r.Accepted]
					// Where the origin domain lies under the viewers' wildcard, the SNI does
					// not tell Judge which of the two it is: then it names no row.
					if j.HostForwarded == Unknown && j.Row == 0 && viewer[0] == '*' {
						j.Row = r.ArticleRow
					}
					if j.Verdict != verdict || j.Row != r.ArticleRow || j.CoveredBy != r.MatchedName && origin != viewer {
						t.Errorf("%q, origin %s, viewer %s, Host %v: predicted %v by %q, row %d; judged %v by %q, row %d",
							names, origin, viewer, host, verdict, r.MatchedName, r.ArticleRow, j.Verdict, j.CoveredBy, j.Row)
					}
					if r.InUse != Yes || r.Decision.By != ByFlag || r.Decision.Host != host {
						t.Errorf("in use %v, decided %+v", r.InUse, r.Decision)
					}
				}
			}
		}
	}
	if count < 5000 {
		t.Errorf("only %d combinations", count)
	}
}

// TestPredictFixes: the names that a fix's command adds make the row accepted.
func TestPredictFixes(t *testing.T) {
	for _, names := range [][]string{{viewerName}, {"shop.example.org"}, {"*.example.org"}, nil} {
		q := articleQuestion
		q.Certificates = []Certificate{{"a.pem", names}}
		for _, r := range Predict(q) {
			if r.Accepted {
				continue
			}
			for i, fix := range r.Fixes {
				if i == 0 && !strings.Contains(fix.Command, " -d "+originName) {
					t.Errorf("%q: the first fix is %+v", names, fix)
				}
				_, list, found := strings.Cut(fix.Command, " -d ")
				if !found {
					continue
				}
				fixed := r.Combination
				if strings.Contains(fix.Says, "forward Host") {
					fixed = fixed.asking(true)
				}
				got := strings.Split(strings.ReplaceAll(list, "'", ""), " -d ")
				if after := fixed.With(Certificate{Names: got}); !after.Accepted {
					t.Errorf("%q, %s, Host %v: after %q still refused", names, r.ViewerDomain, r.HostForwarded, fix.Command)
				}
			}
		}
	}
	// AWS's own names cannot be certified: no command, but a way out.
	rows := Predict(Question{OriginDomains: []string{unlisted}, ViewerDomains: []string{viewerName}, ForwardHost: No, Certificates: []Certificate{{"", []string{viewerName}}}})
	if fixes := rows[0].Fixes; len(fixes) != 2 || fixes[0].Command != "" || !strings.Contains(fixes[0].Says, "such as origin.example.com") || !strings.Contains(fixes[1].Says, AllViewerID) {
		t.Errorf("fixes %+v", fixes)
	}
}

// short writes a row as the tests below compare it.
func short(r Row) string {
	return fmt.Sprintf("%s < %s host=%v %d row %d", r.OriginDomain, r.ViewerDomain, r.HostForwarded, r.ViewerStatus, r.ArticleRow)
}

// TestPredictNotGiven: what was not given is tried with names that make a
// difference, and each row says what it assumed.
func TestPredictNotGiven(t *testing.T) {
	const away = unlisted
	tests := []struct {
		name string
		q    Question
		cert []string
		want []string
	}{
		{"nothing but the viewers' certificate: all eight rows", Question{}, []string{viewerName}, []string{
			"www.example.com < example.com host=true 200 row 1", "www.example.com < example.com host=false 200 row 2",
			"www.example.com < dxxxx.cloudfront.net host=true 200 row 3", "www.example.com < dxxxx.cloudfront.net host=false 200 row 4",
			"origin.example.com < www.example.com host=true 200 row 5", "origin.example.com < www.example.com host=false 502 row 6",
			"origin.example.com < dxxxx.cloudfront.net host=true 502 row 7", "origin.example.com < dxxxx.cloudfront.net host=false 502 row 8"}},
		{"the origin domain, and its certificate", Question{OriginDomains: []string{originName}}, []string{originName}, []string{
			"origin.example.com < www.example.com host=true 200 row 1", "origin.example.com < www.example.com host=false 200 row 2",
			"origin.example.com < dxxxx.cloudfront.net host=true 200 row 3", "origin.example.com < dxxxx.cloudfront.net host=false 200 row 4"}},
		{"the viewers' name, and its certificate", Question{ViewerDomains: []string{viewerName}}, []string{viewerName}, []string{
			"origin.example.com < www.example.com host=true 200 row 5", "origin.example.com < www.example.com host=false 502 row 6"}},
		{"the viewers' name, wildcard", Question{ViewerDomains: []string{viewerName}, ForwardHost: No}, []string{"*.example.com"}, []string{
			"origin.example.com < www.example.com host=false 200 row 2", away + " < www.example.com host=false 502 row 6"}},
		{"a registry of two labels", Question{ViewerDomains: []string{"example.co.uk"}, ForwardHost: No}, []string{"example.co.uk"}, []string{
			"origin.example.co.uk < example.co.uk host=false 502 row 6"}},
	}
	for _, tt := range tests {
		tt.q.Certificates = []Certificate{{"a.pem", tt.cert}}
		var got []string
		for _, r := range Predict(tt.q) {
			got = append(got, short(r))
			if r.InUse != Unknown || len(r.Assumed) == 0 || r.Decision.Says == "" {
				t.Errorf("%s: %s: in use %v, assumed %q", tt.name, short(r), r.InUse, r.Assumed)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
		}
	}
}

// TestPredictManyNames: a certificate of a hundred names does not make a table
// of hundreds of rows, and says so.
func TestPredictManyNames(t *testing.T) {
	var names []string
	for i := range 100 {
		names = append(names, fmt.Sprintf("n%d.example.com", i))
	}
	rows := Predict(Question{OriginDomains: []string{originName}, ForwardHost: No, Certificates: []Certificate{{"", names}}})
	if len(rows) != maxTried+1 || !strings.Contains(strings.Join(rows[maxTried-1].Assumed, " "), "not tried") {
		t.Errorf("%d rows", len(rows))
	}
}

func TestPredictConfig(t *testing.T) {
	c := loadSample(t)
	cert := []Certificate{{"www.pem", []string{viewerName}}}
	var got []string
	for _, r := range Predict(Question{Config: c, Certificates: cert, ViewerDomains: []string{viewerName}}) {
		got = append(got, fmt.Sprintf("%s %s %s %s %d", r.Behavior, r.Origin, r.SNI, r.Decision.By, r.ViewerStatus))
	}
	want := []string{
		"/api/* web origin.example.com origin-request-policy 502", "/api/* spare spare.example.org origin-request-policy 502",
		"/old/* balancer www.example.com forwarded-values 200",
		"/in/* inside www.example.com assumed 200", "/in/* inside inside.example.com assumed 502",
		"* web www.example.com cache-policy 200",
	}
	if !slices.Equal(got, want) { // neither the bucket nor the origin without TLS
		t.Errorf("%q,\nwant %q", got, want)
	}
	rows := Predict(Question{Config: c, Certificates: cert, OriginDomains: []string{"ORIGIN.example.com"}, ForwardHost: No})
	if len(rows) != 6 { // two behaviours, three names
		t.Fatalf("%d rows", len(rows))
	}
	for i, r := range rows {
		wantUse := map[bool]Tristate{true: Unknown, false: Yes}[r.ViewerDomain == PlaceholderName]
		if r.OriginDomain != originName || r.Decision.By != ByFlag || r.InUse != wantUse {
			t.Errorf("row %d: %s, %+v, in use %v", i, r.OriginDomain, r.Decision, r.InUse)
		}
	}
	if last := rows[5].Decision.Says; !strings.Contains(last, "The distribution says otherwise: Host is in the cache key") {
		t.Errorf("a flag against the file: %q", last)
	}
	stranger := Predict(Question{Config: c, Certificates: cert, ViewerDomains: []string{"shop.example.org", "a.b.example.net", edgeName}})
	for _, r := range stranger {
		if assumed := strings.Contains(strings.Join(r.Assumed, ""), "is no alias"); assumed != (r.ViewerDomain == "shop.example.org") {
			t.Errorf("%s: assumed %q", r.ViewerDomain, r.Assumed)
		}
	}
}

// TestPredictHugeConfig: a distribution far above AWS's quotas is cut, and says so.
func TestPredictHugeConfig(t *testing.T) {
	c := &Config{Origins: []Origin{{ID: "a", Domain: originName}}}
	for i := range maxAliases {
		c.Aliases = append(c.Aliases, fmt.Sprintf("n%d.example.com", i))
	}
	for range maxBehaviors {
		c.Behaviors = append(c.Behaviors, Behavior{Target: "a", CachePolicyID: ownPolicy})
	}
	all := Combinations(Question{Config: c})
	last := len(all) - 1
	if len(all) > maxCombinations+1 || len(all[last].Assumed) != 1 || !strings.Contains(all[last].Assumed[0], "more cases") {
		t.Errorf("%d combinations, the last assumes %q", len(all), all[last].Assumed)
	}
}

func TestWarnings(t *testing.T) {
	c := loadSample(t)
	var got []string
	for _, w := range c.Warnings(nil) {
		got = append(got, strings.Trim(w.Code+" "+w.Origin+" "+w.Behavior, " "))
	}
	want := []string{
		"origin-match-viewer spare", "origin-port spare", "origin-tls-old spare",
		"origin-load-balancer balancer", "origin-tls-sslv3 balancer", "origin-vpc inside", "origin-http-only clear",
		"group-domains", "function  /api/*", "s3-host-forwarded pictures /img/*", "function  /old/*", "policy-missing  /in/*", "cache-policy-wins  *",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q,\nwant %q", got, want)
	}
}

// TestWarningsByOrigin: one origin each, behind a distribution without aliases.
func TestWarningsByOrigin(t *testing.T) {
	good := Origin{ID: "a", Domain: originName, Protocol: "https-only", HTTPPort: 80, HTTPSPort: 443, Protocols: []string{"TLSv1.2"}}
	with := func(change func(*Origin)) Origin {
		o := good
		change(&o)
		o.Kind = kindOf(o.Domain)
		return o
	}
	for _, tt := range []struct {
		origin Origin
		want   []string
	}{
		{good, nil},
		{with(func(o *Origin) { o.Domain = "Origin.example.com" }), []string{"origin-domain-odd"}},
		{with(func(o *Origin) { o.Domain = "origin.example.com." }), []string{"origin-domain-odd"}},
		{with(func(o *Origin) { o.Domain = "192.0.2.1" }), []string{"origin-domain-odd"}},
		{with(func(o *Origin) { o.Domain = "*.example.com" }), []string{"origin-domain-odd"}},
		{with(func(o *Origin) { o.HTTPSPort = 80 }), []string{"origin-port"}},
		{with(func(o *Origin) { o.Protocols = []string{"SSLv3"} }), []string{"origin-tls-old"}},
		{with(func(o *Origin) { o.Protocols = []string{"TLSv1", "TLSv1.1", "TLSv1.2"} }), nil},
		{with(func(o *Origin) { o.Protocol = "both" }), []string{"origin-protocol-unknown"}},
		{with(func(o *Origin) { o.Domain = "a.s3-website-us-east-1.amazonaws.com" }), []string{"origin-website-https"}},
		{with(func(o *Origin) { o.Domain = "abc.execute-api.us-east-1.amazonaws.com" }), []string{"origin-aws-service"}},
	} {
		c := &Config{Origins: []Origin{tt.origin}, Behaviors: []Behavior{{Path: "*", Default: true, Target: "a", Legacy: true}}}
		var got []string
		for _, w := range c.Warnings(nil)[1:] {
			got = append(got, w.Code)
		}
		if !slices.Equal(got, tt.want) || c.Warnings(nil)[0].Code != "no-aliases" {
			t.Errorf("%+v: %q, want %q", tt.origin, got, tt.want)
		}
	}
}

// TestWarningsCommands: what a warning says to type is right for this origin, and
// nothing of the file gets into a shell that should not.
func TestWarningsCommands(t *testing.T) {
	for id, want := range map[string]string{
		"vo_Ab12":      "aws cloudfront get-vpc-origin --id vo_Ab12",
		"vo_a; reboot": "aws cloudfront get-vpc-origin --id ID",
		"vo_":          "aws cloudfront get-vpc-origin --id ID",
		"":             "aws cloudfront get-vpc-origin --id ID",
	} {
		o := Origin{ID: "a", Domain: originName, Kind: VPC, VPCOrigin: id}
		if got := o.warnings(); len(got) != 1 || got[0].Fixes[0].Command != want {
			t.Errorf("%q: %+v, want %s", id, got, want)
		}
	}
}

// TestWarningsCachePolicyWins: whoever made the policies, AWS or the operator.
func TestWarningsCachePolicyWins(t *testing.T) {
	const own = "0a1b2c3d-0000-4000-8000-0000000000aa"
	known := &Policies{}
	if err := known.Read(strings.NewReader(`{"OriginRequestPolicy":{"Id":"`+own+`","OriginRequestPolicyConfig":{"Name":"ours","HeadersConfig":{"HeaderBehavior":"none"}}}}`), "p"); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]bool{own: true, AllViewerExceptHostID: true, AllViewerID: false, "": false} {
		c := &Config{Aliases: []string{viewerName}, Origins: []Origin{{ID: "a", Domain: originName, Protocol: "https-only"}},
			Behaviors: []Behavior{{Path: "*", Default: true, Target: "a", CachePolicyID: "83da9c7e-98b4-4e11-a168-04f0df8e2c65", OriginRequestPolicyID: id}}}
		got := slices.ContainsFunc(c.Warnings(known), func(w Warning) bool { return w.Code == "cache-policy-wins" && len(w.Fixes) == 1 })
		if got != want {
			t.Errorf("origin request policy %q: warned %v", id, got)
		}
	}
}

// TestMissingPolicies: with two policies that are not known, both are named, and
// their files have names of their own.
func TestMissingPolicies(t *testing.T) {
	d := Decide(Behavior{CachePolicyID: "0a1b2c3d-0000-4000-8000-0000000000aa", OriginRequestPolicyID: "1a1b2c3d-0000-4000-8000-0000000000aa"}, nil)
	if len(d.Missing) != 2 || !strings.Contains(d.Missing[0].Command, "> origin-request-policy-1a1b2c3d.json") || !strings.Contains(d.Missing[1].Command, "> cache-policy-0a1b2c3d.json") {
		t.Errorf("missing %+v", d.Missing)
	}
	if !strings.HasPrefix(d.Says, "The origin request policy 1a1b2c3d") || !strings.Contains(d.Says, "The cache policy 0a1b2c3d") {
		t.Errorf("says %q", d.Says)
	}
}

func TestCheckName(t *testing.T) {
	for _, name := range []string{viewerName, edgeName, "*.example.com", "xn--bcher-kva.example", "_a.example.com", unlisted} {
		if err := CheckName(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, want := range map[string][2]string{
		"":                         {"no name", "www.example.com"},
		"www.example.com.":         {"ends in a dot", "leave it out: www.example.com"},
		"WWW.example.com":          {"capital letters", "small letters: www.example.com"},
		"bücher.example":           {"Unicode form", "xn--"},
		"192.0.2.1":                {"IP address", "domain name"},
		"2001:db8::1":              {"IP address", "domain name"},
		"[2001:db8::1]":            {"IP address", "domain name"},
		"https://www.example.com/": {"URL", "alone: www.example.com"},
		"https://192.0.2.1/":       {"URL", "give the host name alone"},
		"www.example.com:443":      {"with a port", "alone: www.example.com"},
		"www":                      {"one label", ""},
		"*.com":                    {"one label", ""},
		"www.*.com":                {"whole leftmost label", "*.example.com"},
		"w*.example.com":           {"whole leftmost label", ""},
		"a..example.com":           {"empty label", ""},
		"-a.example.com":           {"no label", ""},
		"a b.example.com":          {"white space", ""},
		"a\x1b[31m.example.com":    {"control characters", ""},
		"{{tenant}}.example.com":   {"no label", ""},
		strings.Repeat("a.", 130) + "example.com": {"253", ""},
	} {
		err := CheckName(name)
		e, ok := err.(*InputError)
		if !ok || !strings.Contains(e.Error(), want[0]) || !strings.Contains(e.Hint(), want[1]) || len(e.Error()) > 500 {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
	if err := CheckOriginDomain("*.example.com"); err == nil || !strings.Contains(err.Error(), "wildcard") {
		t.Errorf("wildcard as origin domain: %v", err)
	}
	if err := CheckOriginDomain(originName); err != nil {
		t.Error(err)
	}
}

func BenchmarkPredict(b *testing.B) {
	q := articleQuestion
	q.Certificates = []Certificate{{"a.pem", []string{viewerName}}}
	b.ReportAllocs()
	for b.Loop() {
		Predict(q)
	}
}
