//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"sync"
)

// A ledger holds the truth about each connection until sniwatch has told of it. It
// is for runs of which not everything can be kept.
type ledger struct {
	lock    sync.Mutex
	pending map[netip.AddrPort]truth
	made    map[string]int // by kind
	failed  int            // connections of which the truth is no complete handshake
	told    int
	wrong   []string // what was told wrongly, the first of it
	wrongs  int
	logged  int            // connections of which the server's log has a line
	alone   map[string]int // of these, told without it, by the class of the line
	last    json.RawMessage
	ended   error
	say     func(wrong string) // at once
}

func newLedger(say func(wrong string)) *ledger {
	return &ledger{pending: map[netip.AddrPort]truth{}, made: map[string]int{}, alone: map[string]int{}, say: say}
}

// expect notes a connection that is about to be made; false: the one before it from
// there was not told yet.
func (l *ledger) expect(client netip.AddrPort, kind string, want truth) bool {
	l.lock.Lock()
	defer l.lock.Unlock()
	if _, taken := l.pending[client]; taken {
		return false
	}
	l.pending[client] = want
	l.made[kind]++
	if !want.good() {
		l.failed++
	}
	return true
}

// complain notes that something is not as it should be.
func (l *ledger) complain(format string, words ...any) {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.note(format, words...)
}

func (l *ledger) note(format string, words ...any) {
	const most = 20 // the first ones tell enough
	l.wrongs++
	if len(l.wrong) < most {
		l.wrong = append(l.wrong, fmt.Sprintf(format, words...))
		l.say(l.wrong[len(l.wrong)-1])
	}
}

// read takes what sniwatch writes, one object a line, until it ends.
func (l *ledger) read(r io.Reader) {
	const longest = 64 << 20 // the report, in one line
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), longest)
	for lines.Scan() {
		if err := l.line(lines.Bytes()); err != nil {
			l.complain("not understood: %v: %.200s", err, lines.Bytes())
		}
	}
	l.lock.Lock()
	l.ended = lines.Err()
	l.lock.Unlock()
}

func (l *ledger) line(text []byte) error {
	var seen struct {
		Type string
		connection
		Log json.RawMessage
	}
	if err := json.Unmarshal(text, &seen); err != nil {
		return err
	}
	l.lock.Lock()
	defer l.lock.Unlock()
	if seen.Type != "connection" {
		l.last = slices.Clone(text)
		return nil
	}
	l.told++
	c := seen.connection
	want, known := l.pending[c.client()]
	delete(l.pending, c.client())
	switch {
	case !known:
		l.note("%v: nobody made it: %s", c.client(), c.says())
	case !fits(c, want):
		l.note("%v: %s; the truth is %s", c.client(), c.says(), want.whole())
	}
	if known && want.log != "" {
		l.logged++
		if len(seen.Log) == 0 {
			l.alone[want.log]++
		}
	}
	return nil
}

// waiting gives how many connections were not told yet.
func (l *ledger) waiting() int {
	l.lock.Lock()
	defer l.lock.Unlock()
	return len(l.pending)
}

// close says what was never told, and compares the counts of the last report.
func (l *ledger) close() {
	l.lock.Lock()
	defer l.lock.Unlock()
	for client, want := range l.pending {
		l.note("%v: never told; the truth is %s", client, want.whole())
	}
	var report struct {
		Interim bool
		Counts  struct {
			Connections, Complete int
		}
		Unanalysed map[string]int
	}
	if err := json.Unmarshal(l.last, &report); err != nil || report.Interim || l.ended != nil {
		l.note("there is no last report: %v, %v", err, l.ended)
		return
	}
	all := 0
	for _, n := range l.made {
		all += n
	}
	if report.Counts.Connections != all || report.Counts.Complete != all-l.failed {
		l.note("the report counts %d connections, %d of them complete; the truth is %d and %d",
			report.Counts.Connections, report.Counts.Complete, all, all-l.failed)
	}
	for _, lost := range []string{"packets_dropped_by_kernel", "connections_evicted"} {
		if report.Unanalysed[lost] > 0 {
			l.note("%s: %d", lost, report.Unanalysed[lost])
		}
	}
}
