package edge

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Ids of policies: AWS's own, from the Developer Guide, and invented ones.
const (
	cachingDisabled  = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
	cachingOptimized = "658327ea-f89d-4fab-a63d-7e88639e58f6"
	useOriginHeaders = "83da9c7e-98b4-4e11-a168-04f0df8e2c65"
	ownPolicy        = "0a1b2c3d-0000-4000-8000-00000000beef"
	otherPolicy      = "0a1b2c3d-0000-4000-8000-00000000cafe"
)

func TestDecide(t *testing.T) {
	var known Policies
	for _, text := range []string{
		`{"CachePolicy":{"Id":"` + ownPolicy + `","CachePolicyConfig":{"Name":"Mine","ParametersInCacheKeyAndForwardedToOrigin":` +
			`{"HeadersConfig":{"HeaderBehavior":"whitelist","Headers":{"Quantity":1,"Items":["HOST"]}}}}}}`,
		`{"OriginRequestPolicy":{"Id":"` + otherPolicy + `","OriginRequestPolicyConfig":{"Name":"Theirs",` +
			`"HeadersConfig":{"HeaderBehavior":"allExcept","Headers":{"Quantity":1,"Items":["Cookie"]}}}}}`,
	} {
		if err := known.Read(strings.NewReader(text), "policy.json"); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name           string
		cache, request string
		known          *Policies
		host           Tristate
		by             DecidedBy
		policy         string
		says           string
	}{
		{"AllViewer", cachingDisabled, AllViewerID, nil, Yes, ByOriginRequestPolicy, AllViewer, "AllViewer forwards Host"},
		{"AllViewerExceptHostHeader", cachingDisabled, AllViewerExceptHostID, nil, No, ByOriginRequestPolicy, AllViewerExceptHost, "does not forward Host"},
		{"the cache policy wins", useOriginHeaders, AllViewerExceptHostID, nil, Yes, ByCachePolicy, UseOriginCacheControlHeaders,
			"whatever the origin request policy AllViewerExceptHostHeader says"},
		{"the cache policy and no other", useOriginHeaders, "", nil, Yes, ByCachePolicy, UseOriginCacheControlHeaders, "sent to the origin."},
		{"the cache policy, the other unknown", useOriginHeaders, ownPolicy, nil, Yes, ByCachePolicy, UseOriginCacheControlHeaders, "whatever the origin request policy says"},
		{"both", useOriginHeaders, AllViewerID, nil, Yes, ByCachePolicy, UseOriginCacheControlHeaders, "sent to the origin."},
		{"no origin request policy", cachingOptimized, "", nil, No, ByCachePolicy, "CachingOptimized", "no origin request policy"},
		{"custom cache policy, not given", ownPolicy, AllViewerExceptHostID, nil, Unknown, ByAssumption, ownPolicy, "not known"},
		{"custom cache policy, AllViewer", ownPolicy, AllViewerID, nil, Yes, ByOriginRequestPolicy, AllViewer, "forwards Host"},
		{"custom cache policy, given", ownPolicy, AllViewerExceptHostID, &known, Yes, ByCachePolicy, "Mine", "cache key"},
		{"custom origin request policy, not given", cachingDisabled, otherPolicy, nil, Unknown, ByAssumption, otherPolicy, "not known"},
		{"custom origin request policy, given", cachingDisabled, otherPolicy, &known, Yes, ByOriginRequestPolicy, "Theirs", "forwards Host"},
		{"both custom, not given", ownPolicy, otherPolicy, nil, Unknown, ByAssumption, ownPolicy, "not known"},
		{"a cache policy's id as the other's", cachingDisabled, useOriginHeaders, nil, Unknown, ByAssumption, useOriginHeaders, "not known"},
		{"nothing", "", "", nil, Unknown, ByAssumption, "", "neither a cache policy"},
	}
	for _, tt := range tests {
		d := Decide(Behavior{CachePolicyID: tt.cache, OriginRequestPolicyID: tt.request}, tt.known)
		if d.Host != tt.host || d.By != tt.by || d.Policy != tt.policy || !strings.Contains(d.Says, tt.says) {
			t.Errorf("%s: %+v", tt.name, d)
		}
		if (d.Host == Unknown && tt.cache != "") != (len(d.Missing) > 0) {
			t.Errorf("%s: Host %v, missing %+v", tt.name, d.Host, d.Missing)
		}
	}
	d := Decide(Behavior{CachePolicyID: ownPolicy, OriginRequestPolicyID: otherPolicy}, nil)
	want := []string{
		"aws cloudfront get-origin-request-policy --id " + otherPolicy + " > origin-request-policy-0a1b2c3d.json",
		"aws cloudfront get-cache-policy --id " + ownPolicy + " > cache-policy-0a1b2c3d.json",
	}
	if len(d.Missing) != 2 || d.Missing[0].Command != want[0] || d.Missing[1].Command != want[1] {
		t.Errorf("missing %+v, want %q", d.Missing, want)
	}
	if d := Decide(Behavior{CachePolicyID: "x; reboot"}, nil); strings.Contains(d.Missing[0].Command, "reboot") {
		t.Errorf("command %q", d.Missing[0].Command)
	}
}

func TestDecideLegacyAndFunctions(t *testing.T) {
	for _, tt := range []struct {
		headers []string
		host    Tristate
	}{{nil, No}, {[]string{"Accept"}, No}, {[]string{"Accept", "host"}, Yes}, {[]string{"*"}, Yes}} {
		if d := Decide(Behavior{Legacy: true, LegacyHeaders: tt.headers}, nil); d.Host != tt.host || d.By != ByForwardedValues {
			t.Errorf("%q: %+v", tt.headers, d)
		}
	}
	b := Behavior{Legacy: true,
		Functions: []Association{{"viewer-request", "arn:aws:cloudfront::1:function/route"}, {"viewer-response", "arn:aws:cloudfront::1:function/headers"}},
		Lambdas:   []Association{{"origin-request", "arn:aws:lambda:us-east-1:1:function:rewrite:7"}, {"viewer-request", "arn:aws:lambda:us-east-1:1:function:auth:1"}}}
	notes := Decide(b, nil).Notes
	if len(notes) != 2 || !strings.Contains(notes[0], "Function route ") || !strings.Contains(notes[0], "SNI") || !strings.Contains(notes[1], "rewrite:7") {
		t.Errorf("notes %q", notes)
	}
}

// TestManagedPolicies holds the table against the names of the Developer Guide
// that forward Host.
func TestManagedPolicies(t *testing.T) {
	forward := []string{"Amplify", UseOriginCacheControlHeaders, UseOriginCacheControlHeaders + "-QueryStrings",
		AllViewer, "AllViewerAndCloudFrontHeaders-2022-06", "HostHeaderOnly"}
	var got []string
	ids := make(map[string]bool)
	for _, p := range slices.Concat(managedCachePolicies, managedRequestPolicies) {
		if p.Host {
			got = append(got, p.Name)
		}
		if !isPolicyID(p.ID) || ids[p.ID] || p.Name == "" {
			t.Errorf("%+v", p)
		}
		ids[p.ID] = true
	}
	if !slices.Equal(got, forward) || len(ids) != 15 {
		t.Errorf("%d policies, Host with %q, want %q", len(ids), got, forward)
	}
	for id, want := range map[string]string{AllViewerID: AllViewer, AllViewerExceptHostID: AllViewerExceptHost} {
		if p, ok := new(Policies).OriginRequest(id); !ok || p.Name != want {
			t.Errorf("%s: %+v", id, p)
		}
	}
}

const listOfPolicies = `{"OriginRequestPolicyList":{"MaxItems":2,"Quantity":2,"Items":[
	{"Type":"managed","OriginRequestPolicy":{"Id":"` + AllViewerID + `","OriginRequestPolicyConfig":{"Name":"Managed-AllViewer","HeadersConfig":{"HeaderBehavior":"allViewer"}}}},
	{"Type":"custom","OriginRequestPolicy":{"Id":"` + ownPolicy + `","OriginRequestPolicyConfig":{"Name":"Mine","HeadersConfig":{"HeaderBehavior":"none"}}}}]}}`

const listOfCachePolicies = `{"CachePolicyList":{"Items":[{"CachePolicy":{"Id":"` + ownPolicy +
	`","CachePolicyConfig":{"Name":"M","ParametersInCacheKeyAndForwardedToOrigin":{"HeadersConfig":{"HeaderBehavior":"none"}}}}}]}}`

func TestReadPolicies(t *testing.T) {
	var k Policies
	path := filepath.Join(t.TempDir(), "list.json")
	if err := os.WriteFile(path, []byte(listOfPolicies), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := k.Load(path); err != nil {
		t.Fatal(err)
	}
	if p, ok := k.OriginRequest(ownPolicy); !ok || p.Host || p.Name != "Mine" {
		t.Errorf("%+v, %v", p, ok)
	}
	if _, ok := k.Cache(ownPolicy); ok {
		t.Error("an origin request policy is known as a cache policy")
	}
	if err := k.Read(strings.NewReader(listOfCachePolicies), "list"); err != nil {
		t.Fatal(err)
	}
	if p, ok := k.Cache(ownPolicy); !ok || p.Host {
		t.Errorf("%+v, %v", p, ok)
	}
}

func TestReadPoliciesRefuses(t *testing.T) {
	config := `{"Name":"M","HeadersConfig":{"HeaderBehavior":"allViewer"}}`
	for _, tt := range []struct{ name, text, says string }{
		{"empty", "", "empty"},
		{"no id", `{"OriginRequestPolicy":{"OriginRequestPolicyConfig":` + config + `}}`, "half an origin request policy"},
		{"get-…-config", `{"ETag":"E","OriginRequestPolicyConfig":` + config + `}`, "get-origin-request-policy writes it with the id"},
		{"get-cache-policy-config", `{"CachePolicyConfig":{"Name":"M"}}`, "get-cache-policy writes it with the id"},
		{"no headers", `{"CachePolicy":{"Id":"` + ownPolicy + `","CachePolicyConfig":{"Name":"M"}}}`, "half a cache policy"},
		{"null", `{"CachePolicy":null}`, "half a cache policy"},
		{"new behaviour", strings.Replace(listOfPolicies, "none", "some", 1), `HeaderBehavior "some" is not known`},
		{"a distribution", `{"DistributionConfig":{}}`, "--distribution"},
		{"something else", `{"a":1}`, "neither"},
		{"empty list", `{"CachePolicyList":{"Quantity":0}}`, "without policies"},
		{"half a list", `{"CachePolicyList":{"Items":[{}]}}`, ""},
		{"wrong kind", `{"CachePolicy":{"Id":7}}`, "Id is a JSON number"},
		{"cut off", listOfPolicies[:100], "cut off"},
	} {
		var k Policies
		err := k.Read(strings.NewReader(tt.text), "p.json")
		var e *InputError
		if !errors.As(err, &e) || !strings.Contains(err.Error(), tt.says) || !strings.Contains(e.Hint(), "aws cloudfront get-cache-policy") {
			t.Errorf("%s: %v, hint %+v", tt.name, err, e)
		}
		if len(k.cache)+len(k.request) > 0 {
			t.Errorf("%s: something was added", tt.name)
		}
	}
	for path, want := range map[string]string{
		ownPolicy: "get-cache-policy --id " + ownPolicy,
		"arn:aws:cloudfront::111122223333:origin-request-policy/" + ownPolicy: "get-origin-request-policy --id " + ownPolicy,
		"arn:aws:cloudfront::111122223333:cache-policy/" + ownPolicy:          "get-cache-policy --id " + ownPolicy,
	} {
		err := new(Policies).Load(path)
		var e *InputError
		if !errors.As(err, &e) || !strings.Contains(e.Hint(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func FuzzReadPolicy(f *testing.F) {
	f.Add(listOfPolicies)
	f.Add(listOfCachePolicies)
	f.Add(`{"CachePolicy":{"Id":"` + ownPolicy + `","CachePolicyConfig":{}}}`)
	f.Add(`{"OriginRequestPolicy":{"Id":"x","OriginRequestPolicyConfig":{"HeadersConfig":{"HeaderBehavior":"whitelist","Headers":{"Items":["*"]}}}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		var k Policies
		err := k.Read(strings.NewReader(text), "fuzz")
		var e *InputError
		switch {
		case err == nil && len(k.cache)+len(k.request) == 0:
			t.Fatal("no error, and no policy")
		case err != nil && (!errors.As(err, &e) || e.Hint() == "" || len(k.cache)+len(k.request) > 0):
			t.Fatalf("error %v, %d policies", err, len(k.cache)+len(k.request))
		}
	})
}
