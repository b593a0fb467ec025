package main

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sniwatch/pcaps/gen/certs"
	"sniwatch/pcaps/gen/frames"
	"sniwatch/pcaps/gen/play"
	"sniwatch/pcaps/gen/tlsbytes"
)

// A distribution is one combination of what decides whether a certificate works.
type setting struct {
	certificate, viewer string
	forwarded           bool
}

// sni and accepted are CloudFront's rule of names once more, in its shortest
// form: the certificate needs the origin domain, or the Host that is forwarded.
func (s setting) sni() string {
	if s.forwarded {
		return s.viewer
	}
	return originName
}

func (s setting) accepted() bool {
	names := map[string][]string{
		"origin": {originName}, "www": {wwwName}, "both": {wwwName, originName}, "neither": {"shop.example.net"},
		"wildcard": {"www.example.com", "origin.example.com", "shop.example.com"}, // of those that are asked for here
	}[s.certificate]
	for _, name := range names {
		if name == originName || s.forwarded && name == s.viewer {
			return true
		}
	}
	return false
}

// capture plays what CloudFront and the server would do.
func (s setting) capture(t *testing.T, set *certs.Set, tls13 bool) string {
	t.Helper()
	chain, err := set.Chain(s.certificate)
	if err != nil {
		t.Fatal(err)
	}
	trace := frames.NewTrace(time.Date(2024, 1, 16, 3, 41, 10, 0, time.UTC), frames.Ethernet)
	call := play.NewCall(trace, netip.MustParseAddrPort("130.176.135.149:34512"), netip.MustParseAddrPort("10.0.0.10:443"))
	if tls13 {
		call.Hello(tlsbytes.CloudFront13(call.Src, s.sni(), tlsbytes.TLS12)).Answer(play.TLS13(chain))
	} else {
		call.Hello(tlsbytes.CloudFront12(call.Src, s.sni())).Answer(play.TLS12(chain))
	}
	if s.accepted() {
		call.Succeed()
	} else {
		call.RefuseByReset()
	}
	bytes, err := frames.Pcap(trace.Frames, frames.PcapForm{})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "one.pcap")
	if err := os.WriteFile(name, bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestPredictionIsDiagnosis holds three against each other, for every
// combination of certificate, name and forwarding in TLS 1.2 and 1.3: the rule
// above, what check predicts, and what is diagnosed from the packets.
func TestPredictionIsDiagnosis(t *testing.T) {
	set, err := certs.Make()
	if err != nil {
		t.Fatal(err)
	}
	inSamples(t)
	for _, certificate := range []string{"origin", "www", "both", "wildcard", "neither"} {
		for _, viewer := range []string{wwwName, ownName, "shop.example.com", "shop.example.net"} {
			for _, forwarded := range []bool{true, false} {
				s := setting{certificate, viewer, forwarded}
				args := []string{"--roots", "certs/root.pem", "--cert", "certs/" + certificate + ".pem", "--origin-domain", originName,
					"--viewer-domain", viewer, "--forward-host", map[bool]string{true: "yes", false: "no"}[forwarded]}
				rows := checkJSON(t, append([]string{"--at", "2024-01-16"}, args...)...).Rows
				if len(rows) != 1 {
					t.Fatalf("%+v: %d rows", s, len(rows))
				}
				if p := rows[0]; p.SNI != s.sni() || p.Accepted != s.accepted() {
					t.Errorf("%+v: predicted SNI %s, accepted %v", s, p.SNI, p.Accepted)
				}
				for _, tls13 := range []bool{false, true} {
					s.compare(t, rows[0], s.diagnosed(t, set, tls13, args), fmt.Sprintf("%+v, TLS 1.3 %v", s, tls13))
				}
			}
		}
	}
}

// diagnosed gives what is said of the one connection of the capture.
func (s setting) diagnosed(t *testing.T, set *certs.Set, tls13 bool, args []string) said {
	t.Helper()
	out, errs, status := sniwatch(t, append([]string{"-r", s.capture(t, set, tls13), "--format", "ndjson"}, args...)...)
	if status != exitDone {
		t.Fatal(errs)
	}
	connections, _ := sayings(t, out)
	if len(connections) != 1 {
		t.Fatalf("%d connections", len(connections))
	}
	return connections[0]
}

func (s setting) compare(t *testing.T, predicted checkRow, c said, name string) {
	t.Helper()
	want := "name-not-covered"
	if s.accepted() {
		want = "ok"
	}
	if c.Diagnosis.Code != want || c.Diagnosis.ArticleRow != predicted.ArticleRow {
		t.Errorf("%s: diagnosed %s, row %d, want %s; predicted row %d", name, c.Diagnosis.Code, c.Diagnosis.ArticleRow, want, predicted.ArticleRow)
	}
	if row := strings.TrimSpace(fmt.Sprint(predicted.ArticleRow)); s.certificate == "origin" && s.viewer == wwwName && row != map[bool]string{true: "1", false: "2"}[s.forwarded] {
		t.Errorf("%s: row %s", name, row)
	}
}
