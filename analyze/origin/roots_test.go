package origin

import (
	"bytes"
	"crypto/x509"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// TestMozillaVersion holds the date that reports print against go.mod.
func TestMozillaVersion(t *testing.T) {
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if want := "golang.org/x/crypto/x509roots/fallback " + mozillaVersion; !strings.Contains(string(mod), want) {
		t.Errorf("go.mod lacks %q", want)
	}
	if _, err := time.Parse(time.DateOnly, mozillaDate()); err != nil {
		t.Error(err)
	}
	if got, want := MozillaRoots().Source, "Mozilla, "+mozillaDate(); got != want {
		t.Errorf("Source %q, want %q", got, want)
	}
}

func TestMozillaRoots(t *testing.T) {
	n, constrained := 0, 0
	ix := MozillaRoots().index()
	for r := range bundle.Roots() {
		n++
		cert, err := x509.ParseCertificate(r.Certificate)
		if err != nil {
			t.Fatal(err)
		}
		if subject, ok := subjectOf(r.Certificate); !ok || !bytes.Equal(subject, cert.RawSubject) {
			t.Errorf("%s: the subject is taken for %x", cert.Subject, subject)
		}
		got := ix.same(cert)
		if got == nil {
			t.Fatalf("root %d is lacking", n)
		}
		if (got.constraint == nil) != (r.Constraint == nil) {
			t.Errorf("%s: its constraint is lost", got.cert.Subject)
		}
		if r.Constraint != nil {
			constrained++
		}
	}
	if n < 100 || MozillaRoots().Len() != n || constrained == 0 {
		t.Errorf("%d roots, %d in the list, %d with constraints", MozillaRoots().Len(), n, constrained)
	}
	for _, r := range allRoots(ix) { // each is trusted by itself, as a leaf would be
		at := r.cert.NotBefore.Add(day)
		for _, p := range ParseChain([][]byte{r.cert.Raw}).Inspect(nil, at, nil) {
			if p.Kind == UntrustedIssuer || p.Kind == SelfSigned || p.Kind == IntermediateMissing {
				t.Errorf("%s: %s", r.cert.Subject, p.Says)
			}
		}
	}
}

// allRoots gives the roots of an index, parsed.
func allRoots(ix *rootIndex) (all []*root) {
	for subject := range ix.bySubject {
		all = append(all, ix.named([]byte(subject))...)
	}
	return all
}

// Bytes that are no certificate have no subject, and a root that cannot be
// parsed is none.
func TestSubjectOfGarbage(t *testing.T) {
	whole := newPKI(t).root.Raw
	for n := range len(whole) {
		if _, ok := subjectOf(whole[:n]); ok {
			t.Errorf("%d of %d bytes have a subject", n, len(whole))
		}
	}
	ix := newRootIndex()
	ix.add([]byte("name"), &root{der: []byte("no certificate")})
	if got := ix.named([]byte("name")); len(got) != 0 {
		t.Errorf("%d roots", len(got))
	}
}

func TestLoadRoots(t *testing.T) {
	p := newPKI(t)
	broken := pemOf("CERTIFICATE", []byte{0x30, 0x08, 0x30, 0x02, 5, 0, 0x30, 0, 3, 0})
	roots, err := LoadRoots(write(t, "roots.pem", pemOf("CERTIFICATE", p.root.Raw)+broken+pemOf("CERTIFICATE", p.other.Raw)))
	if err != nil {
		t.Fatal(err)
	}
	if roots.Len() != 2 || !strings.HasSuffix(roots.Source, "roots.pem, without 1 of 3 that cannot be read") {
		t.Errorf("%d roots, from %s", roots.Len(), roots.Source)
	}
	if got := chainOf(host(t, p.mid), p.mid).Inspect(roots, now, nil); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	for _, content := range []string{broken, "", "x"} {
		if _, err := LoadRoots(write(t, "roots.pem", content)); err == nil || !strings.Contains(err.Error(), "roots.pem") {
			t.Errorf("%q: error %v", content, err)
		}
	}
}

func BenchmarkMozillaRoots(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		indexMozilla()
	}
}
