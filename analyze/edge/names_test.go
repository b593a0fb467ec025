package edge

import (
	"crypto/x509"
	"slices"
	"strings"
	"testing"
)

func TestCovers(t *testing.T) {
	tests := []struct {
		pattern, host string
		want          bool
	}{
		{"www.example.com", "www.example.com", true},
		{"WWW.Example.com", "www.eXample.COM", true},
		{"www.example.com", "www.example.com.", true},
		{"www.example.com", "www.example.com..", false},
		{"www.example.com.", "www.example.com", false},
		{"www.example.com", "example.com", false},
		{"example.com", "www.example.com", false},
		{"*.example.com", "www.example.com", true},
		{"*.EXAMPLE.com", "www.example.com.", true},
		{"*.example.com", "example.com", false},
		{"*.example.com", "a.b.example.com", false},
		{"*.example.com", ".example.com", false},
		{"*.example.com", "*.example.com", true},
		{"*.example.com", "wwwexample.com", false},
		{"w*.example.com", "www.example.com", false},
		{"*w.example.com", "www.example.com", false},
		{"www.*.com", "www.example.com", false},
		{"*.*.com", "www.example.com", false},
		{"*", "localhost", false},
		{"*.", "a.", false},
		{"", "", false},
		{"", "example.com", false},
		{".", ".", false},
		{"localhost", "localhost", true},
		{"192.0.2.1", "192.0.2.1", false},
		{"*.0.2.1", "192.0.2.1", false},
		{"2001:db8::1", "2001:db8::1", false},
		{"[2001:db8::1]", "[2001:db8::1]", false},
		{"1.example.com", "1.example.com", true},
		{"_srv.example.com", "_srv.example.com", true},
		{"xn--bcher-kva.example", "XN--BCHER-KVA.example", true},
		{"*.example", "xn--bcher-kva.example", true},
		{"k.example.com", "\u212a.example.com", false}, // the Kelvin sign folds to k in Unicode
		{"bücher.example", "BÜCHER.example", false},
		{"a\x00.example.com", "a.example.com", false},
	}
	for _, tt := range tests {
		if got := Covers(tt.pattern, tt.host); got != tt.want {
			t.Errorf("Covers(%q, %q) = %v", tt.pattern, tt.host, got)
		}
	}
}

func TestAnyCovers(t *testing.T) {
	names := []string{"example.com", "*.Example.com", "www.example.com"}
	if by, ok := AnyCovers(names, "www.example.com"); !ok || by != "*.Example.com" {
		t.Errorf("got %q, %v; want the first that covers, as it stands", by, ok)
	}
	if by, ok := AnyCovers(names, "a.b.example.com"); ok {
		t.Errorf("got %q", by)
	}
}

func TestCertbotNames(t *testing.T) {
	tests := []struct {
		name          string
		have, need    []string
		want, refused []string
	}{
		{"existing first", []string{"www.example.com", "example.com"}, []string{"origin.example.com"},
			[]string{"www.example.com", "example.com", "origin.example.com"}, nil},
		{"once", []string{"WWW.example.com."}, []string{"www.example.com", "a.example.com", "a.example.com"},
			[]string{"www.example.com", "a.example.com"}, nil},
		{"the wildcard stands for what it covers", []string{"www.example.com", "*.example.com", "example.com", "a.b.example.com"}, nil,
			[]string{"*.example.com", "example.com", "a.b.example.com"}, nil},
		{"names nobody certifies", []string{"localhost", "ip-10-0-0-1.ec2.internal"},
			[]string{"d111111abcdef8.cloudfront.net", "192.0.2.1", "2001:db8::1", "ec2-1.compute.amazonaws.com", "host.1"},
			nil, []string{"localhost", "ip-10-0-0-1.ec2.internal",
				"d111111abcdef8.cloudfront.net", "192.0.2.1", "2001:db8::1", "ec2-1.compute.amazonaws.com", "host.1"}},
		{"no part of a command", nil,
			[]string{"a.com;reboot", "$(reboot).com", "-d.example.com", "a b.com", "a\n.com", "*.*.com", "a.com'", "", strings.Repeat("a", 64) + ".com"},
			nil, []string{"a.com;reboot", "$(reboot).com", "-d.example.com", "a b.com", "a\n.com", "*.*.com", "a.com'", "", strings.Repeat("a", 64) + ".com"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			names, refused := CertbotNames(tt.have, tt.need...)
			if !slices.Equal(names, tt.want) || !slices.Equal(refused, tt.refused) {
				t.Errorf("names %q, refused %q", names, refused)
			}
		})
	}
}

func TestNeedsDNSChallenge(t *testing.T) {
	if NeedsDNSChallenge([]string{"example.com"}) || !NeedsDNSChallenge([]string{"example.com", "*.example.com"}) {
		t.Error("a wildcard alone needs it")
	}
}

// FuzzCovers holds Covers to its properties and, for hosts that crypto/x509
// takes for host names, to the verdict of crypto/x509.
func FuzzCovers(f *testing.F) {
	for _, seed := range [][2]string{
		{"www.example.com", "www.example.com"}, {"*.example.com", "www.example.com."}, {"*.example.com", "a.b.example.com"},
		{"w*.example.com", "www.example.com"}, {"192.0.2.1", "192.0.2.1"}, {"*.", "a."}, {"*.example.com", "*.example.com"},
		{"k.example", "\u212a.example"}, {"a..b", "a..b"}, {"EXAMPLE.com", "example.COM"}, {"-a.example", "-a.example"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, host string) {
		got := Covers(pattern, host)
		if bare := strings.TrimSuffix(host, "."); got && strings.Count(pattern, ".") != strings.Count(bare, ".") {
			t.Errorf("Covers(%q, %q) across label counts", pattern, host)
		}
		if again := Covers(upper(pattern), upper(host)); again != got {
			t.Errorf("Covers(%q, %q) = %v, in capitals %v", pattern, host, got, again)
		}
		if !plainHost(host) || !plainHost(strings.TrimPrefix(pattern, "*.")) || strings.HasSuffix(pattern, ".") {
			return
		}
		leaf := &x509.Certificate{DNSNames: []string{pattern}}
		if want := leaf.VerifyHostname(host) == nil; got != want {
			t.Errorf("Covers(%q, %q) = %v, crypto/x509 says %v", pattern, host, got, want)
		}
	})
}

func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

// plainHost tells whether s is letters, digits, hyphens and dots, and no address:
// crypto/x509 has rules of its own for all the rest.
func plainHost(s string) bool {
	for _, label := range strings.Split(strings.TrimSuffix(upper(s), "."), ".") {
		if !hostLabel(strings.ToLower(label)) {
			return false
		}
	}
	return !isIP(strings.TrimSuffix(s, "."))
}

func BenchmarkAnyCovers(b *testing.B) {
	names := []string{"www.example.com", "example.com", "*.static.example.com", "*.example.com"}
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := AnyCovers(names, "origin.example.com"); !ok {
			b.Fatal("not covered")
		}
	}
}
