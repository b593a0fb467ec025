//go:build !linux

package main

import "os"

// giveUp refuses -Z: what it does is done on Linux only. Elsewhere the process
// stays what it is.
func (r *watching) giveUp(needs) error {
	if user := r.o.user; user != "" && !(user == "root" && os.Geteuid() == 0) {
		return usageError{"-Z works on Linux only", ""}
	}
	return nil
}
