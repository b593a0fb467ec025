package main

import (
	"context"

	"sniwatch/analyze"
	"sniwatch/capture"
)

// mostThreads is as many as the connections are divided into parts.
const mostThreads = 8

// threadsFor says with how many threads a capture is analysed. They need a file
// that can be opened again: compressed input and pipes are bound by whoever fills
// them. Filters, -c, -w and evidence are about the packets in turn.
func (o *options) threadsFor(f *capture.File) int {
	if f.Size() == 0 || o.filter != "" || o.count > 0 || o.write != "" || o.wantsEvidence() {
		return 1
	}
	return min(o.threads, mostThreads)
}

// readThreads analyses one capture with several threads. It gives how many
// packets were read.
func readThreads(ctx context.Context, f *capture.File, w *analyze.Watcher, threads int) (read int, err error) {
	files := []*capture.File{f}
	for len(files) < threads {
		again, err := f.Again()
		if err != nil {
			break // with fewer, then
		}
		defer again.Close()
		files = append(files, again)
	}
	err = w.Read(files, func() bool { return ctx.Err() != nil })
	w.Advance(f.Until().Time())
	read, _, _ = w.Progress()
	return read, err
}
