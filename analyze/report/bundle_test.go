package report

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// unzip gives the files of an archive, in their order.
func unzip(t *testing.T, b []byte) (names []string, files map[string]string) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	files = map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		names, files[f.Name] = append(names, f.Name), string(text)
	}
	return names, files
}

func TestBundle(t *testing.T) {
	r, _ := ticket()
	spool, err := NewSpool(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer spool.Close()
	streamed := strings.Repeat("a line of a stream\n", 10000)
	for part := range strings.SplitSeq(streamed, "\n") {
		fmt.Fprintln(spool, part)
	}
	parts := append([]Part{TextPart("report.txt", "text"), spool.Part("report.json")}, CertificateParts(r)...)
	m := NewManifest(r, "sniwatch -r 'a b.pcap'")
	var b bytes.Buffer
	if err := WriteBundle(&b, m, parts); err != nil {
		t.Fatal(err)
	}
	names, files := unzip(t, b.Bytes())
	if want := "report.txt report.json certificates/01-01020300.pem manifest.json SHA256SUMS"; strings.Join(names, " ") != want {
		t.Errorf("%q, want %s", names, want)
	}
	if files["report.json"] != streamed+"\n" {
		t.Error("the stream came out otherwise than it went in")
	}
	sums := 0
	for line := range strings.Lines(files["SHA256SUMS"]) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		if have := sha256.Sum256([]byte(files[name])); hex.EncodeToString(have[:]) != sum {
			t.Errorf("the sum of %s is wrong", name)
		}
		sums++
	}
	if sums != len(names)-1 {
		t.Errorf("%d sums for %d files", sums, len(names))
	}
	var manifest manifestObject
	if err := json.Unmarshal([]byte(files["manifest.json"]), &manifest); err != nil || manifest.Command != m.Command || len(manifest.Files) != 3 {
		t.Errorf("%v: %+v", err, manifest)
	}
	block, _ := pem.Decode([]byte(files["certificates/01-01020300.pem"]))
	if block == nil || !bytes.Equal(block.Bytes, r.ChainsSeen()[0].Raw[0]) {
		t.Errorf("the certificate: %s", files["certificates/01-01020300.pem"])
	}
	if len(CertificateParts(r)) != 1 {
		t.Error("a chain is there twice")
	}
}

func TestBundleIsReproducible(t *testing.T) {
	m := Manifest{Made: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	var a, b bytes.Buffer
	for _, w := range []io.Writer{&a, &b} {
		if err := WriteBundle(w, m, []Part{TextPart("a", "text")}); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("the same parts give other bytes")
	}
}

func TestBundleTellsWhichPartFailed(t *testing.T) {
	broken := Part{"evidence.pcapng", func(io.Writer) error { return errors.New("no room") }}
	if err := WriteBundle(io.Discard, Manifest{}, []Part{broken}); err == nil || !strings.Contains(err.Error(), "evidence.pcapng: no room") {
		t.Errorf("%v", err)
	}
}

// TestCertificateCommentsAreClean: a name with a line break cannot put another
// certificate into the file.
func TestCertificateCommentsAreClean(t *testing.T) {
	r, _ := ticket()
	c := r.Certificates[0].Chain
	c.Certs[0].Subject.CommonName = "x\n-----BEGIN CERTIFICATE-----\n"
	for _, p := range CertificateParts(r) {
		var b bytes.Buffer
		if err := p.Write(&b); err != nil {
			t.Fatal(err)
		}
		if strings.Count(b.String(), "\n-----BEGIN") != 1 {
			t.Errorf("%s", b.String())
		}
	}
}
