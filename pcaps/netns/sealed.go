//go:build linux

package netns

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Sealed tells that no packet can leave: there are the interfaces that are named
// and no others, the namespace is not the machine's, and addresses which belong
// to nobody (RFC 5737, RFC 3849) cannot be reached. Connecting a UDP socket asks
// the routes and sends nothing. It is asked before the first packet.
func (n *Namespace) Sealed(interfaces ...string) error {
	return n.Do(func() error {
		var here, machine unix.Stat_t
		if err := errors.Join(unix.Stat("/proc/thread-self/ns/net", &here), unix.Stat("/proc/self/ns/net", &machine)); err != nil {
			return err
		}
		if here.Ino == machine.Ino {
			return errors.New("this is the machine's own network")
		}
		present, err := net.Interfaces()
		if err != nil {
			return err
		}
		for _, i := range present {
			if !expected(i.Name, interfaces) {
				return fmt.Errorf("there is an interface %s that nobody asked for", i.Name)
			}
		}
		for _, nobody := range []string{"198.51.100.1:9", "[2001:db8:ffff::1]:9"} {
			conn, err := net.Dial("udp", nobody)
			if err == nil {
				conn.Close()
				return fmt.Errorf("there is a route to %s", nobody)
			}
			if !errors.Is(err, unix.ENETUNREACH) && !errors.Is(err, unix.EADDRNOTAVAIL) {
				return fmt.Errorf("asked for a route to %s: %w", nobody, err)
			}
		}
		return nil
	})
}

// expected tells whether an interface is one of those that were made, or one that
// the kernel puts into every namespace.
func expected(name string, made []string) bool {
	if slices.Contains(made, name) {
		return true
	}
	for _, tunnel := range []string{"lo", "tunl", "gre", "gretap", "erspan", "ip_vti", "ip6_vti", "sit", "ip6tnl", "ip6gre"} {
		if rest, ok := strings.CutPrefix(name, tunnel); ok && (rest == "" || rest == "0") {
			return true
		}
	}
	return false
}
