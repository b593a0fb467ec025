//go:build linux

package main

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"sniwatch/pcaps/netns"
)

// Commands of SIOCETHTOOL that set one offload each (linux/ethtool.h). Off, the
// kernel cuts segments and adds checksums before the capture sees them; on, a
// capture has segments of up to 64 KiB whose checksums are wrong.
var offloadCommands = []uint32{
	0x15, // ETHTOOL_SRXCSUM
	0x1f, // ETHTOOL_STSO
	0x24, // ETHTOOL_SGSO
	0x2c, // ETHTOOL_SGRO
	0x17, // ETHTOOL_STXCSUM, after those that need it
}

// An ethtoolValue is struct ethtool_value.
type ethtoolValue struct{ command, data uint32 }

// An interfaceRequest is struct ifreq as SIOCETHTOOL takes it.
type interfaceRequest struct {
	name  [unix.IFNAMSIZ]byte
	value *ethtoolValue
	_     [16]byte // the union's longest member is longer than a pointer
}

// offloadsOfBoth switches the offloads of both ends of the cable.
func (s *site) offloadsOfBoth(on bool) error {
	return errors.Join(s.offloads(s.origin, on), s.offloads(s.edge, on))
}

// offloads switches the offloads of a namespace's "wire" on or off.
func (s *site) offloads(n *netns.Namespace, on bool) error {
	return n.Do(func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		for _, command := range offloadCommands {
			value := ethtoolValue{command: command}
			if on {
				value.data = 1
			}
			request := interfaceRequest{value: &value}
			copy(request.name[:], "wire")
			_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request)))
			// Some kernels have no switch for received checksums on veth.
			if errno != 0 && errno != unix.EOPNOTSUPP {
				return fmt.Errorf("offload %#x: %w", command, errno)
			}
		}
		return nil
	})
}
