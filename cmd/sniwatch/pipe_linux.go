package main

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// widen makes room in a pipe for what is written while its reader is busy: who
// waits for a reader does not take packets from the kernel, which drops them. 1 MiB
// is what Linux gives everybody who asks (pipe(7)).
func widen(w io.Writer) {
	const size = 1 << 20
	if f, ok := w.(*os.File); ok {
		_, _ = unix.FcntlInt(f.Fd(), unix.F_SETPIPE_SZ, size) // fails where it is none
	}
}
