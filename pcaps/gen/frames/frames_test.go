package frames

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"
)

var (
	client = netip.MustParseAddrPort("192.0.2.1:1000")
	server = netip.MustParseAddrPort("192.0.2.2:443")
	start  = time.Date(2024, 1, 16, 3, 41, 10, 0, time.UTC)
)

func talk(t *testing.T) (*Trace, *Conversation) {
	t.Helper()
	trace := NewTrace(start, Ethernet)
	c := trace.Conversation(client, server, 0xfffffff0, 100)
	c.Open()
	return trace, c
}

// tcpOf gives sequence, acknowledgement, flags and payload of a plain frame.
func tcpOf(f Frame) (seq, ackNo uint32, flags byte, payload []byte) {
	tcp := f.Data[34:]
	return be.Uint32(tcp[4:]), be.Uint32(tcp[8:]), tcp[13], tcp[tcp[12]>>4*4:]
}

func TestHandshakeAndWrap(t *testing.T) {
	trace, c := talk(t)
	c.Client.Send(make([]byte, 40))
	seq, _, flags, _ := tcpOf(trace.Frames[0])
	if seq != 0xfffffff0 || flags != syn {
		t.Errorf("SYN: seq %x flags %x", seq, flags)
	}
	if _, a, flags, _ := tcpOf(trace.Frames[1]); a != 0xfffffff1 || flags != syn|ack {
		t.Errorf("SYN-ACK: ack %x flags %x", a, flags)
	}
	if seq, a, _, payload := tcpOf(trace.Frames[3]); seq != 0xfffffff1 || a != 101 || len(payload) != 40 {
		t.Errorf("data: seq %x ack %d, %d bytes", seq, a, len(payload))
	}
	if _, a, _, _ := tcpOf(trace.Frames[4]); a != 0x19 {
		t.Errorf("the acknowledgement does not wrap: %x", a)
	}
}

func TestSegmentsReorderUnseenResend(t *testing.T) {
	trace, c := talk(t)
	data := make([]byte, 3000)
	for i := range data {
		data[i] = byte(i / 12)
	}
	trace.Reorder(func() { c.Server.Push(data) }, 2, 0, 1)
	trace.Unseen(func() { c.Server.Push([]byte("lost")) })
	c.Server.Resend(3000, 3004)
	got := trace.Frames[3:]
	if len(got) != 4 {
		t.Fatalf("%d frames, want 4", len(got))
	}
	for i, want := range []uint32{2996, 100, 1548, 3100} {
		if seq, _, _, _ := tcpOf(got[i]); seq != want+1 {
			t.Errorf("frame %d: seq %d, want %d", i, seq, want+1)
		}
		if i > 0 && got[i].Time.Before(got[i-1].Time) {
			t.Errorf("frame %d goes back in time", i)
		}
	}
	if _, _, _, payload := tcpOf(got[3]); string(payload) != "lost" {
		t.Errorf("sent again: %q", payload)
	}
}

// A checksum over a packet that holds its own checksum is zero.
func TestChecksums(t *testing.T) {
	trace, c := talk(t)
	c.Client.Send([]byte("odd"))
	c.Client.Reset()
	for i, f := range trace.Frames {
		if got := fold(sum(0, f.Data[14:34])); got != 0 {
			t.Errorf("frame %d: IP checksum is off by %x", i, got)
		}
		src, _ := netip.AddrFromSlice(f.Data[26:30])
		dst, _ := netip.AddrFromSlice(f.Data[30:34])
		if got := fold(sum(pseudoHeader(src, dst, protoTCP, len(f.Data)-34), f.Data[34:])); got != 0 {
			t.Errorf("frame %d: TCP checksum is off by %x", i, got)
		}
	}
}

func TestPcapForms(t *testing.T) {
	trace, _ := talk(t)
	for _, c := range []struct {
		form   PcapForm
		magic  string
		header int
	}{
		{PcapForm{}, "\xd4\xc3\xb2\xa1", 16}, {PcapForm{Nano: true, BigEndian: true}, "\xa1\xb2\x3c\x4d", 16}, {PcapForm{Modified: true}, "\x34\xcd\xb2\xa1", 24},
	} {
		b, err := Pcap(trace.Frames, c.form)
		if err != nil {
			t.Fatal(err)
		}
		size := 24
		for _, f := range trace.Frames {
			size += c.header + len(f.Data)
		}
		if !bytes.HasPrefix(b, []byte(c.magic)) || len(b) != size {
			t.Errorf("%+v: begins with %x, %d bytes, want %x, %d", c.form, b[:4], len(b), c.magic, size)
		}
	}
	if _, err := Pcap([]Frame{{Link: LinkRaw}, {Link: LinkSLL}}, PcapForm{}); err == nil {
		t.Error("a pcap file with two link types")
	}
}

// Blocks have their length on both ends, and are multiples of 4.
func TestPcapngBlocks(t *testing.T) {
	trace, _ := talk(t)
	b := Pcapng(trace.Frames, NgForm{Nano: true})
	blocks := 0
	for len(b) > 0 {
		n := binary.LittleEndian.Uint32(b[4:])
		if n%4 != 0 || int(n) > len(b) || binary.LittleEndian.Uint32(b[n-4:]) != n {
			t.Fatalf("block %d: length %d of %d", blocks, n, len(b))
		}
		b = b[n:]
		blocks++
	}
	if blocks != 2+len(trace.Frames) {
		t.Errorf("%d blocks, want %d", blocks, 2+len(trace.Frames))
	}
}
