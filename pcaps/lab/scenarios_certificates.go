//go:build linux

package main

import "crypto/tls"

// certificateScenarios are the faults of a certificate, one each, and what looks
// like a fault and is none.
var certificateScenarios = []scenario{
	certificate("expired", "the leaf is past its last day since 15 hours", refused("certificate-expired", logReset)),
	certificate("early", "the leaf becomes valid in two weeks", refused("certificate-not-yet-valid", logReset)),
	certificate("self-signed", "the leaf is signed by itself", refused("certificate-self-signed", logReset)),
	certificate("company-leaf", "the chain is whole and ends in a company's own root", refused("certificate-untrusted-issuer", logReset)),
	certificate("alone", "the server sends cert.pem: the leaf without its intermediate", refused("intermediate-missing", logReset)),
	certificate("wrong-chain", "an intermediate is sent, and not the one that signed the leaf", refused("intermediate-missing", logReset)),
	certificate("old-chain", "the intermediate is past its last day, the leaf is not", refused("intermediate-expired", logReset)),
	certificate("for-clients", "the leaf may be used for clients only", refused("certificate-unusable", logReset)),
	certificate("address", "the certificate names an address and no host", refused("name-not-covered", logReset)),
	certificate("expired-viewer", "expired, and for another name: the first counts", refused("certificate-expired", logReset)),
	certificate("p256", "an ECDSA key of P-256 is fine", accepted),
	{
		name: "out-of-order", about: "the root is sent before the intermediate: accepted, and worth a warning",
		chain: "out-of-order", server: nginx{}, calls: inBoth(accepted), report: []string{"chain-out-of-order"},
	}, {
		name: "with-root", about: "the root is sent, too: of no use, and no harm",
		chain: "with-root", server: nginx{}, calls: inBoth(accepted), report: []string{"root-sent"},
	}, {
		name: "ends-soon", about: "the leaf has five days left",
		chain: "ends-soon", server: nginx{}, calls: inBoth(accepted), report: []string{"expires-soon"},
	}, {
		name: "no-fault", about: "the edge refuses a certificate without fault: nobody can say why",
		chain: "origin", server: nginx{}, calls: []call{
			{client: exact{tls.VersionTLS12}, want: refused("certificate-rejected", logReset).in(tls.VersionTLS12)},
			{client: exact{tls.VersionTLS13}, want: refused("certificate-rejected", logReset).in(tls.VersionTLS13)},
		},
	},
}

// certificate is a scenario named after the certificate that nginx serves.
func certificate(chain, about string, want truth) scenario {
	return scenario{name: chain, about: about, chain: chain, server: nginx{}, calls: inBoth(want)}
}
