package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"sniwatch/analyze"
	"sniwatch/analyze/origin/logs"
)

// parseZone understands --log-timezone; "" is the zone of this host.
func parseZone(s string) (*time.Location, error) {
	if s == "" {
		return time.Local, nil
	}
	for _, layout := range []string{"-07:00", "-0700", "-07"} {
		if t, err := time.Parse(layout, s); err == nil {
			_, offset := t.Zone()
			return time.FixedZone(s, offset), nil
		}
	}
	zone, err := time.LoadLocation(s)
	if err != nil || strings.EqualFold(s, "local") {
		return nil, usageError{fmt.Sprintf("--log-timezone takes a time zone, and %q is none", s), "for example UTC, Asia/Tokyo or +09:00"}
	}
	return zone, nil
}

// logOptions say how the logs are to be understood.
func (o *options) logOptions(s streams) logs.Options {
	return logs.Options{Zone: o.logZone, Now: s.now()}
}

// readLogs reads the logs that were named. One that cannot be opened does not stop
// the others, and is told in the error.
func (o *options) readLogs(s streams) (*analyze.Lines, error) {
	lines := analyze.NewLines(false)
	var problems []error
	for _, name := range o.logs {
		problems = append(problems, readLog(name, s.in, o.logOptions(s), lines))
	}
	return lines, errors.Join(problems...)
}

func readLog(name string, stdin io.Reader, opts logs.Options, lines *analyze.Lines) error {
	f, err := logs.Open(name, stdin)
	if err != nil {
		return err
	}
	defer f.Close()
	lines.Read(name)
	r := logs.NewReader(name, f, opts)
	var e logs.Entry
	for {
		switch err := r.Next(&e); err {
		case nil:
			lines.Add(&e)
		case io.EOF:
			return nil
		default:
			return fmt.Errorf("%s cannot be read to its end: %w", name, err)
		}
	}
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
