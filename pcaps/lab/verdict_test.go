//go:build linux

package main

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"
)

// told is what sniwatch would write of connections of the article's client.
func told(t *testing.T, lines ...string) observation {
	t.Helper()
	o, err := readObservation([]byte(strings.Join(lines, "\n") + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

const (
	seenRefused = `{"type":"connection","start":"2026-01-01T00:00:00Z","client":{"ip":"130.176.135.149","port":30001},"handshake":"refused","history":"SsAHhckdR","server_hello":{"version":{"code":771}},"diagnosis":{"code":"name-not-covered","certainty":"proven","article_row":6}}`
	seenOK      = `{"type":"connection","start":"2026-01-01T00:00:01Z","client":{"ip":"130.176.135.149","port":30002},"handshake":"complete","history":"SsAHh","diagnosis":{"code":"ok","certainty":"proven","article_row":2}}`
	seenReport  = `{"type":"report","findings":[{"code":"name-not-covered"}],"warnings":[{"code":"ranges-old"}],"unanalysed":{"packets_dropped_by_kernel":0}}`
)

// TestJudge: the truth agrees with itself, and each kind of untruth is noticed.
func TestJudge(t *testing.T) {
	at := func(port uint16, want truth) played {
		return played{netip.AddrPortFrom(netip.MustParseAddr(edgeUsual), port), want}
	}
	good := told(t, seenRefused, seenOK, seenReport)
	both := []played{at(30001, rowRefused(6, logReset).in(0x0303)), at(30002, accepted)}
	logged := []remark{{logReset, "…"}}
	for _, tt := range []struct {
		name     string
		all      []played
		offline  observation
		remarks  []remark
		report   []string
		expected string // in one of the disagreements; "": none
	}{
		{"all as it should be", both, good, logged, []string{"ranges-old"}, ""},
		{"a port that is not known", []played{both[0], at(0, accepted)}, good, logged, nil, ""},
		{"two ports that are not known, in either order", []played{at(0, accepted), at(0, rowRefused(6, logReset))}, good, logged, nil, ""},
		{"of two ports that are not known, one is wrong", []played{at(0, accepted), at(0, accepted)}, good, nil, nil, "the truth is ok"},
		{"another code", []played{at(30001, refused("certificate-expired", logReset)), both[1]}, good, logged, nil, "certificate-expired"},
		{"another row", []played{at(30001, rowRefused(8, logReset)), both[1]}, good, logged, nil, "row 8"},
		{"another outcome", []played{both[0], at(30002, truth{code: "ok", handshake: "unknown"})}, good, logged, nil, "handshake unknown"},
		{"another version", []played{at(30001, rowRefused(6, logReset).in(0x0304)), both[1]}, good, logged, nil, "TLS 1.3"},
		{"a letter is missing", []played{both[0], at(30002, accepted.showing("j"))}, good, logged, nil, "with j"},
		{"one connection is not seen", append(both, at(30003, accepted)), good, logged, nil, "not seen"},
		{"one is invented", both[:1], good, logged, nil, "nobody made it"},
		{"offline sees less", both, told(t, seenRefused, seenReport), logged, nil, "2 connections live, 1 offline"},
		{"a finding is missing", both, good, logged, []string{"root-sent"}, "lacks root-sent"},
		{"the log lacks a line", both, good, nil, nil, "0 times, and should 1"},
		{"the log has one too many", both, good, append(logged, logged...), nil, "2 times, and should 1"},
		{"the log has another", both, good, append(logged, remark{logCipher, "…"}), nil, "unexpected"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := judge(scenario{report: tt.report}, tt.all, account{live: good, offline: tt.offline}, tt.remarks)
			if v.agree() != (tt.expected == "") {
				t.Fatalf("agree: %v: %+v", v.agree(), v)
			}
			var out bytes.Buffer
			if printDisagreement(&out, v); !strings.Contains(out.String(), tt.expected) {
				t.Errorf("no %q in\n%s", tt.expected, out.String())
			}
		})
	}
}

func TestJudgeNoticesDrops(t *testing.T) {
	o := told(t, `{"type":"report","unanalysed":{"packets_dropped_by_kernel":3}}`)
	if wrong := against(scenario{}, nil, o); len(wrong) != 1 || !strings.Contains(wrong[0], "dropped 3") {
		t.Errorf("%q", wrong)
	}
}

// TestTableFitsIntoATerminal: the lines of a scenario that agrees are at most 80
// columns wide, and nothing from the wire is obeyed.
func TestTableFitsIntoATerminal(t *testing.T) {
	var out bytes.Buffer
	printHead(&out)
	for _, s := range scenarios {
		r := result{scenario: s}
		for _, c := range s.calls {
			r.all = append(r.all, played{want: c.want})
		}
		if len(r.all) > 0 {
			printLine(&out, r)
		}
	}
	printLine(&out, result{scenario: scenarios[0], skipped: "not installed: apache2"})
	for line := range strings.Lines(out.String()) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	if got := clean("a\x1b[2Jb\u202ec\xff\n"); got != "a·[2Jb·c·\n" {
		t.Errorf("cleaned: %q", got)
	}
}
