//go:build linux

package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"sniwatch/pcaps/netns"
)

// Addresses of the lab. Those of the edge are on CloudFront's published list, the
// others are for documentation (RFC 5737) and belong to nobody.
const (
	origin4 = "10.0.0.10"
	origin6 = "fd00:a::10"

	edgeUsual   = "130.176.135.149" // the article's
	edgeSecond  = "130.176.135.150"
	edgeThird   = "64.252.114.216"
	edge6       = "2600:9000:1000::1234"
	otherClient = "203.0.113.77"
)

var edgeAddresses = []string{edgeUsual, edgeSecond, edgeThird, otherClient}

// A site is the place where one scenario is played: the origin, the edge, and the
// cable between their interfaces "wire", with nothing else and no way out. With a
// route, a forwarder stands in the middle of the cable.
type site struct {
	origin, edge *netns.Namespace
	middle       *netns.Namespace // nil: the cable is direct
	forwarder    *forwarder
	folder       string // for what servers and witnesses write
	lab          *lab
	host         distribution
	running      []*exec.Cmd
	atEnd        []func()
	early        netip.AddrPort // of a connection that was made before the capture
	secure       *tls.Conn      // that connection
	port         atomic.Int32   // the last one that a client was given
}

// newSite lays the cable and sees that nothing can leave. Its folder, which is
// empty, is named after what is played.
func newSite(l *lab, name string, r route) (s *site, err error) {
	s = &site{folder: filepath.Join(l.folder, name), lab: l}
	if err := errors.Join(os.RemoveAll(s.folder), os.Mkdir(s.folder, 0o755)); err != nil {
		return nil, err
	}
	s.port.Store(30000)
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.origin, err = netns.New(); err != nil {
		return nil, err
	}
	if s.edge, err = netns.New(); err != nil {
		return nil, err
	}
	if r == nil {
		err = netns.Join(s.origin, "wire", s.edge, "wire")
	} else {
		err = s.layThroughMiddle()
	}
	if err == nil {
		err = s.addresses()
	}
	if err == nil {
		err = errors.Join(s.origin.Sealed("wire"), s.edge.Sealed("wire"))
	}
	if err == nil && r != nil {
		err = errors.Join(s.middle.Sealed("to-origin", "to-edge"), s.startForwarder(r))
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// layThroughMiddle lays two cables with a namespace between them. The forwarder
// copies frames as they are: no interface may leave cutting or checksums to the
// next one.
func (s *site) layThroughMiddle() (err error) {
	if s.middle, err = netns.New(); err != nil {
		return err
	}
	if err = netns.Join(s.origin, "wire", s.middle, "to-origin"); err != nil {
		return err
	}
	if err = netns.Join(s.edge, "wire", s.middle, "to-edge"); err != nil {
		return err
	}
	if err = s.offloadsOfBoth(false); err != nil {
		return err
	}
	return s.middle.Sh(`ip link set to-origin addrgenmode none
		ip link set to-edge addrgenmode none
		ip link set to-origin up
		ip link set to-edge up`)
}

// addresses gives both ends their addresses, and routes to each other only.
func (s *site) addresses() error {
	up := "ip link set lo up\nip link set wire up\n"
	here := up + fmt.Sprintf("ip addr add %s/32 dev wire\nip -6 addr add %s/128 dev wire nodad\n", origin4, origin6)
	there := up + fmt.Sprintf("ip -6 addr add %s/128 dev wire nodad\n", edge6)
	for _, a := range edgeAddresses {
		here += fmt.Sprintf("ip route add %s/32 dev wire\n", a)
		there += fmt.Sprintf("ip addr add %s/32 dev wire\n", a)
	}
	here += fmt.Sprintf("ip -6 route add %s/128 dev wire\n", edge6)
	there += fmt.Sprintf("ip route add %s/32 dev wire\nip -6 route add %s/128 dev wire\n", origin4, origin6)
	return errors.Join(s.origin.Sh(here), s.edge.Sh(there))
}

// close ends what was started, and takes the cable away.
func (s *site) close() {
	for _, c := range s.running {
		c.Process.Kill()
		c.Wait()
	}
	for _, f := range s.atEnd {
		f()
	}
	if s.forwarder != nil {
		s.forwarder.close()
	}
	for _, n := range []*netns.Namespace{s.origin, s.edge, s.middle} {
		if n != nil {
			n.Close()
		}
	}
}

// after has f called when the site is closed.
func (s *site) after(f func()) { s.atEnd = append(s.atEnd, f) }

// file gives the path of a file in the site's folder.
func (s *site) file(name string) string { return filepath.Join(s.folder, name) }

// write puts a file into the site's folder and gives its path.
func (s *site) write(name, text string) (string, error) {
	return s.file(name), os.WriteFile(s.file(name), []byte(text), 0o644)
}

// program starts a program in one of the namespaces; what it says goes to a file
// in the site's folder. It runs until the site is closed, and so do the processes
// which it has started: it is the first of a process namespace.
func (s *site) program(n *netns.Namespace, output string, name string, arguments ...string) (*exec.Cmd, error) {
	out, err := os.OpenFile(s.file(output), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	c := exec.Command(name, arguments...)
	c.Dir, c.Stdout, c.Stderr = s.folder, out, out
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	if err := n.Start(c); err != nil {
		return nil, err
	}
	s.running = append(s.running, c)
	return c, nil
}

// listening waits until somebody listens on a port of a namespace. It looks at
// the kernel's list and sends nothing, so that no log has a line of it.
func (s *site) listening(n *netns.Namespace, port int) error {
	mark := fmt.Sprintf(":%04X ", port)
	heard := netns.Until(10*time.Second, func() bool {
		found := false
		n.Do(func() error {
			for _, list := range []string{"tcp", "tcp6"} {
				text, _ := os.ReadFile("/proc/thread-self/net/" + list)
				for line := range strings.Lines(string(text)) {
					// sl, local address, remote address, state: 0A is LISTEN.
					f := strings.Fields(line)
					found = found || len(f) > 3 && strings.HasSuffix(f[1]+" ", mark) && f[3] == "0A"
				}
			}
			return nil
		})
		return found
	})
	if !heard {
		return fmt.Errorf("nobody listens on port %d after 10 s", port)
	}
	return nil
}

// from gives an address of the edge with a port that no one has had.
func (s *site) from(address string) netip.AddrPort {
	if address == "" {
		address = edgeUsual
	}
	return netip.AddrPortFrom(netip.MustParseAddr(address), uint16(s.port.Add(1)))
}

// to gives the origin's address for a client at from.
func to(from netip.AddrPort) netip.AddrPort {
	if from.Addr().Is6() {
		return netip.AddrPortFrom(netip.MustParseAddr(origin6), 443)
	}
	return netip.AddrPortFrom(netip.MustParseAddr(origin4), 443)
}

// dial opens a connection from the edge to the origin.
func (s *site) dial(from netip.AddrPort, patience time.Duration) (conn *net.TCPConn, err error) {
	err = s.edge.Do(func() error {
		d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(from), Timeout: patience}
		c, err := d.Dial("tcp", to(from).String())
		if err == nil {
			conn = c.(*net.TCPConn)
		}
		return err
	})
	return conn, err
}
