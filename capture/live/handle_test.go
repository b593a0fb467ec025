//go:build cgo && linux

package live

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"sniwatch/capture"
	"sniwatch/pcaps/netns/netnstest"
)

var _ capture.Source = (*Handle)(nil)

// closeAndRelease ends a capture whose last packet is done with.
func closeAndRelease(h *Handle) {
	h.Close()
	var p capture.Packet
	h.Next(&p)
}

// openIn starts a capture in the namespace and ends it with the test.
func openIn(t *testing.T, n netnstest.Namespace, o Options) *Handle {
	t.Helper()
	var h *Handle
	err := n.Do(func() (err error) {
		h, err = Open(o)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeAndRelease(h) })
	return h
}

// nextPacket waits for a packet, 5 seconds at most.
func nextPacket(t *testing.T, h *Handle, p *capture.Packet) {
	t.Helper()
	for range 25 {
		err := h.Next(p)
		if err == nil {
			return
		}
		if !errors.Is(err, ErrTick) {
			t.Fatal(err)
		}
	}
	t.Fatal("no packet came for 5 seconds")
}

// TestCaptureOnLoopback sends one byte after the other through a connection
// and looks at each segment.
func TestCaptureOnLoopback(t *testing.T) {
	n := netnstest.New(t)
	listener, client := connection(t, n)
	port := uint16(listener.Addr().(*net.TCPAddr).Port)
	h := openIn(t, n, Options{Interface: "lo", Ports: []uint16{port}})
	if h.LinkType() != capture.LinkEthernet {
		t.Errorf("link type %s", h.LinkType())
	}
	var decoder capture.Decoder
	var delays []time.Duration
	packets := 0
	began := capture.Timestamp(time.Now().UnixNano())
	for i := range 10 {
		content := []byte{'a' + byte(i)}
		sent := time.Now()
		if _, err := client.Write(content); err != nil {
			t.Fatal(err)
		}
		for {
			var p capture.Packet
			nextPacket(t, h, &p)
			packets++
			var s capture.Segment
			if kind := decoder.Decode(&p, &s); kind != capture.TCP {
				t.Fatalf("packet %d is of kind %d", p.Number, kind)
			}
			if p.Number != packets || p.Link != capture.LinkEthernet || p.Length != len(p.Data) {
				t.Errorf("packet %d has number %d, link type %s, length %d of %d",
					packets, p.Number, p.Link, len(p.Data), p.Length)
			}
			if p.Time < began || p.Time > capture.Timestamp(time.Now().UnixNano()) {
				t.Errorf("packet %d has the time %s", packets, p.Time.Time())
			}
			if s.Dst.Port == port && bytes.Equal(s.Payload, content) {
				delays = append(delays, time.Since(sent))
				break
			}
		}
	}
	slices.Sort(delays)
	if typical := delays[len(delays)/2]; typical > 5*time.Second {
		t.Errorf("Next gives a packet %v after it was sent", typical)
	}
	received, dropped, _, err := h.Stats()
	if err != nil || received < packets || dropped != 0 {
		t.Errorf("Stats: %d received, %d dropped, %v; %d packets were given", received, dropped, err, packets)
	}
}

// connection gives a listener on 127.0.0.1 and a connection to it.
func connection(t *testing.T, n netnstest.Namespace) (net.Listener, net.Conn) {
	t.Helper()
	var listener net.Listener
	var client net.Conn
	err := n.Do(func() (err error) {
		if listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return err
		}
		client, err = net.Dial("tcp", listener.Addr().String())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); listener.Close() })
	return listener, client
}

func TestTick(t *testing.T) {
	h := openIn(t, netnstest.New(t), Options{Interface: "lo"})
	var p capture.Packet
	began := time.Now()
	err := h.Next(&p)
	if took := time.Since(began); !errors.Is(err, ErrTick) || took < 50*time.Millisecond || took > 10*time.Second {
		t.Errorf("Next returned %v after %v", err, took)
	}
}

// TestTicksBetweenPackets proves that a steady stream does not keep the caller
// from looking at the clock.
func TestTicksBetweenPackets(t *testing.T) {
	n := netnstest.New(t)
	h := openIn(t, n, Options{Interface: "lo", Filter: "udp port 9"})
	sent := make(chan error)
	go func() { sent <- sendUDP(n, 200, 5*time.Millisecond) }()
	var p capture.Packet
	nextPacket(t, h, &p)
	packets, ticks, waiting := 0, 0, 0
	for packets < 25 || ticks < 2 {
		switch err := h.Next(&p); {
		case errors.Is(err, ErrTick):
			if waiting++; waiting > 10 {
				t.Fatalf("%d ticks among %d packets, then none came any more", ticks, packets)
			}
		case err != nil:
			t.Fatal(err)
		default:
			ticks += waiting // those that a packet follows
			waiting = 0
			packets++
		}
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
}

func TestNextDoesNotAllocate(t *testing.T) {
	n := netnstest.New(t)
	h := openIn(t, n, Options{Interface: "lo", Filter: "udp port 9"})
	if err := sendUDP(n, 400, 0); err != nil {
		t.Fatal(err)
	}
	var p capture.Packet
	nextPacket(t, h, &p)
	if n := testing.AllocsPerRun(100, func() { nextPacket(t, h, &p) }); n != 0 {
		t.Errorf("Next allocates %v times a packet", n)
	}
}

// sendUDP sends packets to port 9 of lo, where nobody listens: about half of
// the calls give the last packet's "port unreachable" instead.
func sendUDP(n netnstest.Namespace, packets int, pause time.Duration) error {
	return n.Do(func() error {
		sender, err := net.Dial("udp", "127.0.0.1:9")
		if err != nil {
			return err
		}
		defer sender.Close()
		for range packets {
			sender.Write(make([]byte, 1400))
			time.Sleep(pause)
		}
		return nil
	})
}

// TestCloseBySignal ends a capture as Ctrl-C does: from another goroutine,
// while Next waits.
func TestCloseBySignal(t *testing.T) {
	h := openIn(t, netnstest.New(t), Options{Interface: "lo"})
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR2)
	defer signal.Stop(signals)
	go func() {
		<-signals
		h.Close()
	}()

	ended := make(chan error, 1)
	go func() {
		for {
			var p capture.Packet
			if err := h.Next(&p); !errors.Is(err, ErrTick) {
				ended <- err
				return
			}
		}
	}()
	time.Sleep(50 * time.Millisecond)
	if err := syscall.Kill(os.Getpid(), syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, io.EOF) {
			t.Errorf("Next returned %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("Next still waits 10 s after the signal")
	}
	h.Close()
	if _, _, _, err := h.Stats(); err != nil {
		t.Errorf("Stats after Close: %v", err)
	}
}

// TestCloseWhileOthersWork closes from several goroutines while packets are
// read and counted: all of them return, and Next says the end.
func TestCloseWhileOthersWork(t *testing.T) {
	n := netnstest.New(t)
	for range 5 {
		h := openIn(t, n, Options{Interface: "lo", Filter: "udp port 9"})
		var working sync.WaitGroup
		closing := make(chan struct{})
		for range 2 {
			working.Go(func() {
				<-closing
				h.Close()
			})
			working.Go(func() {
				for range 100 {
					if _, _, _, err := h.Stats(); err != nil {
						t.Errorf("Stats: %v", err)
					}
				}
			})
		}
		working.Go(func() {
			if err := sendUDP(n, 100, 0); err != nil {
				t.Error(err)
			}
			close(closing)
		})
		sum := 0
		for {
			var p capture.Packet
			err := h.Next(&p)
			if err == io.EOF {
				break
			}
			if err != nil && !errors.Is(err, ErrTick) {
				t.Fatal(err)
			}
			for _, b := range p.Data {
				sum += int(b)
			}
		}
		working.Wait()
		var p capture.Packet
		if err := h.Next(&p); err != io.EOF || h.source != nil {
			t.Errorf("Next at the end: %v; buffer held: %v", err, h.source != nil)
		}
	}
}

// TestOpenLeavesNothing opens again and again, with success and without: no
// file stays open.
func TestOpenLeavesNothing(t *testing.T) {
	n := netnstest.New(t)
	openFiles := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	attempts := func() {
		for _, o := range []Options{{Interface: "lo"}, {Interface: "any"}, {Interface: "lo", Filter: "no such"},
			{Interface: "eth99"}, {Interface: "lo", Filter: "tcp", Ports: []uint16{443, 8443}}} {
			n.Do(func() error {
				h, err := Open(o)
				if err == nil {
					h.Close()
				}
				return err
			})
		}
	}
	attempts() // what is opened once and kept
	before := openFiles()
	for range 3 {
		attempts()
	}
	if after := openFiles(); after > before {
		t.Errorf("%d files open before, %d after", before, after)
	}
}

// TestViewOutlivesClose looks at the bytes of a packet after Close, as a
// reader does that a signal interrupts: they must not be unmapped.
func TestViewOutlivesClose(t *testing.T) {
	n := netnstest.New(t)
	listener, client := connection(t, n)
	h := openIn(t, n, Options{Interface: "lo", Ports: []uint16{uint16(listener.Addr().(*net.TCPAddr).Port)}})
	content := bytes.Repeat([]byte("sniwatch"), 1000)
	if _, err := client.Write(content); err != nil {
		t.Fatal(err)
	}
	var p capture.Packet
	nextPacket(t, h, &p)
	h.Close()
	if h.source == nil { // libpcap may have freed the bytes and left them as they were
		t.Error("the buffer was given back while its bytes were looked at")
	}
	if !bytes.Contains(p.Data, content) {
		t.Error("the packet's bytes have changed")
	}
	if err := h.Next(&p); !errors.Is(err, io.EOF) {
		t.Errorf("Next returned %v", err)
	}
	if h.source != nil {
		t.Error("the kernel's buffer is still held")
	}
	if received, _, _, err := h.Stats(); received == 0 || err != nil {
		t.Errorf("Stats after the end: %d received, %v", received, err)
	}
}

func TestSnapLen(t *testing.T) {
	n := netnstest.New(t)
	listener, client := connection(t, n)
	h := openIn(t, n, Options{Interface: "lo", SnapLen: 80, Ports: []uint16{uint16(listener.Addr().(*net.TCPAddr).Port)}})
	if _, err := client.Write(make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	var p capture.Packet
	nextPacket(t, h, &p)
	if len(p.Data) != 80 || p.Length != 14+20+32+1000 {
		t.Errorf("%d bytes of %d", len(p.Data), p.Length)
	}
}

// TestDropsAreCounted sends more than the buffer holds while nobody reads.
func TestDropsAreCounted(t *testing.T) {
	n := netnstest.New(t)
	h := openIn(t, n, Options{Interface: "lo", BufferKiB: 512, Filter: "udp port 9"})
	if err := sendUDP(n, 3000, 0); err != nil {
		t.Fatal(err)
	}
	received, dropped, _, err := h.Stats()
	if err != nil || received < 1000 || dropped < 100 || dropped >= received {
		t.Errorf("Stats: %d received, %d dropped, %v", received, dropped, err)
	}
	h.Close()
	if again, still, _, _ := h.Stats(); again < received || still < dropped {
		t.Errorf("Stats after Close: %d received, %d dropped", again, still)
	}
}
