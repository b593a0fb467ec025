//go:build !linux

package main

import "os"

// giveUp refuses -Z: what it does is done on Linux only. Elsewhere the process
// stays what it is.
func (o *options) giveUp(_ streams, _ needs, _ *output, _ *dump) error {
	if o.user != "" && !(o.user == "root" && os.Geteuid() == 0) {
		return usageError{"-Z works on Linux only", ""}
	}
	return nil
}
