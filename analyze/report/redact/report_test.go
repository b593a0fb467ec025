package redact

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
	"sniwatch/capture"
)

// TestReportsHoldNothingThatCannotBeCopied walks over the types of a report: a
// field that is not exported and could hold a name would be let through, and one
// that leads to a map or a function would be lost.
func TestReportsHoldNothingThatCannotBeCopied(t *testing.T) {
	type visit struct {
		of     reflect.Type
		hidden bool
	}
	seen := map[visit]bool{}
	var walk func(of reflect.Type, path string, hidden bool)
	walk = func(of reflect.Type, path string, hidden bool) {
		if seen[visit{of, hidden}] {
			return
		}
		switch of {
		case typeAddr, typeAddrPort, typePrefix, typeChain, typeMatch, reflect.TypeFor[time.Time]():
			return
		}
		seen[visit{of, hidden}] = true
		switch of.Kind() {
		case reflect.Map, reflect.Interface, reflect.Func, reflect.Chan, reflect.UnsafePointer:
			t.Errorf("%s is a %s: the copy would lack it", path, of.Kind())
		case reflect.String:
			if hidden {
				t.Errorf("%s is not exported and may hold a name", path)
			}
		case reflect.Pointer, reflect.Slice, reflect.Array:
			walk(of.Elem(), path+"[]", hidden)
		case reflect.Struct:
			for i := range of.NumField() {
				f := of.Field(i)
				walk(f.Type, path+"."+f.Name, hidden || !f.IsExported())
			}
		}
	}
	walk(reflect.TypeFor[analyze.Report](), "Report", false)
}

// TestReport holds a redacted report against the original.
func TestReport(t *testing.T) {
	s := sampleNamed(t, "row6-tls12.pcap")
	r := New(testKey, Options{Roots: s.roots})
	_, before := s.analysed(s.packets)
	after := r.Report(before)
	a, b := before.Findings[0], after.Findings[0]
	if a.Code != b.Code || a.Certainty != b.Certainty || a.First != b.First || len(a.Evidence) != len(b.Evidence) || a.Example == b.Example {
		t.Errorf("another finding: %+v", b)
	}
	if got, want := b.SNI[0], r.Name(a.SNI[0]); got != want {
		t.Errorf("SNI %q, want %q", got, want)
	}
	if chain := b.Example.Certificate.Chain; b.Example.Local.Judged != chain || len(chain.Raw[0]) != len(a.Example.Certificate.Chain.Raw[0]) {
		t.Error("the chain that was judged is another than that of the wire")
	}
	h := b.Example.ClientHello
	for _, e := range h.Extensions {
		if strings.Contains(string(e.Data), "example") && !strings.Contains(string(e.Data), r.Name("x.example.com")[2:]) {
			t.Errorf("extension %v holds a name: %q", e.Type, e.Data)
		}
	}
	if !strings.Contains(b.Explanation, h.ServerName) && strings.Contains(a.Explanation, a.SNI[0]) {
		t.Errorf("the words do not name what the hello asks for: %s", b.Explanation)
	}
	if before.Findings[0].SNI[0] != a.SNI[0] || a.Example.ClientHello.ServerName == h.ServerName {
		t.Error("the original was changed")
	}
	if r.Report(nil) != nil || r.Connection(nil) != nil {
		t.Error("nothing became something")
	}
}

func sampleNamed(t testing.TB, file string) *scene {
	t.Helper()
	for _, s := range sampleScenes(t) {
		if s.file == file {
			return s
		}
	}
	t.Fatalf("there is no sample %s", file)
	return nil
}

// TestGivenClients: clients that count as CloudFront's because the user said so
// do so afterwards, with the prefixes that EdgePrefixes gives.
func TestGivenClients(t *testing.T) {
	s := sampleNamed(t, "no-cloudfront-traffic.pcap")
	var d capture.Decoder
	var seg capture.Segment
	d.Decode(&s.packets[0], &seg)
	src := seg.Src.AddrPort()
	client := src.Addr()

	analysed := func(packets []capture.Packet, prefixes ...netip.Prefix) (*edge.Ranges, []edge.Match) {
		ranges := edge.Embedded()
		for _, p := range prefixes {
			ranges.Add(p)
		}
		var out []edge.Match
		w := analyze.NewWatcher(analyze.Options{Ranges: ranges, Roots: s.roots, Every: true,
			Told: func(c *analyze.Connection) bool { out = append(out, c.Edge); return true }})
		w.Begin("it")
		for i := range packets {
			w.Packet(&packets[i])
		}
		w.End("")
		return ranges, out
	}
	ranges, before := analysed(s.packets, netip.PrefixFrom(client, client.BitLen()))
	r := New(testKey, Options{Ranges: ranges, Roots: s.roots})
	again, _ := s.redacted(t, r)
	_, after := analysed(again.packets, r.EdgePrefixes()...)
	if len(before) != len(after) || before[0].Network != edge.Given {
		t.Fatalf("%v, and then %v", before, after)
	}
	for i := range before {
		if before[i].Network != after[i].Network || r.Match(before[i]) != after[i] {
			t.Errorf("%v became %v, want %v", before[i], after[i], r.Match(before[i]))
		}
	}
}

// TestSecretsAreThereToBeFound: the search that the other tests rely on finds
// the names in what was not redacted.
func TestSecretsAreThereToBeFound(t *testing.T) {
	s := sampleNamed(t, "row6-tls12.pcap")
	connections, _ := s.analysed(s.packets)
	var all []byte
	for _, p := range s.packets {
		all = append(all, p.Data...)
	}
	found := s.secrets(connections)
	for what, secret := range found {
		inWire := strings.HasPrefix(what, "UTF-8 ") || strings.HasPrefix(what, "signature") || strings.HasPrefix(what, "bytes")
		if inWire && !strings.Contains(strings.ToLower(string(all)), string(secret)) && !strings.Contains(string(all), string(secret)) {
			t.Errorf("%s is not in the original", what)
		}
	}
	for _, name := range []string{"origin.example.com", "www.example.com"} {
		if found["UTF-8 "+name] == nil {
			t.Errorf("%s is not searched for", name)
		}
	}
}

// TestHostileNamesAreNotQuoted: sentences quote and cut a name that is none of
// the DNS, and no part of it is left.
func TestHostileNamesAreNotQuoted(t *testing.T) {
	for file, parts := range map[string][]string{
		"hostile-sni-escape.pcap":       {"owned", "2J"},
		"hostile-sni-newline.pcap":      {"solved", "is well"},
		"hostile-sni-script.pcap":       {"script", "alert(1)"},
		"hostile-sni-invalid-utf8.pcap": {`\xff`, "origin\xff"},
		"hostile-sni-60k.pcap":          {"a.a.a.a.a.a.a."},
	} {
		s := sampleNamed(t, file)
		_, report := s.analysed(s.packets)
		text := printable(New(testKey, Options{Roots: s.roots}).Report(report))
		for _, part := range parts {
			if strings.Contains(text, part) {
				at := strings.Index(text, part)
				t.Errorf("%s: %q is left: %.200q", file, part, text[max(0, at-60):])
			}
		}
	}
}
