//go:build linux

package main

import (
	"io"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// A bare server accepts TCP connections, hands each to its function, and logs
// nothing.
type bare struct {
	answer func(*net.TCPConn)
}

func (bare) needs() []string              { return nil }
func (bare) logs(*site) ([]remark, error) { return nil, nil }

func (b bare) start(s *site) error {
	listener, err := s.listen()
	if err != nil {
		return err
	}
	s.after(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(10 * time.Second))
				b.answer(conn.(*net.TCPConn))
			}()
		}
	}()
	return nil
}

// readsAndCloses reads the hello and closes without a word: FIN.
func readsAndCloses(c *net.TCPConn) {
	c.Read(make([]byte, 16<<10))
}

// readsAndDies reads the hello and is gone: RST, as when a process is killed with
// unread data.
func readsAndDies(c *net.TCPConn) {
	c.Read(make([]byte, 16<<10))
	c.SetLinger(0)
}

// greetsAsMail speaks first, as SMTP servers do.
func greetsAsMail(c *net.TCPConn) {
	io.WriteString(c, "220 mail.example.com ESMTP\r\n")
	io.Copy(io.Discard, c)
}

// A hung server listens with a backlog of one connection and accepts none, as a
// process does that hangs.
type hung struct{}

func (hung) needs() []string              { return nil }
func (hung) logs(*site) ([]remark, error) { return nil, nil }

func (hung) start(s *site) error {
	return s.origin.Do(func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		s.after(func() { unix.Close(fd) })
		if err := unix.Bind(fd, &unix.SockaddrInet4{Port: 443}); err != nil {
			return err
		}
		return unix.Listen(fd, 0) // Linux holds one connection more than it is told
	})
}
