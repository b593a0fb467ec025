package edge

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const sampleDistribution = "testdata/distribution/get-distribution-config.json"

func loadSample(t *testing.T) *Config {
	t.Helper()
	c, err := LoadDistribution(sampleDistribution)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLoadDistribution(t *testing.T) {
	c := loadSample(t)
	if c.ID != "" || c.DomainName != "" || !slices.Equal(c.Aliases, []string{"www.example.com", "*.example.net"}) {
		t.Errorf("id %q, name %q, aliases %q", c.ID, c.DomainName, c.Aliases)
	}
	if got := c.ViewerNames(); !slices.Equal(got, []string{"www.example.com", "*.example.net", PlaceholderName}) {
		t.Errorf("viewers' names %q", got)
	}
	var kinds []string
	for _, o := range c.Origins {
		kinds = append(kinds, o.ID+" "+o.Kind.String()+" "+o.Protocol)
	}
	want := []string{"web custom https-only", "spare custom match-viewer", "pictures s3 ", "balancer load-balancer https-only", "inside vpc ", "clear custom http-only"}
	if !slices.Equal(kinds, want) {
		t.Errorf("origins %q, want %q", kinds, want)
	}
	if o := c.Origins[1]; o.HTTPPort != 80 || o.HTTPSPort != 8443 || !slices.Equal(o.Protocols, []string{"TLSv1", "TLSv1.1"}) {
		t.Errorf("origin %+v", o)
	}
	if got := c.Origins[4].VPCOrigin; got != "vo_abc" {
		t.Errorf("the VPC origin is %q", got)
	}
	var paths []string
	for _, b := range c.Behaviors {
		paths = append(paths, b.Path)
	}
	if want := []string{"/api/*", "/img/*", "/old/*", "/in/*", "/clear/*", "*"}; !slices.Equal(paths, want) || !c.Behaviors[5].Default {
		t.Errorf("behaviours %q, want %q", paths, want)
	}
	if got := c.OriginsOf(c.Behaviors[0]); len(got) != 2 || got[0].ID != "web" || got[1].ID != "spare" {
		t.Errorf("the group's members are %+v", got)
	}
	if got := c.Behaviors[0].Functions; len(got) != 2 || got[0] != (Association{"viewer-request", "arn:aws:cloudfront::111122223333:function/route"}) {
		t.Errorf("functions %+v", got)
	}
	if b := c.Behaviors[2]; !b.Legacy || !slices.Equal(b.LegacyHeaders, []string{"host"}) || len(b.Lambdas) != 1 {
		t.Errorf("behaviour %+v", b)
	}
}

// TestReadDistributionForms: the same config comes in three wrappings.
func TestReadDistributionForms(t *testing.T) {
	text, err := os.ReadFile(sampleDistribution)
	if err != nil {
		t.Fatal(err)
	}
	_, bare, _ := strings.Cut(string(text), `"DistributionConfig":`)
	bare = strings.TrimSuffix(strings.TrimSpace(bare), "}")
	forms := map[string]string{
		"bare":             bare,
		"get-distribution": `{"ETag":"E","Distribution":{"Id":"E1A2B3C4D5E6F7","DomainName":"D111111ABCDEF8.cloudfront.net","DistributionConfig":` + bare + `}}`,
		"byte order mark":  "\xef\xbb\xbf" + string(text),
	}
	for name, form := range forms {
		c, err := ReadDistribution(strings.NewReader(form), name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(c.Origins) != 6 || len(c.Behaviors) != 6 {
			t.Errorf("%s: %d origins, %d behaviours", name, len(c.Origins), len(c.Behaviors))
		}
		if name == "get-distribution" && (c.ID != "E1A2B3C4D5E6F7" || c.ViewerNames()[2] != edgeName) {
			t.Errorf("%s: id %q, names %q", name, c.ID, c.ViewerNames())
		}
	}
}

func TestReadDistributionRefuses(t *testing.T) {
	const one = `"Origins":{"Quantity":1,"Items":[{"Id":"a","DomainName":"origin.example.com"}]}`
	tests := []struct{ name, text, says, hint string }{
		{"empty", "", "empty", "get-distribution-config"},
		{"white space", " \n\t", "empty", "get-distribution-config"},
		{"an ARN", "arn:aws:cloudfront::111122223333:distribution/E1A2B3C4D5E6F7", "ARN", "get-distribution-config"},
		{"HTML", "<html>", "HTML", ""},
		{"gzip", "\x1f\x8b\x08", "gzip", ""},
		{"UTF-16", "\xff\xfe{\x00", "UTF-16", ""},
		{"PEM", "-----BEGIN CERTIFICATE-----", "PEM", ""},
		{"array", "[]", "array", ""},
		{"YAML", "ETag: E2QWRUHAPOMQZL\nDistributionConfig:\n", "text, table or YAML", ""},
		{"cut off", `{"DistributionConfig": {"Aliases"`, "cut off", ""},
		{"trailing", `{} {}`, "not JSON that the AWS CLI writes", ""},
		{"something else", `{"a":1}`, "no distribution", ""},
		{"a cache policy", `{"CachePolicy":{}}`, "--policy", ""},
		{"a list of one", `{"DistributionList":{"Items":[{"Id":"E1A2B3C4D5E6F7"}]}}`, "list of distributions", "--id E1A2B3C4D5E6F7"},
		{"a list with a hostile id", `{"DistributionList":{"Items":[{"Id":"E1; reboot"}]}}`, "list of distributions", "--id ID"},
		{"half a Distribution", `{"Distribution":{"Id":"E1A2B3C4D5E6F7"}}`, "half", ""},
		{"no origins", `{"DistributionConfig":{"DefaultCacheBehavior":{}}}`, "without origins", ""},
		{"no default behaviour", `{"DistributionConfig":{` + one + `}}`, "without DefaultCacheBehavior", ""},
		{"target missing", `{` + one + `,"DefaultCacheBehavior":{"TargetOriginId":"b"}}`, `goes to "b"`, ""},
		{"half a group", `{` + one + `,"OriginGroups":{"Items":[{"Id":"g","Members":{"Items":[{"OriginId":"a"},{"OriginId":"b"}]}}]},` +
			`"DefaultCacheBehavior":{"TargetOriginId":"g"}}`, "not all of its origins", ""},
		{"wrong kind", `{"DistributionConfig":{"Origins":[]}}`, "Origins is a JSON array", ""},
		{"config is null", `{"DistributionConfig":null}`, "without origins", ""},
		{"too long", `{"a":"` + strings.Repeat("x", maxInputBytes) + `"}`, "4 MiB", ""},
		{"too many aliases", `{` + one + `,"DefaultCacheBehavior":{"TargetOriginId":"a"},"Aliases":{"Items":[` +
			strings.Repeat(`"a.example.com",`, maxAliases) + `"b.example.com"]}}`, "more origins, behaviours or aliases", ""},
	}
	for _, tt := range tests {
		c, err := ReadDistribution(strings.NewReader(tt.text), "d.json")
		var e *InputError
		if !errors.As(err, &e) || c != nil {
			t.Errorf("%s: %v, error %v", tt.name, c, err)
			continue
		}
		if !strings.Contains(err.Error(), tt.says) || !strings.HasPrefix(err.Error(), "d.json: ") {
			t.Errorf("%s: error %q, want %q in it", tt.name, err, tt.says)
		}
		if !strings.Contains(e.Hint(), "aws cloudfront get-distribution-config --id ") || !strings.Contains(e.Hint(), tt.hint) {
			t.Errorf("%s: hint %q", tt.name, e.Hint())
		}
	}
}

// TestLoadDistributionNoFile: what names a distribution, but no file, gets the
// command that makes the file.
func TestLoadDistributionNoFile(t *testing.T) {
	for path, want := range map[string]string{
		"E1A2B3C4D5E6F7": "--id E1A2B3C4D5E6F7",
		"arn:aws:cloudfront::111122223333:distribution/E1A2B3C4D5E6F7": "--id E1A2B3C4D5E6F7",
		"arn:aws:s3:::bucket":           "--id ID",
		"x$(reboot).cloudfront.net":     "",
		"d111111abcdef8.cloudfront.net": "list-distributions",
	} {
		_, err := LoadDistribution(path)
		if want == "" && errors.Is(err, fs.ErrNotExist) {
			continue // no name of a distribution: nothing to put into a command
		}
		var e *InputError
		if !errors.As(err, &e) || !strings.Contains(e.Hint(), want) {
			t.Errorf("%s: %v, hint %+v", path, err, e)
		}
	}
	if _, err := LoadDistribution(filepath.Join(t.TempDir(), "absent.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent file: %v", err)
	}
	if _, err := LoadDistribution(t.TempDir()); err == nil || !strings.Contains(err.Error(), "folder") {
		t.Errorf("folder: %v", err)
	}
}

func TestKindOf(t *testing.T) {
	for domain, want := range map[string]OriginKind{
		"origin.example.com":                         Custom,
		"pictures.s3.amazonaws.com":                  Bucket,
		"pictures.s3.eu-central-1.amazonaws.com":     Bucket,
		"pictures.s3-eu-west-1.amazonaws.com":        Bucket,
		"s3.example.com":                             Custom,
		"a.b.s3.cn-north-1.amazonaws.com.cn":         Bucket,
		"site.s3-website-us-east-1.amazonaws.com":    Website,
		"site.s3-website.eu-central-1.amazonaws.com": Website,
		"shop-1.eu-central-1.elb.amazonaws.com":      Balancer,
		"Shop-1.elb.us-east-1.amazonaws.com":         Balancer,
		"ec2-192-0-2-1.compute-1.amazonaws.com":      Custom,
		"abc.execute-api.us-east-1.amazonaws.com":    Service,
		"execute-api.example.com":                    Custom,
		"s3-files-of-mine.example.com":               Custom,
		"d111111abcdef8.cloudfront.net":              Custom,
		"x.lambda-url.us-east-1.on.aws":              Service,
		"lambda-url.example.com":                     Custom,
	} {
		if got := kindOf(domain); got != want {
			t.Errorf("%s is %v, want %v", domain, got, want)
		}
	}
}

func FuzzReadDistribution(f *testing.F) {
	text, err := os.ReadFile(sampleDistribution)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add(`{"Distribution":{"Id":"E1","DomainName":"d1.cloudfront.net","DistributionConfig":{}}}`)
	f.Add(`{"Origins":{"Items":[{"Id":"a","DomainName":"*.example.com."}]},"DefaultCacheBehavior":{"TargetOriginId":"a"}}`)
	f.Add(`{"DistributionConfig":{"Origins":{"Items":[{"Id":"a","DomainName":"192.0.2.1","CustomOriginConfig":{"HTTPSPort":80}}]},` +
		`"DefaultCacheBehavior":{"TargetOriginId":"a","CachePolicyId":"$(reboot)"}}}`)
	cert := []Certificate{{Names: []string{"www.example.com", "*.example.net"}}}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ReadDistribution(strings.NewReader(text), "fuzz")
		var e *InputError
		if err != nil {
			if !errors.As(err, &e) || e.Hint() == "" {
				t.Fatalf("error without a hint: %v", err)
			}
			return
		}
		for _, r := range Predict(Question{Config: c, Certificates: cert}) {
			if !r.Accepted && len(r.Fixes) == 0 || r.Accepted != (r.ViewerStatus == 200) {
				t.Fatalf("row %+v", r)
			}
		}
		for _, w := range c.Warnings(nil) {
			if w.Code == "" || w.Title == "" || w.Says == "" {
				t.Fatalf("warning %+v", w)
			}
			for _, fix := range w.Fixes {
				if strings.ContainsAny(fix.Command, "$`;|&'\"\n\x1b") {
					t.Fatalf("command %q", fix.Command)
				}
			}
		}
	})
}
