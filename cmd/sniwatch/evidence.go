package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"

	"sniwatch/analyze"
	"sniwatch/analyze/report"
	"sniwatch/analyze/report/evidence"
	"sniwatch/capture"
	"sniwatch/capture/live"
)

// evidenceMemory is what evidence adds to the memory that the program may use, in
// bytes: the packets of open connections, the index, and some air, without which
// the collector would run all the time.
const evidenceMemory = 26 << 20

// An evidenceFile is the file of --evidence; nil: none was asked for.
type evidenceFile struct {
	name  string       // "": it goes into a bundle only
	file  *report.File // nil likewise
	spool *os.File
	r     *evidence.Recorder
	limit int64 // on memory, without evidence
}

// newEvidence looks whether the file can be written at the end, which may be
// hours away. The spool has no name: whatever ends the program, nothing of it is
// left behind. A ticket bundle has the evidence as well.
func newEvidence(o *options, red *redaction) (*evidenceFile, error) {
	if !o.wantsEvidence() {
		return nil, nil
	}
	e := &evidenceFile{name: o.evidence, limit: debug.SetMemoryLimit(-1)}
	folder := filepath.Dir(o.bundle())
	if e.name != "" {
		folder = filepath.Dir(e.name)
		if err := notOf("--evidence", e.name, append(o.read, o.write)); err != nil {
			return nil, err
		}
		var err error
		if e.file, err = report.CreateFile(e.name, o.force); errors.Is(err, report.ErrExists) {
			return nil, usageError{err.Error(), "give it another name, or overwrite it with --force"}
		} else if err != nil {
			return nil, err
		}
	}
	spool, err := os.CreateTemp(folder, ".sniwatch-*.tmp")
	if err == nil {
		err = os.Remove(spool.Name())
	}
	if err != nil {
		e.abort()
		return nil, fmt.Errorf("cannot write evidence: %w", err)
	}
	e.spool = spool
	how := evidence.Options{Version: versionNumber(), Rewrite: red.rewrite()}
	if red != nil {
		how.InputName = red.path
	}
	e.r = evidence.NewRecorder(spool, how)
	debug.SetMemoryLimit(min(e.limit, math.MaxInt64-evidenceMemory) + evidenceMemory)
	return e, nil
}

// abort removes the file that is not whole.
func (e *evidenceFile) abort() {
	if e.file != nil {
		e.file.Abort()
	}
}

// recorder gives what a Watcher is to tell.
func (e *evidenceFile) recorder() analyze.Recorder {
	if e == nil {
		return nil
	}
	return e.r
}

// begin says where the packets of the next input are from.
func (e *evidenceFile) begin(origins evidence.OriginTeller) {
	if e != nil {
		e.r.Begin(origins)
	}
}

// close gives the spool back, and removes what is not whole.
func (e *evidenceFile) close() {
	if e != nil {
		e.abort()
		e.spool.Close()
		debug.SetMemoryLimit(e.limit)
	}
}

// to writes the evidence, with the report as its comment.
func (e *evidenceFile) to(w io.Writer, r *analyze.Report) error {
	var summary bytes.Buffer
	if err := report.WriteText(&summary, r, report.TextOptions{Width: 80}); err != nil {
		return err
	}
	return e.r.Write(w, summary.String())
}

// write writes the file, and tells what is in it and what is not.
func (e *evidenceFile) write(r *analyze.Report, told io.Writer) error {
	if e == nil || e.file == nil {
		return nil
	}
	err := e.to(e.file, r)
	if err == nil {
		err = e.file.Commit()
	}
	if err != nil {
		return fmt.Errorf("cannot write evidence: %w", err)
	}
	n := e.r.Counts()
	name := report.Clean(e.name, 1000)
	switch {
	case n.Connections > 0:
		fmt.Fprintf(told, "sniwatch: %s: %d packets of %d failed connections\n", name, n.Packets, n.Connections)
	case n.Missing() == 0:
		fmt.Fprintf(told, "sniwatch: %s has no packets: no connection failed\n", name)
	}
	for line := range bytes.Lines([]byte(n.Says())) {
		fmt.Fprintf(told, "sniwatch: %s: %s\n", name, bytes.TrimSpace(line))
	}
	return nil
}

// A liveOrigin is the interface of a live capture.
type liveOrigin struct{ on capture.Interface }

// Origin is the same for all packets.
func (l *liveOrigin) Origin() capture.Origin { return capture.Origin{Interface: &l.on} }

// count notes what the kernel and the interface have dropped.
func (l *liveOrigin) count(h *live.Handle) {
	if received, kernel, device, err := h.Stats(); err == nil {
		l.on.Statistics = &capture.Statistics{Received: int64(received), Dropped: int64(device), OSDropped: int64(kernel)}
	}
}

// notOf refuses a file that is read or written otherwise.
func notOf(flag, name string, others []string) error {
	there, err := os.Stat(name)
	for _, other := range others {
		if other == "" {
			continue
		}
		o, errOther := os.Stat(other)
		if err == nil && errOther == nil && os.SameFile(there, o) || err != nil && filepath.Clean(other) == filepath.Clean(name) {
			return usageError{fmt.Sprintf("%s %s is the file of another flag, too", flag, name), "give it a file of its own"}
		}
	}
	if err == nil && !there.Mode().IsRegular() {
		return usageError{fmt.Sprintf("%s %s exists, and is no regular file", flag, name), "give it the name of a new file"}
	}
	return nil
}

// bundle gives the first --report that is a ticket bundle, "" if there is none.
func (o *options) bundle() string {
	for _, name := range o.reports {
		if f, _ := report.FormatOf(name); f == report.Bundle {
			return name
		}
	}
	return ""
}

// wantsEvidence tells whether packets of failed connections are to be kept.
func (o *options) wantsEvidence() bool { return o.evidence != "" || o.bundle() != "" }
