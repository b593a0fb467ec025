package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// A Sample is what one run cost.
type Sample struct {
	CPU  time.Duration // user and system, of the process and the children it waited for
	Wall time.Duration
	Peak int64 // bytes resident at most; 0: not known
	// PeakBound says that Peak is an upper bound: what the runner itself held
	// when the process was started cannot be told from what the process held.
	PeakBound bool
}

// A Result is all runs of a program on a capture.
type Result struct {
	Program
	Samples []Sample
	Failed  string // why there are no samples; empty: there are
}

// A Measured capture is one with its results, sniwatch first.
type Measured struct {
	Capture
	Results []Result
}

// measureAll runs the programs in turn: A B C A B C, so that a noisy minute hits
// all of them. A peer that fails is reported; sniwatch must not fail.
func measureAll(c Capture, programs []Program, runs int) ([]Result, error) {
	empty, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(empty)
	if err := c.warm(); err != nil {
		return nil, err
	}
	results := make([]Result, len(programs))
	for run := range runs {
		for i, p := range programs {
			r := &results[i]
			r.Program = p
			if r.Failed != "" || p.slow && run > 0 {
				continue
			}
			s, err := measure(exec.Command(p.path, p.arguments(c.Path, empty)...))
			switch {
			case err == nil:
				r.Samples = append(r.Samples, s)
			case p.sniwatch:
				return nil, fmt.Errorf("%s on %s: %w", p.Name, c.Path, err)
			default:
				r.Failed = err.Error()
			}
		}
	}
	return results, nil
}

// measure runs a command, whose standard output goes to /dev/null.
func measure(cmd *exec.Cmd) (Sample, error) {
	said := &tail{}
	cmd.Stderr = said
	floor := shrink()
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	if err != nil {
		return Sample{}, fmt.Errorf("%w: %s", err, said.lastLine())
	}
	s := Sample{CPU: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), Wall: wall, Peak: peak(cmd.ProcessState)}
	s.PeakBound = s.Peak <= floor
	return s, nil
}

// A tail keeps the last bytes of what is written to it.
type tail struct{ kept []byte }

// tailBytes is enough for the line that says what went wrong.
const tailBytes = 4096

func (t *tail) Write(b []byte) (int, error) {
	t.kept = append(t.kept, b[max(0, len(b)-tailBytes):]...)
	t.kept = t.kept[max(0, len(t.kept)-tailBytes):]
	return len(b), nil
}

func (t *tail) lastLine() string {
	lines := bytes.Split(bytes.TrimSpace(t.kept), []byte("\n"))
	return strings.TrimSpace(string(lines[len(lines)-1]))
}

// Summary is what the runs of a program come to.
type Summary struct {
	MinCPU, MedianCPU   time.Duration
	MinWall, MedianWall time.Duration
	Peak                int64 // bytes, the most of all runs; 0: not known
	PeakBound           bool
}

// Summary is of at least one sample.
func (r Result) Summary() Summary {
	var cpu, wall []time.Duration
	var s Summary
	for _, sample := range r.Samples {
		cpu, wall = append(cpu, sample.CPU), append(wall, sample.Wall)
		if sample.Peak > s.Peak {
			s.Peak, s.PeakBound = sample.Peak, sample.PeakBound
		}
	}
	s.MinCPU, s.MedianCPU = slices.Min(cpu), median(cpu)
	s.MinWall, s.MedianWall = slices.Min(wall), median(wall)
	return s
}

// median is the middle one; of an even number, the lower of the two.
func median(list []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[(len(sorted)-1)/2]
}
