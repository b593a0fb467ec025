package capture

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"path/filepath"
	"testing"
)

// fullSegments is a capture of about size bytes: frames of the lengths that
// next gives, full of bytes that say nothing.
func fullSegments(l layout, ng bool, size int, next func(*rand.Rand) int) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	file := l.header()
	if ng {
		file = cat(section(l.order), iface(l.order, 1, 0))
	}
	for i := 0; len(file) < size; i++ {
		data := make([]byte, next(random))
		for j := range data {
			data[j] = byte(random.Uint32())
		}
		if ng {
			file = append(file, enhanced(l.order, 0, uint64(i), data)...)
		} else {
			file = append(file, l.packet(1_700_000_000+uint32(i/1000), uint32(i%1000), data)...)
		}
	}
	return file
}

// segments are the lengths of frames of ordinary traffic.
func segments(r *rand.Rand) int { return 200 + r.IntN(1300) }

// Where records are what they usually are, the cursors find each of them.
func TestLookaheadWalksEveryRecord(t *testing.T) {
	nano, modified := littleMicro(), littleMicro()
	nano.magic = magicNano
	modified.magic, modified.extra = magicModified, 8
	for _, tt := range []struct {
		name   string
		layout layout
		ng     bool
	}{
		{"pcap", littleMicro(), false},
		{"nanoseconds", nano, false},
		{"record headers of 24 bytes", modified, false},
		{"pcapng", littleMicro(), true},
	} {
		file := fullSegments(tt.layout, tt.ng, windowSize, segments)
		src, err := NewReader(bytes.NewReader(file), tt.name)
		if err != nil {
			t.Fatal(err)
		}
		packets, starts := 0, []int(nil)
		var p Packet
		for {
			starts = append(starts, int(src.win.offset()))
			if src.Next(&p) != nil {
				break
			}
			packets++
		}
		ahead := aheadOf(src)
		b := file[starts[0]:]
		if tt.ng { // after the section and the interface
			b = b[28+20:]
			starts[0] += 28 + 20
		}
		want := 0
		for _, at := range starts[:packets] {
			if at-starts[0] < len(b)-ahead.shape.reach() {
				want++
			}
		}
		if got := ahead.look(b); got != want || ahead.resting != 0 {
			t.Errorf("%s: the cursors found %d of %d records, resting %d", tt.name, got, want, ahead.resting)
		}
	}
}

// aheadOf gives what looks ahead in a file of this format.
func aheadOf(f *File) *lookahead {
	if r, ok := f.format.(*pcap); ok {
		return r.lookAhead()
	}
	return f.format.(*pcapng).lookAhead()
}

// Packets that are short, or very long, are left alone, and for a while
// whatever follows them.
func TestLookaheadRests(t *testing.T) {
	length := func(n int) func(*rand.Rand) int { return func(*rand.Rand) int { return n } }
	full := fullSegments(littleMicro(), false, windowSize, segments)
	src, err := NewReader(bytes.NewReader(full), "test")
	if err != nil {
		t.Fatal(err)
	}
	for name, other := range map[string][]byte{
		"scan":  fullSegments(littleMicro(), false, windowSize, length(60)),
		"gso":   fullSegments(littleMicro(), false, 4*windowSize, length(60_000))[:windowSize],
		"zeros": make([]byte, windowSize),
	} {
		ahead := aheadOf(src)
		if ahead.look(other[pcapHeaderLength:]); ahead.resting != pause {
			t.Errorf("%s: resting %d", name, ahead.resting)
		}
		ahead.look(full[:1000]) // the end of a file says nothing
		for range pause {
			if n := ahead.look(full[pcapHeaderLength:]); n != 0 {
				t.Errorf("%s: %d records while resting", name, n)
			}
		}
		for range 2 {
			if n := ahead.look(full[pcapHeaderLength:]); n < windowSize/1500 {
				t.Errorf("%s: %d records after the rest", name, n)
			}
			ahead.look(full[:1000])
		}
	}
}

// Files in which the 32 bits of a length stand elsewhere are read without.
func TestLookaheadOnlyWhereUsual(t *testing.T) {
	big, old := littleMicro(), littleMicro()
	big.order = binary.BigEndian
	old.minor = 2
	for name, file := range map[string][]byte{
		"big-endian": big.header(), "version 2.2": old.header(), "pcapng, big-endian": section(big.order),
	} {
		f, err := NewReader(bytes.NewReader(file), name)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Next(new(Packet)); err != io.EOF {
			t.Fatal(err)
		}
		if aheadOf(f) != nil {
			t.Errorf("%s: there are cursors", name)
		}
	}
}

// traps are captures whose packets are full of what looks like records, with
// lengths that lead astray.
func traps() map[string][]byte {
	trap := func(next func(*rand.Rand) int) []byte {
		l, r := littleMicro(), rand.New(rand.NewPCG(3, 4))
		file := l.header()
		for len(file) < 3*windowSize {
			var data []byte
			for range r.IntN(60) {
				n := uint32(next(r))
				data = append(data, l.record(1, 2, n, n, make([]byte, r.IntN(20)))...)
			}
			file = append(file, l.packet(1, 2, data)...)
		}
		return file
	}
	return map[string][]byte{
		"length 0":         trap(func(*rand.Rand) int { return 0 }),
		"any length":       trap(func(r *rand.Rand) int { return r.IntN(65535) }),
		"many windows":     fullSegments(littleMicro(), false, 2*windowSize, segments),
		"pcapng":           fullSegments(littleMicro(), true, 2*windowSize, segments),
		"cut":              fullSegments(littleMicro(), false, windowSize, segments)[:windowSize-77],
		"garbage, 3 MiB":   append(fullSegments(littleMicro(), false, 2*windowSize, segments), bytes.Repeat([]byte{1, 0}, windowSize/2)...),
		"frames and scan":  cat(fullSegments(littleMicro(), false, 2*windowSize, segments), fullSegments(littleMicro(), false, windowSize, func(*rand.Rand) int { return 60 })[24:]),
		"empty and filled": fullSegments(littleMicro(), false, 2*windowSize, func(r *rand.Rand) int { return r.IntN(2) * 3000 }),
	}
}

// Whatever the cursors come upon, the packets are those of the linear walk.
func TestLookaheadDecidesNothing(t *testing.T) {
	for name, file := range traps() {
		t.Run(name, func(t *testing.T) { compareMapped(t, filepath.Join(t.TempDir(), "trap"), file) })
	}
}

// Any bytes: cursors stay inside them, come to an end, and the packets are
// those of the linear walk.
func FuzzLookahead(f *testing.F) {
	for _, seed := range seeds() {
		f.Add(seed, uint16(1))
	}
	f.Add(fullSegments(littleMicro(), false, 4000, segments), uint16(30))
	f.Add(fullSegments(littleMicro(), true, 4000, segments), uint16(30))
	f.Add(cat(littleMicro().header(), bytes.Repeat([]byte{6, 0, 0, 0, 12, 0, 0, 0}, 400)), uint16(9))
	name := filepath.Join(f.TempDir(), "fuzz")
	f.Fuzz(func(t *testing.T, content []byte, times uint16) {
		const longest = 3 * windowSize
		head := content[:min(len(content), pcapHeaderLength)]
		body := content[len(head):]
		n := max(1, min(int(times), longest/max(1, len(body))))
		content = cat(head, bytes.Repeat(body, n))
		src := &pcap{limit: maxPacket}
		for _, ahead := range []*lookahead{src.lookAhead(), {shape: recordShape{length: 8, beside: 24}, find: src.findRecord},
			(&pcapng{}).lookAhead()} {
			if n := ahead.look(content); n > len(content)/step+cursors {
				t.Fatalf("%d records in %d bytes", n, len(content))
			}
			w := ahead.begin(content)
			for i := range w.n {
				if w.at[i] < 0 || w.at[i] > w.end[i] || i > 0 && w.at[i] < w.end[i-1] {
					t.Fatalf("cursor %d goes from %d to %d", i, w.at[i], w.end[i])
				}
			}
			if w.n > 0 {
				ahead.walk(content, w)
			}
		}
		compareMapped(t, name, content)
	})
}

// Reading a file that is larger than the cache of the processor.
func BenchmarkMapped(b *testing.B) {
	name := onDisk(b, fullSegments(littleMicro(), false, 256<<20, segments))
	for _, alone := range []bool{true, false} {
		label := "cursors"
		if alone {
			label = "linear"
		}
		b.Run(label, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(256 << 20)
			for b.Loop() {
				f := openMapped(b, name)
				if alone {
					f.win.ahead = nil
				}
				var p Packet
				var s Segment
				var d Decoder
				for f.Next(&p) == nil {
					d.Decode(&p, &s)
				}
				f.Close()
			}
		})
	}
}
