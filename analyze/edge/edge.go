// Package edge knows CloudFront's side of a connection: which addresses are
// CloudFront's, and by which rule it accepts the certificate of an origin.
//
// The addresses are AWS's published list (ip-ranges.json), of which an extract
// is embedded; a newer one can be read from a file or fetched. The rule of
// names is not fully documented: docs/cloudfront.md says for each part of it
// whether it is documented, observed or not known, and Judge claims no more.
package edge

import "net/netip"

// A Network tells whose address a client has.
type Network uint8

// The networks.
const (
	Other      Network = iota // in no list
	CloudFront                // in AWS's list of CloudFront's addresses
	Given                     // in a prefix that the operator added
)

// String gives the word that the JSON uses.
func (n Network) String() string { return [...]string{"other", "cloudfront", "given"}[n] }

// The services of AWS's list whose addresses are CloudFront's. The same address
// is often in both; the list of origin-facing ones is the narrower.
const (
	ServiceCloudFront   = "CLOUDFRONT"
	ServiceOriginFacing = "CLOUDFRONT_ORIGIN_FACING"
)

// A Match is what an address list says of one address.
type Match struct {
	Network Network
	Prefix  netip.Prefix // the longest that matches in the list that decided; zero for Other
	Service string       // ServiceOriginFacing or ServiceCloudFront; "" for Other and Given
}

// A Tristate is a fact that may not be known.
type Tristate uint8

// The three states. The zero value claims nothing.
const (
	Unknown Tristate = iota
	Yes
	No
)

// String gives the word for t.
func (t Tristate) String() string { return [...]string{"unknown", "yes", "no"}[t] }

// Policies that the texts name. Source of names and ids: "Use managed origin
// request policies" and "Use managed cache policies" in the Amazon CloudFront
// Developer Guide.
const (
	// AllViewer, an origin request policy, forwards Host.
	AllViewer   = "AllViewer"
	AllViewerID = "216adef6-5c7f-47e4-b989-5492eafa07d3"
	// AllViewerExceptHost, an origin request policy, does not forward Host.
	AllViewerExceptHost   = "AllViewerExceptHostHeader"
	AllViewerExceptHostID = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
	// UseOriginCacheControlHeaders, a cache policy, has Host in the cache key and
	// so forwards it, even beside AllViewerExceptHost (observed, not documented).
	UseOriginCacheControlHeaders = "UseOriginCacheControlHeaders"
)
