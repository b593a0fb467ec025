package edge

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Warning is something about a distribution that an operator should know: it
// fails, or may fail, or makes what Predict says of an origin pointless.
type Warning struct {
	Code     string // a stable word, see docs/cloudfront.md
	Title    string // one line, no full stop
	Says     string // sentences
	Origin   string // id of the origin that it is about; "": no single one
	Behavior string // path pattern that it is about; "": no single one
	Fixes    []Fix
}

// Warnings says what is wrong or odd in a distribution: first about the whole of
// it, then origin by origin, then behaviour by behaviour. known may be nil.
func (c *Config) Warnings(known *Policies) []Warning {
	var out []Warning
	if len(c.Aliases) == 0 {
		out = append(out, Warning{Code: "no-aliases", Title: "the distribution has no alias",
			Says: "Viewers reach it by its own name under cloudfront.net alone. If Host is forwarded, the origin is asked for that name, " +
				"and nobody can get a certificate for it: the certificate must cover the origin domain (rows 3 and 4)."})
	}
	for _, o := range c.Origins {
		out = append(out, o.warnings()...)
	}
	for _, g := range c.Groups {
		out = append(out, c.groupWarnings(g)...)
	}
	for _, b := range c.Behaviors {
		out = append(out, c.behaviorWarnings(b, known)...)
	}
	return out
}

// warnings says what is odd in one origin.
func (o Origin) warnings() []Warning {
	var out []Warning
	warn := func(code, title, says string, fixes ...Fix) {
		out = append(out, Warning{Code: code, Title: title, Says: says, Origin: o.ID, Fixes: fixes})
	}
	if err := CheckOriginDomain(o.Domain); err != nil {
		warn("origin-domain-odd", "the origin domain is no plain host name", "The origin domain: "+err.Error()+".", adviceOf(err)...)
	}
	switch {
	case o.Kind == Balancer:
		warn("origin-load-balancer", "the origin is a load balancer", "An origin behind Elastic Load Balancing may use a certificate of AWS Certificate Manager, "+
			"which other origins cannot. Nobody can get a certificate for the balancer's own name, "+shown(hostName(o.Domain))+
			": either Host is forwarded and the certificate covers the viewers' name, or the origin domain is a name of your own that leads to the balancer.")
	case o.Kind == VPC:
		warn("origin-vpc", "the origin is a VPC origin", "Its protocol and its ports are not in this file: the table holds if CloudFront speaks HTTPS to it. "+
			"The addresses from which CloudFront comes are not documented.",
			Fix{Says: "See OriginProtocolPolicy and HTTPSPort in:", Command: getVPCOrigin(o.VPCOrigin)})
	case o.Kind == Service:
		warn("origin-aws-service", "the origin is a service of AWS, with a certificate of AWS's own", "What "+shown(hostName(o.Domain))+
			" serves is no certificate of yours, so the table has no case for it.")
	case o.Kind == Website && o.Protocol != "http-only":
		warn("origin-website-https", "a website endpoint of S3 speaks no HTTPS", "OriginProtocolPolicy is "+quoted(o.Protocol)+", but website endpoints of S3 speak plain HTTP alone.",
			Fix{Says: "Set OriginProtocolPolicy to http-only, or use the bucket itself as origin."})
	}
	if o.Kind == Custom || o.Kind == Balancer {
		return append(out, o.protocolWarnings()...)
	}
	return out
}

// adviceOf makes the hint of an error a Fix.
func adviceOf(err error) []Fix {
	if e, ok := err.(*InputError); ok && e.Advice != "" {
		return []Fix{{Says: strings.ToUpper(e.Advice[:1]) + e.Advice[1:] + "."}}
	}
	return nil
}

// protocolWarnings is about how CloudFront connects to a custom origin.
func (o Origin) protocolWarnings() []Warning {
	var out []Warning
	warn := func(code, title, says string, fixes ...Fix) {
		out = append(out, Warning{Code: code, Title: title, Says: says, Origin: o.ID, Fixes: fixes})
	}
	httpsOnly := Fix{Says: "Set OriginProtocolPolicy to https-only."}
	switch o.Protocol {
	case "https-only":
	case "http-only":
		warn("origin-http-only", "CloudFront speaks plain HTTP to this origin",
			"OriginProtocolPolicy is http-only: there is no TLS, so no certificate is ever looked at, and what viewers send in HTTPS goes on in clear.", httpsOnly)
		return out
	case "match-viewer":
		warn("origin-match-viewer", "CloudFront speaks HTTP or HTTPS to this origin, as the viewer does",
			fmt.Sprintf("OriginProtocolPolicy is match-viewer: requests of viewers who use plain HTTP reach port %s without TLS. "+
				"A certificate that CloudFront refuses fails for the others alone.", portOr(o.HTTPPort, 80)), httpsOnly)
	default:
		warn("origin-protocol-unknown", "the protocol to this origin is not known", "OriginProtocolPolicy is "+quoted(o.Protocol)+", which is none of http-only, https-only and match-viewer.")
	}
	if o.HTTPSPort != 443 && o.HTTPSPort != 0 {
		says := fmt.Sprintf("CloudFront connects to port %d. The server must speak TLS there, and a capture must be of that port.", o.HTTPSPort)
		if o.HTTPSPort == 80 || o.HTTPSPort == o.HTTPPort {
			says += " Servers speak plain HTTP there as a rule: then each handshake fails."
		}
		warn("origin-port", "HTTPS goes to port "+strconv.Itoa(o.HTTPSPort), says)
	}
	return append(out, o.versionWarnings()...)
}

// versionWarnings is about OriginSslProtocols. TLS 1.3 is not in that list: since
// November 2025 CloudFront offers it by itself.
func (o Origin) versionWarnings() []Warning {
	modern := slices.Contains(o.Protocols, "TLSv1.2")
	list := strings.Join(o.Protocols, ", ")
	w := Warning{Origin: o.ID, Fixes: []Fix{{Says: "Set OriginSslProtocols to TLSv1.2 alone."}}}
	switch {
	case len(o.Protocols) == 0 || len(list) > maxHostName:
		return nil
	case !modern:
		w.Code, w.Title = "origin-tls-old", "TLS 1.2 is not among the protocols for this origin"
		w.Says = "OriginSslProtocols lists " + list + " alone. Servers of today accept nothing below TLS 1.2 unless they are told to. " +
			"Whether CloudFront still offers TLS 1.3 beside this list is not documented."
	case slices.Contains(o.Protocols, "SSLv3"):
		w.Code, w.Title = "origin-tls-sslv3", "SSLv3 is among the protocols for this origin"
		w.Says = "OriginSslProtocols lists " + list + ". SSLv3 is broken (RFC 7568), and servers of today do not have it."
	default:
		return nil
	}
	return []Warning{w}
}

func portOr(port, otherwise int) string {
	if port == 0 {
		port = otherwise
	}
	return strconv.Itoa(port)
}

func quoted(s string) string { return strconv.Quote(shown(s)) }

// groupWarnings is about origin groups: failover changes the name that
// CloudFront asks for.
func (c *Config) groupWarnings(g Group) []Warning {
	var domains []string
	for _, id := range g.Members {
		if o, ok := c.Origin(id); ok && o.UsesTLS() {
			if d := hostName(o.Domain); !slices.Contains(domains, d) {
				domains = append(domains, shown(d))
			}
		}
	}
	if len(domains) < 2 {
		return nil
	}
	return []Warning{{Code: "group-domains", Title: "the members of an origin group have different domains",
		Says: fmt.Sprintf("The origin group %s leads to %s. Each needs a certificate that fits its own name, and a failure of the first may be hidden by the next.",
			shown(g.ID), strings.Join(domains, " and "))}}
}

// behaviorWarnings is about what one behaviour sends to its origins.
func (c *Config) behaviorWarnings(b Behavior, known *Policies) []Warning {
	var out []Warning
	d := Decide(b, known)
	for _, o := range c.OriginsOf(b) {
		if d.Host == Yes && (o.Kind == Bucket || o.Kind == Website) {
			out = append(out, Warning{Code: "s3-host-forwarded", Title: "Host is forwarded to an S3 bucket", Origin: o.ID, Behavior: b.Path,
				Says: d.Says + " S3 finds the bucket by that header, and answers with an error to the viewers' name.",
				Fixes: []Fix{{Says: "Choose the origin request policy " + AllViewerExceptHost + " (" + AllViewerExceptHostID +
					") or CORS-S3Origin, and a cache policy without Host in its key, such as CachingOptimized."}}})
		}
	}
	if d.By == ByCachePolicy && d.Host == Yes {
		if request, ok := known.OriginRequest(b.OriginRequestPolicyID); ok && !request.Host {
			out = append(out, Warning{Code: "cache-policy-wins", Title: "the cache policy forwards Host, the origin request policy does not", Behavior: b.Path,
				Says:  "So CloudFront asks the origin for the name that viewers use, although " + request.label() + " keeps Host back.",
				Fixes: []Fix{{Says: "If that is not what you want: choose a cache policy without Host in its key, such as CachingDisabled or CachingOptimized."}}})
		}
	}
	if len(d.Missing) > 0 {
		out = append(out, Warning{Code: "policy-missing", Title: "a policy is not known", Behavior: b.Path,
			Says: "Until it is, both cases are shown: Host forwarded, and not.", Fixes: d.Missing})
	}
	for _, note := range d.Notes {
		out = append(out, Warning{Code: "function", Title: "a function can change what is sent to the origin", Behavior: b.Path, Says: note})
	}
	return out
}
