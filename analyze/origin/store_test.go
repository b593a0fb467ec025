package origin

import (
	"crypto/rand"
	"crypto/rsa"
	"testing"
)

func TestChoose(t *testing.T) {
	p := newPKI(t)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	cert := func(file string, list ...string) *Certificate {
		return &Certificate{file, chainOf(host(t, p.mid, names(list...)), p.mid)}
	}
	www := cert("www", "www.example.com", "example.com")
	wild := cert("wild", "*.example.com")
	deep := cert("deep", "*.b.example.com", "UPPER.example.com.")
	template := hostTemplate()
	wwwRSA := &Certificate{"www-rsa", chainOf(issue(t, p.mid, rsaKey, template, names("www.example.com", "example.com")), p.mid)}
	onlyRSA := &Offer{SignatureSchemes: []uint16{0x0401}, CipherSuites: []uint16{0xc02f}}

	tests := []struct {
		name  string
		store []*Certificate
		flag  bool
		sni   string
		offer *Offer
		want  string
		by    ChosenBy
	}{
		{"none", nil, true, "x", nil, "", ""},
		{"one, found", []*Certificate{www}, false, "other.example.org", nil, "www", ByOnly},
		{"one, given", []*Certificate{www}, true, "www.example.com", nil, "www", ByFlag},
		{"exact before wildcard", []*Certificate{wild, www}, true, "www.example.com", nil, "www", BySNI},
		{"wildcard", []*Certificate{www, wild}, false, "a.example.com", nil, "wild", BySNI},
		{"wildcard of another level", []*Certificate{www, wild}, false, "a.b.example.com", nil, "www", ByDefault},
		{"the longer wildcard", []*Certificate{wild, deep}, false, "a.b.example.com", nil, "deep", BySNI},
		{"wildcard does not cover its parent", []*Certificate{deep, wild}, false, "example.com", nil, "deep", ByDefault},
		{"case and dot", []*Certificate{www, wild, deep}, false, "upper.EXAMPLE.com", nil, "deep", BySNI},
		{"dot at the end", []*Certificate{wild, www}, false, "www.example.com.", nil, "www", BySNI},
		{"no SNI", []*Certificate{wild, www}, false, "", nil, "wild", ByDefault},
		{"ECDSA before RSA", []*Certificate{wwwRSA, wild, www}, false, "www.example.com", nil, "www", BySNI},
		{"RSA where ECDSA cannot be", []*Certificate{www, wild, wwwRSA}, false, "www.example.com", onlyRSA, "www-rsa", BySNI},
		{"default in two forms", []*Certificate{wwwRSA, www, wild}, false, "x.org", nil, "www", ByDefault},
		{"default in two forms, RSA", []*Certificate{www, wwwRSA, wild}, false, "x.org", onlyRSA, "www-rsa", ByDefault},
		{"broken default", []*Certificate{{"broken", ParseChain([][]byte{{1}})}, www}, false, "x.org", nil, "broken", ByDefault},
	}
	for _, tt := range tests {
		s := NewStore(tt.store...)
		s.FromFlag = tt.flag
		got, by := s.Choose(tt.sni, tt.offer)
		file := ""
		if got != nil {
			file = got.File
		}
		if file != tt.want || by != tt.by {
			t.Errorf("%s: %q by %q, want %q by %q", tt.name, file, by, tt.want, tt.by)
		}
	}
}

func BenchmarkChoose(b *testing.B) {
	p := newPKI(b)
	s := NewStore(&Certificate{"a", chainOf(host(b, p.mid))}, &Certificate{"b", chainOf(host(b, p.mid, names("*.example.org")))})
	b.ReportAllocs()
	for b.Loop() {
		s.Choose("a.example.org", nil)
	}
}
