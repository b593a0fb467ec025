package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"sniwatch/capture"
)

// turn begins another file where it is time for that: by -G, or before the packet
// would make the present one too large for -C.
func (d *dump) turn(p *capture.Packet) error {
	slice := time.Duration(d.o.fileTime) * time.Second
	switch limit := int64(d.o.fileSize) * 1e6; {
	case d.file == nil && d.began == 0:
		d.began = p.Time
	case slice > 0 && (p.Time.Sub(d.began) >= slice || p.Time.Sub(d.began) <= -slice):
		d.began, d.number = p.Time, 0
	case limit > 0 && d.file != nil && d.bytes+int64(recordSize(p)) > limit:
		d.number = d.following()
	case d.file != nil:
		return nil
	}
	if err := d.shut(); err != nil {
		return err
	}
	name := d.ringName()
	if err := d.open(name); err != nil {
		return err
	}
	d.bound(name)
	return nil
}

// following is the number of the next file. With -C and -W alone they begin anew,
// as tcpdump's do.
func (d *dump) following() int {
	if d.o.fileCount > 0 && d.o.fileTime == 0 {
		return (d.number + 1) % d.o.fileCount
	}
	return d.number + 1
}

// ringName gives the name of the file whose turn it is, as tcpdump makes it: the time
// filled in, and a number behind it, with as many digits as the last one has.
func (d *dump) ringName() string {
	name := d.o.write
	if d.o.fileTime > 0 {
		name = strftime(name, d.began.Time().Local())
	}
	digits := 0
	if d.o.fileCount > 0 {
		digits = len(strconv.Itoa(d.o.fileCount - 1))
	}
	if d.o.fileSize == 0 || digits == 0 && d.number == 0 {
		return name
	}
	return fmt.Sprintf("%s%0*d", name, digits, d.number)
}

// bound removes the oldest files that this run has made, beyond those of -W. Without
// it, nothing is remembered of them.
func (d *dump) bound(name string) {
	if d.o.fileCount == 0 {
		return
	}
	d.made = append(slices.DeleteFunc(d.made, func(made string) bool { return made == name }), name)
	for len(d.made) > d.o.fileCount {
		_ = os.Remove(d.made[0]) // who has taken it away already is welcome to it
		d.made = slices.Delete(d.made, 0, 1)
	}
}
