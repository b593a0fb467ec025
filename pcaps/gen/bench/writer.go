package bench

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"sort"
)

// bufferSize is how many bytes are written at a time, and at multiples of what. The
// kernel then holds the file in its largest pages, whatever the connections are;
// what a program that maps the file costs depends on that.
const bufferSize = 4 << 20

// A writer interleaves connections into one capture.
type writer struct {
	out, truth io.Writer
	mix        *mix
	random     *rand.Rand
	count      Count
	planned    int64 // bytes of all connections that were begun
	buffer     []byte
	active     []*connection  // a heap by due time
	left       map[string]int // connections that are only counted, by code
}

const truthHeader = `# The truth about the capture beside this file: one line a connection, in the order in which they
# were drawn; they start within a second of that order.
# For sniwatch: --cert certs/www.pem --roots certs/root.pem --origin-domain origin.example.com
# client_ip	client_port	server_port	sni	alerts_in_clear	end_how	end_by	diagnosis	handshake
`

func (w *writer) run(size int64) (Count, error) {
	w.buffer = append(make([]byte, 0, bufferSize+1<<17), fileHeader()...)
	if _, err := io.WriteString(w.truth, truthHeader); err != nil {
		return w.count, err
	}
	now := begin.UnixMicro()
	for len(w.active) < w.mix.atOnce && w.planned < max(size, 1) {
		if err := w.begin(now + w.random.Int64N(1_000_000)); err != nil {
			return w.count, err
		}
	}
	for len(w.active) > 0 {
		c := w.active[0]
		now = c.due()
		w.step(c, now)
		if c.next == len(c.packets) {
			w.remove()
			if w.planned < size {
				if err := w.begin(now + w.random.Int64N(50_000)); err != nil {
					return w.count, err
				}
			}
		} else {
			w.down(0)
		}
		if len(w.buffer) >= bufferSize {
			if err := w.flush(bufferSize); err != nil {
				return w.count, err
			}
		}
	}
	if err := w.flush(len(w.buffer)); err != nil {
		return w.count, err
	}
	return w.count, w.counted()
}

// fileHeader is the header of a pcap file with microseconds.
func fileHeader() []byte {
	le := binary.LittleEndian
	h := le.AppendUint32(nil, 0xa1b2c3d4)
	h = append(h, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	return le.AppendUint32(le.AppendUint32(h, 262144), 1)
}

// step writes what is due of a connection: one packet, or two where one is
// sent again, or the next before this one.
func (w *writer) step(c *connection, at int64) {
	if c.again >= 0 {
		w.packet(c, c.again, at)
		c.again = -1
	}
	i := c.next
	c.next++
	if c.late >= 0 {
		w.packet(c, c.late, at)
		c.late = -1
		return
	}
	p := &c.packets[i]
	if w.mix.trouble && p.payload {
		switch luck := w.random.Float64(); {
		case luck < 0.002 && i+1 < len(c.packets) && c.packets[i+1].payload && c.packets[i+1].fromClient == p.fromClient:
			c.late, i = i, i+1
		case luck > 0.997 && c.next < len(c.packets):
			c.again = i
		}
	}
	w.packet(c, i, at)
}

func (w *writer) packet(c *connection, i int, at int64) {
	before := len(w.buffer)
	w.buffer = c.render(w.buffer, i, at)
	w.count.Bytes += int64(len(w.buffer) - before)
	w.count.Packets++
}

// flush writes the first n bytes of the buffer.
func (w *writer) flush(n int) error {
	_, err := w.out.Write(w.buffer[:n])
	w.buffer = append(w.buffer[:0], w.buffer[n:]...)
	return err
}

// begin starts a connection and writes its truth.
func (w *writer) begin(at int64) error {
	t := w.mix.pick(w.random)
	w.planned += int64(len(t.bytes))
	c := &connection{template: t, start: at, late: -1, again: -1, clientISN: w.random.Uint32(), serverISN: w.random.Uint32()}
	for i := 0; i < len(c.random); i += 8 {
		be.PutUint64(c.random[i:], w.random.Uint64())
	}
	c.address4or6(w.count.Connections)
	w.count.Connections++
	w.active = append(w.active, c)
	w.up(len(w.active) - 1)
	if t.summed {
		w.left[t.code]++
		return nil
	}
	ip := netip.AddrFrom4([4]byte(c.client[:4]))
	if t.ip6 {
		ip = netip.AddrFrom16(c.client)
	}
	_, err := fmt.Fprintf(w.truth, "%s\t%d\t443\t%s\t%s\t%s\t%s\t%s\t%s\n", ip, c.port, dash(t.sni), dash(t.alerts), t.how, dash(t.by), t.code, t.handshake)
	return err
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// address4or6 gives connection number n an address and port that no other has:
// mostly of CloudFront's 130.176.128.0/18 or 2600:9000:1000::/36, every eighth of
// somebody else.
func (c *connection) address4or6(n int) {
	place := uint32(n) * 7919 % (1 << 14) // a prime: all places come before one comes again
	c.port = uint16(1024 + n>>14%64000)
	if c.ip6 {
		copy(c.client[:], []byte{0x26, 0x00, 0x90, 0x00, 0x10, 0x00})
		if n%8 == 7 {
			copy(c.client[:], []byte{0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00})
		}
		be.PutUint32(c.client[12:], place)
		return
	}
	if n%8 == 7 {
		be.PutUint32(c.client[:], 198<<24|18<<16|place)
		return
	}
	be.PutUint32(c.client[:], 130<<24|176<<16|128<<8|place)
}

// counted writes how many connections are not listed, by diagnosis.
func (w *writer) counted() error {
	var codes []string
	for code := range w.left {
		codes = append(codes, code)
	}
	sort.Strings(codes)
	for _, code := range codes {
		if _, err := fmt.Fprintf(w.truth, "# not listed: %s\t%d\n", code, w.left[code]); err != nil {
			return err
		}
	}
	return nil
}

// up, down and remove keep the heap.
func (w *writer) up(i int) {
	for h := w.active; i > 0 && h[i].due() < h[(i-1)/2].due(); i = (i - 1) / 2 {
		h[i], h[(i-1)/2] = h[(i-1)/2], h[i]
	}
}

func (w *writer) down(i int) {
	h := w.active
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(h); child++ {
			if h[child].due() < h[least].due() {
				least = child
			}
		}
		if least == i {
			return
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}

func (w *writer) remove() {
	last := len(w.active) - 1
	w.active[0] = w.active[last]
	w.active = w.active[:last]
	if last > 0 {
		w.down(0)
	}
}
