package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
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

// joinedLogs reads the logs that were named, and joins them with the captures. A
// log that cannot be opened does not stop the others, and is told in problems.
// Captures on standard input are put aside, to be read twice: the streams that it
// gives have them, until done is called.
func (o *options) joinedLogs(ctx context.Context, s streams, settings analyze.Options) (lines *analyze.Lines, with streams, done func(), problems error) {
	lines = analyze.NewLines(false)
	var all []error
	for _, name := range o.logs {
		all = append(all, readLog(name, s.in, o.logOptions(s), lines))
	}
	done = func() {}
	if slices.Contains(o.read, "-") && s.in != nil {
		f, err := aside(s.in)
		if err != nil {
			return lines, s, done, errors.Join(append(all, err)...)
		}
		done = func() { f.Close(); os.Remove(f.Name()) }
		s.in = f
		defer f.Seek(0, io.SeekStart)
	}
	goThrough(ctx, o, s, settings, lines)
	return lines, s, done, errors.Join(all...)
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

// goThrough goes through the captures once for the connections alone, so that each
// can be told together with its lines. What goes wrong is told when they are gone
// through again.
func goThrough(ctx context.Context, o *options, s streams, settings analyze.Options, lines *analyze.Lines) {
	settings.Told = func(c *analyze.Connection) bool {
		lines.Candidate(c)
		return false
	}
	settings.Every = lines.AboutCompleted()
	_ = readFiles(ctx, o, s, analyze.NewWatcher(settings), nil)
	lines.Join()
}

// aside puts what comes by a pipe into a file.
func aside(r io.Reader) (*os.File, error) {
	f, err := os.CreateTemp("", "sniwatch-*.pcap")
	if err == nil {
		if _, err = io.Copy(f, r); err == nil {
			_, err = f.Seek(0, io.SeekStart)
		}
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}
	if err != nil {
		return nil, hinted{fmt.Errorf("standard input cannot be put aside, to be read twice: %w", err), "TMPDIR names a folder with more room"}
	}
	return f, nil
}

// followers are logs that are followed while a live capture runs.
type followers struct {
	all   []*logs.Follower
	lines *analyze.Lines
	told  map[int]bool // errors of these were told
}

// follow opens the logs that were named.
func (o *options) follow(s streams, lines *analyze.Lines) (*followers, error) {
	fs := &followers{lines: lines, told: map[int]bool{}}
	for _, name := range o.logs {
		f, err := logs.Follow(name, time.Time{}, o.logOptions(s))
		if err != nil {
			fs.close()
			return nil, err
		}
		lines.Read(name)
		fs.all = append(fs.all, f)
	}
	return fs, nil
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
