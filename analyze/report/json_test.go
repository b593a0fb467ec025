package report

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/tlswire"
	"sniwatch/capture"
)

// selfSigned makes the DER of a certificate.
func selfSigned(t testing.TB, name string) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: day("2024-01-01"), NotAfter: day("2024-03-31")}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// complete has a value in every field.
func complete(t testing.TB) *analyze.Connection {
	chain := origin.ParseChain([][]byte{selfSigned(t, "www.example.com"), []byte("no certificate")})
	c := refused("130.176.135.149:34512", "origin.example.com", "03:41:18.000123", 1)
	c.Log = []analyze.LogLine{{File: "error.log", Line: 3, Text: "…", Class: "peer-reset", Certainty: analyze.Possible, Alike: 2, Contradicts: "The log says: …"}}
	c.ClientHello.ClientHello = tlswire.ClientHello{
		LegacyVersion: tlswire.TLS12, Random: bytes.Repeat([]byte{0xab}, 32),
		ServerName: "origin.example.com", ServerNameState: tlswire.Present, ECH: true,
		SupportedVersions: []tlswire.Version{0x0a0a, tlswire.TLS13}, CipherSuites: []tlswire.CipherSuite{0xc02f, 0x1a2b},
		Groups: []tlswire.Group{tlswire.X25519}, KeyShares: []tlswire.Group{tlswire.Secp256r1},
		SignatureSchemes: []tlswire.SignatureScheme{0x0403}, ALPN: []string{"http/1.1"},
	}
	c.ClientHello.Segments, c.ClientHello.Records, c.ClientHello.RecordVersion = 2, 1, tlswire.TLS10
	c.ServerHello = &analyze.ServerHello{ServerHello: tlswire.ServerHello{LegacyVersion: tlswire.TLS12, CipherSuite: 0xc02f, ALPN: "http/1.1"},
		Packet: 6, Group: tlswire.X25519}
	c.Certificate = analyze.Certificate{State: tlswire.Present, Packet: 6, Chain: chain}
	c.Local = analyze.Local{Certificate: &origin.Certificate{File: "www.pem", Chain: chain}, ChosenBy: origin.BySNI, Agrees: tlswire.Present}
	c.Alerts = []analyze.Alert{
		{Packet: 8, From: analyze.FromClient, Alert: tlswire.Alert{Level: tlswire.Fatal, Description: tlswire.BadCertificate}},
		{Packet: 9, From: analyze.FromServer, Alert: tlswire.Alert{Level: tlswire.Warning, Description: tlswire.CloseNotify}},
		{Packet: 10, From: analyze.FromClient, Inferred: true},
	}
	c.Gaps = []analyze.Gap{{From: analyze.FromServer, AfterByte: 1448, Bytes: 1448}, {From: analyze.FromClient, Bytes: 1}}
	c.Faults = []analyze.Fault{{Packet: 4, From: analyze.FromClient, In: "ClientHello", Fault: tlswire.Fault{Field: "cipher_suites", Offset: 35}}}
	c.History = "SsAHhcR"
	c.Diagnosis = analyze.Diagnosis{Code: analyze.NameNotCovered, Certainty: analyze.Proven, Title: "title", Explanation: "why",
		Evidence: []analyze.Evidence{{Packet: 10, Label: "asked for", Value: "origin.example.com", Note: "note"}, {File: "www.pem", Value: "value"}},
		Fixes:    []analyze.Fix{{Says: "Renew:", Command: "certbot renew"}, {Says: "Wait."}},
		Also:     []analyze.Code{analyze.CertificateExpired}, ArticleRow: 6}
	return c
}

// decode reads one line of JSON.
func decode(t *testing.T, line []byte) map[string]any {
	t.Helper()
	var m map[string]any
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if err := d.Decode(&m); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	if _, err := d.Token(); err != io.EOF {
		t.Fatalf("more than one object: %s", line)
	}
	return m
}

// fields lists the fields of an object as paths; those of a list of objects
// with [] for their place.
func fields(prefix string, v any, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			path := strings.TrimPrefix(prefix+"."+k, ".")
			into[path] = true
			fields(path, inner, into)
		}
	case []any:
		for _, inner := range v {
			fields(prefix+"[]", inner, into)
		}
	}
}

// connectionFields are the fields of docs/schema.md, in its order.
var connectionFields = strings.Fields(`
	type schema id file start duration_ms packets packets.first packets.last packets.count
	client client.ip client.port client.network client.prefix client.service server server.ip server.port
	client_hello client_hello.packet client_hello.count client_hello.random client_hello.sni client_hello.sni_state
	client_hello.record_version client_hello.record_version.code client_hello.record_version.name
	client_hello.versions client_hello.versions[].code client_hello.versions[].name
	client_hello.cipher_suites client_hello.cipher_suites[].code client_hello.cipher_suites[].name
	client_hello.groups client_hello.groups[].code client_hello.groups[].name
	client_hello.key_shares client_hello.key_shares[].code client_hello.key_shares[].name
	client_hello.signature_schemes client_hello.signature_schemes[].code client_hello.signature_schemes[].name
	client_hello.alpn client_hello.ech client_hello.ja3 client_hello.ja4 client_hello.segments client_hello.records
	server_hello server_hello.packet server_hello.version server_hello.version.code server_hello.version.name
	server_hello.cipher_suite server_hello.cipher_suite.code server_hello.cipher_suite.name
	server_hello.group server_hello.group.code server_hello.group.name server_hello.alpn
	server_hello.hello_retry_request server_hello.resumed
	certificate certificate.state certificate.packet certificate.chain certificate.chain[].subject
	certificate.chain[].issuer certificate.chain[].names certificate.chain[].not_before certificate.chain[].not_after
	certificate.chain[].sha256 certificate.chain[].key certificate.chain[].signature
	certificate.local certificate.local.file certificate.local.sha256 certificate.local.chosen_by certificate.local.agrees
	alerts alerts[].packet alerts[].from alerts[].level alerts[].code alerts[].name alerts[].certainty
	end end.how end.by end.packet end.after_ms end.stage handshake history
	gaps gaps[].from gaps[].after_byte gaps[].bytes
	faults faults[].packet faults[].from faults[].in faults[].field faults[].offset
	diagnosis diagnosis.code diagnosis.certainty diagnosis.title diagnosis.explanation
	diagnosis.evidence diagnosis.evidence[].packet diagnosis.evidence[].file diagnosis.evidence[].says
	diagnosis.fixes diagnosis.also diagnosis.article_row
	log log[].file log[].line log[].text log[].class log[].certainty log[].alike log[].contradicts`)

// unknownFields are those that a connection of which nothing is known still has.
var unknownFields = strings.Fields(`
	type schema id packets packets.count client client.ip client.port client.network server server.ip server.port
	certificate certificate.state alerts end end.how end.stage handshake gaps faults`)

func TestConnectionFields(t *testing.T) {
	empty := &analyze.Connection{Client: netip.MustParseAddrPort("192.0.2.1:1"), Server: netip.MustParseAddrPort("192.0.2.2:443")}
	for name, test := range map[string]struct {
		c    *analyze.Connection
		want []string
	}{"everything": {complete(t), connectionFields}, "nothing": {empty, unknownFields}} {
		t.Run(name, func(t *testing.T) {
			checkFields(t, connectionLine(t, test.c), test.want)
		})
	}
}

// connectionLine writes a connection and reads it again.
func connectionLine(t *testing.T, c *analyze.Connection) map[string]any {
	t.Helper()
	var b bytes.Buffer
	j := NewJSON(&b, true)
	if err := errors.Join(j.Connection(c), j.Flush()); err != nil {
		t.Fatal(err)
	}
	return decode(t, b.Bytes())
}

// checkFields compares the fields of an object with those it must have.
func checkFields(t *testing.T, object map[string]any, want []string) {
	t.Helper()
	got := map[string]bool{}
	fields("", object, got)
	for _, f := range want {
		if !got[f] {
			t.Errorf("%s is missing", f)
		}
		delete(got, f)
	}
	for f := range got {
		t.Errorf("%s is not in the schema", f)
	}
}

// value follows a path into an object.
func value(t *testing.T, v any, path ...any) string {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			v = v.(map[string]any)[step]
		case int:
			v = v.([]any)[step]
		}
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestConnectionValues(t *testing.T) {
	c := complete(t)
	leaf := hex.EncodeToString(c.Certificate.Chain.SHA256[0][:])
	got := connectionLine(t, c)
	for _, test := range []struct {
		path []any
		want string
	}{
		{[]any{"type"}, `"connection"`},
		{[]any{"schema"}, `1`},
		{[]any{"start"}, `"2024-01-16T03:41:18.000123Z"`},
		{[]any{"duration_ms"}, `3.1`},
		{[]any{"packets"}, `{"count":10,"first":1,"last":10}`},
		{[]any{"client"}, `{"ip":"130.176.135.149","network":"cloudfront","port":34512,"prefix":"130.176.128.0/21","service":"CLOUDFRONT_ORIGIN_FACING"}`},
		{[]any{"client_hello", "cipher_suites"}, `[{"code":49199,"name":"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},{"code":6699,"name":"0x1a2b"}]`},
		{[]any{"client_hello", "versions", 1}, `{"code":772,"name":"TLS 1.3"}`},
		{[]any{"client_hello", "sni"}, `"origin.example.com"`},
		{[]any{"client_hello", "random"}, `"` + strings.Repeat("ab", 32) + `"`},
		{[]any{"server_hello", "version"}, `{"code":771,"name":"TLS 1.2"}`},
		{[]any{"certificate", "state"}, `"present"`},
		{[]any{"certificate", "chain", 0, "sha256"}, `"` + leaf + `"`},
		{[]any{"certificate", "chain", 0, "subject"}, `"CN=www.example.com"`},
		{[]any{"certificate", "chain", 0, "not_after"}, `"2024-03-31T00:00:00Z"`},
		{[]any{"certificate", "chain", 0, "key"}, `"ECDSA P-256"`},
		{[]any{"certificate", "local"}, `{"agrees":true,"chosen_by":"sni","file":"www.pem","sha256":"` + leaf + `"}`},
		{[]any{"alerts", 0}, `{"certainty":"observed","code":42,"from":"client","level":"fatal","name":"bad_certificate","packet":8}`},
		{[]any{"alerts", 1, "code"}, `0`},
		{[]any{"alerts", 2}, `{"certainty":"inferred","from":"client","packet":10}`},
		{[]any{"end"}, `{"after_ms":1.1,"by":"client","how":"reset","packet":10,"stage":"after-server-flight"}`},
		{[]any{"gaps", 1}, `{"after_byte":0,"bytes":1,"from":"client"}`},
		{[]any{"diagnosis", "evidence", 0}, `{"packet":10,"says":"asked for: origin.example.com (note)"}`},
		{[]any{"diagnosis", "evidence", 1}, `{"file":"www.pem","says":"value"}`},
		{[]any{"diagnosis", "fixes"}, `["Renew:\ncertbot renew","Wait."]`},
		{[]any{"diagnosis", "also"}, `["certificate-expired"]`},
	} {
		if got := value(t, got, test.path...); got != test.want {
			t.Errorf("%v = %s, want %s", test.path, got, test.want)
		}
	}
	if got := value(t, got, "certificate", "chain", 1); len(got) != len(`{"sha256":""}`)+64 {
		t.Errorf("of what is no certificate, only the fingerprint is known: %s", got)
	}
}

// TestUnknownIsLeftOut makes sure that nothing stands in for what is not known.
func TestUnknownIsLeftOut(t *testing.T) {
	c := complete(t)
	c.ClientHello.ServerNameState, c.ClientHello.ServerName = tlswire.Absent, ""
	c.ClientHello.ALPN, c.ClientHello.Groups = nil, nil
	c.ServerHello.CipherSuite, c.ServerHello.Group = 0, 0
	c.Local.Agrees = tlswire.Unseen
	c.End = analyze.End{How: analyze.Open, After: -1}
	got := connectionLine(t, c)
	have := map[string]bool{}
	fields("", got, have)
	for _, f := range strings.Fields(`client_hello.sni server_hello.cipher_suite server_hello.group certificate.local.agrees
		end.by end.packet end.after_ms`) {
		if have[f] {
			t.Errorf("%s is there", f)
		}
	}
	if got := value(t, got, "client_hello", "alpn") + value(t, got, "client_hello", "groups"); got != "[][]" {
		t.Errorf("lists that are known to be empty: %s", got)
	}

	c.ClientHello.Partial = true
	c.End = analyze.End{How: analyze.Closed, By: analyze.FromServer, After: -1}
	have = map[string]bool{}
	fields("", connectionLine(t, c), have)
	for _, f := range strings.Fields("client_hello.alpn client_hello.groups client_hello.ja3 client_hello.ja4 end.after_ms") {
		if have[f] {
			t.Errorf("%s is there, though it was not read", f)
		}
	}
	for _, f := range strings.Fields("client_hello.partial client_hello.cipher_suites end.by") {
		if !have[f] {
			t.Errorf("%s is missing", f)
		}
	}
}

func TestMillis(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0", 1: "0.000001", 1100 * time.Microsecond: "1.1", 123456789: "123.456789", time.Hour: "3600000",
		240*time.Hour + 1: "864000000.000001", 3*time.Millisecond + 100*time.Nanosecond: "3.0001",
	} {
		got, err := json.Marshal(millis(d))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%d ns = %s, want %s", d, got, want)
		}
	}
}

var reportFields = strings.Fields(`
	type schema version made started ended live inputs inputs[].name inputs[].packets inputs[].bytes inputs[].first inputs[].last
	inputs[].link_types inputs[].broken ranges ranges.source ranges.created ranges.age_days roots
	certificates certificates[].file certificates[].names certificates[].not_after certificates[].problems
	certificates[].problems[].code certificates[].problems[].warning certificates[].problems[].says
	counts counts.connections counts.cloudfront counts.complete counts.refused counts.failed counts.none counts.unknown
	counts.cloudfront_complete counts.cloudfront_refused counts.cloudfront_failed
	findings findings[].code findings[].certainty findings[].cloudfront findings[].connections findings[].of
	findings[].first findings[].last findings[].sni findings[].more_sni findings[].clients findings[].more_clients
	findings[].addresses findings[].title findings[].explanation findings[].evidence findings[].evidence[].packet
	findings[].evidence[].says findings[].fixes findings[].also findings[].article_row findings[].logged
	findings[].example findings[].example.id findings[].example.file findings[].example.packets
	warnings warnings[].code warnings[].title warnings[].says warnings[].fixes
	logs logs[].file logs[].program logs[].lines logs[].joined logs[].contradict logs[].left_out logs[].offset_ms
	servers servers[].program servers[].file servers[].running servers[].sites notes notes[].at notes[].says notes[].hint
	unanalysed unanalysed.packets_dropped_by_kernel unanalysed.packets_dropped_by_interface unanalysed.packets_truncated
	unanalysed.fragments unanalysed.undecodable unanalysed.unknown_link unanalysed.headers_truncated unanalysed.stray
	unanalysed.connections_evicted unanalysed.bytes_missing unanalysed.connections_with_gaps unanalysed.not_tcp`)

func TestReportObject(t *testing.T) {
	r, _ := mixed()
	r.Inputs[0].LinkTypes = []capture.LinkType{1}
	var b bytes.Buffer
	if err := NewJSON(&b, true).Close(r); err != nil {
		t.Fatal(err)
	}
	got := decode(t, b.Bytes())
	checkFields(t, got, reportFields)
	for path, want := range map[string]string{
		"ranges":     `{"age_days":93,"created":"2026-08-22T00:00:00Z","source":"embedded"}`,
		"started":    `"2024-01-16T03:41:10Z"`,
		"ended":      `"2024-01-17T05:42:55.2Z"`,
		"unanalysed": `{"bytes_missing":5792,"connections_evicted":0,"connections_with_gaps":4,"fragments":0,"headers_truncated":0,"not_tcp":812,"packets_dropped_by_interface":0,"packets_dropped_by_kernel":1200,"packets_truncated":1,"stray":31,"undecodable":0,"unknown_link":0}`,
	} {
		if got := value(t, got, path); got != want {
			t.Errorf("%s = %s, want %s", path, got, want)
		}
	}
	if got := value(t, got, "inputs", 0, "link_types"); got != `["EN10MB"]` {
		t.Errorf("link_types = %s", got)
	}
	if got := value(t, got, "findings", 0, "example", "packets"); got != "[1,10]" {
		t.Errorf("packets = %s", got)
	}
}

// TestJSONForms makes sure that both forms say the same.
func TestJSONForms(t *testing.T) {
	r, _ := mixed()
	for _, n := range []int{0, 1, 3} {
		var lines, whole bytes.Buffer
		nd, one := NewJSON(&lines, true), NewJSON(&whole, false)
		for i := range n {
			c := refused("130.176.135.149:"+strconv.Itoa(1000+i), "a.example", "03:41:18", 1)
			for _, j := range []*JSON{nd, one} {
				if err := j.Connection(c); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, j := range []*JSON{nd, one} {
			if err := j.Close(r); err != nil {
				t.Fatal(err)
			}
		}
		object := decode(t, whole.Bytes())
		connections := object["connections"].([]any)
		delete(object, "connections")
		var got []string
		for _, c := range append(connections, object) {
			got = append(got, value(t, c))
		}
		var want []string
		for line := range bytes.Lines(lines.Bytes()) {
			want = append(want, value(t, decode(t, line)))
		}
		if len(got) != n+1 || !slices.Equal(got, want) {
			t.Errorf("%d connections: the forms differ:\n%q\n%q", n, got, want)
		}
		if !bytes.HasPrefix(whole.Bytes(), []byte(`{"type":"report","schema":1,"connections":[`)) {
			t.Errorf("connections do not come first: %.60s", whole.Bytes())
		}
	}
}

// TestJSONHostile makes sure that names cannot break the lines, the encoding or
// an HTML page that the JSON is put into.
func TestJSONHostile(t *testing.T) {
	r, o := hostile()
	var b bytes.Buffer
	j := NewJSON(&b, true)
	for _, c := range o.Connections {
		if err := j.Connection(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(r); err != nil {
		t.Fatal(err)
	}
	if !utf8.Valid(b.Bytes()) {
		t.Error("not UTF-8")
	}
	for _, r := range b.String() {
		if r != '\n' && (isInvisible(r) || strings.ContainsRune("<>&", r)) {
			t.Fatalf("%U is left", r)
		}
	}
	n := 0
	for line := range bytes.Lines(b.Bytes()) {
		object := decode(t, line)
		if n++; n == 1 {
			if got := object["client_hello"].(map[string]any)["sni"].(string); !strings.HasPrefix(got, "evil\x1b]0;owned\a\x1b[2J\r\nHTTP\u202egnp.exe\u2066\u200b\ufffd\ufffd\u0085\U000e0041<script>") {
				t.Errorf("the name has changed: %.80q", got)
			}
		}
	}
	if n != len(o.Connections)+1 {
		t.Errorf("%d lines for %d connections", n, len(o.Connections))
	}
}

func TestCommunityID(t *testing.T) {
	for _, test := range []struct{ a, b, want string }{
		// The baseline of the Community ID specification.
		{"128.232.110.120:34855", "66.35.250.204:80", "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
		{"[2001:470:e5bf:dead:4957:2174:e82c:4887]:63943", "[2607:f8b0:400c:c03::1a]:25", "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
	} {
		a, b := netip.MustParseAddrPort(test.a), netip.MustParseAddrPort(test.b)
		mapped := netip.AddrPortFrom(netip.AddrFrom16(a.Addr().As16()), a.Port())
		for _, got := range []string{communityID(a, b), communityID(b, a), communityID(mapped, b)} {
			if got != test.want {
				t.Errorf("%s and %s: %s, want %s", a, b, got, test.want)
			}
		}
	}
	same := netip.MustParseAddr("10.0.0.1")
	if a, b := netip.AddrPortFrom(same, 443), netip.AddrPortFrom(same, 50000); communityID(a, b) != communityID(b, a) {
		t.Error("on one host, the ports must decide")
	}
}

func TestClientNetworks(t *testing.T) {
	c := complete(t)
	c.Edge = edge.Match{Network: edge.Given, Prefix: netip.MustParsePrefix("10.0.0.0/8")}
	if got := value(t, connectionLine(t, c), "client"); got != `{"ip":"130.176.135.149","network":"given","port":34512,"prefix":"10.0.0.0/8"}` {
		t.Error(got)
	}
}

func BenchmarkConnection(b *testing.B) {
	c, j := complete(b), NewJSON(io.Discard, true)
	b.ReportAllocs()
	for b.Loop() {
		if err := j.Connection(c); err != nil {
			b.Fatal(err)
		}
	}
}
