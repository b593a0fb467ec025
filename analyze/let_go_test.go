package analyze

import (
	"testing"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/capture"
)

// A healthy connection that both sides have closed is counted and gives its
// reading back at once; only one that is to be told waits for late packets.
func TestHealthyConnectionsDoNotLinger(t *testing.T) {
	for _, test := range []struct {
		name  string
		every bool
		open  int
	}{
		{"../pcaps/ok-tls12.pcap", false, 0},
		{"../pcaps/ok-tls13.pcap", false, 0},
		{"../pcaps/ok-tls13.pcap", true, 1},
		{"../pcaps/completed-abandoned-tls12.pcap", false, 0},
		{"../pcaps/name-not-covered-tls12.pcap", false, 1},
	} {
		w := NewWatcher(Options{Ranges: edge.Embedded(), Roots: origin.MozillaRoots(), Ports: []uint16{443}, Every: test.every})
		f, err := capture.Open(test.name, nil)
		if err != nil {
			t.Fatal(err)
		}
		w.Begin(test.name)
		var p capture.Packet
		for f.Next(&p) == nil {
			w.Packet(&p)
		}
		f.Close()
		if _, open, _ := w.Progress(); open != test.open {
			t.Errorf("%s, every %v: %d connections are open at the end, want %d", test.name, test.every, open, test.open)
		}
	}
}
