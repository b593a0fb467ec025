package origin

import "time"

// A ProblemKind names one fault of a chain; it is the code of the diagnosis,
// see docs/diagnoses.md.
type ProblemKind string

// The faults, in the order in which Inspect reports them. The first of those
// that apply is the one that a diagnosis names.
const (
	CertificateExpired     ProblemKind = "certificate-expired"
	CertificateNotYetValid ProblemKind = "certificate-not-yet-valid"
	SelfSigned             ProblemKind = "certificate-self-signed"
	UntrustedIssuer        ProblemKind = "certificate-untrusted-issuer"
	IntermediateMissing    ProblemKind = "intermediate-missing"
	IntermediateExpired    ProblemKind = "intermediate-expired"
	Unusable               ProblemKind = "certificate-unusable"
	ChainOutOfOrder        ProblemKind = "chain-out-of-order" // a warning
	RootSent               ProblemKind = "root-sent"          // a warning
	ExpiresSoon            ProblemKind = "expires-soon"       // a warning
)

// kinds is the order of the constants above.
var kinds = []ProblemKind{CertificateExpired, CertificateNotYetValid, SelfSigned, UntrustedIssuer, IntermediateMissing,
	IntermediateExpired, Unusable, ChainOutOfOrder, RootSent, ExpiresSoon}

// A Problem is one fault of a chain, judged at one time and for one Offer.
// Its texts hold names from certificates: they are untrusted.
type Problem struct {
	Kind    ProblemKind
	Warning bool      // CloudFront accepts the chain all the same
	Subject string    // which certificate
	Issuer  string    // who should have signed it, where that is the point
	When    time.Time // the date that is the point: notAfter or notBefore
	URL     string    // where the missing certificate can be had (RFC 5280, section 4.2.2.1); never fetched
	Rule    string    // of Unusable: the rule in words
	Says    string    // for the operator: what is wrong, with the names and dates, in one or two sentences
}
