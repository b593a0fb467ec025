package edge

import "strings"

// A Config is a distribution as AWS's API describes it: the part of a
// DistributionConfig that decides how CloudFront connects to its origins.
// Source of the fields: "DistributionConfig" in the Amazon CloudFront API
// Reference.
type Config struct {
	Source     string     // the file it was read from
	ID         string     // such as E1A2B3C4D5E6F7; "": the file does not have it
	DomainName string     // dxxxx.cloudfront.net; "": the file does not have it
	Aliases    []string   // alternate domain names, wildcards allowed
	Origins    []Origin   // in the order of the file
	Groups     []Group    // origin groups
	Behaviors  []Behavior // in the order in which CloudFront tries them: the default one last
}

// An OriginKind tells what an origin is for CloudFront.
type OriginKind uint8

// The kinds of origin.
const (
	Custom   OriginKind = iota // any host that CloudFront finds by its name
	Bucket                     // an S3 bucket, through S3's REST interface
	VPC                        // a host in a VPC, reached through a VPC origin
	Balancer                   // a custom origin whose domain belongs to Elastic Load Balancing
	Website                    // a custom origin whose domain is the website endpoint of an S3 bucket
	Service                    // a custom origin whose domain is an endpoint of another AWS service, which has AWS's own certificate
)

// String gives the word that the JSON uses.
func (k OriginKind) String() string {
	return [...]string{"custom", "s3", "vpc", "load-balancer", "s3-website", "aws-service"}[k]
}

// An Origin is one origin of a distribution.
type Origin struct {
	ID     string
	Domain string // as the file has it; CheckName says what is wrong with it
	Kind   OriginKind
	// Protocol is the OriginProtocolPolicy: "http-only", "https-only" or
	// "match-viewer"; "" for an S3 bucket and for a VPC origin, whose policy is
	// not in the distribution.
	Protocol  string
	HTTPPort  int      // 0: the file does not have it
	HTTPSPort int      // 0: the file does not have it
	Protocols []string // OriginSslProtocols, such as "TLSv1.2"; nil for S3 and VPC
	VPCOrigin string   // of a VPC origin: the id by which AWS's API has its protocol and ports
}

// UsesTLS tells whether CloudFront makes TLS connections to o that meet a
// certificate of the operator's: not to S3, not to another service of AWS, and
// not where it speaks plain HTTP.
func (o Origin) UsesTLS() bool {
	return o.Kind != Bucket && o.Kind != Website && o.Kind != Service && o.Protocol != "http-only"
}

// A Group is an origin group: CloudFront asks the first member, and the next
// one where that fails.
type Group struct {
	ID      string
	Members []string // ids of origins
}

// An Association is a function that runs at an event of a behaviour.
type Association struct {
	Event string // "viewer-request", "viewer-response", "origin-request", "origin-response"
	ARN   string
}

// A Behavior is a cache behaviour: what CloudFront does with the requests for
// some paths.
type Behavior struct {
	Path                  string // path pattern; "*" for the default one
	Default               bool
	Target                string        // id of an origin or of an origin group
	CachePolicyID         string        // "": none
	OriginRequestPolicyID string        // "": none
	Legacy                bool          // ForwardedValues instead of policies
	LegacyHeaders         []string      // ForwardedValues.Headers, "*" for all
	Functions             []Association // CloudFront Functions
	Lambdas               []Association // Lambda@Edge functions
}

// Origin gives the origin of that id.
func (c *Config) Origin(id string) (Origin, bool) {
	for _, o := range c.Origins {
		if o.ID == id {
			return o, true
		}
	}
	return Origin{}, false
}

// OriginsOf gives the origins that a behaviour can go to: one, or the members of
// its origin group in the order of failover. An id that leads nowhere is left out.
func (c *Config) OriginsOf(b Behavior) []Origin {
	ids := []string{b.Target}
	for _, g := range c.Groups {
		if g.ID == b.Target {
			ids = g.Members
		}
	}
	var out []Origin
	for _, id := range ids {
		if o, ok := c.Origin(id); ok {
			out = append(out, o)
		}
	}
	return out
}

// ViewerNames gives the names by which viewers reach the distribution: its
// aliases, then its own name, PlaceholderName where the file does not have that.
func (c *Config) ViewerNames() []string {
	own := hostName(c.DomainName)
	if own == "" {
		own = PlaceholderName
	}
	var out []string
	for _, a := range c.Aliases {
		if a = hostName(a); a != "" {
			out = append(out, a)
		}
	}
	return append(out, own)
}

// PlaceholderName stands for the name of a distribution that is not known.
const PlaceholderName = "dxxxx.cloudfront.net"

// kindOf tells what an origin is by the name of it: AWS gives the kinds of hosts
// that matter here names of their own.
func kindOf(domain string) OriginKind {
	d := hostName(domain)
	if hasLabel(d, "lambda-url") && strings.HasSuffix(d, ".on.aws") {
		return Service
	}
	for _, top := range []string{".amazonaws.com", ".amazonaws.com.cn"} {
		name, ok := strings.CutSuffix(d, top)
		if !ok {
			continue
		}
		switch {
		case hasLabel(name, "elb"):
			return Balancer
		case hasLabel(name, "execute-api"):
			return Service
		case hasLabelPrefix(name, "s3-website"):
			return Website
		case strings.HasPrefix(name, "s3.") || strings.Contains(name, ".s3.") || strings.HasSuffix(name, ".s3") || hasLabelPrefix(name, "s3-"):
			return Bucket
		}
	}
	return Custom
}

func hasLabel(name, label string) bool {
	return strings.Contains("."+name+".", "."+label+".")
}

func hasLabelPrefix(name, prefix string) bool {
	return strings.Contains("."+name, "."+prefix)
}
