package origin

import (
	"encoding/pem"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sniwatch/analyze/origin/config"
)

// writeChain writes certificates into a file, with a time of change of its own.
func writeChain(t *testing.T, file string, changed time.Time, chain ...*issued) {
	t.Helper()
	var text []byte
	for _, c := range chain {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	writeAt(t, file, changed, text)
}

func writeAt(t *testing.T, file string, changed time.Time, text []byte) {
	t.Helper()
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(file, changed, changed); err != nil {
		t.Fatal(err)
	}
}

// hostServing makes a Host with one site for each certificate file, and its names.
func hostServing(addresses []netip.Addr, sites map[string]string) *Host {
	c := &config.Configuration{Program: config.Nginx, File: "nginx.conf"}
	for file, name := range sites {
		c.Sites = append(c.Sites, &config.Site{
			Names:        []config.Name{{Pattern: name}},
			Listens:      []config.Listen{{Port: 443, TLS: true}},
			Certificates: []config.CertificateFile{{File: file}},
		})
	}
	return NewHost([]*config.Configuration{c}, addresses)
}

// served gives the name in the certificate that a host serves; "": none.
func served(h *Host, sni, server string) string {
	_, choice, ok := h.Answer(sni, netip.MustParseAddrPort(server))
	if !ok {
		return ""
	}
	if cert := h.Certificate(&choice, nil); cert != nil {
		return cert.Names()[0]
	}
	return "unreadable"
}

// TestHostFollowsFiles: a certificate that is renewed is read again, one that is
// half written or gone is not, until it is whole.
func TestHostFollowsFiles(t *testing.T) {
	p := newPKI(t)
	file := filepath.Join(t.TempDir(), "www.pem")
	writeChain(t, file, now, host(t, p.mid, names("old.test")), p.mid)
	h := hostServing(nil, map[string]string{file: "www.test"})
	store := NewStore(h.Certificates()...)
	store.FromFlag = true
	const server = "10.0.0.10:443"
	for _, step := range []struct {
		name    string
		do      func()
		changed bool
		want    string
	}{
		{"nothing happened", func() {}, false, "old.test"},
		{"half written", func() { writeAt(t, file, now.Add(time.Second), []byte("-----BEGIN CERT")) }, false, "old.test"},
		{"whole", func() { writeChain(t, file, now.Add(time.Second), host(t, p.mid, names("new.test")), p.mid) }, true, "new.test"},
		{"nothing more", func() {}, false, "new.test"},
		{"gone", func() { os.Remove(file) }, false, "new.test"},
		{"there again, of another time", func() { writeChain(t, file, now.Add(time.Hour), host(t, p.mid, names("third.test")), p.mid) }, true, "third.test"},
	} {
		step.do()
		if got := h.Refresh(); got != step.changed {
			t.Errorf("%s: the host has changed: %t", step.name, got)
		}
		if got := store.Refresh(); got != step.changed {
			t.Errorf("%s: the store has changed: %t", step.name, got)
		}
		if got := served(h, "www.test", server); got != step.want {
			t.Errorf("%s: the host serves %q, not %q", step.name, got, step.want)
		}
		if cert, by := store.Choose("www.test", nil); cert.Names()[0] != step.want || by != ByFlag {
			t.Errorf("%s: the store has %q, %s", step.name, cert.Names(), by)
		}
	}
	if (*Host)(nil).Refresh() {
		t.Error("no host has changed")
	}
}

// TestHostAnswers: the address decides whether a configuration says anything, the
// name by its meaning which site; scanners do not fill the memory.
func TestHostAnswers(t *testing.T) {
	p := newPKI(t)
	folder := t.TempDir()
	a, b := filepath.Join(folder, "a.pem"), filepath.Join(folder, "b.pem")
	writeChain(t, a, now, host(t, p.mid, names("a.test")))
	writeChain(t, b, now, host(t, p.mid, names("b.test")))
	h := hostServing([]netip.Addr{netip.MustParseAddr("10.0.0.10")}, map[string]string{a: "a.test", b: "b.test"})
	for range 2 { // the second time from what is remembered
		for _, tt := range []struct{ sni, server, want string }{
			{"a.test", "10.0.0.10:443", "a.test"},
			{"B.Test.", "10.0.0.10:443", "b.test"},
			{"b.test", "[::ffff:10.0.0.10]:443", "b.test"},
			{"b.test", "10.0.0.11:443", ""},
			{"b.test", "10.0.0.10:8443", ""},
		} {
			if got := served(h, tt.sni, tt.server); got != tt.want {
				t.Errorf("%s at %s is served %q, not %q", tt.sni, tt.server, got, tt.want)
			}
		}
	}
	for i := range 2*maxAnswers + 10 {
		served(h, fmt.Sprint(i), "10.0.0.10:443")
	}
	if len(h.known) > maxAnswers {
		t.Errorf("%d answers are kept", len(h.known))
	}
	if _, _, ok := (*Host)(nil).Answer("a.test", netip.MustParseAddrPort("10.0.0.10:443")); ok {
		t.Error("no host answers")
	}
}

// TestHostNotes: a file that cannot be read is a note, once, and stops nothing;
// names with variables are no files.
func TestHostNotes(t *testing.T) {
	p := newPKI(t)
	folder := t.TempDir()
	good, key := filepath.Join(folder, "good.pem"), filepath.Join(folder, "key.pem")
	writeChain(t, good, now, host(t, p.mid, names("good.test")))
	writeAt(t, key, now, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("secret")}))
	h := hostServing(nil, map[string]string{good: "good.test", key: "key.test", filepath.Join(folder, "missing.pem"): "missing.test", "/etc/$ssl_server_name.pem": "variable.test"})
	for range 2 {
		if got := served(h, "good.test", "10.0.0.10:443"); got != "good.test" {
			t.Errorf("serves %q", got)
		}
		if got := served(h, "missing.test", "10.0.0.10:443"); got != "unreadable" {
			t.Errorf("serves %q", got)
		}
		h.Refresh()
	}
	said := fmt.Sprint(h.Notes())
	if len(h.Notes()) != 2 || !strings.Contains(said, "missing.pem") || !strings.Contains(said, "key.pem") || strings.Contains(said, "secret") {
		t.Errorf("notes: %s", said)
	}
}
