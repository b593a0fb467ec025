package analyze

import (
	"fmt"
	"path"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/tlswire"
)

// refusedWords puts together what all refusals of a certificate have in common:
// the title, and the evidence around the fault's own.
func (v *view) refusedWords(code Code, fault string, own ...Evidence) Diagnosis {
	d := Diagnosis{Title: v.Client() + " refused your certificate: " + fault}
	d.Evidence = append(d.Evidence, v.asked(), v.isFor())
	d.Evidence = append(d.Evidence, own...)
	d.Evidence = append(d.Evidence, v.leftRow(code))
	return d
}

// renewed tells whether the file on this host holds a later certificate than
// the one that was sent: then the server was not reloaded after a renewal.
func (v *view) renewed() bool {
	if v.Certificate.State != tlswire.Present || v.Local.Certificate == nil || v.Local.Agrees != tlswire.Absent {
		return false
	}
	sent, file := v.Local.Judged.Leaf(), v.Local.Certificate.Leaf()
	return sent != nil && file != nil && file.NotAfter.After(sent.NotAfter)
}

func expiredWords(v *view) Diagnosis {
	p := v.problem(CertificateExpired)
	late := span(v.Start.Time().Sub(p.When))
	d := v.refusedWords(CertificateExpired, "it expired on "+day(p.When), v.dateRow("it expired", p, late+" before this connection"))
	d.Explanation = paragraphs(
		sentences(fmt.Sprintf("The certificate ended on %s, and this connection came %s later. %s hung up.",
			moment(p.When), late, v.Client()), v.viewersGet("502")),
		v.hiddenNote())
	if v.renewed() {
		f := v.Local.Certificate
		d.Explanation = paragraphs(d.Explanation, fmt.Sprintf("%s on this host is newer, valid until %s: it was renewed, but the server still "+
			"uses the old one. A server reads its certificates only when it starts or is reloaded.", file(f.File), day(f.Leaf().NotAfter)))
		d.Fixes = []Fix{{Says: "Reload the server. With nginx:", Command: testReloadCommand}}
		return d
	}
	d.Fixes = []Fix{{Says: "Renew it, then reload the server. With certbot and nginx:", Command: "sudo certbot renew && " + reloadCommand}}
	if v.Certificate.State == tlswire.Present {
		d.Fixes = append(d.Fixes, Fix{Says: "If it has been renewed already, only the reload is missing:", Command: testReloadCommand})
	}
	return d
}

func (v *view) dateRow(label string, p *origin.Problem, note string) Evidence {
	e := v.certificateRow(label)
	e.Value, e.Note = moment(p.When), note
	return e
}

func notYetValidWords(v *view) Diagnosis {
	p := v.problem(CertificateNotYetValid)
	early := span(p.When.Sub(v.Start.Time()))
	d := v.refusedWords(CertificateNotYetValid, "it is not valid before "+day(p.When), v.dateRow("it begins", p, early+" after this connection"))
	d.Explanation = paragraphs(
		sentences(fmt.Sprintf("The certificate begins on %s, and this connection came %s earlier. Until then it is refused like an expired one.",
			moment(p.When), early), v.viewersGet("502")),
		"The times are those of the host that made the capture. If its clock is wrong, the certificate may be good, and the cause another one.",
		v.hiddenNote())
	d.Fixes = []Fix{
		{Says: "Look at the clock first:", Command: "timedatectl"},
		{Says: "If the clock is right: serve the previous certificate until " + day(p.When) + ", or have a new one issued, and reload the server. With nginx:",
			Command: testReloadCommand},
	}
	return d
}

func selfSignedWords(v *view) Diagnosis {
	d := v.refusedWords(CertificateSelfSigned, "it is self-signed")
	d.Explanation = paragraphs(
		sentences("The certificate is signed by itself, not by a certificate authority.", v.whomItTrusts(), v.viewersGet("502")),
		v.defaultSite(), v.hiddenNote())
	d.Fixes = []Fix{v.wantedFix("Get a publicly trusted certificate, free of charge from Let's Encrypt.", "")}
	if v.sni() != "" {
		d.Fixes = append(d.Fixes, Fix{Says: "If you have one already: make the site that has it answer to " + name(v.sni()) +
			" (server_name in nginx, ServerName in Apache), and reload. With nginx:", Command: testReloadCommand})
	}
	return d
}

// whomItTrusts says which issuers the client accepts.
func (v *view) whomItTrusts() string {
	if v.fromCloudFront() {
		return "From an origin, CloudFront accepts only what an authority in Mozilla's list has signed."
	}
	return "A client accepts that only if it was told to."
}

// defaultSite says, where the name does not fit either, how a server comes to
// serve a certificate that nobody meant.
func (v *view) defaultSite() string {
	if v.sni() == "" || v.Local.Names.SNICovered || v.Local.Judged.Leaf() == nil {
		return ""
	}
	return "It is not for " + name(v.sni()) + " either. If you did not mean to serve it: no site of your server has that name, so its default site answered."
}

func untrustedWords(v *view) Diagnosis {
	p := v.problem(CertificateUntrustedIssuer)
	roots := v.know.Roots
	if roots == "" {
		roots = "Mozilla"
	}
	issuer := v.certificateRow("it is issued by")
	issuer.Value, issuer.Note = issuerText(p), "not among the trusted roots ("+shorten(roots)+")"
	d := v.refusedWords(CertificateUntrustedIssuer, "it does not trust the issuer", issuer)
	trusts := v.whomItTrusts()
	if v.fromCloudFront() {
		trusts += " That your own machines trust this one does not help."
	}
	d.Explanation = paragraphs(
		sentences("The chain of certificates is whole, but the authority at its end is none that is trusted publicly, such as one of your own.",
			trusts, v.viewersGet("502")),
		v.defaultSite(), v.hiddenNote())
	d.Fixes = []Fix{v.wantedFix("Get a publicly trusted certificate, free of charge from Let's Encrypt.", "")}
	return d
}

// issuerText names an issuer; some certificates leave that empty.
func issuerText(p *origin.Problem) string {
	if p.Issuer == "" {
		return "an issuer that the certificate does not name"
	}
	return p.Issuer
}

func missingWords(v *view) Diagnosis {
	p := v.problem(IntermediateMissing)
	chain := v.Local.Judged
	held := v.certificateRow("the server sent")
	held.Value, held.Note = many(int64(len(chain.Raw)), "certificate"), "a whole chain has one more, or several"
	if v.Certificate.State != tlswire.Present && v.Local.Certificate != nil {
		held.Label = "the file holds"
	}
	missing := v.certificateRow("what is missing")
	missing.Value, missing.Note = issuerText(p), ""
	own := []Evidence{held, missing}
	if p.URL != "" {
		from := v.certificateRow("it can be had from")
		from.Value, from.Note = p.URL, ""
		own = append(own, from)
	}
	d := v.refusedWords(IntermediateMissing, "the intermediate certificate is missing", own...)
	d.Explanation = paragraphs(
		sentences("A server must send its own certificate and those of the authorities between it and the root. Here one of them is missing.",
			v.Client()+" does not go and look for it.", v.viewersGet("502")),
		"Browsers often do look, or remember it from elsewhere: that is why the same server can look healthy in a browser.",
		v.hiddenNote())
	says := "Serve fullchain.pem instead of cert.pem"
	if l := v.Local.Certificate; l != nil && path.Base(l.File) == "cert.pem" {
		says = "The server is given cert.pem. Serve fullchain.pem, which lies beside it"
	}
	d.Fixes = []Fix{
		{Says: says + ": ssl_certificate in nginx, SSLCertificateFile in Apache. Then reload. With nginx:", Command: testReloadCommand},
		{Says: "If your authority sent the intermediate as a file of its own, put it behind your certificate, serve the result, and reload:",
			Command: "cat cert.pem intermediate.pem > chained.pem"},
	}
	return d
}

func intermediateExpiredWords(v *view) Diagnosis {
	p := v.problem(IntermediateExpired)
	late := span(v.Start.Time().Sub(p.When))
	which := v.certificateRow("expired intermediate")
	which.Value, which.Note = p.Subject, ""
	d := v.refusedWords(IntermediateExpired, "an intermediate certificate has expired", which,
		v.dateRow("it expired", p, late+" before this connection"))
	d.Explanation = paragraphs(
		sentences("Your own certificate is within its dates, but the one that signed it is not: it ended on "+moment(p.When)+
			". That counts as if yours had expired.", v.viewersGet("502")),
		v.hiddenNote())
	var have []string
	if v.Local.Judged != nil {
		have = v.Local.Judged.Names()
	}
	d.Fixes = []Fix{
		edge.CertbotFix("Have the certificate issued again; it comes with the authority's present chain.", "--force-renewal", have),
		{Says: "If your authority has a newer intermediate of the same name: put it in the place of the old one in the file that the server reads, and reload. With nginx:",
			Command: testReloadCommand},
	}
	return d
}

func unusableWords(v *view) Diagnosis {
	p := v.problem(CertificateUnusable)
	rule := v.certificateRow("what does not fit")
	rule.Value, rule.Note = p.Rule, ""
	own := []Evidence{rule}
	if leaf := v.Local.Judged.Leaf(); leaf != nil {
		key := v.certificateRow("its key, its signature")
		key.Value, key.Note = origin.KeyText(leaf)+", "+origin.SignatureText(leaf), ""
		own = append(own, key)
	}
	d := v.refusedWords(CertificateUnusable, "it is of a kind that cannot be used", own...)
	d.Explanation = paragraphs(
		sentences(unusableSays(p), v.usableKeys(), v.viewersGet("502")),
		v.hiddenNote())
	d.Fixes = []Fix{v.reissueFix()}
	return d
}

func unusableSays(p *origin.Problem) string {
	if p.Says == "" {
		return "The certificate is of a kind that the client cannot use."
	}
	return limited(p.Says, maxSentence)
}

// usableKeys says which kinds of keys CloudFront takes from an origin.
func (v *view) usableKeys() string {
	if !v.fromCloudFront() {
		return ""
	}
	return "From an origin, CloudFront takes RSA keys of 1024 to 4096 bits and ECDSA keys on P-256."
}

// reissueFix is the remedy of a certificate of the wrong kind.
func (v *view) reissueFix() Fix {
	return v.wantedFix("Have a certificate with an ECDSA P-256 key issued (RSA 2048 works as well).",
		"--force-renewal --key-type ecdsa --elliptic-curve secp256r1")
}
