package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"sniwatch/analyze"
)

// beside is what runs beside the packets: the server's logs, and the handshakes by
// which it is asked for its certificates.
type beside struct {
	prober   *prober // nil: it is not asked
	lines    *analyze.Lines
	followed *followers // live
	looked   time.Time  // when it was looked whether certificates have changed
	problems error      // with logs that were named
	done     func()     // lets go of what was put aside
}

// besides prepares it. Captures are gone through once for the connections alone,
// so that each can be told together with its lines and with what the server shows;
// what goes wrong with them is told when they are gone through again. Captures on
// standard input are put aside for that: the streams that it gives have them.
func (o *options) besides(ctx context.Context, s streams, settings *analyze.Options) (*beside, streams) {
	b := &beside{prober: newProber(o), done: func() {}}
	if b.prober != nil {
		settings.Probes = b.prober.probes
	}
	if o.interfaceName != "" {
		o.logs = append(o.logs, o.configuredLogs(settings.Host)...)
		if len(o.logs) > 0 {
			b.lines = analyze.NewLines(true)
		}
		settings.Lines = b.lines
		b.followed = o.follow(s, b.lines)
		b.done = b.followed.close
		return b, s
	}
	if len(o.logs) == 0 && b.prober == nil {
		return b, s
	}
	if pipe := slices.IndexFunc(o.read, isPipe); pipe >= 0 {
		b.problems = hinted{fmt.Errorf("%s is a pipe, and with --log or --probe captures are read twice: no log was joined", o.read[pipe]),
			"give it as standard input: -r - < " + o.read[pipe]}
		return b, s
	}
	if slices.Contains(o.read, "-") && s.in != nil {
		f, err := aside(s.in)
		if err != nil {
			b.problems = err
			return b, s
		}
		b.done = func() { f.Close(); os.Remove(f.Name()) }
		defer f.Seek(0, io.SeekStart)
		s.in = f
	}
	b.lines, b.problems = o.readLogs(ctx, s)
	b.goThrough(ctx, o, s, *settings)
	settings.Lines = b.lines
	return b, s
}

// goThrough goes through the captures for the connections alone.
func (b *beside) goThrough(ctx context.Context, o *options, s streams, settings analyze.Options) {
	settings.Told = func(c *analyze.Connection) bool {
		b.lines.Candidate(c)
		return false
	}
	settings.Every, settings.Silent = b.lines.AboutCompleted(), true
	first := watching{o: o, s: s, w: analyze.NewWatcher(settings)}
	_ = first.files(ctx) // told when they are gone through again
	b.lines.Join()
	if b.prober != nil {
		b.prober.askAll(ctx)
		b.problems = errors.Join(b.problems, b.prober.failed)
	}
}

// step goes on beside a live capture.
func (b *beside) step(ctx context.Context, s streams, w *analyze.Watcher, now time.Time) {
	b.followed.poll(s)
	b.prober.step(ctx, s, w, now)
	if now.Sub(b.looked) >= refreshEvery {
		b.looked = now
		w.Refresh()
	}
	w.Settle(now)
}

// refreshEvery is how often it is looked whether certificates have changed.
const refreshEvery = 2 * time.Second

// isPipe tells whether a capture that has a name can be read only once.
func isPipe(name string) bool {
	info, err := os.Stat(name)
	return name != "-" && err == nil && info.Mode()&(os.ModeNamedPipe|os.ModeSocket|os.ModeCharDevice) != 0
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
