//go:build linux

package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sniwatch/pcaps/gen/bench"
)

// A load replays the traffic of a busy origin, packet by packet, past a sniwatch
// that watches. Nothing may be dropped, and the counts must be right.
type load struct {
	duration time.Duration
	rate     int // packets a second
	out      io.Writer
}

// A replay is the traffic as it is made.
type replay struct {
	frames *bufio.Reader  // a capture in the format of pcap
	source *io.PipeReader // where they come from
	truth  map[string]int // connections by what becomes of the handshake, once done is closed
	done   chan error
}

// meanRecord is about how many bytes a packet has in a capture of the kind "mixed".
const meanRecord = 639

// newReplay begins to make traffic of about so many packets.
func newReplay(packets int) *replay {
	frames, into := io.Pipe()
	truth, list := io.Pipe()
	r := &replay{frames: bufio.NewReaderSize(frames, 1<<20), source: frames, truth: map[string]int{}, done: make(chan error, 1)}
	go func() {
		_, err := bench.Write(into, list, "mixed", int64(packets)*meanRecord, 7)
		into.CloseWithError(err)
		list.CloseWithError(err)
	}()
	go func() {
		lines := bufio.NewScanner(truth)
		for lines.Scan() {
			if fields := strings.Split(lines.Text(), "\t"); !strings.HasPrefix(fields[0], "#") {
				r.truth[fields[len(fields)-1]]++
			}
		}
		r.done <- lines.Err()
	}()
	return r
}

// next gives the next frame; io.EOF: there is none. It is valid until the next call.
func (r *replay) next(frame []byte) ([]byte, error) {
	var head [16]byte // seconds, microseconds, bytes captured, bytes on the wire
	if _, err := io.ReadFull(r.frames, head[:]); err != nil {
		return nil, err
	}
	frame = frame[:binary.LittleEndian.Uint32(head[8:])]
	_, err := io.ReadFull(r.frames, frame)
	return frame, err
}

// run gives an error where anything is not as it should be.
func (k load) run(l *lab) error {
	s, err := newSite(l, "load", nil)
	if err != nil {
		return err
	}
	defer s.close()
	sniffer, err := s.watch("sniwatch", "watching wire", l.sniwatch, "-i", "wire", "--no-discover")
	if err != nil {
		return err
	}
	g := newGauge(sniffer.command.Process.Pid)
	r := newReplay(int(k.duration.Seconds()) * k.rate)
	sent, err := k.send(s, r, g)
	r.source.Close()        // who makes the rest waits for nobody where sending failed
	time.Sleep(time.Second) // for the last packets
	if err = errors.Join(err, sniffer.end(), <-r.done); err != nil {
		return err
	}
	fmt.Fprintf(k.out, "%d packets in %s\nmemory: %s\nCPU: %s\n%s\n", sent, time.Since(g.began).Round(time.Second), g.summary(), g.share(),
		clean(strings.TrimSpace(string(read(sniffer.errors)))))
	return k.compare(r, sent, string(read(sniffer.errors)))
}

// send puts the frames on the edge's end of the cable, evenly.
func (k load) send(s *site, r *replay, g *gauge) (sent int, err error) {
	const fileHeader = 24
	if _, err := r.frames.Discard(fileHeader); err != nil {
		return 0, err
	}
	wire, err := s.rawSocket()
	if err != nil {
		return 0, err
	}
	defer unix.Close(wire)
	buffer := make([]byte, 1<<16)
	minute := time.Now()
	for began := time.Now(); ; time.Sleep(500 * time.Microsecond) {
		now := time.Now()
		g.look(now)
		if now.Sub(minute) >= time.Minute {
			minute = now
			fmt.Fprintf(k.out, "%4d min  %9d packets  %s  %s\n", int(now.Sub(began).Minutes()), sent, g.now(), g.share())
		}
		for due := int(now.Sub(began).Seconds() * float64(k.rate)); sent < due; sent++ {
			frame, err := r.next(buffer)
			if err == io.EOF {
				return sent, nil
			}
			if err == nil {
				_, err = unix.Write(wire, frame)
			}
			if err != nil {
				return sent, fmt.Errorf("packet %d: %w", sent+1, err)
			}
		}
	}
}

// rawSocket opens the edge's end of the cable for whole frames, see packet(7).
func (s *site) rawSocket() (fd int, err error) {
	err = s.edge.Do(func() error {
		link, err := net.InterfaceByName("wire")
		if err != nil {
			return err
		}
		if fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0); err != nil {
			return err
		}
		return errors.Join(unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_QDISC_BYPASS, 1),
			unix.Bind(fd, &unix.SockaddrLinklayer{Ifindex: link.Index}))
	})
	return fd, err
}

// lastWords are sniwatch's statistics at the end.
var lastWords = regexp.MustCompile(`: (\d+) packets, (\d+) dropped, (\d+) connections \(0 open\): (\d+) complete, (\d+) refused, (\d+) failed; `)

// compare compares the counts of sniwatch's statistics with the truth.
func (k load) compare(r *replay, sent int, said string) error {
	words := lastWords.FindStringSubmatch(said)
	if words == nil {
		return errors.New("there are no statistics at the end")
	}
	all := r.truth["complete"] + r.truth["refused"] + r.truth["failed"]
	fmt.Fprintf(k.out, "%d connections, %d of them complete\n", all, r.truth["complete"])
	var wrong []string
	for i, want := range []struct {
		n    int
		what string
	}{{sent, "packets"}, {0, "dropped"}, {all, "connections"}, {r.truth["complete"], "complete"}, {r.truth["refused"], "refused"}, {r.truth["failed"], "failed"}} {
		if got := words[i+1]; got != strconv.Itoa(want.n) {
			wrong = append(wrong, fmt.Sprintf("%s %s; the truth is %d", got, want.what, want.n))
		}
	}
	if len(wrong) > 0 {
		return errors.New(strings.Join(wrong, "; "))
	}
	return nil
}
