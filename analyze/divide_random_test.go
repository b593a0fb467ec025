package analyze_test

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sniwatch/analyze"
	"sniwatch/capture"
)

// A jumble makes a capture of a few connections from any bytes: SYNs that are sent
// again, ports that are used again, segments that are late, lost or come twice, and
// pauses of every kind.
type jumble struct {
	file     []byte
	now      int64 // microseconds
	isn      [jumblePorts][2]uint32
	next     [jumblePorts][2]uint32 // bytes that were sent
	last     [jumblePorts][2]string
	payloads [2][]string // that connections of a sample sent, by side
}

const jumblePorts = 6

// newJumble takes what is sent from samples.
func newJumble(t testing.TB) *jumble {
	t.Helper()
	j := &jumble{now: 1_700_000_000_000_000}
	for _, name := range []string{"row6-tls12", "ok-tls12", "ok-tls13"} {
		f, err := capture.Open("../pcaps/"+name+".pcap", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var p capture.Packet
		var d capture.Decoder
		var s capture.Segment
		for f.Next(&p) == nil {
			if d.Decode(&p, &s) == capture.TCP && len(s.Payload) > 0 {
				from := 0
				if s.Src.Port == 443 {
					from = 1
				}
				j.payloads[from] = append(j.payloads[from], string(s.Payload))
			}
		}
	}
	if len(j.payloads[0]) < 4 || len(j.payloads[1]) < 4 {
		t.Fatalf("the samples have %d and %d payloads", len(j.payloads[0]), len(j.payloads[1]))
	}
	return j
}

// make gives the capture that in stands for.
func (j *jumble) make(in []byte) []byte {
	j.file = binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	j.file = append(j.file, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0)
	for ; len(in) >= 3; in = in[3:] {
		pauses := [...]int64{0, 1, 10, 1000, 1000, 5000, 50_000, 390_000, 410_000, 1_000_000, 9_999_000, 10_001_000, 59_000_000, 121_000_000, -300, -900_000}
		j.now += pauses[in[0]>>4]
		j.act(int(in[0]&0xf)%jumblePorts, int(in[1]>>7), in[1]&0x7f, in[2])
	}
	return j.file
}

// act lets one side of a connection do something.
func (j *jumble) act(port, from int, what, which byte) {
	isn, next := &j.isn[port][from], &j.next[port][from]
	switch what % 16 {
	case 0, 1: // a SYN, of a new connection or the same again
		if which&3 != 0 {
			*isn, *next = uint32(which)<<20, 0
		}
		j.segment(port, 0, capture.SYN, j.isn[port][0], 0, "")
	case 2, 3:
		if which&7 == 7 {
			*isn = uint32(which) << 18
		}
		j.segment(port, 1, capture.SYN|capture.ACK, j.isn[port][1], j.isn[port][0]+1, "")
	case 4:
		j.send(port, from, capture.RST|capture.ACK, *next, "")
	case 5, 6:
		j.send(port, from, capture.FIN|capture.ACK, *next, "")
		*next++
	case 7, 8:
		j.send(port, from, capture.ACK, *next, "")
	case 9:
		j.send(port, from, capture.ACK, *next-uint32(len(j.last[port][from])), j.last[port][from])
	case 10:
		*next += uint32(which)
	case 11: // packets that look like records of the capture lead guesses astray
		records := string(j.file[max(24, len(j.file)-4*int(which)):])
		j.send(port, from, capture.ACK|capture.PSH, *next, records)
		*next += uint32(len(records))
	default:
		p := j.payloads[from][int(which)%len(j.payloads[from])]
		j.send(port, from, capture.ACK|capture.PSH, *next, p)
		j.last[port][from] = p
		*next += uint32(len(p))
	}
}

// send sends bytes of a side behind so many others.
func (j *jumble) send(port, from int, flags capture.Flags, behind uint32, payload string) {
	other := 1 - from
	j.segment(port, from, flags, j.isn[port][from]+1+behind, j.isn[port][other]+1+j.next[port][other], payload)
}

// segment writes a packet: Ethernet, IPv4, TCP.
func (j *jumble) segment(port, from int, flags capture.Flags, seq, ack uint32, payload string) {
	frame := make([]byte, 54, 54+len(payload))
	frame[12], frame[14], frame[23] = 0x08, 0x45, 6
	binary.BigEndian.PutUint16(frame[16:], uint16(40+len(payload)))
	addresses := [2]uint32{0x82b08700 + uint32(port)&1, 0x0a000001} // of CloudFront, and of the origin
	ports := [2]uint16{uint16(40000 + port), 443}
	binary.BigEndian.PutUint32(frame[26:], addresses[from])
	binary.BigEndian.PutUint32(frame[30:], addresses[1-from])
	binary.BigEndian.PutUint16(frame[34:], ports[from])
	binary.BigEndian.PutUint16(frame[36:], ports[1-from])
	binary.BigEndian.PutUint32(frame[38:], seq)
	binary.BigEndian.PutUint32(frame[42:], ack)
	frame[46], frame[47] = 0x50, byte(flags)
	frame = append(frame, payload...)
	for _, field := range []uint32{uint32(j.now / 1e6), uint32(j.now % 1e6), uint32(len(frame)), uint32(len(frame))} {
		j.file = binary.LittleEndian.AppendUint32(j.file, field)
	}
	j.file = append(j.file, frame...)
}

// dividedLikeInARow analyses a capture in a row and in parts, and gives whether it
// could be divided.
func dividedLikeInARow(t testing.TB, o analyze.Options, name string, bytes []byte, length int64) bool {
	t.Helper()
	if err := os.WriteFile(name, bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	want, _ := said(t, name, o, 1, 0)
	got, err := said(t, name, o, 2, length)
	if errors.Is(err, analyze.ErrInARow) {
		return false
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Fatalf("%d bytes, parts of %d: %v (-in a row +divided), seed %s:\n%s", len(bytes), length, err, os.Getenv("SEED"), diff)
	}
	return true
}

// TestDividedJumble: whatever the packets.
func TestDividedJumble(t *testing.T) {
	o := options(t)
	name := filepath.Join(t.TempDir(), "jumble.pcap")
	divided, all := 0, 1500
	for seed := range all {
		r := rand.New(rand.NewPCG(uint64(seed), 3))
		in := make([]byte, 3*(10+r.IntN(120)))
		for i := range in {
			in[i] = byte(r.Uint32())
		}
		j := newJumble(t)
		t.Setenv("SEED", strconv.Itoa(seed))
		if dividedLikeInARow(t, o, name, j.make(in), int64(1+r.IntN(6000))) {
			divided++
		}
	}
	t.Logf("%d of %d could be divided", divided, all)
	if divided < all/3 {
		t.Errorf("only %d of %d could be divided", divided, all)
	}
}

// FuzzDivided: a capture in parts says what it says in a row, for any bytes.
func FuzzDivided(f *testing.F) {
	f.Add([]byte{0x30, 0, 1, 0x30, 2, 0, 0x30, 11, 0, 0x30, 0x8b, 0, 0x90, 0, 0}, int64(100))
	f.Add([]byte{0x31, 0, 1, 0x91, 0, 0, 0x31, 0, 0, 0x31, 2, 0, 0x71, 11, 0, 0xd1, 4, 0}, int64(80))
	o := options(f)
	f.Fuzz(func(t *testing.T, in []byte, length int64) {
		if len(in) > 3000 {
			return
		}
		dividedLikeInARow(t, o, filepath.Join(t.TempDir(), "jumble.pcap"), newJumble(t).make(in), 1+length&0x1fff)
	})
}
