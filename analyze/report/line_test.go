package report

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"sniwatch/analyze"
	"sniwatch/analyze/tlswire"
	"sniwatch/capture"
)

func TestWriteLine(t *testing.T) {
	short := refused("130.176.135.149:34512", "origin.example.shibata.tech", "03:41:18.123456", 1)
	long := refused("130.176.135.149:34512", strings.Repeat("a", 60)+".example.shibata.tech", "03:41:18.123456", 1)
	nameless := refused("130.176.135.149:34512", "", "03:41:18.123456", 1)
	six := refused("[2600:9000:2157:8a00:1111:2222:3333:4444]:34512", "画像.example.jp", "03:41:18.123456", 1)
	tests := []struct {
		width int
		c     *analyze.Connection
		want  string
	}{
		{0, short, "03:41:18.123  130.176.135.149:34512  CloudFront  origin.example.shibata.tech  refused the certificate after 1.1 ms  name-not-covered"},
		{140, short, "03:41:18.123  130.176.135.149:34512  CloudFront  origin.example.shibata.tech  refused the certificate after 1.1 ms  name-not-covered"},
		{120, short, "03:41:18.123  130.176.135.149:34512  CloudFront  origin.example.shibata.tech  refused the certificate  name-not-covered"},
		{100, short, "03:41:18.123  130.176.135.149:34512  CloudFront  origin.example.shibata.tech  name-not-covered"},
		{80, short, "03:41:18.123  130.176.135.149:34512  origin.examp…shibata.tech  name-not-covered"},
		{0, nameless, "03:41:18.123  130.176.135.149:34512  CloudFront  (no name)  refused the certificate after 1.1 ms  name-not-covered"},
		{80, nameless, "03:41:18.123  130.176.135.149:34512  (no name)                  name-not-covered"},
		{120, long, "03:41:18.123  130.176.135.149:34512  CloudFront  aaaaaaaaaaaaaa….shibata.tech  refused the certificate  name-not-covered"},
		{80, six, "03:41:18.123  [2600:9000:2157:8…3333:4444]:34512  画像.e…le.jp  name-not-covered"},
	}
	for _, test := range tests {
		var b strings.Builder
		if err := WriteLine(&b, test.c, LineOptions{Width: test.width}); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSuffix(b.String(), "\n"); got != test.want {
			t.Errorf("width %d: got\n%s\nwant\n%s", test.width, got, test.want)
		}
	}
}

// TestWriteLineFits tries all widths, with names that mean no good.
func TestWriteLineFits(t *testing.T) {
	_, o := hostile()
	for width := 80; width <= 160; width++ {
		for _, c := range o.Connections {
			var b strings.Builder
			if err := WriteLine(&b, c, LineOptions{Width: width}); err != nil {
				t.Fatal(err)
			}
			if strings.Count(b.String(), "\n") != 1 {
				t.Errorf("not one line: %q", b.String())
			}
			checkLines(t, b.String(), width)
		}
	}
}

func TestHappened(t *testing.T) {
	connection := func(change func(*analyze.Connection)) *analyze.Connection {
		c := refused("130.176.135.149:34512", "a.example", "03:41:18", 1)
		change(c)
		return c
	}
	alert := func(level tlswire.AlertLevel, d tlswire.AlertDescription, from analyze.Who, early bool) []analyze.Alert {
		return []analyze.Alert{{From: from, Early: early, Alert: tlswire.Alert{Level: level, Description: d}}}
	}
	tests := []struct {
		want   string
		change func(*analyze.Connection)
	}{
		{"refused the certificate after 1.1 ms", func(c *analyze.Connection) {}},
		{"refused the certificate", func(c *analyze.Connection) { c.End.After = -1 }},
		{"client sent alert 48, unknown_ca", func(c *analyze.Connection) { c.Alerts = alert(tlswire.Fatal, 48, analyze.FromClient, false) }},
		{"refused the certificate after 1.1 ms", func(c *analyze.Connection) {
			c.Alerts = alert(tlswire.Warning, tlswire.UnrecognizedName, analyze.FromServer, true)
		}},
		{"server sent alert 112, unrecognized_name", func(c *analyze.Connection) {
			c.Alerts = alert(tlswire.Fatal, tlswire.UnrecognizedName, analyze.FromServer, false)
		}},
		{"the server sent an HTTP response", func(c *analyze.Connection) { c.FromServer.NotTLS = "an HTTP response" }},
		{`the client sent \x1b[2J`, func(c *analyze.Connection) { c.FromClient.NotTLS = "\x1b[2J" }},
		{"SYN not answered", func(c *analyze.Connection) {
			c.Handshake, c.End = analyze.Failed, analyze.End{How: analyze.Timeout, Stage: analyze.StageSYN}
		}},
		{"SYN answered by a reset", func(c *analyze.Connection) {
			c.Handshake, c.End = analyze.Failed, analyze.End{How: analyze.Reset, By: analyze.FromServer, Stage: analyze.StageSYN}
		}},
		{"SYN-ACK not answered", func(c *analyze.Connection) {
			c.Handshake, c.End = analyze.Failed, analyze.End{Stage: analyze.StageSYNACK}
		}},
		{"SYN answered by ICMP: port unreachable", func(c *analyze.Connection) {
			c.Unreachable, c.Handshake, c.ICMP, c.End = 2, analyze.Failed, capture.ICMPError{Type: 3, Code: 3}, analyze.End{Stage: analyze.StageSYN}
		}},
		{"client reset the connection after the ClientHello", func(c *analyze.Connection) { // an ICMP error about sizes, later on
			c.Unreachable, c.Handshake, c.ICMP, c.End.Stage = 2, analyze.Failed, capture.ICMPError{Type: 3, Code: 4}, analyze.StageAfterClientHello
		}},
		{"server closed the connection after the ClientHello", func(c *analyze.Connection) {
			c.End = analyze.End{How: analyze.Closed, By: analyze.FromServer, Stage: analyze.StageAfterClientHello}
		}},
		{"silence within the server's answer", func(c *analyze.Connection) {
			c.End = analyze.End{How: analyze.Timeout, Stage: analyze.StageInServerFlight}
		}},
		{"capture ended after the ClientHello", func(c *analyze.Connection) { c.End = analyze.End{Stage: analyze.StageAfterClientHello} }},
		{"handshake complete, TLS 1.3", func(c *analyze.Connection) {
			c.Handshake = analyze.Complete
			c.ServerHello = &analyze.ServerHello{ServerHello: tlswire.ServerHello{SelectedVersion: tlswire.TLS13}}
		}},
	}
	for i, test := range tests {
		if got := happened(connection(test.change)); got != test.want {
			t.Errorf("%d: got %q, want %q", i, got, test.want)
		}
	}
}

// TestEveryStageHasWords fails when a stage is added and not named here.
func TestEveryStageHasWords(t *testing.T) {
	for s := analyze.StageUnknown; s <= analyze.StageNotTLS; s++ {
		if stages[s] == "" {
			t.Errorf("stage %s has no words", s)
		}
	}
}

// A full writer takes n bytes.
type full struct{ n int }

var errFull = errors.New("no space left")

func (f *full) Write(b []byte) (int, error) {
	if f.n -= len(b); f.n < 0 {
		return 0, errFull
	}
	return len(b), nil
}

// TestWriteErrors makes sure that a full disk is not a success.
func TestWriteErrors(t *testing.T) {
	r, o := rowSix()
	for name, write := range map[string]func() error{
		"text":   func() error { return WriteText(&full{100}, r, o) },
		"line":   func() error { return WriteLine(&full{10}, o.Connections[0], LineOptions{}) },
		"json":   func() error { return NewJSON(&full{10}, false).Close(r) },
		"ndjson": func() error { return NewJSON(&full{10}, true).Close(r) },
		"many": func() error {
			j := NewJSON(&full{10}, false)
			for range 1000 {
				if err := j.Connection(o.Connections[0]); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		if err := write(); !errors.Is(err, errFull) {
			t.Errorf("%s: error %v, want %v", name, err, errFull)
		}
	}
}

func BenchmarkWriteLine(b *testing.B) {
	c := refused("130.176.135.149:34512", "origin.example.shibata.tech", "03:41:18.123456", 1)
	b.ReportAllocs()
	for i := range b.N {
		var s strings.Builder
		if err := WriteLine(&s, c, LineOptions{Width: 80 + i%40}); err != nil || s.Len() == 0 {
			b.Fatal(strconv.Itoa(i), err)
		}
	}
}
