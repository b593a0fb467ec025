package capture

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// option64 is an option with a number of 64 bits.
func option64(order binary.AppendByteOrder, code uint16, v uint64) []byte {
	return opt(order, code, order.AppendUint64(nil, v)...)
}

// origins reads a file to its end, and what it says about each packet.
func origins(t *testing.T, file []byte) (all []Origin, until Timestamp) {
	t.Helper()
	f, err := NewReader(bytes.NewReader(file), "test")
	if err != nil {
		t.Fatal(err)
	}
	for {
		var p Packet
		if err := f.Next(&p); err == io.EOF {
			return all, f.Until()
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, f.Origin())
	}
}

func TestOrigin(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		options := cat(opt(order, 2, order.AppendUint32(nil, 0x205)...), opt(order, 4, order.AppendUint64(nil, 7)...))
		packet := block(order, 6, order.AppendUint32(nil, 1), make([]byte, 8), order.AppendUint32(nil, 3), order.AppendUint32(nil, 3), []byte("abc\x00"), options)
		const seconds = 1700000000
		end := order.AppendUint32(order.AppendUint32(nil, seconds*1000000>>32), seconds*1000000&0xffffffff)
		head := block(order, 0x0a0d0d0a, order.AppendUint32(nil, 0x1a2b3c4d), order.AppendUint16(nil, 1), order.AppendUint16(nil, 0),
			bytes.Repeat([]byte{0xff}, 8), opt(order, 2, []byte("Xeon")...), opt(order, 3, []byte("Linux")...), opt(order, 4, []byte("dumpcap")...))
		file := cat(head, iface(order, 113, 0), iface(order, 1, 96, opt(order, 2, []byte("eth0")...), opt(order, 3, []byte("uplink")...),
			opt(order, 11, []byte("\x00tcp port 443")...), opt(order, 9, 6)), packet, enhanced(order, 0, 1, []byte("x")),
			block(order, 5, order.AppendUint32(nil, 1), make([]byte, 8), opt(order, 3, end...), option64(order, 4, 100), option64(order, 5, 3)),
			section(order), iface(order, 1, 0), enhanced(order, 0, 1, []byte("y")))
		all, until := origins(t, file)
		if len(all) != 3 || until != 1700000000e9 {
			t.Fatalf("%d packets, until %d", len(all), until)
		}
		about := &Section{"Xeon", "Linux", "dumpcap"}
		want := Origin{&Interface{about, "eth0", "uplink", "tcp port 443", 1, 96, 6, &Statistics{100, 3, -1}}, 0x205, 7}
		if !reflect.DeepEqual(all[0], want) {
			t.Errorf("%+v %+v", all[0], all[0].Interface)
		}
		if on := all[1].Interface; all[1].Flags != 0 || on.Name != "" || on.Link != 113 || *on.Section != *about {
			t.Errorf("%+v %+v", all[1], on)
		}
		if on := all[2].Interface; on.Section == all[0].Interface.Section || *on.Section != (Section{}) {
			t.Errorf("the second section is told as %+v", on.Section)
		}
	}
}

func TestOriginOfPcap(t *testing.T) {
	l := littleMicro()
	all, until := origins(t, cat(l.header(), l.packet(1, 2, []byte("abc"))))
	if on := all[0].Interface; until != 0 || on.Resolution != 6 || on.Section != nil || on.SnapLen != l.snap {
		t.Errorf("%+v, until %d", on, until)
	}
}

// TestDescriptionsAreBounded: names cannot take more memory than is set aside.
func TestDescriptionsAreBounded(t *testing.T) {
	order := binary.LittleEndian
	long := opt(order, 2, bytes.Repeat([]byte("n"), 60000)...)
	file := section(order)
	for range 1500 {
		file = append(file, iface(order, 1, 0, long)...)
	}
	file = cat(file, enhanced(order, 0, 1, []byte("x")), enhanced(order, 1499, 1, []byte("x")),
		block(order, 5, be32(9), []byte("short")), block(order, 5, order.AppendUint32(nil, 99999), make([]byte, 40)))
	all, _ := origins(t, file)
	if len(all) != 2 || len(all[0].Interface.Name) != maxText || all[1].Interface.Name != "" {
		t.Errorf("names of %d and %d bytes", len(all[0].Interface.Name), len(all[1].Interface.Name))
	}
}

// TestWriteFrom: what is written of an origin is read again, by our own reader
// and by capinfos.
func TestWriteFrom(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out.pcapng")
	var file bytes.Buffer
	w, err := NewWriter(&file, WriterOptions{Application: "first", Comment: "on the whole \xff"})
	if err != nil {
		t.Fatal(err)
	}
	eth := &Interface{Name: "eth0", Description: "uplink", Filter: "tcp", Link: 1, SnapLen: 96, Resolution: 6, Statistics: &Statistics{10, 2, -1}}
	data := []byte("abc")
	steps := []error{
		w.WriteFrom(&Packet{Time: 1700000000123456000, Link: 1, Length: 9, Data: data}, Origin{eth, 5, 7}, "one"),
		w.WriteFrom(&Packet{Time: 1700000000123456789, Link: 276, Length: 3, Data: data}, Origin{}, ""),
		w.EndSection(1700000009e9 + 1),
		w.Section(WriterOptions{Application: "second", OS: "Linux"}),
		w.WriteFrom(&Packet{Time: 1, Link: 1, Data: data}, Origin{Interface: eth}, ""),
		w.EndSection(0), w.Flush(),
	}
	for i, err := range steps {
		if err != nil {
			t.Fatal(i, err)
		}
	}
	all, until := origins(t, file.Bytes())
	eth.Section = &Section{Application: "first"}
	if len(all) != 3 || !reflect.DeepEqual(all[0], Origin{eth, 5, 7}) || all[2].Interface.Section.OS != "Linux" {
		t.Errorf("%+v %+v", all, all[0].Interface)
	}
	if until < 1700000009e9+1 || until > 1700000009e9+1000 {
		t.Errorf("until %d", until)
	}
	capinfos, err := exec.LookPath("capinfos")
	if err != nil {
		t.Skip("SKIPPED: capinfos is not installed, the writer is checked against our own reader only")
	}
	if err := os.WriteFile(name, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(capinfos, name).CombinedOutput()
	for _, want := range []string{"on the whole", "Name = eth0", "Description = uplink", "Filter string = tcp", "Capture length = 96"} {
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("no %q, %v:\n%s", want, err, out)
		}
	}
}
