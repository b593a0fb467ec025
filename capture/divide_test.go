package capture

import (
	"bytes"
	"path/filepath"
	"testing"
)

// TestAt: a second reader finds each packet again, in any order, and goes on from any
// place as the first one did.
func TestAt(t *testing.T) {
	names, err := filepath.Glob("../pcaps/*.pcap*")
	if err != nil || len(names) < 100 {
		t.Fatalf("%d captures, %v", len(names), err)
	}
	type seen struct {
		place  Place
		packet Packet
	}
	divided := 0
	for _, name := range names {
		f, err := Open(name, nil)
		if err != nil || !f.Divisible() {
			continue
		}
		defer f.Close()
		divided++
		var all []seen
		var p Packet
		for place := f.Place(); f.Next(&p) == nil; place = f.Place() {
			one := seen{place, p}
			one.packet.Data = bytes.Clone(p.Data)
			all = append(all, one)
		}
		other, err := f.Fork()
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		same := func(want *Packet) bool {
			return p.Time == want.Time && p.Link == want.Link && p.Length == want.Length && bytes.Equal(p.Data, want.Data)
		}
		for i := len(all) - 1; i >= 0; i-- {
			s := &all[i]
			if !s.place.Comparable(other.Place()) {
				continue // before an interface was described
			}
			if err := other.At(s.place.Offset, &p); err != nil || !same(&s.packet) {
				t.Errorf("%s: packet %d is another one: %v", name, s.packet.Number, err)
			}
			other.Go(s.place)
			for k := i; k < min(i+2, len(all)); k++ {
				if err := other.Next(&p); err != nil || p.Number != all[k].packet.Number || !same(&all[k].packet) {
					t.Errorf("%s: packet %d is another one after going there: %v", name, all[k].packet.Number, err)
				}
			}
		}
	}
	if divided < 100 {
		t.Errorf("only %d captures could be divided", divided)
	}
}
