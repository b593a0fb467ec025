package edge

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// maxPolicies is above AWS's quota of 20 custom policies of a kind and account.
const maxPolicies = 1000

// A Policy is a cache policy or an origin request policy: the part of it that
// decides about Host.
type Policy struct {
	ID   string
	Name string
	Host bool // it sends the viewer's Host header to the origin
}

// Policies are those that are known. The zero value, and nil, know the managed
// ones. What was read goes before them.
type Policies struct {
	cache   map[string]Policy
	request map[string]Policy
}

// Cache gives the cache policy of that id.
func (k *Policies) Cache(id string) (Policy, bool) {
	if k != nil {
		if p, ok := k.cache[id]; ok {
			return p, true
		}
	}
	return managed(managedCachePolicies, id)
}

// OriginRequest gives the origin request policy of that id.
func (k *Policies) OriginRequest(id string) (Policy, bool) {
	if k != nil {
		if p, ok := k.request[id]; ok {
			return p, true
		}
	}
	return managed(managedRequestPolicies, id)
}

// The JSON of the two kinds of policies, as far as it is read. Source: Amazon
// CloudFront API Reference, "CachePolicy" and "OriginRequestPolicy".
type (
	jsonHeaders struct {
		HeaderBehavior string
		Headers        jsonList[string]
	}

	jsonCachePolicy struct {
		ID                string `json:"Id"`
		CachePolicyConfig *struct {
			Name  string
			InKey *struct {
				HeadersConfig *jsonHeaders
			} `json:"ParametersInCacheKeyAndForwardedToOrigin"`
		}
	}

	jsonRequestPolicy struct {
		ID                        string `json:"Id"`
		OriginRequestPolicyConfig *struct {
			Name          string
			HeadersConfig *jsonHeaders
		}
	}
)

// Load reads the file at path, see Read. Where there is no such file, but path is
// the id or the ARN of a policy, the error is an *InputError with the command
// that writes the file; other errors of the file system are returned as they are.
func (k *Policies) Load(path string) error {
	return loadFile(path, noPolicy, func(r io.Reader) error { return k.Read(r, path) })
}

// Read adds the policies of a JSON text of at most 4 MiB, as the AWS CLI writes
// it with get-cache-policy, get-origin-request-policy, list-cache-policies or
// list-origin-request-policies. source names it in errors. An error is an
// *InputError, which says what the text is instead and has a hint; nothing is
// added then.
func (k *Policies) Read(r io.Reader, source string) error {
	advice := "get it with: " + getPolicies("ID")
	fields, err := readObject(r, source, advice)
	if err != nil {
		return err
	}
	cache, request, err := policiesOf(fields)
	if err != nil {
		return &InputError{Source: source, Says: err.Error(), Advice: advice}
	}
	if k.cache == nil {
		k.cache, k.request = make(map[string]Policy), make(map[string]Policy)
	}
	for _, p := range cache {
		k.cache[p.ID] = p
	}
	for _, p := range request {
		k.request[p.ID] = p
	}
	return nil
}

// policiesOf finds out what the object is, and reads the policies in it.
func policiesOf(fields map[string]json.RawMessage) (cache, request []Policy, err error) {
	var list jsonList[struct {
		CachePolicy         json.RawMessage
		OriginRequestPolicy json.RawMessage
	}]
	switch {
	case fields["CachePolicy"] != nil:
		cache, err = appendPolicy(nil, fields["CachePolicy"], cachePolicy)
	case fields["OriginRequestPolicy"] != nil:
		request, err = appendPolicy(nil, fields["OriginRequestPolicy"], requestPolicy)
	case fields["CachePolicyList"] != nil:
		err = json.Unmarshal(fields["CachePolicyList"], &list)
	case fields["OriginRequestPolicyList"] != nil:
		err = json.Unmarshal(fields["OriginRequestPolicyList"], &list)
	default:
		err = fmt.Errorf("%s", noPolicyIn(fields))
	}
	if len(list.Items) > maxPolicies {
		err = fmt.Errorf("more than %d policies", maxPolicies)
	}
	for i := 0; i < len(list.Items) && err == nil; i++ {
		if raw := list.Items[i].CachePolicy; raw != nil {
			cache, err = appendPolicy(cache, raw, cachePolicy)
		} else {
			request, err = appendPolicy(request, list.Items[i].OriginRequestPolicy, requestPolicy)
		}
	}
	if err == nil && len(cache)+len(request) == 0 {
		err = fmt.Errorf("a list without policies")
	}
	return cache, request, err
}

// noPolicyIn says what an object is that holds no policy.
func noPolicyIn(fields map[string]json.RawMessage) string {
	switch {
	case fields["CachePolicyConfig"] != nil:
		return "a cache policy without its id, as get-cache-policy-config writes it: get-cache-policy writes it with the id"
	case fields["OriginRequestPolicyConfig"] != nil:
		return "an origin request policy without its id, as get-origin-request-policy-config writes it: get-origin-request-policy writes it with the id"
	case fields["DistributionConfig"] != nil, fields["Distribution"] != nil:
		return "a distribution, not a policy: give it with --distribution"
	case fields["ResponseHeadersPolicy"] != nil:
		return "a response headers policy, which says nothing about what the origin is sent"
	}
	return "JSON, but neither a cache policy nor an origin request policy"
}

func appendPolicy(to []Policy, raw json.RawMessage, parse func(json.RawMessage) (Policy, error)) ([]Policy, error) {
	p, err := parse(raw)
	return append(to, p), err
}

// cachePolicy reads a cache policy: the headers of its cache key are sent to the
// origin.
func cachePolicy(raw json.RawMessage) (Policy, error) {
	var j jsonCachePolicy
	if err := json.Unmarshal(raw, &j); err != nil {
		says, _ := jsonFault(raw, err)
		return Policy{}, fmt.Errorf("%s", says)
	}
	config := j.CachePolicyConfig
	if config == nil || config.InKey == nil || config.InKey.HeadersConfig == nil || j.ID == "" {
		return Policy{}, fmt.Errorf("half a cache policy: Id or HeadersConfig is missing")
	}
	host, err := config.InKey.HeadersConfig.sendsHost()
	return Policy{ID: j.ID, Name: config.Name, Host: host}, err
}

func requestPolicy(raw json.RawMessage) (Policy, error) {
	var j jsonRequestPolicy
	if err := json.Unmarshal(raw, &j); err != nil {
		says, _ := jsonFault(raw, err)
		return Policy{}, fmt.Errorf("%s", says)
	}
	config := j.OriginRequestPolicyConfig
	if config == nil || config.HeadersConfig == nil || j.ID == "" {
		return Policy{}, fmt.Errorf("half an origin request policy: Id or HeadersConfig is missing")
	}
	host, err := config.HeadersConfig.sendsHost()
	return Policy{ID: j.ID, Name: config.Name, Host: host}, err
}

// sendsHost tells whether Host is among the headers that are sent to the origin.
// Source: Amazon CloudFront API Reference, "OriginRequestPolicyHeadersConfig" and
// "CachePolicyHeadersConfig".
func (j *jsonHeaders) sendsHost() (bool, error) {
	switch j.HeaderBehavior {
	case "none":
		return false, nil
	case "whitelist":
		return listsHost(j.Headers.Items), nil
	case "allViewer", "allViewerAndWhitelistCloudFront":
		return true, nil
	case "allExcept":
		return !listsHost(j.Headers.Items), nil
	}
	return false, fmt.Errorf("half a policy, or a new kind: HeaderBehavior %q is not known", shown(j.HeaderBehavior))
}

// listsHost tells whether Host is in a list of header names; "*" stands for all
// of them in the legacy settings.
func listsHost(headers []string) bool {
	for _, h := range headers {
		if h == "*" || strings.EqualFold(h, "Host") {
			return true
		}
	}
	return false
}

func managed(table []Policy, id string) (Policy, bool) {
	for _, p := range table {
		if p.ID == id {
			return p, true
		}
	}
	return Policy{}, false
}
