// Command sniwatch explains why CloudFront refused the origin: it watches the
// TLS handshakes on the origin's host, live or in capture files, and names the
// cause, the evidence and what to change.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"sniwatch/analyze"
)

func main() {
	limitMemory(analyze.DefaultMemory)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr, now: time.Now})
	stop()
	os.Exit(status)
}
