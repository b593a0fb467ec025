package edge

import (
	"slices"
	"strings"
	"testing"
)

const (
	originName = "origin.example.com"
	viewerName = "www.example.com"
	edgeName   = "d111111abcdef8.cloudfront.net"
)

// TestJudgeArticle is the table of docs/cloudfront.md, row by row. The origin
// domain is origin.example.com throughout.
func TestJudgeArticle(t *testing.T) {
	rows := []struct {
		row         int
		viewer      string
		certificate string
		host        Tristate
		sni         string
		status      int
	}{
		{1, viewerName, originName, Yes, viewerName, 200},
		{2, viewerName, originName, No, originName, 200},
		{3, edgeName, originName, Yes, edgeName, 200},
		{4, edgeName, originName, No, originName, 200},
		{5, viewerName, viewerName, Yes, viewerName, 200},
		{6, viewerName, viewerName, No, originName, 502},
		{7, edgeName, viewerName, Yes, edgeName, 502},
		{8, edgeName, viewerName, No, originName, 502},
	}
	verdicts := map[int]Verdict{200: Accepted, 502: Rejected}
	for _, r := range rows {
		names := []string{r.certificate}
		for _, told := range []Tristate{Unknown, r.host} {
			j := Judge(names, r.sni, Distribution{OriginDomain: originName, ViewerDomains: []string{r.viewer}, ForwardHost: told})
			if j.Verdict != verdicts[r.status] || j.Row != r.row || j.HostForwarded != r.host {
				t.Errorf("row %d, Host told %v: %v, row %d, Host %v", r.row, told, j.Verdict, j.Row, j.HostForwarded)
			}
			if len(j.Assumed) != 0 {
				t.Errorf("row %d: everything is known, yet assumed %q", r.row, j.Assumed)
			}
			if want := r.certificate; j.Verdict == Accepted && (j.CoveredBy != want || j.Missing != nil) {
				t.Errorf("row %d: covered by %q, missing %q", r.row, j.CoveredBy, j.Missing)
			}
			if j.Verdict == Rejected && j.Missing[0] != originName {
				t.Errorf("row %d: missing %q, want the origin domain first", r.row, j.Missing)
			}
		}
		// Without the origin domain a row that is refused may stay undecided, but it
		// must never be taken for accepted, and must get its number all the same.
		j := Judge(names, r.sni, Distribution{ViewerDomains: []string{r.viewer}})
		if r.status == 502 && (j.Verdict == Accepted || j.Row != r.row) {
			t.Errorf("row %d without the origin domain: %v, row %d", r.row, j.Verdict, j.Row)
		}
		if r.status == 200 && j.Verdict == Rejected {
			t.Errorf("row %d without the origin domain: rejected", r.row)
		}
	}
}

func TestJudge(t *testing.T) {
	all := []string{originName, viewerName}
	tests := []struct {
		name    string
		names   []string
		sni     string
		d       Distribution
		verdict Verdict
		row     int
		host    Tristate
		origin  Tristate
		missing []string
		assumed []string // a part of each sentence, in order
	}{
		{"nothing known, SNI covered", all, viewerName, Distribution{}, Accepted, 0, Unknown, Unknown, nil, nil},
		{"nothing known, SNI not covered", all[1:], originName, Distribution{}, Undecided, 6, Unknown, Unknown,
			all[:1], []string{"origin domain is not known", "Whether origin.example.com is the origin domain"}},
		{"SNI of CloudFront, origin domain unknown", all[1:], edgeName, Distribution{}, Undecided, 7, Yes, Unknown,
			nil, []string{"origin domain is not known"}},
		{"SNI of CloudFront in capitals, with a dot", all, strings.ToUpper(edgeName) + ".", Distribution{OriginDomain: "ORIGIN.example.com."},
			Accepted, 3, Yes, Yes, nil, nil},
		{"viewer domain unknown, refused", all[1:], originName, Distribution{OriginDomain: originName}, Rejected, 6, No, No,
			all[:1], []string{"Rows 6 and 8 look alike"}},
		{"viewer domain unknown, accepted", all, originName, Distribution{OriginDomain: originName}, Accepted, 2, No, Yes,
			nil, []string{"Rows 2 and 4 look alike"}},
		{"no SNI of the viewers: the origin domain", all[1:], originName, Distribution{ViewerDomains: all[1:]}, Rejected, 6, No, No,
			all[:1], []string{"none of the viewer domains"}},
		{"SNI of a viewer, origin domain unknown", []string{"other.example.com"}, viewerName, Distribution{ViewerDomains: all[1:]},
			Undecided, 0, Yes, Unknown, []string{viewerName}, []string{"origin domain is not known"}},
		{"forwarded, covers neither", []string{"other.example.com"}, viewerName, Distribution{OriginDomain: originName},
			Rejected, 0, Yes, No, []string{originName, viewerName}, nil},
		{"viewers use both names, certificate for theirs", all[1:], originName,
			Distribution{OriginDomain: originName, ViewerDomains: []string{edgeName, viewerName}}, Rejected, 6, No, No, all[:1], nil},
		{"viewers use both names, certificate for neither", []string{"other.example.com"}, originName,
			Distribution{OriginDomain: originName, ViewerDomains: []string{viewerName, edgeName}}, Rejected, 8, No, No, all[:1], nil},
		{"not forwarded, covers neither", []string{"other.example.com"}, originName,
			Distribution{OriginDomain: originName, ViewerDomains: all[1:]}, Rejected, 0, No, No, all[:1], nil},
		{"told not forwarded, origin domain unknown", all[1:], originName, Distribution{ForwardHost: No}, Rejected, 6, No, No,
			all[:1], []string{"Rows 6 and 8"}},
		{"told forwarded, origin domain unknown", all[:1], viewerName, Distribution{ForwardHost: Yes}, Undecided, 0, Yes, Unknown,
			all[1:], []string{"origin domain is not known"}},
		{"told forwarded, but it is not", all[1:], originName, Distribution{OriginDomain: originName, ViewerDomains: all[1:], ForwardHost: Yes},
			Rejected, 6, No, No, all[:1], []string{"said to be forwarded"}},
		{"told not forwarded, but it is", all[1:], viewerName, Distribution{OriginDomain: originName, ForwardHost: No},
			Accepted, 5, Yes, No, nil, []string{"said not to be forwarded"}},
		{"told not forwarded, SNI of CloudFront", all[1:], edgeName, Distribution{ForwardHost: No},
			Undecided, 7, Yes, Unknown, nil, []string{"said not to be forwarded", "origin domain is not known"}},
		{"SNI is neither name", all[1:], "third.example.com", Distribution{OriginDomain: originName, ViewerDomains: all[1:]},
			Rejected, 0, Yes, No, []string{originName, "third.example.com"}, []string{"none of the viewer domains"}},
		{"the origin domain is a viewer's too", all[1:], originName, Distribution{OriginDomain: originName, ViewerDomains: all},
			Rejected, 0, Unknown, No, all[:1], nil},
		{"wildcard of viewers, any depth", []string{"*.example.com"}, "a.b.example.com",
			Distribution{ViewerDomains: []string{"*.example.com"}}, Undecided, 0, Yes, Unknown, []string{"a.b.example.com"}, []string{"not known"}},
		{"wildcard of the certificate", []string{"*.example.com"}, originName, Distribution{OriginDomain: originName, ViewerDomains: all[1:]},
			Accepted, 2, No, Yes, nil, nil},
		{"wildcard viewers, certificate under it", all[1:], "origin.example.net",
			Distribution{OriginDomain: "origin.example.net", ViewerDomains: []string{"*.example.com"}}, Rejected, 6, No, No, []string{"origin.example.net"}, nil},
		{"no names", nil, originName, Distribution{OriginDomain: originName}, Rejected, 0, No, No, all[:1], nil},
		{"no SNI, nothing known", all, "", Distribution{}, Undecided, 0, Unknown, Unknown, nil, []string{"no SNI", "not known"}},
		{"no SNI, origin domain covered", all, "", Distribution{OriginDomain: originName}, Accepted, 0, Unknown, Yes, nil, []string{"no SNI"}},
		{"no SNI, origin domain not covered", all[1:], "", Distribution{OriginDomain: originName}, Undecided, 0, Unknown, No,
			all[:1], []string{"no SNI", "If Host is forwarded"}},
		{"no SNI, not covered, not forwarded", all[1:], "", Distribution{OriginDomain: originName, ForwardHost: No}, Rejected, 0, No, No,
			all[:1], []string{"no SNI"}},
		{"an address is no origin domain", all[1:], originName, Distribution{OriginDomain: "192.0.2.1"}, Undecided, 6, Unknown, Unknown,
			all[:1], []string{"not known", "Whether"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := Judge(tt.names, tt.sni, tt.d)
			if j.Verdict != tt.verdict || j.Row != tt.row || j.HostForwarded != tt.host || j.OriginCovered != tt.origin {
				t.Errorf("%v, row %d, Host %v, origin %v; want %v, %d, %v, %v",
					j.Verdict, j.Row, j.HostForwarded, j.OriginCovered, tt.verdict, tt.row, tt.host, tt.origin)
			}
			if !slices.Equal(j.Missing, tt.missing) {
				t.Errorf("missing %q, want %q", j.Missing, tt.missing)
			}
			if len(j.Assumed) != len(tt.assumed) {
				t.Fatalf("assumed %q, want %d sentences", j.Assumed, len(tt.assumed))
			}
			for i, part := range tt.assumed {
				if !strings.Contains(j.Assumed[i], part) {
					t.Errorf("assumed %q, want %q in it", j.Assumed[i], part)
				}
			}
		})
	}
}

// TestJudgeMissing: what Missing names must make the verdict Accepted.
func TestJudgeMissing(t *testing.T) {
	some := []string{"", originName, viewerName, edgeName}
	for _, sni := range some {
		for _, origin := range some[:2] {
			for _, viewer := range some {
				for _, told := range []Tristate{Unknown, Yes, No} {
					d := Distribution{OriginDomain: origin, ViewerDomains: []string{viewer}, ForwardHost: told}
					j := Judge([]string{"other.example.net"}, sni, d)
					for _, name := range j.Missing {
						if with := Judge([]string{"other.example.net", name}, sni, d); with.Verdict != Accepted {
							t.Errorf("SNI %q, %+v: with %q it is %v", sni, d, name, with.Verdict)
						}
					}
				}
			}
		}
	}
}

// TestJudgeLongName: an SNI of 64 KiB is not kept in sentences.
func TestJudgeLongName(t *testing.T) {
	sni := strings.Repeat("a.", 1<<15) + "example.com"
	for _, d := range []Distribution{{}, {OriginDomain: originName}, {ViewerDomains: []string{viewerName}}, {OriginDomain: originName, ForwardHost: No}} {
		j := Judge([]string{viewerName}, sni, d)
		if text := strings.Join(append(j.Assumed, j.Missing...), ""); len(text) > 1500 {
			t.Errorf("%+v: %d bytes of text", d, len(text))
		}
	}
}

func BenchmarkJudge(b *testing.B) {
	names := []string{viewerName}
	d := Distribution{OriginDomain: originName, ViewerDomains: []string{viewerName}}
	b.ReportAllocs()
	for b.Loop() {
		Judge(names, originName, d)
	}
}
