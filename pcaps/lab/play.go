//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"sniwatch/pcaps/netns"
)

// A result is what came of a scenario.
type result struct {
	scenario scenario
	all      []played
	account  account
	remarks  []remark
	verdict  verdict
	skipped  string // why it was not played
	err      error  // it could not be played
}

func (r result) agrees() bool { return r.err == nil && r.verdict.agree() }

// play plays one scenario at a site of its own.
func (l *lab) play(c scenario) (r result) {
	r.scenario = c
	if lacks := lacking(append(c.server.needs(), c.needs...)); len(lacks) > 0 {
		r.skipped = "not installed: " + strings.Join(lacks, ", ")
		return r
	}
	s, err := newSite(l, c.name, c.route)
	if err != nil {
		r.err = err
		return r
	}
	defer s.close()
	s.host = c.host
	if r.err = s.begin(c); r.err != nil {
		return r
	}
	r.account, r.err = s.witnessed(c, func() error {
		var err error
		r.all, err = s.playAll(c.calls)
		if c.play != nil {
			more, playErr := c.play(s)
			r.all, err = append(r.all, more...), errors.Join(err, playErr)
		}
		if s.forwarder != nil && s.forwarder.faults.Load() == 0 {
			err = errors.Join(err, errors.New("nothing happened on the path"))
		}
		return err
	})
	if r.err != nil {
		return r
	}
	netns.Until(2*time.Second, func() bool { // a busy server writes its lines late
		r.remarks, r.err = c.server.logs(s)
		return r.err != nil || len(againstLog(r.all, r.remarks)) == 0
	})
	if r.err == nil {
		r.verdict = judge(c, r.all, r.account, r.remarks)
	}
	return r
}

// begin starts the server and whatever the scenario needs besides.
func (s *site) begin(c scenario) error {
	if c.chain != "" {
		if err := s.serve(c.chain); err != nil {
			return err
		}
	}
	if err := c.server.start(s); err != nil {
		return fmt.Errorf("the server: %w", err)
	}
	if c.prepare != nil {
		return c.prepare(s)
	}
	return nil
}

// always are the programs without which nothing can be played.
var always = []string{"ip", "tcpdump", "sh"}

// missing tells why this machine has no lab.
func missing() error {
	if os.Geteuid() != 0 {
		return errors.New("the lab needs root: it makes network namespaces and captures in them")
	}
	if lacks := lacking(always); len(lacks) > 0 {
		return fmt.Errorf("not installed: %s (.ci/deps tests installs what the lab needs)", strings.Join(lacks, ", "))
	}
	n, err := netns.New()
	if err != nil {
		return err
	}
	defer n.Close()
	return n.Sealed()
}

// lacking gives those of the programs that are not installed.
func lacking(programs []string) []string {
	var out []string
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			out = append(out, p)
		}
	}
	return out
}
