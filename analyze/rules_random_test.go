package analyze

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/tlswire"
)

// hostile is a name that tries everything a name can try.
const hostile = "a'b\"; rm -rf ~ #$(id)`id`|&<script>\x1b[31m\n--\xff.example.com"

// TestDiagnoseAnything throws facts together at random: nothing may panic, what
// spoke TLS has a diagnosis, and no name that is none gets into a command.
func TestDiagnoseAnything(t *testing.T) {
	var facts []fact
	for _, tt := range ruleTests {
		facts = append(facts, tt.fires...)
		facts = append(facts, tt.beside...)
	}
	facts = append(facts, otherClient, hello(hostile), hello(""), serves(hostile), serves(), hides(tlswire.Absent, hostile), hides(tlswire.Present),
		distribution(edge.Distribution{OriginDomain: hostile}), distribution(edge.Distribution{ForwardHost: edge.Yes, ViewerDomains: []string{hostile}}),
		set(func(c *Connection) { c.ClientHello = nil }), set(func(c *Connection) { c.ServerHello = nil }), set(func(c *Connection) { c.MidStream = true }),
		set(func(c *Connection) { c.Local = Local{} }), set(func(c *Connection) { c.Alerts = nil }), silentFor(time.Hour),
		hiddenAlert(FromServer), hiddenAlert(FromClient), set(func(c *Connection) { c.FromServer.Acked, c.FromServer.Retransmitted = 0, 2 }))
	random := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		var some []fact
		for range random.IntN(9) {
			some = append(some, safely(facts[random.IntN(len(facts))]))
		}
		c, k := given(some...)
		d := diagnose(t, c, k)
		v := new(view)
		v.look(c, k)
		if d.Code == "" && v.tlsSeen() && !v.plainText() {
			t.Fatalf("nothing to say of %+v", c)
		}
		for _, f := range d.Fixes {
			if strings.ContainsAny(f.Command, "\x1b\n#$`\"<") && !strings.Contains(f.Command, "</dev/null") || strings.Contains(f.Command, "rm -rf") {
				t.Fatalf("%s: a hostile name in a command: %q", d.Code, f.Command)
			}
		}
		if len(d.Title) > 100 || len(d.Explanation) > 3000 {
			t.Fatalf("%s: too many words: %q %q", d.Code, d.Title, d.Explanation)
		}
		outcome(c, k)
	}
}

// safely lets a fact change what is there, and pass where it is not.
func safely(f fact) fact {
	return func(c *Connection, k *Knowledge) {
		before := *c
		defer func() {
			if recover() != nil {
				*c = before
			}
		}()
		f(c, k)
	}
}
