package main

import (
	"bytes"
	"fmt"
	"strings"
)

const manifestHeader = `# What sniwatch must say of each sample capture. Written by pcaps/gen; do not edit.
#
# One line a sample, six fields separated by tabs:
#   file       in this folder
#   arguments  of sniwatch besides "-r FILE --no-discover"; paths are relative to this folder
#   diagnoses  one code for each connection, in order of its start, separated by commas;
#              "N*code" stands for N times the code, "a|b" for either of the two; "-": no connection
#   warnings   codes of warnings or findings that the report as a whole must have; "-": none is demanded
#   never      codes that must not be the diagnosis of a connection or, where they are about the report as a whole,
#              not a warning or finding: the sample is their counterpart; "-": none
#   shows      one sentence
`

// manifest is the list that tests and people read.
func manifest(all []sample) []byte {
	var b bytes.Buffer
	b.WriteString(manifestHeader)
	for _, s := range all {
		fmt.Fprintln(&b, strings.Join([]string{s.file, s.args, folded(s.want), list(s.warn), list(s.never), s.shows}, "\t"))
	}
	return b.Bytes()
}

func list(codes []string) string {
	if len(codes) == 0 {
		return "-"
	}
	return strings.Join(codes, ",")
}

// folded writes runs of the same code as "N*code".
func folded(codes []string) string {
	var runs []string
	for i := 0; i < len(codes); {
		n := 1
		for i+n < len(codes) && codes[i+n] == codes[i] {
			n++
		}
		run := codes[i]
		if n > 1 {
			run = fmt.Sprintf("%d*%s", n, codes[i])
		}
		runs = append(runs, run)
		i += n
	}
	return list(runs)
}

const readmeHead = `# Sample captures

Every file here, but those in ` + "`recorded`" + `, is made by ` + "`pcaps/gen`" + `, byte for byte the same each time:

    go run ./pcaps/gen -o pcaps

Nothing was captured from a real network. The packets are those of CloudFront's ClientHellos (the shapes of
the policies ` + "`CloudFront-Upstream*`" + ` of s2n-tls), of the flights that nginx with OpenSSL sends, with real certificates of a
throw-away authority, and records of the lengths that real stacks produce; what is encrypted is noise. The generator
shares no code with the parsers. The time is that of the article, 2024-01-16 03:41:10 UTC; the clients 130.176.135.149,
130.176.135.150, 64.252.114.216 and 2600:9000:1000::1234 are in CloudFront's published ranges, 203.0.113.77 and 198.51.100.9
are not.

- ` + "`samples.txt`" + ` says of each capture which arguments belong to it and what sniwatch must say. Tests read it.
- ` + "`NAME.txt`" + ` beside a capture, where there is one, is the report that it must give.
- ` + "`certs/`" + ` holds the certificates as servers would serve them, and the roots for ` + "`--roots`" + `: ` + "`root.pem`" + `, and
  ` + "`private-root.pem`" + ` of a company that nobody else trusts. The keys are public test keys in ` + "`gen/keys`" + `.
- ` + "`recorded/`" + ` holds captures of the lab ([docs/lab.md](../docs/lab.md)): real nginx, Apache, HAProxy and Go, each with the
  lines that the server logged, and the report that both must give.

## How to add one

1. Add a sample to the list it belongs to in ` + "`gen/samples_*.go`" + `: file, arguments, diagnoses, one sentence, and a function
   that plays it. Give it a counterpart: a capture that looks alike and must not get the same diagnosis (` + "`never`" + `).
2. ` + "`go run ./pcaps/gen -o pcaps`" + ` and ` + "`go test ./pcaps/...`" + `; the tests let tshark read it where there is one.
3. Write its report with the ` + "`-update`" + ` flag of the tests that compare reports.

## The samples

| capture | diagnosis | shows |
|---|---|---|
`

// readme is the text for people who open the folder.
func readme(all []sample) []byte {
	var b bytes.Buffer
	b.WriteString(readmeHead)
	for _, s := range all {
		says := folded(append(append([]string(nil), s.want...), s.warn...))
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.file, strings.ReplaceAll(says, "|", " or "), strings.ReplaceAll(s.shows, "|", "\\|"))
	}
	return b.Bytes()
}
