package main

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

// decoded is what encoding/json makes of the same line.
type decoded struct {
	Type   string
	Client struct {
		IP   string
		Port uint16
	}
	Hello     struct{ SNI string } `json:"client_hello"`
	End       struct{ How, By string }
	Handshake string
	Diagnosis struct{ Code string }
}

const decodeSample = `{"type":"connection","note":"\\\"}{[","client":{"ip":"2600::1","port":34512,"deep":[{"a":[1,2]},"]"]},` +
	` "server" : { "ip":"10.0.0.10", "port" : 443 } ,"client_hello":{"list":[],"sni":"b\u00fccher.\"example"},"alerts":[],` +
	`"end":{"how":"reset","by":"client","after_ms":1.1},"handshake":"refused","diagnosis":{"evidence":[{"says":"code"}],"code":"name-not-covered"}}`

func TestReadAnswerAsEncodingJSON(t *testing.T) {
	a, err := readAnswer([]byte(decodeSample))
	if err != nil {
		t.Fatal(err)
	}
	var d decoded
	if err := json.Unmarshal([]byte(decodeSample), &d); err != nil {
		t.Fatal(err)
	}
	want := Facts{d.Hello.SNI, "-", d.End.How, d.End.By, d.Diagnosis.Code, d.Handshake}
	if a.facts != want || a.key.Client.Addr().String() != d.Client.IP || a.key.Client.Port() != d.Client.Port || a.key.ServerPort != 443 {
		t.Errorf("%+v, want %+v", a, d)
	}
}

func TestReadAnswerRefuses(t *testing.T) {
	for _, line := range []string{``, `{`, `[]`, `{}`, `{"type":"connection"}`, `{"type":7}`, `{"type":"report"`, `{"type" "report"}`,
		`{"type":"report",}`, `{"client":{"ip":"x"}}`, `{"client":{"ip":"1.2.3.4","port":70000}}`, `{"type":"report","alerts":[7]}`,
		`{"type":"report","counts":{"connections":-1}}`} {
		if a, err := readAnswer([]byte(line)); err == nil {
			t.Errorf("%s: %+v, want an error", line, a)
		}
	}
}

// FuzzMembers: of every object that is JSON, the members are those that
// encoding/json finds.
func FuzzMembers(f *testing.F) {
	for _, seed := range []string{decodeSample, `{}`, ` { "a" : -1.5e3 , "b":null,"c":[[{}],"\\"] } `, `{"a":"\u0022","a":2}`, `{"a":1`, `{"a"}`, `{"`, `{"\`, `{]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got := map[string]json.RawMessage{}
		var o object
		o.members(b, func(name, value []byte) {
			var plain string
			if json.Unmarshal([]byte(`"`+string(name)+`"`), &plain) == nil {
				got[plain] = bytes.Clone(value)
			}
		})
		want := map[string]json.RawMessage{}
		if json.Unmarshal(b, &want) != nil || want == nil {
			return
		}
		if o.err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %q, %v, want %q", b, got, o.err, want)
		}
	})
}

func BenchmarkReadAnswer(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(decodeSample)))
	for b.Loop() {
		if _, err := readAnswer([]byte(decodeSample)); err != nil {
			b.Fatal(err)
		}
	}
}
