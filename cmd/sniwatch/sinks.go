package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"sniwatch/analyze"
	"sniwatch/analyze/report"
)

// A stream is a format that takes connections as they come, and keeps none.
type stream interface {
	Connection(*analyze.Connection) error
	Flush() error
	Close(*analyze.Report) error
}

// newStream makes the stream of a format; nil: the format is made from the
// report when all is over.
func newStream(f report.Format, w io.Writer) stream {
	switch f {
	case report.JSONFile, report.NDJSON:
		return report.NewJSON(w, f == report.NDJSON)
	case report.CSVFile:
		return report.NewCSV(w)
	}
	return nil
}

// A sink is one place that the report goes to: standard output, or a file.
type sink struct {
	format report.Format
	w      io.Writer
	stream stream       // nil where the format is no stream
	file   *report.File // nil for standard output
	bundle *bundle      // of a .zip
	err    error        // the first that it gave; it is then left alone
}

// openSinks makes the files of --report, so that what is wrong with one is told
// before any work is done. On an error none is left.
func openSinks(o *options) (sinks []*sink, err error) {
	defer func() {
		if err != nil {
			abort(sinks)
		}
	}()
	for i, name := range o.reports {
		if slices.Contains(o.reports[:i], name) {
			return sinks, usageError{fmt.Sprintf("--report %s is there twice", name), ""}
		}
		format, ok := report.FormatOf(name)
		if !ok {
			return sinks, usageError{fmt.Sprintf("--report %s: the ending does not say in which format", name),
				"the endings are .html .md .txt .json .ndjson .csv .zip"}
		}
		if overwrites(name, o.read) {
			return sinks, usageError{fmt.Sprintf("--report %s would overwrite the capture that is to be read", name), "give --report another file"}
		}
		f, err := report.CreateFile(name, o.force)
		if errors.Is(err, report.ErrExists) {
			return sinks, hinted{err, "--force overwrites it"}
		}
		if err != nil {
			return sinks, err
		}
		s := &sink{format: format, w: f, file: f, stream: newStream(format, f)}
		sinks = append(sinks, s)
		if format == report.Bundle {
			if s.bundle, err = newBundle(filepath.Dir(name)); err != nil {
				return sinks, err
			}
			s.stream = s.bundle
		}
	}
	return sinks, nil
}

// abort removes what the files hold so far.
func abort(sinks []*sink) {
	for _, s := range sinks {
		if s.bundle != nil {
			s.bundle.close()
		}
		if s.file != nil {
			s.file.Abort()
		}
	}
}

// connection takes a connection that is over.
func (s *sink) connection(c *analyze.Connection) {
	if s.stream != nil && s.err == nil {
		s.err = s.stream.Connection(c)
	}
}

// finish writes what is left to write, and gives a file its name.
func (s *sink) finish(r *analyze.Report, pages *pages) error {
	switch {
	case s.err != nil:
	case s.bundle != nil:
		s.err = s.bundle.write(s.w, r, pages)
	case s.stream != nil:
		s.err = s.stream.Close(r)
	default:
		s.err = pages.write(s.w, s.format, r)
	}
	if s.file == nil {
		return s.err
	}
	if s.err != nil {
		s.file.Abort()
		return fmt.Errorf("cannot write %s: %w", s.file.Name(), s.err)
	}
	return s.file.Commit()
}

// pages are what the formats for people are made from when all is over.
type pages struct {
	command  string
	evidence *evidenceFile // nil: there is none
	red      *redaction    // nil: nothing is replaced
	all      bool
	kept     []*analyze.Connection
	more     int
	width    int // of the terminal that text goes to; 0: none
	colour   bool
}

// write writes the report in one of the formats for people.
func (p *pages) write(w io.Writer, f report.Format, r *analyze.Report) error {
	page := report.PageOptions{Command: p.command, Connections: p.kept, MoreConnections: p.more, All: p.all}
	switch f {
	case report.HTML:
		return report.WriteHTML(w, r, page)
	case report.Markdown:
		return report.WriteMarkdown(w, r, page)
	}
	return report.WriteText(w, r, report.TextOptions{
		Width: min(p.width, 100), Colour: p.colour, All: p.all, Connections: p.kept, MoreConnections: p.more,
	})
}

// A bundle collects the parts of a .zip that are streams while the others wait.
type bundle struct {
	json, csv         stream
	jsonFile, csvFile *report.Spool
}

func newBundle(folder string) (*bundle, error) {
	b := &bundle{}
	var err error
	if b.jsonFile, err = report.NewSpool(folder); err != nil {
		return nil, err
	}
	if b.csvFile, err = report.NewSpool(folder); err != nil {
		b.close()
		return nil, err
	}
	b.json, b.csv = newStream(report.JSONFile, b.jsonFile), newStream(report.CSVFile, b.csvFile)
	return b, nil
}

// Connection adds a connection to both streams.
func (b *bundle) Connection(c *analyze.Connection) error {
	return errors.Join(b.json.Connection(c), b.csv.Connection(c))
}

// Flush does nothing: nobody can follow a bundle.
func (b *bundle) Flush() error { return nil }

// Close ends both streams.
func (b *bundle) Close(r *analyze.Report) error { return errors.Join(b.json.Close(r), b.csv.Close(r)) }

func (b *bundle) close() {
	for _, f := range []*report.Spool{b.jsonFile, b.csvFile} {
		if f != nil {
			f.Close()
		}
	}
}

// write puts the bundle together.
func (b *bundle) write(w io.Writer, r *analyze.Report, p *pages) error {
	defer b.close()
	if err := b.Close(r); err != nil {
		return err
	}
	return report.WriteBundle(w, report.NewManifest(r, p.command), b.parts(r, p))
}

// parts lists the files of the bundle, what is read first at the top.
func (b *bundle) parts(r *analyze.Report, p *pages) []report.Part {
	var parts []report.Part
	for _, page := range []struct {
		name   string
		format report.Format
	}{{"report.html", report.HTML}, {"report.md", report.Markdown}, {"report.txt", report.Text}} {
		parts = append(parts, report.Part{Name: page.name, Write: func(w io.Writer) error { return p.write(w, page.format, r) }})
	}
	parts = append(parts, b.jsonFile.Part("report.json"), b.csvFile.Part("connections.csv"))
	if p.evidence != nil {
		parts = append(parts, report.Part{Name: "evidence.pcapng", Write: func(w io.Writer) error { return p.evidence.to(w, r) }})
	}
	if p.red != nil && len(p.red.Roots()) > 0 { // an empty one could not be given to --roots
		parts = append(parts, report.TextPart("roots.pem", string(p.red.Roots())))
	}
	return append(parts, report.CertificateParts(r)...)
}

// commandLine gives the arguments as they can be typed again in a shell.
func commandLine(args []string) string {
	var b strings.Builder
	b.WriteString("sniwatch")
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+.,:/@%"
	for _, a := range args {
		if a == "" || strings.Trim(a, plain) != "" {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		b.WriteString(" " + a)
	}
	return b.String()
}
