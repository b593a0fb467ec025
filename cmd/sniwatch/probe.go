package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
)

const (
	// probeEvery is how far apart two handshakes with the server are at least.
	probeEvery   = 200 * time.Millisecond
	probeTimeout = 3 * time.Second
)

// parseProbe understands --probe: its address, without one the server's own.
func parseProbe(s string, live bool) (netip.AddrPort, error) {
	if s == "" || s == probeSelf {
		if s == probeSelf && !live {
			return netip.AddrPort{}, usageError{"with captures, --probe needs the address of the server: nothing is asked of a server that was not named",
				"for example --probe=127.0.0.1:443"}
		}
		return netip.AddrPort{}, nil
	}
	a, err := netip.ParseAddrPort(s)
	if err != nil {
		return a, usageError{fmt.Sprintf("--probe takes an address and a port, and %q is none", s), "for example --probe=127.0.0.1:443"}
	}
	return a, nil
}

// probeSelf is the value of --probe without one.
const probeSelf = "loopback"

// A prober asks the server which certificate it serves.
type prober struct {
	probes  *analyze.Probes
	at      netip.AddrPort // who is asked; zero: the server of the connection, on this host
	busy    bool
	last    time.Time
	answers chan probeAnswer
	failed  error // the first that could not be asked; it is told once
}

// A probeAnswer is what one handshake gave.
type probeAnswer struct {
	question analyze.Probe
	chain    *origin.Chain
	err      error // with the connection: a server that refuses has answered
}

func newProber(o *options) *prober {
	if !o.probe {
		return nil
	}
	return &prober{probes: analyze.NewProbes(), at: o.probeAt, answers: make(chan probeAnswer, 1)}
}

// address gives where to ask: the address of the server if it is this host's, which
// the kernel reaches over the loopback interface, else loopback itself.
func (p *prober) address(server netip.AddrPort) netip.AddrPort {
	switch a := server.Addr().Unmap(); {
	case p.at.IsValid():
		return p.at
	case slices.Contains(ownAddresses(), a): // as they are now
		return server
	case a.Is4():
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), server.Port())
	}
	return netip.AddrPortFrom(netip.IPv6Loopback(), server.Port())
}

// ask makes one handshake.
func (p *prober) ask(ctx context.Context, q analyze.Probe) probeAnswer {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	answer := probeAnswer{question: q}
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		switch {
		case err != nil && !errors.Is(ctx.Err(), context.Canceled):
			answer.err = hinted{fmt.Errorf("the server cannot be asked for its certificate: %w", err),
				"--probe=ADDRESS:PORT names where it listens; without --probe the certificate on disk counts"}
		case err == nil:
			if from, err := netip.ParseAddrPort(conn.LocalAddr().String()); err == nil {
				p.probes.Own(netip.AddrPortFrom(from.Addr().Unmap(), from.Port()))
			}
		}
		return conn, err
	}
	a, err := edge.Connect(ctx, dial, p.address(q.Server).String(), q.SNI, edge.OfferFor(nil, true))
	if err == nil && len(a.Certificates) > 0 {
		answer.chain = origin.ParseChain(a.Certificates)
	}
	return answer
}

// step goes on with the questions of a live capture, one at a time, and hands the
// answers to w.
func (p *prober) step(ctx context.Context, s streams, w *analyze.Watcher, now time.Time) {
	if p == nil {
		return
	}
	select {
	case a := <-p.answers:
		p.busy = false
		if p.failed == nil && a.err != nil {
			p.failed = a.err
			s.tell(a.err)
		}
		w.Probed(a.question, a.chain)
	default:
	}
	if p.busy || now.Sub(p.last) < probeEvery {
		return
	}
	if q, ok := p.probes.Next(); ok {
		p.busy, p.last = true, now
		go func() { p.answers <- p.ask(ctx, q) }()
	}
}

// askAll answers the questions that captures left.
func (p *prober) askAll(ctx context.Context) {
	for ctx.Err() == nil {
		q, ok := p.probes.Next()
		if !ok {
			return
		}
		a := p.ask(ctx, q)
		p.probes.Found(q, a.chain)
		if p.failed == nil {
			p.failed = a.err
		}
		select {
		case <-ctx.Done():
		case <-time.After(probeEvery):
		}
	}
}
