package main

import (
	"encoding/binary"
	"strings"

	"sniwatch/pcaps/gen/frames"
	"sniwatch/pcaps/gen/play"
	"sniwatch/pcaps/gen/tlsbytes"
)

// hostileSamples are inputs that want to do harm, or are broken.
func hostileSamples() []sample {
	named := func(file, sni, shows string) sample {
		return sample{file: file, args: with("www"), want: one("name-not-covered"), shows: shows, make: func(s *scene) { s.refused12("www", sni) }}
	}
	return append([]sample{
		named("hostile-sni-escape.pcap", "\x1b[2J\x1b]0;owned\x07\u202eorigin.example.com", "a server name of terminal escape sequences and a right-to-left mark"),
		named("hostile-sni-newline.pcap", "origin.example.com\nproblem solved\r\n\tall is well", "a server name with line breaks"),
		named("hostile-sni-script.pcap", "<script>alert(1)</script>|[x](http://a.example)=1+1", "a server name of HTML, Markdown and a formula"),
		named("hostile-sni-invalid-utf8.pcap", "origin\xff\xfe\xc0\x80.example\x00.com", "a server name of invalid UTF-8 with a NUL"),
		named("hostile-sni-60k.pcap", strings.Repeat("a.", 30<<10), "a server name of 60 KiB, over four records"),
	}, brokenSamples()...)
}

// brokenSamples are files and messages that contradict themselves.
func brokenSamples() []sample {
	pcapOf := func(all []frames.Frame) ([]byte, error) { return frames.Pcap(all, frames.PcapForm{}) }
	two := func(s *scene) {
		s.row6()
		s.row6()
	}
	return []sample{
		{file: "broken-cut.pcap", args: with("www"), want: []string{"name-not-covered", "open|incomplete-capture"}, broken: true,
			shows: "the file ends in the middle of the second connection's server flight", make: two,
			write: func(all []frames.Frame) ([]byte, error) {
				b, err := pcapOf(all[:16])
				return b[:len(b)-700], err
			}},
		{file: "broken-record.pcap", args: with("www"), want: one("name-not-covered"), broken: true,
			shows: "behind the first connection a record claims to hold 4 GB", make: two,
			write: func(all []frames.Frame) ([]byte, error) {
				b, err := pcapOf(all[:10])
				return append(b, record(0xffffffff, 0xffffffff)...), err
			}},
		{file: "broken-header-only.pcap", args: with("www"), warn: one("no-cloudfront-traffic"), shows: "a capture without a packet", make: func(*scene) {}},
		{file: "broken-hello.pcap", args: with("www"), want: one("no-shared-version|server-closed|sni-refused|no-shared-cipher"), broken: true,
			shows: "the cipher suites of the hello are longer than the hello; the server answers alert 50", make: func(s *scene) {
				c := s.call()
				b := tlsbytes.CloudFront12(c.Src, originName).Bytes()
				binary.BigEndian.PutUint16(b[44:], 0xfffe)
				c.Client.Send(b)
				c.ServerAlert(50)
			}},
		{file: "broken-certificate.pcap", args: with("www"), want: one("certificate-rejected|name-not-covered|certificate-unusable|incomplete-capture"), broken: true,
			shows: "the server's certificate is not a certificate", make: func(s *scene) {
				chain := s.chain("www")
				chain.DER = [][]byte{[]byte("-----BEGIN CERTIFICATE----- this is text, not DER")}
				s.hello12(originName).Answer(play.TLS12(chain)).RefuseByReset()
			}},
	}
}

// record is the header of a pcap record that claims lengths.
func record(captured, length uint32) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, uint32(story.Unix()))
	return le.AppendUint32(le.AppendUint32(le.AppendUint32(b, 0), captured), length)
}
