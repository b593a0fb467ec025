package edge

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// Limits of what is read of a distribution, above AWS's own: its quotas are 100
// origins, 75 behaviours and 100 aliases unless it raises them.
const (
	maxOrigins   = 500
	maxBehaviors = 500
	maxAliases   = 1000
)

// The JSON of a DistributionConfig, as far as it is read. A list is an object
// with the field Items, which is absent where the list is empty. Source: Amazon
// CloudFront API Reference, "DistributionConfig" and the types it names.
type (
	jsonList[T any] struct{ Items []T }

	jsonConfig struct {
		Aliases              jsonList[string]
		Origins              jsonList[jsonOrigin]
		OriginGroups         jsonList[jsonGroup]
		DefaultCacheBehavior *jsonBehavior
		CacheBehaviors       jsonList[jsonBehavior]
	}

	jsonOrigin struct {
		ID                 string `json:"Id"`
		DomainName         string
		CustomOriginConfig *struct {
			HTTPPort             int
			HTTPSPort            int
			OriginProtocolPolicy string
			OriginSslProtocols   jsonList[string]
		}
		S3OriginConfig  *struct{}
		VpcOriginConfig *struct {
			VpcOriginID string `json:"VpcOriginId"`
		}
	}

	jsonGroup struct {
		ID      string `json:"Id"`
		Members jsonList[struct{ OriginID string }]
	}

	jsonBehavior struct {
		PathPattern                string
		TargetOriginID             string `json:"TargetOriginId"`
		CachePolicyID              string `json:"CachePolicyId"`
		OriginRequestPolicyID      string `json:"OriginRequestPolicyId"`
		ForwardedValues            *struct{ Headers jsonList[string] }
		FunctionAssociations       jsonList[struct{ EventType, FunctionARN string }]
		LambdaFunctionAssociations jsonList[struct{ EventType, LambdaFunctionARN string }]
	}
)

// LoadDistribution reads the file at path, see ReadDistribution. Where there is
// no such file, but path is the id, the ARN or the name of a distribution, the
// error is an *InputError with the command that writes the file; other errors of
// the file system are returned as they are.
func LoadDistribution(path string) (c *Config, err error) {
	err = loadFile(path, noDistribution, func(r io.Reader) error {
		c, err = ReadDistribution(r, path)
		return err
	})
	return c, err
}

// ReadDistribution reads the JSON that "aws cloudfront get-distribution-config"
// or "get-distribution" writes, or a bare DistributionConfig, of at most 4 MiB.
// source names it in errors. An error is an *InputError, which says what the
// text is instead and has a hint.
func ReadDistribution(r io.Reader, source string) (*Config, error) {
	advice := "get it with: " + getDistribution("ID")
	fields, err := readObject(r, source, advice)
	if err != nil {
		return nil, err
	}
	c := &Config{Source: source}
	raw, err := configOf(fields, c)
	if err != nil {
		return nil, &InputError{Source: source, Says: err.Error(), Advice: adviceFor(fields, advice)}
	}
	var j jsonConfig
	if err := json.Unmarshal(raw, &j); err != nil {
		says, err := jsonFault(raw, err)
		return nil, &InputError{Source: source, Says: says, Advice: advice, Err: err}
	}
	if err := c.fill(j); err != nil {
		return nil, &InputError{Source: source, Says: err.Error(), Advice: advice}
	}
	return c, nil
}

// configOf finds the DistributionConfig in what was read, and the id and the
// name where they stand beside it.
func configOf(fields map[string]json.RawMessage, c *Config) (json.RawMessage, error) {
	if raw, ok := fields["Distribution"]; ok {
		var d struct {
			ID                 string `json:"Id"`
			DomainName         string
			DistributionConfig json.RawMessage
		}
		if err := json.Unmarshal(raw, &d); err != nil || len(d.DistributionConfig) == 0 {
			return nil, fmt.Errorf("a Distribution without its DistributionConfig: only half of it is there")
		}
		c.ID, c.DomainName = d.ID, d.DomainName
		return d.DistributionConfig, nil
	}
	if raw, ok := fields["DistributionConfig"]; ok {
		return raw, nil
	}
	_, origins := fields["Origins"]
	_, behavior := fields["DefaultCacheBehavior"]
	if origins || behavior {
		return json.Marshal(fields)
	}
	return nil, fmt.Errorf("%s", otherJSON(fields))
}

// otherJSON says what a JSON object is that is no distribution.
func otherJSON(fields map[string]json.RawMessage) string {
	known := []struct{ field, says string }{
		{"DistributionList", "a list of distributions, which lacks parts of each"},
		{"CachePolicy", "a cache policy, not a distribution: give it with --policy"},
		{"OriginRequestPolicy", "an origin request policy, not a distribution: give it with --policy"},
		{"CachePolicyList", "a list of cache policies, not a distribution: give it with --policy"},
		{"OriginRequestPolicyList", "a list of origin request policies, not a distribution: give it with --policy"},
		{"DistributionTenant", "a distribution tenant, not the distribution that it belongs to"},
		{"VpcOrigin", "a VPC origin, not the distribution that uses it"},
		{"Resources", "a CloudFormation template, perhaps, not the distribution that was made from it"},
		{"prefixes", "a list of AWS's addresses, not a distribution: give it with --ip-ranges"},
	}
	for _, k := range known {
		if _, ok := fields[k.field]; ok {
			return k.says
		}
	}
	return "JSON, but no distribution: it has neither DistributionConfig nor Origins"
}

// adviceFor names the distribution where a list of them has but one.
func adviceFor(fields map[string]json.RawMessage, advice string) string {
	var list jsonList[struct {
		ID string `json:"Id"`
	}]
	if json.Unmarshal(fields["DistributionList"], &list) == nil && len(list.Items) == 1 && isDistributionID(list.Items[0].ID) {
		return "get it with: " + getDistribution(list.Items[0].ID)
	}
	return advice
}

// fill takes over what was parsed, and checks that it is whole.
func (c *Config) fill(j jsonConfig) error {
	switch {
	case len(j.Origins.Items) == 0:
		return fmt.Errorf("a distribution without origins: only half of it is there")
	case j.DefaultCacheBehavior == nil:
		return fmt.Errorf("a distribution without DefaultCacheBehavior: only half of it is there")
	case len(j.Origins.Items) > maxOrigins, len(j.OriginGroups.Items) > maxOrigins,
		len(j.CacheBehaviors.Items) >= maxBehaviors, len(j.Aliases.Items) > maxAliases:
		return fmt.Errorf("more origins, behaviours or aliases than a distribution can have")
	}
	c.Aliases = j.Aliases.Items
	for _, o := range j.Origins.Items {
		c.Origins = append(c.Origins, o.origin())
	}
	for _, g := range j.OriginGroups.Items {
		group := Group{ID: g.ID}
		for _, m := range g.Members.Items {
			group.Members = append(group.Members, m.OriginID)
		}
		c.Groups = append(c.Groups, group)
	}
	for _, b := range j.CacheBehaviors.Items {
		c.Behaviors = append(c.Behaviors, b.behavior())
	}
	last := j.DefaultCacheBehavior.behavior()
	last.Path, last.Default = "*", true
	c.Behaviors = append(c.Behaviors, last)
	return c.checkTargets()
}

// checkTargets finds references that lead nowhere: somebody has shortened the
// file, and what is left would be half the truth.
func (c *Config) checkTargets() error {
	for _, g := range c.Groups {
		if len(g.Members) > 10 { // two, by the API
			return fmt.Errorf("origin group %q has %d members", shown(g.ID), len(g.Members))
		}
	}
	for _, b := range c.Behaviors {
		isTarget := func(g Group) bool { return g.ID == b.Target }
		want := 1
		if i := slices.IndexFunc(c.Groups, isTarget); i >= 0 {
			want = len(c.Groups[i].Members)
		}
		if got := len(c.OriginsOf(b)); got == 0 || got < want {
			return fmt.Errorf("behaviour %q goes to %q, but the file has not all of its origins", shown(b.Path), shown(b.Target))
		}
	}
	return nil
}

func (j jsonOrigin) origin() Origin {
	o := Origin{ID: j.ID, Domain: j.DomainName, Kind: kindOf(j.DomainName)}
	switch custom := j.CustomOriginConfig; {
	case j.VpcOriginConfig != nil:
		o.Kind, o.VPCOrigin = VPC, j.VpcOriginConfig.VpcOriginID
	case j.S3OriginConfig != nil:
		o.Kind = Bucket
	case custom != nil:
		o.Protocol, o.Protocols = custom.OriginProtocolPolicy, custom.OriginSslProtocols.Items
		o.HTTPPort, o.HTTPSPort = custom.HTTPPort, custom.HTTPSPort
	}
	return o
}

func (j jsonBehavior) behavior() Behavior {
	b := Behavior{
		Path: j.PathPattern, Target: j.TargetOriginID,
		CachePolicyID: j.CachePolicyID, OriginRequestPolicyID: j.OriginRequestPolicyID,
	}
	if j.ForwardedValues != nil && j.CachePolicyID == "" {
		b.Legacy, b.LegacyHeaders = true, j.ForwardedValues.Headers.Items
	}
	for _, f := range j.FunctionAssociations.Items {
		b.Functions = append(b.Functions, Association{f.EventType, f.FunctionARN})
	}
	for _, f := range j.LambdaFunctionAssociations.Items {
		b.Lambdas = append(b.Lambdas, Association{f.EventType, f.LambdaFunctionARN})
	}
	return b
}
