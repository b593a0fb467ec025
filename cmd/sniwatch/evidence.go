package main

import (
	"bytes"
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
	name  string
	force bool
	spool *os.File
	r     *evidence.Recorder
	limit int64 // on memory, without evidence
}

// newEvidence looks whether the file can be written at the end, which may be
// hours away. The spool has no name: whatever ends the program, nothing of it is
// left behind.
func newEvidence(o *options) (*evidenceFile, error) {
	if o.evidence == "" {
		return nil, nil
	}
	if err := mayWrite("--evidence", o.evidence, o.force, append(o.read, o.write)); err != nil {
		return nil, err
	}
	spool, err := createBeside(o.evidence, "spool")
	if err == nil {
		err = os.Remove(spool.Name())
	}
	if err != nil {
		return nil, fmt.Errorf("cannot write evidence: %w", err)
	}
	e := &evidenceFile{
		name: o.evidence, force: o.force, spool: spool,
		r:     evidence.NewRecorder(spool, evidence.Options{Version: versionNumber()}),
		limit: debug.SetMemoryLimit(-1),
	}
	debug.SetMemoryLimit(min(e.limit, math.MaxInt64-evidenceMemory) + evidenceMemory)
	return e, nil
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

// close gives the spool back.
func (e *evidenceFile) close() {
	if e != nil {
		e.spool.Close()
		debug.SetMemoryLimit(e.limit)
	}
}

// write writes the file, and tells what is in it and what is not.
func (e *evidenceFile) write(r *analyze.Report, told io.Writer) error {
	if e == nil {
		return nil
	}
	var summary bytes.Buffer
	if err := report.WriteText(&summary, r, report.TextOptions{Width: 80}); err != nil {
		return err
	}
	err := writeWhole(e.name, e.force, func(w io.Writer) error { return e.r.Write(w, summary.String()) })
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

// mayWrite refuses to overwrite a file without --force, and one that is read or
// written otherwise even then.
func mayWrite(flag, name string, force bool, others []string) error {
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
	switch {
	case err != nil:
		return nil
	case !there.Mode().IsRegular():
		return usageError{fmt.Sprintf("%s %s exists, and is no regular file", flag, name), "give it the name of a new file"}
	case !force:
		return usageError{fmt.Sprintf("%s %s exists already", flag, name), "give it another name, or overwrite it with --force"}
	}
	return nil
}

// createBeside makes a new file in the folder of name.
func createBeside(name, kind string) (*os.File, error) {
	folder, base := filepath.Split(name)
	for i := 0; ; i++ {
		f, err := os.OpenFile(filepath.Join(folder, fmt.Sprintf(".%s.%s%d", base, kind, i)), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		const tries = 100 // what others have left behind
		if !os.IsExist(err) || i == tries {
			return f, err
		}
	}
}

// writeWhole writes a file so that it is there whole, or not at all. Unless
// force is set, it overwrites none, even one that was made meanwhile.
func writeWhole(name string, force bool, write func(io.Writer) error) error {
	f, err := createBeside(name, "partial")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	switch {
	case err != nil:
		return err
	case force:
		return os.Rename(f.Name(), name)
	}
	err = os.Link(f.Name(), name)
	if err == nil || os.IsExist(err) {
		return err
	}
	// A file system without hard links: there is no way to be as careful.
	if _, err := os.Lstat(name); err == nil {
		return os.ErrExist
	}
	return os.Rename(f.Name(), name)
}

// wantsEvidence tells whether packets of failed connections are to be kept.
func (o *options) wantsEvidence() bool { return o.evidence != "" }
