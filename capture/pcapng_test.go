package capture

import (
	"encoding/binary"
	"errors"
	"math"
	"math/big"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func diff(t *testing.T, have, want any) {
	t.Helper()
	if d := cmp.Diff(want, have, cmp.AllowUnexported(got{})); d != "" {
		if len(d) > 2000 {
			d = d[:2000]
		}
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestPcapngSectionsAndInterfaces(t *testing.T) {
	little, bigE := binary.LittleEndian, binary.BigEndian
	old := cat(bigE.AppendUint16(nil, 0), bigE.AppendUint16(nil, 9), be32(0), be32(5), be32(3), be32(99), []byte("old"))
	file := cat(
		section(little),
		block(little, 5, make([]byte, 40)),           // statistics, skipped
		iface(little, 1, 4),                          // microseconds
		iface(little, 276, 0, opt(little, 9, 9)),     // nanoseconds
		block(little, 10, make([]byte, 3*blockSize)), // secrets, skipped, longer than a block of ours
		enhanced(little, 1, 1700000000123456789, []byte("sll2")),
		enhanced(little, 0, 1700000000123456, []byte("ethernet")),
		block(little, 3, little.AppendUint32(nil, 60), []byte("cut!")), // simple, cut to 4
		block(little, 0x40000bad, []byte("custom")),                    // Wireshark numbers it
		section(bigE),
		iface(bigE, 101, 0, opt(bigE, 1, 'h', 'i'), opt(bigE, 9, 3), opt(bigE, 14, bigE.AppendUint64(nil, 1700000000)...), opt(bigE, 0)),
		enhanced(bigE, 0, 1, []byte("raw")),
		block(bigE, 2, old),
	)
	packets, err := readBytes(t, file)
	if err != nil {
		t.Fatal(err)
	}
	diff(t, packets, []got{
		{Packet{1, 1700000000123456789, LinkSLL2, 4, nil}, "sll2"},
		{Packet{2, 1700000000123456000, LinkEthernet, 8, nil}, "ethernet"},
		{Packet{3, 0, LinkEthernet, 60, nil}, "cut!"},
		{Packet{5, 1700000000001e6, LinkRaw, 3, nil}, "raw"},
		{Packet{6, 1700000000005e6, LinkRaw, 99, nil}, "old"},
	})
}

// Blocks without a packet are numbered where Wireshark numbers them.
func TestPcapngNumbersAsWireshark(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("SKIPPED: tshark is not installed, the numbers of frames were not compared")
	}
	order := binary.LittleEndian
	packet := enhanced(order, 0, 1, make([]byte, 61)) // nothing else has that length
	event := cat(raw("0000 e803000000000000 0700000000000000 1a000000 0300"), make([]byte, 40))
	file := cat(section(order), iface(order, 1, 0), packet)
	for kind, body := range map[uint32][]byte{
		4: make([]byte, 4), 5: make([]byte, 12), 7: make([]byte, 12), 0x12345: []byte("abcd"),
		10:    cat(raw("4b4c5354 04000000"), []byte("abcd")), // secrets
		9:     []byte("__REALTIME_TIMESTAMP=1\n__CURSOR=a\nMESSAGE=x\n"),
		0xbad: raw("d97e0000 01020304"), 0x40000bad: raw("d97e0000 01020304"),
		0x201: event, 0x204: event, 0x205: event, 0x216: event, 0x221: event, 0x223: event,
	} {
		file = cat(file, block(order, kind, body), packet)
	}
	out, err := exec.Command(tshark, "-n", "-r", onDisk(t, file), "-Y", "frame.len==61", "-T", "fields", "-e", "frame.number").Output()
	if err != nil {
		t.Fatal(err)
	}
	packets, err := readBytes(t, file)
	if err != nil {
		t.Fatal(err)
	}
	var numbers []string
	for _, p := range packets {
		numbers = append(numbers, strconv.Itoa(p.Number))
	}
	diff(t, numbers, strings.Fields(string(out)))
	if last := packets[len(packets)-1].Number; last != 15+6 {
		t.Errorf("the last of 15 packets and 6 other frames has number %d", last)
	}
}

func TestPcapngBroken(t *testing.T) {
	order := binary.LittleEndian
	start := cat(section(order), iface(order, 1, 0), enhanced(order, 0, 0, []byte("good")))
	at := int64(len(start))
	tooLong := enhanced(order, 0, 0, []byte("data"))
	order.PutUint32(tooLong[20:], 5)
	trailer := enhanced(order, 0, 0, []byte("data"))
	trailer[len(trailer)-1] = 1
	skipped := block(order, 5, make([]byte, 8))
	skipped[len(skipped)-4]++
	odd := block(order, 5, make([]byte, 8))
	odd[4]++
	version2 := section(order)
	version2[12] = 2
	noOrder := section(order)
	noOrder[8] = 0
	tests := []struct {
		name  string
		block []byte
		words string
	}{
		{"packet longer than its block", tooLong, "announces 5 bytes, its block has room for 4"},
		{"lengths differ", trailer, "a block says that it has 36 bytes, and at its end that it has 16777252"},
		{"lengths of a skipped block differ", skipped, "a block says that it has 20 bytes, and at its end that it has 21"},
		{"length not a multiple of 4", odd, "a block of 21 bytes cannot be"},
		{"length 0", make([]byte, 12), "a block of 0 bytes cannot be"},
		{"no such interface", enhanced(order, 1, 0, nil), "captured on interface 1"},
		{"packet block too short", block(order, 6, make([]byte, 16)), "too short"},
		{"simple packet block too short", block(order, 3), "too short"},
		{"interface block too short", block(order, 1, make([]byte, 4)), "too short"},
		{"section without byte order", noOrder, "byte-order magic"},
		{"version 2", version2, "version 2.0"},
		{"packet in a section without interfaces", cat(section(order), block(order, 3, be32(0))), "captured on interface 0"},
		{"packet above what is ever read", enhanced(order, 0, 0, make([]byte, maxPacket+1)), "more than the 1048576"},
		{"huge packet block", cat(order.AppendUint32(order.AppendUint32(nil, 6), 1<<31), make([]byte, 100)), "a block of 2147483648 bytes is more"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			packets, err := readBytes(t, cat(start, tt.block))
			var broken *Broken
			if !errors.As(err, &broken) || len(packets) != 1 || packets[0].data != "good" {
				t.Fatalf("%d packets, then %v", len(packets), err)
			}
			if broken.Cut || broken.Offset < at || !strings.Contains(err.Error(), tt.words) {
				t.Errorf("cut %v, offset %d: %v", broken.Cut, broken.Offset, err)
			}
		})
	}
}

func TestPcapngManyInterfaces(t *testing.T) {
	order := binary.LittleEndian
	file := section(order)
	for i := range maxInterfaces + 1 {
		file = append(file, iface(order, uint16(i), 0)...)
	}
	_, err := readBytes(t, file)
	if err == nil || !strings.Contains(err.Error(), "more than 65536 interfaces") {
		t.Errorf("error %v", err)
	}
}

// The clock is compared with arithmetic that cannot overflow, for every
// resolution that the option can hold.
func TestClock(t *testing.T) {
	for resolution := range 256 {
		for _, units := range []uint64{0, 1, 999, 1700000000, 1700000000123456, 1700000000123456789, math.MaxInt64, math.MaxUint64} {
			for _, offset := range []int64{0, 1, -1, 1700000000, math.MaxInt64, math.MinInt64} {
				c := newClock(uint8(resolution), offset)
				if have, want := c.time(units), exactTime(uint8(resolution), units, offset); have != want {
					t.Fatalf("resolution %#x, offset %d, %d units: %d, want %d", resolution, offset, units, have, want)
				}
			}
		}
	}
}

func exactTime(resolution uint8, units uint64, offset int64) Timestamp {
	base := int64(10)
	if resolution >= 0x80 {
		base = 2
	}
	n := new(big.Int).SetUint64(units)
	n.Mul(n, big.NewInt(1e9))
	n.Quo(n, new(big.Int).Exp(big.NewInt(base), big.NewInt(int64(resolution&0x7f)), nil))
	clamp := func() {
		if !n.IsInt64() {
			edge := int64(math.MaxInt64)
			if n.Sign() < 0 {
				edge = math.MinInt64
			}
			n.SetInt64(edge)
		}
	}
	clamp()
	seconds := big.NewInt(max(-math.MaxInt64/1_000_000_000, min(offset, math.MaxInt64/1_000_000_000)))
	n.Add(n, seconds.Mul(seconds, big.NewInt(1e9)))
	clamp()
	return Timestamp(n.Int64())
}
