package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/capture"
	"sniwatch/capture/live"
)

// watch is the main form of the program. failed tells whether a handshake
// failed.
func watch(ctx context.Context, o *options, s streams) (failed bool, err error) {
	if failed, err = watchOnce(ctx, o, s); errors.Is(err, analyze.ErrInARow) {
		again := *o
		again.threads = 1
		return watchOnce(ctx, &again, s)
	}
	return failed, err
}

func watchOnce(ctx context.Context, o *options, s streams) (failed bool, err error) {
	settings, err := o.settings(s)
	if err != nil {
		return false, err
	}
	red, err := newRedaction(o, &settings)
	if err != nil {
		return false, err
	}
	out, err := newOutput(o, s, red)
	if err != nil {
		return false, err
	}
	defer out.abort()
	b, s := o.besides(ctx, s, &settings)
	defer b.done()
	settings.Told = out.connection
	settings.Every = o.every() || o.all
	ev, err := newEvidence(o, red)
	if err != nil {
		return false, err
	}
	defer ev.close()
	settings.Recorder = ev.recorder()
	w := analyze.NewWatcher(settings)
	run := &watching{o: o, s: s, w: w, out: out, ev: ev, beside: b}
	if o.write != "" {
		if run.dump, err = newDump(o, s); err != nil {
			return false, err
		}
		out.failed = run.dump.failed
	}
	if o.interfaceName != "" {
		err = run.live(ctx, o.needs(&settings))
	} else {
		err = run.files(ctx)
	}
	if run.dump != nil {
		err = errors.Join(err, run.dump.close())
	}
	if errors.Is(err, analyze.ErrInARow) || err != nil && nothingSeen(o, w.Inputs()) {
		return false, errors.Join(b.problems, err)
	}
	r := red.report(w.Report(s.now()))
	err = errors.Join(b.problems, err, out.close(r, ev), ev.write(r, s.err), red.finish(o, s))
	return r.Counts.Refused+r.Counts.Failed > 0, err
}

// A watching is a run of the main form: where packets come from, who looks at
// them, and what is written.
type watching struct {
	o      *options
	s      streams
	w      *analyze.Watcher
	out    *output
	dump   *dump         // nil: no packets are written
	ev     *evidenceFile // nil: likewise
	beside *beside
}

// nothingSeen tells whether a report would be about nothing, so that the error
// alone says it better: no input could be opened, or the filter let nothing through.
func nothingSeen(o *options, inputs []analyze.Input) bool {
	return len(inputs) == 0 || o.filter != "" &&
		!slices.ContainsFunc(inputs, func(in analyze.Input) bool { return in.Packets > 0 })
}

// settings gathers what is known beside the packets.
func (o *options) settings(s streams) (analyze.Options, error) {
	a := analyze.Options{
		Version:      versionNumber(),
		Distribution: o.distribution,
		Ports:        o.ports,
		Live:         o.interfaceName != "",
		Limits:       analyze.LimitsWithin(o.memory),
	}
	limitMemory(o.memory)
	if len(a.Ports) == 0 {
		a.Ports = tlsPorts
	}
	certs, err := loadCertificates(o.certs)
	if err != nil {
		return a, err
	}
	var found []*origin.Certificate
	if a.Host, found, err = o.discover(); err != nil {
		return a, err
	}
	if len(certs) > 0 {
		a.Certificates = origin.NewStore(certs...)
		a.Certificates.FromFlag = true
	} else {
		a.Certificates = origin.NewStore(found...)
	}
	if a.Roots, err = loadRoots(o.roots); err != nil {
		return a, err
	}
	if a.Setup, err = o.setup(); err != nil {
		return a, err
	}
	a.Ranges, err = chooseRanges(o, s)
	return a, err
}

// setup reads the distribution's configuration; nil: none was given.
func (o *options) setup() (*edge.Setup, error) {
	if o.distributionFile == "" {
		return nil, nil
	}
	config, err := loadDistribution(o.distributionFile, o.distribution.OriginDomain)
	if err != nil {
		return nil, err
	}
	policies, err := loadPolicies(o.policies)
	if err != nil {
		return nil, err
	}
	return edge.NewSetup(o.distribution, config, policies), nil
}

// files analyses the captures one after the other. One that cannot be opened does
// not stop the others.
func (r *watching) files(ctx context.Context) error {
	o, w := r.o, r.w
	var problems []error
	seen, passed := 0, 0
	bar := newProgress(o, r.s)
	defer bar.clear()
	for _, name := range o.read {
		if o.count > 0 && passed >= o.count || ctx.Err() != nil {
			break
		}
		f, err := capture.Open(name, r.s.in)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		w.Begin(name)
		bar.begin()
		r.ev.begin(f)
		read, through, err := r.file(ctx, f, max(0, o.count-passed), bar)
		f.Close()
		broken := ""
		var cut *capture.Broken
		switch {
		case errors.As(err, &cut):
			broken = cut.Error()
		case err != nil:
			problems = append(problems, err)
		case read == 0:
			problems = append(problems, fmt.Errorf("%s holds no packets", name))
		}
		if errors.Is(err, analyze.ErrInARow) || w.Unsure() {
			return analyze.ErrInARow
		}
		w.End(broken)
		seen, passed = seen+read, passed+through
	}
	if len(problems) == 0 && passed == 0 && o.filter != "" {
		problems = append(problems, hinted{fmt.Errorf("none of the %d packets matches the filter %q", seen, o.filter),
			"without the filter, sniwatch finds TLS on any port by itself"})
	}
	return errors.Join(problems...)
}

// file analyses one capture, at most limit packets unless that is 0. It gives how
// many were read, and how many of them the filter let through.
func (r *watching) file(ctx context.Context, f *capture.File, limit int, bar *progress) (read, passed int, err error) {
	filter, w, d := filters{expression: r.o.filter}, r.w, r.dump
	var p capture.Packet
	err = f.Guard(func() error {
		if r.dividable() {
			threads := min(r.o.threads, analyze.ThreadsWithin(r.o.memory))
			limitMemory(r.o.memory - int64(threads)*analyze.WindowOfThread)
			n, err := w.Divided(ctx, f, threads, func() { bar.at(f) })
			limitMemory(r.o.memory)
			if read, passed = n, n; err != nil {
				return err
			}
		}
		for limit == 0 || passed < limit {
			if err := f.Next(&p); err == io.EOF {
				w.Advance(f.Until().Time())
				return nil
			} else if err != nil {
				return err
			}
			const often = 1 << 12 // packets between looks at the context
			if read++; read%often == 0 {
				if ctx.Err() != nil {
					return nil
				}
				bar.at(f)
			}
			if pass, err := filter.match(&p); err != nil {
				return err
			} else if !pass {
				continue
			}
			passed++
			if d != nil { // before a failure that the packet makes known
				if err := d.write(&p); err != nil {
					return err
				}
			}
			w.Packet(&p)
		}
		return nil
	})
	return read, passed, err
}

// dividable tells whether captures are only analysed, and could be again.
func (r *watching) dividable() bool {
	o := r.o
	return o.filter == "" && o.count == 0 && r.dump == nil && !slices.Contains(o.read, "-") && !slices.ContainsFunc(o.read, isPipe)
}

// filters are one expression, compiled for each link type that comes.
type filters struct {
	expression string
	links      []capture.LinkType
	compiled   []*live.Filter
	bytes      []byte // of the packet that is looked at
}

// match tells whether the filter lets a packet through; without one, all pass.
func (f *filters) match(p *capture.Packet) (bool, error) {
	if f.expression == "" {
		return true, nil
	}
	i := slices.Index(f.links, p.Link)
	if i < 0 {
		c, err := live.CompileFilter(p.Link, f.expression)
		if err != nil {
			return false, err
		}
		i = len(f.links)
		f.links, f.compiled = append(f.links, p.Link), append(f.compiled, c)
	}
	// The filter is C code, which no Guard protects: it gets a copy.
	f.bytes = append(f.bytes[:0], p.Data...)
	private := *p
	private.Data = f.bytes
	return f.compiled[i].Match(&private), nil
}
