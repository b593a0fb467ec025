package analyze

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/tcp"
	"sniwatch/capture"
)

// watchFile analyses one capture.
func watchFile(t testing.TB, name string, o Options) *Report {
	t.Helper()
	o.Ranges, o.Ports = edge.Embedded(), []uint16{443}
	roots, err := origin.LoadRoots("../pcaps/certs/root.pem")
	if err != nil {
		t.Fatal(err)
	}
	o.Roots = roots
	w := NewWatcher(o)
	f, err := capture.Open(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w.Begin(name)
	var p capture.Packet
	var view []byte
	for {
		if err = f.Next(&p); err != nil {
			break
		}
		view = append(view[:0], p.Data...)
		p.Data = view
		w.Packet(&p)
		for i := range view {
			view[i] = 0xa5 // the view dies here; a fact that is still a view shows
		}
	}
	var broken *capture.Broken
	if err != io.EOF && !errors.As(err, &broken) {
		t.Fatal(err)
	}
	w.End("")
	return w.Report(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
}

// summary is what a report says, without examples and words.
func summary(r *Report) any {
	type finding struct {
		Code        Code
		Connections int
		Clients     int
		Title       string
	}
	out := struct {
		Counts   Counts
		Findings []finding
		Warnings []Warning
	}{Counts: r.Counts, Warnings: r.Warnings}
	for _, f := range r.Findings {
		out.Findings = append(out.Findings, finding{f.Code, f.Connections, f.Clients, f.Title})
	}
	return out
}

// Healthy connections are released early and counted at a glance, unless every
// connection is wanted. That must not change what the report says.
func TestShortcutsChangeNothing(t *testing.T) {
	names, err := filepath.Glob("../pcaps/*.pcap*")
	if err != nil || len(names) < 100 {
		t.Fatalf("%d samples: %v", len(names), err)
	}
	for _, name := range names {
		if filepath.Ext(name) == ".txt" {
			continue
		}
		short := watchFile(t, name, Options{})
		whole := watchFile(t, name, Options{Every: true, Told: func(c *Connection) bool {
			if (c.Handshake == Complete) != (c.Diagnosis.Code == OK || c.Diagnosis.Code == OKResumed || c.Diagnosis.Code == CompletedAbandoned) {
				// A client that finishes and then refuses is the exception.
				if c.Diagnosis.Code == "" || !c.Diagnosis.Failure() {
					t.Errorf("%s: handshake %v, diagnosis %s", name, c.Handshake, c.Diagnosis.Code)
				}
			}
			return true
		}})
		if diff := cmp.Diff(summary(whole), summary(short)); diff != "" {
			t.Errorf("%s (-every +short):\n%s", name, diff)
		}
	}
}

// A connection that is given up for want of room is counted, and the report
// says that it is not to be trusted there.
func TestEvictionIsSaid(t *testing.T) {
	w := NewWatcher(Options{Ranges: edge.Embedded(), Roots: origin.MozillaRoots(), Ports: []uint16{443},
		Limits: tcp.Limits{Connections: 4, Flows: 2, HeldBytes: 1 << 20}})
	w.Begin("by hand")
	for port := range byte(10) {
		w.Packet(&capture.Packet{Number: int(port) + 1, Time: 1e18, Link: capture.LinkRaw, Length: 40, Data: []byte{
			0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 130, 176, 135, 149, 10, 0, 0, 10, // IPv4
			0x88, port, 443 >> 8, 443 & 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 5 << 4, 2, 0xff, 0xff, 0, 0, 0, 0, // TCP, SYN
		}})
	}
	w.End("")
	r := w.Report(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
	if r.Counts.Connections != 10 || r.Counts.CloudFront != 10 || r.Unanalysed.ConnectionsEvicted != 6 {
		t.Errorf("%d connections, %d evicted, want 10 and 6", r.Counts.Connections, r.Unanalysed.ConnectionsEvicted)
	}
	if !slices.ContainsFunc(r.Warnings, func(w Warning) bool { return w.Code == CaptureLostPackets }) {
		t.Errorf("no warning: %v", r.Warnings)
	}
}

// Whatever names scanners ask for, the findings are bounded, and none of their
// connections is lost.
func TestFindingsAreBounded(t *testing.T) {
	k := newCollector()
	const names = maxFindings + 100
	for range 2 {
		for i := range names {
			r := new(reading)
			r.ClientHello = &ClientHello{}
			r.ClientHello.ServerName = fmt.Sprintf("%d.example.com", i)
			r.Diagnosis = Diagnosis{Code: SNIRefused, Certainty: Proven}
			k.add(r, &thisHost{store: origin.NewStore()})
		}
	}
	sum := 0
	for _, f := range k.order {
		sum += f.Connections
	}
	rest := k.order[maxFindings]
	if len(k.order) != maxFindings+1 || sum != 2*names || rest.Connections != 2*100 {
		t.Errorf("%d findings, of %d connections, the last of %d", len(k.order), sum, rest.Connections)
	}
}

func BenchmarkWatcher(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		watchFile(b, "../pcaps/many.pcap", Options{})
	}
}
