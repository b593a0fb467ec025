//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// An accident is something that happens to the host while sniwatch is left running.
type accident struct {
	name   string
	quiet  bool // no client may be under way
	happen func(r *soaking) error
	says   []string      // what sniwatch must have said, each as often as it happened
	takes  time.Duration // until it has said so, as long as there are clients
}

// soakAccidents happen in turn.
var soakAccidents = []accident{
	{name: "the disk was full for 12 s", happen: fillDisk, says: []string{"no space left on device", "are written to"}, takes: 25 * time.Second},
	{name: "the interface went down and up", quiet: true, happen: downAndUp, says: []string{"wire is down; waits", "wire is up again"}},
	{name: "sniwatch was suspended for 2 s", happen: suspend},
	{name: "the certificate was renewed, and nginx reloaded", quiet: true, happen: renewSoak},
	{name: "the log was rotated", happen: rotateLog},
	{name: "an address of the edge was changed", quiet: true, happen: changeAddress},
}

// planned is an accident and when it happens.
type planned struct {
	at       time.Time
	accident accident
}

// plan spreads accidents over the time: all of them at least twice in an hour, and
// as many as there is time for in a short run.
func (r *soaking) plan(from, until time.Time) []planned {
	from = from.Add(min(restFrom, until.Sub(from)/10))
	every := max(until.Sub(from)/time.Duration(2*len(soakAccidents)+1), 5*time.Second)
	var all []planned
	for i, at := 0, from; at.Add(every).Before(until); i, at = i+1, at.Add(every) {
		if a := soakAccidents[i%len(soakAccidents)]; at.Add(a.takes).Before(until) {
			all = append(all, planned{at, a})
		}
	}
	return all
}

// happen lets an accident happen. One that would break connections waits until
// there are none, and nobody begins one meanwhile.
func (r *soaking) happen(a accident) {
	r.events = append(r.events, fmt.Sprintf("%s  %s", time.Now().Format(clock), a.name))
	if a.quiet {
		r.gate.Lock()
		defer r.gate.Unlock()
		time.Sleep(500 * time.Millisecond) // for the last packets
	}
	if err := a.happen(r); err != nil {
		r.ledger.complain("%s: %v", a.name, err)
	}
}

// happened counts the accidents so far whose name ends so.
func (r *soaking) happened(name string) (n int) {
	for _, e := range r.events {
		if strings.HasSuffix(e, name) {
			n++
		}
	}
	return n
}

// compareSaid compares what sniwatch said with what happened.
func (r *soaking) compareSaid() {
	said := read(r.sniffer.errors)
	for _, a := range soakAccidents {
		for _, words := range a.says {
			if n := bytes.Count(said, []byte(words)); n != r.happened(a.name) {
				r.ledger.complain("%q was said %d times; it happened %d times", words, n, r.happened(a.name))
			}
		}
	}
}

// downAndUp takes the interface down. Its routes go with it.
func downAndUp(r *soaking) error {
	s := r.site
	if err := s.origin.Sh("ip link set wire down"); err != nil {
		return err
	}
	time.Sleep(3 * time.Second)
	up := "ip link set wire up\n"
	for _, a := range append([]string{blocked}, r.sources...) {
		up += fmt.Sprintf("ip route replace %s/32 dev wire\n", a)
	}
	err := s.origin.Sh(up)
	time.Sleep(2 * time.Second)
	return err
}

// suspend stops the process as Ctrl-Z does. The kernel keeps its packets.
func suspend(r *soaking) error {
	process := r.sniffer.command.Process
	if err := process.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	time.Sleep(2 * time.Second)
	return process.Signal(syscall.SIGCONT)
}

// renewSoak puts another certificate in the place of the present one. nginx's old
// worker closes what waits for a request, be it the first one, so that there must be
// nobody.
func renewSoak(r *soaking) error {
	chain := "soak"
	if r.happened("nginx reloaded")%2 == 1 {
		chain = "soak-renewed"
	}
	return r.site.reload(chain)
}

// fillDisk fills the disk of the ring for some time, beside the packets.
func fillDisk(r *soaking) error {
	name := fmt.Sprintf("/proc/%d/root%s", r.sniffer.command.Process.Pid, r.site.file("ring/filler"))
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	for block := make([]byte, 1<<20); err == nil; {
		_, err = f.Write(block)
	}
	f.Close()
	if !errors.Is(err, syscall.ENOSPC) {
		return err
	}
	time.AfterFunc(12*time.Second, func() {
		if err := os.Remove(name); err != nil {
			r.ledger.complain("the disk stays full: %v", err)
		}
	})
	return nil
}

// rotateLog does what logrotate does.
func rotateLog(r *soaking) error {
	s := r.site
	return errors.Join(os.Rename(s.file("error.log"), s.file("error.log.1")), s.running[0].Process.Signal(syscall.SIGUSR1))
}

// changeAddress gives the edge an address in the place of another one.
func changeAddress(r *soaking) error {
	s, old := r.site, r.sources[2]
	now := "64.252.114.217"
	if old == now {
		now = edgeThird
	}
	r.sources[2] = now
	return errors.Join(
		s.edge.Sh(fmt.Sprintf("ip addr del %s/32 dev wire\nip addr add %s/32 dev wire\nip route replace %s/32 dev wire", old, now, origin4)),
		s.origin.Sh(fmt.Sprintf("ip route del %s/32 dev wire\nip route add %s/32 dev wire", old, now)))
}
