package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"sniwatch/analyze"
	"sniwatch/capture"
)

// schemaVersion is the version of the JSON, see docs/schema.md. It changes when
// a field is renamed or removed, not when one is added.
const schemaVersion = 1

// In the JSON, a field that is not known is left out; a list that is known to be
// empty is there, as []. Text stays what it is for whoever decodes it, but for
// bytes that are not UTF-8: JSON cannot hold them, and each becomes U+FFFD. So
// two names that differ in such bytes only look the same there. What would act
// on a terminal or in an HTML page is written as an escape.

// A JSON writes connections as they come and the report at the end, and keeps
// none of them. In the form of --format ndjson each is a line; in the form of
// --format json the whole is one report object with the connections inside.
type JSON struct {
	out    *bufio.Writer
	buf    bytes.Buffer // one object and a newline
	ndjson bool
	any    bool // a connection has been written
}

// NewJSON makes a JSON that writes to w. It buffers: nothing is sure to have
// arrived until Close or Flush.
func NewJSON(w io.Writer, ndjson bool) *JSON {
	return &JSON{out: bufio.NewWriterSize(w, 64<<10), ndjson: ndjson}
}

// Connection writes one connection. An error is the writer's, and comes again
// at the next call.
func (j *JSON) Connection(c *analyze.Connection) error {
	if err := encode(&j.buf, newConnection(c)); err != nil {
		return err
	}
	if !j.ndjson {
		lead := ",\n"
		if !j.any {
			lead = openReport
		}
		j.any = true
		if _, err := j.out.WriteString(lead); err != nil {
			return err
		}
		j.buf.Truncate(j.buf.Len() - 1) // the encoder's newline
	}
	_, err := j.out.Write(j.buf.Bytes())
	return err
}

// openReport begins a report object up to its first connection. The fields
// before it are those of the type header.
const openReport = `{"type":"report","schema":1,"connections":[` + "\n"

// Flush sends on what has been written so far: for somebody who follows a live
// capture.
func (j *JSON) Flush() error { return j.out.Flush() }

// Close writes the report and sends everything on. It does not close the writer.
func (j *JSON) Close(r *analyze.Report) error {
	if j.ndjson {
		if err := encode(&j.buf, reportObject{newHeader("report"), newReport(r)}); err != nil {
			return err
		}
		j.out.Write(j.buf.Bytes()) // its error comes again from Flush
		return j.out.Flush()
	}
	if err := encode(&j.buf, newReport(r)); err != nil {
		return err
	}
	if j.any {
		j.out.WriteByte('\n')
	} else {
		j.out.WriteString(openReport)
	}
	j.out.WriteString("],")
	j.out.Write(j.buf.Bytes()[1:]) // without its brace: the object is open already
	return j.out.Flush()
}

// encode overwrites buf with one object and a newline. encoding/json escapes
// control characters below U+0020, <, >, &, U+2028 and U+2029; the others that
// show nothing, among them the control characters of U+0080 and above, which
// some terminals obey, are escaped here.
func encode(buf *bytes.Buffer, v any) error {
	buf.Reset()
	if err := json.NewEncoder(buf).Encode(v); err != nil {
		return err
	}
	for _, b := range buf.Bytes() {
		if b > '~' { // rare: what is not ASCII, and DEL
			escaped := escapeInvisible(buf.Bytes())
			buf.Reset()
			buf.Write(escaped)
			break
		}
	}
	return nil
}

// escapeInvisible writes characters that show nothing as JSON escapes. They can
// only be in strings: everything else in JSON is printable ASCII, but for the
// newline at its end.
func escapeInvisible(object []byte) []byte {
	out := make([]byte, 0, 2*len(object))
	for len(object) > 0 {
		r, size := utf8.DecodeRune(object)
		switch {
		case r <= '~' || !isInvisible(r):
			out = append(out, object[:size]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		object = object[size:]
	}
	return out
}

// header begins every object.
type header struct {
	Type   string `json:"type"`
	Schema int    `json:"schema"`
}

func newHeader(kind string) header { return header{kind, schemaVersion} }

// stamp writes a packet's time in RFC 3339, in UTC, with as many digits as it
// needs, up to nanoseconds; "", which is left out, where it is not known.
func stamp(t capture.Timestamp) string {
	if t == 0 {
		return ""
	}
	return t.Time().Format(time.RFC3339Nano)
}

// date does the same for a time from elsewhere.
func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// millis gives a duration in milliseconds. Whole nanoseconds divided by a
// million have at most six decimals, and the shortest text that gives the same
// number again, which encoding/json writes, shows no others.
func millis(d time.Duration) *float64 {
	ms := float64(d) / 1e6
	return &ms
}

// list makes an empty list of one that is not there, for lists that are known
// to be empty.
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}
