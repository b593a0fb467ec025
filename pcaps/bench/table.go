package main

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// legend stands below the tables.
const legend = `CPU is user and system time, in seconds; min and med (the median) are of all runs. Peak is the most memory resident
in any run, in MiB; with ≤ it is less than the runner's own memory hides. MB/s is 1,000,000 bytes of the capture by
wall time; conn/s is connections by CPU time, so a second and core. × is how many times sniwatch's CPU time. Where a
program has several rows, those of sniwatch for example, all × are relative to the first row.
`

// header names the columns of Table.
var header = []string{"program", "runs", "CPU min", "med", "wall min", "med", "peak", "MB/s", "conn/s", "×"}

// Table writes the results of one capture. The first is what the others are
// compared with.
func Table(c Capture, results []Result) string {
	rows := [][]string{header}
	var notes []string
	for _, r := range results {
		if r.Failed != "" {
			notes = append(notes, fmt.Sprintf("%s %s failed: %s\n", r.Name, r.Version, r.Failed))
			continue
		}
		rows = append(rows, row(c, r, results[0]))
	}
	return fmt.Sprintf("%s: %s, %s bytes, %s connections\n", c.Kind, c.Path, grouped(c.Bytes), grouped(int64(c.Connections))) +
		align(rows) + strings.Join(notes, "")
}

func row(c Capture, r, first Result) []string {
	s := r.Summary()
	perSecond := ""
	if r.sniwatch {
		perSecond = grouped(int64(rate(float64(c.Connections), s.MinCPU)))
	}
	return []string{r.Name + " " + r.Version, fmt.Sprint(len(r.Samples)), seconds(s.MinCPU), seconds(s.MedianCPU), seconds(s.MinWall), seconds(s.MedianWall),
		mebibytes(s), grouped(int64(rate(float64(c.Bytes)/1e6, s.MinWall))), perSecond,
		fmt.Sprintf("%.2f", ratio(s.MinCPU, first.Summary().MinCPU))}
}

// clockTick is the least time that is told from none. Without it, a program
// that took no time at all would be infinitely fast.
const clockTick = time.Millisecond

// rate is an amount a second.
func rate(amount float64, in time.Duration) float64 { return amount / max(in, clockTick).Seconds() }

func ratio(a, b time.Duration) float64 { return float64(a) / float64(max(b, clockTick)) }

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

func mebibytes(s Summary) string {
	text := fmt.Sprintf("%.1f", float64(s.Peak)/(1<<20))
	switch {
	case s.Peak == 0:
		return "-"
	case s.PeakBound:
		return "≤" + text
	}
	return text
}

// grouped writes a number with commas between the thousands.
func grouped(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// align puts the first column to the left and the others to the right.
func align(rows [][]string) string {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				b.WriteString("  " + cell + pad)
			} else {
				b.WriteString("  " + pad + cell)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}
