package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"

	"sniwatch/capture"
)

// A dump is the file of -w.
type dump struct {
	name string
	file io.WriteCloser
	sink capture.Sink
}

func newDump(o *options) (*dump, error) {
	file, err := create(o.write, o.read)
	if err != nil {
		return nil, err
	}
	settings := capture.WriterOptions{
		OS:          runtime.GOOS,
		Application: "sniwatch " + versionNumber(),
		Interface:   o.interfaceName,
		SnapLen:     uint32(o.snapLen),
	}
	d := &dump{name: o.write, file: file}
	if strings.HasSuffix(o.write, ".pcap") {
		d.sink = capture.NewPcapWriter(file, settings)
		return d, nil
	}
	d.sink, err = capture.NewWriter(file, settings)
	return d, d.explain(err)
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

func (d *dump) write(p *capture.Packet) error { return d.explain(d.sink.Write(p, "")) }

func (d *dump) close() error {
	if err := d.sink.Flush(); err != nil {
		d.file.Close()
		return d.explain(err)
	}
	return d.explain(d.file.Close())
}

func (d *dump) explain(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("cannot write packets to %s: %w", d.name, err)
}
