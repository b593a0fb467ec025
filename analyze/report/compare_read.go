package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"sniwatch/analyze"
)

// ErrNoReport says that something is no report of sniwatch in JSON.
var ErrNoReport = errors.New("is no report of sniwatch in JSON")

// maxReportField is how much of a report one field may take, in bytes. The
// connections are read and forgotten one token after the other.
const maxReportField = 16 << 20

// ReadOutline reads what is compared from a report in JSON, or from the last
// object of one in NDJSON. name is for messages. It holds one field of the
// report in memory at a time, and nothing of the connections.
func ReadOutline(r io.Reader, name string) (analyze.Outline, error) {
	limit := &fieldLimit{r: r}
	read := outlineReader{d: json.NewDecoder(limit), limit: limit}
	limit.d = read.d
	for {
		err := read.object()
		switch {
		case err == io.EOF:
			return read.outline(name)
		case errors.Is(err, ErrNoReport):
			return analyze.Outline{}, fmt.Errorf("%s %w", name, ErrNoReport)
		case err != nil:
			return analyze.Outline{}, fmt.Errorf("%s %w: %w", name, ErrNoReport, err)
		}
	}
}

// A fieldLimit ends a stream in which one field does not end.
type fieldLimit struct {
	r    io.Reader
	d    *json.Decoder
	read int64
	mark int64 // where the field under way began
}

func (l *fieldLimit) Read(p []byte) (int, error) {
	if l.read-l.mark > maxReportField {
		return 0, errors.New("a field of it is longer than 16 MiB")
	}
	n, err := l.r.Read(p)
	l.read += int64(n)
	return n, err
}

// An outlineReader reads objects, one after the other.
type outlineReader struct {
	d      *json.Decoder
	limit  *fieldLimit
	kind   string
	schema int
	found  bool // the report was there
	body   outlineBody
}

// outlineBody are the fields that count, as reportBody writes them.
type outlineBody struct {
	started, ended string
	counts         countsObject
	findings       []findingObject
}

// object reads one object; io.EOF: there is none any more.
func (o *outlineReader) object() error {
	t, err := o.token()
	if err != nil {
		return err
	}
	if t != json.Delim('{') {
		return ErrNoReport
	}
	o.kind = ""
	for o.d.More() {
		key, err := o.token()
		if err != nil {
			return unexpected(err)
		}
		name, _ := key.(string)
		if err := o.field(name); err != nil {
			return unexpected(err)
		}
	}
	if _, err := o.token(); err != nil {
		return unexpected(err)
	}
	o.found = o.found || o.kind == "report"
	return nil
}

// unexpected makes an end within an object an error.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (o *outlineReader) token() (json.Token, error) {
	o.limit.mark = o.d.InputOffset()
	return o.d.Token()
}

// field reads the value of a field, or skips it. The type stands first in all
// that sniwatch writes.
func (o *outlineReader) field(name string) error {
	o.limit.mark = o.d.InputOffset()
	switch {
	case name == "type":
		if err := o.d.Decode(&o.kind); err != nil {
			return err
		}
		if o.kind != "report" && o.kind != "connection" {
			return ErrNoReport
		}
		return nil
	case o.kind == "":
		return ErrNoReport
	case name == "schema":
		if err := o.d.Decode(&o.schema); err != nil {
			return err
		}
		if o.schema != schemaVersion {
			return fmt.Errorf("its schema is %d, and this sniwatch knows %d", o.schema, schemaVersion)
		}
		return nil
	case o.kind == "report":
		switch name {
		case "started":
			return o.d.Decode(&o.body.started)
		case "ended":
			return o.d.Decode(&o.body.ended)
		case "counts":
			return o.d.Decode(&o.body.counts)
		case "findings":
			return o.d.Decode(&o.body.findings)
		}
	}
	return o.skip()
}

// skip reads a value and keeps nothing of it.
func (o *outlineReader) skip() error {
	for depth := 0; ; {
		t, err := o.token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// outline gives what was read.
func (o *outlineReader) outline(name string) (analyze.Outline, error) {
	if !o.found {
		return analyze.Outline{}, fmt.Errorf("%s %w: the report at its end is missing", name, ErrNoReport)
	}
	out := analyze.Outline{Name: name, Counts: analyze.Counts(o.body.counts), Start: instant(o.body.started), End: instant(o.body.ended)}
	for _, f := range o.body.findings {
		d := analyze.Diagnosis{Code: analyze.Code(f.Code), Harmless: f.Harmless}
		if !d.Failure() {
			continue
		}
		one := analyze.OutlineFinding{Code: d.Code, Title: f.Title, CloudFront: f.CloudFront, Connections: max(0, f.Connections), Of: max(0, f.Of)}
		switch c := analyze.Certainty(f.Certainty); c {
		case analyze.Proven, analyze.Likely, analyze.Possible:
			one.Certainty = c
		}
		if len(f.SNI) == 1 && f.MoreSNI == 0 {
			one.SNI = f.SNI[0]
		}
		out.Findings = append(out.Findings, one)
	}
	return out, nil
}

// instant reads a time of the JSON; zero where there is none.
func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t
}
