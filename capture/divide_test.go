package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
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

// A file that became shorter before a second reader was made is an error for that one,
// too, wherever it is sent; and it says how many packets there were.
func TestForkOfShorterFile(t *testing.T) {
	l := littleMicro()
	file := l.header()
	for len(file) < 3*windowSize/2 {
		file = append(file, l.packet(1, 2, make([]byte, 1000))...)
	}
	name := onDisk(t, file)
	f := openMapped(t, name)
	for range 3 {
		if err := f.Next(new(Packet)); err != nil {
			t.Fatal(err)
		}
	}
	for _, size := range []int64{windowSize + 1000, 1100} {
		if err := os.Truncate(name, size); err != nil {
			t.Fatal(err)
		}
		fork, err := f.Fork()
		if err != nil {
			t.Fatal(err)
		}
		defer fork.Close()
		var guessed bool
		if err := fork.Guard(func() error { _, guessed = fork.Guess(windowSize + 100_000); return nil }); err != nil || guessed {
			t.Errorf("%d bytes: guessed %v, %v", size, guessed, err)
		}
		for what, read := range map[string]func() error{
			"Go": func() error {
				fork.Go(Place{Offset: windowSize + 100_000, packets: 3, frames: 3})
				return fork.Next(new(Packet))
			},
			"At": func() error {
				fork.Go(f.Place())
				return fork.At(windowSize+100_000, new(Packet))
			},
		} {
			err := fork.Guard(read)
			var broken *Broken
			if !errors.As(err, &broken) || !errors.Is(err, errShrunk) || broken.Packets != 3 {
				t.Errorf("%d bytes, %s: %v", size, what, err)
			}
		}
	}
}

// What a second reader learns of an interface, the first does not: both may be reading.
func TestForkHasItsOwnInterfaces(t *testing.T) {
	o := binary.LittleEndian
	packet := enhanced(o, 0, 1e6, make([]byte, 100))
	f := openMapped(t, onDisk(t, cat(section(o), iface(o, 1, 0), packet, block(o, 5, be32(0), be32(0), be32(0)), packet)))
	if err := f.Next(new(Packet)); err != nil {
		t.Fatal(err)
	}
	fork, err := f.Fork()
	if err != nil {
		t.Fatal(err)
	}
	defer fork.Close()
	if err := fork.Next(new(Packet)); err != nil {
		t.Fatal(err)
	}
	if own := fork.format.(*pcapng).interfaces[0].about.Statistics; own == nil {
		t.Error("the second reader saw no statistics")
	}
	if others := f.format.(*pcapng).interfaces[0].about.Statistics; others != nil {
		t.Errorf("the first reader has statistics that it did not read: %v", others)
	}
}
