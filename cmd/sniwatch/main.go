// Command sniwatch explains why CloudFront refused the origin: it watches the
// TLS handshakes on the origin's host, live or in capture files, and names the
// cause, the evidence and what to change.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
)

// memoryLimit is what the Go runtime may use, in bytes. With the program itself
// and the window on the capture, the process stays below 64 MiB.
const memoryLimit = 39 << 20

func main() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
		debug.SetGCPercent(-1) // collect when the limit is near, and not before
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr, now: time.Now})
	stop()
	os.Exit(status)
}
