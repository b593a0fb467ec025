package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"sniwatch/analyze"
	"sniwatch/capture"
)

// A dump is what -w writes: one file, or a ring of them. nil: there is none.
//
// Read from files, an error ends it. Live, packets are left out while a file
// cannot be written, as on a full disk; that is told once, and tried again.
type dump struct {
	o        *options
	settings capture.WriterOptions
	live     bool
	tell     func(error)
	keeper   *keeper // nil: everything is written

	file   *wholeFile // nil: it could not be made, or no packet came yet
	sink   capture.Sink
	bytes  int64             // about so many the file has, with what is gathered
	fresh  int               // packets that are gathered, and not in the file yet
	began  capture.Timestamp // of this time slice of -G
	number int               // of the file in it
	made   []string          // files that -W may remove, the oldest first

	failing  error             // what the last write gave; nil: it worked
	dropping bool              // packets are left out until it is tried again
	tried    capture.Timestamp // when it was tried last
	lost     int               // packets that were left out
	lostThen int               // of these, before the last write failed
}

// tryAgain is how long it takes until a file that could not be written is tried
// again.
const tryAgain = 10 * time.Second

// newDump makes the file of -w. Those of a ring are made when packets come, by the
// user that the process is then.
func newDump(o *options, s streams) (*dump, error) {
	d := &dump{o: o, tell: s.tell, live: o.interfaceName != "", settings: capture.WriterOptions{
		OS:          runtime.GOOS,
		Application: "sniwatch " + versionNumber(),
		Interface:   o.interfaceName,
		SnapLen:     uint32(o.snapLen),
	}}
	if o.keeps {
		d.keeper = newKeeper(o)
	}
	if o.ring() {
		return d, nil
	}
	return d, d.open(o.write)
}

// open begins a file.
func (d *dump) open(name string) error {
	file, err := create(name, d.o.read)
	if err != nil {
		return err
	}
	d.file = &wholeFile{name: name, file: file, written: d.written}
	return d.begin()
}

// begin makes the writer of the file, which goes on behind what is in it.
func (d *dump) begin() (err error) {
	const headers = 512 // bytes at most of what describes the capture
	d.bytes, d.fresh = d.file.size+headers, 0
	switch {
	case !strings.HasSuffix(d.o.write, ".pcap"):
		d.sink, err = capture.NewWriter(d.file, d.settings)
	case d.sink == nil || d.file.size == 0:
		d.sink = capture.NewPcapWriter(d.file, d.settings)
	}
	return d.explain(err)
}

// written is told by the file that everything gathered is in it.
func (d *dump) written() {
	d.fresh = 0
	if d.failing != nil {
		d.failing = nil
		d.tell(fmt.Errorf("packets are written to %s again; %d were left out meanwhile", d.file.name, d.lost-d.lostThen))
	}
}

// create makes the file, unless that would destroy one that is to be read.
func create(name string, inputs []string) (*os.File, error) {
	if overwrites(name, inputs) {
		return nil, usageError{fmt.Sprintf("-w %s would overwrite the capture that is to be read", name), "give -w another file"}
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, fmt.Errorf("cannot write packets: %w", err)
	}
	return f, nil
}

// overwrites tells whether a file is one of the inputs, by whatever name.
func overwrites(name string, inputs []string) bool {
	there, err := os.Stat(name)
	return err == nil && slices.ContainsFunc(inputs, func(input string) bool {
		in, err := os.Stat(input)
		return err == nil && os.SameFile(there, in)
	})
}

// write takes a packet.
func (d *dump) write(p *capture.Packet) error {
	if d.keeper != nil {
		return d.keeper.packet(p, d.put)
	}
	return d.put(p)
}

// failed hears of a connection that failed.
func (d *dump) failed(c *analyze.Connection) {
	if d != nil && d.keeper != nil {
		_ = d.keeper.failed(c, d.put) // live there is none, and from files close gives it again
	}
}

// put writes a packet to the file whose turn it is.
func (d *dump) put(p *capture.Packet) error {
	if d.dropping && p.Time >= d.tried && p.Time.Sub(d.tried) < tryAgain {
		d.lost++
		return nil
	}
	err := d.ready(p)
	if err == nil {
		d.bytes += int64(recordSize(p))
		err = d.explain(d.sink.Write(p, ""))
	}
	d.fresh++
	if err != nil {
		return d.failedToWrite(err, p.Time)
	}
	return nil
}

// recordSize is how much a packet adds to a file, at most.
func recordSize(p *capture.Packet) int {
	const enhanced = 32 // bytes of an Enhanced Packet Block beside the packet (draft-ietf-opsawg-pcapng, section 4.3)
	return enhanced + (len(p.Data)+3)&^3
}

// ready makes sure that there is a file to write a packet to.
func (d *dump) ready(p *capture.Packet) error {
	if d.o.ring() {
		if err := d.turn(p); err != nil {
			return err
		}
	}
	if !d.dropping {
		return nil
	}
	d.dropping = false
	return d.begin()
}

// failedToWrite notes an error. Live, it is no reason to end.
func (d *dump) failedToWrite(err error, at capture.Timestamp) error {
	known := d.failing != nil
	if !known {
		d.lostThen = d.lost
	}
	d.lost += d.fresh
	d.fresh, d.tried, d.dropping, d.failing = 0, at, true, err
	if !d.live {
		return err
	}
	if !known {
		d.tell(hinted{err, "sniwatch goes on without, and tries again every 10 s"})
	}
	return nil
}

// flush hands on what was gathered; now is the time.
func (d *dump) flush(now time.Time) error {
	if d.sink == nil || d.dropping {
		return nil
	}
	if err := d.explain(d.sink.Flush()); err != nil {
		return d.failedToWrite(err, capture.Timestamp(now.UnixNano()))
	}
	return nil
}

// close ends the file, and tells what is not in it.
func (d *dump) close() error {
	if d.keeper != nil && d.keeper.says() != "" {
		d.tell(fmt.Errorf("%s: %s", d.o.write, d.keeper.says()))
	}
	err := d.shut()
	if d.lost > 0 && d.live {
		return errors.Join(fmt.Errorf("%d packets could not be written to %s", d.lost, d.o.write), err)
	}
	if d.keeper != nil && err == nil && !d.live {
		return d.failing // of packets that nobody waited for
	}
	return err
}

// shut writes what was gathered, and closes the file.
func (d *dump) shut() error {
	if d.file == nil {
		return nil
	}
	var err error
	if !d.dropping {
		err = d.sink.Flush()
	}
	if err != nil {
		d.lost += d.fresh
		d.fresh = 0
	}
	if closed := d.file.file.Close(); err == nil {
		err = closed
	}
	err = d.explain(err)
	d.file, d.sink = nil, nil
	return err
}

// chown gives the file to another user.
func (d *dump) chown(uid, gid int) error {
	if d == nil || d.file == nil {
		return nil
	}
	if info, err := d.file.file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil // a pipe or a device is somebody else's
	}
	return d.explain(d.file.file.Chown(uid, gid))
}

func (d *dump) explain(err error) error {
	if err == nil || d.file == nil {
		return err
	}
	return fmt.Errorf("cannot write packets to %s: %w", d.file.name, withoutPath(err))
}

// withoutPath gives what the operating system said without the name of the file,
// which is told already.
func withoutPath(err error) error {
	if path, ok := errors.AsType[*os.PathError](err); ok {
		return path.Err
	}
	return err
}

// A wholeFile takes what is written to it whole or not at all.
type wholeFile struct {
	name    string
	file    *os.File
	size    int64
	written func() // called after each success
}

var _ io.Writer = (*wholeFile)(nil)

// Write writes at the end of the file, or takes back what it wrote.
func (f *wholeFile) Write(b []byte) (int, error) {
	n, err := f.file.Write(b)
	if err == nil {
		f.size += int64(n)
		f.written()
		return n, nil
	}
	if n > 0 { // neither can be done to a pipe, whose reader is gone anyway
		_ = f.file.Truncate(f.size)
		_, _ = f.file.Seek(f.size, io.SeekStart)
	}
	return 0, err
}
