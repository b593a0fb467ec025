package analyze

// The client refused the certificate. These codes stand in the order in which
// one is chosen where several faults stand together.
const (
	CertificateExpired         Code = "certificate-expired"
	CertificateNotYetValid     Code = "certificate-not-yet-valid"
	CertificateSelfSigned      Code = "certificate-self-signed"
	CertificateUntrustedIssuer Code = "certificate-untrusted-issuer"
	IntermediateMissing        Code = "intermediate-missing"
	IntermediateExpired        Code = "intermediate-expired"
	NameNotCovered             Code = "name-not-covered"
	CertificateUnusable        Code = "certificate-unusable"
	CertificateRejected        Code = "certificate-rejected"
)

// The server refused.
const (
	SNIRefused                Code = "sni-refused"
	NoSharedCipher            Code = "no-shared-cipher"
	NoSharedGroup             Code = "no-shared-group"
	NoSharedVersion           Code = "no-shared-version"
	NoSharedALPN              Code = "no-shared-alpn"
	ClientCertificateRequired Code = "client-certificate-required"
	NotTLS                    Code = "not-tls"
)

// The path, or a side that vanished.
const (
	PortClosed       Code = "port-closed"
	SYNUnanswered    Code = "syn-unanswered"
	SYNACKUnanswered Code = "synack-unanswered"
	ServerSilent     Code = "server-silent"
	ServerFlightLost Code = "server-flight-lost"
	ServerClosed     Code = "server-closed"
	ClientLeftEarly  Code = "client-left-early"
	ClientSilent     Code = "client-silent"
	ClientNotTLS     Code = "client-not-tls"
)

// Nothing to explain.
const (
	OK                 Code = "ok"
	OKResumed          Code = "ok-resumed"
	CompletedAbandoned Code = "completed-abandoned"
	StillOpen          Code = "open"
	IncompleteCapture  Code = "incomplete-capture"
)

// For the report as a whole: never the diagnosis of one connection.
const (
	NoCloudFrontTraffic Code = "no-cloudfront-traffic"
	ServerNotReloaded   Code = "server-not-reloaded"
	CertificateChanged  Code = "certificate-changed"
	ChainOutOfOrder     Code = "chain-out-of-order"
	RootSent            Code = "root-sent"
	ExpiresSoon         Code = "expires-soon"
	RangesOld           Code = "ranges-old"
	CaptureLostPackets  Code = "capture-lost-packets"

	LogContradictsCapture Code = "log-contradicts-capture"
	LogLevelHidesThis     Code = "log-level-hides-this"
	WrongVirtualHost      Code = "wrong-virtual-host"
)
