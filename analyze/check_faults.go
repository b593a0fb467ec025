package analyze

import (
	"slices"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
)

// faultTitles say each fault of a chain in a few words.
var faultTitles = map[origin.ProblemKind]string{
	origin.CertificateExpired:     "the certificate has expired",
	origin.CertificateNotYetValid: "the certificate is not valid yet",
	origin.SelfSigned:             "the certificate is self-signed",
	origin.UntrustedIssuer:        "the issuer of the certificate is not trusted",
	origin.IntermediateMissing:    "the intermediate certificate is missing",
	origin.IntermediateExpired:    "an intermediate certificate has expired",
	origin.Unusable:               "the certificate cannot be used",
	origin.ChainOutOfOrder:        "the certificates are not in order",
	origin.RootSent:               "the root certificate is sent as well",
	origin.ExpiresSoon:            "the certificate expires soon",
}

// faultProblem puts a fault of a chain, which has the names have, into the words
// of a case.
func faultProblem(p *origin.Problem, have []string, originDomain string) CheckProblem {
	return CheckProblem{Code: Code(p.Kind), Title: faultTitles[p.Kind], Says: p.Says, Fixes: faultFixes(p, have, originDomain)}
}

// faultFixes say what to do about a fault of a chain that has the names have.
func faultFixes(p *origin.Problem, have []string, originDomain string) []Fix {
	switch p.Kind {
	case origin.CertificateExpired, origin.ExpiresSoon:
		return []Fix{{Says: "Renew it, then reload the server. With certbot and nginx:", Command: "sudo certbot renew && " + reloadCommand}}
	case origin.CertificateNotYetValid:
		return []Fix{{Says: "If the clock of this host is right, serve the previous certificate until then, or have a new one issued. The clock:", Command: "timedatectl"}}
	case origin.SelfSigned, origin.UntrustedIssuer:
		return []Fix{issueFix("Get a publicly trusted certificate, free of charge from Let's Encrypt.", "", have, originDomain)}
	case origin.IntermediateMissing:
		return []Fix{{Says: "Serve fullchain.pem instead of cert.pem (ssl_certificate in nginx, SSLCertificateFile in Apache), and reload. With nginx:", Command: testReloadCommand}}
	case origin.IntermediateExpired:
		return []Fix{issueFix("Have the certificate issued again; it comes with the authority's present chain.", "--force-renewal", have, originDomain)}
	case origin.Unusable:
		if p.Warning {
			return nil
		}
		return []Fix{issueFix("Have a certificate with an ECDSA P-256 key issued (RSA 2048 works as well).",
			"--force-renewal --key-type ecdsa --elliptic-curve secp256r1", have, originDomain)}
	case origin.ChainOutOfOrder:
		return []Fix{{Says: "Put the certificates into the order leaf, its issuer, the issuer's issuer: that of certbot's fullchain.pem."}}
	case origin.RootSent:
		return []Fix{{Says: "Take the last certificate, the root, out of the file."}}
	}
	return nil
}

// issueFix is certbot's command for the names that the certificate has, and for
// the origin domain, which does in all cases. What no authority certifies is left
// out: the names are another problem.
func issueFix(says, options string, have []string, originDomain string) Fix {
	return edge.CertbotFix(says, options, append(slices.Clone(have), originDomain))
}
