//go:build linux

package main

import (
	"crypto/tls"
	"errors"
	"slices"
	"sync"
	"syscall"
	"time"

	"sniwatch/pcaps/netns"
)

// lifeScenarios are what happens beside single handshakes.
var lifeScenarios = []scenario{
	{
		name: "accepted-apache", about: "Apache with a good certificate",
		chain: "origin", server: apache{}, calls: inBoth(accepted),
	}, {
		name: "accepted-haproxy", about: "HAProxy with a good certificate",
		chain: "origin", server: haproxy{}, calls: inBoth(accepted),
	}, {
		name: "accepted-go", about: "Go with a good certificate",
		chain: "origin", server: goServer{}, calls: inBoth(accepted),
	}, {
		name: "accepted-ipv6", about: "an edge that comes by IPv6",
		chain: "origin", server: nginx{}, calls: inBothFrom(edge6, accepted),
	}, {
		name: "keep-alive", about: "three requests over one connection",
		chain: "origin", server: nginx{}, calls: []call{
			{client: edge{newest: tls.VersionTLS12, requests: 3, pause: 200 * time.Millisecond}, want: accepted},
			{client: edge{newest: tls.VersionTLS13, requests: 3, pause: 200 * time.Millisecond}, want: accepted},
		},
	}, {
		name: "resumption", about: "a second connection resumes the session of the first, in both versions",
		chain: "origin", server: nginx{options: "ssl_session_cache shared:lab:1m;"}, play: resume,
	}, {
		name: "renewal", about: "an expired certificate is renewed and nginx reloaded, in the middle",
		chain: "expired", server: nginx{}, play: renew, report: []string{"certificate-changed"},
	}, {
		name: "renewal-without-reload", about: "the certificate on disk is renewed, and nginx still serves the expired one",
		chain: "expired", known: "renewed", server: nginx{},
		calls:  []call{{client: tls12, want: refused("certificate-expired", logReset).in(tls.VersionTLS12)}},
		report: []string{"server-not-reloaded"},
	}, {
		name: "capture-begins-late", about: "the handshake is over when the capture begins",
		chain: "origin", server: nginx{}, prepare: connectEarly, play: askLate,
	}, {
		name: "capture-ends-early", about: "the capture ends while the edge thinks about the certificate",
		chain: "origin", server: nginx{}, play: leaveOpen,
	}, {
		name: "no-cloudfront", about: "not one client is CloudFront",
		chain: "origin", server: nginx{}, calls: inBothFrom(otherClient, accepted), report: []string{"no-cloudfront-traffic"},
	}, {
		name: "storm", about: "40 connections at once, half of them refused, over a path that loses, repeats and reorders one packet in six",
		chain: "viewer", server: nginx{}, host: distribution{viewer: viewerName, forward: true, untold: true},
		route: stormy, play: func(s *site) ([]played, error) { return s.crowd(40) },
	}, {
		name: "burst", about: "200 connections at once from three addresses, half of them refused",
		chain: "viewer", server: nginx{}, host: distribution{viewer: viewerName, forward: true, untold: true},
		play: func(s *site) ([]played, error) { return s.crowd(200) },
	},
}

// resume makes four connections, two in each version, with what the first of
// them left behind.
func resume(s *site) ([]played, error) {
	var calls []call
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		again := edge{newest: version, sessions: tls.NewLRUClientSessionCache(1)}
		calls = append(calls, call{client: again, want: accepted.in(version)}, call{client: again, want: resumed.in(version)})
	}
	return s.playAll(calls)
}

// renew is refused, replaces the certificate, reloads nginx, and is accepted.
func renew(s *site) ([]played, error) {
	before, err := s.play(call{client: tls12, want: refused("certificate-expired", logReset)})
	if err == nil {
		err = s.reload("renewed")
	}
	if err != nil {
		return nil, err
	}
	after, err := s.play(call{client: tls12, want: accepted})
	return []played{before, after}, err
}

// reusePort is renew, from one port.
func reusePort(s *site) ([]played, error) {
	before, err := s.play(call{client: tls12, want: refused("certificate-expired", logReset)})
	if err == nil {
		err = s.reload("renewed")
	}
	if err != nil {
		return nil, err
	}
	s.port.Add(-1)
	after, err := s.play(call{client: tls13, want: accepted})
	return []played{before, after}, err
}

// reload has nginx serve another certificate, and waits until the old worker
// takes no more connections.
func (s *site) reload(chain string) error {
	if err := s.serve(chain); err != nil {
		return err
	}
	master := s.running[0].Process
	old := children(master.Pid)
	if err := master.Signal(syscall.SIGHUP); err != nil {
		return err
	}
	if !netns.Until(5*time.Second, func() bool { return !slices.ContainsFunc(children(master.Pid), in(old)) }) {
		return errors.New("nginx does not reload")
	}
	return nil
}

func in(list []int) func(int) bool { return func(n int) bool { return slices.Contains(list, n) } }

// connectEarly completes a handshake that nobody captures.
func connectEarly(s *site) error {
	s.early = s.from("")
	w, err := tls12.connect(s, s.early)
	if err != nil {
		return err
	}
	s.after(func() { w.Close() })
	s.secure = tls.Client(w, tls12.config(s, w))
	return s.secure.Handshake()
}

// askLate sends a request over the connection of connectEarly.
func askLate(s *site) ([]played, error) {
	want := truth{code: "ok", visible: "incomplete-capture", handshake: "unknown"}
	return []played{{s.early, want}}, tls12.ask(s, s.secure)
}

// leaveOpen sends a ClientHello, and has no answer to the server's flight yet when
// the capture ends.
func leaveOpen(s *site) ([]played, error) {
	from := s.from("")
	w, err := tls12.connect(s, from)
	if err != nil {
		return nil, err
	}
	s.after(func() { w.Close() })
	hello, err := tls12.hello(s)
	if err == nil {
		_, err = w.TCPConn.Write(hello)
	}
	if err == nil {
		err = toCertificate(w)
	}
	return []played{{from, truth{code: "open", handshake: "unknown"}}}, err
}

// stormy chooses a fate by the frame's place and size, so that it is much the same
// each time. Resets arrive: without them nobody could see who refused.
func stormy(f frame) fate {
	if f.nth == 0 || f.reset {
		return pass
	}
	switch (f.nth*7 + f.payload) % 18 {
	case 0:
		return drop
	case 1:
		return twice
	case 2:
		return late
	}
	return pass
}

// crowd makes connections at once, from three addresses. Every second one comes from a second
// behaviour of the distribution, which forwards no Host, and is row 6.
func (s *site) crowd(connections int) ([]played, error) {
	other := &distribution{viewer: viewerName}
	all := make([]played, connections)
	errs := make([]error, connections)
	var running sync.WaitGroup
	for i := range connections {
		version := []uint16{tls.VersionTLS12, tls.VersionTLS13}[i/2%2]
		c := call{from: edgeAddresses[i%3], client: edge{newest: version}, want: accepted.in(version)}
		if i%2 == 1 {
			c.client, c.want = edge{newest: version, as: other}, rowRefused(6, logReset).in(version)
		}
		running.Go(func() { all[i], errs[i] = s.play(c) })
	}
	running.Wait()
	return all, errors.Join(errs...)
}
