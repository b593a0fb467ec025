package edge

import (
	"strings"
	"testing"
)

// setupOf reads a distribution with the two given behaviours for one origin, or
// for two where the second behaviour names another.
func setupOf(t *testing.T, given Distribution, behaviors string) *Setup {
	t.Helper()
	const text = `{"DistributionConfig": {
 "Aliases": {"Items": ["www.example.com", "*.shop.example.com"]},
 "Origins": {"Items": [
  {"Id": "web", "DomainName": "origin.example.com", "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}},
  {"Id": "api", "DomainName": "api-origin.example.com", "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}}]},
 BEHAVIORS}}`
	config, err := ReadDistribution(strings.NewReader(strings.Replace(text, "BEHAVIORS", behaviors, 1)), "dir/distribution.json")
	if err != nil {
		t.Fatal(err)
	}
	return NewSetup(given, config, nil)
}

const (
	byCachePolicy = `"DefaultCacheBehavior": {"TargetOriginId": "web", "CachePolicyId": "` + useOriginHeaders +
		`", "OriginRequestPolicyId": "b689b0a8-53d0-40ab-baf2-68738e2966ac"}`
	allViewerFor2 = `"DefaultCacheBehavior": {"TargetOriginId": "web", "CachePolicyId": "` + cachingDisabled + `", "OriginRequestPolicyId": "` + AllViewerID + `"},
 "CacheBehaviors": {"Items": [{"PathPattern": "/api/*", "TargetOriginId": "api", "CachePolicyId": "` + cachingDisabled + `", "OriginRequestPolicyId": "` + AllViewerID + `",
  "FunctionAssociations": {"Items": [{"EventType": "viewer-request", "FunctionARN": "arn:aws:cloudfront::1:function/route"}]}}]}`
	mixedForwarding = `"DefaultCacheBehavior": {"TargetOriginId": "web", "CachePolicyId": "` + cachingDisabled + `"},
 "CacheBehaviors": {"Items": [{"PathPattern": "/api/*", "TargetOriginId": "api", "CachePolicyId": "` + cachingDisabled + `", "OriginRequestPolicyId": "` + AllViewerID + `"}]}`
	unknownPolicy = `"DefaultCacheBehavior": {"TargetOriginId": "web", "CachePolicyId": "12345678-1234-1234-1234-123456789012"}`
)

func TestSetup(t *testing.T) {
	tests := []struct {
		name      string
		given     Distribution
		behaviors string
		sni       string
		origin    string
		forwarded Tristate
		paths     string   // of all that decide, joined
		decided   string   // part of the sentence of the first one, "": none decides
		stop      string   // part of what stops it
		remark    string   // part of a remark, "": there is none
		missing   []string // parts of commands
	}{
		{"the cache policy wins", Distribution{}, byCachePolicy, "www.example.com", "origin.example.com", Yes, "*",
			"cache policy UseOriginCacheControlHeaders", "choose a cache policy that does not have Host in its key", "", nil},
		{"upper case and a dot", Distribution{}, byCachePolicy, "WWW.example.com.", "origin.example.com", Yes, "*", "cache policy", "cache policy", "", nil},
		{"any name under cloudfront.net may be its own", Distribution{}, byCachePolicy, "d111111abcdef8.cloudfront.net", "origin.example.com", Yes, "*", "cache policy", "cache policy", "", nil},
		{"an alias with a wildcard, two levels", Distribution{}, byCachePolicy, "a.b.shop.example.com", "origin.example.com", Yes, "*", "cache policy", "cache policy", "", nil},
		{"the origin domain, though Host is forwarded", Distribution{}, byCachePolicy, "origin.example.com", "origin.example.com", Unknown, "", "", "",
			"In the behaviour *: Host is in the cache key", nil},
		{"no name of it", Distribution{}, byCachePolicy, "other.example.net", "origin.example.com", Unknown, "", "", "", "does not ask for this name", nil},
		{"no SNI", Distribution{}, byCachePolicy, "", "origin.example.com", Unknown, "", "", "", "", nil},
		{"two origins, the same policy", Distribution{}, allViewerFor2, "www.example.com", "", Yes, "/api/* *", "AllViewer forwards Host",
			"choose the origin request policy AllViewerExceptHostHeader instead of AllViewer", "api-origin.example.com and origin.example.com", nil},
		{"two origins, one of them given", Distribution{OriginDomain: "api-origin.example.com"}, allViewerFor2, "www.example.com", "api-origin.example.com", Yes, "/api/*",
			"AllViewer forwards Host", "AllViewerExceptHostHeader", "", nil},
		{"one path forwards, the other does not: the viewers' name", Distribution{}, mixedForwarding, "www.example.com", "api-origin.example.com", Yes, "/api/*", "AllViewer", "AllViewer", "", nil},
		{"one path forwards, the other does not: the origin domain", Distribution{}, mixedForwarding, "origin.example.com", "origin.example.com", No, "*", "Host is not in the cache key", "", "", nil},
		{"a policy that is not known", Distribution{}, unknownPolicy, "www.example.com", "origin.example.com", Unknown, "*", "is none of AWS's own", "", "",
			[]string{"aws cloudfront get-cache-policy --id 12345678-1234-1234-1234-123456789012"}},
		{"the flag goes before it", Distribution{ForwardHost: Yes}, unknownPolicy, "www.example.com", "origin.example.com", Yes, "*", "Host was said to be forwarded", "", "", nil},
		{"viewers' names that were given", Distribution{ViewerDomains: []string{"new.example.com"}}, byCachePolicy, "new.example.com", "origin.example.com", Yes, "*", "cache policy", "cache policy", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := setupOf(t, tt.given, tt.behaviors).For(tt.sni)
			if got.OriginDomain != tt.origin || got.ForwardHost != tt.forwarded {
				t.Errorf("origin %q, forwarded %v; want %q, %v", got.OriginDomain, got.ForwardHost, tt.origin, tt.forwarded)
			}
			var paths, stops []string
			for i := range got.Decided {
				paths = append(paths, got.Decided[i].Paths...)
				stops = append(stops, got.Decided[i].Stop())
			}
			if strings.Join(paths, " ") != tt.paths {
				t.Errorf("decided for %q, want %q", paths, tt.paths)
			}
			if tt.decided != "" && !strings.Contains(got.Decided[0].Says, tt.decided) {
				t.Errorf("says %q, want %q in it", got.Decided[0].Says, tt.decided)
			}
			if tt.forwarded == Yes && !strings.Contains(strings.Join(stops, " "), tt.stop) {
				t.Errorf("is stopped by %q, want %q in it", stops, tt.stop)
			}
			remarks := strings.Join(got.Remarks, " ")
			if (remarks == "") != (tt.remark == "") || !strings.Contains(remarks, tt.remark) {
				t.Errorf("remarks %q, want %q in them", remarks, tt.remark)
			}
			if len(got.Missing) != len(tt.missing) || len(tt.missing) > 0 && !strings.Contains(got.Missing[0].Command, tt.missing[0]) {
				t.Errorf("missing %v, want %q", got.Missing, tt.missing)
			}
		})
	}
}

// TestSetupNamesFunctions: a function can set the names by itself, and is told.
func TestSetupNamesFunctions(t *testing.T) {
	got := setupOf(t, Distribution{}, allViewerFor2).For("www.example.com")
	if len(got.Decided) != 1 || len(got.Decided[0].Notes) != 1 || !strings.Contains(got.Decided[0].Notes[0], "route") {
		t.Errorf("decided %+v, want the function route named once", got.Decided)
	}
	if b := got.Decided[0].Behaviors(); b != "behaviours /api/* and *" {
		t.Errorf("behaviours %q", b)
	}
}
