//go:build linux

package config

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"sniwatch/pcaps/netns/netnstest"
)

// A served is what a server does with one SNI, and why.
type served struct {
	address string
	sni     string
	why     Why
	files   string // the first of a kind is the one that is served; "refused" or "plain" instead
}

// alone gives the test a network namespace of its own, which has no way out, for as
// long as it runs. A subtest would not be in there.
func alone(t *testing.T, programs ...string) (n netnstest.Namespace, program string) {
	t.Helper()
	n, program = netnstest.New(t), netnstest.Program(t, programs...)
	if err := n.Enter(); err != nil {
		t.Fatal(err)
	}
	return n, program
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

var suitesOf = map[x509.PublicKeyAlgorithm][]uint16{
	x509.ECDSA: {tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384},
	x509.RSA:   {tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384},
}

// handshake gives the certificate that a server shows a client which wants one
// kind of key; nil: it showed none.
func handshake(t *testing.T, address, sni string, kind x509.PublicKeyAlgorithm) []byte {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		t.Errorf("%s: %v", address, err)
		return nil
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	var leaf []byte
	client := tls.Client(conn, &tls.Config{
		ServerName: sni, InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12, CipherSuites: suitesOf[kind],
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
			leaf = raw[0]
			return nil
		},
	})
	client.Handshake()
	return leaf
}

// compare checks that Choose says what is wanted, and that the server does it.
func compare(t *testing.T, h *host, c *Configuration, wanted []served) {
	t.Helper()
	for _, n := range c.Notes {
		t.Errorf("note: %s: %s", n.At, n.Says)
	}
	c.CertificateNames = h.names
	for _, want := range wanted {
		choice, ok := c.Choose(want.sni, netip.MustParseAddrPort(want.address))
		if !ok {
			t.Errorf("%s %q: no site answers", want.address, want.sni)
			continue
		}
		var files []string
		for _, file := range choice.Certificates {
			files = append(files, strings.TrimPrefix(file, h.folder+"/"))
		}
		says := strings.Join(files, " ")
		switch {
		case choice.Refuses:
			says = "refused"
		case !choice.TLS:
			says = "plain"
		}
		if says != want.files || choice.Why != want.why {
			t.Errorf("%s %q: Choose says %s, %s; want %s, %s", want.address, want.sni, says, choice.Why, want.files, want.why)
		}
		for kind := range suitesOf {
			got := ""
			if raw := handshake(t, want.address, want.sni, kind); raw != nil {
				got = h.fileOf(raw)
			}
			if expect := h.ofKind(kind, want.files); got != expect {
				t.Errorf("%s %q: to a client for %v the server shows %q, want %q", want.address, want.sni, kind, got, expect)
			}
		}
	}
}

// finds checks that Find sees the server, which runs.
func finds(t *testing.T, file string) {
	t.Helper()
	for _, c := range Find(System{}) {
		if c.File == file && c.Running {
			return
		}
	}
	t.Errorf("Find does not find %s, which runs", file)
}

// ofKind picks the file with that kind of key; "": there is none.
func (h *host) ofKind(kind x509.PublicKeyAlgorithm, files string) string {
	for _, file := range strings.Fields(files) {
		if leaf := h.leaves[h.path(file)]; leaf != nil && leaf.PublicKeyAlgorithm == kind {
			return file
		}
	}
	return ""
}

// apacheModules gives the lines that load what Apache needs here.
func apacheModules(t *testing.T) string {
	t.Helper()
	lines := ""
	for _, folder := range []string{"/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/lib/httpd/modules"} {
		for _, name := range []string{"mpm_event", "authz_core", "unixd", "log_config", "ssl"} {
			if file := folder + "/mod_" + name + ".so"; exists(file) {
				lines += "LoadModule " + name + "_module " + file + "\n"
			}
		}
	}
	if !strings.Contains(lines, "ssl_module") {
		t.Skip("NOT TESTED: mod_ssl is not installed")
	}
	return lines
}

// apacheMain is what each configuration begins with.
func apacheMain(modules string) string {
	return "ServerRoot FOLDER\n" + modules + `PidFile FOLDER/httpd.pid
		DefaultRuntimeDir FOLDER
		User daemon
		Group daemon
		ServerName main.test
		DocumentRoot FOLDER
		SSLSessionCache none
		`
}
