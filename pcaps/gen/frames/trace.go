// Package frames crafts packets: TCP conversations between two addresses, in
// the frames of several links and tunnels, written to capture files of several
// kinds. It shares no code with the packages that read them, so that one
// mistake is not made on both sides.
package frames

import (
	"net/netip"
	"time"
)

// A Frame is one packet as a capture holds it.
type Frame struct {
	Time       time.Time
	Link       uint16
	Data       []byte // as captured
	Length     int    // bytes on the wire; more than len(Data) where it was cut
	FromClient bool
	Payload    int // bytes of TCP payload
}

// A Trace collects frames in the order in which a capture on the server's host
// sees them, and keeps its clock.
type Trace struct {
	Now    time.Time
	Link   Link
	Frames []Frame

	start   time.Time
	hidden  bool
	waited  bool // the clock was set by hand for the next frame
	ipID    uint16
	lastDir int8 // 0 none, 1 from the client, 2 from the server
	extra   []byte
}

// NewTrace begins an empty trace.
func NewTrace(start time.Time, link Link) *Trace {
	return &Trace{Now: start, start: start, Link: link}
}

// Wait lets time pass: the next frame comes d after the last one.
func (t *Trace) Wait(d time.Duration) {
	t.Now = t.Now.Add(d)
	t.waited = true
}

// WaitUntil sets the time of the next frame.
func (t *Trace) WaitUntil(at time.Time) {
	t.Now = at
	t.waited = true
}

// IPExtra sets the IPv4 options (a multiple of 4 bytes) or IPv6 hop-by-hop
// header of all frames to come.
func (t *Trace) IPExtra(extra []byte) { t.extra = extra }

// Unseen runs f; what is sent meanwhile arrives but is not captured.
func (t *Trace) Unseen(f func()) {
	was := t.hidden
	t.hidden = true
	f()
	t.hidden = was
}

// Reorder runs f and puts the frames that it sent into another order: the
// frame at place i is the one that f sent as number order[i]. The times stay.
func (t *Trace) Reorder(f func(), order ...int) {
	first := len(t.Frames)
	f()
	sent := append([]Frame(nil), t.Frames[first:]...)
	for place, number := range order {
		at := t.Frames[first+place].Time
		t.Frames[first+place] = sent[number]
		t.Frames[first+place].Time = at
	}
}

// Keep leaves out the frames for which keep says no.
func (t *Trace) Keep(keep func(Frame) bool) {
	var kept []Frame
	for _, f := range t.Frames {
		if keep(f) {
			kept = append(kept, f)
		}
	}
	t.Frames = kept
}

// Snap cuts each frame to at most n bytes, as "tcpdump -s n" does.
func (t *Trace) Snap(n int) {
	for i := range t.Frames {
		f := &t.Frames[i]
		f.Data = f.Data[:min(n, len(f.Data))]
	}
}

// add captures one IP packet.
func (t *Trace) add(ip []byte, fromClient bool, payload int) {
	if t.hidden {
		return
	}
	data := t.Link.wrap(ip, fromClient)
	t.Frames = append(t.Frames, Frame{Time: t.Now, Link: t.Link.Type, Data: data, Length: len(data), FromClient: fromClient, Payload: payload})
}

// packet gives an IP packet with the next identification.
func (t *Trace) packet(src, dst netip.Addr, proto byte, payload []byte) []byte {
	t.ipID++
	return ipPacket(src, dst, proto, t.ipID, t.extra, payload)
}

// tick moves the clock for a frame from one side: an answer takes the time
// that the path or the host needs, unless Wait set the clock.
func (t *Trace) tick(dir int8, rtt time.Duration) {
	switch {
	case t.waited || t.lastDir == 0:
	case dir == t.lastDir:
		t.Now = t.Now.Add(4 * time.Microsecond)
	case dir == 1:
		t.Now = t.Now.Add(rtt)
	default:
		t.Now = t.Now.Add(22 * time.Microsecond)
	}
	t.waited, t.lastDir = false, dir
}

// Datagram captures a UDP datagram: something that is not TCP.
func (t *Trace) Datagram(src, dst netip.AddrPort, payload []byte) {
	t.tick(1, time.Millisecond)
	t.add(t.packet(src.Addr(), dst.Addr(), protoUDP, udpDatagram(src.Port(), dst.Port(), payload)), true, 0)
}

// Fragments captures one IPv4 packet of a UDP datagram in two fragments.
func (t *Trace) Fragments(src, dst netip.AddrPort, payload []byte) {
	t.tick(1, time.Millisecond)
	whole := t.packet(src.Addr(), dst.Addr(), protoUDP, udpDatagram(src.Port(), dst.Port(), payload))
	header, body := whole[:20+len(t.extra)], whole[20+len(t.extra):]
	cut := len(body) / 2 &^ 7
	for i, part := range [][]byte{body[:cut], body[cut:]} {
		p := append(append([]byte(nil), header...), part...)
		be.PutUint16(p[2:], uint16(len(p)))
		offset := uint16(i * cut / 8)
		if i == 0 {
			offset |= 0x2000 // more fragments
		}
		be.PutUint16(p[6:], offset)
		be.PutUint16(p[10:], 0)
		be.PutUint16(p[10:], fold(sum(0, p[:len(header)])))
		t.add(p, true, 0)
	}
}
