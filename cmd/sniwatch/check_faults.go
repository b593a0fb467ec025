package main

import (
	"strings"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/report"
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

const reloadServer = "sudo nginx -t && sudo systemctl reload nginx"

// faultProblem puts a fault of a chain into the words of a case.
func faultProblem(p *origin.Problem, j *judgedChain, originDomain string) report.CheckProblem {
	return report.CheckProblem{Code: analyze.Code(p.Kind), Title: faultTitles[p.Kind], Says: p.Says,
		Fixes: faultFixes(p, j.chain.Names(), originDomain)}
}

// faultFixes say what to do about a fault of a chain that has the names have.
func faultFixes(p *origin.Problem, have []string, originDomain string) []analyze.Fix {
	switch p.Kind {
	case origin.CertificateExpired, origin.ExpiresSoon:
		return []analyze.Fix{{Says: "Renew it, then reload the server. With certbot and nginx:", Command: "sudo certbot renew && sudo systemctl reload nginx"}}
	case origin.CertificateNotYetValid:
		return []analyze.Fix{{Says: "If the clock of this host is right, serve the previous certificate until then, or have a new one issued. The clock:", Command: "timedatectl"}}
	case origin.SelfSigned, origin.UntrustedIssuer:
		return []analyze.Fix{issueFix("Get a publicly trusted certificate, free of charge from Let's Encrypt.", "", have, originDomain)}
	case origin.IntermediateMissing:
		return []analyze.Fix{{Says: "Serve fullchain.pem instead of cert.pem (ssl_certificate in nginx, SSLCertificateFile in Apache), and reload. With nginx:", Command: reloadServer}}
	case origin.IntermediateExpired:
		return []analyze.Fix{issueFix("Have the certificate issued again; it comes with the authority's present chain.", "--force-renewal ", have, originDomain)}
	case origin.Unusable:
		if p.Warning {
			return nil
		}
		return []analyze.Fix{issueFix("Have a certificate with an ECDSA P-256 key issued (RSA 2048 works as well).",
			"--force-renewal --key-type ecdsa --elliptic-curve secp256r1 ", have, originDomain)}
	case origin.ChainOutOfOrder:
		return []analyze.Fix{{Says: "Put the certificates into the order leaf, its issuer, the issuer's issuer: that of certbot's fullchain.pem."}}
	case origin.RootSent:
		return []analyze.Fix{{Says: "Take the last certificate, the root, out of the file."}}
	}
	return nil
}

// issueFix is certbot's command for the names that the certificate has, and for
// the origin domain, which does in all cases. options are of certbot, with a
// space behind.
func issueFix(says, options string, have []string, originDomain string) analyze.Fix {
	names, _ := edge.CertbotNames(have, originDomain)
	command, dns := edge.CertbotCommand(names)
	switch {
	case command == "":
		return analyze.Fix{Says: says}
	case dns:
		says += " A wildcard is proved by a DNS record, which certbot names:"
	default:
		says += " With nginx (for Apache: --apache):"
	}
	return analyze.Fix{Says: says, Command: strings.Replace(command, " -d ", " "+options+"-d ", 1)}
}
