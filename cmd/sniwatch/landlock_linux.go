package main

import (
	"fmt"
	"os"

	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// What may be done below a folder. No right to execute is given anywhere.
const (
	mayReadBelow  = ll.AccessFSReadFile | ll.AccessFSReadDir
	mayWriteBelow = mayReadBelow | ll.AccessFSWriteFile | ll.AccessFSMakeReg | ll.AccessFSRemoveFile | ll.AccessFSTruncate
)

// counters are where libpcap reads what an interface dropped.
var counters = []string{"/sys/class/net", "/sys/devices", "/proc/net"}

// landlocked tells whether this kernel has Landlock.
func landlocked() bool {
	version, err := ll.LandlockGetABIVersion()
	return err == nil && version > 0
}

// lock lets the process open nothing but what it needs, execute nothing, and
// connect to nothing but for --probe, as far as the kernel can enforce that. What
// is open stays so.
func (n needs) lock(ports []uint16) error {
	var rules []landlock.Rule
	add := func(rights landlock.AccessFSSet, names ...string) {
		for _, name := range names {
			if _, err := os.Stat(name); err == nil {
				rules = append(rules, landlock.PathAccess(rights, name))
			}
		}
	}
	add(mayReadBelow, counters...)
	for _, folder := range folders(n.read) {
		if !holdsSecrets(folder) {
			add(mayReadBelow, folder)
		}
	}
	add(ll.AccessFSReadFile, n.read...)
	add(mayWriteBelow, n.write...)
	config := landlock.V5.BestEffort()
	if n.probe && len(ports) == 0 {
		return explainLock(config.RestrictPaths(rules...))
	}
	if n.probe {
		for _, port := range ports {
			rules = append(rules, landlock.ConnectTCP(port))
		}
	}
	return explainLock(config.Restrict(rules...))
}

func explainLock(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("landlock: %w", err)
}
