//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"net"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// A frame is what the forwarder knows of an Ethernet frame on its way.
type frame struct {
	toOrigin bool
	tcp      bool
	reset    bool // RST
	length   int  // bytes of the IP packet
	payload  int  // bytes of TCP payload; 0 where it is not TCP over IPv4
	nth      int  // of the frames with payload in this direction, from 1; 0: no payload
	faults   int  // of this path until now: frames that did not simply pass
}

// A fate is what becomes of a frame.
type fate int

const (
	pass  fate = iota
	drop       // it never arrives
	twice      // it arrives two times
	late       // it arrives after the next frame with payload of its direction
)

// A route decides about each frame, in the order in which they come.
type route func(frame) fate

// A forwarder stands in the middle of a cable and copies frames between its two
// ends. It is the lab's own, because not every kernel has netem, and because its
// faults are the same each time.
type forwarder struct {
	route   route
	ends    [2]int // sockets: to the origin, to the edge
	stopped atomic.Bool
	copying sync.WaitGroup
	faults  atomic.Int32 // frames that did not simply pass
}

// startForwarder begins to copy.
func (s *site) startForwarder(r route) error {
	f := &forwarder{route: r, ends: [2]int{-1, -1}}
	s.forwarder = f
	return s.middle.Do(func() error {
		for i, name := range []string{"to-origin", "to-edge"} {
			fd, err := packetSocket(name)
			if err != nil {
				return err
			}
			f.ends[i] = fd
		}
		f.copying.Go(func() { f.copy(f.ends[0], f.ends[1], false) })
		f.copying.Go(func() { f.copy(f.ends[1], f.ends[0], true) })
		return nil
	})
}

// packetSocket opens a socket for all frames of an interface. Reading from it
// ends every 50 ms, so that close is noticed.
func packetSocket(name string) (int, error) {
	link, err := net.InterfaceByName(name)
	if err != nil {
		return -1, err
	}
	every := binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, unix.ETH_P_ALL)) // htons
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, int(every))
	if err != nil {
		return -1, err
	}
	err = errors.Join(
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 50_000}),
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: every, Ifindex: link.Index}))
	return fd, err
}

func (f *forwarder) close() {
	f.stopped.Store(true)
	f.copying.Wait()
	for _, fd := range f.ends {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}

func (f *forwarder) copy(from, to int, toOrigin bool) {
	buffer := make([]byte, 1<<16)
	var held []byte
	seen := 0
	for !f.stopped.Load() {
		n, sender, err := unix.Recvfrom(from, buffer, 0)
		if err != nil {
			continue // 50 ms are over, or the cable has just been taken away
		}
		if link, ok := sender.(*unix.SockaddrLinklayer); ok && link.Pkttype == unix.PACKET_OUTGOING {
			continue // the forwarder's own
		}
		bytes := buffer[:n]
		what := describe(bytes, toOrigin)
		what.faults = int(f.faults.Load())
		if what.payload > 0 {
			seen++
			what.nth = seen
		}
		becomes := f.route(what)
		if becomes != pass {
			f.faults.Add(1)
		}
		switch becomes {
		case drop:
		case late:
			held = append([]byte(nil), bytes...)
		case twice:
			unix.Write(to, bytes)
			unix.Write(to, bytes)
		case pass:
			unix.Write(to, bytes)
			if held != nil && what.payload > 0 {
				unix.Write(to, held)
				held = nil
			}
		}
	}
}

// describe reads as much of a frame as a route needs. It knows Ethernet, IPv4
// and TCP; everything else is a frame without payload.
func describe(b []byte, toOrigin bool) frame {
	const ethernet, ipv4, tcp = 14, 0x0800, 6
	f := frame{toOrigin: toOrigin, length: max(0, len(b)-ethernet)}
	if len(b) < ethernet+20 || binary.BigEndian.Uint16(b[12:]) != ipv4 || b[ethernet+9] != tcp {
		return f
	}
	ip := b[ethernet:]
	header, total := int(ip[0]&15)*4, int(binary.BigEndian.Uint16(ip[2:]))
	if header < 20 || total > len(ip) || total < header+20 {
		return f
	}
	f.tcp, f.length = true, total
	f.reset = ip[header+13]&4 != 0
	f.payload = max(0, total-header-int(ip[header+12]>>4)*4)
	return f
}
