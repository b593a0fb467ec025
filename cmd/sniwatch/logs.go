package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"sniwatch/analyze"
	"sniwatch/analyze/origin/logs"
	"sniwatch/capture"
)

// logOptions say how the logs are to be understood.
func (o *options) logOptions(s streams) logs.Options {
	return logs.Options{Zone: o.logZone, Now: s.now()}
}

// readLogs reads the logs that were named. One that cannot be opened does not stop
// the others, and is told in the error.
func (o *options) readLogs(ctx context.Context, s streams) (*analyze.Lines, error) {
	lines := analyze.NewLines(false)
	if first, ok := o.firstPacket(s); ok {
		lines.Since(first)
	}
	var problems []error
	for i, name := range o.logs {
		if slices.ContainsFunc(o.logs[:i], func(before string) bool { return name == before || sameFile(name, before) }) {
			continue // its lines would be there twice
		}
		problems = append(problems, readLog(ctx, name, s.in, o.logOptions(s), lines))
	}
	return lines, errors.Join(problems...)
}

// firstPacket gives the time of the earliest of the captures' first packets. What
// cannot be read is told when the captures are gone through.
func (o *options) firstPacket(s streams) (first time.Time, ok bool) {
	for _, name := range o.read {
		at, err := firstOf(name, s.in)
		if err != nil || at == 0 {
			return time.Time{}, false
		}
		if t := at.Time(); !ok || t.Before(first) {
			first, ok = t, true
		}
	}
	return first, ok
}

// firstOf gives the time of the first packet of one capture. Standard input has
// been put aside, and is put back to its beginning.
func firstOf(name string, stdin io.Reader) (capture.Timestamp, error) {
	if again, ok := stdin.(io.Seeker); ok && name == "-" {
		defer again.Seek(0, io.SeekStart)
	}
	f, err := capture.Open(name, stdin)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var p capture.Packet
	err = f.Guard(func() error { return f.Next(&p) })
	return p.Time, err
}

func readLog(ctx context.Context, name string, stdin io.Reader, opts logs.Options, lines *analyze.Lines) error {
	f, err := logs.Open(name, stdin)
	if err != nil {
		return err
	}
	defer f.Close()
	lines.Read(inputName(name))
	if _, err := readEntries(ctx, inputName(name), f, opts, lines.Add); err != nil {
		return fmt.Errorf("%s cannot be read to its end: %w", inputName(name), err)
	}
	return nil
}

// followers are logs that are followed while a live capture runs.
type followers struct {
	all   []*logs.Follower
	lines *analyze.Lines
	told  map[int]bool // errors of these were told
}

// follow opens the logs that were named, or that the configuration names. One that
// cannot be opened does not stop the others.
func (o *options) follow(s streams, lines *analyze.Lines) *followers {
	fs := &followers{lines: lines, told: map[int]bool{}}
	for _, name := range o.logs {
		f, err := logs.Follow(name, time.Time{}, o.logOptions(s))
		if err != nil {
			s.tell(err)
			continue
		}
		lines.Read(name)
		fs.all = append(fs.all, f)
	}
	return fs
}

// poll takes over what is new. A log that cannot be read is told once, until it
// can be again.
func (fs *followers) poll(s streams) {
	for i, f := range fs.all {
		err := f.Poll(fs.lines.Add)
		if err != nil && !fs.told[i] {
			s.tell(fmt.Errorf("a log cannot be followed: %w", err))
		}
		fs.told[i] = err != nil
	}
}

func (fs *followers) close() {
	for _, f := range fs.all {
		_ = f.Close()
	}
}
