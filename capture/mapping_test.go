package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// onDisk writes a capture into a file.
func onDisk(t testing.TB, content []byte) (name string) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "test")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// openMapped opens a file, which must be mapped.
func openMapped(t testing.TB, name string) *File {
	t.Helper()
	f, err := Open(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if f.win.file == nil {
		if runtime.GOOS != "linux" {
			t.Skip("SKIPPED: files are not mapped on " + runtime.GOOS)
		}
		t.Fatal("the file is not mapped")
	}
	return f
}

// manyWindows is a pcap and a pcapng file of about size bytes each. Their
// packets have all lengths up to the limit, so that they lie across the ends
// of windows in every way.
func manyWindows(size int) (plain, ng []byte) {
	l, order := littleMicro(), binary.LittleEndian
	l.snap = maxPacket
	plain = l.header()
	ng = cat(section(order), iface(order, 1, 0))
	for i := 0; len(plain) < size; i++ {
		data := bytes.Repeat([]byte{byte(i)}, i*i*7919%(1<<(8+i%13)))
		plain = append(plain, l.packet(uint32(i), 0, data)...)
		ng = append(ng, enhanced(order, 0, uint64(i)*1e6, data)...)
	}
	return plain, ng
}

// What a mapped file gives is what reading gives.
func TestMappedAsRead(t *testing.T) {
	plain, ng := manyWindows(10 << 20)
	skipping := cat(ng, block(binary.LittleEndian, 10, make([]byte, 9<<20)), ng[:1<<20])
	for name, file := range map[string][]byte{"pcap": plain, "pcapng": ng, "cut": plain[:len(plain)-1], "skipped block, then cut": skipping} {
		want, wantErr := readBytes(t, file)
		f := openMapped(t, onDisk(t, file))
		have, err := readAll(t, f)
		if sayings(err) != sayings(wantErr) {
			t.Errorf("%s: %v, want %v", name, err, wantErr)
		}
		diff(t, have, want)
	}
}

// sayings is what an error says of the capture, without its name.
func sayings(err error) string {
	if err == nil {
		return ""
	}
	_, after, _ := strings.Cut(err.Error(), " is ")
	return after
}

// Any bytes: the same from a mapped file.
func FuzzMapped(f *testing.F) {
	for _, seed := range seeds() {
		f.Add(seed)
	}
	name := filepath.Join(f.TempDir(), "fuzz")
	f.Fuzz(func(t *testing.T, content []byte) { compareMapped(t, name, content) })
}

// compareMapped reads content from the file name, mapped, and from memory:
// both give the same.
func compareMapped(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	read, readErr := NewReader(bytes.NewReader(content), "F")
	mapped, err := Open(name, nil)
	if (err == nil) != (readErr == nil) || sayings(err) != sayings(readErr) {
		t.Fatalf("%v, read %v", err, readErr)
	}
	if err != nil {
		return
	}
	defer read.Close()
	defer mapped.Close()
	for range 1 << 16 {
		var p, q Packet
		err, readErr := mapped.Next(&p), read.Next(&q)
		if sayings(err) != sayings(readErr) || (err == nil) != (readErr == nil) {
			t.Fatalf("%v, read %v", err, readErr)
		}
		if err != nil {
			return
		}
		if p.Number != q.Number || p.Time != q.Time || p.Link != q.Link || p.Length != q.Length || !bytes.Equal(p.Data, q.Data) {
			t.Fatalf("%+v, read %+v", p, q)
		}
	}
}

// A file that becomes shorter while it is read, wherever it is cut and
// whoever comes upon it, is an error and no crash.
func TestTruncatedWhileRead(t *testing.T) {
	page := os.Getpagesize()
	plain, _ := manyWindows(10 << 20)
	for name, to := range map[string]int64{
		"to nothing":                 0,
		"in the page that is read":   100,
		"in the window that is read": int64(20 * page),
		"at the end of a page":       int64(20 * page),
		"in the next window":         windowSize + 1234,
		"by one byte":                int64(len(plain)) - 1,
	} {
		t.Run(name, func(t *testing.T) {
			file := onDisk(t, plain)
			f := openMapped(t, file)
			packets, sum := 0, 0
			err := f.Guard(func() error {
				var p Packet
				for {
					if err := f.Next(&p); err != nil {
						return err
					}
					if packets++; packets == 3 {
						if err := os.Truncate(file, to); err != nil {
							return err
						}
					}
					for _, b := range p.Data {
						sum += int(b)
					}
				}
			})
			var broken *Broken
			if !errors.As(err, &broken) || !errors.Is(err, errShrunk) || broken.Packets != packets {
				t.Fatalf("after %d packets: %v", packets, err)
			}
			if again := f.Next(new(Packet)); again != err {
				t.Errorf("Next then gives %v", again)
			}
		})
	}
}

// A file that grows while it is read is read to where it ends then.
func TestGrowingWhileRead(t *testing.T) {
	l := littleMicro()
	name := onDisk(t, cat(l.header(), l.packet(1, 0, []byte("one")), l.packet(2, 0, []byte("two"))))
	f := openMapped(t, name)
	var p Packet
	if err := f.Next(&p); err != nil {
		t.Fatal(err)
	}
	out, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(l.packet(3, 0, make([]byte, 100_000)))
	out.Close()
	if packets, err := readAll(t, f); err != nil || len(packets) != 2 || len(packets[1].data) != 100_000 {
		t.Errorf("%d packets, %v", len(packets), err)
	}
}

// A file that grows in steps that end anywhere, in records and around the ends of
// pieces, is read as if it had been there whole.
func TestGrowingInSteps(t *testing.T) {
	plain, _ := manyWindows(2*windowSize + 100_000)
	name := onDisk(t, plain[:100])
	file, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	random := rand.New(rand.NewPCG(5, 6))
	win := openMapped(t, name).win
	have := plain[:pcapHeaderLength:pcapHeaderLength] // which was read when it was opened
	for at := 100; len(have) < len(plain); {
		// As much as a reader asks for: a header, a packet, or more than there is.
		n := 1 + random.IntN(1<<(1+random.IntN(20)))
		b := win.peek(n)
		if len(b) < n {
			if win.err != io.EOF {
				t.Fatal(win.err)
			}
			step := min(1+random.IntN(1<<(1+random.IntN(21))), len(plain)-at)
			if _, err := file.Write(plain[at : at+step]); err != nil {
				t.Fatal(err)
			}
			if at += step; step > 0 {
				continue
			}
		}
		have = append(have, b...)
		win.skip(len(b))
	}
	if !bytes.Equal(have, plain) {
		t.Error("what was read is not what was written")
	}
}

// Going to and fro shows the packets that reading in a row shows, wherever the
// pieces of the file end: also in the header of a record.
func TestMappedPlaces(t *testing.T) {
	plain, ng := manyWindows(3 * windowSize)
	l := littleMicro()
	across := l.header()
	for len(across) < 3*windowSize {
		end := (len(across)/windowSize+1)*windowSize - 5
		across = append(across, l.packet(1, 0, make([]byte, min(1000, max(end-len(across)-recordLength, 0))))...)
	}
	for name, file := range map[string][]byte{"pcap": plain, "pcapng": ng, "headers across": across} {
		want, _ := readBytes(t, file)
		f := openMapped(t, onDisk(t, file))
		var places []Place
		var p Packet
		for f.Next(&p) == nil {
			places = append(places, f.Place()) // behind packet len(places)
		}
		random := rand.New(rand.NewPCG(7, 8))
		for i := range len(places) - 3 {
			if err := f.At(places[random.IntN(len(places)-1)].Offset, &p); err != nil {
				t.Fatal(err)
			}
			sparse := i%2 == 0
			if !sparse {
				f.Go(places[i])
			}
			for next := i + 1; next < i+4; next++ {
				err := error(nil)
				if sparse {
					err = f.At(places[next-1].Offset, &p)
				} else {
					err = f.Next(&p)
				}
				if err != nil || string(p.Data) != want[next].data {
					t.Fatalf("%s: packet %d, sparse %v: %v", name, next+1, sparse, err)
				}
			}
		}
	}
}

// A view that is kept too long shows other bytes, as a block that is read
// into again does, and is no fault: also where the last stretch is short.
func TestViewKeptTooLong(t *testing.T) {
	plain, _ := manyWindows(2*windowSize + 100_000)
	f := openMapped(t, onDisk(t, plain))
	var p Packet
	var kept [][]byte
	for f.Next(&p) == nil {
		kept = append(kept, p.Data)
	}
	sum := 0
	if err := f.Guard(func() error {
		for _, view := range kept {
			for _, b := range view {
				sum += int(b)
			}
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// What is no fault of the file passes through Guard.
func TestGuardPasses(t *testing.T) {
	l := littleMicro()
	f := openMapped(t, onDisk(t, l.header()))
	own := errors.New("own")
	if err := f.Guard(func() error { return own }); err != own {
		t.Errorf("error %v", err)
	}
	for name, run := range map[string]func(){
		"nil pointer": func() { var p *Packet; _ = p.Number },
		"index":       func() { _ = kindsOf(nil)[1] },
		"own":         func() { panic(own) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: the panic was swallowed", name)
				}
			}()
			f.Guard(func() error { run(); return nil })
		}()
	}
	if err := f.Next(new(Packet)); err != io.EOF {
		t.Errorf("Next afterwards: %v", err)
	}
}

func kindsOf(k []Kind) []Kind { return k }
