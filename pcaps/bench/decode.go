package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
)

// A scan of one GiB makes seven GB of NDJSON, of which a few fields are wanted.
// So values that nobody asked for are skipped, not decoded: encoding/json takes
// ten times as long, and is the oracle in the tests.

// maxLine is the longest object that is read, in bytes.
const maxLine = 64 << 20

// An answer is what is read of an object of sniwatch's NDJSON.
type answer struct {
	report      bool // the last object, not a connection
	connections int  // in the report
	key         Key
	facts       Facts // "-" where there is none
}

// decode calls each with every object of NDJSON.
func decode(r io.Reader, each func(*answer)) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 256<<10), maxLine)
	for n := 1; lines.Scan(); n++ {
		a, err := readAnswer(lines.Bytes())
		if err != nil {
			return fmt.Errorf("NDJSON, line %d: %w", n, err)
		}
		each(&a)
	}
	return lines.Err()
}

// readAnswer takes what is wanted out of an object.
func readAnswer(line []byte) (answer, error) {
	a := answer{facts: Facts{"-", "-", "-", "-", "-", "-"}}
	var o object
	var client, server endpoint
	o.members(line, func(name, value []byte) {
		switch string(name) {
		case "type":
			a.report = o.text(value) == "report"
		case "client":
			client = o.endpoint(value)
		case "server":
			server = o.endpoint(value)
		case "client_hello":
			o.member(value, "sni", &a.facts.SNI)
		case "alerts":
			o.alerts(value, &a.facts.Alerts)
		case "end":
			o.member(value, "how", &a.facts.EndHow)
			o.member(value, "by", &a.facts.EndBy)
		case "handshake":
			a.facts.Handshake = o.text(value)
		case "diagnosis":
			o.member(value, "code", &a.facts.Diagnosis)
		case "counts":
			o.members(value, func(name, value []byte) {
				if string(name) == "connections" {
					a.connections = int(o.number(value, 63))
				}
			})
		}
	})
	if !a.report && o.err == nil && !client.ip.IsValid() {
		o.err = errors.New("neither a report nor a connection with a client")
	}
	a.key = Key{netip.AddrPortFrom(client.ip, client.port), server.port}
	return a, o.err
}

// An object reads JSON and keeps the first error.
type object struct{ err error }

func (o *object) fail(err error) {
	if o.err == nil {
		o.err = err
	}
}

var errJSON = errors.New("not the JSON that was expected")

// members calls each with the members of a JSON object, names without their
// quotes and as they were escaped. Nested values are not looked into, so that not
// all mistakes in them are noticed.
func (o *object) members(b []byte, each func(name, value []byte)) {
	b = skipSpace(b)
	if len(b) == 0 || b[0] != '{' {
		o.fail(errJSON)
		return
	}
	if b = skipSpace(b[1:]); len(b) > 0 && b[0] == '}' {
		return
	}
	for {
		end := valueEnd(b)
		if end < 2 || b[0] != '"' {
			break
		}
		name := b[:end]
		b = skipSpace(b[end:])
		if len(b) == 0 || b[0] != ':' {
			break
		}
		b = skipSpace(b[1:])
		if end = valueEnd(b); end == 0 {
			break
		}
		each(name[1:len(name)-1], b[:end])
		b = skipSpace(b[end:])
		if len(b) > 0 && b[0] == '}' {
			return
		}
		if len(b) == 0 || b[0] != ',' {
			break
		}
		b = skipSpace(b[1:])
	}
	o.fail(errJSON)
}

// valueEnd is where the value at the beginning of b ends; 0: it does not.
func valueEnd(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			n := stringEnd(b[i:])
			if n == 0 {
				return 0
			}
			if i += n - 1; depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // of a number or a word
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
	}
	return 0
}

// stringEnd is where the string at the beginning of b ends; 0: it does not.
func stringEnd(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

func skipSpace(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t' || b[0] == '\r' || b[0] == '\n') {
		b = b[1:]
	}
	return b
}

// member sets into to the text of a member, if there is one.
func (o *object) member(b []byte, name string, into *string) {
	o.members(b, func(n, value []byte) {
		if string(n) == name {
			*into = o.text(value)
		}
	})
}

// text is the text of a JSON string.
func (o *object) text(b []byte) (s string) {
	if len(b) >= 2 && b[0] == '"' && bytes.IndexByte(b, '\\') < 0 {
		return string(b[1 : len(b)-1])
	}
	if err := json.Unmarshal(b, &s); err != nil {
		o.fail(err)
	}
	return s
}

func (o *object) number(b []byte, bits int) uint64 {
	n, err := strconv.ParseUint(string(b), 10, bits)
	if err != nil {
		o.fail(err)
	}
	return n
}

type endpoint struct {
	ip   netip.Addr
	port uint16
}

func (o *object) endpoint(b []byte) (e endpoint) {
	o.members(b, func(name, value []byte) {
		switch string(name) {
		case "ip":
			ip, err := netip.ParseAddr(o.text(value))
			if err != nil {
				o.fail(err)
			}
			e.ip = ip
		case "port":
			e.port = uint16(o.number(value, 16))
		}
	})
	return e
}

// alerts sets into to the alerts that were read, not inferred, if there are any.
func (o *object) alerts(b []byte, into *string) {
	var list []struct {
		From      string
		Code      uint8
		Certainty string
	}
	if string(b) == "[]" {
		return
	}
	if err := json.Unmarshal(b, &list); err != nil {
		o.fail(err)
	}
	var seen []string
	for _, alert := range list {
		if alert.Certainty == "observed" {
			seen = append(seen, fmt.Sprintf("%s:%d", alert.From, alert.Code))
		}
	}
	if len(seen) > 0 {
		*into = strings.Join(seen, ",")
	}
}
