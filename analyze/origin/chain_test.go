package origin

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestParseChainCopies(t *testing.T) {
	leaf := host(t, nil)
	raw := [][]byte{bytes.Clone(leaf.Raw), []byte("junk")}
	c := ParseChain(raw)
	clear(raw[0])
	if !bytes.Equal(c.Raw[0], leaf.Raw) || !c.Leaf().Equal(leaf.Certificate) {
		t.Error("the chain shares the caller's bytes")
	}
	if c.Certs[1] != nil || c.Broken[1] == nil || c.Broken[0] != nil {
		t.Errorf("Broken is %v", c.Broken)
	}
}

func TestParseChainLimit(t *testing.T) {
	leaf := host(t, nil)
	raw := slices.Repeat([][]byte{leaf.Raw}, 1000)
	c := ParseChain(raw)
	if len(c.Raw) != 1000 || c.Certs[maxParsed-1] == nil || c.Certs[maxParsed] != nil || c.Broken[maxParsed] == nil {
		t.Error("the limit is not kept")
	}
}

// TestBundle: the intermediate is found behind many that do not belong.
func TestBundle(t *testing.T) {
	p := newPKI(t)
	served := append([]*issued{host(t, p.mid)}, slices.Repeat([]*issued{p.stranger}, 60)...)
	now := served[0].NotBefore.Add(time.Hour)
	if got := said(chainOf(served...).Inspect(p.roots, now, nil)); got != "intermediate-missing" {
		t.Errorf("without it: %s", got)
	}
	if got := said(chainOf(append(served, p.mid)...).Inspect(p.roots, now, nil)); got != "(chain-out-of-order)" {
		t.Errorf("with it at the end: %s", got)
	}
}

func TestNames(t *testing.T) {
	p := newPKI(t)
	ip := func(c *x509.Certificate) {
		c.IPAddresses = []net.IP{net.IPv4(192, 0, 2, 1), net.ParseIP("2001:db8::1")}
	}
	tests := []struct {
		name  string
		chain *Chain
		want  []string
		ips   int
	}{
		{"subjectAltName only", chainOf(host(t, p.mid, names("A.example.com", "*.b.example.com"))), []string{"A.example.com", "*.b.example.com"}, 0},
		{"common name only", chainOf(host(t, p.mid, names())), []string{"www.example.com"}, 0},
		{"addresses beside", chainOf(host(t, p.mid, ip)), []string{"www.example.com"}, 2},
		{"as it stands", chainOf(host(t, p.mid, names(), func(c *x509.Certificate) { c.Subject.CommonName = "\x1b[2J" })), []string{"\x1b[2J"}, 0},
		{"broken", ParseChain([][]byte{nil}), nil, 0},
		{"empty", ParseChain(nil), nil, 0},
	}
	for _, tt := range tests {
		if got := tt.chain.Names(); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if got := tt.chain.IPs(); len(got) != tt.ips {
			t.Errorf("%s: IPs %v", tt.name, got)
		}
	}
}

// lengths collects the lengths of the handshake messages of one type that a
// server sends in clear.
type lengths struct {
	net.Conn
	sent bytes.Buffer
}

func (l *lengths) Write(b []byte) (int, error) {
	l.sent.Write(b)
	return l.Conn.Write(b)
}

// TestMessageSize has crypto/tls send the chain. TLS 1.2: in clear; TLS 1.3: in
// a record that is longer by the content type and the tag.
func TestMessageSize(t *testing.T) {
	p := newPKI(t)
	leaf := host(t, p.mid)
	chain := chainOf(leaf, p.mid)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		sent := serve(t, leaf, chain, version)
		var sizes []int
		for len(sent) >= 5 && int(sent[3])<<8+int(sent[4]) <= len(sent)-5 {
			n := int(sent[3])<<8 + int(sent[4])
			if version == tls.VersionTLS13 {
				sizes = append(sizes, n-17)
			} else {
				sizes = append(sizes, n)
			}
			sent = sent[5+n:]
		}
		if want := chain.MessageSize(version == tls.VersionTLS13); !slices.Contains(sizes, want) {
			t.Errorf("version %x: want %d among %v", version, want, sizes)
		}
	}
}

// serve gives what a server with the chain sends in a handshake.
func serve(t *testing.T, leaf *issued, chain *Chain, version uint16) []byte {
	t.Helper()
	client, server := net.Pipe()
	defer client.Close()
	watched := &lengths{Conn: server}
	done := make(chan error, 1)
	go func() {
		defer server.Close()
		done <- tls.Server(watched, &tls.Config{MaxVersion: version, SessionTicketsDisabled: true,
			Certificates: []tls.Certificate{{Certificate: chain.Raw, PrivateKey: leaf.key}}}).Handshake()
	}()
	if err := tls.Client(client, &tls.Config{InsecureSkipVerify: true}).Handshake(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return watched.sent.Bytes()
}

// labFiles are the chains that the servers of the lab captures served.
const labFiles = "../../../shared/captures/s2n"

// TestLab judges those chains as the lab's client did, and compares the sizes
// that the captures show for their Certificate messages.
func TestLab(t *testing.T) {
	roots, err := LoadRoots(filepath.Join(labFiles, "root.pem"))
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("SKIPPED: the lab captures are not here: ", labFiles)
	}
	if err != nil {
		t.Fatal(err)
	}
	captured := time.Date(2026, 11, 23, 12, 45, 0, 0, time.UTC)
	for _, tt := range []struct {
		file, want string
		size       int // tls.handshake.length of the capture and 4, 0: not captured in TLS 1.2
	}{
		{"www.full.pem", "", 1617 + 4},
		{"org.full.pem", "", 0},
		{"wild.full.pem", "", 0},
		{"cnonly.full.pem", "", 0},
		{"org.nochain.pem", "intermediate-missing", 817 + 4},
		{"org.rootmid.pem", "(chain-out-of-order) (root-sent)", 2405 + 4},
		{"self.full.pem", "certificate-self-signed", 836 + 4},
		{"exp.full.pem", "certificate-expired", 1604 + 4},
		{"ec521.full.pem", "certificate-unusable", 0},
	} {
		cert, err := Load(filepath.Join(labFiles, tt.file))
		if err != nil {
			t.Error(err)
			continue
		}
		got := cert.Inspect(roots, captured, nil)
		if said(got) != tt.want {
			t.Errorf("%s: got %s, want %s: %+v", tt.file, said(got), tt.want, got)
		}
		if tt.size != 0 && cert.MessageSize(false) != tt.size {
			t.Errorf("%s: MessageSize %d, want %d", tt.file, cert.MessageSize(false), tt.size)
		}
	}
}

func FuzzParseChain(f *testing.F) {
	p := newPKI(f)
	leaf := host(f, p.mid)
	for _, c := range []*Chain{chainOf(leaf, p.mid), chainOf(leaf), chainOf(leaf, p.root, p.mid), chainOf(host(f, nil)), chainOf(p.mid, p.mid, p.root)} {
		f.Add(bytes.Join(c.Raw, nil))
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		var raw [][]byte // cut where elements end, as far as they do
		for len(data) > 0 {
			first := firstElement(data)
			raw, data = append(raw, first), data[len(first):]
		}
		c := ParseChain(raw)
		c.Names()
		c.IPs()
		got := c.Inspect(p.roots, now, nil)
		for _, cert := range c.Certs {
			if cert != nil {
				_, _, _, _ = KeyText(cert), SignatureText(cert), SubjectText(cert), IssuerText(cert)
			}
		}
		if c.Leaf() == nil && len(got) == 0 {
			t.Error("a chain without a leaf has no fault")
		}
		for _, problem := range got {
			if problem.Says == "" || problem.Kind == "" {
				t.Errorf("a problem without words: %+v", problem)
			}
		}
	})
}

func BenchmarkParseChain(b *testing.B) {
	p := newPKI(b)
	raw := chainOf(host(b, p.mid), p.mid).Raw
	b.ReportAllocs()
	for b.Loop() {
		ParseChain(raw)
	}
}
