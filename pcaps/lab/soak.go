//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// A soak leaves sniwatch running while clients come and go, some are refused, and
// the host has its accidents. Every connection must be told rightly, and memory
// must not grow.
type soak struct {
	duration time.Duration
	rate     int // connections a second
	out      io.Writer
}

// A soaking is a soak under way.
type soaking struct {
	soak
	site    *site
	sniffer *witness
	ledger  *ledger
	gauge   *gauge
	told    chan struct{} // closed when sniwatch has written everything

	gate    sync.RWMutex // held for reading by each client, for writing by whom it would disturb
	port    uint16       // of the last client
	sources []string
	events  []string // what happened to the host
}

// How a soak is run.
const (
	mostClients = 500               // at the same time
	lastOrders  = 130 * time.Second // before the end: who is silent must be found out by then
	restFrom    = 20 * time.Second  // without accidents, at the beginning
	firstPort   = 10000
	clock       = "15:04:05" // how the time is written
)

// run gives an error where anything is not as it should be.
func (k soak) run(l *lab) error {
	if err := l.certs.makeLeaves(soakLeaves); err != nil {
		return err
	}
	s, err := newSite(l, "soak", nil)
	if err != nil {
		return err
	}
	defer s.close()
	server := nginx{servers: soakServers}
	if err := errors.Join(s.serve("soak"), server.start(s), firewall("ip saddr "+blocked+" tcp dport 443 drop")(s)); err != nil {
		return err
	}
	r := &soaking{soak: k, site: s, ledger: newLedger(func(wrong string) {
		fmt.Fprintf(k.out, "%s  ✗ %s\n", time.Now().Format(clock), clean(wrong))
	}), told: make(chan struct{}), port: firstPort, sources: []string{edgeUsual, edgeSecond, edgeThird}}
	if err := r.begin(); err != nil {
		return err
	}
	r.live()
	err = r.end()
	r.print()
	return err
}

// begin starts sniwatch as its documentation says that it is left running: with a
// ring of files on a disk of its own, which can be filled.
func (r *soaking) begin() error {
	s := r.site
	arguments := []string{
		"-i", "wire", "--format", "ndjson", "--nginx-conf", s.file("nginx.conf"), "--roots", s.lab.certs.chain("roots"),
		"-w", s.file("ring/failures.pcapng"), "-C", "2", "-W", "6", "--keep-failures=1", "--summary-every", "1m",
	}
	script := "mount -t tmpfs -o size=20m,mode=777 none '" + s.file("ring") + "'\nexec \"$0\" \"$@\""
	reader, writer := io.Pipe()
	go func() {
		r.ledger.read(reader)
		close(r.told)
	}()
	if err := s.origin.Sh("mkdir " + s.file("ring")); err != nil {
		return err
	}
	var err error
	r.sniffer, err = s.watchTo(writer, "sniwatch", "watching wire", "unshare", append([]string{"-m", "sh", "-ec", script, s.lab.sniwatch}, arguments...)...)
	if err != nil {
		return err
	}
	r.sniffer.stream = writer
	r.gauge = newGauge(r.sniffer.command.Process.Pid)
	return nil
}

// live lets clients come until there is time for the last ones only.
func (r *soaking) live() {
	began := time.Now()
	until := began.Add(max(r.duration-lastOrders, r.duration/2))
	accidents := r.plan(began, until)
	random := rand.New(rand.NewPCG(1, 2))
	waiting := make(chan struct{}, mostClients)
	ticks := time.NewTicker(2 * time.Millisecond)
	defer ticks.Stop()
	var clients sync.WaitGroup
	due := float64(0)
	minute := began
	for last := began; last.Before(until); {
		now := <-ticks.C
		// What was missed while everybody had to wait is not made up for.
		due += min(now.Sub(last).Seconds(), 0.1) * float64(r.rate)
		last = now
		if len(accidents) > 0 && now.After(accidents[0].at) {
			r.happen(accidents[0].accident)
			accidents = accidents[1:]
		}
		for ; due >= 1; due-- {
			waiting <- struct{}{}
			k := pick(random, soakKinds)
			clients.Go(func() {
				defer func() { <-waiting }()
				r.client(k)
			})
		}
		r.gauge.look(now)
		if now.Sub(minute) >= time.Minute {
			minute = now
			r.progress(now.Sub(began))
		}
	}
	clients.Wait()
	for end := began.Add(r.duration); time.Now().Before(end) && r.ledger.waiting() > 0; time.Sleep(time.Second) {
		r.gauge.look(time.Now())
	}
}

// client makes one connection, and sees that it ends as the truth says.
func (r *soaking) client(k kind) {
	r.gate.RLock()
	defer r.gate.RUnlock()
	from := r.from(k)
	err := k.client.call(r.site, from)
	if k.want.good() != (err == nil) {
		r.ledger.complain("the client at %v (%s) ended otherwise than it should: %v", from, k.name, err)
	}
}

// from gives an address and port whose last connection was told.
func (r *soaking) from(k kind) netip.AddrPort {
	r.ledger.lock.Lock()
	r.port++
	if r.port < firstPort {
		r.port = firstPort
	}
	port := r.port
	address := r.sources[int(port)%len(r.sources)]
	r.ledger.lock.Unlock()
	if k.from != "" {
		address = k.from
	}
	from := netip.AddrPortFrom(netip.MustParseAddr(address), port)
	if !r.ledger.expect(from, k.name, k.want) {
		return r.from(k)
	}
	return from
}

// end asks sniwatch to end, and compares.
func (r *soaking) end() error {
	err := r.sniffer.end()
	if err != nil && strings.Contains(err.Error(), "could not be written") {
		err = nil // the disk was full, and it says so at its end
	}
	r.sniffer.stream.Close()
	<-r.told
	r.ledger.close()
	if problem := r.gauge.grown(); problem != "" {
		r.ledger.complain("%s", problem)
	}
	r.compareSaid()
	if err == nil && r.ledger.wrongs > 0 {
		err = fmt.Errorf("%d things are not as they should be", r.ledger.wrongs)
	}
	return err
}

// progress tells how things stand.
func (r *soaking) progress(ran time.Duration) {
	l := r.ledger
	l.lock.Lock()
	defer l.lock.Unlock()
	made := 0
	for _, n := range l.made {
		made += n
	}
	fmt.Fprintf(r.out, "%4d min  %8d made  %8d told  %5d wrong  %s\n", int(ran.Minutes()), made, l.told, l.wrongs, r.gauge.now())
}

// print tells what came of it.
func (r *soaking) print() {
	l := r.ledger
	all := 0
	for _, k := range soakKinds {
		all += l.made[k.name]
		fmt.Fprintf(r.out, "  %8d  %s\n", l.made[k.name], k.name)
	}
	fmt.Fprintf(r.out, "  %8d  connections, %d of them failed; %d were told\n", all, l.failed, l.told)
	fmt.Fprintf(r.out, "  %8d  of them have a line in the log; told without it: %v\n", l.logged, l.alone)
	for _, e := range r.events {
		fmt.Fprintf(r.out, "  %s\n", e)
	}
	fmt.Fprintf(r.out, "memory: %s\n", r.gauge.summary())
	fmt.Fprintf(r.out, "sniwatch's last words:\n")
	said := strings.Split(strings.TrimSpace(string(read(r.sniffer.errors))), "\n")
	for _, line := range said[max(0, len(said)-4):] {
		fmt.Fprintf(r.out, "  %s\n", clean(line))
	}
}
