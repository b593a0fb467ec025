//go:build linux

package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strings"
)

// A scenario is one thing that is played, and the truth about it.
type scenario struct {
	name    string
	about   string // one sentence: what happens
	chain   string // the certificate that the server serves
	known   string // the one that sniwatch is told of; "": the same
	server  server
	watches string // the interface that sniwatch watches; "": the cable
	host    distribution
	route   route // nil: a cable
	calls   []call
	// prepare changes the site before the capture begins.
	prepare func(*site) error
	// play is for what cannot be said as a list of calls; it runs after them.
	play func(*site) ([]played, error)
	// report are codes that the report must have besides, as finding or warning.
	report []string
	needs  []string // programs
}

// A call is one connection that a client makes.
type call struct {
	from    string // an address of the edge; "": the article's
	anyPort bool   // the client chooses its port
	client  client
	want    truth
}

// The truth is what a connection really is.
type truth struct {
	code      string // docs/diagnoses.md
	handshake string // docs/schema.md
	visible   string // what the packets show of it, where that is less; "": the code
	row       int    // of the article's table; 0: none is expected
	log       string // the class of the server's log line; "": it logs none
	shows     string // letters that the history must have, see docs/schema.md
	version   uint16 // of TLS, that the server chose; 0: any, or none
}

// String is the truth as the table has it: "≈" says that the packets show less.
func (t truth) String() string {
	if t.visible != "" {
		return t.code + " ≈"
	}
	if t.row > 0 {
		return fmt.Sprintf("%s (row %d)", t.code, t.row)
	}
	return t.code
}

// whole is all of the truth, in one line.
func (t truth) whole() string {
	words := []string{t.String(), "handshake " + t.handshake}
	if t.visible != "" {
		words = append(words, "of which the packets show "+t.visible)
	}
	if t.version != 0 {
		words = append(words, tls.VersionName(t.version))
	}
	if t.shows != "" {
		words = append(words, "with "+t.shows+" in its history")
	}
	return strings.Join(words, ", ")
}

// showing gives the same truth about a connection whose history has these letters.
func (t truth) showing(letters string) truth {
	t.shows = letters
	return t
}

// in gives the same truth about a connection of that version of TLS.
func (t truth) in(version uint16) truth {
	t.version = version
	return t
}

// good tells whether the client must be content.
func (t truth) good() bool { return t.handshake == "complete" }

// A played connection is the truth about one that was made.
type played struct {
	client netip.AddrPort // port 0: not known
	want   truth
}

// Truths that many scenarios share.
var (
	accepted = truth{code: "ok", handshake: "complete"}
	resumed  = truth{code: "ok-resumed", handshake: "complete"}
	// abandoned is a handshake that came to its end, and no request after it.
	abandoned = truth{code: "completed-abandoned", handshake: "complete", log: logLeft}
)

// refused is a handshake that one of the two sides did not want.
func refused(code, log string) truth { return truth{code: code, handshake: "refused", log: log} }

// failed is a handshake that came to nothing by the path or a side that vanished.
func failed(code, log string) truth { return truth{code: code, handshake: "failed", log: log} }

// play plays one call, and sees that the client ends as the truth says.
func (s *site) play(c call) (played, error) {
	from := s.from(c.from)
	err := c.client.call(s, from)
	switch {
	case c.want.good() && err != nil:
		return played{}, fmt.Errorf("the client at %v should be content, and says: %w", from, err)
	case !c.want.good() && err == nil:
		return played{}, fmt.Errorf("the client at %v should not be content, and is", from)
	}
	if c.anyPort {
		from = netip.AddrPortFrom(from.Addr(), 0)
	}
	return played{from, c.want}, nil
}

// playAll plays the calls one after the other.
func (s *site) playAll(calls []call) ([]played, error) {
	var out []played
	var errs []error
	for _, c := range calls {
		p, err := s.play(c)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		out = append(out, p)
	}
	return out, errors.Join(errs...)
}

// scenarios is the lab's table.
var scenarios = slices.Concat(nameScenarios, certificateScenarios, leavingScenarios, refusalScenarios,
	pathScenarios, shapeScenarios, clientScenarios, alertScenarios, lifeScenarios)

// chosen gives the scenarios whose names are the words, which may be patterns
// such as row6-*; no words: all of them.
func chosen(words []string) ([]scenario, error) {
	if len(words) == 0 {
		return scenarios, nil
	}
	var out []scenario
	for _, w := range words {
		found := false
		for _, s := range scenarios {
			if fits, err := path.Match(w, s.name); err != nil {
				return nil, fmt.Errorf("%q: %w", w, err)
			} else if fits {
				found = true
				if !slices.ContainsFunc(out, func(o scenario) bool { return o.name == s.name }) {
					out = append(out, s)
				}
			}
		}
		if !found {
			return nil, fmt.Errorf("there is no scenario %q", w)
		}
	}
	return out, nil
}
