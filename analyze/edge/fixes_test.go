package edge

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// fixesOf gives what is said to do for a certificate in one case, joined.
func fixesOf(names []string, viewer string, host Tristate) string {
	r := Predict(Question{OriginDomains: []string{originName}, ViewerDomains: []string{viewer}, ForwardHost: host, Certificates: []Certificate{{Names: names}}})[0]
	var all []string
	for _, f := range r.Fixes {
		all = append(all, f.Says+" "+f.Command)
	}
	return strings.Join(all, "\n")
}

// TestFixesFit: nobody is told to do what is done already, or what does not help.
func TestFixesFit(t *testing.T) {
	for _, tt := range []struct {
		names        []string
		viewer       string
		host         Tristate
		want, wanted string // what is there, and what must not be
	}{
		{[]string{"shop.example.org"}, viewerName, Yes, "Or put " + viewerName, "forward Host"},
		{[]string{"shop.example.org"}, viewerName, No, "forward Host, as the origin request policy AllViewer", "that you have then fits"},
		{[]string{viewerName}, viewerName, No, "that you have then fits", "Or put"},
		{[]string{viewerName}, edgeName, Yes, "have viewers come by " + viewerName, "forward Host"},
		{[]string{viewerName}, edgeName, No, "Put the origin domain", "have viewers"},
		{[]string{"*.example.org"}, edgeName, Yes, "have viewers come by www.example.org", "come by *"},
		{[]string{"192.0.2.1"}, edgeName, Yes, "Put the origin domain", "have viewers"},
	} {
		got := fixesOf(tt.names, tt.viewer, tt.host)
		if !strings.Contains(got, tt.want) || strings.Contains(got, tt.wanted) {
			t.Errorf("%q, viewers of %s, Host %v: %q is not in, or %q is in\n%s", tt.names, tt.viewer, tt.host, tt.want, tt.wanted, got)
		}
	}
}

// TestCertbotFixLimits: Let's Encrypt has at most 100 names in a certificate.
func TestCertbotFixLimits(t *testing.T) {
	var names []string
	for i := range maxCertbotNames {
		names = append(names, fmt.Sprintf("n%d.example.com", i))
	}
	if f := CertbotFix("Do it.", "--force-renewal", names); strings.Count(f.Command, " -d ") != maxCertbotNames || !strings.HasPrefix(f.Command, "sudo certbot --nginx --force-renewal -d n0") {
		t.Errorf("for 100 names: %q", f.Command)
	}
	if f := CertbotFix("Do it.", "", names, originName); f.Command != "" {
		t.Errorf("for 101 names: %q", f.Command)
	}
	if f := CertbotFix("Do it.", "", nil); f.Command != "" {
		t.Errorf("for none: %q", f.Command)
	}
}

// TestWarningsHostToBucket: a website endpoint finds its bucket by Host, too.
func TestWarningsHostToBucket(t *testing.T) {
	for kind, want := range map[OriginKind]bool{Bucket: true, Website: true, Custom: false, Balancer: false} {
		for _, headers := range [][]string{{"Host"}, nil} {
			c := &Config{Origins: []Origin{{ID: "a", Domain: originName, Kind: kind, Protocol: "http-only"}},
				Behaviors: []Behavior{{Path: "*", Default: true, Target: "a", Legacy: true, LegacyHeaders: headers}}}
			got := slices.ContainsFunc(c.Warnings(nil), func(w Warning) bool { return w.Code == "s3-host-forwarded" })
			if got != (want && headers != nil) {
				t.Errorf("%v, headers %q: warned %v", kind, headers, got)
			}
		}
	}
}

// TestConfigWithoutAliases: the distribution's own name is the only one, so it is
// in use; beside an alias nobody knows.
func TestConfigWithoutAliases(t *testing.T) {
	c := &Config{Origins: []Origin{{ID: "a", Domain: originName, Protocol: "https-only"}}, Behaviors: []Behavior{{Path: "*", Default: true, Target: "a", Legacy: true}}}
	for aliases, want := range map[string][]Tristate{"": {Yes}, viewerName: {Yes, Unknown}} {
		c.Aliases = strings.Fields(aliases)
		rows := Predict(Question{Config: c, Certificates: []Certificate{{}}})
		if len(rows) != len(want) {
			t.Fatalf("alias %q: %d rows", aliases, len(rows))
		}
		for i, r := range rows {
			if r.InUse != want[i] {
				t.Errorf("alias %q: %s is in use: %v", aliases, r.ViewerDomain, r.InUse)
			}
		}
	}
}
