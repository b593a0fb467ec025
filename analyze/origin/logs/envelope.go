package logs

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
)

// An envelope is what a system of logging put around a line, as far as it
// matters.
type envelope struct {
	depth      int // envelopes that were taken off
	time       time.Time
	resolution time.Duration
	process    string
	caddy      bool // the message is one of Caddy's, in JSON
	stored     bool // the line is a field of the journal's or Docker's JSON
	broken     bool // it is JSON that cannot be read
}

// maxDepth is how many envelopes a line may have: Docker's around Caddy's is two.
const maxDepth = 3

// unwrap takes the envelopes of a line off, and gives the message.
func (p *parser) unwrap(line []byte, env *envelope) []byte {
	for range maxDepth {
		if len(line) > 0 && line[0] == '{' {
			inner, ok := p.unwrapJSON(line, env)
			if !ok {
				return line
			}
			line = bytes.TrimRight(inner, "\r\n")
			continue
		}
		inner, ok := p.unwrapSyslog(line, env)
		if !ok {
			return line
		}
		line = inner
	}
	return line
}

// A jsonLine has the fields that matter of journald (systemd.journal-fields(7)),
// Docker's json-file driver, and Caddy.
type jsonLine struct {
	Message  json.RawMessage `json:"MESSAGE"`
	Realtime string          `json:"__REALTIME_TIMESTAMP"` // µs since 1970
	PID      string          `json:"_PID"`

	Log  *string         `json:"log"`
	Time json.RawMessage `json:"time"`

	Msg    *string         `json:"msg"`
	TS     json.RawMessage `json:"ts"`
	Logger string          `json:"logger"`
}

// unwrapJSON reads a line that is a JSON object; false: it has no message.
func (p *parser) unwrapJSON(line []byte, env *envelope) ([]byte, bool) {
	var o jsonLine
	if err := json.Unmarshal(line, &o); err != nil {
		// A field of another kind than the one that matters is no harm.
		if _, wrongKind := err.(*json.UnmarshalTypeError); !wrongKind {
			env.broken = true
			return nil, false
		}
	}
	switch {
	case len(o.Message) > 0:
		if µs, err := strconv.ParseInt(o.Realtime, 10, 64); err == nil && µs > 0 {
			env.time, env.resolution = time.UnixMicro(µs).UTC(), time.Microsecond
		}
		env.process, env.stored = o.PID, true
		return journalMessage(o.Message)
	case o.Log != nil:
		p.jsonTime(o.Time, env)
		env.stored = true
		return []byte(*o.Log), true
	case o.Msg != nil:
		env.caddy = o.Logger == "http.stdlib" || o.TS != nil
		p.jsonTime(o.TS, env)
		p.jsonTime(o.Time, env)
		return []byte(*o.Msg), true
	}
	return nil, false
}

// journalMessage gives a message of the journal: a string or, where it is not
// UTF-8, a list of bytes.
func journalMessage(raw json.RawMessage) ([]byte, bool) {
	var text string
	if json.Unmarshal(raw, &text) == nil && raw[0] == '"' {
		return []byte(text), true
	}
	var numbers []uint8Number
	if raw[0] != '[' || json.Unmarshal(raw, &numbers) != nil {
		return nil, false
	}
	out := make([]byte, len(numbers))
	for i, n := range numbers {
		out[i] = byte(n)
	}
	return out, true
}

// A uint8Number is a byte that JSON writes as a number: a slice of byte would be
// base64.
type uint8Number uint8

// jsonTime reads a time in JSON: seconds since 1970, or text.
func (p *parser) jsonTime(raw json.RawMessage, env *envelope) {
	if len(raw) == 0 {
		return
	}
	var text string
	if raw[0] == '"' && json.Unmarshal(raw, &text) == nil {
		if t, resolution, _, ok := p.clock.isoTime([]byte(text)); ok {
			env.time, env.resolution = t, resolution
		} else if t, resolution, _ := p.clock.slashedIn([]byte(text), caddyZone); resolution > 0 {
			env.time, env.resolution = t, resolution
		}
		return
	}
	const year9999 = 253402300799
	seconds, err := strconv.ParseFloat(string(raw), 64)
	if err == nil && seconds > 0 && seconds < year9999 {
		env.time, env.resolution = time.UnixMicro(int64(seconds*1e6)).UTC(), time.Microsecond
	}
}

// caddyZone is that of Caddy's times, unless time_local is set.
var caddyZone = time.UTC

// unwrapSyslog takes the header of RFC 3164 or RFC 5424 off, in the forms in
// which syslog daemons, journalctl -o short, short-precise and short-iso, and
// container runtimes write it. The priority in front may be missing.
func (p *parser) unwrapSyslog(line []byte, env *envelope) ([]byte, bool) {
	rest := withoutPriority(line)
	t, resolution, after, ok := p.clock.syslogTime(rest)
	if !ok {
		t, resolution, after, ok = p.clock.isoTime(rest)
	}
	if !ok || len(after) < 2 || after[0] != ' ' {
		return line, false
	}
	message, process, ok := withoutTag(after[1:])
	if !ok {
		return line, false
	}
	if !t.IsZero() {
		env.time, env.resolution = t, resolution
	}
	if process != nil {
		env.process = string(process)
	}
	return message, true
}

// withoutPriority takes "<134>", and the version "1 " of RFC 5424 after it, off.
func withoutPriority(line []byte) []byte {
	end := bytes.IndexByte(line[:min(len(line), 6)], '>')
	if end < 2 || line[0] != '<' {
		return line
	}
	if _, ok := atoi(line[1:end]); !ok {
		return line
	}
	return bytes.TrimPrefix(line[end+1:], []byte("1 "))
}

// maxTag is how long the host and the program's name in a header can be.
const maxTag = 320

// withoutTag takes "host program[pid]: ", "program[pid]: ", "host program pid
// msgid - " (RFC 5424) or "stderr F " (Kubernetes) off.
func withoutTag(b []byte) (message, process []byte, ok bool) {
	for _, stream := range []string{"stderr F ", "stdout F "} {
		if rest, ok := bytes.CutPrefix(b, []byte(stream)); ok {
			return rest, nil, true
		}
	}
	head := b[:min(len(b), maxTag)]
	end := bytes.Index(head, []byte(": "))
	if end >= 0 && bytes.Count(head[:end], []byte(" ")) <= 1 {
		tag := head[:end]
		if open := bytes.LastIndexByte(tag, '['); open >= 0 && tag[len(tag)-1] == ']' {
			process = tag[open+1 : len(tag)-1]
		}
		return b[end+2:], process, true
	}
	f := bytes.SplitN(head, []byte(" "), 6)
	if len(f) == 6 && string(f[4]) == "-" {
		length := len(f[0]) + len(f[1]) + len(f[2]) + len(f[3]) + len(f[4]) + 5
		if _, number := atoi(f[2]); number {
			process = f[2]
		}
		return b[length:], process, true
	}
	return nil, nil, false
}
