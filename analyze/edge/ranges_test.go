package edge

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestEmbedded(t *testing.T) {
	r := Embedded()
	if want := time.Date(2026, 8, 22, 15, 17, 5, 0, time.UTC); !r.Created.Equal(want) || r.Source != "embedded" {
		t.Errorf("%q of %v", r.Source, r.Created)
	}
	if r.Len() != 292 {
		t.Errorf("%d prefixes", r.Len())
	}
	if age := r.Age(r.Created.AddDate(0, 0, 93)); age != 93*24*time.Hour {
		t.Errorf("age %v", age)
	}
	l, err := readList(bytes.NewReader(embeddedList), "embedded")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(l.encode(), embeddedList) {
		t.Error("the file is not as encode lays it out: copy the one that 'sniwatch ranges --update' keeps")
	}
}

// TestEmbeddedIsWhole reads the built-in list with encoding/json alone and asks
// for the first and last address of each prefix.
func TestEmbeddedIsWhole(t *testing.T) {
	var whole struct {
		Prefixes []map[string]string `json:"prefixes"`
		IPv6     []map[string]string `json:"ipv6_prefixes"`
	}
	if err := json.Unmarshal(embeddedList, &whole); err != nil {
		t.Fatal(err)
	}
	r := Embedded()
	for _, e := range append(whole.Prefixes, whole.IPv6...) {
		p := netip.MustParsePrefix(e["ip_prefix"] + e["ipv6_prefix"])
		m := r.Lookup(p.Addr())
		if m.Network != CloudFront || !m.Prefix.Contains(p.Addr()) {
			t.Errorf("%v: %+v", p, m)
		}
		if e["service"] == ServiceOriginFacing && (m.Service != ServiceOriginFacing || m.Prefix.Bits() < p.Bits()) {
			t.Errorf("%v: %+v", p, m)
		}
	}
}

func TestLookup(t *testing.T) {
	r := Embedded()
	r.Add(netip.MustParsePrefix("203.0.113.9/24"))
	r.Add(netip.MustParsePrefix("::ffff:198.51.100.0/120"))
	r.Add(netip.MustParsePrefix("64.252.114.216/32"))
	r.Add(netip.Prefix{})
	tests := []struct {
		addr, prefix, service string
		network               Network
	}{
		{"130.176.135.149", "130.176.128.0/21", ServiceOriginFacing, CloudFront}, // the article's client
		{"::ffff:130.176.135.149", "130.176.128.0/21", ServiceOriginFacing, CloudFront},
		{"130.176.138.1", "130.176.128.0/18", ServiceCloudFront, CloudFront},
		{"2600:9000:6000::1", "2600:9000:6000::/36", ServiceOriginFacing, CloudFront},
		{"2600:9000:5310::1%eth0", "2600:9000:5310::/44", ServiceCloudFront, CloudFront},
		{"203.0.113.200", "203.0.113.0/24", "", Given},
		{"198.51.100.7", "198.51.100.0/24", "", Given},
		{"64.252.114.216", "64.252.114.216/32", "", Given}, // in CloudFront's list as well
		{"192.0.2.1", "", "", Other},
		{"10.0.0.10", "", "", Other},
		{"2001:db8::1", "", "", Other},
	}
	for _, tt := range tests {
		m := r.Lookup(netip.MustParseAddr(tt.addr))
		want := Match{Network: tt.network, Service: tt.service}
		if tt.prefix != "" {
			want.Prefix = netip.MustParsePrefix(tt.prefix)
		}
		if m != want {
			t.Errorf("%s: %+v, want %+v", tt.addr, m, want)
		}
	}
	if m := r.Lookup(netip.Addr{}); m != (Match{}) {
		t.Errorf("no address: %+v", m)
	}
	if m := Embedded().Lookup(netip.MustParseAddr("203.0.113.200")); m.Network != Other {
		t.Errorf("a prefix added to one list is in the next: %+v", m)
	}
	if m := Embedded().Lookup(netip.MustParseAddr("64.252.114.216")); m.Network != CloudFront {
		t.Errorf("%+v", m)
	}
}

// TestOriginFacingFirst: the origin-facing service counts, however long the
// prefix of the other is.
func TestOriginFacingFirst(t *testing.T) {
	r, err := ReadRanges(strings.NewReader(`{"syncToken":"1700000000","prefixes":[
		{"ip_prefix":"192.0.2.0/28","service":"CLOUDFRONT"},
		{"ip_prefix":"192.0.2.0/24","service":"CLOUDFRONT_ORIGIN_FACING"},
		{"ip_prefix":"192.0.0.0/16","service":"EC2"}]}`), "test")
	if err != nil {
		t.Fatal(err)
	}
	want := Match{CloudFront, netip.MustParsePrefix("192.0.2.0/24"), ServiceOriginFacing}
	if m := r.Lookup(netip.MustParseAddr("192.0.2.1")); m != want {
		t.Errorf("%+v", m)
	}
	if m := r.Lookup(netip.MustParseAddr("192.0.3.1")); m.Network != Other {
		t.Errorf("EC2 counts as %+v", m)
	}
	if r.Len() != 2 {
		t.Errorf("%d prefixes", r.Len())
	}
}

func TestReadRangesRefuses(t *testing.T) {
	prefix := func(p string) string {
		return `{"syncToken":"1700000000","prefixes":[{"ip_prefix":"` + p + `","service":"CLOUDFRONT"}]}`
	}
	good := prefix("192.0.2.0/24")
	many := strings.Repeat(`{"ip_prefix":"192.0.2.0/24","service":"CLOUDFRONT"},`, maxListPrefixes+1)
	endless := strings.Repeat(`{},`, maxListEntries+1)
	tests := []struct{ name, text, says string }{
		{"empty", "", "empty"},
		{"white space", " \n\t", "white space"},
		{"HTML", "\n<!DOCTYPE html><html>", "HTML or XML"},
		{"gzip", "\x1f\x8b\x08\x00", "gzip"},
		{"capture", "\xd4\xc3\xb2\xa1\x02\x00\x04\x00", "binary"},
		{"text", "130.176.0.0/16\n", "no JSON object"},
		{"array", "[]", "no JSON object"},
		{"another object", `{"DistributionConfig": {"Origins": []}}`, "none of the 0 prefixes"},
		{"bad JSON", `{"prefixes": oops}`, "invalid character"},
		{"prefixes is no array", `{"prefixes": {}}`, "no array"},
		{"prefixes are no objects", `{"prefixes": ["192.0.2.0/24"]}`, "cannot unmarshal"},
		{"cut off", good[:len(good)-4], "cut off"},
		{"cut off after a key", `{"prefixes"`, "cut off"},
		{"something follows", good + good, "something follows"},
		{"no CloudFront", strings.Replace(good, "CLOUDFRONT", "EC2", 1), "none of the 1 prefixes"},
		{"no date", strings.Replace(good, "1700000000", "soon", 1), "no date"},
		{"date before AWS's first list", strings.Replace(good, "1700000000", "17", 1), "no date"},
		{"no prefix", prefix("192.0.2.0"), "192.0.2.0"},
		{"half the internet", prefix("0.0.0.0/1"), "too wide"},
		{"all IPv6", prefix("::/0"), "too wide"},
		{"too many of CloudFront", `{"prefixes":[` + many, "more than 20000 prefixes of CloudFront"},
		{"too many", `{"prefixes":[` + endless, "more than 200000 prefixes"},
		{"too deep", `{"a":` + strings.Repeat("[", 1<<20), "exceeded max depth"},
		{"oversize", `{"a":"` + strings.Repeat("a", maxListBytes), "larger than 16 MiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := ReadRanges(strings.NewReader(tt.text), "f.json")
			if err == nil {
				t.Fatalf("read %d prefixes", r.Len())
			}
			bad, ok := errors.AsType[*InputError](err)
			if !ok || bad.Hint() == "" || !strings.HasPrefix(err.Error(), "f.json: ") || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want %q in it and a hint", err, tt.says)
			}
			if len(err.Error()) > 300 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
		})
	}
	if _, err := ReadRanges(iotest.ErrReader(io.ErrClosedPipe), "f.json"); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a reader that fails: %v", err)
	}
}

func TestListDate(t *testing.T) {
	want := time.Date(2024, 1, 16, 16, 23, 10, 0, time.UTC)
	tests := []struct {
		createDate, syncToken string
		ok                    bool
	}{
		{"2024-01-16-16-23-10", "", true},
		{"2024-01-16--16-23-10", "", true},
		{" 2024-01-16T16:23:10Z", "", true},
		{"2024-01-16-16-23-1", "1705422190", true},
		{"2024-13-16-16-23-10", "1705422190", true},
		{"", "1705422190", true},
		{"", "", false},
		{"yesterday", "now", false},
		{"0001-01-01-00-00-00", "1705422190", false},
		{"", "99999999999999", false},
	}
	for _, tt := range tests {
		got, ok := listDate(tt.createDate, tt.syncToken)
		if ok != tt.ok || ok && !got.Equal(want) {
			t.Errorf("listDate(%q, %q) = %v, %v", tt.createDate, tt.syncToken, got, ok)
		}
	}
}

// TestReadRangesLenient: what AWS may add, and a byte order mark.
func TestReadRangesLenient(t *testing.T) {
	r, err := ReadRanges(strings.NewReader("\ufeff\n"+`{"syncToken":1700000000,"new":{"a":[1]},"ipv6_prefixes":[
		{"ipv6_prefix":"2001:db8:1:2::1/48","service":"CLOUDFRONT","new":7}]}`), "test")
	if err != nil {
		t.Fatal(err)
	}
	if m := r.Lookup(netip.MustParseAddr("2001:db8:1::9")); m.Prefix != netip.MustParsePrefix("2001:db8:1::/48") {
		t.Errorf("%+v", m)
	}
}

func TestNewest(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	list := func(date string) string {
		return `{"createDate":"` + date + `","prefixes":[{"ip_prefix":"192.0.2.0/24","service":"CLOUDFRONT"}]}`
	}
	newer := write("newer.json", list("2026-08-22-15-17-06"))
	tests := []struct {
		path, source string
		fails        bool
	}{
		{"", "embedded", false},
		{filepath.Join(dir, "none.json"), "embedded", false},
		{write("older.json", list("2026-08-22-15-17-04")), "embedded", false},
		{newer, newer, false},
		{write("broken.json", list("2026-08-22-15-17-06")[:40]), "embedded", true},
		{dir, "embedded", true},
	}
	for _, tt := range tests {
		r, err := Newest(tt.path)
		if r == nil || r.Source != tt.source || (err != nil) != tt.fails {
			t.Errorf("%s: %v, %v", tt.path, r, err)
		}
	}
	if _, err := LoadRanges(filepath.Join(dir, "none.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// FuzzReadRanges: nothing panics, and what is read has a date and prefixes, and
// survives being written and read again.
func FuzzReadRanges(f *testing.F) {
	f.Add([]byte(newList(nextDay, 2)))
	f.Add([]byte(`{"syncToken":"1700000000","prefixes":[{"ip_prefix":"192.0.2.0/24","service":"CLOUDFRONT","region":"\u2028<"}]}`))
	f.Add([]byte(`{"createDate":"2024-01-16-16-23-10","ipv6_prefixes":[{"ipv6_prefix":"2001:db8::/32","service":"CLOUDFRONT_ORIGIN_FACING"}]}`))
	f.Add([]byte(`{"syncToken":1700000000,"prefixes":[{"ip_prefix":"::ffff:192.0.2.0/120","service":"CLOUDFRONT"}],"prefixes":[]}`))
	f.Add([]byte("<html>"))
	f.Add([]byte("\ufeff{}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := readList(bytes.NewReader(text), "f")
		if err != nil {
			return
		}
		r, err := l.ranges("f")
		if err != nil {
			return
		}
		if r.Created.IsZero() || r.Len() == 0 || r.Len() > maxListPrefixes {
			t.Fatalf("%v, %d prefixes", r.Created, r.Len())
		}
		again, err := ReadRanges(bytes.NewReader(l.encode()), "f")
		if err != nil || !again.Created.Equal(r.Created) || again.Len() != r.Len() {
			t.Fatalf("written as\n%s\nand read: %v", l.encode(), err)
		}
		for _, e := range l.entries {
			a := e.prefix.Addr()
			if r.Lookup(a) != again.Lookup(a) {
				t.Fatalf("%v: %+v, then %+v", a, r.Lookup(a), again.Lookup(a))
			}
		}
	})
}

func TestLookupDoesNotAllocate(t *testing.T) {
	r := Embedded()
	a := netip.MustParseAddr("::ffff:130.176.135.149")
	if n := testing.AllocsPerRun(100, func() { r.Lookup(a) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkLookup(b *testing.B) {
	r := Embedded()
	for _, text := range []string{"130.176.135.149", "130.176.138.1", "192.0.2.1", "2600:9000:6000::1"} {
		b.Run(text, func(b *testing.B) {
			a := netip.MustParseAddr(text)
			b.ReportAllocs()
			for b.Loop() {
				r.Lookup(a)
			}
		})
	}
}

// BenchmarkReadEmbedded is what a run pays for the list before its first line.
func BenchmarkReadEmbedded(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadRanges(bytes.NewReader(embeddedList), "embedded"); err != nil {
			b.Fatal(err)
		}
	}
}
