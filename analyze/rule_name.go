package analyze

import (
	"fmt"
	"slices"
	"strings"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/tlswire"
)

// row gives the row of docs/cloudfront.md that the connection is, 0 where it is
// not known whether Host is forwarded.
func (v *view) row() int {
	if !v.fromCloudFront() || v.Local.Names.HostForwarded == edge.Unknown {
		return 0
	}
	return v.Local.Names.Row
}

// nameWords are those of name-not-covered, the case that sniwatch was made for.
func nameWords(v *view) Diagnosis {
	if !v.fromCloudFront() {
		return otherNameWords(v)
	}
	var own []Evidence
	if origin := v.distribution().OriginDomain; origin != "" && !sameName(origin, v.sni()) {
		own = append(own, Evidence{Label: "the origin domain is", Value: origin, Note: v.originNote()})
	}
	d := v.refusedWords(NameNotCovered, "it has no name that CloudFront accepts", own...)
	d.ArticleRow = v.row()
	d.Explanation = paragraphs(
		sentences(v.whatHappened(), "Viewers get 502."),
		sentences("CloudFront accepts a certificate with one of two names: the origin domain, or the Host header (the name that viewers use), if the distribution forwards it to you.",
			v.whichName()),
		v.wrongSite(), v.decidedBy(), v.wildcardNote(), v.assumed(), v.hiddenNote())
	if isCloudFrontName(v.sni()) {
		d.Fixes = v.ownNameFixes()
	} else {
		d.Fixes = v.nameFixes()
	}
	d.Fixes = slices.Concat(d.Fixes, v.wrongSiteFix(), v.distribution().Missing)
	return d
}

func sameName(a, b string) bool {
	return strings.EqualFold(strings.TrimSuffix(a, "."), strings.TrimSuffix(b, "."))
}

// whatHappened tells the story in a sentence.
func (v *view) whatHappened() string {
	if v.sni() == "" {
		return "CloudFront connected, was shown a certificate that it does not accept for this origin, and hung up."
	}
	return "CloudFront asked your server for " + name(v.sni()) + ", was shown a certificate for other names, and hung up."
}

// whichName says which of the two accepted names the SNI is, and why the
// certificate has neither.
func (v *view) whichName() string {
	sni := name(v.sni())
	switch {
	case v.sni() == "":
		return "Which name it asked for was not seen, but the origin domain is not in the certificate, and Host is not forwarded."
	case isCloudFrontName(v.sni()):
		return "Here it forwards Host: viewers use CloudFront's own name, " + sni + ", and so CloudFront asks for it. " +
			"No authority certifies that name for you; what is left is the origin domain, and your certificate lacks it."
	case v.Local.Names.HostForwarded == edge.No:
		return "Here it does not forward Host: the name that it asked for is the origin domain."
	case v.Local.Names.HostForwarded == edge.Yes && v.distribution().OriginDomain != "":
		return "Here it forwards Host: the name that it asked for is not the origin domain. Your certificate has neither of the two."
	case v.Local.Names.HostForwarded == edge.Yes:
		return "Here it forwards Host, which is the name that it asked for. Your certificate lacks it, and the origin domain as well, or CloudFront would have accepted it."
	}
	return sni + " is one of the two: the Host if it is forwarded, the origin domain if not. Your certificate lacks it. " +
		"If it is the Host, your certificate lacks the origin domain as well, or CloudFront would have accepted it."
}

// wildcardNote explains the near miss of a wildcard.
func (v *view) wildcardNote() string {
	sni := strings.ToLower(strings.TrimSuffix(v.sni(), "."))
	for _, n := range v.Local.Judged.Names() {
		parent, wild := strings.CutPrefix(strings.ToLower(n), "*.")
		if !wild || sni == "" {
			continue
		}
		if sni == parent || strings.HasSuffix(sni, "."+parent) {
			return fmt.Sprintf("The * in %s stands for exactly one label: it covers neither %s itself nor names that are two levels below it.",
				name(n), name(parent))
		}
	}
	return ""
}

// assumed says what is taken for granted about the distribution. It does not
// touch the cause, only which of the remedies fits.
func (v *view) assumed() string {
	known := v.distribution()
	switch {
	case known.ForwardHost != edge.Unknown || len(known.ViewerDomains) > 0:
		said := make([]string, 0, len(v.Local.Names.Assumed))
		for _, s := range v.Local.Names.Assumed {
			said = append(said, limited(s, maxSentence))
		}
		return sentences(said...)
	case known.OriginDomain == "" && v.sni() != "" && !isCloudFrontName(v.sni()):
		return "Which of the two it is changes the remedy, not the cause. Tell sniwatch with --origin-domain NAME; " +
			"the CloudFront console shows that name under Origins."
	}
	return ""
}

// maxSentence is how many bytes of a sentence that holds a name from the wire
// there is room for.
const maxSentence = 400

// limited cuts a text that holds names which are somebody else's.
func limited(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return s[:most-maxName] + shorten(s[most-maxName:])
}

// nameFixes are the remedies where the SNI is a name of your own.
func (v *view) nameFixes() []Fix {
	have := v.Local.Judged.Names()
	need := v.wanted()
	fits := v.fitsFor(have)
	switch {
	case v.Local.Names.HostForwarded == edge.No:
		fixes := []Fix{edge.CertbotFix("Put the origin domain into the certificate. This works with Host forwarded and without.", "", have, need)}
		if fits != "" {
			fixes = append(fixes, Fix{Says: "Or forward Host: " + v.forwardingHost() + ". The certificate that you have then fits, but only for viewers of " +
				fits + "."})
		}
		return fixes
	case v.Local.Names.HostForwarded == edge.Yes && v.distribution().OriginDomain != "":
		return []Fix{
			edge.CertbotFix("Put the origin domain into the certificate. This works with Host forwarded and without.", "", have, need),
			edge.CertbotFix("Or put the name that it asked for, the one that viewers use, into it.", "", have, v.sni()),
		}
	}
	fixes := []Fix{edge.CertbotFix("Put "+name(v.sni())+" into the certificate. This is right whichever of the two it is.", "", have, v.sni())}
	if fits != "" {
		fixes = append(fixes, Fix{Says: "If it is the origin domain, you can forward Host instead: origin request policy " + edge.AllViewer +
			". The certificate that you have then fits, but only for viewers of " + fits + "."})
	}
	return append(fixes, Fix{Says: "If it is the Host of viewers, you can put the origin domain into the certificate instead. CloudFront accepts that with Host forwarded and without."})
}

// fitsFor names those viewers' names that the certificate has: of the viewer
// domains where they are known, else of its own names. "": there is none.
func (v *view) fitsFor(names []string) string {
	var fit []string
	for _, n := range names {
		if isHostName(strings.TrimPrefix(n, "*.")) {
			fit = append(fit, n)
		}
	}
	if viewers := v.distribution().ViewerDomains; len(viewers) > 0 {
		fit = slices.DeleteFunc(slices.Clone(viewers), func(viewer string) bool {
			_, covered := edge.AnyCovers(names, viewer)
			return !covered
		})
	}
	const most = 3
	for i, n := range fit {
		fit[i] = name(n)
	}
	if len(fit) > most {
		fit = append(fit[:most-1], fmt.Sprintf("%d more", len(fit)-most+1))
	}
	if len(fit) < 2 {
		return strings.Join(fit, "")
	}
	return strings.Join(fit[:len(fit)-1], ", ") + " and " + fit[len(fit)-1]
}

// ownNameFixes are the remedies where viewers use d….cloudfront.net, and that
// name is forwarded as Host.
func (v *view) ownNameFixes() []Fix {
	have := v.Local.Judged.Names()
	says := "Put the origin domain into the certificate, and stop forwarding Host: " + v.stopForwarding() +
		". The first makes CloudFront accept it; with the second your server is asked for a name that it knows."
	fix := Fix{Says: says + " The origin domain is what the CloudFront console shows under Origins."}
	if origin := v.distribution().OriginDomain; origin != "" {
		fix = edge.CertbotFix(says, "", have, origin)
	}
	fixes := []Fix{fix}
	if fits := v.fitsFor(have); fits != "" {
		fixes = append(fixes, Fix{Says: "Or let viewers use " + fits + " instead of CloudFront's own name: add it to the distribution as an alternate domain name. " +
			"Host is then that name, and the certificate that you have fits."})
	}
	return fixes
}

// otherNameWords are those for a client that is not CloudFront: it wants the
// name that it asked for, and nothing else.
func otherNameWords(v *view) Diagnosis {
	d := v.refusedWords(NameNotCovered, "it lacks the name that was asked for")
	d.Explanation = paragraphs(
		"The address of this client is not CloudFront's. A client that checks names wants a certificate for the very name that it asked for; this one is for others.",
		v.wildcardNote(), v.hiddenNote())
	says := "Put " + name(v.sni()) + " into the certificate."
	d.Fixes = []Fix{edge.CertbotFix(says, "", v.Local.Judged.Names(), v.sni())}
	d.Fixes = append(d.Fixes, Fix{Says: "If nobody should use that name here, the fault is at the client: it was given a wrong name or address."})
	return d
}

// rejectedWords are those of a refusal of which the certificate shows no cause.
func rejectedWords(v *view) Diagnosis {
	if v.Local.Judged == nil {
		return unknownCertificateWords(v)
	}
	d := v.refusedWords("", "but nothing is wrong with it that can be seen from here")
	d.Title = v.Client() + " refused your certificate, though it shows no fault"
	d.Certainty = Possible
	d.Explanation = paragraphs(
		sentences(v.Client()+" left when it had the certificate, without finishing the handshake: that is how a client refuses one.",
			"Dates, issuer, chain, key and names were looked at, and none of them is wrong.", v.viewersGet("502")),
		"What is left, the likeliest first:\n"+v.candidates(),
		v.hiddenNote())
	d.Fixes = []Fix{v.lookFix()}
	if v.fromCloudFront() && v.distribution().OriginDomain == "" {
		d.Fixes = append(d.Fixes, Fix{Says: "Tell sniwatch the origin domain with --origin-domain NAME: the names are then judged as CloudFront judges them."})
	}
	if v.tls13() {
		d.Fixes = append(d.Fixes, Fix{Says: "To see the certificate itself in a capture, allow TLS 1.2 only for as long as it takes: ssl_protocols TLSv1.2; in nginx."})
	}
	return d
}

// candidates lists what a refusal without a fault may come from.
func (v *view) candidates() string {
	var all []string
	if v.Certificate.State != tlswire.Present && v.Local.Agrees != tlswire.Present && v.Local.Probed == nil {
		all = append(all, "the server serves another certificate than the file, because it was not reloaded, or another site answers;")
	}
	if v.fromCloudFront() {
		byFunction := "CloudFront accepts other names than those of the rule, set by a CloudFront Function;"
		if f := v.function(); f != "" {
			byFunction = "a function of the distribution sets other names: " + strings.TrimSuffix(f, ".") + ";"
		}
		all = append(all, byFunction,
			"the authority is in Mozilla's list, but not in CloudFront's copy of it;")
	} else {
		all = append(all, "the client does not trust the authority, or wants one certificate in particular (pinning);")
	}
	all = append(all, "something between the two ended the connection, and not "+v.client()+".")
	return "- " + strings.Join(all, "\n- ")
}

// unknownCertificateWords are those where no certificate is known at all.
func unknownCertificateWords(v *view) Diagnosis {
	d := v.refusedWords("", "which TLS 1.3 hides from the capture")
	d.Title = v.Client() + " refused your certificate, which TLS 1.3 hides here"
	d.Certainty = Possible
	names := "has no name that it accepts"
	if !v.fromCloudFront() {
		names = "is not for the name that it asked for"
	}
	d.Explanation = paragraphs(
		sentences(v.Client()+" left when it had the certificate, without finishing the handshake: that is how a client refuses one.",
			"Why, only the certificate itself can tell, and TLS 1.3 encrypts it.", v.viewersGet("502")),
		"The usual causes: the certificate "+names+"; it has expired; its intermediate is missing (cert.pem instead of fullchain.pem); "+
			"it is self-signed or from an authority of your own.")
	d.Fixes = []Fix{
		{Says: "Run sniwatch again with the certificate that the server serves: --cert /path/fullchain.pem. Where nginx has it:",
			Command: "sudo nginx -T | grep ssl_certificate"},
		v.lookFix(),
	}
	return d
}

// lookFix shows the certificate that the server serves for this name. The name
// goes into the command only if it is a host name: anything else might be a
// command itself.
func (v *view) lookFix() Fix {
	const show = " -showcerts </dev/null | openssl x509 -noout -subject -issuer -dates -ext subjectAltName"
	connect := fmt.Sprintf("openssl s_client -connect localhost:%d", v.Server.Port())
	if sni := v.sni(); isHostName(sni) {
		return Fix{Says: "Look at the certificate that the server really serves for this name. On this host:",
			Command: connect + " -servername " + sni + show}
	}
	return Fix{Says: "Look at the certificate that the server really serves. On this host (the name that was asked for is no host name, and left out):",
		Command: connect + " -noservername" + show}
}
