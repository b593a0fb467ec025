package main

import (
	"time"

	"sniwatch/pcaps/gen/play"
	"sniwatch/pcaps/gen/tlsbytes"
)

// certificateSamples are the faults that a certificate can have, each refused,
// and each beside a connection that looks alike and was accepted.
func certificateSamples() []sample {
	refused := func(s sample) []sample {
		in13 := s
		chain := s.file
		s.file, in13.file = s.want[0]+"-tls12.pcap", s.want[0]+"-tls13.pcap"
		s.make = func(sc *scene) { sc.refused12(chain, originName) }
		in13.make = func(sc *scene) { sc.refused13(chain, originName) }
		s.args, in13.args = with(chain), with(chain)
		in13.shows += ", in TLS 1.3"
		return []sample{s, in13}
	}
	var all []sample
	for _, s := range []sample{
		{file: "origin-expired", want: one("certificate-expired"), shows: "the leaf expired 15 hours before"},
		{file: "origin-not-yet-valid", want: one("certificate-not-yet-valid"), shows: "the leaf becomes valid two weeks later"},
		{file: "origin-self-signed", want: one("certificate-self-signed"), shows: "the leaf is signed by itself"},
		{file: "origin-private", want: one("certificate-untrusted-issuer"), shows: "the chain is complete but ends in a company's own root"},
		{file: "origin-nochain", want: one("intermediate-missing"), shows: "the server sends the leaf alone"},
		{file: "origin-old-intermediate", want: one("intermediate-expired"), shows: "the intermediate expired a day before, the leaf has not"},
		{file: "neither", want: one("name-not-covered"), shows: "the certificate is for a third name"},
		{file: "origin-client-auth", want: one("certificate-unusable"), shows: "the leaf may be used for clients only"},
		{file: "origin", want: one("certificate-rejected"), shows: "reset after a certificate without any fault"},
	} {
		all = append(all, refused(s)...)
	}
	return append(append(all, certificateVariants()...), certificateCounterparts()...)
}

// certificateVariants are further ways to come to the same diagnoses.
func certificateVariants() []sample {
	refused := func(file, chain, sni, code, shows string) sample {
		return sample{file: file, args: with(chain), want: one(code), shows: shows, make: func(s *scene) { s.refused12(chain, sni) }}
	}
	wildcard := refused("name-not-covered-wildcard-two-levels.pcap", "wildcard", "a.b.example.com", "name-not-covered", "*.example.com covers one level only, not a.b.example.com")
	wildcard.args = "--cert certs/wildcard.pem --roots certs/root.pem --origin-domain a.b.example.com"
	return []sample{
		wildcard,
		refused("certificate-expired-and-wrong-name.pcap", "www-expired", originName, "certificate-expired", "expired and for another name: the first is the diagnosis, the second stands beside it"),
		refused("certificate-unusable-sha1.pcap", "origin-sha1", originName, "certificate-unusable", "the leaf is signed with SHA-1"),
		refused("certificate-unusable-ip-only.pcap", "ip-only", originName, "certificate-unusable|name-not-covered", "the certificate names an IP address and no host"),
		refused("intermediate-missing-wrong-one.pcap", "origin-wrong-intermediate", originName, "intermediate-missing", "an intermediate is sent, but not the one that signed the leaf"),
		{file: "certificate-unusable-ed25519.pcap", args: with("origin-ed25519"), want: one("certificate-unusable|no-shared-cipher"),
			shows: "the key is Ed25519, which CloudFront does not offer: the server ends with alert 40",
			make:  func(s *scene) { s.hello12(originName).ServerAlert(40) }},
		{file: "certificate-unusable-p521.pcap", args: with("origin-p521"), want: one("certificate-unusable|no-shared-cipher"),
			shows: "the key is of P-521, which CloudFront does not offer: the server ends with alert 40",
			make:  func(s *scene) { s.hello12(originName).ServerAlert(40) }},
	}
}

// certificateCounterparts are accepted, or fail for another reason.
func certificateCounterparts() []sample {
	accepted := func(file, chain, never, shows string, at time.Time) sample {
		return sample{file: file, args: with(chain), want: one("ok"), never: one(never), shows: shows, at: at,
			make: func(s *scene) { s.accepted12(chain, originName) }}
	}
	at := func(m time.Month, y, d int) time.Time { return time.Date(y, m, d, 3, 41, 10, 0, time.UTC) }
	expired := accepted("certificate-expired-not.pcap", "origin-expired", "certificate-expired", "the same certificate a day earlier was accepted", at(time.January, 2024, 15))
	expired.warn = one("expires-soon")
	private := accepted("certificate-untrusted-issuer-not.pcap", "origin-private", "certificate-untrusted-issuer", "the company's own root is trusted: --roots", story)
	private.args = "--cert certs/origin-private.pem --roots certs/private-root.pem --origin-domain origin.example.com"
	private.warn = one("root-sent")
	return []sample{
		expired, private,
		accepted("certificate-not-yet-valid-not.pcap", "origin-not-yet-valid", "certificate-not-yet-valid", "the same certificate after its first day", at(time.February, 2024, 2)),
		accepted("intermediate-expired-not.pcap", "origin-old-intermediate", "intermediate-expired", "the same chain six weeks earlier", at(time.December, 2023, 4)),
		accepted("intermediate-missing-not.pcap", "origin", "intermediate-missing", "the same leaf with its chain", story),
		accepted("certificate-unusable-not.pcap", "origin-p256", "certificate-unusable", "a P-256 key is fine", story),
		accepted("certificate-rejected-not.pcap", "both", "certificate-rejected", "a certificate without fault, accepted", story),
		{file: "certificate-self-signed-not.pcap", args: with("origin-self-signed"), want: one("ok"), never: one("certificate-self-signed"), warn: one("certificate-self-signed"),
			shows: "a visitor who does not check certificates: a self-signed one is no failure by itself",
			make: func(s *scene) {
				s.client = visitor
				c := s.call()
				t := play.TLS12(s.chain("origin-self-signed"))
				t.Suite = tlsbytes.ECDHERSAChaCha
				c.Hello(tlsbytes.OpenSSL(c.Src, originName)).Answer(t).Succeed()
			}},
		{file: "name-not-covered-not.pcap", args: with("wildcard"), want: one("ok"), never: one("name-not-covered"),
			shows: "a wildcard of one level covers the name",
			make:  func(s *scene) { s.accepted13("wildcard", originName) }},
		{file: "name-not-covered-not-cn-only.pcap", args: with("origin-cn-only"), want: one("ok"), never: one("name-not-covered"),
			shows: "a certificate with a common name and no SAN is accepted",
			make:  func(s *scene) { s.accepted12("origin-cn-only", originName) }},
	}
}

// hello12 plays a connection up to the ClientHello.
func (s *scene) hello12(sni string) *play.Call {
	c := s.call()
	return c.Hello(tlsbytes.CloudFront12(c.Src, sni))
}

// hello13 is hello12 in the form of 2025.
func (s *scene) hello13(sni string) *play.Call {
	c := s.call()
	return c.Hello(tlsbytes.CloudFront13(c.Src, sni, tlsbytes.TLS12))
}

// rejectionSamples are the ways in which clients refuse a certificate; the
// certificate is for www.example.com in all of them.
func rejectionSamples() []sample {
	s := func(file, shows string, make func(*scene)) sample {
		return sample{file: file, args: with("www"), want: one("name-not-covered"), shows: shows, make: make}
	}
	openssl := func(s *scene, t play.Terms) *play.Call {
		s.client = visitor
		c := s.call()
		if t.Version == tlsbytes.TLS13 {
			t.Suite = tlsbytes.AES256GCM13
		}
		return c.Hello(tlsbytes.OpenSSL(c.Src, originName)).Answer(t)
	}
	blinded := func(c *play.Call) {
		c.Trace.Wait(15 * time.Second)
		c.Client.Push(tlsbytes.Alert(tlsbytes.TLS12, tlsbytes.Warning, 0))
		c.Client.Reset()
	}
	return []sample{
		s("refuse-blinding-tls12.pcap", "the library waits 15 s, says close_notify in clear, then resets", func(s *scene) { blinded(s.flight12("www", originName)) }),
		s("refuse-blinding-tls13.pcap", "the same in TLS 1.3: close_notify is in clear there too", func(s *scene) { blinded(s.flight13("www", originName)) }),
		s("refuse-fin.pcap", "the client closes by FIN instead of RST", func(s *scene) {
			c := s.flight12("www", originName)
			c.Server.AfterLast(1100 * time.Microsecond)
			c.CloseByClient()
		}),
		s("refuse-alert42-tls12.pcap", "OpenSSL names its reason: alert 42", func(s *scene) { openssl(s, play.TLS12(s.chain("www"))).RefuseByAlert(42) }),
		s("refuse-alert42-tls13.pcap", "OpenSSL sends alert 42 in clear in TLS 1.3 too", func(s *scene) { openssl(s, play.TLS13(s.chain("www"))).RefuseByAlert(42) }),
		s("refuse-encrypted-alert-tls13.pcap", "Go sends its alert encrypted: a record of 19 bytes behind a ChangeCipherSpec", func(s *scene) {
			c := openssl(s, play.TLS13(s.chain("www")))
			c.Server.AfterLast(240 * time.Microsecond)
			c.Client.Push(tlsbytes.Join(tlsbytes.CCS(), c.Alert()))
			c.CloseByClient()
		}),
		s("refuse-after-finished-tls12.pcap", "curl checks the name after Finished, then sends an encrypted alert", func(s *scene) {
			c := openssl(s, play.TLS12(s.chain("www"))).Finish()
			c.Client.Push(c.Alert())
			c.Server.Receive()
			c.CloseByServer()
		}),
		s("refuse-after-finished-tls13.pcap", "the same in TLS 1.3: a record of Finished's length, then one of an alert's", func(s *scene) {
			c := openssl(s, play.TLS13(s.chain("www")))
			c.ClientFinish()
			c.Client.Push(c.Alert())
			c.CloseByClient()
		}),
		{file: "refuse-alert45.pcap", args: with("origin-expired"), want: one("certificate-expired"), shows: "a client says why: alert 45, certificate_expired",
			make: func(s *scene) { openssl(s, play.TLS12(s.chain("origin-expired"))).RefuseByAlert(45) }},
		{file: "refuse-alert48.pcap", args: with("origin-nochain"), want: one("intermediate-missing"), shows: "a client says why: alert 48, unknown_ca",
			make: func(s *scene) { openssl(s, play.TLS12(s.chain("origin-nochain"))).RefuseByAlert(48) }},
	}
}
