package main

import (
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
	"kernel.org/pub/linux/libs/security/libcap/psx"
)

// readAnything is the capability to read what the modes of files forbid. Landlock
// bounds it to the folders that are needed.
const readAnything = 1 << unix.CAP_DAC_READ_SEARCH

// capabilitySets are the two halves of the sets that capset(2) takes.
func capabilitySets(capabilities uint64) (unix.CapUserHeader, [2]unix.CapUserData) {
	var data [2]unix.CapUserData
	for i := range data {
		half := uint32(capabilities >> (32 * i))
		data[i].Effective, data[i].Permitted = half, half
	}
	return unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, data
}

// withoutCapabilities runs f while the calling thread makes no use of its
// capabilities. Its caller has locked the thread.
func withoutCapabilities(f func() bool) bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var had, none [2]unix.CapUserData
	if unix.Capget(&header, &had[0]) != nil {
		return false
	}
	none = had
	none[0].Effective, none[1].Effective = 0, 0
	if unix.Capset(&header, &none[0]) != nil {
		return false
	}
	ok := f()
	return unix.Capset(&header, &had[0]) == nil && ok
}

// capset holds the arguments of setCapabilities. They stand at one place: a
// goroutine's stack may move while psx goes from thread to thread.
var capset struct {
	header unix.CapUserHeader
	data   [2]unix.CapUserData
}

// setCapabilities leaves all threads these capabilities alone, and none to pass on
// to another program: without inheritable ones, the kernel clears the ambient ones.
func setCapabilities(capabilities uint64) error {
	capset.header, capset.data = capabilitySets(capabilities)
	_, _, no := psx.Syscall3(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&capset.header)), uintptr(unsafe.Pointer(&capset.data[0])), 0)
	return errnoError(no)
}

// permitted gives the capabilities that the process may have.
func permitted() uint64 {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if unix.Capget(&header, &data[0]) != nil {
		return 0
	}
	return uint64(data[1].Permitted)<<32 | uint64(data[0].Permitted)
}

// control is prctl(2) on all threads.
func control(option int, value uintptr) error {
	_, _, no := psx.Syscall6(unix.SYS_PRCTL, uintptr(option), value, 0, 0, 0, 0)
	return errnoError(no)
}

func errnoError(no syscall.Errno) error {
	if no != 0 {
		return no
	}
	return nil
}

// rawSetgroups sets the groups of the calling thread.
func rawSetgroups(groups []int) error {
	ids := make([]uint32, len(groups))
	for i, g := range groups {
		ids[i] = uint32(g)
	}
	_, _, no := syscall.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(ids)), uintptr(unsafe.Pointer(unsafe.SliceData(ids))), 0)
	runtime.KeepAlive(ids)
	return errnoError(no)
}
