package analyze

import (
	"net/netip"
	"testing"

	"sniwatch/analyze/origin"
)

// A name may hold any byte, and a site may show several certificates: connections are
// noted with the name that they asked for.
func TestApartSite(t *testing.T) {
	shown := func(name string, c *origin.Chain) *reading {
		hello := make([]byte, 34) // version and random; then an empty session, one suite, the name
		n := byte(len(name))
		hello = append(hello, 0, 0, 2, 0x13, 1, 1, 0, 0, n+9, 0, 0, 0, n+5, 0, n+3, 0, 0, n)
		r := &reading{helloBody: append(hello, name...)}
		r.Server = netip.MustParseAddrPort("10.0.0.1:443")
		r.Certificate.Chain = c
		return r
	}
	one, two := new(origin.Chain), new(origin.Chain)
	one.SHA256, two.SHA256 = [][32]byte{{1}}, [][32]byte{{2}}
	a := &apart{sites: map[string]*shownSite{}}
	for range 2 {
		for _, want := range []struct {
			name  string
			chain *origin.Chain
		}{{"x\xff", two}, {"x", one}, {"x", two}, {"x\xff\xff", one}, {"", two}, {"x\xff", one}} {
			if s := a.site(shown(want.name, want.chain)); string(s.sni) != want.name || s.chain != want.chain {
				t.Errorf("a connection that asked for %q is noted with %q, its certificate %v", want.name, s.sni, s.chain == want.chain)
			}
		}
	}
	if len(a.sites) != 6 {
		t.Errorf("%d sites of 6", len(a.sites))
	}
}
