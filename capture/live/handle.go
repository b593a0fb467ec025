//go:build cgo

package live

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/gopacket/pcap"

	"sniwatch/capture"
)

// Available tells whether this build can capture.
const Available = true

const (
	// readTimeout is how long Next may have to wait, and half of how long the
	// kernel may hold a packet back. libpcap's immediate mode delivers at
	// once, but reserves 64 KiB of the buffer for each packet wherever an
	// offload is on: 16 MiB are then 256 packets, and of 400,000 packets a
	// second 11 % were lost. With a time-out the packets lie close together
	// and none was.
	//
	// libpcap divides the buffer into blocks of 256 KiB, and the kernel gives
	// away a block after this time, full or not: 16 MiB last for 6 s of little
	// traffic, in which this process may be stopped or wait for a reader. With
	// 10 ms they lasted for 0.6 s.
	//
	// Waiting costs 1.6 % of a core, with 10 ms 1.1 %, but 4 to 10 % with what
	// lies between: from a call that lasts longer than 10 ms, Go takes the
	// processor away and looks for other work. At 8,000 packets a second it is
	// 1.7 % against 3.0 %.
	readTimeout = 100 * time.Millisecond

	tick         = 200 * time.Millisecond // what came before a tick is there by the next
	readsPerTick = int(tick / readTimeout)
)

// A Handle is a running capture. It is a capture.Source for one goroutine;
// Stats and Close may be called from any.
type Handle struct {
	name       string
	expression string
	link       capture.LinkType
	stop       atomic.Bool

	reading sync.Mutex        // held by Next
	viewOut bool              // the caller of Next may still look at a packet's bytes
	packets int               // given out so far
	ticked  capture.Timestamp // the packet with which the time to the next ErrTick began
	tickDue bool              // Next returns ErrTick before it gives another packet
	failed  error             // what Next returned, and returns from then on

	counting                    sync.Mutex // held while source is used for Stats, or given up
	source                      *pcap.Handle
	received, kernel, inAdapter int // the counters at the end of the capture
}

// Next overwrites *p with the next packet; its bytes are valid until Next is
// called again, whatever Close does. It returns ErrTick about every 200 ms, with
// packets or without, io.EOF after Close, and an *Error when the capture cannot
// go on. Where its Cause is InterfaceDown, it goes on when the interface is up again.
func (h *Handle) Next(p *capture.Packet) error {
	h.reading.Lock()
	defer h.reading.Unlock()
	h.viewOut = false
	if h.tickDue && !h.stop.Load() {
		h.tickDue = false
		return ErrTick
	}
	for range readsPerTick {
		if h.stop.Load() {
			h.release()
			return io.EOF
		}
		if h.failed != nil {
			return h.failed
		}
		data, info, err := h.source.ZeroCopyReadPacketData()
		switch {
		case err == nil:
			h.viewOut = true
			h.packets++
			*p = capture.Packet{
				Number: h.packets,
				Time:   capture.Timestamp(info.Timestamp.UnixNano()),
				Link:   h.link,
				Length: info.Length,
				Data:   data,
			}
			h.keepTime(p.Time)
			return nil
		case errors.Is(err, pcap.NextErrorTimeoutExpired):
		default:
			err := readError(h.name, h.source.Error())
			if problem, ok := errors.AsType[*Error](err); ok && problem.Cause == InterfaceDown {
				return err // the kernel goes on when it is up again
			}
			h.failed = err
		}
	}
	return ErrTick
}

// keepTime makes a tick due where packets come too often for Next to wait.
func (h *Handle) keepTime(now capture.Timestamp) {
	passed := now.Sub(h.ticked)
	if passed >= 0 && passed < tick {
		return
	}
	h.tickDue = h.packets > 1 && passed > 0 // not where the clock was set back
	h.ticked = now
}

// Close ends the capture: Next, called or running in any goroutine, returns
// io.EOF within readTimeout. Where the bytes of a packet may still be looked at,
// the kernel's buffer is given back by that call of Next, else at once. Close
// may be called more than once.
func (h *Handle) Close() {
	h.stop.Store(true)
	h.reading.Lock()
	defer h.reading.Unlock()
	if !h.viewOut {
		h.release()
	}
}

// release keeps the last counters and gives the buffer back. Its caller holds
// reading.
func (h *Handle) release() {
	h.counting.Lock()
	defer h.counting.Unlock()
	if h.source == nil {
		return
	}
	if stats, err := h.source.Stats(); err == nil {
		h.received, h.kernel, h.inAdapter = stats.PacketsReceived, stats.PacketsDropped, stats.PacketsIfDropped
	}
	h.source.Close()
	h.source = nil
}

// Stats gives the kernel's counters since Open, after Close those of its end:
// how many packets passed the filter, how many of these were dropped because
// the buffer was full, and how many packets of any kind the interface or its
// driver dropped. libpcap counts with 32 bits.
func (h *Handle) Stats() (received, droppedByKernel, droppedByInterface int, err error) {
	h.counting.Lock()
	defer h.counting.Unlock()
	if h.source == nil {
		return h.received, h.kernel, h.inAdapter, nil
	}
	stats, err := h.source.Stats()
	if err != nil {
		return 0, 0, 0, fmt.Errorf("counters of %s: %w", h.name, err)
	}
	return stats.PacketsReceived, stats.PacketsDropped, stats.PacketsIfDropped, nil
}

// LinkType tells how the packets begin.
func (h *Handle) LinkType() capture.LinkType { return h.link }

// Expression gives the filter that the kernel runs.
func (h *Handle) Expression() string { return h.expression }
