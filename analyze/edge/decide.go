package edge

import (
	"fmt"
	"strings"
)

// A DecidedBy names the kind of setting that decides whether Host is forwarded.
type DecidedBy string

// The settings.
const (
	ByCachePolicy         DecidedBy = "cache-policy"
	ByOriginRequestPolicy DecidedBy = "origin-request-policy"
	ByForwardedValues     DecidedBy = "forwarded-values" // legacy settings
	ByFlag                DecidedBy = "flag"             // the operator said so
	ByAssumption          DecidedBy = "assumed"          // nothing decides it: both are tried
)

// A Decision says whether Host reaches the origin, and which setting decides it.
type Decision struct {
	Host Tristate
	By   DecidedBy
	// Policy is the name of the policy that decides, or of the one that is
	// missing; its id where the name is not known, "" where it is no policy.
	Policy   string
	PolicyID string
	Says     string   // a sentence
	Missing  []Fix    // how to get what would decide; nil where Host is known
	Notes    []string // sentences about functions, which can override it
}

// Decide says whether a behaviour sends the viewer's Host header to the origin.
//
// Either policy can send it, and none can take it away from the other: a header
// in the cache key reaches the origin even under AllViewerExceptHostHeader
// (observed; "even when this field is set to none", says the API Reference of
// HeaderBehavior). The cache policy is therefore asked first. A policy that is
// not known leaves it open, unless the other one sends Host anyway.
func Decide(b Behavior, known *Policies) Decision {
	d := decide(b, known)
	d.Notes = functionNotes(b)
	return d
}

func decide(b Behavior, known *Policies) Decision {
	if b.Legacy {
		return decideLegacy(b)
	}
	cache, cacheKnown := known.Cache(b.CachePolicyID)
	request, requestKnown := known.OriginRequest(b.OriginRequestPolicyID)
	switch {
	case cacheKnown && cache.Host:
		return decideByCache(b, cache, request)
	case requestKnown && request.Host:
		return byPolicy(Yes, ByOriginRequestPolicy, request, fmt.Sprintf("The origin request policy %s forwards Host.", request.label()))
	case b.CachePolicyID == "":
		return Decision{By: ByAssumption, Says: "The behaviour has neither a cache policy nor legacy settings: what it forwards cannot be told."}
	case !cacheKnown:
		return missing(b, known)
	case b.OriginRequestPolicyID == "":
		return byPolicy(No, ByCachePolicy, cache,
			fmt.Sprintf("Host is not in the cache key of the cache policy %s, and there is no origin request policy.", cache.label()))
	case !requestKnown:
		return missing(b, known)
	}
	return byPolicy(No, ByOriginRequestPolicy, request,
		fmt.Sprintf("The origin request policy %s does not forward Host, and it is not in the cache key of the cache policy %s.", request.label(), cache.label()))
}

func decideLegacy(b Behavior) Decision {
	d := Decision{Host: No, By: ByForwardedValues, Says: "The legacy cache settings (ForwardedValues) do not list Host."}
	for _, h := range b.LegacyHeaders {
		switch {
		case h == "*":
			d.Host, d.Says = Yes, "The legacy cache settings (ForwardedValues) forward all headers, Host among them."
		case strings.EqualFold(h, "Host"):
			d.Host, d.Says = Yes, "The legacy cache settings (ForwardedValues) list Host."
		}
	}
	return d
}

// decideByCache says that the cache policy wins, where somebody may have relied
// on the other.
func decideByCache(b Behavior, cache, request Policy) Decision {
	says := fmt.Sprintf("Host is in the cache key of the cache policy %s, and what is in the cache key is sent to the origin", cache.label())
	switch {
	case b.OriginRequestPolicyID == "" || request.Host:
		says += "."
	case request.ID != "":
		says += fmt.Sprintf(", whatever the origin request policy %s says.", request.label())
	default:
		says += ", whatever the origin request policy says."
	}
	return byPolicy(Yes, ByCachePolicy, cache, says)
}

func byPolicy(host Tristate, by DecidedBy, p Policy, says string) Decision {
	return Decision{Host: host, By: by, Policy: p.label(), PolicyID: p.ID, Says: says}
}

// missing names the policies whose text would decide, and how to get it.
func missing(b Behavior, known *Policies) Decision {
	d := Decision{By: ByAssumption}
	ask := func(kind, id, command string) {
		d.Missing = append(d.Missing, Fix{
			Says:    fmt.Sprintf("Fetch the %s %s, and give the file to sniwatch with --policy.", kind, shown(id)),
			Command: command,
		})
		d.Policy, d.PolicyID = shown(id), id
		d.Says = strings.TrimLeft(d.Says+fmt.Sprintf(" The %s %s is none of AWS's own that sniwatch knows: whether it forwards Host is not known.", kind, shown(id)), " ")
	}
	if _, ok := known.OriginRequest(b.OriginRequestPolicyID); !ok && b.OriginRequestPolicyID != "" {
		ask("origin request policy", b.OriginRequestPolicyID, commandWith(getRequestPolicy, b.OriginRequestPolicyID))
	}
	if _, ok := known.Cache(b.CachePolicyID); !ok {
		ask("cache policy", b.CachePolicyID, commandWith(getCachePolicy, b.CachePolicyID))
	}
	return d
}

// commandWith puts an id into a command; one that is not AWS's form could be
// anything, and stays out of what somebody pastes into a shell.
func commandWith(command func(string) string, id string) string {
	if !isPolicyID(id) {
		return command("ID")
	}
	return command(id)
}

// label is the name of p, or its id.
func (p Policy) label() string {
	if p.Name == "" {
		return shown(p.ID)
	}
	return shown(p.Name)
}

// functionNotes says what functions of a behaviour can change. Source: "Helper
// methods for origin modification" and "Restrictions on all edge functions" in the
// Amazon CloudFront Developer Guide.
func functionNotes(b Behavior) []string {
	var notes []string
	for _, f := range b.Functions {
		if f.Event == "viewer-request" {
			notes = append(notes, fmt.Sprintf("The CloudFront Function %s runs on each viewer request. Since 2025-11-20 such a function can set the Host header, the SNI "+
				"and further certificate names that are accepted: that can override what is said here. Look for updateRequestOrigin in its code.", functionName(f.ARN)))
		}
	}
	for _, f := range b.Lambdas {
		if f.Event == "origin-request" {
			notes = append(notes, fmt.Sprintf("The Lambda@Edge function %s runs on each origin request. It can change the Host header and the origin: "+
				"that can override what is said here.", functionName(f.ARN)))
		}
	}
	return notes
}

// functionName is the part of an ARN that an operator knows the function by.
func functionName(arn string) string {
	for _, before := range []string{":function/", ":function:"} {
		if _, name, ok := strings.Cut(arn, before); ok {
			return shown(name)
		}
	}
	return shown(arn)
}
