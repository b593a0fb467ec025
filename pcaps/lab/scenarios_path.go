//go:build linux

package main

import (
	"crypto/tls"
	"errors"
	"syscall"
	"time"
)

// pathScenarios are faults of the way between edge and origin, and of the host.
var pathScenarios = []scenario{
	{
		name: "port-closed", about: "nobody listens on port 443",
		chain: "origin", server: nobody{}, calls: inBothAny(failed("port-closed", "")),
	}, {
		name: "port-rejected", about: "the host's firewall rejects with ICMP port unreachable",
		chain: "origin", server: nginx{}, needs: []string{"nft"}, prepare: firewall("meta nfproto ipv4 tcp dport 443 reject with icmp type port-unreachable"),
		calls: inBothAny(failed("port-closed", "")),
	}, {
		name: "syn-dropped", about: "the host's firewall drops every SYN",
		chain: "origin", server: nginx{}, needs: []string{"nft"}, prepare: firewall("tcp dport 443 tcp flags & (syn|ack) == syn drop"),
		calls: []call{{client: impatient, want: failed("syn-unanswered", "")}},
	}, {
		name: "synack-lost", about: "the way back is cut: no SYN-ACK arrives",
		chain: "origin", server: nginx{},
		route: func(f frame) fate { return lostIf(!f.toOrigin && f.tcp && f.payload == 0) },
		calls: []call{{client: impatient, want: failed("synack-unanswered", "")}},
	}, {
		name: "backlog-full", about: "the process accepts nobody: one connection waits for it, the next SYN is dropped",
		chain: "origin", server: hung{}, play: fillBacklog,
	}, {
		name: "process-stopped", about: "nginx's worker is stopped: the kernel accepts and acknowledges, and nobody answers",
		chain: "origin", server: nginx{silent: true},
		calls: []call{{client: impatient, want: failed("server-silent", "")}},
	}, {
		name: "process-wakes", about: "the worker wakes when the edge has given up and reset: the article's line again",
		chain: "origin", server: nginx{silent: true}, play: wakeTooLate,
	}, {
		name: "process-slow", about: "the worker sleeps for 1.2 s of the handshake, and then does its work",
		chain: "origin", server: nginx{silent: true}, play: wakeInTime,
	}, {
		name: "black-hole", about: "no packet above 1000 bytes arrives at the edge, and no ICMP says so",
		chain: "origin", server: nginx{}, route: blackHole,
		calls: []call{
			{client: edge{newest: tls.VersionTLS12, patience: 1500 * time.Millisecond, abrupt: true}, want: failed("server-flight-lost", logReset)},
			{client: edge{newest: tls.VersionTLS13, patience: 1500 * time.Millisecond, abrupt: true}, want: failed("server-flight-lost", logReset)},
		},
	}, {
		name: "black-hole-wrong-name", about: "row 6 behind the black hole: the edge never has the certificate, the article's line comes all the same",
		chain: "viewer", server: nginx{}, route: blackHole, host: distribution{viewer: viewerName},
		calls: []call{{client: edge{patience: 1500 * time.Millisecond, abrupt: true}, want: failed("server-flight-lost", logReset)}},
	}, {
		name: "loss-flight", about: "the first segment of the server's flight is lost and sent again",
		chain: "origin", server: nginx{}, route: func(f frame) fate { return lostIf(!f.toOrigin && f.nth == 1) }, calls: inBoth(accepted),
	}, {
		name: "loss-syn", about: "the first SYN is lost",
		chain: "origin", server: nginx{}, route: lostOnce(func(f frame) bool { return f.toOrigin && f.tcp }), calls: []call{{client: tls13, want: accepted}},
	}, {
		name: "loss-synack", about: "the first SYN-ACK is lost",
		chain: "origin", server: nginx{}, route: lostOnce(func(f frame) bool { return !f.toOrigin && f.tcp }), calls: []call{{client: tls13, want: accepted}},
	}, {
		name: "loss-hello", about: "the ClientHello is lost and sent again; then the certificate is refused",
		chain: "viewer", server: nginx{}, host: distribution{viewer: viewerName},
		route: func(f frame) fate { return lostIf(f.toOrigin && f.nth == 1) }, calls: inBoth(rowRefused(6, logReset)),
	}, {
		name: "loss-everywhere", about: "every seventh packet with data is lost, both ways",
		chain: "origin", server: nginx{}, route: func(f frame) fate { return lostIf(f.nth%7 == 5) },
		calls: append(inBoth(accepted), inBoth(accepted)...),
	}, {
		name: "reordering", about: "the first segment of every flight arrives after the second",
		chain: "viewer", server: nginx{}, host: distribution{viewer: viewerName},
		route: lateIf(func(f frame) bool { return !f.toOrigin && f.nth%3 == 1 }),
		calls: inBoth(rowRefused(6, logReset)),
	}, {
		name: "reordering-hello", about: "the second segment of the ClientHello arrives before the first",
		chain: "viewer", server: nginx{}, host: distribution{viewer: viewerName},
		route: lateIf(func(f frame) bool { return f.toOrigin && f.nth == 1 }),
		calls: []call{{client: edge{groups: postQuantum}, want: rowRefused(6, logReset).in(tls.VersionTLS13)}},
	}, {
		name: "duplication-hello", about: "both segments of the ClientHello arrive twice",
		chain: "viewer", server: nginx{}, host: distribution{viewer: viewerName},
		route: func(f frame) fate {
			if f.toOrigin && f.nth > 0 {
				return twice
			}
			return pass
		},
		calls: []call{{client: edge{groups: postQuantum}, want: rowRefused(6, logReset).in(tls.VersionTLS13).showing("T")}},
	}, {
		name: "duplication", about: "every packet arrives twice",
		chain: "viewer", server: nginx{}, host: distribution{viewer: viewerName}, route: func(frame) fate { return twice },
		calls: inBoth(rowRefused(6, logReset)),
	}, {
		name: "duplication-accepted", about: "every packet arrives twice, and the certificate is good",
		chain: "origin", server: nginx{}, route: func(frame) fate { return twice }, calls: inBoth(accepted),
	},
}

// impatient is an edge that waits for 2.5 s, in which the kernel repeats a SYN.
var impatient = edge{patience: 2500 * time.Millisecond}

func lostIf(lost bool) fate {
	if lost {
		return drop
	}
	return pass
}

// lostOnce loses the first of the frames that are meant.
func lostOnce(meant func(frame) bool) route {
	return func(f frame) fate { return lostIf(meant(f) && f.faults == 0) }
}

// lateIf lets some frames arrive after the next one.
func lateIf(chosen func(frame) bool) route {
	return func(f frame) fate {
		if chosen(f) {
			return late
		}
		return pass
	}
}

// blackHole is a tunnel with a small MTU whose ICMP is filtered.
func blackHole(f frame) fate { return lostIf(!f.toOrigin && f.length > 1000) }

// firewall puts one rule of nftables before the origin's port. The capture is
// before it.
func firewall(rule string) func(*site) error {
	return func(s *site) error {
		return s.origin.Sh("nft add table inet lab\nnft 'add chain inet lab in { type filter hook input priority 0; }'\nnft 'add rule inet lab in " + rule + "'")
	}
}

// wakeTooLate lets the worker go on after the edge has left.
func wakeTooLate(s *site) ([]played, error) {
	gone, err := s.play(call{
		client: edge{patience: 1500 * time.Millisecond, abrupt: true},
		want:   failed("server-silent", logReset),
	})
	return []played{gone}, errors.Join(err, s.workers(syscall.SIGCONT))
}

// wakeInTime lets the worker go on while the edge waits.
func wakeInTime(s *site) ([]played, error) {
	woken := make(chan error)
	time.AfterFunc(1200*time.Millisecond, func() { woken <- s.workers(syscall.SIGCONT) })
	served, err := s.play(call{client: tls13, want: accepted})
	return []played{served}, errors.Join(err, <-woken)
}

// fillBacklog makes connections one after the other, without waiting for the
// ones before: the first has room in the backlog, the last has not.
func fillBacklog(s *site) ([]played, error) {
	type answer struct {
		played
		err error
	}
	first := make(chan answer)
	go func() {
		p, err := s.play(call{client: edge{patience: 3500 * time.Millisecond}, want: failed("server-silent", "")})
		first <- answer{p, err}
	}()
	time.Sleep(200 * time.Millisecond)
	second, err := s.play(call{client: impatient, want: failed("syn-unanswered", "")})
	waited := <-first
	return []played{waited.played, second}, errors.Join(err, waited.err)
}
