package analyze

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sniwatch/analyze/origin"
	"sniwatch/analyze/origin/config"
	"sniwatch/analyze/origin/logs"
	"sniwatch/analyze/tlswire"
)

// says gives a connection a line of the server's log.
func says(class logs.Class, sure Certainty) fact {
	return set(func(c *Connection) {
		c.Log = append(c.Log, LogLine{File: "/var/log/nginx/error.log", Line: 812, Class: string(class), Certainty: sure, Alike: 1})
	})
}

// contradicted is a line that does not go with the packets.
func contradicted(class logs.Class) fact {
	return set(func(c *Connection) {
		c.Log = append(c.Log, LogLine{Class: string(class), Certainty: Proven, Contradicts: "The log says: x."})
	})
}

// TestTheLogDecides: where the packets leave it open, a line decides, if it is
// sure to be about the connection and goes with it.
func TestTheLogDecides(t *testing.T) {
	closes := []fact{askedOrigin, serverGoes}
	noCommon := []fact{askedOrigin, sslFatal(tlswire.HandshakeFailure), serverGoes}
	done := []fact{askedOrigin, serves(theOrigin), finished, set(func(c *Connection) { c.FromServer.Finished = true }), data, goes}
	for _, tt := range []struct {
		name  string
		wire  []fact
		class logs.Class
		want  Code
	}{
		{"the server closes: the name", closes, logs.SNIRejected, SNIRefused},
		{"alert 40: the group", noCommon, logs.NoSharedGroup, NoSharedGroup},
		{"complete, then nginx's 400", done, logs.ClientCertificate, ClientCertificateRequired},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code := func(more ...fact) Code {
				c, k := given(append(append([]fact{}, tt.wire...), more...)...)
				return diagnose(t, c, k).Code
			}
			if got := code(); got == tt.want {
				t.Fatalf("%s without a line", got)
			}
			for _, sure := range []Certainty{Proven, Likely} {
				if got := code(says(tt.class, sure)); got != tt.want {
					t.Errorf("%s with a line that is %s", got, sure)
				}
			}
			if got := code(says(tt.class, Possible)); got == tt.want {
				t.Errorf("%s by a line that may be another connection's", got)
			}
			if got := code(contradicted(tt.class)); got == tt.want {
				t.Errorf("%s by a line that the packets contradict", got)
			}
			if got := code(says(logs.PeerClosed, Proven)); got == tt.want {
				t.Errorf("%s by a line of another class", got)
			}
		})
	}
}

// TestConfigurationInWords: what the server's configuration adds to a diagnosis.
func TestConfigurationInWords(t *testing.T) {
	answer := func(a Answer) fact {
		a.Program, a.File, a.At = "nginx", "/etc/nginx/nginx.conf", config.Position{File: "/etc/nginx/sites/www", Line: 7}
		return set(func(c *Connection) { c.Local.Answer = &a })
	}
	refused := []fact{askedOrigin, serves(theSite), resets}
	for _, tt := range []struct {
		name  string
		facts []fact
		want  string // in what is said; with ! it must not be there
	}{
		{"the default site answered", append(refused, answer(Answer{Why: config.ByDefault})), "the default site answered (www, line 7)"},
		{"another site has the name", append(refused, answer(Answer{Why: config.ByExact})), "!default site answered"},
		{"the only site", append(refused, answer(Answer{Why: config.ByOnly})), "!default site answered"},
		{"the names that are known", []fact{askedOrigin, sslFatal(tlswire.UnrecognizedName), serverGoes, answer(Answer{Why: config.ByDefault, Known: strings.Fields("a.test b.test c.test d.test e.test f.test g.test h.test i.test j.test")})}, "h.test and 2 more"},
		{"versions", []fact{askedOrigin, sslFatal(tlswire.ProtocolVersion), serverGoes, answer(Answer{Protocols: []string{"TLSv1.1"}})}, "TLSv1.1"},
		{"ciphers", []fact{askedOrigin, sslFatal(tlswire.HandshakeFailure), serverGoes, answer(Answer{Ciphers: "CHACHA20", Protocols: []string{"TLSv1.2"}})}, "CHACHA20"},
		{"versions are not the cause", []fact{askedOrigin, sslFatal(tlswire.HandshakeFailure), serverGoes, answer(Answer{Ciphers: "CHACHA20", Protocols: []string{"TLSv1.2"}})}, "The TLS versions are compatible: both sides have TLS 1.2."},
		{"a list without end", []fact{askedOrigin, sslFatal(tlswire.HandshakeFailure), serverGoes, answer(Answer{Ciphers: strings.Repeat("x", 1<<20)})}, "!" + strings.Repeat("x", maxSetting+1)},
	} {
		c, k := given(tt.facts...)
		told := spoken(diagnose(t, c, k))
		for _, f := range diagnose(t, c, k).Fixes {
			told += f.Says
		}
		want, not := strings.CutPrefix(tt.want, "!")
		if strings.Contains(told, want) == not {
			t.Errorf("%s: %q? %t:\n%s", tt.name, tt.want, not, told)
		}
	}
}

// TestHiddenByLog: that the log hides failures is said once for each setting, and
// only where it does.
func TestHiddenByLog(t *testing.T) {
	finding := func(hidden *config.Hidden, lines int) Finding {
		c, _ := given(askedOrigin, resets)
		c.Local.Answer = &Answer{Program: "nginx", HiddenFailures: hidden}
		c.Log = make([]LogLine, lines)
		return Finding{Diagnosis: Diagnosis{Code: NameNotCovered}, Example: c}
	}
	hidden := &config.Hidden{At: config.Position{File: "nginx.conf", Line: 3}, Says: "it has level error", Write: "error_log x info;"}
	for _, tt := range []struct {
		name     string
		findings []Finding
		want     int
	}{
		{"nothing known", []Finding{{Diagnosis: Diagnosis{Code: NameNotCovered}}}, 0},
		{"shown", []Finding{finding(nil, 0)}, 0},
		{"hidden", []Finding{finding(hidden, 0)}, 1},
		{"twice", []Finding{finding(hidden, 0), finding(hidden, 0)}, 1},
		{"there is a line all the same", []Finding{finding(hidden, 1)}, 0},
	} {
		got := hiddenByLog(tt.findings)
		if len(got) != tt.want || tt.want == 1 && (got[0].Code != LogLevelHidesThis || got[0].Fixes[0].Command != hidden.Write) {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}

// lineOfReset is what nginx writes for the connection of given.
func lineOfReset(file string, number int, at time.Time) *logs.Entry {
	return &logs.Entry{File: file, Line: number, Program: logs.Nginx, Time: at.Truncate(time.Second), Resolution: time.Second, Class: logs.PeerReset,
		Client: netip.MustParseAddrPort("130.176.135.149:0"), Text: strings.Repeat("x", 2*maxLine), Alert: -1}
}

// refusedAt is a connection that was refused a while after the start.
func refusedAt(packet int, after time.Duration) *Connection {
	c, _ := given(askedOrigin, serves(theSite), resets)
	c.FirstPacket, c.Start, c.Last, c.End.Time = packet, at(after), at(after), at(after)
	return c
}

func TestLines(t *testing.T) {
	l := NewLines(false)
	l.Since(testStart)
	l.Read("empty.log")
	l.Add(lineOfReset("a.log", 1, testStart.Add(-48*time.Hour))) // too old for any connection
	l.Add(lineOfReset("a.log", 2, testStart))
	l.Add(lineOfReset("a.log", 3, testStart.Add(10*time.Second)))
	stranger := refusedAt(9, 0)
	stranger.Client = netip.MustParseAddrPort("130.176.135.1:5")
	for _, c := range []*Connection{refusedAt(1, 0), refusedAt(2, 10*time.Second), stranger} {
		l.Candidate(c)
	}
	l.Join()
	for packet, want := range map[int]int{1: 2, 2: 3} {
		got := l.Of(refusedAt(packet, 0))
		if len(got) != 1 || got[0].Line != want || got[0].Certainty != Proven || len(got[0].Text) != maxLine {
			t.Errorf("connection of packet %d: %+v", packet, got)
		}
	}
	if got := l.Of(stranger); got != nil {
		t.Errorf("another client's: %+v", got)
	}
	used := l.Used()
	if len(used) != 2 || used[0].Entries != 0 || used[1].Entries != 3 || used[1].Joined != 2 || used[1].LeftOut != 0 || used[1].Last.Sub(used[1].First) != 48*time.Hour+10*time.Second {
		t.Errorf("used: %+v", used)
	}
	if len(l.clients) != 0 {
		t.Errorf("%d clients wait still", len(l.clients))
	}
}

// TestLinesAreBounded: more lines than there is room for are counted; live, the
// oldest go, and those that are too old.
func TestLinesAreBounded(t *testing.T) {
	l, live := NewLines(false), NewLines(true)
	for i := range maxEntries + 5 {
		l.Add(lineOfReset("a.log", i, testStart))
		live.Add(lineOfReset("a.log", i, testStart))
	}
	if got := l.Used()[0]; got.LeftOut != 5 || got.Entries != maxEntries+5 {
		t.Errorf("used: %+v", got)
	}
	if kept := live.logs[0].entries; len(kept) != maxUnjoined || kept[len(kept)-1].Line != maxEntries+4 {
		t.Errorf("%d live entries are kept", len(kept))
	}
	live.expire(testStart.Add(forgotten + 2*time.Second))
	if len(live.logs[0].entries) != 0 || len(live.clients) != 0 {
		t.Errorf("%d entries and %d clients are kept for ever", len(live.logs[0].entries), len(live.clients))
	}
}

// TestContradiction: a line that goes with a connection in all but what happened is
// shown with it, and warned of.
func TestContradiction(t *testing.T) {
	c := refusedAt(1, 0)
	alert(FromClient, tlswire.Fatal, tlswire.BadCertificate)(c, nil)
	l := NewLines(false)
	l.Add(lineOfReset("/var/log/a.log", 1, testStart)) // a reset without an alert
	l.Candidate(c)
	l.Join()
	got := l.Of(c)
	if len(got) != 1 || !strings.Contains(got[0].Contradicts, "But the packets show that the client sent an alert") {
		t.Fatalf("lines: %+v", got)
	}
	warnings := logWarnings(l.Used())
	if len(warnings) != 1 || warnings[0].Code != LogContradictsCapture || !strings.Contains(warnings[0].Title, "1 line of a.log") {
		t.Errorf("warnings: %+v", warnings)
	}
	if logWarnings([]LogUsed{{Entries: 3, Joined: 3}}) != nil {
		t.Error("a warning without a contradiction")
	}
}

// TestNoNameWithoutTLS: the server cannot have refused the name of a client that
// speaks HTTP, though a line that says so is from the same address and second.
func TestNoNameWithoutTLS(t *testing.T) {
	http, _ := given(speaks(FromClient, "an HTTP request"), speaks(FromServer, "an HTTP answer"), ended(Closed, FromServer, time.Millisecond))
	http.FromClient.Bytes = 18
	refused := refusedAt(9, 0)
	refused.ServerHello, refused.Certificate = nil, Certificate{}
	for _, alone := range []bool{true, false} {
		l := NewLines(false)
		line := lineOfReset("/var/log/a.log", 1, testStart)
		line.Class = logs.SNIRejected
		l.Add(line)
		l.Candidate(http)
		if !alone {
			l.Candidate(refused)
		}
		l.Join()
		if got := l.Of(http); !alone && len(got) > 0 || alone && (len(got) != 1 || !strings.Contains(got[0].Contradicts, "the client sent no ClientHello")) {
			t.Errorf("alone %v: %+v", alone, got)
		}
	}
}

// TestEveryFactHasWords: a contradiction names each fact that a class excludes.
func TestEveryFactHasWords(t *testing.T) {
	for _, m := range logs.Classes {
		for _, f := range m.ExcludedBy {
			if factWords[f] == "" {
				t.Errorf("%s is excluded by fact %v, for which there are no words", m.Class, f)
			}
		}
	}
}

func TestProbes(t *testing.T) {
	p := NewProbes()
	c, _ := given(hello("A.example.com"), flight13)
	if chain, asked := p.chain(c); chain != nil || asked {
		t.Fatal("answered before it was asked")
	}
	if _, asked := p.chain(c); asked || len(p.wanted) != 1 {
		t.Fatalf("%d questions for one name", len(p.wanted))
	}
	q, ok := p.Next()
	if !ok || len(p.wanted) > 0 || q.SNI != "A.example.com" || q.Server != c.Server {
		t.Fatalf("question %+v", q)
	}
	shown := chainFor(theSite)
	p.Found(q, shown)
	if chain, asked := p.chain(c); chain != shown || !asked {
		t.Error("the answer is not known")
	}
	p.askAgain()
	if _, asked := p.chain(c); asked || len(p.wanted) == 0 {
		t.Error("a renewed file is not asked for again")
	}
	for i := range 2 * maxProbes {
		c, _ := given(hello(fmt.Sprint(i, ".test")))
		p.chain(c)
	}
	if len(p.known) > maxProbes || len(p.wanted) > maxProbes {
		t.Errorf("%d names are asked for", len(p.wanted))
	}
	p.Own(netip.MustParseAddrPort("127.0.0.1:5"))
	if !p.isOwn(netip.MustParseAddrPort("127.0.0.1:5")) || p.isOwn(netip.MustParseAddrPort("127.0.0.1:6")) || (*Probes)(nil).isOwn(c.Client) {
		t.Error("own connections are not told from others")
	}
}

// TestStrays: a name that no site has is told once, where CloudFront accepted what
// the default site served.
func TestStrays(t *testing.T) {
	site := func(name string) *config.Site {
		return &config.Site{Names: []config.Name{{Pattern: name}}, Listens: []config.Listen{{Port: 443, TLS: true}}}
	}
	host := &thisHost{store: origin.NewStore(), config: origin.NewHost([]*config.Configuration{{Program: config.Nginx, Sites: []*config.Site{site("a.test"), site("b.test")}}}, nil)}
	s := newServed()
	for _, sni := range []string{"b.test", "stray.test", "stray.test", ""} {
		r := reads("10.0.0.10:443", sni, nil)
		r.Handshake = Complete
		s.note(r, host)
	}
	refused := reads("10.0.0.10:443", "refused.test", nil)
	refused.Handshake = Refused
	s.note(refused, host)
	got := strayWarnings(s.strays)
	if len(got) != 1 || got[0].Code != WrongVirtualHost || !strings.Contains(got[0].Title, "stray.test") {
		t.Errorf("warnings: %+v", got)
	}
}
