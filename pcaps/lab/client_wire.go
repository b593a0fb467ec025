//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"sniwatch/pcaps/netns"
)

// A shape is how the first bytes of a client are cut.
type shape int

const (
	asWritten   shape = iota // as crypto/tls writes it
	inSegments               // a segment for every 20 bytes
	inRecords                // a record for every 32 bytes of the ClientHello
	halfAndGone              // half of it, then RST
)

// A wire gives crypto/tls one record at a time: what it has not asked for stays
// with the kernel.
type wire struct {
	*net.TCPConn
	shape shape
	mute  bool // nothing more is sent
	began bool // the ClientHello was sent
	left  int  // bytes of the present record that were not read
	head  []byte
}

// Read gives at most the rest of one record (RFC 8446, section 5.1).
func (w *wire) Read(b []byte) (int, error) {
	if len(w.head) == 0 && w.left == 0 {
		w.head = make([]byte, 5)
		if n, err := io.ReadFull(w.TCPConn, w.head); err != nil {
			w.head = w.head[:n]
			return 0, err
		}
		w.left = int(binary.BigEndian.Uint16(w.head[3:]))
	}
	if len(w.head) > 0 {
		n := copy(b, w.head)
		w.head = w.head[n:]
		return n, nil
	}
	n, err := w.TCPConn.Read(b[:min(len(b), w.left)])
	w.left -= n
	return n, err
}

// record reads one record, for those who do without crypto/tls.
func (w *wire) record() (kind byte, body []byte, err error) {
	head := make([]byte, 5)
	if _, err := io.ReadFull(w.TCPConn, head); err != nil {
		return 0, nil, err
	}
	body = make([]byte, binary.BigEndian.Uint16(head[3:]))
	_, err = io.ReadFull(w.TCPConn, body)
	return head[0], body, err
}

// Write sends the ClientHello in the shape that is wanted, and everything else as
// it is.
func (w *wire) Write(b []byte) (int, error) {
	if w.mute {
		return len(b), nil
	}
	if w.began || w.shape == asWritten {
		w.began = true
		return w.TCPConn.Write(b)
	}
	w.began = true
	var err error
	switch w.shape {
	case inSegments:
		err = w.inPieces(b, 20)
	case inRecords:
		_, err = w.TCPConn.Write(recut(b, 32))
	case halfAndGone:
		err = w.half(b)
	}
	if err != nil {
		return 0, err
	}
	return len(b), nil
}

// inPieces sends b in segments of size bytes each. TCP_NODELAY is Go's default.
func (w *wire) inPieces(b []byte, size int) error {
	for len(b) > 0 {
		n := min(size, len(b))
		if _, err := w.TCPConn.Write(b[:n]); err != nil {
			return err
		}
		b = b[n:]
		time.Sleep(time.Millisecond)
	}
	return nil
}

var errLeft = errors.New("left in the middle of the ClientHello")

// half sends the first half of b and resets the connection soon after.
func (w *wire) half(b []byte) error {
	if _, err := w.TCPConn.Write(b[:len(b)/2]); err != nil {
		return err
	}
	time.Sleep(100 * time.Millisecond)
	return errors.Join(errLeft, w.SetLinger(0), w.Close())
}

// recut puts the contents of one record into several with size bytes each.
func recut(record []byte, size int) []byte {
	var out []byte
	for body := record[5:]; len(body) > 0; {
		n := min(size, len(body))
		out = append(out, record[0], record[1], record[2], byte(n>>8), byte(n))
		out = append(out, body[:n]...)
		body = body[n:]
	}
	return out
}

// waitForUnread waits until there is something that was not read: a close then
// sends RST.
func (w *wire) waitForUnread() error {
	raw, err := w.SyscallConn()
	if err != nil {
		return err
	}
	there := netns.Until(time.Second, func() bool {
		unread := 0
		raw.Control(func(fd uintptr) { unread, err = unix.IoctlGetInt(int(fd), unix.SIOCINQ) })
		return err != nil || unread > 0
	})
	if err == nil && !there {
		err = errors.New("the server's flight ends with what was read")
	}
	return err
}

// drain reads what is there, until nothing came for 100 ms.
func (w *wire) drain() error {
	buffer := make([]byte, 4096)
	for {
		w.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		_, err := w.TCPConn.Read(buffer)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return w.SetReadDeadline(time.Now().Add(5 * time.Second))
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// waitForEnd reads until the server ends the connection.
func (w *wire) waitForEnd() error {
	_, err := io.Copy(io.Discard, w.TCPConn)
	return err
}
