package logs

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Real logs of four servers: every line that tells of a failure has an entry, of
// a class that says what it was, and the counts are those that were made.
func TestRealLogs(t *testing.T) {
	names := sampleLogs(t)
	if len(names) == 0 {
		t.Skip("SKIPPED: ../shared/captures/s2n is not on this machine: no real logs were read")
	}
	want := map[string]map[Class]int{
		"nginx-1.22-error.log": {PeerReset: 7, PeerClosed: 3, UnsupportedVersion: 1, NoSharedCipher: 3, NoSharedGroup: 1, AlertReceived: 4,
			ClientCertificate: 2, SNIRejected: 1, TLSToPlainPort: 1, ClosedWaitingForRequest: 1, PlainHTTP: 1, ClosedBeforeHello: 1},
		"apache-2.4-error.log": {PeerReset: 2, NoSharedCipher: 1, UnsupportedVersion: 1, AlertReceived: 4, PlainHTTP: 1, PeerClosed: 2},
		"haproxy-2.6.log":      {HandshakeFailed: 11, ClosedBeforeHello: 1},
		"go-http-server.log":   {PeerReset: 2, UnsupportedVersion: 2, AlertReceived: 3, HandshakeFailureOther: 1, PeerClosed: 2, PlainHTTP: 1},
	}
	failure := regexp.MustCompile(`while SSL handshaking|no required SSL certificate|plain HTTP|invalid method|waiting for request|` +
		`AH02008|AH02006|AH01996|SSL handshake|TLS handshake error`)
	for _, name := range names {
		log := readFile(t, name)
		entries, counts := readAll(t, strings.NewReader(log), Options{})
		got, lines := map[Class]int{}, strings.Split(log, "\n")
		told := map[int]bool{}
		for _, e := range entries {
			got[e.Class]++
			told[e.Line] = true
			if e.Text != lines[e.Line-1] {
				t.Errorf("%s:%d: the text is another line's: %q", name, e.Line, e.Text)
			}
			if !e.Client.IsValid() || e.Time.IsZero() || e.Resolution == 0 {
				t.Errorf("%s:%d: no client or time: %+v", name, e.Line, e)
			}
		}
		if w := want[filepath.Base(name)]; !maps.Equal(got, w) {
			t.Errorf("%s: %v, want %v", name, got, w)
		}
		if counts.Undecodable != 0 || counts.Lines != int64(strings.Count(log, "\n")) || counts.Bytes != int64(len(log)) {
			t.Errorf("%s: %+v", name, counts)
		}
		for i, line := range lines {
			// Apache's AH02008 is told with the line after it, which has the reason.
			if failure.MatchString(line) && !told[i+1] && !told[i+2] {
				t.Errorf("%s:%d tells of a failure, and has no entry: %s", name, i+1, line)
			}
		}
	}
}

func TestClassesAreWhole(t *testing.T) {
	codes := readFile(t, "../../../docs/diagnoses.md")
	facts := map[Fact]bool{ClientAlert: true, NoClientAlert: true, ClientHelloSeen: true, NoClientHello: true, ServerHelloSent: true,
		HandshakeComplete: true, HandshakeBroken: true, ClientResetOnly: true, ClientFINOnly: true, ServerSpeaksTLS: true, NotAskedForOne: true, EndedWithinSeconds: true}
	seen := map[Class]bool{}
	for _, m := range Classes {
		if seen[m.Class] || m.Means == "" || !strings.HasSuffix(m.Means, ".") || len(m.Codes) == 0 || len(m.ExcludedBy) == 0 {
			t.Errorf("%s: twice, or not whole", m.Class)
		}
		seen[m.Class] = true
		for _, code := range m.Codes {
			if !strings.Contains(codes, "`"+code+"`") {
				t.Errorf("%s: %s is no diagnosis", m.Class, code)
			}
		}
		for _, f := range m.ExcludedBy {
			if !facts[f] {
				t.Errorf("%s: %s is no fact", m.Class, f)
			}
		}
		if MeaningOf(m.Class).Means != m.Means {
			t.Errorf("%s is not found", m.Class)
		}
	}
	var used []Class
	for _, list := range [][]wording{opensslWordings, goWordings, haproxyWordings} {
		for _, w := range list {
			used = append(used, w.class)
		}
	}
	for _, c := range append(used, slices.Collect(maps.Values(apacheClasses))...) {
		if !seen[c] {
			t.Errorf("%q is not in the table", c)
		}
	}
	if m := MeaningOf("no such class"); m.Class != "" {
		t.Errorf("an unknown class means %+v", m)
	}
}
